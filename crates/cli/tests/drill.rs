//! `cordial drill` as it is called: exit codes, what it prints, JSON.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PASSES: &str = "// passes\n0 < . 17:20(3) ack 34 win 65535\n+0 > R 34:34(0) win 0\n";
const FAILS: &str = "// fails\n0 < . 17:20(3) ack 34 win 65535\n+0 > R 35:35(0) win 0\n";
const SKIPS: &str = "// skips\n0 < udp (1000)\n";
const UNREADABLE: &str = "// is none\n0 < S 0:0\n";
const LEFT_OVER: &str = "// leaves a reset over\n0 < . 17:20(3) ack 34 win 65535\n";

/// A directory of scripts that is gone with the test.
struct Scripts(PathBuf);

impl Scripts {
    fn new(name: &str, scripts: &[(&str, &str)]) -> Self {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("drill-{name}"));
        let _ = fs::remove_dir_all(&dir);
        for (name, text) in scripts {
            let path = dir.join(name);
            fs::create_dir_all(path.parent().expect("a directory")).expect("it can be made");
            fs::write(path, text).expect("it can be written");
        }
        Self(dir)
    }

    fn drill(&self, words: &[&str]) -> Said {
        Said::of(words, &self.0)
    }
}

impl Drop for Scripts {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    fn of(words: &[&str], dir: &Path) -> Self {
        let output: Output = Command::new(env!("CARGO_BIN_EXE_cordial"))
            .arg("drill")
            .args(words)
            .current_dir(dir)
            .env("LC_ALL", "C.UTF-8")
            .env("COLUMNS", "100")
            .output()
            .expect("the command can be run");
        let text = |octets: Vec<u8>| String::from_utf8(octets).expect("text");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

#[test]
fn what_passes_ends_with_0_and_one_line() {
    let scripts =
        Scripts::new("passes", &[("a.pkt", PASSES), ("deep/er/b.pkt", PASSES), ("README", "no script")]);
    let said = scripts.drill(&["."]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.starts_with("of 2: 2 passed, 0 failed, 0 skipped (profile rfc"), "{}", said.out);
    assert_eq!(said.out.lines().count(), 1, "{}", said.out);
}

#[test]
fn what_fails_ends_with_1_and_shows_line_difference_and_ladder() {
    let scripts = Scripts::new("fails", &[("a.pkt", PASSES), ("b.pkt", FAILS)]);
    let said = scripts.drill(&["a.pkt", "b.pkt"]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    for words in
        ["FAIL b.pkt:3:1: ", "seq 34, not 35", "    3 | +0 > R 35:35(0) win 0", "of 2: 1 passed, 1 failed"]
    {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
}

#[test]
fn the_ladder_shows_what_happened() {
    let text = "// connects\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 fcntl(3, F_SETFL, O_NONBLOCK) = 0\n\
        +0 connect(3, ..., ...) = -1 EINPROGRESS\n+0 > S. 0:0(0) ack 1 <...>\n";
    let scripts = Scripts::new("ladder", &[("a.pkt", text)]);
    let said = scripts.drill(&["--ascii", "a.pkt"]);
    assert_eq!(said.code, Some(1));
    assert!(said.out.contains("SYN_SENT") && said.out.contains("SYN seq=0"), "{}", said.out);
    assert!(said.out.is_ascii(), "{}", said.out);
}

#[test]
fn a_skip_is_told_and_fails_only_where_that_is_asked_for() {
    let scripts = Scripts::new("skips", &[("a.pkt", SKIPS)]);
    let said = scripts.drill(&["a.pkt"]);
    assert_eq!(said.code, Some(0));
    assert!(said.out.contains("skip a.pkt:2:5: udp packets"), "{}", said.out);
    let said = scripts.drill(&["--strict", "a.pkt"]);
    assert_eq!(said.code, Some(1));
    for words in ["FAIL a.pkt:2:5: udp packets", "    2 | 0 < udp (1000)", "1 failed, 0 skipped"] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    let said = scripts.drill(&["--strict", "--json", "a.pkt"]);
    assert!(said.out.contains(r#""result":"fail""#) && said.out.contains(r#""line":2"#), "{}", said.out);
}

#[test]
fn a_line_that_is_not_understood_is_told_with_its_reason_and_never_passed_over() {
    let head = "// asks for more than there is\n";
    for (line, words) in [
        ("0 `sysctl -q net.ipv4.tcp_sack=1 net.ipv4.tcp_no_such=7`\n", "net.ipv4.tcp_no_such (to be 7)"),
        ("0 `tc qdisc add dev tun0 root netem loss 1%`\n", "'tc qdisc add dev tun0 root netem loss 1%'"),
        ("0 `sysctl -q net.ipv4.tcp_challenge_ack_limit=1`\n", "tcp_challenge_ack_limit=1"),
    ] {
        let scripts = Scripts::new("line", &[("a.pkt", &format!("{head}{line}{PASSES}"))]);
        let said = scripts.drill(&["."]);
        assert_eq!(said.code, Some(0), "{}", said.err);
        assert!(said.out.contains("skip ./a.pkt:2:1: ") && said.out.contains(words), "{}", said.out);
        assert_eq!(scripts.drill(&["--strict", "."]).code, Some(1));
    }
}

#[test]
fn what_is_left_over_fails_only_where_that_is_asked_for() {
    let scripts = Scripts::new("left", &[("a.pkt", LEFT_OVER), ("b.pkt", PASSES)]);
    assert_eq!(scripts.drill(&["."]).code, Some(0));
    let said = scripts.drill(&["--strict-end", "."]);
    assert_eq!(said.code, Some(1));
    assert!(said.out.contains("LEFT OVER ./a.pkt: > R 34:34(0) win 0"), "{}", said.out);
    assert!(said.out.contains("after 1 of 2 nothing was left over"), "{}", said.out);
}

#[test]
fn what_is_no_script_ends_with_2_after_all_others_were_run() {
    let scripts = Scripts::new("unreadable", &[("a.pkt", UNREADABLE), ("b.pkt", FAILS)]);
    let said = scripts.drill(&["."]);
    assert_eq!(said.code, Some(2));
    assert!(said.out.contains("UNREADABLE ./a.pkt:2:10: expected '('"), "{}", said.out);
    assert!(said.out.contains("FAIL ./b.pkt"), "{}", said.out);
}

#[test]
fn usage_that_is_wrong_ends_with_2_and_says_what_to_type() {
    let scripts = Scripts::new("usage", &[("empty/README", "nothing")]);
    for (words, next) in [
        (&["nothing.pkt"][..], "cordial drill drill/"),
        (&["empty"], "cordial drill FILE"),
        (&[], "Usage"),
        (&["--profile", "plan9", "."], "freebsd"),
        (&["--output", "no/such/dir/file", "empty/README"], "Name a file"),
    ] {
        let said = scripts.drill(words);
        assert_eq!(said.code, Some(2), "{words:?}");
        assert!(said.err.contains(next), "{words:?}: {}", said.err);
    }
}

#[test]
fn json_is_one_object_a_script() {
    let scripts =
        Scripts::new("json", &[("a.pkt", PASSES), ("b.pkt", FAILS), ("c.pkt", SKIPS), ("d.pkt", UNREADABLE)]);
    let said = scripts.drill(&["--json", "."]);
    assert_eq!(said.code, Some(2));
    let objects: Vec<serde_json::Value> =
        said.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let results: Vec<&str> =
        objects.iter().map(|object| object["result"].as_str().expect("a word")).collect();
    assert_eq!(results, ["pass", "fail", "skip", "fail"]);
    assert_eq!(objects[1]["file"], "./b.pkt");
    assert_eq!(objects[1]["line"], 3);
    assert!(objects[1]["reason"].as_str().is_some_and(|reason| reason.contains("seq 34")));
    assert!(objects[0]["line"].is_null() && objects[0]["reason"].is_null());
}

#[test]
fn exact_tells_both_scores() {
    let text = "// a set\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 fcntl(3, F_SETFL, O_NONBLOCK) = 0\n\
        +0 connect(3, ..., ...) = -1 EINPROGRESS\n+0 > S 0:0(0) <wscale 7,mss 1460,sackOK,TS val 1 ecr 0>\n";
    let scripts = Scripts::new("exact", &[("a.pkt", text)]);
    let said = scripts.drill(&["--exact", "."]);
    assert_eq!(said.code, Some(1));
    assert!(said.out.contains("1 pass without --exact"), "{}", said.out);
}

#[test]
fn it_speaks_chinese() {
    let scripts = Scripts::new("chinese", &[("b.pkt", FAILS)]);
    let said = scripts.drill(&["--lang", "zh", "."]);
    assert!(
        said.out.contains("失败 ./b.pkt:3:1") && said.out.contains("共") || said.out.contains("个脚本"),
        "{}",
        said.out
    );
}
