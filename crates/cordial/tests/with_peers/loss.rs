//! The kernel's TCP on a path that loses, repeats and reorders packets.
//!
//! Super-segments are off: a packet lost is one segment lost.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use super::pair::{Listener, Pair, Side};
use super::speech::{Speech, converse};
use super::{Family, host_with, in_a_namespace, socket, until};
use cordial::Host;
use cordial::device::{Faults, Lossy};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;

const OCTETS: usize = 20_000_000;

/// Our host behind a path with faults, the same both ways.
fn host_behind(faults: Faults) -> Host {
    host_with(false, |tun| Lossy::new(tun, 1, faults, faults), |builder| builder)
}

fn losing(lose_per_mille: u16) -> Faults {
    Faults { lose_per_mille, duplicate_per_mille: 10, reorder_per_mille: 20, reorder_by: 3 }
}

/// 20 MB each way at once.
async fn twenty_megabytes(lose_per_mille: u16, family: Family, opener: Side) {
    let host = host_behind(losing(lose_per_mille));
    let pair = Pair::open(&host, family, opener).await;
    let begin = Instant::now();
    converse(pair, Speech::new(1, OCTETS), Speech::new(2, OCTETS)).await;
    let took = begin.elapsed().as_secs_f64();

    let (ours, kernels) = (host.counters().tcp_retrans_segs, socket::count("RetransSegs"));
    eprintln!(
        "20 MB each way, {lose_per_mille} ‰ lost, {family:?}, opened by {opener:?}: {took:.1} s; \
         sent again: {ours} by us, {kernels} by the kernel"
    );
    assert!(ours > 0 && kernels > 0, "the path lost something");
    assert_eq!(host.counters().tcp_in_errs, 0, "every checksum was right");
    until("our connection ends", || host.connections() == 0).await;
}

#[test]
fn twenty_megabytes_each_way_arrive_over_ipv4_under_1_percent_loss() {
    in_a_namespace(async || twenty_megabytes(10, Family::V4, Side::Us).await);
}

#[test]
fn twenty_megabytes_each_way_arrive_over_ipv6_under_1_percent_loss() {
    in_a_namespace(async || twenty_megabytes(10, Family::V6, Side::Kernel).await);
}

#[test]
fn twenty_megabytes_each_way_arrive_over_ipv4_under_5_percent_loss() {
    in_a_namespace(async || twenty_megabytes(50, Family::V4, Side::Kernel).await);
}

#[test]
fn twenty_megabytes_each_way_arrive_over_ipv6_under_5_percent_loss() {
    in_a_namespace(async || twenty_megabytes(50, Family::V6, Side::Us).await);
}

/// Opens `count` connections at once; `closer` says goodbye first, the other end answers and says it too.
async fn goodbyes(host: Host, opener: Side, closer: Side, count: usize) {
    let family = if closer == Side::Us { Family::V4 } else { Family::V6 };
    let listener = Arc::new(Listener::bind(&host, family, opener));
    let mut ends = JoinSet::new();
    for _ in 0..count {
        let (here, there) = (Arc::clone(&listener), Arc::clone(&listener));
        ends.spawn(
            async move { speak(here.ours().await, closer == Side::Us).await.map_err(|e| ("ours", e)) },
        );
        ends.spawn(async move {
            speak(there.kernels().await, closer == Side::Kernel).await.map_err(|e| ("the kernel's", e))
        });
    }
    while let Some(end) = ends.join_next().await {
        end.expect("no panic").unwrap_or_else(|(whose, error)| panic!("{whose}: {error}"));
    }
}

/// One end of a short conversation: `first` says its part and goodbye, and then listens; the other way round if not.
async fn speak(mut stream: impl AsyncRead + AsyncWrite + Unpin, first: bool) -> io::Result<()> {
    let (question, answer) = (Speech::new(3, 3000), Speech::new(4, 5000));
    if first {
        question.say(&mut stream).await?;
        answer.hear(&mut stream).await
    } else {
        question.hear(&mut stream).await?;
        answer.say(&mut stream).await
    }
}

#[test]
fn two_hundred_connections_under_5_percent_loss_all_end_well() {
    in_a_namespace(async || {
        let host = host_behind(Faults { lose_per_mille: 50, ..Faults::default() });
        let begin = Instant::now();
        let mut groups = JoinSet::new();
        for opener in Side::BOTH {
            for closer in Side::BOTH {
                groups.spawn(goodbyes(host.clone(), opener, closer, 50));
            }
        }
        groups.join_all().await;
        let said = begin.elapsed();
        until("all our connections end", || host.connections() == 0).await;
        until("all the kernel's end", || socket::states().iter().all(|state| state == "TIME-WAIT")).await;
        eprintln!(
            "200 connections under 5 % loss: all said after {:.1} s, all over after {:.1} s",
            said.as_secs_f64(),
            begin.elapsed().as_secs_f64()
        );
        let ours = host.counters();
        assert!(ours.tcp_retrans_segs > 0 && socket::count("RetransSegs") > 0, "the path lost something");
        // A reset may still be sent to an end in TIME-WAIT that repeats its last ACK to one that is gone already.
        assert_eq!((ours.tcp_attempt_fails, ours.tcp_estab_resets), (0, 0));
        assert_eq!((socket::count("AttemptFails"), socket::count("EstabResets")), (0, 0));
        assert_eq!(host.half_open(), 0);
    });
}
