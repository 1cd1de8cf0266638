//! What the hello service says.

use super::request::{Bad, Request, Wish};

/// An answer, as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Response {
    /// Head and body.
    pub(super) octets: Vec<u8>,
    /// The connection ends after it.
    pub(super) is_last: bool,
}

const GREETING: &str = "\
Hello! This is Cordial: the TCP that just shook hands with you is its own.
你好！我是 Cordial：刚才和你握手的，就是我自己的 TCP。
";
const NOT_FOUND: &str = "There is only / here.\n这里只有 /。\n";
const NOT_ALLOWED: &str = "Only GET and HEAD are understood here.\n这里只懂 GET 和 HEAD。\n";
const BAD_REQUEST: &str = "That was not an HTTP/1.1 request.\n这不是 HTTP/1.1 请求。\n";
const TOO_LARGE: &str = "That request is too long.\n请求太长了。\n";

impl Response {
    /// The answer to a request.
    pub(super) fn to(request: &Request) -> Self {
        let (status, body) = match request.wish {
            Wish::Greeting => ("200 OK", GREETING),
            Wish::Unknown => ("404 Not Found", NOT_FOUND),
            Wish::OtherMethod => ("405 Method Not Allowed\r\nAllow: GET, HEAD", NOT_ALLOWED),
        };
        Self::new(status, body, request.head_only, !request.keep_alive)
    }

    /// The answer to what is no request.
    pub(super) fn refusing(bad: Bad) -> Self {
        match bad {
            Bad::Junk => Self::new("400 Bad Request", BAD_REQUEST, false, true),
            Bad::TooLarge => Self::new("431 Request Header Fields Too Large", TOO_LARGE, false, true),
        }
    }

    fn new(status: &str, body: &str, head_only: bool, is_last: bool) -> Self {
        let connection = if is_last { "close" } else { "keep-alive" };
        let head = format!(
            "HTTP/1.1 {status}\r\nServer: cordial\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Content-Length: {}\r\nConnection: {connection}\r\n\r\n",
            body.len()
        );
        let body = if head_only { "" } else { body };
        Self { octets: [head.as_bytes(), body.as_bytes()].concat(), is_last }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(wish: Wish) -> Request {
        Request { wish, head_only: false, keep_alive: true, octets: 0 }
    }

    fn text(response: &Response) -> &str {
        std::str::from_utf8(&response.octets).expect("text")
    }

    #[test]
    fn the_greeting_is_in_both_languages_and_as_long_as_it_says() {
        let response = Response::to(&request(Wish::Greeting));
        let (head, body) = text(&response).split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"));
        assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())));
        assert!(body.contains("Hello") && body.contains("你好"));
        assert!(!response.is_last && head.contains("Connection: keep-alive"));
    }

    #[test]
    fn a_head_says_how_long_the_body_would_be_and_leaves_it_out() {
        let whole = Response::to(&request(Wish::Greeting));
        let head = Response::to(&Request { head_only: true, ..request(Wish::Greeting) });
        assert_eq!(text(&whole), format!("{}{GREETING}", text(&head)));
    }

    #[test]
    fn the_connection_ends_when_the_client_wants_it_to() {
        let response = Response::to(&Request { keep_alive: false, ..request(Wish::Greeting) });
        assert!(response.is_last && text(&response).contains("\r\nConnection: close\r\n"));
    }

    #[test]
    fn everything_else_is_answered_with_what_is_wrong() {
        assert!(text(&Response::to(&request(Wish::Unknown))).starts_with("HTTP/1.1 404 "));
        let response = Response::to(&request(Wish::OtherMethod));
        assert!(
            text(&response).starts_with("HTTP/1.1 405 ")
                && text(&response).contains("\r\nAllow: GET, HEAD\r\n")
        );
        for (bad, start) in [(Bad::Junk, "HTTP/1.1 400 "), (Bad::TooLarge, "HTTP/1.1 431 ")] {
            let response = Response::refusing(bad);
            assert!(response.is_last && text(&response).starts_with(start));
        }
    }
}
