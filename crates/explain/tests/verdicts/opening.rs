//! How connections open.

use cordial_explain::Level;
use cordial_tcp::Phase;
use cordial_trace::Lang;

use super::wire::{Capture, goodbye, opened, says};

#[test]
fn h01_is_there_unless_something_was_repeated() {
    assert_eq!(Capture::of(&opened("")).story().absorbed, ["H01"]);
    assert_eq!(says(&opened("")), ["C14"]);
}

#[test]
fn h02_the_same_syn_again_before_the_answer() {
    let lines = "0 > SYN 0\n1000 > SYN 0\n1020 < SYN+ACK 0 ack 1\n1020.1 > ACK 1 ack 1\n";
    assert_eq!(says(&format!("{lines}{}", goodbye(1_100, 0, 0))), ["H02", "X09"]);
}

#[test]
fn h02_not_where_the_network_made_a_copy() {
    let lines =
        "0 > SYN 0\n20 < SYN+ACK 0 ack 1\n20.1 > ACK 1 ack 1\n22 < SYN+ACK 0 ack 1\n22.1 > ACK 1 ack 1\n";
    assert_eq!(says(&format!("{lines}{}", goodbye(1_100, 0, 0))), ["S01"]);
}

#[test]
fn h03_nobody_answers() {
    let lines = "0 > SYN 0\n1000 > SYN 0\n3000 > SYN 0\n";
    let story = Capture::of(lines).then(30).story();
    assert_eq!(story.verdicts[0].id(), "H03");
    assert!(
        story.verdicts[0].text(cordial_trace::Lang::En).contains("3 SYNs in 3.00 s, then the client gave up")
    );
    assert!(
        Capture::of(lines).story().verdicts[0].text(cordial_trace::Lang::En).contains("then the record ends")
    );
}

#[test]
fn h03_not_when_one_syn_is_all_there_is_or_the_client_speaks_on() {
    assert_eq!(says("0 > SYN 0\n"), ["C14"]);
    let one_way =
        "0 > SYN 0\n1000 > SYN 0\n1020 > ACK 1 ack 1\n1030 > ACK 1..101 ack 1\n1060 > ACK 101 ack 301\n";
    assert_eq!(says(one_way), ["X01", "C14"]);
}

#[test]
fn h04_a_reset_answers_the_syn() {
    assert_eq!(says("0 > SYN 0\n20 < RST+ACK 0 ack 1\n"), ["H04"]);
    assert_eq!(says("0 > SYN 0\n1000 > SYN 0\n1020 < RST+ACK 0 ack 1\n"), ["H04"]);
}

#[test]
fn h04_not_a_reset_of_something_else() {
    assert_eq!(says("0 > SYN 0\n20 < RST+ACK 0 ack 777\n"), Vec::<&str>::new());
}

#[test]
fn h06_a_router_says_no() {
    let unreachable = |kind, code| Capture { icmp: Some((kind, code)), ..Capture::of("0 > SYN 0\n") }.says();
    assert_eq!(unreachable(3, 1), ["H06"]);
    // "Fragmentation needed" is no refusal, nor is "time exceeded".
    assert_eq!(unreachable(3, 4), ["C14"]);
    assert_eq!(unreachable(11, 0), ["C14"]);
    let answered = Capture {
        icmp: Some((3, 1)),
        ..Capture::of("0 > SYN 0\n20 < SYN+ACK 0 ack 1\n20.1 > ACK 1 ack 1\n")
    };
    assert_eq!(answered.says(), ["C14"]);
}

/// Near the server: both are said again, and only then the client confirms.
const ANSWER_LOST: &str =
    "0 > SYN 0\n0.1 < SYN+ACK 0 ack 1\n1000 > SYN 0\n1000.1 < SYN+ACK 0 ack 1\n1020 > ACK 1 ack 1\n";

#[test]
fn h07_the_answer_was_lost_on_its_way_back() {
    assert_eq!(says(&format!("{ANSWER_LOST}{}", goodbye(1_100, 0, 0))), ["H07"]);
}

#[test]
fn h08_the_answer_came_again_although_the_client_had_confirmed() {
    let lines = opened("1030 < SYN+ACK 0 ack 1\n1030.1 > ACK 1 ack 1\n");
    assert_eq!(says(&format!("{lines}{}", goodbye(1_100, 0, 0))), ["H08", "X09"]);
    // Near the server its first confirmation never came by; but a client that misses an answer asks again.
    let near = "0 > SYN 0\n0.1 < SYN+ACK 0 ack 1\n1000.1 < SYN+ACK 0 ack 1\n1020 > ACK 1 ack 1\n";
    assert_eq!(says(&format!("{near}{}", goodbye(1_100, 0, 0)))[0], "H08");
}

#[test]
fn h08_not_where_the_client_is_more_than_a_timeout_away() {
    let far = "0 > SYN 0\n0.1 < SYN+ACK 0 ack 1\n1000.1 < SYN+ACK 0 ack 1\n1200 > ACK 1 ack 1
        2200 > ACK 1 ack 1\n2300 < ACK 1..101 ack 1\n3500 > ACK 1 ack 101\n";
    assert!(!says(far).contains(&"H08"));
}

/// Captured at the server: what it does not take has arrived all the same.
#[test]
fn h08_not_where_the_confirmation_was_seen_to_arrive() {
    let lines =
        "0 > SYN 0\n0.1 < SYN+ACK 0 ack 1\n20 > ACK 1 ack 1\n1000 < SYN+ACK 0 ack 1\n1020 > ACK 1 ack 1
        1030 > ACK 1..101 ack 1\n1030.1 < ACK 1..201 ack 101\n1050 > ACK 101 ack 201\n";
    assert_eq!(says(lines), ["C14"]);
}

#[test]
fn h09_nobody_confirms() {
    let lines = "0 > SYN 0\n0.1 < SYN+ACK 0 ack 1\n1000 < SYN+ACK 0 ack 1\n3000 < SYN+ACK 0 ack 1\n";
    assert_eq!(Capture::of(lines).then(20).says(), ["H09"]);
    // A client that says no has not left.
    let refused = "0 > SYN 0\n20 < SYN+ACK 0 ack 1\n20.1 > RST 1\n";
    assert_eq!(Capture::of(refused).then(20).says(), ["C16"]);
}

#[test]
fn h10_an_answer_to_an_older_syn_is_reset() {
    let lines =
        "0 > SYN 0\n10 < SYN+ACK 0 ack 4294900\n10.1 > RST 4294900\n1000 > SYN 0\n1020 < SYN+ACK 300 ack 1
        1020.1 > ACK 1 ack 301\n";
    assert_eq!(says(lines), ["H10", "C14"]);
}

#[test]
fn h11_both_call() {
    let lines = "0 > SYN 0\n5 < SYN 0\n5.1 > SYN+ACK 0 ack 1\n20 < SYN+ACK 0 ack 1\n20.1 > ACK 1 ack 1\n25 < ACK 1 ack 1\n";
    assert_eq!(says(lines), ["H11", "C14"]);
    let after = format!("{lines}{}", goodbye(100, 0, 0));
    assert_eq!(says(&after), ["S01", "H11"]);
}

#[test]
fn h12_a_program_meets_itself() {
    let lines = "0 > SYN 0\n0.1 < SYN+ACK 0 ack 1\n0.2 > ACK 1 ack 1\n";
    let own = Capture { client: "127.0.0.1:80", server: "127.0.0.1:80", ..Capture::of(lines) };
    assert_eq!(own.says(), ["H12"]);
    let other = Capture { client: "127.0.0.1:81", server: "127.0.0.1:80", ..Capture::of(lines) };
    assert_eq!(other.says(), ["C14"]);
}

#[test]
fn h22_an_option_was_offered_and_not_taken() {
    let without = |options: &str| {
        says(&format!("0 > SYN 0\n20 < SYN+ACK 0 ack 1 opts {options}\n20.1 > ACK 1 ack 1\n"))
    };
    assert_eq!(without("no-sack"), ["H22", "C14"]);
    assert_eq!(without("no-scale"), ["H22", "C14"]);
    // Who did not ask was not refused.
    let unasked = "0 > SYN 0 opts none\n20 < SYN+ACK 0 ack 1 opts none\n20.1 > ACK 1 ack 1\n";
    assert_eq!(says(unasked), ["C14"]);
    // What the capture cut off may have been agreed.
    let cut = "0 > SYN 0\n20 < SYN+ACK 0 ack 1 opts none cut yes\n20.1 > ACK 1 ack 1\n";
    assert_eq!(says(cut), ["C14", "X07"]);
}

#[test]
fn h22_timestamps_alone_are_nothing_to_recover_from() {
    let lines =
        format!("0 > SYN 0 opts clock\n20 < SYN+ACK 0 ack 1\n20.1 > ACK 1 ack 1\n{}", goodbye(100, 0, 0));
    let story = Capture::of(&lines).story();
    assert_eq!(story.level(), Level::Info);
    assert_eq!(
        story.verdicts[1].text(Lang::En),
        "Timestamps were offered but not agreed: round-trip times are coarse, and nothing guards against old duplicates (PAWS)."
    );
    assert_eq!(
        story.verdicts[1].text(Lang::Zh),
        "提了时间戳选项但没谈成：往返时间只能粗略测量，也防不了旧包（PAWS）。"
    );
    let lines =
        format!("0 > SYN 0\n20 < SYN+ACK 0 ack 1 opts no-sack\n20.1 > ACK 1 ack 1\n{}", goodbye(100, 0, 0));
    let story = Capture::of(&lines).story();
    assert_eq!(story.headline(Lang::En), "NOTE option-not-agreed · 0.13 s");
}

#[test]
fn a_stray_syn_disturbs_nothing() {
    let lines = opened("50 > ACK 1..101 ack 1\n70 < ACK 1 ack 101\n500 > SYN 0\n520 < ACK 1 ack 101\n");
    assert_eq!(Capture::of(&lines).after(Phase::Closed, Phase::Closed).says(), ["C14"]);
}
