// Reads calls from standard input, makes them with the JDK's HTTP client and the generated models, and prints the results.
// ../README.md describes the format.
import cloudpartnerportal.infrastructure.Serializer.gson
import cloudpartnerportal.models.KnownOfferStatus
import cloudpartnerportal.models.OfferStatusReport
import cloudpartnerportal.models.ErrorResponse
import cloudpartnerportal.models.OfferSummary
import com.google.gson.JsonParseException
import java.net.URI
import java.net.URLEncoder
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse

class Portal(private val url: String, private val token: String) {
    private val http = HttpClient.newHttpClient()

    fun get(vararg path: String): HttpResponse<String> {
        val encoded = path.joinToString("/") { URLEncoder.encode(it, Charsets.UTF_8) }
        val request = HttpRequest.newBuilder(URI("$url/api/publishers/$encoded?api-version=2017-10-31"))
        return http.send(request.header("Authorization", "Bearer $token").build(), HttpResponse.BodyHandlers.ofString())
    }
}

fun status(portal: Portal, publisher: String, offer: String): Map<String, Any?> {
    val response = portal.get(publisher, "offers", offer, "status")
    if (response.statusCode() != 200) return errorResponse(response)
    val report = gson.fromJson(response.body(), OfferStatusReport::class.java)
    val steps = report.steps.orEmpty().map { listOf(it.id, it.status) }
    val running = KnownOfferStatus.decode(report.status) == KnownOfferStatus.running
    return mapOf("decoded" to report, "read" to listOf(report.status, steps, running))
}

fun offers(portal: Portal, publisher: String): Map<String, Any?> {
    val response = portal.get(publisher, "offers")
    if (response.statusCode() != 200) return errorResponse(response)
    val offers = gson.fromJson(response.body(), Array<OfferSummary>::class.java)
    return mapOf("decoded" to offers, "read" to offers.map { listOf(it.id, it.status, it.version, it.changedTime) })
}

fun errorResponse(response: HttpResponse<String>): Map<String, Any?> {
    val body = try {
        gson.fromJson(response.body(), ErrorResponse::class.java)
    } catch (_: JsonParseException) {
        null
    }
    val code = body?.error?.code ?: body?.product?.exceptionCode ?: body?.variant?.exceptionCode
    val message = body?.error?.message ?: body?.product?.error ?: body?.variant?.error ?: body?.message
    return mapOf("error" to mapOf("status" to response.statusCode(), "code" to code, "message" to message))
}

fun main() {
    val portal = Portal(System.getenv("URL"), System.getenv("TOKEN"))
    val output = System.out.writer(Charsets.UTF_8)
    System.`in`.reader(Charsets.UTF_8).forEachLine { text ->
        val call = text.split('\t')
        val line = try {
            if (call[1] == "listOffers") offers(portal, call[2]) else status(portal, call[2], call[3])
        } catch (e: Exception) {
            mapOf("exception" to "${e::class.simpleName}: ${e.message?.lines()?.first()}")
        }
        output.write(gson.toJson(mapOf("case" to call[0]) + line) + "\n")
    }
    output.flush()
}
