//! Blind attacks, and what is asked of a segment before it is believed (RFC 5961).

mod common;

use std::time::Duration;

use common::solo::{Solo, plain};
use cordial_tcp::{ChallengeAcks, Phase, ReadError, TcpConfig};

const SYNCHRONIZED: [Phase; 6] =
    [Phase::Established, Phase::FinWait1, Phase::FinWait2, Phase::CloseWait, Phase::Closing, Phase::LastAck];

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// RCV.NXT in a state of [`Solo::in_state`].
fn rcv_nxt(phase: Phase) -> u32 {
    if matches!(phase, Phase::CloseWait | Phase::Closing | Phase::LastAck) { 102 } else { 101 }
}

/// RFC5961-3.2-e: the challenge changes nothing; what comes next is taken as ever.
#[test]
fn after_a_challenge_the_connection_goes_on() {
    let mut solo = Solo::in_state(Phase::Established);
    for forged in ["RST seq=102", "SYN seq=500", "RST seq=5000"] {
        assert_eq!(solo.answers(forged), ["ACK seq=301 ack=101"], "{forged}");
    }
    solo.arrive("DATA seq=101..111 ack=301");
    assert_eq!(solo.read(100), Ok(10));
    solo.write(10);
    assert_eq!(solo.sent(), ["DATA seq=301..311 ack=111"]);
    assert_eq!((solo.phase(), solo.cause()), (Phase::Established, None));
}

/// RFC5961-4.2-a: a SYN in a synchronized state is challenged, wherever it stands, and changes nothing; also one from a peer
/// that has restarted and offers no timestamps now, or older ones.
#[test]
fn a_syn_is_challenged_in_every_synchronized_state() {
    for phase in SYNCHRONIZED {
        let nxt = rcv_nxt(phase);
        let una = if matches!(phase, Phase::FinWait2) { 302 } else { 301 };
        let at = |syn: String| {
            let mut solo = Solo::in_state(phase);
            let answers = solo.answers(&syn);
            let snd_nxt = solo.connection.vars().snd_nxt;
            assert_eq!(answers, [format!("ACK seq={} ack={nxt}", snd_nxt.0)], "{phase} {syn}");
            assert_eq!((solo.phase(), solo.cause()), (phase, None), "{syn}");
        };
        for seq in [nxt, nxt - 1, nxt - 2, nxt + 1, nxt + 3_000, nxt + 100_000, nxt.wrapping_add(1 << 31)] {
            at(format!("SYN seq={seq}"));
            at(format!("SYN+ACK seq={seq} ack={una}"));
        }
    }
    let config = TcpConfig { timestamps: true, ..plain() };
    for syn in ["SYN seq=101", "SYN seq=77777", "SYN seq=101 ts=1:0", "SYN seq=77777 ts=9000:0"] {
        let mut solo = Solo::connecting(config.clone());
        solo.sent();
        solo.arrive("SYN+ACK seq=100 ack=301 mss=1000 ts=5000:0");
        solo.sent();
        let answers = solo.answers(syn);
        assert_eq!(answers, ["ACK seq=301 ack=101"], "{syn}");
        assert_eq!(solo.phase(), Phase::Established, "{syn}");
    }
}

/// RFC5961-4.2-c: the one SYN that a challenge cannot help: at RCV.NXT − 1 our ACK is what its sender waits for, so it takes
/// it for the answer to its own SYN and no reset comes. It is as deployed: the sender's SYN times out, or its next call has
/// another number.
#[test]
fn a_syn_one_before_rcv_nxt_stalls_its_sender() {
    let mut solo = Solo::in_state(Phase::Established);
    assert_eq!(solo.answers("SYN seq=100"), ["ACK seq=301 ack=101"]);
    // Its sender, in SYN-SENT with ISS 100: an ACK that covers its SYN, and no SYN with it.
    let mut restarted = Solo::connecting(plain());
    restarted.sent();
    assert_eq!(restarted.answers("ACK seq=9000 ack=301"), [""; 0]);
    assert_eq!(restarted.phase(), Phase::SynSent);
    assert_eq!(solo.phase(), Phase::Established);
}

/// RFC5961-5.2-a: SND.UNA − MAX.SND.WND ≤ SEG.ACK ≤ SND.NXT, or the whole segment is dropped and answered: octets, a FIN.
/// And no ACK is older than the connection (C43, the ghost of a window before ISS).
#[test]
fn what_comes_with_a_wild_acknowledgment_is_not_taken() {
    // 8,000 octets acknowledged, 10 in flight: SND.UNA 8301, SND.NXT 8311, and no window was larger than 5,000.
    let worked = || {
        let mut solo = Solo::in_state(Phase::Established);
        for acked in [2301, 4301, 6301, 8301] {
            solo.write(2000);
            solo.sent();
            solo.arrive(&format!("ACK seq=101 ack={acked}"));
        }
        solo.write(10);
        solo.sent();
        solo
    };
    for (ack, believed) in [(3300, false), (3301, true), (8311, true), (8312, false)] {
        let mut solo = worked();
        let answers = solo.answers(&format!("FIN+DATA seq=101..111 ack={ack}"));
        assert_eq!(solo.phase(), if believed { Phase::CloseWait } else { Phase::Established }, "{ack}");
        assert_eq!(solo.read(100), if believed { Ok(10) } else { Err(ReadError::WouldBlock) }, "{ack}");
        assert_eq!(answers, if believed { vec![] } else { vec!["ACK seq=8311 ack=101".to_owned()] }, "{ack}");
    }
    // In CLOSE-WAIT too.
    for (ack, refused) in [(300, false), (301, false), (299, true), (302, true)] {
        let mut solo = Solo::in_state(Phase::CloseWait);
        assert_eq!(solo.arrive(&format!("ACK seq=102 ack={ack}")).did.is_err(), refused, "{ack}");
    }
    // The connection is young: nothing before ISS is believed, though a window reaches there.
    for ack in [299_u32, 1, 300_u32.wrapping_sub(5_000)] {
        let mut solo = Solo::in_state(Phase::Established);
        let answers = solo.answers(&format!("DATA seq=101..111 ack={ack}"));
        assert_eq!((answers.len(), solo.read(10)), (1, Err(ReadError::WouldBlock)), "{ack}");
    }
}

/// RFC5961-5.2-b: the largest window counts, whatever the last one says.
#[test]
fn the_oldest_acknowledgment_follows_the_largest_window() {
    let with_windows = |windows: &[u32]| {
        let mut solo = Solo::in_state(Phase::Established);
        let mut acked = 301;
        for window in windows {
            solo.write(4000);
            solo.sent();
            acked += 4000;
            solo.arrive(&format!("ACK seq=101 ack={acked} wnd={window}"));
        }
        move |back: u32| solo.arrive(&format!("ACK seq=101 ack={}", acked - back)).did.is_ok()
    };
    let mut shrunk = with_windows(&[9_000, 9_000, 9_000, 4_000]);
    assert!(shrunk(9_000) && !shrunk(9_001));
    let mut never_large = with_windows(&[5_000, 5_000, 5_000, 4_000]);
    assert!(never_large(5_000) && !never_large(5_001));
}

/// What forged resets draw in a second, one each millisecond.
fn challenges_in_a_second(solo: &mut Solo) -> usize {
    let mut answers = 0;
    for _ in 0..1_000 {
        answers += solo.answers("RST seq=102").len();
        solo.pass(ms(1));
    }
    answers
}

/// RFC5961-7-a: a thousand draw ten at once, and ten more as the second passes.
#[test]
fn challenges_are_throttled() {
    let mut solo = Solo::in_state(Phase::Established);
    let answers = challenges_in_a_second(&mut solo);
    assert!((11..=20).contains(&answers), "{answers}");
    assert_eq!(solo.phase(), Phase::Established);
}

/// RFC5961-7-b: how many, and in what time.
#[test]
fn the_throttle_is_a_setting() {
    let with = |count, per| TcpConfig { challenge_acks: ChallengeAcks { count, per }, ..plain() };
    let burst = |solo: &mut Solo| (0..50).map(|_| solo.answers("RST seq=102").len()).sum::<usize>();
    let mut solo = Solo::established(with(10, Duration::from_secs(5)));
    assert_eq!(burst(&mut solo), 10, "the eleventh is kept back");
    solo.pass(ms(499));
    assert_eq!(burst(&mut solo), 0);
    solo.pass(ms(2));
    assert_eq!(burst(&mut solo), 1, "a tenth of the time makes up for one");
    solo.pass(Duration::from_secs(5));
    assert_eq!(burst(&mut solo), 10);
    assert_eq!(burst(&mut Solo::established(with(3, Duration::from_secs(1)))), 3);
    assert_eq!(burst(&mut Solo::established(with(0, Duration::from_secs(1)))), 0);
    assert_eq!(burst(&mut Solo::established(with(10, Duration::ZERO))), 50, "no limit");
}

/// RFC5961-7-c: what happens to one connection does not show in another: an attacker cannot use up, or count, the answers of
/// a connection that is not its own.
#[test]
fn one_connections_challenges_do_not_show_in_another() {
    let undisturbed = challenges_in_a_second(&mut Solo::in_state(Phase::Established));
    for spent in [1, 9, 10, 1_000] {
        let [mut attackers, mut victim] = [0, 1].map(|_| Solo::in_state(Phase::Established));
        for _ in 0..spent {
            attackers.answers("RST seq=102");
        }
        assert_eq!(challenges_in_a_second(&mut victim), undisturbed, "after {spent} elsewhere");
    }
}

/// RFC5961-10-a: two ends that find each other's segments unacceptable stop answering (C39).
#[test]
fn two_ends_that_disagree_fall_silent() {
    let [mut a, mut b] = [0, 1].map(|_| Solo::established(plain()));
    // What either sends is far outside of the other's window.
    let elsewhere = "ACK seq=900000 ack=301";
    let answers = |solo: &mut Solo, segments: usize| -> usize {
        solo.pass(Duration::from_micros(100));
        (0..segments).map(|_| solo.answers(elsewhere).len()).sum()
    };
    let (mut to_a, mut passed) = (1, 0);
    while to_a > 0 && passed < 10_000 {
        let to_b = answers(&mut a, to_a);
        to_a = answers(&mut b, to_b);
        passed += to_b + to_a;
    }
    assert!(passed <= 40, "{passed} acknowledgments of acknowledgments");
    for solo in [&a, &b] {
        assert_eq!((solo.phase(), solo.cause()), (Phase::Established, None));
    }
}
