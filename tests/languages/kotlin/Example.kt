import cloudpartnerportal.infrastructure.Serializer.gson
import cloudpartnerportal.models.OfferStatusReport
import cloudpartnerportal.models.OfferSummary
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse.BodyHandlers

fun get(path: String): String {
    val request = HttpRequest.newBuilder(URI(System.getenv("URL") + path + "?api-version=2017-10-31"))
        .header("Authorization", "Bearer " + System.getenv("TOKEN"))
    val response = HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString())
    check(response.statusCode() == 200) { "HTTP status ${response.statusCode()}: ${response.body()}" }
    return response.body()
}

fun main() {
    val offers = gson.fromJson(get("/api/publishers/contoso/offers"), Array<OfferSummary>::class.java)
    for (offer in offers) println("${offer.id}: ${offer.status}")

    val report = gson.fromJson(get("/api/publishers/contoso/offers/test-vm/status"), OfferStatusReport::class.java)
    println(report.status)
}
