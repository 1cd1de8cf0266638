//! Scripts in tests: run, and judged by where and why they end.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod collection;

use cordial_drill::{Outcome, Profile, Report, Settings, drill};
use cordial_trace::Lang;

/// Six lines: a listener, its handshake without options, the connection accepted as 4. It does not wait.
pub const ACCEPTED: &str = "\
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 5) = 0
+.1 < S 0:0(0) win 65535 <mss 1000>\n+0 > S. 0:0(0) ack 1 <mss 1460>
+.1 < . 1:1(0) ack 1 win 65535
+0 accept(3, ..., ...) = 4
+0 fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0
";

/// Five lines: connected as 3 to a peer without options. It does not wait.
pub const CONNECTED: &str = "\
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
+0 > S 0:0(0) <mss 1460,sackOK,TS val 1 ecr 0,wscale 7>
+.1 < S. 0:0(0) ack 1 win 65535 <mss 1000>\n+0 > . 1:1(0) ack 1
";

pub fn with(profile: Profile, exact: bool) -> Settings {
    Settings { profile, exact }
}

pub fn run(text: &str) -> Report {
    drill(text, Settings::default())
}

pub fn why(report: &Report) -> String {
    report.reason.as_ref().map(|reason| reason.text(Lang::En)).unwrap_or_default()
}

#[track_caller]
fn expect(text: &str, settings: Settings, outcome: Outcome) -> Report {
    let report = drill(text, settings);
    let at = report.at.unwrap_or_default();
    assert_eq!(report.outcome, outcome, "{at}: {}\n{text}", why(&report));
    report
}

#[track_caller]
pub fn passes(text: &str) -> Report {
    passes_with(text, Settings::default())
}

#[track_caller]
pub fn passes_with(text: &str, settings: Settings) -> Report {
    expect(text, settings, Outcome::Pass)
}

/// It fails in that line, counted from 1, and `words` are among the reasons.
#[track_caller]
pub fn fails(text: &str, line: u32, words: &str) {
    fails_with(text, Settings::default(), line, words);
}

#[track_caller]
pub fn fails_with(text: &str, settings: Settings, line: u32, words: &str) {
    let report = expect(text, settings, Outcome::Fail);
    located(&report, line, words);
}

#[track_caller]
pub fn skips(text: &str, line: u32, words: &str) {
    let report = expect(text, Settings::default(), Outcome::Skip);
    located(&report, line, words);
}

/// It is no script: at that place, which is `line:column`.
#[track_caller]
pub fn is_unreadable(text: &str, at: &str, words: &str) {
    let report = expect(text, Settings::default(), Outcome::Unreadable);
    assert_eq!(report.at.unwrap_or_default().to_string(), at, "{}", why(&report));
    assert!(why(&report).contains(words), "{}", why(&report));
    let chinese = report.reason.as_ref().map(|reason| reason.text(Lang::Zh)).unwrap_or_default();
    assert!(!chinese.is_ascii(), "{chinese}");
}

#[track_caller]
fn located(report: &Report, line: u32, words: &str) {
    let at = report.at.unwrap_or_default();
    assert_eq!(at.line, line, "{at}: {}", why(report));
    assert!(why(report).contains(words), "{at}: {}", why(report));
}

/// The line after `before`, counted from 1.
pub fn line_after(before: &str) -> u32 {
    before.lines().count() as u32 + 1
}
