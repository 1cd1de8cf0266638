//! When a connection fails: the two thresholds of RFC 9293 §3.8.3, in virtual time.

mod common;

use std::time::Duration;

use common::solo::{Solo, bare, plain};
use cordial_tcp::{CloseCause, Effects, Phase, RtoLimits, Rule, TcpConfig};

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A tick of the timers, and the rounding of a test's milliseconds.
const TICK: Duration = ms(1);

/// One firing of the timers: when, what went out, and what follows for others.
struct Fired {
    at: Duration,
    sent: Vec<String>,
    effects: Effects,
    did: Option<Rule>,
}

/// Lets `span` pass without an answer from the peer.
fn silence(solo: &mut Solo, span: Duration) -> Vec<Fired> {
    let until = solo.now + span;
    let mut fired = Vec::new();
    while let Some(due) = solo.connection.deadline(solo.now).instant(solo.now).filter(|&due| due <= until) {
        solo.now = due;
        let outcome = solo.connection.on_timer(solo.now, &mut solo.pool);
        let reply = outcome.reply.as_ref().map(bare);
        let sent = reply.into_iter().chain(solo.sent()).collect();
        fired.push(Fired { at: solo.elapsed(), sent, effects: outcome.effects, did: outcome.did.ok() });
    }
    solo.now = until;
    fired
}

/// The moments at which the path was called in doubt, by their number among the firings, from one.
fn doubts(fired: &[Fired]) -> Vec<usize> {
    let numbered = fired.iter().enumerate();
    numbered.filter(|(_, fired)| fired.effects.contains(Effects::DOUBT)).map(|(n, _)| n + 1).collect()
}

/// A fixed first timeout, nothing measured.
fn with_timeout(first: Duration) -> TcpConfig {
    let rto = RtoLimits { initial: first, min: first, max: secs(120) };
    TcpConfig { rto, ..plain() }
}

/// MUST-20: at R1 those around are told, at R2 the connection is closed. SHLD-10: R1 is the third retransmission. SHLD-9:
/// told once, before the end.
/// Shows RFC1122-4.2.3.5-a.
#[test]
fn the_third_retransmission_is_told_and_the_end_comes_later() {
    let mut solo = Solo::established(plain());
    solo.write(10);
    assert_eq!(solo.sent(), ["DATA seq=301..311 ack=101"]);
    assert!(!solo.connection.is_in_doubt());
    let fired = silence(&mut solo, secs(200));
    assert_eq!(doubts(&fired), [3]);
    assert!(fired[2].at < ms(1_500), "well before the end: {:?}", fired[2].at);
    let last = fired.last().expect("it ended");
    assert!(last.effects.contains(Effects::ENDED) && last.did == Some(Rule::GiveUpData));
    assert_eq!((solo.phase(), solo.cause()), (Phase::Closed, Some(CloseCause::TimedOut)));
    // An answer takes the doubt away, and the next silence is told anew.
    let mut solo = Solo::established(plain());
    for (from, silent) in [(301, secs(10)), (311, secs(50))] {
        solo.write(10);
        solo.sent();
        assert_eq!(doubts(&silence(&mut solo, silent)), [3]);
        assert!(solo.connection.is_in_doubt() && solo.connection.vars().in_doubt);
        solo.arrive(&format!("ACK seq=101 ack={}", from + 10));
        assert!(!solo.connection.is_in_doubt());
    }
    // Who wants no advice gets none.
    let mut solo = Solo::established(TcpConfig { doubt_after: 0, ..plain() });
    solo.write(10);
    solo.sent();
    assert_eq!(doubts(&silence(&mut solo, secs(200))), [0_usize; 0]);
}

/// SHLD-11: whatever the timeout, R2 is 100 s at least, and (MUST-20) it is not before R1.
/// Shows RFC1122-4.2.3.5-a.
#[test]
fn nothing_is_given_up_before_100_seconds_nor_before_three_retransmissions() {
    for first in [ms(200), secs(1), secs(7), secs(33), secs(99), secs(120)] {
        let mut solo = Solo::established(with_timeout(first));
        solo.write(10);
        solo.sent();
        let fired = silence(&mut solo, secs(1_000));
        let end = fired.last().expect("it ended");
        assert_eq!(end.did, Some(Rule::GiveUpData), "{first:?}");
        assert!(end.at >= secs(100), "{first:?}: {:?}", end.at);
        let again = fired.iter().filter(|fired| !fired.sent.is_empty()).count();
        assert!(again >= 3, "{first:?}: sent again {again} times");
        assert_eq!(doubts(&fired), [3], "{first:?}");
    }
}

/// R2 that an application set: to the tick, however long the timeout has grown; and without end (MUST-21).
/// Shows RFC9293-3.9.1.1-a, RFC1122-4.2.3.5-a.
#[test]
fn an_application_says_how_long_to_wait() {
    for first in [ms(200), secs(1), secs(4), secs(6), secs(60)] {
        let mut solo = Solo::established(TcpConfig { user_timeout: Some(secs(5)), ..with_timeout(first) });
        solo.write(10);
        solo.sent();
        let fired = silence(&mut solo, secs(100));
        let end = fired.last().expect("it ended");
        assert_eq!((end.did, solo.cause()), (Some(Rule::GiveUpData), Some(CloseCause::TimedOut)));
        assert!(end.at >= secs(5) && end.at <= secs(5) + TICK, "{first:?}: {:?}", end.at);
    }
    for patient in [
        TcpConfig { user_timeout: Some(Duration::MAX), ..plain() },
        TcpConfig { give_up_after: Duration::MAX, ..plain() },
    ] {
        let mut solo = Solo::established(patient);
        solo.write(10);
        solo.sent();
        assert!(silence(&mut solo, secs(3_600)).len() > 30);
        assert_eq!((solo.phase(), solo.cause()), (Phase::Established, None));
    }
}

/// MUST-21: progress begins the user's time anew.
/// Shows RFC9293-3.9.1.1-a, RFC1122-4.2.3.5-a.
#[test]
fn the_users_time_begins_with_the_last_progress() {
    let mut solo = Solo::established(TcpConfig { user_timeout: Some(secs(5)), ..plain() });
    solo.write(2000);
    solo.sent();
    silence(&mut solo, secs(4));
    solo.arrive("ACK seq=101 ack=1301");
    silence(&mut solo, ms(4_990));
    assert_eq!(solo.cause(), None);
    silence(&mut solo, ms(20));
    assert_eq!(solo.cause(), Some(CloseCause::TimedOut));
}

/// An orphan is bounded by its retries: the time of a user who has gone does not make them come faster.
#[test]
fn an_orphan_backs_off_whatever_the_user_said() {
    let mut solo = Solo::established(TcpConfig { user_timeout: Some(secs(2)), ..plain() });
    solo.write(10);
    solo.release();
    solo.sent();
    let fired = silence(&mut solo, secs(200));
    assert_eq!(solo.cause(), Some(CloseCause::OrphanTimeout));
    let gaps = fired.windows(2).map(|two| two[1].at - two[0].at);
    assert!(gaps.clone().all(|gap| gap >= ms(400)), "{:?}", gaps.collect::<Vec<_>>());
}

/// MUST-22: a SYN comes under the same two thresholds: sent again with the same number, told at R1, then given up. MUST-23:
/// not before 180 s.
/// Shows RFC1122-4.2.3.5-a.
#[test]
fn a_syn_is_told_of_and_given_up_alike() {
    let mut solo = Solo::connecting(plain());
    solo.sent();
    let fired = silence(&mut solo, secs(300));
    let (end, tries) = fired.split_last().expect("it ended");
    assert!(tries.iter().all(|fired| fired.sent == ["SYN seq=300"]));
    assert_eq!(doubts(&fired), [3]);
    assert_eq!(end.did, Some(Rule::GiveUpOpen));
    assert_eq!(solo.cause(), Some(CloseCause::Unanswered));
    assert!(end.at >= secs(180), "{:?}", end.at);
    // An application may give up earlier.
    let mut solo = Solo::connecting(plain());
    solo.sent();
    silence(&mut solo, secs(10));
    assert_eq!((solo.abort(), solo.cause()), (None, Some(CloseCause::Aborted)));
}
