//! Corner cases of opening, each by its number in the list of corner cases.

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::notation::parse;
use common::solo::{Solo, bare, plain};
use common::{Close, Faults, Pair};
use cordial_tcp::{
    CloseCause, HalfOpen, HalfOpenNext, Instant, Phase, ReadError, Refusal, Rule, TcpConfig, listen,
    reset_for,
};
use cordial_wire::SeqNum;

const NOW: Instant = Instant::from_millis(5_000);

fn half_open() -> (HalfOpen, Arc<TcpConfig>) {
    let config = Arc::new(plain());
    (HalfOpen::new(NOW, &parse("SYN seq=100"), SeqNum(300), 0, &config), config)
}

/// What a half-open connection answers, and what is to become of it.
fn half_answers(half: &mut HalfOpen, config: &TcpConfig, segment: &str) -> (HalfOpenNext, Option<String>) {
    let outcome = half.on_segment(NOW, &parse(segment), 1000, config);
    (outcome.next, outcome.reply.as_ref().map(bare))
}

/// A pair that opens, says 1,000 octets each way and closes; `lose` decides by sender and number there.
fn converse(lose: impl Fn(usize, u64) -> bool + 'static, both_call: bool, what: &str) -> Pair {
    let mut pair = Pair::new(7);
    pair.drop = Box::new(move |who, nth, _| lose(who, nth));
    for end in &mut pair.ends {
        end.to_write = 1_000;
    }
    pair.connect(0);
    if both_call {
        pair.connect(1);
    }
    assert!(pair.run(Duration::from_secs(300)), "{what}");
    for end in &pair.ends {
        assert_eq!((end.read, end.saw_end, end.failed), (1_000, true, None), "{what}");
    }
    pair
}

/// Shows MUST-10.
#[test]
fn corner_c01_simultaneous_open() {
    let mut solo = Solo::connecting(plain());
    assert_eq!(solo.sent(), ["SYN seq=300"]);
    assert_eq!(solo.answers("SYN seq=100 mss=1000"), ["SYN+ACK seq=300 ack=101"]);
    assert_eq!(solo.phase(), Phase::SynReceived);
    assert_eq!(solo.answers("SYN+ACK seq=100 ack=301 mss=1000"), ["ACK seq=301 ack=101"]);
    assert_eq!(solo.phase(), Phase::Established);

    converse(|_, _| false, true, "no loss");
    for who in 0..2 {
        for nth in 1..=6 {
            converse(move |from, n| from == who && n == nth, true, &format!("segment {nth} of {who}"));
            converse(
                move |from, n| from == who && (n == nth || n == nth + 1),
                true,
                &format!("{nth} and next of {who}"),
            );
        }
    }
}

/// What was offered in the bare SYNs is agreed on, though no SYN-ACK may ever be seen.
#[test]
fn corner_c01_options_of_a_simultaneous_open() {
    let mut pair = converse(|_, _| false, true, "options");
    let config = TcpConfig::default();
    assert!(config.timestamps && config.window_scaling);
    for end in &mut pair.ends {
        let vars = end.connection().expect("open").vars();
        assert!(vars.phase != Phase::SynReceived);
    }
    let mut solo = Solo::connecting(TcpConfig::default());
    solo.sent();
    solo.arrive("SYN seq=100 mss=1000 ts=9:0");
    let out = solo
        .connection
        .poll_segment(solo.now, cordial_tcp::Room { super_segment: 1000 }, &solo.pool)
        .expect("SYN-ACK");
    let options = out.header.options;
    assert_eq!(options.timestamps.map(|t| t.echo), Some(9));
    assert_eq!(
        (options.window_scale, options.sack_permitted),
        (None, false),
        "only what the peer offered too"
    );
}

/// The SYN-ACK covers the SYN alone; the peer sends the text again, and it is delivered once.
///
/// Shows RFC9293-3.5-b, RFC4987-3.5-b.
#[test]
fn corner_c03_syn_with_data() {
    let config = plain();
    let half = HalfOpen::new(NOW, &parse("SYN+DATA seq=100..111"), SeqNum(300), 0, &config);
    assert_eq!(bare(&half.syn_ack(NOW, 1000, &config)), "SYN+ACK seq=300 ack=101");
    let mut solo = Solo::passive(plain(), "SYN+DATA seq=100..111", "DATA seq=101..111 ack=301");
    assert_eq!(solo.read(100), Ok(10));
    assert_eq!(solo.answers("DATA seq=101..111 ack=301"), ["ACK seq=301 ack=111"]);
    assert_eq!(solo.read(100), Err(ReadError::WouldBlock), "once");
}

#[test]
fn corner_c04_syn_with_fin() {
    for segment in ["SYN+FIN seq=100", "SYN+FIN+DATA seq=100..111", "SYN+FIN+PSH+URG seq=100"] {
        assert_eq!(listen(&parse(segment)), Err(Refusal::SynFin), "dropped in silence, a policy");
    }
    let mut solo = Solo::connecting(plain());
    solo.sent();
    assert_eq!(solo.answers("SYN+FIN+DATA seq=100..111 ack=301 mss=1000"), ["ACK seq=301 ack=112"]);
    assert_eq!(solo.phase(), Phase::CloseWait, "in SYN-SENT text and FIN count");
    assert_eq!((solo.read(100), solo.read(100)), (Ok(10), Err(ReadError::End)));
}

#[test]
fn corner_c05_nonsense_to_a_listener() {
    for (segment, answer) in [
        ("SYN+RST seq=100", None),
        ("SYN+RST+ACK seq=100 ack=301", None),
        ("ACK seq=100 ack=301", Some("RST seq=301")),
        ("FIN+PSH+URG+ACK seq=100 ack=301", Some("RST seq=301")),
    ] {
        assert_eq!(listen(&parse(segment)), Err(Refusal::NotSyn), "{segment}");
        assert_eq!(reset_for(&parse(segment)).as_ref().map(bare).as_deref(), answer, "{segment}");
    }
    for silent in ["null seq=100", "FIN+PSH+URG seq=100", "DATA seq=100..110"] {
        assert_eq!(listen(&parse(silent)), Err(Refusal::NoAck), "{silent}");
    }
}

#[test]
fn corner_c06_the_same_syn_again() {
    let (mut half, config) = half_open();
    let due = half.deadline();
    let later = NOW + Duration::from_millis(700);
    let outcome = half.on_segment(later, &parse("SYN seq=100"), 1000, &config);
    assert_eq!((outcome.did, outcome.next), (Ok(Rule::SynAgain), HalfOpenNext::Stay));
    assert_eq!(outcome.reply.as_ref().map(bare).as_deref(), Some("SYN+ACK seq=300 ack=101"));
    assert_eq!((half.deadline(), half.retries()), (due, 0), "its timer is its own");
}

#[test]
fn corner_c07_another_syn_while_half_open() {
    let (mut half, config) = half_open();
    assert_eq!(
        half_answers(&mut half, &config, "SYN seq=5000"),
        (HalfOpenNext::Forget, None),
        "in the window: LISTEN"
    );
    let (mut half, config) = half_open();
    let far = "SYN seq=90000000";
    let (next, answer) = half_answers(&mut half, &config, far);
    assert_eq!((next, answer.as_deref()), (HalfOpenNext::Stay, Some("ACK seq=301 ack=101")));
    // The peer, in SYN-SENT with that SYN, resets what it does not know.
    let reset = reset_for(&parse("ACK seq=301 ack=101")).as_ref().map(bare);
    assert_eq!(reset.as_deref(), Some("RST seq=101"));
    assert_eq!(half_answers(&mut half, &config, "RST seq=101"), (HalfOpenNext::Forget, None));
    assert_eq!(listen(&parse(far)), Ok(()), "and its next SYN opens");
}

#[test]
fn corner_c08_old_duplicate_syn_while_the_peer_is_in_syn_sent() {
    let (mut half, config) = half_open();
    let mut peer = Solo::connecting(plain());
    peer.sent();
    assert_eq!(peer.answers("SYN+ACK seq=300 ack=91"), ["RST seq=91"]);
    assert_eq!(peer.phase(), Phase::SynSent);
    assert_eq!(half_answers(&mut half, &config, "RST seq=101"), (HalfOpenNext::Forget, None));
    assert_eq!(peer.answers("SYN+ACK seq=400 ack=301 mss=1000"), ["ACK seq=301 ack=401"]);
    assert_eq!(peer.phase(), Phase::Established);
}

#[test]
fn corner_c09_old_duplicate_syns_are_challenged_and_throttled() {
    let states = [
        Phase::Established,
        Phase::FinWait1,
        Phase::FinWait2,
        Phase::CloseWait,
        Phase::Closing,
        Phase::LastAck,
    ];
    for phase in states {
        let mut solo = Solo::in_state(phase);
        let challenges: usize =
            (0..100).map(|n| solo.answers(&format!("SYN seq={}", 70_000 + n)).len()).sum();
        assert_eq!((challenges, solo.phase()), (10, phase));
        solo.pass(Duration::from_millis(1));
        let silence = solo.answers("SYN seq=70000").len();
        assert!(silence <= 1, "{phase}");
    }
}

#[test]
fn corner_c11_syn_ack_with_a_bad_ack_in_syn_sent() {
    for ack in [300, 302, 0, 299] {
        let mut solo = Solo::in_state(Phase::SynSent);
        assert_eq!(solo.answers(&format!("SYN+ACK seq=100 ack={ack}")), [format!("RST seq={ack}")]);
        assert_eq!(solo.phase(), Phase::SynSent);
        assert_eq!(solo.answers(&format!("SYN+RST+ACK seq=100 ack={ack}")), [""; 0]);
        assert_eq!(solo.phase(), Phase::SynSent);
    }
}

#[test]
fn corner_c12_a_pure_ack_in_syn_sent() {
    let mut solo = Solo::in_state(Phase::SynSent);
    assert_eq!(solo.answers("ACK seq=100 ack=301"), [""; 0]);
    let vars = solo.connection.vars();
    assert_eq!((vars.phase, vars.snd_una), (Phase::SynSent, SeqNum(300)), "split handshake: nothing moves");
    assert_eq!(solo.answers("ACK seq=100 ack=302"), ["RST seq=302"]);
    assert_eq!(solo.answers("SYN+ACK seq=100 ack=301"), ["ACK seq=301 ack=101"]);
}

#[test]
fn corner_c13_duplicate_syn_ack_in_established() {
    let mut solo = Solo::in_state(Phase::Established);
    assert_eq!(
        solo.answers("SYN+ACK seq=100 ack=301 mss=1000"),
        ["ACK seq=301 ack=101"],
        "the ACK that was lost"
    );
    assert_eq!(solo.phase(), Phase::Established);
    assert_eq!(solo.connection.vars().snd_mss, 1000);
}

#[test]
fn corner_c14_syn_ack_to_a_listener_or_a_closed_port() {
    let segment = parse("SYN+ACK seq=100 ack=301");
    assert_eq!(listen(&segment), Err(Refusal::NotSyn));
    assert_eq!(reset_for(&segment).as_ref().map(bare).as_deref(), Some("RST seq=301"));
}

/// The ACK that ends the handshake is the caller's second segment.
#[test]
fn corner_c15_final_ack_lost_and_the_caller_speaks_first() {
    let mut pair = Pair::new(1);
    pair.drop = Box::new(|who, nth, _| who == 0 && nth == 2);
    pair.ends[0].to_write = 500;
    pair.ends[1].close = Close::Answering;
    let began = pair.now;
    pair.connect(0);
    assert!(pair.run(Duration::from_secs(60)));
    assert_eq!((pair.ends[1].read, pair.ends[1].saw_end), (500, true));
    assert!(pair.now - began < Duration::from_millis(500), "the data carries the ACK: nobody waits");
}

#[test]
fn corner_c16_final_ack_lost_and_the_called_speaks_first() {
    let mut pair = Pair::new(1);
    pair.keep_log = true;
    pair.drop = Box::new(|who, nth, _| who == 0 && nth == 2);
    pair.ends[0].close = Close::Answering;
    pair.ends[1].to_write = 500;
    pair.connect(0);
    assert!(pair.run(Duration::from_secs(60)));
    assert_eq!((pair.ends[0].read, pair.ends[0].saw_end), (500, true));
    let syn_acks = pair.passed.iter().filter(|&&(who, flags, ..)| who == 1 && flags == 0x12).count();
    assert_eq!(syn_acks, 2, "{:#?}", pair.log);
}

#[test]
fn corner_c17_final_ack_with_a_bad_number() {
    for ack in [300, 302, 0] {
        let (mut half, config) = half_open();
        let answer = half_answers(&mut half, &config, &format!("ACK seq=101 ack={ack}"));
        assert_eq!(answer, (HalfOpenNext::Stay, Some(format!("RST seq={ack}"))));
        assert_eq!(half_answers(&mut half, &config, "ACK seq=101 ack=301"), (HalfOpenNext::Promote, None));
    }
}

/// Shows MUST-11.
#[test]
fn corner_c18_resets_in_syn_received() {
    let right = 101 + u32::from(u16::MAX);
    for (seq, passive, active, answer) in [
        (101, HalfOpenNext::Forget, Phase::Closed, None),
        (102, HalfOpenNext::Stay, Phase::SynReceived, Some("ACK seq=301 ack=101")),
        (right - 1, HalfOpenNext::Stay, Phase::SynReceived, Some("ACK seq=301 ack=101")),
        (right, HalfOpenNext::Stay, Phase::SynReceived, None),
        (100, HalfOpenNext::Stay, Phase::SynReceived, None),
    ] {
        let segment = format!("RST seq={seq}");
        let (mut half, config) = half_open();
        assert_eq!(
            half_answers(&mut half, &config, &segment),
            (passive, answer.map(str::to_owned)),
            "{segment}"
        );
        let mut solo = Solo::in_state(Phase::SynReceived);
        assert_eq!(solo.answers(&segment), answer.into_iter().collect::<Vec<_>>(), "{segment}");
        assert_eq!(solo.phase(), active, "{segment}");
        if active == Phase::Closed {
            assert_eq!(solo.cause(), Some(CloseCause::Refused));
        }
    }
}

#[test]
fn corner_c19_fin_together_with_the_final_ack() {
    let mut solo = Solo::passive(plain(), "SYN seq=100", "FIN+ACK seq=101 ack=301");
    assert_eq!(solo.phase(), Phase::CloseWait);
    assert_eq!(solo.read(1), Err(ReadError::End));
    let mut solo = Solo::passive(plain(), "SYN seq=100", "FIN+DATA seq=101..111 ack=301");
    assert_eq!((solo.read(100), solo.read(100)), (Ok(10), Err(ReadError::End)));
    let sent = solo.pass(Duration::from_millis(41));
    assert_eq!(sent, [(40, "ACK seq=301 ack=112".into())]);
}

#[test]
fn corner_c20_close_before_the_connection_is_open() {
    let mut solo = Solo::in_state(Phase::SynSent);
    let outcome = solo.release();
    assert_eq!((outcome.reply, solo.sent()), (None, vec![]));
    assert_eq!(solo.phase(), Phase::Closed);
    assert_eq!(solo.answers("SYN+ACK seq=100 ack=301"), ["RST seq=301"], "nobody is there");

    // In SYN-RECEIVED the FIN waits for the ACK of our SYN.
    let mut solo = Solo::in_state(Phase::SynReceived);
    solo.release();
    assert_eq!(solo.answers("SYN+ACK seq=100 ack=301"), ["FIN+ACK seq=301 ack=101"]);
    assert_eq!(solo.phase(), Phase::FinWait1);
}

/// What was written before is sent even so.
#[test]
fn corner_c20_close_in_syn_sent_with_octets_written() {
    let mut solo = Solo::in_state(Phase::SynSent);
    solo.write(10);
    solo.release();
    assert_eq!(solo.phase(), Phase::SynSent);
    assert_eq!(solo.answers("SYN+ACK seq=100 ack=301"), ["FIN+DATA seq=301..311 ack=101"]);
}

/// RFC 7323 §4.3: the SYN-ACK echoes the timestamp of the latest SYN.
#[test]
fn corner_c28_a_syn_that_comes_again_brings_a_newer_timestamp() {
    let config = TcpConfig { timestamps: true, ..plain() };
    let mut half = HalfOpen::new(NOW, &parse("SYN seq=100 ts=7:0"), SeqNum(300), 0, &config);
    for (value, echo) in [(1007, 1007), (1006, 1007)] {
        let again = half.on_segment(NOW, &parse(&format!("SYN seq=100 ts={value}:0")), 1000, &config);
        let echoed = again.reply.and_then(|reply| reply.options.timestamps).map(|timestamps| timestamps.echo);
        assert_eq!(echoed, Some(echo));
    }
}

/// Wherever the numbers begin, everything else is the same.
#[test]
fn corner_c30_numbers_wrap() {
    let run = |x: u32, y: u32| {
        let mut pair = Pair::new(3);
        pair.faults = Faults { lose: 20, duplicate: 10, reorder: 50 };
        pair.keep_log = true;
        (pair.ends[0].iss, pair.ends[1].iss) = (SeqNum(x), SeqNum(y));
        (pair.ends[0].to_write, pair.ends[1].to_write) = (300_000, 200_000);
        pair.connect(0);
        assert!(pair.run(Duration::from_secs(600)), "{x} {y}");
        assert_eq!((pair.ends[0].read, pair.ends[1].read), (200_000, 300_000), "{x} {y}");
        pair.passed
    };
    let expected = run(100, 300);
    let edges = [u32::MAX, u32::MAX - 1, 0, 1 << 31, (1 << 31) - 1, u32::MAX - 100_000, (1 << 31) - 100_000];
    for edge in edges {
        assert!(run(edge, edge) == expected, "{edge}");
        assert!(run(edge, 300) == expected, "{edge}");
    }
}
