//! A thousand connections, opened and closed in every order, on a wire that loses one segment in twenty.

mod common;

use std::time::Duration;

use common::{Close, Faults, Pair};
use cordial_tcp::{CloseCause, Phase, TcpConfig};

/// An order of closing: its name, and how to arrange it.
type Order = (&'static str, fn(&mut Pair));

/// Sets up who says how much and who closes first.
fn orders() -> [Order; 5] {
    [
        ("the caller closes first", |pair| pair.ends[1].close = Close::Answering),
        ("the called closes first", |pair| pair.ends[0].close = Close::Answering),
        ("both close at once", |_| {}),
        ("half-close, then bulk", |pair| {
            pair.ends[1].close = Close::Answering;
            (pair.ends[0].to_write, pair.ends[1].to_write) = (100, 300_000);
        }),
        ("a question and an answer", |pair| {
            pair.ends[0].close = Close::Answering;
            (pair.ends[0].to_write, pair.ends[1].to_write) = (100, 2_000);
        }),
    ]
}

fn live(seed: u64, lose: u32, name: &str, order: fn(&mut Pair)) {
    let mut pair = Pair::new(seed);
    pair.faults = Faults { lose, duplicate: 10, reorder: 50 };
    order(&mut pair);
    pair.connect(0);
    let closed = pair.run_out(Duration::from_secs(1000));
    let phases = pair.ends.each_ref().map(|end| end.phase());
    let now = pair.now;
    assert!(closed, "{name}, seed {seed}: {phases:?} at {now:?}");
    let wrote = pair.ends.each_ref().map(|end| end.to_write);
    for (who, end) in pair.ends.iter_mut().enumerate() {
        assert_eq!(end.failed, None, "{name}, seed {seed}, end {who}");
        assert!(end.saw_end, "{name}, seed {seed}, end {who}");
        assert_eq!(end.read, wrote[1 - who], "{name}, seed {seed}, end {who}");
        let cause = end.connection().and_then(|connection| connection.close_cause());
        assert_eq!(cause, Some(CloseCause::Graceful), "{name}, seed {seed}, end {who}");
        end.clear();
        assert_eq!(end.pool.in_use(), 0, "{name}, seed {seed}, end {who}");
    }
    assert!(pair.waited.iter().any(|&waited| waited), "{name}, seed {seed}: nobody was in TIME_WAIT");
}

#[test]
fn a_thousand_connections_all_close_and_none_is_reset() {
    for (name, order) in orders() {
        for seed in 0..200 {
            live(seed, 50, name, order);
        }
    }
}

#[test]
fn on_a_clean_wire_they_do_too() {
    for (name, order) in orders() {
        for seed in 0..20 {
            live(seed, 0, name, order);
        }
    }
}

/// One segment in five: retransmissions of retransmissions.
#[test]
fn under_twenty_percent_loss_they_do_too() {
    for (name, order) in orders() {
        for seed in 0..100 {
            live(seed, 200, name, order);
        }
    }
}

/// Both call, both close: SYN-SENT, SYN-RECEIVED, and whatever the faults make of it.
#[test]
fn simultaneous_opens_converge() {
    for seed in 0..300 {
        let mut pair = Pair::with(seed, TcpConfig::default(), TcpConfig::default());
        pair.faults = Faults { lose: 100, duplicate: 20, reorder: 100 };
        for end in &mut pair.ends {
            end.to_write = 10_000;
        }
        pair.connect(0);
        pair.connect(1);
        let closed = pair.run_out(Duration::from_secs(1000));
        for end in &pair.ends {
            assert_eq!((end.read, end.failed), (10_000, None), "seed {seed}");
            assert_eq!(end.phase(), Phase::Closed, "seed {seed}");
        }
        assert!(closed, "seed {seed}");
    }
}
