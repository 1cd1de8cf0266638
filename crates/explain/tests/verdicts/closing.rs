//! How connections end.

use std::time::Duration;

use cordial_explain::{Level, Verdict};
use cordial_trace::Lang;

use super::wire::{Capture, goodbye, opened, says};

fn under(lines: &str) -> Vec<&'static str> {
    Capture::of(&opened(lines)).story().absorbed
}

#[test]
fn c01_four_c02_three_and_c04_crossing() {
    assert_eq!(under(&goodbye(100, 0, 0)), ["H01", "C01", "C10"]);
    assert_eq!(
        under("100 > FIN+ACK 1 ack 1\n120 < FIN+ACK 1 ack 2\n120.1 > ACK 2 ack 2\n"),
        ["H01", "C02", "C10"]
    );
    let crossing = "100 > FIN+ACK 1 ack 1\n101 < FIN+ACK 1 ack 1\n101.1 > ACK 2 ack 2\n120 < ACK 2 ack 2\n";
    assert_eq!(under(crossing), ["H01", "C04", "C10"]);
}

#[test]
fn c03_one_end_listens_on() {
    let lines = "100 > FIN+ACK 1 ack 1\n120 < ACK 1..501 ack 2\n120.1 > ACK 2 ack 501\n130 < FIN+ACK 501 ack 2\n130.1 > ACK 2 ack 502\n";
    assert_eq!(says(&opened(lines)), ["S01", "C03"]);
}

#[test]
fn c03_not_when_the_goodbye_rides_on_the_data() {
    let lines =
        "100 > FIN+ACK 1..301 ack 1\n120 < ACK 1 ack 302\n130 < FIN+ACK 1 ack 302\n130.1 > ACK 302 ack 2\n";
    assert_eq!(says(&opened(lines)), ["S01"]);
}

#[test]
fn c05_an_end_that_does_not_close() {
    let stuck = "100 > FIN+ACK 1 ack 1\n120 < ACK 1 ack 2\n70000 < FIN+ACK 1 ack 2\n70000.1 > ACK 2 ack 2\n";
    assert_eq!(says(&opened(stuck)), ["C05"]);
    let for_ever = "100 > FIN+ACK 1 ack 1\n120 < ACK 1 ack 2\n";
    assert_eq!(Capture::of(&opened(for_ever)).then(65).says(), ["C05"]);
    assert_eq!(Capture::of(&opened(for_ever)).then(30).says(), ["C14"]);
}

#[test]
fn c05_not_while_it_has_something_to_say() {
    let mut lines = "100 > FIN+ACK 1 ack 1\n120 < ACK 1 ack 2\n".to_owned();
    for i in 0..9_u32 {
        lines += &format!(
            "{0}000 < ACK {1}..{2} ack 2\n{0}000.1 > ACK 2 ack {2}\n",
            10 + i * 10,
            1 + i * 100,
            101 + i * 100
        );
    }
    lines += "95000 < FIN+ACK 901 ack 2\n95000.1 > ACK 2 ack 902\n";
    assert_eq!(says(&opened(&lines)), ["S01", "C03"]);
}

#[test]
fn c06_a_goodbye_that_came_too_late() {
    let lines = "100 > FIN+ACK 1 ack 1\n120 < ACK 1 ack 2\n30000 < FIN+ACK 1 ack 2\n30000.1 > RST 2\n";
    assert_eq!(says(&opened(lines)), ["C06"]);
}

#[test]
fn c07_the_last_ack_and_c08_a_goodbye_was_lost() {
    let last = "100 > FIN+ACK 1 ack 1\n120 < ACK 1 ack 2\n130 < FIN+ACK 1 ack 2\n130.1 > ACK 2 ack 2\n350 < FIN+ACK 1 ack 2\n350.1 > ACK 2 ack 2\n";
    assert_eq!(says(&opened(last)), ["C07", "X09"]);
    let first = "100 > FIN+ACK 1 ack 1\n320 > FIN+ACK 1 ack 1\n340 < FIN+ACK 1 ack 2\n340.1 > ACK 2 ack 2\n";
    assert_eq!(says(&opened(first)), ["C08", "X09"]);
}

#[test]
fn c09_nobody_hears_the_goodbye() {
    let lines =
        "100 > FIN+ACK 1 ack 1\n320 > FIN+ACK 1 ack 1\n760 > FIN+ACK 1 ack 1\n1640 > FIN+ACK 1 ack 1\n";
    assert_eq!(Capture::of(&opened(lines)).then(60).says(), ["C09"]);
    let with_data = "90 > ACK 1..101 ack 1\n100 > FIN+ACK 101 ack 1\n320 > ACK 1..101 ack 1\n760 > ACK 1..101 ack 1\n1640 > ACK 1..101 ack 1\n";
    assert_eq!(Capture::of(&opened(with_data)).then(60).says(), ["D18"]);
}

#[test]
fn c14_open_to_the_end() {
    assert_eq!(says(&opened("100 > FIN+ACK 1 ack 1\n120 < ACK 1 ack 2\n")), ["C14"]);
}

/// Its sender went on to acknowledge what came meanwhile, past the FIN that was lost on the way here.
#[test]
fn c08_a_lost_fin_shows_by_what_came_after_it() {
    let lines = "100 < ACK 1..101 ack 1\n130 > ACK 2 ack 101\n330 > FIN+ACK 1 ack 101\n350 < FIN+ACK 101 ack 2\n350.1 > ACK 2 ack 102\n";
    let story = Capture::of(&opened(lines)).story();
    let said: Vec<&str> = story.verdicts.iter().map(Verdict::id).collect();
    assert_eq!(said, ["C08", "X09"]);
    assert_eq!(story.verdicts[0].cost(), Duration::from_millis(200));
    let both = "100 < ACK 1..101 ack 1\n130 > ACK 102 ack 101\n330 > FIN+ACK 1..102 ack 101\n350 < FIN+ACK 101 ack 103\n350.1 > ACK 103 ack 102\n";
    assert!(!says(&opened(both)).contains(&"C08"), "octets were lost");
}

#[test]
fn c05_who_closes_late_is_noted_and_who_answers_late_is_not() {
    let pool = "100 < FIN+ACK 1 ack 1\n100.1 > ACK 1 ack 2\n115000 > FIN+ACK 1 ack 2\n115020 < ACK 2 ack 2\n";
    let story = Capture::of(&opened(pool)).story();
    assert_eq!((story.verdicts[0].id(), story.level()), ("C05", Level::Note));
    assert_eq!(
        story.verdicts[0].text(Lang::En),
        "The server finished, but the program at the other end (the client) closed its socket only 115 s later."
    );
    let computed = "100 > FIN+ACK 1 ack 1\n120 < ACK 1 ack 2\n75000 < ACK 1..101 ack 2\n75000.1 > ACK 2 ack 101\n75001 < FIN+ACK 101 ack 2\n75001.1 > ACK 2 ack 102\n";
    assert_eq!(says(&opened(computed)), ["S01", "C03"]);
}

/// TLS says goodbye to one who has closed already.
#[test]
fn c18_a_last_word_and_no_patience_that_ended() {
    let alert = "100 > ACK 1..301 ack 1\n120 < ACK 1..901 ack 301\n120.1 > FIN+ACK 301 ack 901\n140 < ACK 901..932 ack 302\n140.1 < FIN+ACK 932 ack 302\n140.2 > RST 302\n140.3 > RST 302\n";
    assert_eq!(says(&opened(alert)), ["C18"]);
    let answer = alert.replace("901..932", "901..2301").replace("FIN+ACK 932", "FIN+ACK 2301");
    assert_eq!(says(&opened(&answer)), ["C15"]);
    let empty = "100 > FIN+ACK 1 ack 1\n120 < ACK 1 ack 2\n130 < FIN+ACK 1 ack 2\n130.1 > RST 2\n";
    assert_eq!(says(&opened(empty)), ["C18"]);
}

#[test]
fn c14_not_where_only_one_end_was_heard_and_said_goodbye() {
    let heard = "0 > SYN 0\n20 > ACK 1 ack 1\n20.1 > ACK 1..101 ack 1\n40 > ACK 101 ack 51\n60 > FIN+ACK 101 ack 51\n80 > ACK 102 ack 52\n";
    assert_eq!(says(heard), ["X01"]);
    let open = "0 > SYN 0\n20 > ACK 1 ack 1\n20.1 > ACK 1..101 ack 1\n40 > ACK 101 ack 51\n";
    let story = Capture::of(open).story();
    assert_eq!(
        story.verdicts[1].text(Lang::En),
        "No goodbye had passed when the record ended; 100 B up, 50 B down so far."
    );
}
