// The calls that every language makes, through the client; ../README.md says what goes in and what comes out.

import com.example.portal.*;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.*;

public class Driver {
  static final String url = System.getenv("URL"), token = System.getenv("TOKEN");
  static final ObjectMapper json = ApiClient.createDefaultObjectMapper();

  // example: begin
  static OffersApi api() {
    ApiClient client = new ApiClient();
    client.updateBaseUri(url);
    client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + token));
    return new OffersApi(client);
  }

  static Map<String, Object> status(String publisher, String offer) throws Exception {
    try {
      OfferStatusReport report = api().getOfferStatus(publisher, offer, "2017-10-31");
      List<Object> steps = new ArrayList<>();
      if (report.getSteps() != null)
        for (PublicationStep step : report.getSteps())
          steps.add(Arrays.asList(step.getId(), step.getStatus()));
      boolean running = KnownOfferStatus.RUNNING.getValue().equalsIgnoreCase(report.getStatus());
      return Map.of("answer", report, "read", Arrays.asList(report.getStatus(), steps, running));
    } catch (ApiException error) { // its code is the HTTP status, or 0 when no answer could be read
      return failure(error);
    }
  }
  // example: end

  static Map<String, Object> offers(String publisher) throws Exception {
    try {
      List<OfferSummary> offers = api().listOffers(publisher, "2017-10-31");
      List<Object> read = new ArrayList<>();
      for (OfferSummary offer : offers)
        read.add(Arrays.asList(offer.getId(), offer.getStatus(), offer.getVersion(), offer.getChangedTime()));
      return Map.of("answer", offers, "read", read);
    } catch (ApiException error) {
      return failure(error);
    }
  }

  static Map<String, Object> failure(ApiException error) throws ApiException {
    if (error.getCode() == 0) throw error;
    ErrorResponse said = new ErrorResponse();
    try {
      if (error.getResponseBody() != null) said = json.readValue(error.getResponseBody(), ErrorResponse.class);
    } catch (JsonProcessingException notJson) {
      // A gateway's page; the status is all there is.
    }
    Map<String, Object> failure = new HashMap<>(Map.of("status", error.getCode()));
    if (said == null) {
      // The body was null.
    } else if (said.getError() != null) {
      failure.put("code", said.getError().getCode());
      failure.put("message", said.getError().getMessage());
    } else if (said.getProduct() != null) {
      failure.put("code", said.getProduct().getExceptionCode());
      failure.put("message", said.getProduct().getError());
    } else if (said.getVariant() != null) {
      failure.put("code", said.getVariant().getExceptionCode());
      failure.put("message", said.getVariant().getError());
    } else {
      failure.put("message", said.getMessage());
    }
    return Map.of("failure", failure);
  }

  public static void main(String[] arguments) throws Exception {
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (String call : new String(System.in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
      String[] columns = call.split("\t");
      Map<String, Object> line = new HashMap<>();
      try {
        line.putAll(columns[1].equals("listOffers") ? offers(columns[2]) : status(columns[2], columns[3]));
      } catch (Exception error) {
        line.put("exception", error.toString().split("\n")[0]);
      }
      line.put("case", columns[0]);
      out.println(json.writeValueAsString(line));
    }
    out.flush();
  }
}
