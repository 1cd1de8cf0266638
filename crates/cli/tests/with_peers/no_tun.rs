//! Without `/dev/net/tun`: a veth pair takes its place, and nobody notices.

use std::net::UdpSocket;
use std::process::Command;
use std::time::Duration;

use super::harness::{Ended, Scratch, finish};
use super::servers::{Nginx, large_file, sha256};

/// A command that runs another as `nobody`, where `/dev/net/tun` is root's alone. The binary is
/// copied to where `nobody` may read it.
const AS_NOBODY: &str = "mount -t tmpfs -o mode=755 tmpfs /dev/net
    mknod -m 0600 /dev/net/tun c 10 200
    cp \"$1\" /dev/net/cordial
    shift
    cd /
    exec setpriv --reuid nobody --regid nogroup --clear-groups /dev/net/cordial \"$@\"";

/// `cordial run [options] -- sh -c SCRIPT` as a user who may not open `/dev/net/tun`.
fn run(scratch: &Scratch, options: &[&str], script: &str) -> Ended {
    let words = [&["run"], options, &["--", "sh", "-c", script]].concat();
    let cordial = scratch.cordial(words);
    if !rustix::process::geteuid().is_root() {
        // Who is not root has what there is, and is asked to do without.
        let words = [&["run", "--device", "veth"], options, &["--", "sh", "-c", script]].concat();
        return finish(scratch.cordial(words));
    }
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-ec", AS_NOBODY, "sh"]);
    command.arg(cordial.get_program()).args(cordial.get_args());
    for (name, value) in cordial.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("TMPDIR", "/tmp");
    finish(command)
}

#[test]
fn the_first_thing_anyone_tries_works_for_an_ordinary_user() {
    let scratch = Scratch::new();
    for family in ["-4", "-6"] {
        let curl = format!("test ! -w /dev/net/tun && curl -sS {family} --max-time 20 http://hello.cordial/");
        let ended = run(&scratch, &[], &curl).expect_code(0);
        assert!(ended.stdout.to_lowercase().contains("hello"), "{ended}");
        let states =
            ["SYN_SENT", "SYN_RCVD", "ESTABLISHED", "FIN_WAIT_1", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT"];
        let ended = ended.expect_stderr(&states);
        assert_eq!(ended.stderr.matches("SYN+ACK").count(), 1, "one connection, one ladder: {ended}");
        assert!(!ended.stderr.contains("cordial: "), "nothing to complain about: {ended}");
    }
    assert_eq!(scratch.survivors(), []);
}

#[test]
fn who_insists_on_a_tun_device_is_told_why_there_is_none() {
    if rustix::process::geteuid().is_root() {
        let ended = run(&Scratch::new(), &["--device", "tun"], "true").expect_code(125);
        ended.expect_stderr(&["/dev/net/tun", "Permission denied", "chmod 0666"]);
    }
}

#[test]
fn two_hundred_megabytes_come_down_whole() {
    for family in ["-4", "-6"] {
        let (nginx, scratch) = (Nginx::start(), Scratch::new());
        std::os::unix::fs::symlink(large_file(), nginx.path("large")).expect("the folder can be written");
        let script = format!("curl -sS {family} --max-time 100 {} | sha256sum", nginx.url("large"));
        let ended = run(&scratch, &["--ladder=none"], &script).expect_code(0);
        assert_eq!(ended.stdout.split_whitespace().next(), Some(sha256(large_file()).as_str()), "{ended}");
        println!("down {family}: 200 MB in {:?}", ended.took);
    }
}

#[test]
fn a_hundred_megabytes_go_up_whole() {
    for family in ["-4", "-6"] {
        let (nginx, scratch) = (Nginx::start(), Scratch::new());
        let numbers = "seq 1 20000000 | head -c 100000000";
        let url = nginx.url("put");
        let script = format!(
            "{numbers} | curl -sS {family} --max-time 100 -H Expect: -T - {url}; {numbers} | sha256sum"
        );
        let ended = run(&scratch, &["--ladder=none"], &script).expect_code(0);
        let sent = ended.stdout.split_whitespace().next().unwrap_or_default();
        assert_eq!(sha256(&nginx.path("put")), sent, "{ended}");
        println!("up {family}: 100 MB in {:?}", ended.took);
    }
}

#[test]
fn two_hundred_connections_at_once_all_get_their_answer() {
    let (nginx, scratch) = (Nginx::start(), Scratch::new());
    std::fs::write(nginx.path("small"), [b'x'; 10_000]).expect("the folder can be written");
    let script = format!(
        "curl -sS --max-time 60 --parallel --parallel-immediate --parallel-max 200 -H 'Connection: close' \
         -w '%{{http_code}} %{{size_download}}\\n' -o /dev/null '{}?[1-200]'",
        nginx.url("small")
    );
    let ended = run(&scratch, &["--ladder=none"], &script).expect_code(0);
    assert_eq!(ended.stdout.lines().filter(|&line| line == "200 10000").count(), 200, "{ended}");
}

/// A write that the program's kernel would leave to its device to make several datagrams of.
#[test]
fn a_super_datagram_arrives_as_the_datagrams_it_is_made_of() {
    let outside = UdpSocket::bind("127.0.0.1:0").expect("a port");
    outside.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout may be set");
    let port = outside.local_addr().expect("it is bound").port();
    let script = format!(
        "exec /usr/bin/python3 -c 'import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_UDP, 103, 100)
s.sendto(bytes(450), (socket.gethostbyname(\"host.cordial\"), {port}))
time.sleep(3)'"
    );
    let ended = run(&Scratch::new(), &["--quiet"], &script).expect_code(0);
    let mut datagram = [0; 2000];
    let lengths: Vec<usize> = (0..5).map_while(|_| outside.recv(&mut datagram).ok()).collect();
    assert_eq!(lengths, [100, 100, 100, 100, 50], "{ended}");
}
