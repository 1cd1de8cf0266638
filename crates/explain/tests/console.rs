//! What a command prints, from facts to text.

#[path = "../../trace/tests/common/mod.rs"]
mod common;

use std::collections::BTreeMap;

use common::*;
use cordial_explain::{Console, Faces, Filter, Level, When};
use cordial_tcp::Instant;
use cordial_trace::ladder::Style;
use cordial_trace::{Header, JsonLines, Lang, Limits, Source, Trace, Vantage};

fn console(when: When) -> Console {
    console_of(when, Style::default())
}

fn console_of(when: When, style: Style) -> Console {
    let names = BTreeMap::from([(address("10.0.0.1:80").ip(), "hello.cordial".to_owned())]);
    let title = "cordial run -- curl".to_owned();
    let filter = Filter::default();
    let faces = Faces { when, ladders: Faces::LADDERS, filter, style, exact: false, title, names };
    Console::new(Trace::new(Vantage::OneEnd, Limits::default()), faces)
}

#[test]
fn at_the_end_every_connection_has_its_ladder_and_its_story() {
    let mut scene = healthy_and_refused();
    let mut console = console(When::End);
    let mut out = Vec::new();
    let header = Header { title: "a test".to_owned(), source: Source::Live, seed: None };
    let mut json = JsonLines::new(Vec::new(), &header).expect("memory takes everything");
    let now = Instant::from_millis(200);
    console.take(now, scene.inbox.take(), &mut out, Some(&mut json)).expect("memory takes everything");
    assert!(out.is_empty(), "nothing is drawn before the end");
    console.finish(now, &mut out, Some(&mut json)).expect("memory takes everything");
    let text = String::from_utf8(out).expect("text");
    let expected = r#"
cordial run -- curl                                       #1 of 2 · closed after 0.14 s · OK healthy
client 10.0.0.2:51514   server 10.0.0.1:8080 (hello.cordial, engine)
    time      [CLIENT] ┌────────────────────────────────────────┐ SERVER       timers / queues
   0.000        CLOSED │                                        │ LISTEN       SYNq 0/4 ACCq 0/4
   0.000      SYN_SENT ├─ SYN seq=0 mss=1460 ws=7 sack ────────►│ SYN_RCVD     SYNq 1/4 +synack 1s
   0.010   ESTABLISHED │◄───────────────── SYN+ACK seq=0 ack=1 ─┤
   0.020               ├─ ACK seq=1 ack=1 ─────────────────────►│ ESTABLISHED  SYNq 0/4 ACCq 1/4
   0.031               │                               accept() │              ACCq 0/4
   0.050               ├━ DATA seq=1..79 "GET /hello HT.." ━━━━►│
   0.050               │◄────────────────────────── ACK ack=79 ─┤
   0.060               │◄━━━ DATA seq=1..121 "HTTP/1.1 200 .." ━┤              +rto 200ms
   0.070               ├─ ACK ack=121 ─────────────────────────►│              -rto
   0.100    FIN_WAIT_1 ├─ FIN+ACK seq=79 ack=121 ──────────────►│ CLOSE_WAIT
   0.110    FIN_WAIT_2 │◄────────────────────────── ACK ack=80 ─┤
   0.130     TIME_WAIT │◄────────────── FIN+ACK seq=121 ack=80 ─┤ LAST_ACK     close() +rto 200ms
   0.140               ├─ ACK seq=80 ack=122 ──────────────────►│ CLOSED       -rto
                       └────────────────────────────────────────┘
S01 Healthy. Handshake took 20 ms; 78 B up, 120 B down; the client closed first, in four steps.

cordial run -- curl                                                           #2 of 2 · FAIL refused
client 10.0.0.2:40000   server 10.0.0.1:8080 (hello.cordial, engine)
    time      [CLIENT] ┌────────────────────────────────────────┐ SERVER       timers / queues
   0.000        CLOSED │                                        │ CLOSED
   0.000      SYN_SENT ├─ #1 SYN seq=0 mss=1460 ws=7 sack ─────►│
   0.000        CLOSED │◄────────────── #2 RST+ACK seq=0 ack=1 ─┤
   0.000               │ connect() = ECONNREFUSED               │
                       └────────────────────────────────────────┘
H04 The machine answered, but nothing listens on port 8080, so it refused at once. [#1 #2] Not a
    network fault. Is the server running, on this port and address?  ss -ltn
"#;
    assert_eq!(text.trim_end(), expected.trim(), "\n{text}\n");
    assert_eq!(console.worst(), Some(Level::Fail));
    let json = String::from_utf8(json.into_inner()).expect("text");
    let verdicts: Vec<&str> = json.lines().filter(|line| line.contains("explain:verdict")).collect();
    assert_eq!(verdicts.len(), 2, "{json}");
    assert!(verdicts[1].contains(r#""verdict":"H04","level":"fail","certainty":"certain""#), "{json}");
    assert!(verdicts[1].contains(r#""evidence":["c1","s1"]"#), "{json}");
    let number = |line: &str, key: &str| -> f64 {
        let (_, rest) = line.split_once(&format!("\"{key}\":")).expect("every event has it");
        rest.split(',').next().and_then(|number| number.parse().ok()).expect("a number")
    };
    let events: Vec<&str> = json.lines().skip(1).collect();
    for pair in events.windows(2) {
        assert!(number(pair[0], "id") < number(pair[1], "id"), "ids run on: {json}");
        assert!(number(pair[0], "time") <= number(pair[1], "time"), "in time order: {json}");
    }
}

#[test]
fn live_the_story_follows_its_ladder_at_once() {
    let mut scene = healthy_and_refused();
    let mut console = console(When::Live);
    let mut out = Vec::new();
    let none: Option<&mut JsonLines<Vec<u8>>> = None;
    console
        .take(Instant::from_millis(500), scene.inbox.take(), &mut out, none)
        .expect("memory takes everything");
    let text = String::from_utf8(out).expect("text");
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what}: {text}"));
    assert!(at("#11 ACK seq=80") < at("S01 Healthy"), "{text}");
    assert!(at("closed after 0.14 s · OK healthy") < at("S01 Healthy"), "{text}");
    assert!(at("S01 Healthy") < at("FAIL refused"), "{text}");
    assert!(at("FAIL refused") < at("H04 The machine answered"), "{text}");
}

/// Every line fits, with and without the picture's columns for timers, in both languages.
#[test]
fn nothing_is_wider_than_the_terminal() {
    for when in [When::Live, When::End] {
        for (width, lang) in [60, 72, 80, 100, 120].into_iter().flat_map(|w| [(w, Lang::En), (w, Lang::Zh)]) {
            let mut scene = healthy_and_refused();
            let mut console = console_of(when, Style { width, lang, ..Style::default() });
            let mut out = Vec::new();
            let (now, mut none) = (Instant::from_millis(200), None::<JsonLines<Vec<u8>>>);
            console.take(now, scene.inbox.take(), &mut out, none.as_mut()).expect("memory takes everything");
            console.finish(now, &mut out, none.as_mut()).expect("memory takes everything");
            let text = String::from_utf8(out).expect("text");
            // A Chinese stop may hang over.
            let fits = |line: &&str| cordial_trace::ladder::width(line) <= width + 2;
            assert_eq!(text.lines().find(|line| !fits(line)), None, "{width} {lang:?} {when:?}\n{text}");
        }
    }
}
