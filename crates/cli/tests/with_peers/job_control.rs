//! The terminal is CMD's own: what is typed, what stops, what goes on, and whose turn it is.

use super::harness::{Running, Scratch, finish, until};
use super::terminal::{CTRL_BACKSLASH, CTRL_C, CTRL_D, CTRL_Z, Terminal};

/// The state of every process of a scratch's runs, by `/proc`.
fn states(scratch: &Scratch, name: &str) -> Vec<char> {
    let stat = |id: u32| std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let all = scratch.survivors().into_iter().map(|(id, _)| stat(id));
    let named = all.filter(|stat| stat.contains(&format!("({name})")));
    named.filter_map(|stat| stat.rsplit_once(") ")?.1.chars().next()).collect()
}

#[test]
fn ctrl_z_stops_us_with_the_command_and_fg_goes_on_with_both() {
    let scratch = Scratch::new();
    let mut terminal = Terminal::open(&scratch);
    terminal.enters("$CORDIAL run --quiet -- sh -c 'echo beg''un; cat; echo o''ver; exit 3'");
    terminal.shows("begun");
    // A shell is deaf between its vfork and the new program's start, with us or without.
    until("cat runs", || !states(&scratch, "cat").is_empty());
    for _ in 0..3 {
        terminal.types(CTRL_Z);
        terminal.shows("Stopped");
        for name in ["cordial", "cat"] {
            until("both have stopped", || states(&scratch, name).contains(&'T'));
        }
        terminal.enters("fg");
        terminal.enters("he''re");
        // Once as it is typed, once by cat.
        terminal.shows("he''re");
        terminal.shows("he''re");
    }
    terminal.types(CTRL_D);
    terminal.shows("over");
    terminal.enters("echo co''de=$?");
    terminal.shows("code=3");
}

#[test]
fn bg_goes_on_and_a_command_in_the_background_does_not_read() {
    let scratch = Scratch::new();
    let mut terminal = Terminal::open(&scratch);
    // With -b the shell says at once that a job has changed.
    terminal.enters("set -b; $CORDIAL run --quiet -- sh -c 'echo beg''un; read line; echo \"got:$line\"'");
    terminal.shows("begun");
    terminal.types(CTRL_Z);
    terminal.shows("Stopped");
    // It wants to read, which the terminal does not allow in the background: stopped again.
    terminal.enters("bg");
    terminal.shows("Stopped");
    terminal.enters("fg");
    terminal.enters("a line");
    terminal.shows("got:a line");
}

#[test]
fn ctrl_c_is_the_commands_as_often_as_it_likes() {
    let scratch = Scratch::new();
    let mut terminal = Terminal::open(&scratch);
    terminal.enters("$CORDIAL run --quiet -- sh -c 'trap \"echo cau\"ght INT; echo rea''dy; while :; do sleep 0.05; done'");
    terminal.shows("ready");
    for _ in 0..3 {
        terminal.types(CTRL_C);
        terminal.shows("caught");
    }
    terminal.types(CTRL_BACKSLASH);
    terminal.enters("echo co''de=$?");
    terminal.shows("code=131");
}

#[test]
fn a_shell_inside_has_jobs_of_its_own() {
    let scratch = Scratch::new();
    let mut terminal = Terminal::open(&scratch);
    terminal.enters("$CORDIAL run --quiet -- bash --norc --noprofile --noediting -i");
    terminal.enters("echo in''side; sleep 300");
    terminal.shows("inside");
    until("it sleeps", || !states(&scratch, "sleep").is_empty());
    terminal.types(CTRL_Z);
    terminal.shows("Stopped");
    // The job stopped, not the shell.
    terminal.enters("echo sti''ll");
    terminal.shows("still");
    terminal.enters("fg");
    until("it sleeps", || states(&scratch, "sleep") == ['S']);
    terminal.types(CTRL_C);
    terminal.enters("echo aga''in");
    terminal.shows("again");
    // The shell itself: we stop with it, and the shell outside has its turn.
    terminal.enters("suspend");
    terminal.shows("Stopped");
    terminal.enters("echo outs''ide");
    terminal.shows("outside");
    terminal.enters("fg");
    terminal.enters("echo ba''ck");
    terminal.shows("back");
    terminal.enters("exit 7");
    terminal.enters("echo co''de=$?");
    terminal.shows("code=7");
}

#[test]
fn an_editor_and_a_pager_work() {
    let scratch = Scratch::new();
    let mut terminal = Terminal::open(&scratch);
    std::fs::write(scratch.file("text"), "first\n").expect("the folder can be written");
    terminal.enters("$CORDIAL run --quiet -- vi -u NONE text; echo co''de=$?");
    terminal.shows("first");
    terminal.types("ohello\x1b:wq\r");
    terminal.shows("code=0");
    assert_eq!(std::fs::read_to_string(scratch.file("text")).expect("there"), "first\nhello\n");
    terminal.enters("$CORDIAL run --quiet -- less text; echo co''de=$?");
    terminal.shows("hello");
    terminal.types("q");
    terminal.shows("code=0");
}

/// Where writing from the background stops a program (`stty tostop`), ours is not stopped by its ladders.
#[test]
fn a_ladder_is_drawn_from_the_background() {
    let scratch = Scratch::new();
    let mut terminal = Terminal::open(&scratch);
    terminal.enters(
        "stty tostop; $CORDIAL run -- curl -s -o /dev/null http://hello.cordial/ & wait; echo co''de=$?",
    );
    terminal.shows("TIME_WAIT");
    terminal.shows("code=0");
}

/// A hang-up of the terminal ends a command that does not mind it otherwise, and all of ours.
#[test]
fn closing_the_terminal_ends_the_run() {
    let scratch = Scratch::new();
    let mut terminal = Terminal::open(&scratch);
    terminal.enters("$CORDIAL run --quiet -- sh -c 'echo rea''dy; sleep 300'");
    terminal.shows("ready");
    drop(terminal);
    until("everything it started is gone", || scratch.survivors().is_empty());
}

/// What is sent to us by a process, not by the terminal, is passed on.
#[test]
fn signals_sent_to_us_reach_the_command() {
    let scratch = Scratch::new();
    let script = "for name in HUP USR1 USR2 WINCH TERM; do trap \"echo $name >> heard\" $name; done
        touch ready; while [ ! -e over ]; do sleep 0.02; done";
    let run = Running::start(scratch.cordial(["run", "--quiet", "--", "sh", "-c", script]));
    until("the command runs", || scratch.file("ready").exists());
    let heard = || std::fs::read_to_string(scratch.file("heard")).unwrap_or_default();
    let mut expected = String::new();
    for name in ["HUP", "USR1", "USR2", "WINCH", "TERM"] {
        run.signal(name);
        expected += &format!("{name}\n");
        until("it has heard", || heard() == expected);
    }
    std::fs::write(scratch.file("over"), "").expect("the folder can be written");
    run.finish().expect_code(0);
}

/// Started to ignore a signal, as by `nohup`, neither the command nor we mind it.
#[test]
fn what_we_were_started_to_ignore_is_ignored() {
    let scratch = Scratch::new();
    let script = "touch ready; while [ ! -e over ]; do sleep 0.02; done; exit 5";
    let mut command = std::process::Command::new("sh");
    let cordial = scratch.cordial(["run", "--quiet", "--", "sh", "-c", script]);
    command
        .args(["-c", "trap '' HUP INT; exec \"$@\"", "sh"])
        .arg(cordial.get_program())
        .args(cordial.get_args());
    command.current_dir(scratch.file(""));
    let run = Running::start(command);
    until("the command runs", || scratch.file("ready").exists());
    for name in ["HUP", "INT", "INT", "INT"] {
        run.signal(name);
    }
    std::thread::sleep(std::time::Duration::from_millis(200));
    std::fs::write(scratch.file("over"), "").expect("the folder can be written");
    run.finish().expect_code(5);
}

/// However we end, nothing stays: not what became a daemon, not what went elsewhere.
#[test]
fn a_kill_of_ours_leaves_nothing() {
    let scratch = Scratch::new();
    let script = "setsid sleep 300 & (sleep 300 &) ; unshare -n sleep 300 & touch ready; sleep 300";
    let run = Running::start(scratch.cordial(["run", "--quiet", "--", "sh", "-c", script]));
    until("the command runs", || scratch.file("ready").exists() && states(&scratch, "sleep").len() == 4);
    run.signal("KILL");
    until("everything it started is gone", || scratch.survivors().is_empty());
}

/// A command that makes itself a daemon and ends: its rest is ended with it, and that is said.
#[test]
fn a_daemon_ends_with_the_command_that_left_it() {
    let scratch = Scratch::new();
    let script = "setsid sh -c 'sleep 300' > /dev/null 2>&1 & exit 4";
    let ended = scratch.run(&[], script).expect_code(4).expect_stderr(&["left running", "ended with it"]);
    assert!(ended.took < std::time::Duration::from_secs(60), "{ended}");
    assert!(scratch.survivors().is_empty());
    let ended = scratch.run(&["--lang", "zh"], script).expect_code(4).expect_stderr(&["还留下"]);
    assert!(!ended.stderr.contains("left running"), "{ended}");
    let ended = scratch.run(&["--quiet"], script).expect_code(4);
    assert_eq!(ended.stderr, "");
}

/// `timeout` signals its whole group: the command has got it then, and not once more by us.
#[test]
fn what_is_sent_to_the_whole_group_reaches_the_command_once() {
    let scratch = Scratch::new();
    let script = "import os, signal, time\n\
        signal.signal(signal.SIGTERM, lambda *_: open('got', 'a').write('x'))\n\
        open('ready', 'w').close()\n\
        while not os.path.exists('got'): time.sleep(0.01)\n\
        end = time.time() + 1\n\
        while time.time() < end: time.sleep(0.01)\n";
    let cordial = scratch.cordial(["run", "--quiet", "--", "python3", "-c", script]);
    let mut timeout = std::process::Command::new("timeout");
    timeout.arg("60").arg(cordial.get_program()).args(cordial.get_args()).current_dir(scratch.file(""));
    timeout.envs(cordial.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let run = Running::start(timeout);
    until("the command runs", || scratch.file("ready").exists());
    run.signal("TERM");
    // The command's own code: no time was over.
    run.finish().expect_code(0);
    assert_eq!(std::fs::read_to_string(scratch.file("got")).expect("it was signalled"), "x");
}

/// What a script sends to us alone, from our own group, is for the command.
#[test]
fn what_a_script_sends_to_us_reaches_the_command() {
    let scratch = Scratch::new();
    let script =
        "$CORDIAL run --quiet -- sh -c 'trap \"exit 42\" TERM; touch ready; while :; do sleep 0.05; done' &
        while [ ! -e ready ]; do sleep 0.05; done; kill $!; wait $!";
    let cordial = scratch.cordial(["run"]);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", script]).current_dir(scratch.file("")).env("CORDIAL", cordial.get_program());
    shell.envs(cordial.get_envs().filter_map(|(name, value)| Some((name, value?))));
    finish(shell).expect_code(42);
}

/// The command has ended, and whoever is to read our record does not: we can be ended.
#[test]
fn a_reader_that_is_stuck_keeps_nobody_from_ending_us() {
    use std::io::Write;
    use std::os::unix::process::ExitStatusExt;
    let scratch = Scratch::new();
    let fifo = scratch.file("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().expect("coreutils").success());
    let mut reader = std::fs::File::options().read(true).write(true).open(&fifo).expect("ours");
    // Full: the next octet waits.
    reader.write_all(&[b'x'; 65_536]).expect("as much as a pipe holds");
    let script = "curl -s -o page http://hello.cordial/";
    let run = Running::start(scratch.cordial(["run", "--output", "fifo", "--", "sh", "-c", script]));
    until("only cordial is left", || scratch.file("page").exists() && scratch.survivors().len() == 1);
    // And it waits for its reader by then.
    std::thread::sleep(std::time::Duration::from_secs(1));
    run.signal("TERM");
    assert_eq!(run.finish().status.signal(), Some(15));
    assert!(scratch.survivors().is_empty());
}
