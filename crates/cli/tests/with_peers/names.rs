//! Names: our own, added ones, and everybody else's.

use std::time::Duration;

use super::harness::Scratch;
use super::name_server::{self, TEXTS};

/// Runs a script inside with these options, which has to succeed, and gives what it wrote.
fn inside(options: &[&str], script: &str) -> String {
    let options = [&["--ladder=none"], options].concat();
    Scratch::new().run(&options, script).expect_code(0).stdout
}

#[test]
fn our_names_have_addresses_over_udp_and_tcp() {
    for how in ["+notcp", "+tcp", "+notcp +noedns", "+tcp +keepopen"] {
        let script = format!(
            "dig +short {how} hello.cordial A; dig +short {how} hello.cordial AAAA; dig +short {how} HOST.cordial A;
             dig +short {how} @fd77::1 host.cordial AAAA"
        );
        let out = inside(&[], &script);
        let words: Vec<&str> = out.split_whitespace().collect();
        assert_eq!(words, ["10.77.0.80", "fd77::80", "10.77.0.254", "fd77::fe"], "{how}");
    }
}

#[test]
fn our_addresses_have_names() {
    let out =
        inside(&[], "dig +short -x 10.77.0.80; dig +short -x fd77::fe; dig -x 10.77.0.99 | grep -o NXDOMAIN");
    assert_eq!(out.split_whitespace().collect::<Vec<_>>(), ["hello.cordial.", "host.cordial.", "NXDOMAIN"]);
}

#[test]
fn a_name_of_our_domain_that_nobody_has_does_not_exist() {
    let out = inside(&[], "dig nobody.cordial | grep -o 'status: [A-Z]*'");
    assert_eq!(out.trim(), "status: NXDOMAIN");
}

#[test]
fn everybody_elses_names_come_from_the_server_that_was_named() {
    let server = name_server::start().to_string();
    let script = "dig +short small.test A; dig +short +tcp small.test AAAA; dig none.test | grep -o NXDOMAIN;
        getent ahosts small.test | awk '{print $1}' | sort -u";
    let out = inside(&["--dns", &server], script);
    let words: Vec<&str> = out.split_whitespace().collect();
    assert_eq!(words, ["192.0.2.1", "2001:db8::1", "NXDOMAIN", "192.0.2.1", "2001:db8::1"]);
}

#[test]
fn an_answer_too_large_for_a_datagram_is_asked_for_again_over_tcp() {
    let server = name_server::start().to_string();
    let script = "dig +ignore large.test TXT | grep -o 'flags:[a-z ]*' | head -n 1;
        dig +short large.test TXT | sort -u | wc -l";
    let out = inside(&["--dns", &server], script);
    let (flags, count) = out.trim().split_once('\n').expect("two lines");
    assert!(flags.split_whitespace().any(|flag| flag == "tc"), "{flags}");
    assert_eq!(count.trim(), TEXTS.to_string());
}

#[test]
fn the_next_server_is_asked_when_the_first_is_not_there() {
    let server = name_server::start().to_string();
    // The discard port: nobody listens there.
    let out = inside(&["--dns", "127.0.0.1:9", "--dns", &server], "dig +short small.test");
    assert_eq!(out.trim(), "192.0.2.1");
}

#[test]
fn added_names_come_first_and_answer_for_both_families() {
    let server = name_server::start().to_string();
    let options = [
        "--dns",
        &server,
        "--add-host",
        "db:192.0.2.7",
        "--add-host",
        "db:2001:db8::7",
        "--add-host",
        "small.test:192.0.2.8",
    ];
    let script =
        "getent ahosts db | awk '{print $1}' | sort -u; dig +short small.test; dig +short -x 192.0.2.7";
    let out = inside(&options, script);
    assert_eq!(out.split_whitespace().collect::<Vec<_>>(), ["192.0.2.7", "2001:db8::7", "192.0.2.8", "db."]);
}

#[test]
fn without_a_name_server_lookups_fail_at_once_and_the_reader_learns_what_to_type() {
    let ended = Scratch::new()
        .run(&["--ladder=none", "--dns", "127.0.0.1:9"], "dig small.test | grep -o SERVFAIL")
        .expect_code(0)
        .expect_stderr(&["no name server answered (127.0.0.1:9)", "--dns ADDR"]);
    assert_eq!(ended.stdout.trim(), "SERVFAIL");
    assert!(ended.took < Duration::from_millis(5900), "{ended}");
    let quiet =
        Scratch::new().run(&["--quiet", "--dns", "127.0.0.1:9"], "dig small.test >/dev/null").expect_code(0);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn what_is_no_server_and_what_is_no_host_is_said_before_anything_runs() {
    for (option, value, says) in [
        ("--dns", "dns.example", "192.0.2.53:5353"),
        ("--dns", "192.0.2.1:0", "192.0.2.53:5353"),
        ("--add-host", "db", "db.example:192.0.2.7"),
        ("--add-host", "db:host", "192.0.2.7 or 2001:db8::7"),
        ("--add-host", ":192.0.2.7", "db.example"),
    ] {
        let ended = Scratch::new().run(&[option, value], "echo ran").expect_code(125);
        assert!(ended.stdout.is_empty() && ended.stderr.contains(says), "{ended}");
    }
}
