//! Programs in Node and in Java: their own resolvers, their own ways to connect.

use super::super::harness::Scratch;
use super::super::servers::{Nginx, sha256};
use super::server::{outside, random_file};
use super::way::Way;

/// Octets of the file that is fetched.
const OCTETS: u64 = 8_000_000;

/// A server with a file, and the file's digest.
fn serve() -> (Nginx, String) {
    let nginx = Nginx::start();
    let digest = sha256(&random_file(nginx.path("file"), OCTETS));
    (nginx, digest)
}

/// Node asks by `getaddrinfo`, and by its own resolver, which reads resolv.conf itself and speaks DNS.
const NODE: &str = r#"
const dns = require("dns"), http = require("http"), crypto = require("crypto");
const [url, family] = [process.argv[1], Number(process.argv[2])];

async function names() {
  for (const name of ["hello.cordial", "host.cordial"]) {
    const all = await dns.promises.lookup(name, { all: true });
    console.log(name, all.map((one) => one.address).sort().join(" "));
    console.log(name, ...await dns.promises.resolve4(name), ...await dns.promises.resolve6(name));
  }
  console.log(...await dns.promises.reverse("10.77.0.254"));
  console.log(await dns.promises.resolve4("nobody.cordial").catch((error) => error.code));
}

function get(url) {
  return new Promise((done, failed) => {
    const request = http.get(url, { family }, (response) => {
      const hash = crypto.createHash("sha256"), over = response.socket.remoteFamily;
      response.on("data", (octets) => hash.update(octets));
      response.on("end", () => done(`${over} ${response.statusCode} ${hash.digest("hex")}`));
      response.on("error", failed);
    });
    request.on("error", failed);
  });
}

(async () => {
  await names();
  console.log(await get(url));
  const hello = await get("http://hello.cordial/");
  console.log(hello.split(" ").slice(0, 2).join(" "));
})();
"#;

#[test]
fn node_resolves_and_fetches() {
    let ((nginx, digest), scratch) = (serve(), Scratch::new());
    std::fs::write(scratch.file("program.js"), NODE).expect("the folder can be written");
    for way in Way::ALL {
        let family = if way.six { 6 } else { 4 };
        let url = nginx.url("file");
        let ended = way.run(&scratch, &format!("timeout 50 node -e \"$(cat program.js)\" {url} {family}"));
        let expected = format!(
            "hello.cordial 10.77.0.80 fd77::80\nhello.cordial 10.77.0.80 fd77::80\n\
             host.cordial 10.77.0.254 fd77::fe\nhost.cordial 10.77.0.254 fd77::fe\n\
             host.cordial\nENOTFOUND\nIPv{family} 200 {digest}\nIPv{family} 200\n"
        );
        assert_eq!(ended.stdout, expected, "{way}: {ended}");
    }
}

/// Java asks by `InetAddress`, and by the DNS provider of its naming service, which speaks DNS itself.
const JAVA: &str = r#"
import java.io.*; import java.net.*; import java.security.*; import java.util.*; import javax.naming.directory.*;
import java.net.http.*;

public class Program {
    public static void main(String[] arguments) throws Exception {
        Hashtable<String, String> environment = new Hashtable<>();
        environment.put("java.naming.factory.initial", "com.sun.jndi.dns.DnsContextFactory");
        environment.put("java.naming.provider.url", "dns:");
        DirContext dns = new InitialDirContext(environment);
        for (String name : new String[] { "hello.cordial", "host.cordial" }) {
            List<String> all = new ArrayList<>();
            for (InetAddress one : InetAddress.getAllByName(name)) all.add(one.getHostAddress());
            Collections.sort(all);
            System.out.println(name + " " + String.join(" ", all));
            Attributes found = dns.getAttributes(name, new String[] { "A", "AAAA" });
            String six = InetAddress.getByName((String) found.get("AAAA").get()).getHostAddress();
            System.out.println(name + " " + found.get("A").get() + " " + six);
        }
        for (String url : arguments) {
            try (InputStream body = new URL(url).openStream()) { System.out.println(digest(body)); }
            HttpRequest request = HttpRequest.newBuilder(URI.create(url)).build();
            try (InputStream body = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofInputStream()).body()) {
                System.out.println(digest(body));
            }
        }
    }

    static String digest(InputStream body) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        byte[] octets = new byte[65536];
        for (int n; (n = body.read(octets)) > 0; ) digest.update(octets, 0, n);
        return HexFormat.of().formatHex(digest.digest());
    }
}
"#;

#[test]
fn java_resolves_and_fetches() {
    let ((nginx, digest), scratch) = (serve(), Scratch::new());
    std::fs::write(scratch.file("Program.java"), JAVA).expect("the folder can be written");
    outside(&scratch, "javac Program.java");
    for way in Way::ALL {
        let literal = nginx.url("file").replace("host.cordial", way.host_in_url());
        let named = nginx.url("file");
        let options = format!("-Xmx128m -XX:TieredStopAtLevel=1 -Djava.net.preferIPv6Addresses={}", way.six);
        let script = format!("timeout 50 java {options} Program {named} '{literal}'");
        let ended = way.run(&scratch, &script);
        let six = |last: &str| format!("fd77:0:0:0:0:0:0:{last}");
        let mut expected = String::new();
        for (name, four, six) in
            [("hello.cordial", "10.77.0.80", six("80")), ("host.cordial", "10.77.0.254", six("fe"))]
        {
            expected += &format!("{name} {four} {six}\n").repeat(2);
        }
        expected += &format!("{digest}\n").repeat(4);
        assert_eq!(ended.stdout, expected, "{way}: {ended}");
    }
}
