import com.example.portal.*;

public class Example {
  public static void main(String[] arguments) throws ApiException {
    ApiClient client = new ApiClient();
    client.updateBaseUri(System.getenv("URL"));
    client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + System.getenv("TOKEN")));
    OffersApi api = new OffersApi(client);

    for (OfferSummary offer : api.listOffers("contoso", "2017-10-31"))
      System.out.println(offer.getId() + ": " + offer.getStatus());

    OfferStatusReport report = api.getOfferStatus("contoso", "test-vm", "2017-10-31");
    System.out.println(report.getStatus());
  }
}
