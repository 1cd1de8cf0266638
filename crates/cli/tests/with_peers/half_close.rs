//! One side has said goodbye, the other still talks.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use super::harness::Scratch;

/// The client says goodbye first and still gets its answer: `nc -N` sends FIN at the end of its input.
#[test]
fn an_answer_comes_after_the_clients_goodbye() {
    let (port, server) = serve(|mut stream| {
        let mut question = String::new();
        stream.read_to_string(&mut question).expect("the question comes whole");
        write!(stream, "you said {question}").expect("our half is still open");
        question
    });
    let scratch = Scratch::new();
    let ended = scratch
        .run(&[], &format!("printf 'good bye' | nc.openbsd -N -w 20 host.cordial {port}"))
        .expect_code(0)
        .expect_stderr(&["FIN_WAIT_2", "CLOSE_WAIT", "LAST_ACK"]);
    assert_eq!(ended.stdout, "you said good bye", "{ended}");
    assert_eq!(server.join().expect("the server does not panic"), "good bye");
}

/// The server says goodbye first and still gets what the client sends after that.
#[test]
fn octets_go_on_after_the_servers_goodbye() {
    let (port, server) = serve(|mut stream| {
        stream.write_all(b"that was all from me\n").expect("the client reads");
        stream.shutdown(Shutdown::Write).expect("our half can be closed");
        let mut rest = String::new();
        stream.read_to_string(&mut rest).expect("the client's half is still open");
        rest
    });
    let scratch = Scratch::new();
    let ended = scratch.run(&[], &client_that_listens_first(port)).expect_code(0);
    assert_eq!(ended.stdout, "that was all from me\n", "{ended}");
    assert_eq!(server.join().expect("the server does not panic"), "and this from me");
}

/// bash opens the connection as a file, reads it to its end, and then writes.
fn client_that_listens_first(port: u16) -> String {
    format!(
        "exec bash -c 'exec 3<>/dev/tcp/host.cordial/{port} && cat <&3 && printf \"and this from me\" >&3'"
    )
}

/// A server for one connection on the host's loopback.
fn serve<R: Send + 'static>(talk: impl FnOnce(TcpStream) -> R + Send + 'static) -> (u16, JoinHandle<R>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let server = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("the command connects");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("thirty is not zero");
        talk(stream)
    });
    (port, server)
}
