// Lets the Java programs of the vendor's pages run with only a JDK. A program is pasted where the marker is; the classes
// below stand in for the parts of Jersey 1, Gson and Apache Commons Codec that the programs use.

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.*;
import java.time.Duration;
import java.util.*;
import java.util.regex.*;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class VendorFrame {

/* VENDOR PROGRAM */

    static class ClientConfig {}

    static class DefaultClientConfig extends ClientConfig {}

    static class Client {
        static Client create(ClientConfig config) {
            return new Client();
        }

        WebResource resource(String url) {
            return new WebResource(url);
        }
    }

    record WebResource(String url) {
        WebResource path(String segment) {
            return new WebResource(url + "/" + segment);
        }

        Request accept(String type) {
            return new Request(HttpRequest.newBuilder(URI.create(url)).header("Accept", type));
        }
    }

    record Request(HttpRequest.Builder request) {
        ClientResponse put(Class<ClientResponse> type, String body) throws Exception {
            HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
            HttpRequest put = request.PUT(BodyPublishers.ofString(body)).timeout(Duration.ofSeconds(20)).build();
            return new ClientResponse(client.send(put, BodyHandlers.ofString()).body());
        }
    }

    record ClientResponse(String body) {
        String getEntity(Class<String> type) {
            return body;
        }
    }

    static class MediaType {
        static final String APPLICATION_JSON = "application/json";
    }

    /** Supports only JSON objects whose members are strings: the programs send and read nothing else. */
    static class Gson {
        String toJson(Map<String, String> map) {
            return map.entrySet().stream()
                .map(entry -> quote(entry.getKey()) + ":" + quote(entry.getValue()))
                .collect(Collectors.joining(",", "{", "}"));
        }

        HashMap<String, Object> fromJson(String json, Class<HashMap> type) {
            HashMap<String, Object> map = new HashMap<>();
            Matcher member = Pattern.compile("\"(\\w+)\":\"((?:[^\"\\\\]|\\\\.)*)\"").matcher(json);
            while (member.find()) {
                map.put(member.group(1), member.group(2));
            }
            return map;
        }

        private static String quote(String text) {
            return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
        }
    }

    static class StringUtils {
        static byte[] getBytesUtf8(String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
    }

    static class Hex {
        static String encodeHexString(byte[] bytes) {
            return HexFormat.of().formatHex(bytes);
        }
    }
}
