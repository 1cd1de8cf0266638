//! One end that hears nothing.

use super::wire::{Capture, goodbye, opened, says};

const ASK: &str = "30 > ACK 1..101 ack 1\n50 < ACK 1..201 ack 101\n50.1 > ACK 101 ack 201\n";

#[test]
fn d15_still_there_yes() {
    let lines = opened(&format!(
        "{ASK}1050 > ACK 100 ack 201\n1070 < ACK 201 ack 101\n2050 > ACK 100..101 ack 201\n2070 < ACK 201 ack 101\n{}",
        goodbye(3_000, 100, 200)
    ));
    let story = Capture::of(&lines).story();
    assert_eq!(says(&lines), ["S01"]);
    assert!(story.absorbed.contains(&"D15"), "{story:?}");
}

#[test]
fn d16_nobody_answers_the_probes() {
    let probes = "1050 > ACK 100 ack 201\n2050 > ACK 100 ack 201\n3050 > ACK 100 ack 201\n";
    assert_eq!(says(&opened(&format!("{ASK}{probes}4050 > RST+ACK 101 ack 201\n"))), ["D16"]);
    assert_eq!(says(&opened(&format!("{ASK}{probes}"))), ["D16"]);
    assert_eq!(says(&opened(&format!("{ASK}{probes}3070 < ACK 201 ack 101\n"))), ["C14"]);
}

const AGAIN: &str = "100 > ACK 101..201 ack 201\n320 > ACK 101..201 ack 201\n760 > ACK 101..201 ack 201\n1640 > ACK 101..201 ack 201\n";

#[test]
fn d18_sent_again_until_the_end() {
    let lines = opened(&format!("{ASK}{AGAIN}3400 > ACK 101..201 ack 201\n"));
    let story = Capture::of(&lines).then(60).story();
    assert_eq!(story.verdicts[0].id(), "D18", "{story:?}");
    assert!(
        story.verdicts[0].text(cordial_trace::Lang::En).contains("4 resends over 3.30 s, then ETIMEDOUT")
    );
    assert_eq!(story.verdicts.len(), 1);
}

/// Timeouts stop doubling at two minutes (RFC 6298 §2.5).
#[test]
fn d18_however_long_it_went_on() {
    let mut lines = AGAIN.to_owned();
    for i in 0..12 {
        lines += &format!("{} > ACK 101..201 ack 201\n", 100_000 + i * 120_000);
    }
    let story = Capture::of(&opened(&format!("{ASK}{lines}"))).story();
    assert_eq!(story.verdicts[0].id(), "D18");
    assert!(story.verdicts[0].text(cordial_trace::Lang::En).contains("15 resends"), "{story:?}");
}

#[test]
fn d18_not_when_the_other_end_comes_back() {
    let lines = opened(&format!("{ASK}{AGAIN}1660 < ACK 201 ack 201\n{}", goodbye(2_000, 200, 200)));
    assert_eq!(says(&lines), ["D01", "X09"]);
}

#[test]
fn d18_not_after_one_resend_at_the_end_of_a_capture() {
    assert_eq!(
        says(&opened(&format!("{ASK}100 > ACK 101..201 ack 201\n320 > ACK 101..201 ack 201\n"))),
        ["D01", "C14", "X09"]
    );
}

#[test]
fn d18_asked_for_a_pause_and_never_heard_again() {
    let closed = "100 < ACK 1..1001 ack 1\n100.1 > ACK 1 ack 1001 win 0\n";
    let mut lines = format!("{closed}400 < ACK 1000 ack 1\n400.1 > ACK 1 ack 1001 win 0\n");
    for at in [1_000, 2_200, 4_600] {
        lines += &format!("{at} < ACK 1000 ack 1\n");
    }
    let story = Capture::of(&opened(&lines)).story();
    assert_eq!(
        story.lines(cordial_trace::Lang::En, 200)[0],
        "D18 (likely) The client had asked for a pause and then went silent: 3 window probes in 4.20 s, no answer. [#7 #8 #9 #10] No FIN and no RST: the machine or the path died, not the program."
    );
    assert!(!says(&opened(&lines)).contains(&"D08"));
    let answered = format!("{lines}4600.1 > ACK 1 ack 1001 win 0\n");
    assert_eq!(says(&opened(&answered)), ["D08", "C14"]);
}
