//! How data fares.

use super::wire::{Capture, goodbye, opened, says};

/// What `lines` between a handshake and a goodbye get, the vantage left out.
fn talk(lines: &str, millis: u64, up: u32, down: u32) -> Vec<&'static str> {
    let mut said = says(&opened(&format!("{lines}{}", goodbye(millis, up, down))));
    said.retain(|id| *id != "X09");
    said
}

#[test]
fn d01_again_after_a_timeout() {
    let lines = "30 > ACK 1..101 ack 1\n260 > ACK 1..101 ack 1\n280 < ACK 1 ack 101\n";
    assert_eq!(talk(lines, 400, 100, 0), ["D01"]);
}

/// Ten segments, of which the third is lost behind us; the receiver shows what it has.
fn hole(again: &str) -> String {
    let mut lines = String::new();
    for i in 0..10 {
        lines += &format!("{}.{i} > ACK {}..{} ack 1\n", 30, 1 + i * 100, 101 + i * 100);
    }
    lines += "50 < ACK 1 ack 201\n";
    for i in 3..10 {
        lines += &format!("50.{i} < ACK 1 ack 201 sack 301..{}\n", 101 + i * 100);
    }
    lines + again + "90 < ACK 1 ack 1001\n"
}

#[test]
fn d02_the_receiver_shows_a_hole_and_it_is_filled() {
    assert_eq!(talk(&hole("52 > ACK 201..301 ack 1\n"), 200, 1_000, 0), ["D02"]);
}

#[test]
fn d06_the_hole_fills_by_itself() {
    assert_eq!(talk(&hole(""), 200, 1_000, 0), ["S01", "D06"]);
}

/// The acknowledgment of the first repair shows the second hole, and asks for it without repeating itself.
#[test]
fn d02_two_holes_are_two_repairs_and_no_reordering() {
    let mut lines = String::new();
    for i in 0..10 {
        lines += &format!("30.{i} > ACK {}..{} ack 1\n", 1 + i * 100, 101 + i * 100);
    }
    for i in [2, 3] {
        lines += &format!("50.{i} < ACK 1 ack 1 sack 101..{}\n", 101 + i * 100);
    }
    lines += "50.4 < ACK 1 ack 1 sack 401..1001 sack 101..301\n51 > ACK 1..101 ack 1
        71 < ACK 1 ack 301 sack 401..1001\n71.1 > ACK 301..401 ack 1\n91 < ACK 1 ack 1001\n";
    let story = Capture::of(&opened(&format!("{lines}{}", goodbye(200, 1_000, 0)))).story();
    let repairs = story.verdicts.iter().find(|verdict| verdict.id() == "D02").expect("a repair");
    assert!(repairs.text(cordial_trace::Lang::En).contains("2×"), "{story:?}");
    assert!(story.verdicts.iter().all(|verdict| verdict.id() != "D06") && !story.absorbed.contains(&"D06"));
}

#[test]
fn d03_the_tail_again_before_any_timeout() {
    let lines = "30 > ACK 1..101 ack 1\n75 > ACK 1..101 ack 1\n95 < ACK 1 ack 101\n";
    assert_eq!(talk(lines, 400, 100, 0), ["S01", "D03"]);
}

#[test]
fn a_copy_that_the_network_made_is_nobodys_resend() {
    let lines = "30 > ACK 1..101 ack 1\n30.1 > ACK 1..101 ack 1\n50 < ACK 1 ack 101\n50.1 < ACK 1 ack 101 sack 1..101\n";
    assert_eq!(talk(lines, 400, 100, 0), ["S01"]);
}

#[test]
fn d04_the_first_copy_had_arrived() {
    let reported = "30 > ACK 1..101 ack 1\n260 > ACK 1..101 ack 1\n700 < ACK 1 ack 101\n720 < ACK 1 ack 101 sack 1..101\n";
    assert_eq!(talk(reported, 900, 100, 0), ["D04"]);
    let acknowledged =
        "30 > ACK 1..101 ack 1\n50 < ACK 1 ack 101\n260 > ACK 1..101 ack 1\n280 < ACK 1 ack 101\n";
    assert_eq!(talk(acknowledged, 900, 100, 0), ["D04"]);
}

#[test]
fn d05_a_segment_comes_late_but_was_sent_first() {
    let ids = "30 > ACK 1..101 ack 1 id 7\n31 > ACK 201..301 ack 1 id 9\n33 > ACK 101..201 ack 1 id 8\n53 < ACK 1 ack 301\n";
    assert_eq!(talk(ids, 100, 300, 0), ["D05"]);
    let clocks = "30 > ACK 1..101 ack 1 ts 1\n31 > ACK 201..301 ack 1 ts 3\n35 > ACK 101..201 ack 1 ts 2\n53 < ACK 1 ack 301\n";
    assert_eq!(talk(clocks, 100, 300, 0), ["D05"]);
}

#[test]
fn d05_not_what_was_sent_again_after_a_loss_on_the_way_here() {
    let ids = "30 > ACK 1..101 ack 1 id 7\n31 > ACK 201..301 ack 1 id 9\n31.1 < ACK 1 ack 101 sack 201..301
        72 > ACK 101..201 ack 1 id 10\n72.1 < ACK 1 ack 301\n";
    assert_eq!(talk(ids, 100, 300, 0), ["D02"]);
}

/// A download whose acknowledgments count up, but for one.
fn upload(skipped: u32) -> String {
    let mut lines = String::new();
    for i in 0..30 {
        lines += &format!("{} < ACK {}..{} ack 1\n", 30 + i, 1 + i * 100, 101 + i * 100);
        if i != skipped {
            lines += &format!("{}.1 > ACK 1 ack {} id {}\n", 30 + i, 101 + i * 100, 50 + i);
        }
    }
    lines
}

#[test]
fn d07_a_number_of_the_acknowledgments_is_missing() {
    assert_eq!(talk(&upload(20), 200, 0, 3_000), ["S01", "D07"]);
    assert_eq!(talk(&upload(99), 200, 0, 3_000), ["S01"]);
}

#[test]
fn d08_a_full_buffer_and_d09_one_that_stays_full() {
    let short = "30 > ACK 1..1001 ack 1\n50 < ACK 1 ack 1001 win 0\n550 < ACK 1 ack 1001\n";
    assert_eq!(talk(short, 900, 1_000, 0), ["S01"]);
    let long = "30 > ACK 1..1001 ack 1\n50 < ACK 1 ack 1001 win 0\n300 > ACK 1000 ack 1\n320 < ACK 1 ack 1001 win 0\n2550 < ACK 1 ack 1001\n";
    assert_eq!(talk(long, 3_000, 1_000, 0), ["D08"]);
    let mut stuck = "30 > ACK 1..1001 ack 1\n50 < ACK 1 ack 1001 win 0\n".to_owned();
    for i in 1..15 {
        stuck += &format!("{0}000 > ACK 1000 ack 1\n{0}020 < ACK 1 ack 1001 win 0\n", i * 5);
    }
    assert_eq!(says(&opened(&stuck)), ["D09", "C14"]);
}

/// Questions in two pieces, the second of which waits for the acknowledgment of the first.
fn pieces(held: bool, count: u32) -> String {
    let mut lines = String::new();
    for i in 0..count {
        let (t, up, down) = (100 + i * 200, 1 + i * 200, 1 + i * 50);
        lines += &format!("{t} > ACK {up}..{} ack {down}\n", up + 100);
        let (acknowledged, rest) = if held { (t + 60, t + 60) } else { (t + 20, t + 45) };
        lines += &format!("{acknowledged} < ACK {down} ack {}\n", up + 100);
        lines += &format!("{rest}.5 > ACK {}..{} ack {down}\n", up + 100, up + 200);
        lines += &format!("{} < ACK {down}..{} ack {}\n", t + 90, down + 50, up + 200);
    }
    lines
}

#[test]
fn d12_the_rest_waits_for_an_acknowledgment_that_is_held_back() {
    assert_eq!(talk(&pieces(true, 4), 2_000, 800, 200), ["D12"]);
    assert_eq!(talk(&pieces(true, 1), 2_000, 200, 50), ["S01"], "once may be chance");
    assert_eq!(talk(&pieces(false, 4), 2_000, 800, 200), ["S01"], "a program that takes its time");
}

#[test]
fn positions_wrap_without_a_word() {
    let mut lines = String::new();
    for i in 0..20_u32 {
        lines += &format!(
            "{} > ACK {}..{} ack 1\n{} < ACK 1 ack {}\n",
            30 + i * 30,
            1 + i * 100,
            101 + i * 100,
            50 + i * 30,
            101 + i * 100
        );
    }
    assert_eq!(talk(&lines, 2_000, 2_000, 0), ["S01"]);
    assert_eq!(Capture::of(&opened(&lines)).says(), ["C14"]);
}

#[test]
fn d01_counts_the_time_of_every_timeout() {
    let mut lines = String::new();
    for i in 0..60_u32 {
        let (t, from, to) = (1 + i * 2, 1 + i * 100, 101 + i * 100);
        lines += &format!("{t}000 > ACK {from}..{to} ack 1\n{}000 > ACK {from}..{to} ack 1\n", t + 1);
        lines += &format!("{}020 < ACK 1 ack {to}\n", t + 1);
    }
    let story = Capture::of(&opened(&format!("{lines}{}", goodbye(130_000, 6_000, 0)))).story();
    let timeout = story.verdicts.iter().find(|verdict| verdict.id() == "D01").expect("it timed out");
    assert_eq!(timeout.cost(), std::time::Duration::from_secs(60));
}
