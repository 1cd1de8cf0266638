//! The view, in a terminal with a shell at it.

use super::harness::*;
use super::terminal::*;

/// The terminal's own screen, taken and given back.
const TAKEN: &str = "\x1b[?1049h";
const GIVEN_BACK: &str = "\x1b[?1049l";

/// A shell at a terminal of 120 by 40.
fn shell(scratch: &Scratch) -> Terminal {
    let mut terminal = Terminal::open(scratch);
    terminal.enters("export TERM=xterm-256color; stty cols 120 rows 40; echo si''zed");
    terminal.shows("sized");
    terminal
}

/// The terminal echoes, line by line, and the mouse is nobody's.
#[track_caller]
fn expect_restored(terminal: &mut Terminal) {
    terminal.enters("stty -a | tr ' ' '\\n' | grep -cx 'echo\\|icanon\\|isig'; echo lo''oked");
    terminal.shows("3\r\nlooked");
}

#[test]
fn it_is_drawn_and_left_and_then_come_the_output_and_the_summary() {
    let scratch = Scratch::new();
    let script = "curl -s http://hello.cordial/\necho written by the program\nexit 3\n";
    std::fs::write(scratch.file("script"), script).expect("room");
    let mut terminal = shell(&scratch);
    terminal.enters("$CORDIAL run --tui -- sh script; echo co''de $?");
    terminal.shows(TAKEN);
    // Only cells that change are written, and blanks are blank already: single words.
    terminal.shows("ladder");
    terminal.shows("exit code 3");
    assert!(!terminal.unseen().contains("written by the program"));
    terminal.types("q");
    terminal.shows("\x1b[?1000l");
    terminal.shows(GIVEN_BACK);
    terminal.shows("written by the program");
    terminal.shows("S01 Healthy");
    terminal.shows("code 3");
    expect_restored(&mut terminal);
}

#[test]
fn ctrl_c_is_the_programs_and_a_question_is_asked_before_it_is_ended() {
    let scratch = Scratch::new();
    let mut terminal = shell(&scratch);
    terminal.enters("$CORDIAL run --tui -- sleep 60; echo co''de $?");
    terminal.shows("CMD runs");
    terminal.types(CTRL_C);
    terminal.shows("signal 2");
    terminal.types("q");
    terminal.shows(GIVEN_BACK);
    terminal.shows("code 130");
    terminal.enters("$CORDIAL run --tui -- sleep 60; echo co''de $?");
    terminal.shows("CMD runs");
    terminal.types("q");
    terminal.shows("CMD");
    terminal.types("e");
    terminal.shows(GIVEN_BACK);
    terminal.shows("code 143");
    expect_restored(&mut terminal);
}

#[test]
fn a_program_that_goes_on_after_the_view_was_left_is_heard() {
    let scratch = Scratch::new();
    let mut terminal = shell(&scratch);
    let script = "read line < go; echo it goes o''n; exit 4";
    terminal.enters(&format!("mkfifo go; $CORDIAL run --tui -- sh -c \"{script}\"; echo co''de $?"));
    terminal.shows("CMD runs");
    terminal.types("q");
    terminal.shows("SIGTERM");
    terminal.types("w");
    terminal.shows(GIVEN_BACK);
    std::fs::write(scratch.file("go"), "now\n").expect("it reads");
    terminal.shows("it goes on");
    terminal.shows("code 4");
    expect_restored(&mut terminal);
}

#[test]
fn a_signal_that_ends_the_program_gives_the_terminal_back() {
    let scratch = Scratch::new();
    let mut terminal = shell(&scratch);
    terminal.enters(
        "(while [ ! -e go ]; do sleep 0.1; done; kill $(pgrep -x -P $$ cordial)) & \
         $CORDIAL run --tui -- sleep 60; echo co''de $?",
    );
    terminal.shows("CMD runs");
    std::fs::write(scratch.file("go"), "").expect("the folder can be written");
    terminal.shows(GIVEN_BACK);
    terminal.shows("code 143");
    expect_restored(&mut terminal);
}

#[test]
fn a_program_that_stops_leaves_the_shell_an_ordinary_terminal() {
    let scratch = Scratch::new();
    let mut terminal = shell(&scratch);
    let script = "read line < go; kill -STOP $$; exec sleep 60";
    terminal.enters(&format!("set -b; mkfifo go; $CORDIAL run --tui -- sh -c '{script}'; echo co''de $?"));
    terminal.shows("CMD runs");
    std::fs::write(scratch.file("go"), "now\n").expect("it reads");
    terminal.shows(GIVEN_BACK);
    terminal.shows("Stopped");
    expect_restored(&mut terminal);
    // In the background the terminal stays the shell's.
    terminal.enters("bg; echo beh''ind");
    terminal.shows("behind");
    expect_restored(&mut terminal);
    terminal.enters("fg; echo co''de $?");
    terminal.shows(TAKEN);
    terminal.shows("CMD runs");
    terminal.types("q");
    terminal.shows("SIGTERM");
    terminal.types("e");
    terminal.shows(GIVEN_BACK);
    terminal.shows("code 143");
    expect_restored(&mut terminal);
}

/// A view is no place to keep gigabytes in.
#[test]
fn of_a_program_that_writes_without_end_the_last_is_kept() {
    let scratch = Scratch::new();
    let mut terminal = shell(&scratch);
    terminal.enters(
        "$CORDIAL run --tui -- sh -c 'yes | head -c 30000000; echo the e''nd' >/dev/tty; echo co''de $?",
    );
    terminal.shows("exit code 0");
    assert_eq!(scratch.names(), [] as [&str; 0]);
    terminal.types("q");
    terminal.shows(GIVEN_BACK);
    terminal.shows("octets that CMD wrote are left out");
    terminal.shows("the end");
    terminal.shows("code 0");
}

#[test]
fn without_a_terminal_it_says_so_and_runs_nothing() {
    let scratch = Scratch::new();
    scratch.run(&["--tui"], "touch ran").expect_code(125).expect_stderr(&["--tui draws on standard error"]);
    assert_eq!(scratch.names(), [] as [&str; 0]);
}
