// Reads calls from standard input, makes them through the generated client, and prints the results. ../README.md describes the format.

import com.example.portal.*;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.*;

public class Driver {
  static final String url = System.getenv("URL"), token = System.getenv("TOKEN");
  static final ObjectMapper json = ApiClient.createDefaultObjectMapper();

  static OffersApi api() {
    ApiClient client = new ApiClient();
    client.updateBaseUri(url);
    client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + token));
    return new OffersApi(client);
  }

  static Map<String, Object> status(String publisher, String offer) throws Exception {
    OfferStatusReport report = api().getOfferStatus(publisher, offer, "2017-10-31");
    List<Object> steps = new ArrayList<>();
    if (report.getSteps() != null)
      for (PublicationStep step : report.getSteps())
        steps.add(Arrays.asList(step.getId(), step.getStatus()));
    boolean running = KnownOfferStatus.RUNNING.getValue().equalsIgnoreCase(report.getStatus());
    return Map.of("decoded", report, "read", Arrays.asList(report.getStatus(), steps, running));
  }

  static Map<String, Object> offers(String publisher) throws Exception {
    List<OfferSummary> offers = api().listOffers(publisher, "2017-10-31");
    List<Object> read = new ArrayList<>();
    for (OfferSummary offer : offers)
      read.add(Arrays.asList(offer.getId(), offer.getStatus(), offer.getVersion(), offer.getChangedTime()));
    return Map.of("decoded", offers, "read", read);
  }

  static Map<String, Object> failure(Exception exception) {
    // The code is the HTTP status, or 0 if no response could be read.
    if (!(exception instanceof ApiException error) || error.getCode() == 0)
      return Map.of("exception", exception.toString().split("\n")[0]);
    ErrorResponse body = new ErrorResponse();
    try {
      if (error.getResponseBody() != null) body = json.readValue(error.getResponseBody(), ErrorResponse.class);
    } catch (JsonProcessingException notJson) {
      // The body isn't JSON. For example, it is the HTML page of a gateway. Only the status code is known.
    }
    Map<String, Object> result = new HashMap<>(Map.of("status", error.getCode()));
    if (body == null) {
      // The body was the JSON value null.
    } else if (body.getError() != null) {
      result.put("code", body.getError().getCode());
      result.put("message", body.getError().getMessage());
    } else if (body.getProduct() != null) {
      result.put("code", body.getProduct().getExceptionCode());
      result.put("message", body.getProduct().getError());
    } else if (body.getVariant() != null) {
      result.put("code", body.getVariant().getExceptionCode());
      result.put("message", body.getVariant().getError());
    } else {
      result.put("message", body.getMessage());
    }
    return Map.of("error", result);
  }

  public static void main(String[] arguments) throws Exception {
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (String call : new String(System.in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
      String[] columns = call.split("\t");
      Map<String, Object> line = new HashMap<>();
      try {
        line.putAll(columns[1].equals("listOffers") ? offers(columns[2]) : status(columns[2], columns[3]));
      } catch (Exception error) {
        line.putAll(failure(error));
      }
      line.put("case", columns[0]);
      out.println(json.writeValueAsString(line));
    }
    out.flush();
  }
}
