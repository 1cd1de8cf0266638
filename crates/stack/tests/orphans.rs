//! Connections that nobody holds: how many there may be.

mod common;

use common::{Lab, secs};
use cordial_stack::{CloseCause, ConnId, Half, Limits, Phase};

/// Five connections from `a` to `b`, whose application never closes, with room for this many orphans at `a`.
fn five(orphans: u32) -> (Lab, Vec<ConnId>, Vec<ConnId>) {
    let mut lab = Lab::with(|a| a.limits.orphans = orphans, |_| {});
    let listener = lab.listen();
    let (near, far) = (0..5).map(|_| lab.open(listener)).unzip();
    (lab, near, far)
}

#[test]
fn over_the_bound_who_is_let_go_of_is_reset() {
    let (mut lab, near, far) = five(3);
    for (n, &client) in near.iter().enumerate() {
        lab.a.stack.release(lab.now, client);
        assert_eq!(lab.a.stack.orphans(), (n + 1).min(3));
    }
    lab.run();
    assert_eq!(lab.a.stack.counters().tcp_abort_on_memory, 2);
    assert_eq!(lab.a.stack.connections(), 3, "in FIN-WAIT-2");
    let causes: Vec<_> = far.iter().map(|&server| lab.b.ended(server)).collect();
    assert_eq!(causes, [None, None, None, Some(CloseCause::Reset), Some(CloseCause::Reset)]);
    // One of the three ends, and there is room for one.
    lab.b.shutdown(lab.now, far[0], Half::Write);
    lab.run();
    assert_eq!((lab.a.stack.orphans(), lab.a.stack.time_wait()), (2, 1));
    let client = lab.connect();
    lab.run();
    lab.a.stack.release(lab.now, client);
    assert_eq!((lab.a.stack.orphans(), lab.a.stack.counters().tcp_abort_on_memory), (3, 2));
    // The others leave FIN-WAIT-2 by its timer (C55), and a FIN that comes after it finds nobody.
    lab.run_for(secs(62));
    assert_eq!((lab.a.stack.orphans(), lab.a.stack.connections()), (0, 0));
    lab.b.shutdown(lab.now, far[1], Half::Write);
    lab.run();
    assert_eq!(lab.b.ended(far[1]), Some(CloseCause::Graceful), "a reset in LAST-ACK is no error");
}

/// Who is held is no orphan, however many there are, and neither is who has closed on both sides.
#[test]
fn only_who_is_closing_and_not_held_counts() {
    let (mut lab, near, far) = five(0);
    for &client in &near[..4] {
        lab.a.shutdown(lab.now, client, Half::Write);
    }
    lab.run();
    assert_eq!((lab.a.stack.orphans(), lab.a.stack.counters().tcp_abort_on_memory), (0, 0));
    for &server in &far[..2] {
        lab.b.shutdown(lab.now, server, Half::Write);
    }
    lab.run();
    assert_eq!(lab.a.stack.time_wait(), 2);
    for &client in &near[..2] {
        lab.a.stack.release(lab.now, client);
    }
    assert_eq!((lab.a.stack.orphans(), lab.a.stack.counters().tcp_abort_on_memory), (0, 0));
    lab.a.stack.release(lab.now, near[2]);
    lab.run();
    assert_eq!((lab.a.stack.orphans(), lab.a.stack.counters().tcp_abort_on_memory), (0, 1));
    assert_eq!(lab.b.ended(far[2]), Some(CloseCause::Reset));
    assert_eq!(
        lab.b.stack.info(far[3]).map(|info| info.phase),
        Some(Phase::CloseWait),
        "the others are let be"
    );
    assert_eq!(Limits::default().orphans, 65_536);
}
