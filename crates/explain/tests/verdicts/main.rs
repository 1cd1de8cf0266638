//! Each verdict by the shortest capture that gets it, and the nearest one that must not.

mod closing;
mod data;
mod hostile;
mod opening;
mod resets;
mod reuse;
mod silence;
mod vantage;
mod wire;

use cordial_trace::Lang;
use wire::{Capture, goodbye, opened, says};

#[test]
fn s01_a_healthy_connection_is_one_line() {
    let lines = opened(&format!(
        "30 > ACK 1..101 ack 1\n50 < ACK 1..301 ack 101\n50.1 > ACK 101 ack 301\n{}",
        goodbye(60, 100, 300)
    ));
    let story = Capture::of(&lines).story();
    assert_eq!(
        story.lines(Lang::En, 100),
        ["S01 Healthy. Handshake took 20 ms; 100 B up, 300 B down; the client closed first, in four steps."]
    );
    assert_eq!(story.absorbed, ["H01", "C01", "C10"]);
    assert_eq!(story.level(), cordial_explain::Level::Ok);
}

#[test]
fn s01_one_resend_in_two_thousand_segments_is_not_worth_a_word() {
    let mut lines = opened("");
    for i in 0..1_000 {
        let (from, to) = (1 + i * 100, 101 + i * 100);
        lines += &format!("{} > ACK {from}..{to} ack 1\n{} < ACK 1 ack {to}\n", 100 + i * 30, 120 + i * 30);
    }
    lines += "40000 > ACK 100001..100101 ack 1\n40400 > ACK 100001..100101 ack 1\n40420 < ACK 1 ack 100101\n";
    lines += &goodbye(41_000, 100_100, 0);
    assert_eq!(says(&lines), ["S01"]);
}

#[test]
fn s02_hiccups_are_summed_up() {
    let lines = "0 > SYN 0\n1000 > SYN 0\n1020 < SYN+ACK 0 ack 1\n1020.1 > ACK 1 ack 1
        1100 > ACK 1..101 ack 1\n1400 > ACK 1..101 ack 1\n1420 < ACK 1 ack 101\n";
    let lines = format!("{lines}{}", goodbye(1_500, 100, 0));
    let story = Capture::of(&lines).story();
    assert_eq!(story.verdicts[0].text(Lang::En), "Fine overall: 2 hiccups cost 1.3 s in total.");
    assert_eq!(says(&lines), ["S02", "H02", "D01", "X09"]);
}

/// Everything that can be said has its places filled, in both languages, and fits.
#[test]
fn every_sentence_is_whole_in_both_languages() {
    for lines in [
        opened("30 > ACK 1..101 ack 1\n60 < RST 1"),
        opened("30 > FIN+ACK 1 ack 1\n50 < ACK 1 ack 2\n70000 < FIN+ACK 1 ack 2\n70000.1 > ACK 2 ack 2"),
        "0 > SYN 0\n1000 > SYN 0\n3000 > SYN 0".to_owned(),
    ] {
        let story = Capture::of(&lines).story();
        for lang in [Lang::En, Lang::Zh] {
            let said = story.lines(lang, 100);
            assert!(!said.is_empty() && said.len() <= 3, "{said:?}");
            assert!(said.iter().all(|line| !line.contains(['{', '}'])), "{said:?}");
        }
    }
}

/// What could be otherwise is not said as if it could not.
#[test]
fn doubt_is_said() {
    let of = |lines: &str| {
        let story = Capture::of(&opened(lines)).story();
        [Lang::En, Lang::Zh].map(|lang| story.lines(lang, 200).remove(0))
    };
    let [english, chinese] = of("30 > ACK 1..101 ack 1\n50 < ACK 1 ack 101\n300 < RST+ACK 1 ack 101\n");
    assert!(english.starts_with("C16 (possibly) The server hung up"), "{english}");
    assert!(chinese.starts_with("C16（可能）服务器"), "{chinese}");
    let [english, chinese] = of("30 > ACK 1..101 ack 1\n60 < RST 1\n");
    assert!(english.starts_with("R02 (likely) The server"), "{english}");
    assert!(chinese.starts_with("R02（很可能）服务器"), "{chinese}");
    let [english, _] = of("100 > FIN+ACK 1 ack 1\n120 < FIN+ACK 1 ack 2\n120.1 > ACK 2 ack 2\n");
    assert!(english.starts_with("S01 Healthy"), "{english}");
}
