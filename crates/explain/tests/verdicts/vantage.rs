//! What a capture lacks, and where it was made.

use super::wire::{Capture, goodbye, opened, says};

fn only(sender: &str) -> String {
    let lines = opened(&format!(
        "30 > ACK 1..101 ack 1\n50 < ACK 1..201 ack 101\n50.1 > ACK 101 ack 201\n{}",
        goodbye(100, 100, 200)
    ));
    lines.lines().filter(|line| line.contains(sender)).map(|line| format!("{line}\n")).collect()
}

#[test]
fn x01_one_direction() {
    assert_eq!(says(&only(">"))[0], "X01");
    assert_eq!(says(&only("<"))[0], "X01");
    assert!(!says("0 > SYN 0\n1000 > SYN 0\n").contains(&"X01"), "nobody answered");
}

#[test]
fn x02_what_was_never_seen_arrived() {
    let lines = "30 > ACK 1..101 ack 1\n31 > ACK 201..301 ack 1\n50 < ACK 1 ack 301\n";
    let said = says(&opened(&format!("{lines}{}", goodbye(100, 300, 0))));
    assert_eq!(said, ["S01", "X02"]);
}

#[test]
fn x02_not_where_the_capture_only_was_late_with_it() {
    let lines = "30 > ACK 1..101 ack 1\n50 < ACK 1 ack 201\n50.01 > ACK 101..201 ack 1\n";
    assert_eq!(says(&opened(&format!("{lines}{}", goodbye(100, 200, 0)))), ["S01"]);
}

#[test]
fn x03_no_opening() {
    let lines = format!(
        "30 > ACK 1..101 ack 1\n50 < ACK 1..201 ack 101\n50.1 > ACK 101 ack 201\n{}",
        goodbye(100, 100, 200)
    );
    assert_eq!(says(&lines), ["S01", "X03"]);
    // An acknowledgment first: what it speaks of came before the capture.
    let other = "30 > ACK 1 ack 1\n31 < ACK 3001..4001 ack 1\n31.1 > ACK 1 ack 4001\n";
    assert_eq!(says(other), ["C14", "X03"]);
}

#[test]
fn x04_everything_twice() {
    let twice = |copies: u32| {
        let lines = opened(&goodbye(100, 0, 0));
        let marked: String = lines.lines().map(|line| format!("{line} copies {copies}\n")).collect();
        says(&marked)
    };
    assert_eq!(twice(1), ["S01", "X04"]);
    assert_eq!(twice(0), ["S01"]);
}

#[test]
fn x05_more_than_a_segment_holds() {
    let carrying = |size: u32| {
        says(&opened(&format!(
            "30 > ACK 1..{0} ack 1\n50 < ACK 1 ack {0}\n{1}",
            size + 1,
            goodbye(100, size, 0)
        )))
    };
    assert_eq!(carrying(30_000), ["S01", "X05"]);
    assert_eq!(carrying(1_460), ["S01"]);
}

#[test]
fn x06_and_x07_what_cards_and_captures_leave_out() {
    let with = |mark: &str| {
        says(&opened(&format!("30 > ACK 1..101 ack 1 {mark}\n50 < ACK 1 ack 101\n{}", goodbye(100, 100, 0))))
    };
    assert_eq!(with("sum partial"), ["S01", "X06"]);
    assert_eq!(with("cut yes"), ["S01", "X07"]);
}

#[test]
fn x09_where_it_was_made_matters_only_after_a_loss() {
    let lost = |lines: &str| {
        let rest = "1030 > ACK 1..101 ack 1\n1260 > ACK 1..101 ack 1\n1280 < ACK 1 ack 101\n";
        let story = Capture::of(&format!("{lines}{rest}")).story();
        let found = story.verdicts.iter().find(|verdict| verdict.id() == "X09");
        found.map(|verdict| verdict.text(cordial_trace::Lang::En))
    };
    let near =
        |side: &str| Some(format!("Captured near the {side}: a loss we cannot see happened beyond it."));
    assert_eq!(lost("0 > SYN 0\n20 < SYN+ACK 0 ack 1\n20.1 > ACK 1 ack 1\n"), near("client"));
    assert_eq!(lost("0 > SYN 0\n0.1 < SYN+ACK 0 ack 1\n20 > ACK 1 ack 1\n"), near("server"));
    assert_eq!(lost("0 > SYN 0\n10 < SYN+ACK 0 ack 1\n20 > ACK 1 ack 1\n"), None);
    assert_eq!(says(&opened(&goodbye(100, 0, 0))), ["S01"]);
}

#[test]
fn x08_a_clock_that_was_set_back() {
    let at = |millis: u32| {
        let lines = format!("30 > ACK 1..101 ack 1\n{millis} < ACK 1 ack 101\n{}", goodbye(100, 100, 0));
        Capture::of(&opened(&lines)).story()
    };
    let story = at(5);
    assert_eq!(
        story.verdicts[1].text(cordial_trace::Lang::En),
        "Timestamps run backwards 1×, by up to 0.03 s; what is said about time is off."
    );
    assert_eq!(at(50).verdicts.len(), 1);
}
