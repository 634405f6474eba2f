// Calls CENTAGATE directly, in Java: registers a user, then a one-time PIN token for another user.
// Standard input has four lines: the server's URL, the admin's username, the authToken and the secretCode.

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class Client {
    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String server;
    private final String adminUsername;
    private final String cenToken;

    Client(String server, String adminUsername, String authToken, String secretCode) throws Exception {
        this.server = server;
        this.adminUsername = adminUsername;
        Mac hmac = Mac.getInstance("HmacSHA256");
        hmac.init(new SecretKeySpec(secretCode.getBytes(UTF_8), "HmacSHA256"));
        this.cenToken = HexFormat.of().formatHex(hmac.doFinal((adminUsername + authToken).getBytes(UTF_8)));
    }

    public static void main(String[] arguments) throws Exception {
        var input = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        var client = new Client(input.readLine(), input.readLine(), input.readLine(), input.readLine());

        Map<String, String> user = new LinkedHashMap<>();
        user.put("firstName", "Zoë");
        user.put("lastName", "O'Brien 李");
        user.put("username", "zoë@example.com");
        user.put("userApp", "portal");
        user.put("userUniqueId", "4711");
        user.put("userClientId", "C/4711");
        user.put("userAdditionalData1", "one");
        user.put("userAdditionalData2", "two");
        user.put("userAdditionalData3", "three");
        user.put("userAdditionalData4", "four");
        user.put("userAdditionalData5", "five");
        user.put("roles", "3");
        user.put("userGroup", "Staff");
        user.put("userEmail", "zoe@example.com");
        client.call("user/registerUserActivate", user);

        client.call("device/register/onetimepin", Map.of("username", "bob", "status", "2", "validity", "600"));
    }

    private void call(String path, Map<String, String> parameters) throws Exception {
        Map<String, String> members = new LinkedHashMap<>(parameters);
        members.put("cenToken", cenToken);
        var admin = URLEncoder.encode(adminUsername, UTF_8).replace("+", "%20");
        var request = HttpRequest.newBuilder(URI.create(server + "/CentagateWS/webresources/" + path + "/" + admin))
            .header("Content-Type", "application/json")
            .PUT(BodyPublishers.ofString(json(members)))
            .build();
        System.out.println(http.send(request, BodyHandlers.ofString()).body());
    }

    private static String json(Map<String, String> members) {
        return members.entrySet().stream()
            .map(member -> quote(member.getKey()) + ":" + quote(member.getValue()))
            .collect(Collectors.joining(",", "{", "}"));
    }

    private static String quote(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
