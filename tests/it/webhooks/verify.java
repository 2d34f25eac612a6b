// The calls of the Kotlin example in docs/webhooks.md, in the order in which it makes them.

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

class Verify {
    static boolean isGenuine(Map<String, String> headers, byte[] body, String secret, long now)
            throws Exception {
        String id = headers.get("webhook-id");
        String timestamp = headers.get("webhook-timestamp");
        String signatures = headers.get("webhook-signature");
        if (id == null || timestamp == null || signatures == null) return false;
        if (!timestamp.matches("[0-9]{1,15}")) return false;
        if (Math.abs(now - Long.parseLong(timestamp)) > 300) return false;
        Mac mac = Mac.getInstance("HmacSHA256");
        byte[] key = Base64.getDecoder().decode(secret.substring("whsec_".length()));
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        mac.update((id + "." + timestamp + ".").getBytes());
        String expected = "v1," + Base64.getEncoder().encodeToString(mac.doFinal(body));
        for (String given : signatures.split(" ")) {
            if (MessageDigest.isEqual(given.getBytes(), expected.getBytes())) return true;
        }
        return false;
    }

    /** Arguments: the folder with `headers` (a name and value a line) and `body`; secret; now. */
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        Map<String, String> headers = new HashMap<>();
        for (String line : Files.readAllLines(folder.resolve("headers"))) {
            headers.put(line.substring(0, line.indexOf(' ')), line.substring(line.indexOf(' ') + 1));
        }
        byte[] body = Files.readAllBytes(folder.resolve("body"));
        System.out.println(isGenuine(headers, body, arguments[1], Long.parseLong(arguments[2])));
    }
}
