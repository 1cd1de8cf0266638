//! The user timeout option (RFC 5482).

mod common;

use std::time::Duration;

use common::solo::{Solo, plain};
use cordial_tcp::{CloseCause, Keepalive, Phase, TcpConfig, UserTimeoutOption};
use cordial_wire::Options;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn enabled(advertised: u64) -> TcpConfig {
    let option = UserTimeoutOption { advertised: secs(advertised), ..UserTimeoutOption::default() };
    TcpConfig { user_timeout_option: Some(option), ..plain() }
}

/// What is told, by the segments that go out now.
fn told(solo: &mut Solo) -> Vec<Option<u64>> {
    let timeout = |options: &Options| options.user_timeout.map(|timeout| timeout.duration().as_secs());
    solo.headers().iter().map(|(header, _)| timeout(&header.options)).collect()
}

/// RFC5482-3-a: nothing is told or heeded unless asked for; and what the application set itself, or forbade to change, a peer
/// does not change.
#[test]
fn a_peer_changes_nothing_unless_it_may() {
    let after_uto = |config: TcpConfig| {
        let mut solo = Solo::established(config);
        solo.arrive("DATA seq=101..201 ack=301 uto=500");
        (solo.connection.user_timeout(), solo)
    };
    let (timeout, mut off) = after_uto(plain());
    off.write(10);
    assert_eq!((timeout, told(&mut off)), (secs(100), vec![None]));
    assert_eq!(after_uto(enabled(100)).0, secs(500));
    assert_eq!(after_uto(TcpConfig { user_timeout: Some(secs(7)), ..enabled(100) }).0, secs(7));
    assert_eq!(
        after_uto(TcpConfig { user_timeout: Some(secs(0)), ..enabled(100) }).0,
        secs(500),
        "0 says nothing"
    );
    let fixed = UserTimeoutOption { changeable: false, ..UserTimeoutOption::default() };
    assert_eq!(after_uto(TcpConfig { user_timeout_option: Some(fixed), ..plain() }).0, secs(100));

    let mut solo = Solo::established(enabled(100));
    solo.connection.set_user_timeout(solo.now, Some(secs(7)));
    solo.arrive("DATA seq=101..201 ack=301 uto=500");
    assert_eq!(solo.connection.user_timeout(), secs(7));
    solo.connection.set_user_timeout(solo.now, None);
    assert_eq!(solo.connection.user_timeout(), secs(100), "it was not even noted");
}

/// RFC5482-3.1-a: min(U_LIMIT, max(ADV_UTO, REMOTE_UTO, L_LIMIT)). RFC5482-3.1-b: whatever a peer says, it stays between the
/// limits, and above the timeout of the moment.
#[test]
fn what_is_adopted_is_the_longer_within_limits() {
    for (ours, theirs, adopted) in [
        (100, 200, 200),
        (300, 200, 300),
        (10, 1, 100),
        (10, 20, 100),
        (10, 32_767, 1800),
        (10, 32_767 * 60, 1800),
        (4000, 10, 1800),
    ] {
        let mut solo = Solo::established(enabled(ours));
        solo.arrive(&format!("DATA seq=101..201 ack=301 uto={theirs}"));
        assert_eq!(solo.connection.user_timeout(), secs(adopted), "{ours} {theirs}");
    }
    let low = UserTimeoutOption {
        advertised: secs(1),
        least: secs(1),
        most: secs(2),
        ..UserTimeoutOption::default()
    };
    let mut solo = Solo::connecting(TcpConfig { user_timeout_option: Some(low), ..plain() });
    solo.sent();
    solo.now = solo.now + Duration::from_millis(900);
    solo.arrive("SYN+ACK seq=100 ack=301 mss=1000 uto=1");
    assert!(
        solo.connection.user_timeout() > solo.connection.vars().rto,
        "{:?}",
        solo.connection.user_timeout()
    );
}

/// RFC5482-3.2-a: told by our SYN, by the first segment after it, and again once it changed; the option takes its room from
/// the octets beside it.
#[test]
fn the_timeout_is_told_twice_and_when_it_changes() {
    let mut solo = Solo::connecting(enabled(120));
    assert_eq!(told(&mut solo), [Some(120)]);
    solo.arrive("SYN+ACK seq=100 ack=301 mss=1000");
    assert_eq!(told(&mut solo), [Some(120)]);
    solo.write(3_000);
    assert_eq!(told(&mut solo), [None; 3]);
    solo.arrive("ACK seq=101 ack=3301");
    solo.connection.set_user_timeout(solo.now, Some(secs(90)));
    solo.write(1_000);
    let sent = solo.headers();
    let (header, len) = sent[0];
    assert_eq!((header.options.user_timeout.map(|t| t.duration()), len), (Some(secs(90)), 996));
    assert_eq!(sent[1].0.options.user_timeout, None);
}

/// The answering end tells it in its SYN-ACK, and heeds what the third segment says, for a half-open entry keeps none.
#[test]
fn a_listener_tells_and_heeds_it_too() {
    let config = enabled(120);
    let syn = common::notation::parse("SYN seq=100 mss=1000 uto=600");
    let half =
        cordial_tcp::HalfOpen::new(cordial_tcp::Instant::ZERO, &syn, cordial_wire::SeqNum(300), 0, &config);
    let syn_ack = half.syn_ack(cordial_tcp::Instant::ZERO, 1000, &config);
    assert_eq!(syn_ack.options.user_timeout.map(|timeout| timeout.duration()), Some(secs(120)));
    let mut solo = Solo::passive(config, "SYN seq=100 mss=1000 uto=600", "ACK seq=101 ack=301 uto=600");
    assert_eq!(solo.connection.user_timeout(), secs(600));
    solo.write(10);
    assert_eq!(told(&mut solo), [Some(120)]);
}

/// RFC5482-3.3-b: while opening, the number of SYNs counts and no user timeout; once open, the adopted one does.
#[test]
fn opening_is_not_bounded_by_it() {
    let mut solo = Solo::connecting(TcpConfig { user_timeout: Some(secs(10)), ..enabled(100) });
    solo.pass(secs(254));
    assert_eq!(solo.phase(), Phase::SynSent);
    solo.arrive("SYN+ACK seq=100 ack=301 mss=1000");
    solo.pass(secs(1));
    solo.write(10);
    solo.pass(secs(11));
    assert_eq!(solo.cause(), Some(CloseCause::TimedOut));

    let mut adopts = Solo::established(enabled(100));
    adopts.arrive("ACK seq=101 ack=301 uto=300");
    adopts.write(10);
    adopts.pass(secs(299));
    assert_eq!(adopts.phase(), Phase::Established);
    adopts.pass(secs(121));
    assert_eq!(adopts.cause(), Some(CloseCause::TimedOut));
}

/// RFC5482-4.2-a: beside the option no keepalive probe ends what the user timeout is to keep.
#[test]
fn keepalive_waits_longer_than_the_timeout() {
    let keepalive = Some(Keepalive { idle: secs(30), interval: secs(10), probes: 3 });
    let first_probe = |config: TcpConfig| {
        let mut solo = Solo::established(TcpConfig { keepalive, ..config });
        solo.arrive("ACK seq=101 ack=301 uto=300");
        solo.pass(secs(1_000)).first().map(|&(at, _)| at / 1000)
    };
    assert_eq!(first_probe(plain()), Some(30));
    assert!(first_probe(enabled(100)).is_some_and(|at| at > 300));
}

/// A bound that is set while octets are outstanding counts for them too.
#[test]
fn a_bound_set_late_is_kept() {
    let mut solo = Solo::established(plain());
    solo.write(10);
    solo.pass(secs(20));
    solo.connection.set_user_timeout(solo.now, Some(secs(22)));
    solo.pass(secs(3));
    assert_eq!(solo.cause(), Some(CloseCause::TimedOut));
}
