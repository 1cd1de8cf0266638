//! socat: one direction ends, the other goes on, for whole files.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::process::Command;
use std::time::Duration;

use super::super::harness::Scratch;
use super::super::ports::free_port;
use super::server::{Server, assert_same, random_file};
use super::way::Way;

/// socat on the host, for both families; a shell command takes each connection as its input and output.
fn start(folder: &Scratch, port: u16, talk: &str) -> Server {
    let mut command = Command::new("socat");
    command
        .arg("-t30")
        .arg(format!("TCP6-LISTEN:{port},ipv6only=0,reuseaddr,fork"))
        .arg(format!("SYSTEM:{talk}"));
    command.current_dir(folder.file(""));
    Server::start(command, &[port])
}

fn target(way: Way, port: u16) -> String {
    format!("TCP{}:{}:{port}", if way.six { 6 } else { 4 }, way.host_in_url())
}

/// The digest can be known only when the client's FIN has come, and comes by what that left open.
#[test]
fn socat_says_goodbye_first_and_gets_its_answer() {
    let (folder, scratch, port) = (Scratch::new(), Scratch::new(), free_port());
    random_file(scratch.file("file"), 3_000_000);
    let _server = start(&folder, port, "sha256sum");
    for way in Way::ALL {
        let script = format!("timeout 50 socat -t30 - {} < file; sha256sum < file", target(way, port));
        let ended = way.run(&scratch, &script);
        let digests: Vec<&str> = ended.stdout.lines().collect();
        assert!(digests.len() == 2 && digests[0] == digests[1], "{way}: {ended}");
    }
}

/// The client sends only when it has seen the server's FIN: what comes then comes whole.
#[test]
fn socat_is_heard_after_the_servers_goodbye() {
    let scratch = Scratch::new();
    let file = random_file(scratch.file("file"), 3_000_000);
    for way in Way::ALL {
        let listener = TcpListener::bind((way.loopback(), 0)).expect("there is a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let hears = std::thread::spawn(move || say_goodbye_and_hear(&listener));
        // What socat runs gets the server's end as its own input's, and only then says anything.
        let talk = "SYSTEM:'cat > heard; cat file'";
        way.run(&scratch, &format!("timeout 50 socat -t30 {} {talk}", target(way, port)));
        assert_eq!(std::fs::read(scratch.file("heard")).expect("it was heard"), GOODBYE, "{way}");
        std::fs::write(scratch.file("got"), hears.join().expect("it ends"))
            .expect("the folder can be written");
        assert_same(&scratch.file("got"), &file, way);
    }
}

const GOODBYE: &[u8] = b"that was all from me";

/// A server for one connection, which ends its own half first.
fn say_goodbye_and_hear(listener: &TcpListener) -> Vec<u8> {
    let (mut stream, _) = listener.accept().expect("socat connects");
    stream.set_read_timeout(Some(Duration::from_secs(50))).expect("fifty is not zero");
    stream.write_all(GOODBYE).expect("socat reads");
    stream.shutdown(Shutdown::Write).expect("our half can be closed");
    let mut octets = Vec::new();
    stream.read_to_end(&mut octets).expect("socat's half is still open");
    octets
}
