//! What comes back: CMD's own code, or what kept it from running; and what is left behind: nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use super::harness::{Scratch, finish};
use super::ports::free_port;

#[test]
fn the_code_of_the_command_comes_through() {
    let scratch = Scratch::new();
    for code in [0, 1, 3, 124, 255] {
        scratch.run(&[], &format!("exit {code}")).expect_code(code);
    }
}

#[test]
fn a_signal_counts_from_128() {
    let scratch = Scratch::new();
    scratch.run(&[], "kill -TERM $$").expect_code(128 + 15);
    scratch.run(&[], "kill -KILL $$").expect_code(128 + 9);
    scratch.run(&[], "kill -SEGV $$").expect_code(128 + 11);
}

#[test]
fn a_command_that_is_not_there_is_127() {
    let scratch = Scratch::new();
    let command = "no-such-command-anywhere";
    finish(scratch.cordial(["run", "--", command])).expect_code(127).expect_stderr(&[command]);
    finish(scratch.cordial(["run", "--", "./not/there"])).expect_code(127).expect_stderr(&["./not/there"]);
}

#[test]
fn a_command_that_cannot_run_is_126() {
    let scratch = Scratch::new();
    std::fs::write(scratch.file("plain.txt"), "not a program").expect("the folder can be written");
    finish(scratch.cordial(["run", "--", "./plain.txt"])).expect_code(126).expect_stderr(&["plain.txt"]);
}

#[test]
fn a_port_where_nobody_listens_refuses_at_once() {
    let scratch = Scratch::new();
    let curl = format!("curl -sS --max-time 20 http://host.cordial:{}/", free_port());
    let ended = scratch.run(&[], &curl).expect_code(7).expect_stderr(&["RST", "refused"]);
    assert!(ended.took < Duration::from_secs(20), "{ended}");
}

#[test]
fn port_one_refuses_as_the_manual_says() {
    let scratch = Scratch::new();
    scratch.run(&[], "curl -s http://host.cordial:1/").expect_code(7).expect_stderr(&["refused"]);
}

#[test]
fn stdin_and_stdout_are_the_commands_own() {
    let scratch = Scratch::new();
    std::fs::write(scratch.file("in"), "as it is\n").expect("the folder can be written");
    let mut cat = scratch.cordial(["run", "--quiet", "--", "cat"]);
    cat.stdin(std::fs::File::open(scratch.file("in")).expect("it was just written"));
    assert_eq!(finish(cat).expect_code(0).stdout, "as it is\n");
}

#[test]
fn nothing_is_left_behind() {
    let scratch = Scratch::new();
    let before = interfaces();
    let scripts = [
        "curl -s http://hello.cordial/",
        "curl -s http://host.cordial:1/",
        "exit 3",
        "kill -KILL $$",
        // A process that outlives CMD has no network any more and goes too.
        "sleep 300 > /dev/null 2>&1 & exit 0",
    ];
    for script in scripts {
        let ended = scratch.run(&[], script);
        super::harness::until("everything it started is gone", || scratch.survivors().is_empty());
        assert_eq!(scratch.names(), Vec::<String>::new(), "files after `{script}`: {ended}");
    }
    assert_eq!(interfaces(), before);
}

/// The network interfaces of this machine.
fn interfaces() -> BTreeSet<String> {
    let entries = std::fs::read_dir("/sys/class/net").expect("a Linux").flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
