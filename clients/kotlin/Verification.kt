// The same way in an Android app. Adapt it: where `capture` stands, the provider's SDK opens.

package example

import com.squareup.moshi.adapter
import gerbang.client.apis.VerificationsApi
import gerbang.client.infrastructure.ClientError
import gerbang.client.infrastructure.ClientException
import gerbang.client.infrastructure.Serializer
import gerbang.client.infrastructure.Success
import gerbang.client.models.CaptureOutcome
import gerbang.client.models.CaptureReport
import gerbang.client.models.Channel
import gerbang.client.models.NextAction
import gerbang.client.models.Problem
import gerbang.client.models.StartVerification
import gerbang.client.models.StartedVerification
import gerbang.client.models.Verification
import java.util.UUID
import java.util.concurrent.TimeUnit
import okhttp3.OkHttpClient

class Verifier(baseUrl: String, token: () -> String, private val capture: suspend (StartedVerification) -> CaptureOutcome) {
    // A long poll takes up to 30 seconds; OkHttp gives up after 10 unless it is told otherwise.
    private val http = OkHttpClient.Builder().readTimeout(40, TimeUnit.SECONDS).build()
    private val gateway = VerificationsApi(baseUrl, http).apply { accessTokenProvider = token }

    suspend fun verify(): Verification {
        val started = gateway.startVerification(
            StartVerification(channel = Channel.sdk),
            idempotencyKey = UUID.randomUUID().toString(),
        )
        if (started.nextAction == NextAction.open_sdk) {
            gateway.reportCapture(started.id, CaptureReport(outcome = capture(started)))
        }
        return waitForVerdict(started.id)
    }

    // 304 is no error here, and only the call with the whole answer says so.
    private suspend fun waitForVerdict(id: String): Verification {
        var etag: String? = null
        while (true) {
            val answer = gateway.getVerificationWithHttpInfo(id, 25, etag, null)
            when {
                answer is Success<*> -> {
                    val verification = answer.data as Verification
                    if (!waits(verification.nextAction)) return verification
                    etag = answer.headers["etag"]?.firstOrNull()
                }
                answer.statusCode != 304 -> gateway.getVerification(id) // Throws what is wrong.
            }
        }
    }

    // A value that came later than this app is one to wait at.
    private fun waits(action: NextAction) = action == NextAction.wait || action == NextAction.unknown_default_open_api
}

@OptIn(ExperimentalStdlibApi::class)
fun problemOf(refused: ClientException): Problem? {
    val body = (refused.response as? ClientError<*>)?.body as? String ?: return null
    return Serializer.moshi.adapter<Problem>().fromJson(body)
}
