//! Whatever is written, there is an answer: a run or an error, never a panic, and in bounded time.

use cordial_scenario::{LIBRARY, Scenario};
use cordial_trace::Lang;

/// A scenario with something wrong about it.
fn try_out(text: &str) {
    let said = match Scenario::parse(text).and_then(|scenario| scenario.run(1)) {
        Ok(run) => run.complaints(Lang::Zh).join("\n"),
        Err(error) => error.explain("f", Lang::Zh),
    };
    assert!(!said.contains('{'), "a place was not filled: {said}\n{text}");
}

/// A third of all is enough to have each kind of line.
#[test]
fn a_line_that_is_missing_is_no_harm() {
    for entry in LIBRARY.iter().step_by(3) {
        let lines: Vec<&str> =
            entry.text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        for missing in (0..lines.len()).filter(|at| lines[*at].contains(['@', ';'])) {
            let rest = lines.iter().enumerate().filter(|(at, _)| *at != missing).map(|(_, line)| *line);
            try_out(&rest.collect::<Vec<_>>().join("\n"));
        }
    }
}

#[test]
fn a_word_that_is_missing_doubled_or_another_is_no_harm() {
    let strange = [
        "",
        "@",
        "@0",
        "-1",
        "c1",
        "99999999999999999999",
        "é",
        "=",
        "c1..c0",
        "#",
        "\"",
        "abs:",
        "x0",
        "+",
        "@!",
    ];
    for name in ["last-ack-lost", "late-syn", "five-resets", "why-two-msl", "forgetful-road"] {
        let text = cordial_scenario::find(name).expect("it is there").text;
        let words: Vec<&str> = text.split_inclusive([' ', '\n']).collect();
        for at in (0..words.len()).filter(|at| words[*at].trim().is_ascii() && !words[*at].trim().is_empty())
        {
            let other = strange[at % strange.len()];
            let end = if words[at].ends_with('\n') { "\n" } else { " " };
            for word in [String::new(), words[at].repeat(2), format!("{other}{end}")] {
                let (before, after) = (words[..at].concat(), words[at + 1..].concat());
                let _ = Scenario::parse(&format!("{before}{word}{after}")).map_err(|error| {
                    assert!(!error.explain("f", Lang::En).contains('{'), "{error}");
                });
            }
        }
    }
}

#[test]
fn a_scenario_that_is_too_long_is_refused() {
    let error = Scenario::parse(&"# nothing\n".repeat(100_000)).expect_err("too long");
    assert!(error.to_string().contains("at most 256 KB"), "{error}");
}

#[test]
fn extremes_end() {
    for text in [
        "net rate 1bit\nserver listen; accept; read end\nclient connect; send 64m; close\nuntil 1h",
        "net loss 100% dup 100% reorder 100% corrupt 100%\nserver listen\nclient connect",
        "net delay 30d\nserver listen; accept\nclient connect; close",
        "net jitter 1h\nserver listen; accept; read end; close\nclient connect; send 1k; close\nuntil 1h",
        "client set syn_retries=0 rto_initial=0\nclient connect",
        "client set receive_buffer=1 send_buffer=1 rto_min=0 msl=0\nserver listen; accept; send 100; close\nclient connect; read end; close\nuntil 1h",
        "client connect from=8080 port=8080\nserver connect from=8080 port=8080; listen\nuntil 1h",
        "crash client @0\ncrash client @0\nreboot client @0\nclient connect\npull @0\nplug @0\nheal @0",
        "server close; abort; shutdown; send 5; read; accept; unlisten; keepalive off; nodelay\nclient wait",
        "inject to server @0 SYN+FIN+RST seq=expected from=10.0.0.1:1\nclient wait @1s",
        "inject to client @0 RST seq=abs:0 from=255.255.255.255:65535 x10000\nclient wait @1s",
        "net mtu 576 silent\nserver listen; accept; read end; close\nclient connect; send 10k; close\nuntil 10min",
        "nat idle=0 reset\nserver listen; accept; read 5; close\nclient connect; send 5; read end; close\nuntil 10min",
    ] {
        try_out(text);
    }
}
