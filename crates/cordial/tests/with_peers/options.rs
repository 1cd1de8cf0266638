//! What is agreed with the kernel's TCP in the handshake, and what happens while nobody reads or speaks.

use std::time::Duration;

use super::pair::{Pair, Side};
use super::speech::Speech;
use super::{Family, host, host_with, in_a_namespace, socket, until};
use cordial::{Counters, Host, Keepalive, TcpConfig};
use rustix::net::sockopt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// What the kernel says of its only connection.
fn variables() -> String {
    let [only] = &socket::all(true)[..] else { panic!("one connection: {:?}", socket::all(true)) };
    only.clone()
}

fn says(variables: &str, word: &str) -> bool {
    variables.split_whitespace().any(|found| found == word)
}

#[test]
fn window_scaling_timestamps_and_sack_are_agreed_on() {
    in_a_namespace(async || {
        let host = host(true);
        for (family, mss) in [(Family::V4, 1448), (Family::V6, 1428)] {
            for opener in Side::BOTH {
                let mut pair = Pair::open(&host, family, opener).await;
                // A SYN's own window is not scaled: another segment has to go out first.
                lives(&mut pair).await;
                let Pair { ours, kernels } = pair;
                let told = variables();
                assert!(says(&told, "ts") && says(&told, "sack"), "{told}");
                // Our shift comes first: the kernel sends with it.
                assert!(told.contains(" wscale:7,"), "{told}");
                // What twelve octets of timestamps leave of a segment.
                assert!(says(&told, &format!("mss:{mss}")), "{told}");
                let vars = ours.info().expect("it is held").vars;
                assert!(vars.rcv_wnd > 65_535, "{vars:?}");
                kernels.set_zero_linger().expect("an option may be set");
                drop((ours, kernels));
                until("the kernel's end goes", || socket::states().is_empty()).await;
            }
        }
    });
}

#[test]
fn options_that_we_do_not_offer_are_not_used() {
    in_a_namespace(async || {
        let plain =
            TcpConfig { window_scaling: false, timestamps: false, sack: false, ..TcpConfig::default() };
        let host = host_with(true, |tun| tun, |builder| builder.tcp(plain));
        for opener in Side::BOTH {
            let Pair { mut ours, mut kernels } = Pair::open(&host, Family::V4, opener).await;
            let told = variables();
            assert!(!says(&told, "ts") && !says(&told, "sack") && !told.contains("wscale"), "{told}");
            assert!(says(&told, "mss:1460"), "{told}");
            let vars = ours.info().expect("it is held").vars;
            assert!(vars.rcv_wnd <= 65_535 && vars.snd_wnd <= 65_535, "{vars:?}");
            let speech = Speech::new(1, 1_000_000);
            let (said, heard) =
                tokio::join!(speech.clone().say(&mut ours), speech.clone().hear(&mut kernels));
            said.and(heard).expect("one way");
            let (said, heard) = tokio::join!(speech.clone().say(&mut kernels), speech.hear(&mut ours));
            said.and(heard).expect("and the other");
            drop((ours, kernels));
            until("the kernel's end goes", || socket::states().is_empty()).await;
        }
    });
}

/// More than all windows and buffers on the way.
fn long_speech() -> Speech {
    Speech::new(2, 12_000_000)
}

/// Long enough for a first probe of a closed window, and a second.
const PROBED: Duration = Duration::from_millis(1000);

#[test]
fn the_kernels_closed_window_is_probed_until_it_opens() {
    in_a_namespace(async || {
        let host = host(true);
        let Pair { ours, kernels } = Pair::open(&host, Family::V4, Side::Us).await;
        let (mut read, write) = ours.into_split();
        let saying = tokio::spawn(long_speech().say(write));
        let window = || read.as_ref().info().expect("it is held").vars.snd_wnd;
        until("the kernel's window closes", || window() == 0).await;
        let before = host.counters().tcp_out_segs;
        let probes = || host.counters().tcp_out_segs - before;
        tokio::time::sleep(PROBED).await;
        assert!(probes() <= 5, "{} probes", probes());
        until("it is probed", || probes() > 0).await;
        assert_eq!(window(), 0);
        // The kernel's half ends as its end is dropped.
        long_speech().hear(kernels).await.expect("it all arrives");
        saying.await.expect("no panic").expect("it was all sent");
        assert_eq!(read.read(&mut [0; 1]).await.expect("a goodbye"), 0);
    });
}

#[test]
fn our_closed_window_is_probed_until_it_opens() {
    in_a_namespace(async || {
        let host = host(true);
        let Pair { ours, kernels } = Pair::open(&host, Family::V6, Side::Kernel).await;
        let (mut read, write) = kernels.into_split();
        let saying = tokio::spawn(long_speech().say(write));
        let window = || ours.info().expect("it is held").vars.rcv_wnd;
        until("our window closes", || window() == 0).await;
        let before = host.counters();
        let probes = || host.counters().tcp_in_segs - before.tcp_in_segs;
        tokio::time::sleep(PROBED).await;
        assert!(probes() <= 5, "{} probes", probes());
        // On a machine that is busy we look late, and the kernel's pauses double.
        until("it is probed and answers", || {
            probes() > 0 && host.counters().tcp_out_segs > before.tcp_out_segs
        })
        .await;
        long_speech().hear(ours).await.expect("it all arrives");
        saying.await.expect("no panic").expect("it was all sent");
        assert_eq!(read.read(&mut [0; 1]).await.expect("a goodbye"), 0);
    });
}

/// Both ends speak and hear each other.
async fn lives(Pair { ours, kernels }: &mut Pair) {
    let mut heard = [0; 5];
    ours.write_all(b"hello").await.expect("writes");
    kernels.read_exact(&mut heard).await.expect("reads");
    kernels.write_all(b"there").await.expect("writes");
    ours.read_exact(&mut heard).await.expect("reads");
    assert_eq!(&heard, b"there");
}

/// Three probes of one a second.
const IDLE: Duration = Duration::from_millis(3500);

/// How many segments came in and went out since then.
fn exchanged(host: &Host, before: &Counters) -> (u64, u64) {
    let after = host.counters();
    (after.tcp_in_segs - before.tcp_in_segs, after.tcp_out_segs - before.tcp_out_segs)
}

#[test]
fn the_kernel_answers_our_keepalive() {
    in_a_namespace(async || {
        let host = host(true);
        let mut pair = Pair::open(&host, Family::V4, Side::Us).await;
        let second = Duration::from_secs(1);
        let keepalive = Keepalive { idle: second, interval: second, probes: 5 };
        pair.ours.set_keepalive(Some(keepalive)).expect("an option may be set");
        let before = host.counters();
        tokio::time::sleep(IDLE).await;
        until("each of several probes has its answer", || {
            let (answers, probes) = exchanged(&host, &before);
            probes >= 2 && answers == probes
        })
        .await;
        lives(&mut pair).await;
    });
}

#[test]
fn we_answer_the_kernels_keepalive() {
    in_a_namespace(async || {
        let host = host(true);
        let mut pair = Pair::open(&host, Family::V4, Side::Kernel).await;
        let second = Duration::from_secs(1);
        sockopt::set_tcp_keepidle(&pair.kernels, second).expect("an option may be set");
        sockopt::set_tcp_keepintvl(&pair.kernels, second).expect("an option may be set");
        sockopt::set_tcp_keepcnt(&pair.kernels, 5).expect("an option may be set");
        let before = host.counters();
        sockopt::set_socket_keepalive(&pair.kernels, true).expect("an option may be set");
        tokio::time::sleep(IDLE).await;
        until("each of several probes has its answer", || {
            let (probes, answers) = exchanged(&host, &before);
            probes >= 2 && answers == probes
        })
        .await;
        lives(&mut pair).await;
    });
}
