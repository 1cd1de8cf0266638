//! Scripts that must fail do: otherwise one that passes means nothing.

mod common;

use common::{ACCEPTED, CONNECTED, fails, line_after, passes, skips};

/// What is right after [`ACCEPTED`], so that each change below is the only thing that is wrong.
const RIGHT: &str = "+0 write(4, ..., 1000) = 1000\n+0 > . 1:1001(1000) ack 1\n+.1 < . 1:1(0) ack 1001 win 65535\n+0 write(4, ..., 500) = 500\n+0 > P. 1001:1501(500) ack 1\n";

#[test]
fn the_right_one_passes() {
    passes(&format!("{ACCEPTED}{RIGHT}"));
}

#[test]
fn each_field_that_is_wrong_is_found_and_named() {
    for (right, wrong, words) in [
        ("> . 1:1001(1000)", "> . 2:1002(1000)", "seq 1, not 2"),
        ("> . 1:1001(1000)", "> . 0:1000(1000)", "seq 1, not 0"),
        ("> . 1:1001(1000)", "> . 1:1000(999)", "length 1000, not 999"),
        ("> . 1:1001(1000)", "> . 1:1002(1001)", "length 1000, not 1001"),
        ("> . 1:1001(1000)", "> F. 1:1001(1000)", "flags ., not F."),
        ("> . 1:1001(1000)", "> S. 1:1001(1000)", "flags ., not S."),
        ("1:1001(1000) ack 1", "1:1001(1000) ack 2", "ack 1, not 2"),
        ("1:1001(1000) ack 1", "1:1001(1000) ack 0", "ack 1, not 0"),
        ("1:1001(1000) ack 1", "1:1001(1000) ack 1 win 1", "win 65535, not 1"),
        ("1:1001(1000) ack 1", "1:1001(1000) ack 1 <nop,nop,sack 1:2>", "options <>, not <sack 1:2>"),
        ("> . 1:1001(1000)", "> [ttl 63] . 1:1001(1000)", "ttl 64, not 63"),
        ("> . 1:1001(1000)", "> (tos 0x1) . 1:1001(1000)", "tos 0x00, not 0x01"),
    ] {
        let text = format!("{ACCEPTED}{}", RIGHT.replacen(right, wrong, 1));
        fails(&text, line_after(ACCEPTED) + 1, words);
    }
}

#[test]
fn a_syn_ack_without_one_of_its_options_fails() {
    for (options, words) in [
        ("<mss 1460,nop>", ""),
        ("<mss 1459>", "options <mss 1460>, not <mss 1459>"),
        ("<mss 1460,sackOK>", "not <mss 1460,sackOK>"),
        ("", "not <>"),
    ] {
        let text = ACCEPTED.replace("<mss 1460>", options);
        if words.is_empty() {
            passes(&text);
        } else {
            fails(&text, 5, words);
        }
    }
}

#[test]
fn a_packet_that_is_missing_fails() {
    fails(&format!("{ACCEPTED}+0 > . 1:1(0) ack 1\n"), line_after(ACCEPTED), "nothing was sent");
    let text = format!("{ACCEPTED}{}", RIGHT.replace("> P. 1001", "> P. 1001:1501(500) ack 1\n+0 > P. 1001"));
    fails(&text, line_after(ACCEPTED) + 5, "nothing was sent");
}

#[test]
fn a_packet_that_nothing_asked_for_shows_up_in_the_next() {
    let text = format!("{ACCEPTED}{}", RIGHT.replace("+0 > . 1:1001(1000) ack 1\n", ""));
    fails(&text, line_after(ACCEPTED) + 3, "seq 1, not 1001");
}

#[test]
fn a_packet_that_comes_too_late_or_too_early_fails() {
    // The SYN goes out again after a second.
    let syn = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n\
        +0 connect(3, ..., ...) = -1 EINPROGRESS\n+0 > S 0:0(0) <...>\n";
    for at in ["+0.89", "+1", "+1.14", "+.5~+.95", "+1.1~+1.2", "*"] {
        passes(&format!("{syn}{at} > S 0:0(0) <...>\n"));
    }
    fails(&format!("{syn}+0.88 > S 0:0(0) <...>\n"), 5, "nothing was sent");
    fails(&format!("{syn}+1.15 > S 0:0(0) <...>\n"), 5, "too early");
    fails(&format!("{syn}+1.3~+1.5 > S 0:0(0) <...>\n"), 5, "too early");
    // The script asks for it late, when it was sent long before.
    fails(&format!("{syn}+2 close(9) = -1 EBADF\n+0 > S 0:0(0) <...>\n"), 6, "too early");
    // The tolerance can be widened.
    passes(&format!("--tolerance_usecs=200000\n{syn}+0.85 > S 0:0(0) <...>\n"));
}

#[test]
fn a_syn_that_is_sent_again_has_to_be_the_same() {
    let syn = CONNECTED.lines().take(4).collect::<Vec<_>>().join("\n");
    passes(&format!("{syn}\n+1 > S 0:0(0) <...>\n"));
    fails(&format!("{syn}\n+1 > S 1:1(0) <...>\n"), 5, "seq 0, not 1");
}

#[test]
fn a_call_that_returns_something_else_fails() {
    let after = line_after(ACCEPTED);
    fails(&format!("{ACCEPTED}+0 read(4, ..., 10) = 0\n"), after, "read() returned -1 EAGAIN, not 0");
    fails(&format!("{ACCEPTED}+0 write(4, ..., 10) = 9\n"), after, "write() returned 10, not 9");
    fails(&format!("{ACCEPTED}+0 accept(3, ..., ...) = 5\n"), after, "accept() still waits");
    fails(&format!("{ACCEPTED}+0 close(9) = 0\n"), after, "-1 EBADF");
    fails(
        &format!("{ACCEPTED}+0 getsockopt(4, SOL_SOCKET, SO_ERROR, [104], [4]) = 0\n"),
        after,
        "SO_ERROR is 0, not 104",
    );
}

#[test]
fn a_call_that_waits_returns_when_the_script_says_or_fails() {
    let blocking = ACCEPTED.replace("+0 fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n", "");
    let after = line_after(&blocking);
    let data = |wait: &str| {
        format!(
            "{blocking}+0...{wait} read(4, ..., 100) = 100\n+.2 < P. 1:101(100) ack 1 win 65535\n+.04 > . 1:1(0) ack 101\n"
        )
    };
    passes(&data("0.2"));
    fails(&data("0.1"), after, "still waits");
    fails(&data("0.3"), after, "before the script has it return");
    // One that never returns is found at the end.
    fails(&format!("{blocking}+0...0.5 read(4, ..., 100) = 100\n"), after, "still waits");
}

#[test]
fn an_assertion_that_does_not_hold_fails_where_it_stands() {
    let after = line_after(ACCEPTED);
    fails(&format!("{ACCEPTED}+0 %{{ assert tcpi_snd_cwnd == 11, tcpi_snd_cwnd }}%\n"), after, "(10)");
    skips(&format!("{ACCEPTED}+0 %{{ assert tcpi_ca_state == 0 }}%\n"), after, "tcpi_ca_state");
    skips(&format!("{ACCEPTED}+0 %{{ import os }}%\n"), after, "Python");
}

#[test]
fn a_question_without_answer_fails() {
    let after = line_after(ACCEPTED);
    passes(&format!("{ACCEPTED}+0 `ss -tan | grep -q ESTAB`\n"));
    fails(&format!("{ACCEPTED}+0 `ss -tan | grep -q TIME-WAIT`\n"), after, "found nothing");
    fails(
        &format!("{ACCEPTED}+0 `sockstat -4 -P tcp -s | grep -c ESTABLISHED | grep 2`\n"),
        after,
        "found nothing",
    );
    skips(&format!("{ACCEPTED}+0 `ss -tan | awk '{{print $1}}'`\n"), after, "awk");
}

/// `CONNECTED` is used as it stands, so it has to pass as it stands.
#[test]
fn the_beginnings_of_these_tests_pass() {
    passes(ACCEPTED);
    passes(CONNECTED);
}

#[test]
fn what_is_left_over_is_told() {
    let report = passes(&format!("{ACCEPTED}+0 write(4, ..., 10) = 10\n"));
    assert_eq!(report.unexpected, ["> P. 1:11(10) ack 1 win 65535"]);
    assert!(passes(ACCEPTED).unexpected.is_empty());
}
