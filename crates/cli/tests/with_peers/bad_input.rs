//! What people and programs do wrong: a message that says what to do, the right code, nothing half written.

use std::time::Duration;

use super::harness::{Running, Scratch, finish, until};

#[test]
fn an_unknown_flag_is_named_and_the_help_is_pointed_at() {
    let scratch = Scratch::new();
    finish(scratch.cordial(["run", "--frobnicate", "--", "true"]))
        .expect_code(125)
        .expect_stderr(&["--frobnicate", "--help"]);
}

#[test]
fn a_value_that_is_none_is_refused_with_those_there_are() {
    let scratch = Scratch::new();
    finish(scratch.cordial(["run", "--lang", "tlh", "--", "true"]))
        .expect_code(125)
        .expect_stderr(&["en", "zh"]);
    finish(scratch.cordial(["run", "--ladder=sideways", "--", "true"]))
        .expect_code(125)
        .expect_stderr(&["live", "end", "none"]);
}

#[test]
fn run_without_a_command_says_what_is_missing() {
    let scratch = Scratch::new();
    let example = "cordial run -- curl -s http://hello.cordial/";
    finish(scratch.cordial(["run"])).expect_code(125).expect_stderr(&["CMD", example]);
    finish(scratch.cordial(["run", "--"])).expect_code(125).expect_stderr(&["CMD", example]);
}

#[test]
fn a_program_without_the_verb_is_told_how_to_run_it() {
    let scratch = Scratch::new();
    let whole = "cordial run -- curl -s 'http://hello.cordial/?a b'";
    finish(scratch.cordial(["curl", "-s", "http://hello.cordial/?a b"]))
        .expect_code(2)
        .expect_stderr(&[whole]);
    finish(scratch.cordial(["rnu", "--", "true"])).expect_code(2).expect_stderr(&["cordial run -- true\n"]);
    finish(scratch.cordial::<&str>([])).expect_code(2).expect_stderr(&["cordial run -- curl", "help run"]);
}

/// The command never runs when its record cannot be written.
#[test]
fn a_file_that_cannot_be_written_stops_it_before_the_command_runs() {
    let scratch = Scratch::new();
    for option in ["--pcap", "--events", "--output"] {
        let path = "no/such/folder/file";
        scratch.run(&[option, path], "touch it-ran").expect_code(125).expect_stderr(&[path]);
        assert_eq!(scratch.names(), Vec::<String>::new(), "{option}");
    }
}

/// The disk fills while the command runs: it is not its fault, so it goes on and its code stays; what is lost is said.
#[test]
fn a_full_disk_is_reported_and_the_command_goes_on() {
    let scratch = Scratch::new();
    for option in ["--pcap", "--events"] {
        scratch
            .run(&["--ladder=none", option, "/dev/full"], "curl -s http://hello.cordial/")
            .expect_code(0)
            .expect_stderr(&["/dev/full", "No space left"]);
        assert!(scratch.survivors().is_empty(), "{option}");
    }
}

/// What is said beside the ladders is said in the reader's language.
#[test]
fn a_full_disk_is_reported_in_chinese() {
    let scratch = Scratch::new();
    let options = ["--lang", "zh", "--ladder=none", "--events", "/dev/full"];
    let ended = scratch.run(&options, "curl -s http://hello.cordial/").expect_code(0);
    let ended = ended.expect_stderr(&["--events /dev/full", "记录到此为止，程序照常运行"]);
    assert!(!ended.stderr.contains("The record"), "{ended}");
}

/// The first Ctrl-C is for the command; a command that ignores it does not keep us from ending at the second.
#[test]
fn the_second_interrupt_ends_a_command_that_ignores_the_first() {
    let scratch = Scratch::new();
    let script = "trap '' INT; touch ready; while :; do sleep 1; done";
    let mut run = Running::start(scratch.cordial(["run", "--", "sh", "-c", script]));
    until("the command runs", || scratch.file("ready").exists());
    run.signal("INT");
    std::thread::sleep(Duration::from_millis(500));
    assert!(!scratch.survivors().is_empty(), "the first interrupt is the command's own business");
    // Two of a kind that are not yet taken are one: it may have to be said again.
    until("it has ended", || {
        run.signal("INT");
        run.ends_within(Duration::from_secs(1))
    });
    let ended = run.finish();
    assert!(ended.code() > 128, "{ended}");
    assert!(ended.took < Duration::from_secs(15), "{ended}");
    until("everything it started is gone", || scratch.survivors().is_empty());
}

/// A command that answers the interrupt decides by itself how it ends.
#[test]
fn the_first_interrupt_reaches_the_command() {
    let scratch = Scratch::new();
    let script = "trap 'exit 42' INT; touch ready; while :; do sleep 0.1; done";
    let run = Running::start(scratch.cordial(["run", "--", "sh", "-c", script]));
    until("the command runs", || scratch.file("ready").exists());
    run.signal("INT");
    run.finish().expect_code(42);
}

/// Raw sockets of a command that is root inside: segments that are none, over both families.
#[test]
fn malformed_packets_from_the_command_change_nothing() {
    let scratch = Scratch::new();
    let script = r#"
        four=$(getent ahostsv4 hello.cordial | awk '{ print $1; exit }')
        six=$(getent ahostsv6 hello.cordial | awk '{ print $1; exit }')
        for target in "IP4-SENDTO:$four" "IP6-SENDTO:[$six]"; do
            for octets in '\001' 'abc' '\000\120\000\120\000\000\000\000\000\000\000\000\360\002\377\377\000\000\000\000' \
                '\000\120\000\120\000\000\000\000\000\000\000\000\000\002\377\377\000\000\000\000' \
                '\000\120\000\120\377\377\377\377\377\377\377\377\120\077\377\377\377\377\377\377garbage'; do
                printf "$octets" | socat -u - "$target:6" || exit 90
                printf "$octets" | socat -u - "$target:17" || exit 91
                printf "$octets" | socat -u - "$target:253" || exit 92
                # The kernel itself refuses some of these.
                printf "$octets" | socat -u - "$target:1" 2> /dev/null || :
                printf "$octets" | socat -u - "$target:58" 2> /dev/null || :
            done
        done
        exec curl -sS --max-time 20 http://hello.cordial/
    "#;
    let ended = scratch.run(&[], script).expect_code(0).expect_stderr(&["ESTABLISHED", "TIME_WAIT"]);
    assert!(!ended.stdout.is_empty(), "{ended}");
    assert!(!ended.stderr.contains("panic"), "{ended}");
}
