// A verification from start to verdict with the generated Java client, against `gerbang demo`.

import com.fasterxml.jackson.databind.JsonNode;
import gerbang.client.ApiClient;
import gerbang.client.ApiException;
import gerbang.client.ApiResponse;
import gerbang.client.api.VerificationsApi;
import gerbang.client.model.CaptureOutcome;
import gerbang.client.model.CaptureReport;
import gerbang.client.model.Channel;
import gerbang.client.model.NextAction;
import gerbang.client.model.Problem;
import gerbang.client.model.StartVerification;
import gerbang.client.model.StartedVerification;
import gerbang.client.model.Status;
import gerbang.client.model.Verification;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.UUID;

public final class Verify {
    private static final String NOBODYS = "ver_01m8398debe9h88802w8wvqcq2";

    public static void main(String[] arguments) throws Exception {
        JsonNode session = post(env("DEMO_URL") + "/demo/session", "{\"contact\":\"6281200000001\"}");
        VerificationsApi gateway = gateway(session.get("accessToken").asText());

        StartedVerification started = gateway.startVerification(
            new StartVerification().channel(Channel.SDK), UUID.randomUUID().toString(), null);
        check(started.getNextAction() == NextAction.OPEN_SDK && started.getSdkToken() != null, started);

        // In an app: hand the SDK token and `getSdk()` to the provider's SDK, and wait for it to return.
        capture(session.get("userId").asText());
        gateway.reportCapture(started.getId(), new CaptureReport().outcome(CaptureOutcome.COMPLETED), null);

        Verification verdict = waitForVerdict(gateway, started.getId());
        check(verdict.getStatus() == Status.APPROVED, verdict);

        // What goes wrong is an exception here; what it carries is a value with a type.
        try {
            gateway.getVerification(NOBODYS, null, null, null);
            check(false, "somebody else's verification was given away");
        } catch (ApiException refused) {
            Problem problem = JSON.readValue(refused.getResponseBody(), Problem.class);
            check(problem.getType().toString().equals("/problems/not-found"), problem);
            System.out.println("java: " + verdict.getStatus() + ", " + problem.getType());
        }

        // A later gateway may say what this client has never heard of, and new members beside it.
        Verification later = JSON.readValue(
            "{\"id\":\"" + NOBODYS + "\",\"status\":\"on_the_moon\",\"mood\":\"good\"}", Verification.class);
        check(later.getStatus() == Status.UNKNOWN_DEFAULT_OPEN_API, later);
    }

    private static final com.fasterxml.jackson.databind.ObjectMapper JSON = ApiClient.createDefaultObjectMapper();

    private static VerificationsApi gateway(String accessToken) {
        ApiClient client = new ApiClient();
        client.updateBaseUri(env("GERBANG_URL"));
        client.setReadTimeout(Duration.ofSeconds(40));
        client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + accessToken));
        return new VerificationsApi(client);
    }

    /** Asks again as long as there is something to wait for; each question lasts until something changes. */
    private static Verification waitForVerdict(VerificationsApi gateway, String id) throws ApiException {
        String etag = null;
        while (true) {
            try {
                ApiResponse<Verification> answer = gateway.getVerificationWithHttpInfo(id, 25, etag, null);
                if (answer.getData().getNextAction() != NextAction.WAIT) {
                    return answer.getData();
                }
                etag = answer.getHeaders().get("etag").get(0);
            } catch (ApiException nothingNew) {
                if (nothingNew.getCode() != 304) {
                    throw nothingNew;
                }
            }
        }
    }

    /** In place of a person in front of a camera: the newest session of the user. */
    private static void capture(String user) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(env("SANDBOX_URL") + "/sandbox/sessions")).build();
        String newest = null;
        for (JsonNode session : JSON.readTree(HTTP.send(request, BodyHandlers.ofString()).body())) {
            newest = session.get("userId").asText().equals(user) ? session.get("sessionId").asText() : newest;
        }
        post(env("SANDBOX_URL") + "/sandbox/sessions/" + newest + "/capture", "{}");
    }

    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static JsonNode post(String url, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
        return JSON.readTree(HTTP.send(request, BodyHandlers.ofString()).body());
    }

    private static String env(String name) {
        return System.getenv(name);
    }

    private static void check(boolean holds, Object otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
