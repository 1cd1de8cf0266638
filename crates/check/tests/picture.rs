//! Runs as people see them.

use cordial_check::{Answer, Bounds, RULES, picture};
use cordial_trace::ladder::Style;

/// The shortest run without the rule, and the same with it.
fn drawn(name: &str) -> [String; 2] {
    let rule = RULES.iter().find(|rule| rule.name == name).unwrap_or_else(|| panic!("no rule {name}"));
    let answer = Answer::find(rule, None, Bounds::default());
    let (off, on) = answer.run().zip(answer.beside()).unwrap_or_else(|| panic!("{name} breaks nothing"));
    let ladders = [(off, answer.property), (on, None)];
    ladders.map(|(run, broken)| picture::ladder(&run, &Style::PLAIN, broken).join("\n"))
}

fn check(drawn: &str, expected: &str) {
    assert_eq!(drawn, expected.trim_matches('\n'), "\n{drawn}\n");
}

/// It leaves in one row and arrives in another: what its sender does in between stands in between.
#[test]
fn a_segment_that_comes_late_stands_where_it_was_sent_and_where_it_arrives() {
    let [off, on] = drawn("two-way-handshake");
    check(
        &off,
        r#"
                CLIENT ┌────────────────────────────────────────┐ SERVER       network
  step 0        CLOSED │                                        │ LISTEN
  step 1      SYN_SENT ├─ SYN seq=100 mss=1460 ─────… held      │              network delays it
  step 2        CLOSED │ gives up: close()                      │              1 held
  step 3               │           ╲─ SYN seq=100 mss=1460 ────►│ ESTABLISHED  late
                CLOSED │                  P1 violated: no-ghost │ ESTABLISHED  shortest: 3 steps
                       └────────────────────────────────────────┘
"#,
    );
    check(
        &on,
        r#"
                CLIENT ┌────────────────────────────────────────┐ SERVER       network
  step 0        CLOSED │                                        │ LISTEN
  step 1      SYN_SENT ├─ SYN seq=100 mss=1460 ─────… held      │              network delays it
  step 2        CLOSED │ gives up: close()                      │              1 held
  step 3               │           ╲─ SYN seq=100 mss=1460 ────►│ SYN_RCVD     late
  step 4               │◄───────────── SYN+ACK seq=300 ack=101 ─┤
  step 5               ├─ RST seq=101 ─────────────────────────►│ LISTEN
                       └────────────────────────────────────────┘
"#,
    );
}

/// Nobody holds them up: each is sent before the other has arrived.
#[test]
fn segments_that_cross_are_drawn_crossing() {
    let [_, on] = drawn("no-simultaneous-open");
    check(
        &on,
        r#"
                CLIENT ┌────────────────────────────────────────┐ SERVER       network
  step 0        CLOSED │                                        │ CLOSED
  step 1      SYN_SENT │ connect()                              │
  step 2               │           ╱───── SYN seq=300 mss=1460 ─┤ SYN_SENT
  step 3               ├─ SYN seq=100 mss=1460 ────────────────►│ SYN_RCVD
                       │           ╱── SYN+ACK seq=300 ack=101 ─┤
  step 4      SYN_RCVD │◄──── SYN seq=300 mss=1460 ─╱           │
  step 5               ├─ SYN+ACK seq=100 ack=301 ─────────────►│ ESTABLISHED
                       │           ╱────── ACK seq=301 ack=101 ─┤
  step 6   ESTABLISHED │◄─ SYN+ACK seq=300 ack=101 ─╱           │
  step 7               ├─ ACK seq=101 ack=301 ─────────────────►│
  step 8               │◄───── ACK seq=301 ack=101 ─╱           │
                       └────────────────────────────────────────┘
"#,
    );
}

/// A stranger's segment leaves no end, and a copy that is held arrives when it is let go.
#[test]
fn what_no_end_sent_just_then_only_arrives() {
    let [off, _] = drawn("accept-any-rst");
    check(
        &off,
        r#"
                CLIENT ┌────────────────────────────────────────┐ SERVER       network
  step 0        CLOSED │                                        │ LISTEN
  step 1      SYN_SENT │ connect()                              │
  step 2               ├─ SYN seq=100 mss=1460 ────────────────►│ SYN_RCVD
  step 3               │           ╲─ RST seq=77777 ───────────►│ LISTEN       a stranger's
              SYN_SENT │               P8 violated: no-stranger │ LISTEN       shortest: 3 steps
                       └────────────────────────────────────────┘
"#,
    );
    let [off, _] = drawn("no-window-check");
    let rows: Vec<&str> = off.lines().filter(|row| row.contains("DATA")).map(str::trim_end).collect();
    let expected = [
        "  step 6               ├━ DATA seq=101..102 \"a\" ━━━━… held      │              a copy is held",
        "  step 8               ├━ DATA seq=101..102 \"a\" ━━━━━━━━━━━━━━━►│              1 held",
        "  step 9               │           ╲━ DATA seq=101..102 \"a\" ━━━►│              late",
    ];
    assert_eq!(rows, expected, "\n{off}\n");
}
