//! Whatever a file holds, it is judged: nothing panics, nothing runs for ever.

mod common;

use std::fs;
use std::path::Path;

use common::{ACCEPTED, CONNECTED, passes, run};
use cordial_drill::{Outcome, Profile, Settings, drill};

/// Numbers from a seed, for tests that want many different ones.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // Knuth's MMIX generator; the high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides.max(1)
    }
}

/// A collection of scripts that use everything.
fn seeds() -> Vec<String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../drill/handshake");
    let mut paths: Vec<_> = fs::read_dir(dir)
        .expect("the collection is there")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    let mut seeds: Vec<String> =
        paths.iter().take(6).map(|path| fs::read_to_string(path).expect("a script")).collect();
    let more = "+0 write(4, ..., 3000) = 3000\n+0 > P. 1:3001(3000) ack 1\n+.1 < . 1:1(0) ack 1001 win 0 <nop,nop,sack 2001:3001>\n\
        +0...0.5 read(4, ..., 100) = 100\n+.1 < [ce] FP. 1:101(100) ack 3001 win 9 urg 3 <md5,FO 0102,254 0xf9>\n\
        +0 < icmp unreachable port_unreachable [1:1001(1000)]\n+0 poll([{fd=4, events=POLLIN|POLLOUT, revents=POLLIN}], 1, 0) = 1\n\
        +0 getsockopt(4, IPPROTO_TCP, TCP_INFO, {tcpi_state=TCPS_CLOSE_WAIT}, ...) = 0\n\
        +0 %{ x = (tcpi_rto + 1) * 2; assert x > 0 and tcpi_snd_cwnd in [1, 10], x; print(x) }%\n\
        * > . 3001:3001(0) ack 102\n+0 `ss -tan state close-wait | grep -c 8080 | grep 1`\n+0~+1 > F. 3001:3001(0) ack 102\n";
    seeds.push(format!(
        "--tcp_ts_tick_usecs=1000\n--mss=500\n`sysctl -q net.ipv4.tcp_rmem=\"1 2 3\"`\n{ACCEPTED}{more}"
    ));
    seeds.push(CONNECTED.to_owned());
    seeds
}

/// Takes out, doubles, swaps and replaces pieces.
fn mutated(text: &str, dice: &mut Dice) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(characters.len());
        let end = (at + dice.roll(12)).min(characters.len());
        match dice.roll(5) {
            0 => drop(characters.drain(at..end)),
            1 => {
                let piece: Vec<char> = characters[at..end].to_vec();
                characters.splice(at..at, piece);
            }
            2 => {
                let sign = ['<', '>', '(', '{', '`', '0', '9', '.', '-', '!', '中', '\n', '%', '"', '\0'];
                characters.insert(at, sign[dice.roll(sign.len())]);
            }
            3 => {
                let number =
                    ["4294967295", "0", "65535", "18446744073709551615", "-1", "2147483648", "86400"];
                characters.splice(at..end, number[dice.roll(number.len())].chars());
            }
            _ => {
                let (other, last) = (dice.roll(characters.len()), characters.len().saturating_sub(1));
                if !characters.is_empty() {
                    characters.swap(at.min(last), other);
                }
            }
        }
    }
    characters.into_iter().collect()
}

#[test]
fn mutated_scripts_are_judged() {
    let seeds = seeds();
    let mut outcomes = [0; 4];
    for seed in 0..3_000_u64 {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let text = mutated(&seeds[dice.roll(seeds.len())], &mut dice);
        let profile = Profile::ALL[dice.roll(3)];
        let report = drill(&text, Settings { profile, exact: dice.roll(2) == 0 });
        outcomes[report.outcome as usize] += 1;
        let is_explained =
            report.outcome == Outcome::Pass || (report.at.is_some() && report.reason.is_some());
        assert!(is_explained, "seed {seed}:\n{text}");
    }
    // Otherwise the mutations would all be of one kind, and little would be tested.
    assert!(outcomes.iter().all(|&count| count > 10), "{outcomes:?}");
}

#[test]
fn scripts_cut_off_anywhere_are_judged() {
    for text in seeds() {
        for (at, _) in text.char_indices() {
            run(&text[..at]);
        }
    }
}

#[test]
fn extreme_settings_are_borne() {
    for knob in [
        "net.inet.tcp.rexmit_min=4294967295",
        "net.inet.tcp.rexmit_initial=4294967295",
        "net.inet.tcp.rexmit_initial=0 net.inet.tcp.rexmit_min=0",
        "net.inet.tcp.msl=4294967295",
        "net.inet.tcp.msl=0",
        "net.inet.tcp.delacktime=4294967295",
        "net.inet.tcp.recvspace=0",
        "net.inet.tcp.recvspace=4294967295",
        "net.inet.tcp.sendspace=0",
        "net.ipv4.tcp_max_syn_backlog=0",
        "net.inet.tcp.rexmit_min=0 net.ipv4.tcp_rto_max_ms=0",
        "net.ipv4.tcp_rto_max_ms=1",
        "net.ipv4.tcp_rto_max_ms=4294967295",
        "net.ipv4.tcp_rmem='0 0 4294967295' net.ipv4.tcp_wmem='0 0 0'",
        "net.ipv4.tcp_syn_retries=255 net.ipv4.tcp_synack_retries=255 net.ipv4.tcp_orphan_retries=255",
        "net.ipv4.tcp_fin_timeout=4294967295",
        "net.ipv4.tcp_keepalive_time=4294967295",
    ] {
        let lines = "+0 setsockopt(4, SOL_SOCKET, SO_KEEPALIVE, [1], 4) = 0\n+0 write(4, ..., 5000) = ...\n+10 read(4, ..., 1) = ...\n";
        passes(&format!("`sysctl {knob}`\n"));
        run(&format!("`sysctl {knob}`\n{ACCEPTED}{lines}"));
        run(&format!(
            "`sysctl {knob}`\n{CONNECTED}+0 write(3, ..., 5000) = ...\n+1000 close(3) = 0\n+100 close(3) = ...\n"
        ));
    }
    for option in [
        "--mtu=0",
        "--mtu=65535",
        "--mss=65535",
        "--mss=1",
        "--tolerance_usecs=4294967295",
        "--tcp_ts_tick_usecs=4294967295",
    ] {
        run(&format!(
            "{option}\n{ACCEPTED}+0 < . 1:60001(60000) ack 1 win 9\n+0 write(4, ..., 100000) = ...\n+0 > . 1:1(0) ack 1\n"
        ));
    }
}

#[test]
fn the_same_script_gives_the_same_record() {
    for text in seeds() {
        let (first, second) = (run(&text), run(&text));
        assert_eq!(first.events, second.events);
        assert_eq!((first.outcome, first.at, first.reason), (second.outcome, second.at, second.reason));
    }
}
