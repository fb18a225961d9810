import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Java's resolver and HTTP client; tells one line of JSON. */
public class Client {
  public static void main(String[] words) {
    try {
      tell(answer(words));
    } catch (Exception error) {
      tell(member("error", text(error.toString())));
      System.exit(2);
    }
    // The HTTP client's threads would live on.
    System.exit(0);
  }

  static String answer(String[] words) throws Exception {
    switch (words[0]) {
      case "resolve":
        return member("addresses", list(addresses(words[1], words[2])));
      case "reverse":
        return member("names", list(List.of(nameOf(words[1]))));
      case "fetch":
        return member("output", text(fetch(words[1])));
      default:
        throw new IllegalArgumentException(words[0]);
    }
  }

  static List<String> addresses(String name, String family) throws UnknownHostException {
    return Arrays.stream(InetAddress.getAllByName(name))
        .filter(one -> family.equals("any") || family.equals(one instanceof Inet4Address ? "ipv4" : "ipv6"))
        .map(InetAddress::getHostAddress)
        .collect(Collectors.toList());
  }

  /** Java gives the address itself where it finds no name. */
  static String nameOf(String address) throws UnknownHostException {
    InetAddress asked = InetAddress.getByName(address);
    String name = asked.getCanonicalHostName();
    if (name.equals(asked.getHostAddress())) throw new UnknownHostException(address);
    return name;
  }

  static String fetch(String url) throws Exception {
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    return client.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString()).body();
  }

  static void tell(String member) {
    System.out.println("{" + member("version", text(System.getProperty("java.version"))) + "," + member + "}");
  }

  static String member(String name, String value) {
    return text(name) + ":" + value;
  }

  static String list(List<String> texts) {
    return texts.stream().map(Client::text).collect(Collectors.joining(",", "[", "]"));
  }

  static String text(String value) {
    String escaped = value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\r", "\\r");
    return "\"" + escaped + "\"";
  }
}
