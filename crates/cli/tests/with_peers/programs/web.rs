//! curl with HTTP/1.1, HTTP/2 and TLS; wget; nginx and python's http.server inside.

use std::process::Command;

use super::super::harness::Scratch;
use super::super::ports::free_port;
use super::server::{Server, assert_same, end, inside, outside, random_file};
use super::way::Way;

/// Files of lengths around those of segments, super-segments, HTTP/2 frames and windows.
const LENGTHS: [u64; 8] = [0, 1, 1_448, 16_384, 65_535, 65_537, 1_000_000, 8_000_000];

/// nginx on the host, with the files, on a port for each kind of HTTP.
struct Web {
    _server: Server,
    folder: Scratch,
    one: u16,
    two: u16,
    tls: u16,
}

impl Web {
    fn start() -> Self {
        let folder = Scratch::new();
        let [one, two, tls] = [(); 3].map(|()| free_port());
        std::fs::create_dir(folder.file("www")).expect("the folder can be written");
        for (number, octets) in LENGTHS.into_iter().enumerate() {
            random_file(folder.file(&format!("www/{number}")), octets);
        }
        outside(
            &folder,
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
             -subj /CN=host.cordial -addext subjectAltName=DNS:host.cordial -keyout key -out certificate 2>log",
        );
        let both =
            |port: u16, how: &str| format!("listen 127.0.0.1:{port} {how}; listen [::1]:{port} {how};");
        let listen = [both(one, ""), both(two, "http2"), both(tls, "ssl http2")].concat();
        let command =
            nginx(&folder, &format!("{listen} ssl_certificate certificate; ssl_certificate_key key;"));
        Self { _server: Server::start(command, &[one, two, tls]), folder, one, two, tls }
    }

    /// Checks and takes away what was fetched under these names.
    fn assert_fetched(&self, scratch: &Scratch, way: Way) {
        for number in 0..LENGTHS.len() {
            let got = scratch.file(&format!("got{number}"));
            assert_same(&got, &self.folder.file(&format!("www/{number}")), way);
            std::fs::remove_file(got).expect("it is there");
        }
    }
}

/// nginx with what it writes in this folder; it serves the folder `www` there.
fn nginx(folder: &Scratch, server: &str) -> Command {
    let at = |name: &str| folder.file(name).display().to_string();
    let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
    let config = format!(
        "{user} daemon off; worker_processes 1; pid {pid}; events {{ worker_connections 512; }}
         http {{ access_log off; client_max_body_size 0; client_body_temp_path {body}; proxy_temp_path {body};
                 fastcgi_temp_path {body}; uwsgi_temp_path {body}; scgi_temp_path {body};
                 server {{ {server} root {www}; dav_methods PUT; }} }}",
        pid = at("pid"),
        body = at("body"),
        www = at("www"),
    );
    std::fs::write(folder.file("nginx.conf"), config).expect("the folder can be written");
    let mut command = Command::new("nginx");
    command.arg("-c").arg(folder.file("nginx.conf")).arg("-e").arg(folder.file("log"));
    command
}

/// curl with these options gets all files, and says of each how it came.
fn curl(options: &str, url: &str) -> String {
    let last = LENGTHS.len() - 1;
    let report = r"%{http_version} %{http_code} %{num_connects}\n";
    format!("curl -sS --max-time 50 {options} -w '{report}' -o 'got#1' '{url}/[0-{last}]'")
}

#[test]
fn curl_gets_all_files_over_one_connection_by_http_1() {
    let (web, scratch) = (Web::start(), Scratch::new());
    for way in Way::ALL {
        let script = curl(&format!("--http1.1 {}", way.flag()), &format!("http://host.cordial:{}", web.one));
        let ended = way.run(&scratch, &script);
        web.assert_fetched(&scratch, way);
        assert_eq!(ended.stdout.matches("1.1 200 ").count(), LENGTHS.len(), "{way}: {ended}");
        assert_eq!(ended.stdout.matches("1.1 200 1").count(), 1, "{way}: {ended}");
    }
}

/// Without TLS, so that the first octets are HTTP/2's already. A connection for each file: curl 7.88 fails, wherever it
/// runs, when it is to use one again whose protocol was not negotiated.
#[test]
fn curl_gets_each_file_over_a_connection_of_its_own_by_http_2() {
    let (web, scratch) = (Web::start(), Scratch::new());
    for way in Way::ALL {
        let url = format!("http://{}:{}", way.host_in_url(), web.two);
        let ended = way.run(&scratch, &curl("--http2-prior-knowledge --parallel --parallel-immediate", &url));
        web.assert_fetched(&scratch, way);
        assert_eq!(ended.stdout.matches("2 200 1").count(), LENGTHS.len(), "{way}: {ended}");
    }
}

/// Agreed upon within TLS; all files at once, as streams of one connection, woven into each other.
#[test]
fn curl_gets_all_files_as_streams_of_one_connection_by_http_2_over_tls() {
    let (web, scratch) = (Web::start(), Scratch::new());
    let certificate = web.folder.file("certificate").display().to_string();
    for way in Way::ALL {
        let options = format!("--http2 --parallel --cacert {certificate} {}", way.flag());
        let ended = way.run(&scratch, &curl(&options, &format!("https://host.cordial:{}", web.tls)));
        web.assert_fetched(&scratch, way);
        assert_eq!(ended.stdout.matches("2 200 ").count(), LENGTHS.len(), "{way}: {ended}");
        assert_eq!(ended.stdout.matches("2 200 1").count(), 1, "{way}: {ended}");
    }
}

#[test]
fn curl_puts_what_it_reads_in_chunks() {
    let (web, scratch) = (Web::start(), Scratch::new());
    let largest = random_file(scratch.file("largest"), 8_000_000);
    for way in Way::ALL {
        for (how, port) in [("--http1.1", web.one), ("--http2-prior-knowledge", web.two)] {
            let url = format!("http://host.cordial:{port}/put");
            let script = format!("cat largest | curl -sS --max-time 50 {how} {} -T - {url}", way.flag());
            way.run(&scratch, &script);
            assert_same(&web.folder.file("www/put"), &largest, way);
            std::fs::remove_file(web.folder.file("www/put")).expect("it is there");
        }
    }
}

/// wget goes on where a file of its ends.
#[test]
fn wget_gets_files_and_goes_on_with_half_of_one() {
    let (web, scratch) = (Web::start(), Scratch::new());
    for way in Way::ALL {
        let url = format!("http://host.cordial:{}", web.one);
        let wget = format!("wget -q {} --timeout=30 --tries=1", way.flag());
        let fetch = format!("for n in 0 1 2 3 4 5 6 7; do {wget} -O got$n {url}/$n; done");
        way.run(
            &scratch,
            &format!("set -e; {fetch}; truncate -s 3333333 got7; mv got7 7; {wget} -c {url}/7; mv 7 got7"),
        );
        web.assert_fetched(&scratch, way);
    }
}

#[test]
fn nginx_inside_serves_http_2_to_the_outside() {
    let (folder, scratch) = (Scratch::new(), Scratch::new());
    std::fs::create_dir(folder.file("www")).expect("the folder can be written");
    let file = random_file(folder.file("www/file"), 8_000_000);
    nginx(&folder, "listen 80 http2; listen [::]:80 http2;");
    for way in Way::ALL {
        let port = free_port();
        let script = format!("exec nginx -c {0}/nginx.conf -e {0}/log", folder.file("").display());
        let server = inside(&scratch, way, &format!("{port}:80"), &script);
        let url = format!("http://{}:{port}/file", way.loopback_in_url());
        let curl = format!(
            "curl -sS --retry 50 --retry-delay 1 --retry-all-errors --max-time 50 --http2-prior-knowledge \
             -w '%{{http_version}} %{{http_code}}' -o got {url}"
        );
        assert_eq!(outside(&scratch, &curl), "2 200", "{way}");
        assert_same(&scratch.file("got"), &file, way);
        end(server, &scratch);
    }
}

#[test]
fn pythons_server_inside_serves_the_outside() {
    let scratch = Scratch::new();
    let file = random_file(scratch.file("file"), 8_000_000);
    for way in Way::ALL {
        let port = free_port();
        let script = "exec timeout 60 python3 -m http.server --bind :: 8000 2>log";
        let server = inside(&scratch, way, &format!("{port}:8000"), script);
        let url = format!("http://{}:{port}/file", way.loopback_in_url());
        let curl = "curl -sS --retry 50 --retry-delay 1 --retry-all-errors --max-time 50";
        outside(&scratch, &format!("{curl} -o got {url}"));
        assert_same(&scratch.file("got"), &file, way);
        end(server, &scratch);
    }
}
