//! What a client asks of the hello service.

use httparse::{EMPTY_HEADER, Header, Status};

/// A request, as far as the service cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Request {
    /// What is asked for.
    pub(super) wish: Wish,
    /// The answer to HEAD has no body.
    pub(super) head_only: bool,
    /// The client wants to ask more on this connection.
    pub(super) keep_alive: bool,
    /// Octets that the request's head takes.
    pub(super) octets: usize,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// The greeting.
    Greeting,
    /// Something that is not there.
    Unknown,
    /// Something done that is not done here.
    OtherMethod,
}

/// Why there is no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bad {
    /// Not HTTP/1.x, or against its rules.
    Junk,
    /// More header fields or octets than are taken.
    TooLarge,
}

/// Octets of the longest head that is taken: what other servers take at least.
pub(super) const MAX_OCTETS: usize = 8 << 10;
const MAX_HEADERS: usize = 64;

/// Reads the head of a request from the front of `octets`; `None` if it has not all arrived.
pub(super) fn parse(octets: &[u8]) -> Result<Option<Request>, Bad> {
    let mut headers = [EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let status = parsed.parse(octets).map_err(|error| match error {
        httparse::Error::TooManyHeaders => Bad::TooLarge,
        _ => Bad::Junk,
    })?;
    let Status::Complete(length) = status else {
        return if octets.len() < MAX_OCTETS { Ok(None) } else { Err(Bad::TooLarge) };
    };
    let (Some(method), Some(path), Some(minor)) = (parsed.method, parsed.path, parsed.version) else {
        return Err(Bad::Junk);
    };
    // RFC 9112 §3.2: exactly one Host in HTTP/1.1.
    let hosts = named(parsed.headers, "host").count();
    if hosts > 1 || (hosts == 0 && minor >= 1) {
        return Err(Bad::Junk);
    }
    // Nothing that is served here takes a body. It is not read either, so what follows cannot be
    // told from the next request: the connection ends with the answer.
    let has_body = named(parsed.headers, "transfer-encoding").next().is_some()
        || named(parsed.headers, "content-length").any(|length| length != b"0");
    let wish = match (method, path.split(['?', '#']).next()) {
        ("GET" | "HEAD", Some("/")) => Wish::Greeting,
        ("GET" | "HEAD", _) => Wish::Unknown,
        _ => Wish::OtherMethod,
    };
    let keep_alive = !has_body && keeps_alive(parsed.headers, minor);
    Ok(Some(Request { wish, head_only: method == "HEAD", keep_alive, octets: length }))
}

/// RFC 9112 §9.3: persistent since HTTP/1.1 unless `close` is asked for, before only if
/// `keep-alive` is.
fn keeps_alive(headers: &[Header<'_>], minor: u8) -> bool {
    let asks = |option: &str| {
        let values = named(headers, "connection");
        let mut options = values.flat_map(|value| value.split(|&octet| octet == b','));
        options.any(|it| it.trim_ascii().eq_ignore_ascii_case(option.as_bytes()))
    };
    !asks("close") && (minor >= 1 || asks("keep-alive"))
}

fn named<'a>(headers: &'a [Header<'a>], name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &str) -> Request {
        parse(text.as_bytes()).expect("a request").expect("a whole one")
    }

    #[test]
    fn what_curl_sends_is_a_request_for_the_greeting() {
        let text = "GET / HTTP/1.1\r\nHost: hello.cordial\r\nUser-Agent: curl/7.88\r\nAccept: */*\r\n\r\n";
        let expected =
            Request { wish: Wish::Greeting, head_only: false, keep_alive: true, octets: text.len() };
        assert_eq!(request(text), expected);
        for end in 0..text.len() {
            assert_eq!(parse(&text.as_bytes()[..end]), Ok(None), "{end}");
        }
    }

    #[test]
    fn what_follows_belongs_to_the_next_request() {
        let first = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        assert_eq!(request(&format!("{first}GET /x HTTP/1.1\r\n")).octets, first.len());
    }

    #[test]
    fn the_path_and_the_method_decide() {
        let wish = |line: &str| request(&format!("{line} HTTP/1.1\r\nHost: a\r\n\r\n")).wish;
        assert_eq!(wish("GET /?q=1"), Wish::Greeting);
        assert_eq!(wish("GET /nothing"), Wish::Unknown);
        assert_eq!(wish("POST /"), Wish::OtherMethod);
        assert!(request("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").head_only);
    }

    #[test]
    fn a_connection_persists_as_its_version_and_the_client_say() {
        let persists = |version: &str, fields: &str| {
            request(&format!("GET / HTTP/{version}\r\nHost: a\r\n{fields}\r\n")).keep_alive
        };
        assert!(persists("1.1", ""));
        assert!(!persists("1.1", "Connection: close\r\n"));
        assert!(!persists("1.1", "connection: upgrade, Close\r\n"));
        assert!(!persists("1.0", ""));
        assert!(persists("1.0", "Connection: Keep-Alive\r\n"));
        assert!(!persists("1.1", "Content-Length: 5\r\n"));
        assert!(persists("1.1", "Content-Length: 0\r\n"));
        assert!(!persists("1.1", "Transfer-Encoding: chunked\r\n"));
    }

    #[test]
    fn junk_is_told_from_what_has_not_arrived() {
        for junk in ["\x16\x03\x01\x02", "GET / HTTP/2.0\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"] {
            assert_eq!(parse(junk.as_bytes()), Err(Bad::Junk), "{junk:?}");
        }
        let two_hosts = "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n";
        assert_eq!(parse(two_hosts.as_bytes()), Err(Bad::Junk));
    }

    #[test]
    fn a_head_is_bounded_in_octets_and_fields() {
        let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(MAX_OCTETS));
        assert_eq!(parse(&long.as_bytes()[..MAX_OCTETS]), Err(Bad::TooLarge));
        let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(MAX_HEADERS));
        assert_eq!(parse(many.as_bytes()), Err(Bad::TooLarge));
    }
}
