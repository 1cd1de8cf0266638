//! Octets in bulk, and connections in bulk.

use super::harness::{Ended, Scratch};
use super::servers::{LARGE, Nginx, large_file, sha256};

#[test]
fn two_hundred_megabytes_come_down_whole_over_ipv4() {
    down("-4");
}

#[test]
fn two_hundred_megabytes_come_down_whole_over_ipv6() {
    down("-6");
}

#[test]
fn two_hundred_megabytes_go_up_whole_over_ipv4() {
    up("-4");
}

#[test]
fn two_hundred_megabytes_go_up_whole_over_ipv6() {
    up("-6");
}

#[test]
fn two_hundred_connections_at_once_all_get_their_answer() {
    let (nginx, scratch) = (Nginx::start(), Scratch::new());
    std::fs::write(nginx.path("small"), [b'x'; 10_000]).expect("the folder can be written");
    let report = r"%{http_code} %{size_download} %{num_connects}\n";
    let script = format!(
        "curl -sS --max-time 60 --parallel --parallel-immediate --parallel-max 200 -H 'Connection: close' \
         -w '{report}' -o /dev/null '{}?[1-200]'",
        nginx.url("small")
    );
    let ended = scratch.run(&["--ladder=none"], &script).expect_code(0);
    let answers = ended.stdout.lines().filter(|line| line.starts_with("200 10000 1")).count();
    assert_eq!(answers, 200, "{ended}");
}

#[test]
fn ten_programs_at_once_share_the_namespace() {
    let (nginx, scratch) = (Nginx::start(), Scratch::new());
    std::fs::write(nginx.path("small"), [b'x'; 100_000]).expect("the folder can be written");
    let script = format!(
        "for i in 0 1 2 3 4 5 6 7 8 9; do curl -sS --max-time 60 -o got$i '{}' & done; wait; cat got? | wc -c; rm got?",
        nginx.url("small")
    );
    let ended = scratch.run(&["--quiet"], &script).expect_code(0);
    assert_eq!(ended.stdout.trim(), "1000000", "{ended}");
}

fn down(family: &str) {
    let (nginx, scratch) = (Nginx::start(), Scratch::new());
    std::os::unix::fs::symlink(large_file(), nginx.path("large")).expect("the folder can be written");
    let script = format!("curl -sS {family} --max-time 100 -o got {}", nginx.url("large"));
    let ended = scratch.run(&["--ladder=none"], &script).expect_code(0);
    assert_eq!(sha256(&scratch.file("got")), sha256(large_file()), "{ended}");
    report("down", family, &ended);
}

fn up(family: &str) {
    let (nginx, scratch) = (Nginx::start(), Scratch::new());
    let file = large_file().display();
    let script = format!("curl -sS {family} --max-time 100 -H Expect: -T {file} {}", nginx.url("put"));
    let ended = scratch.run(&["--ladder=none"], &script).expect_code(0);
    assert_eq!(sha256(&nginx.path("put")), sha256(large_file()), "{ended}");
    report("up", family, &ended);
}

/// Shown by `--nocapture`: what it took, start and end of the run included.
fn report(way: &str, family: &str, ended: &Ended) {
    let megabytes = LARGE as f64 / 1e6;
    println!(
        "{way} {family}: {megabytes} MB in {:?}: {:.0} MB/s",
        ended.took,
        megabytes / ended.took.as_secs_f64()
    );
}
