//! Segments that nobody would send: whatever passes, something sensible is said, and nothing breaks.

use std::fmt::Write;

use cordial_trace::Lang;

use super::wire::Capture;

/// Numbers in no order that anyone could guess (a multiplicative congruential generator).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    /// Mostly near, sometimes anywhere.
    fn number(&mut self) -> u64 {
        match self.roll(8) {
            0 => self.roll(4_000_000_000),
            1 => self.roll(100_000),
            _ => self.roll(600),
        }
    }
}

const FLAGS: [&str; 12] =
    ["SYN", "SYN+ACK", "ACK", "ACK", "ACK", "ACK", "ACK", "FIN+ACK", "RST", "RST+ACK", "FIN", "SYN+FIN"];

fn segments(dice: &mut Dice, count: u64) -> String {
    let mut lines = String::new();
    let mut now = 0;
    for _ in 0..count {
        now += match dice.roll(20) {
            0 => dice.roll(70_000),
            _ => dice.roll(50),
        };
        let (who, flags) = (if dice.roll(2) == 0 { ">" } else { "<" }, FLAGS[dice.roll(12) as usize]);
        let (start, length) = (dice.number(), [0, 0, 1, 100, 1_460, 65_000][dice.roll(6) as usize]);
        let _ = write!(lines, "{now} {who} {flags} {start}..{}", start + length);
        if flags.contains("ACK") {
            let _ = write!(lines, " ack {}", dice.number());
        }
        if dice.roll(4) == 0 {
            let (from, length) = (dice.number(), dice.roll(3_000));
            let _ = write!(lines, " sack {from}..{}", from + length);
        }
        if dice.roll(6) == 0 {
            lines += " win 0";
        }
        let _ = writeln!(lines, " id {} ts {}", dice.roll(65_536), dice.roll(4_000_000_000));
    }
    lines
}

#[test]
fn anything_may_pass() {
    let mut dice = Dice(42);
    for run in 0..400 {
        let lines = segments(&mut dice, 1 + run / 2);
        let story = Capture::of(&lines).then(dice.roll(300)).story();
        for lang in [Lang::En, Lang::Zh] {
            let said = story.lines(lang, 100);
            assert!(said.iter().all(|line| !line.contains(['{', '}'])), "{said:?}");
        }
        let mut ids: Vec<&str> = story.verdicts.iter().map(cordial_explain::Verdict::id).collect();
        ids.sort_unstable();
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "each is said once: {ids:?}");
    }
}
