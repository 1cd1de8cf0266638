//! Opening, closing and resetting against the kernel's TCP, on a path without faults.

use std::io::ErrorKind;
use std::net::Shutdown;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::pair::{Listener, Pair, Side};
use super::speech::Speech;
use super::{Family, host, in_a_namespace, socket, until};
use cordial::{CloseCause, Host, Phase, TcpStream};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::task::JoinSet;

/// Runs a test with connections that either side opened, over either IP.
async fn with_pairs(test: impl AsyncFn(&Host, Pair)) {
    let host = host(true);
    for family in Family::BOTH {
        for opener in Side::BOTH {
            let pair = Pair::open(&host, family, opener).await;
            test(&host, pair).await;
            until("our connection ends", || host.connections() == 0).await;
            until("the kernel's ends", || socket::states().iter().all(|state| state == "TIME-WAIT")).await;
        }
    }
    assert_eq!(host.counters().tcp_in_errs, 0, "every checksum was right");
}

fn phase(stream: &TcpStream) -> Phase {
    stream.info().expect("it is held").phase
}

async fn phase_becomes(stream: &TcpStream, wanted: Phase) {
    until(&format!("our {wanted:?}"), || phase(stream) == wanted).await;
}

/// The state of the kernel's only connection that is not in TIME-WAIT.
async fn kernels_state_becomes(wanted: &str) {
    let others = || socket::states().into_iter().filter(|state| state != "TIME-WAIT").collect::<Vec<_>>();
    until(&format!("the kernel's {wanted}"), || others() == [wanted]).await;
}

/// Nothing but the goodbye comes.
async fn hears_goodbye(stream: &mut (impl AsyncRead + Unpin)) {
    assert_eq!(stream.read(&mut [0; 16]).await.expect("a goodbye"), 0);
}

#[test]
fn we_close_first_and_wait() {
    in_a_namespace(async || {
        with_pairs(async |host, Pair { mut ours, mut kernels }| {
            let waiting = host.time_wait();
            assert_eq!(phase(&ours), Phase::Established);
            ours.shutdown().await.expect("a FIN");
            phase_becomes(&ours, Phase::FinWait2).await;
            kernels_state_becomes("CLOSE-WAIT").await;
            hears_goodbye(&mut kernels).await;
            drop(kernels);
            phase_becomes(&ours, Phase::TimeWait).await;
            hears_goodbye(&mut ours).await;
            assert_eq!(ours.info().and_then(|info| info.cause), Some(CloseCause::Graceful));
            assert_eq!(host.time_wait(), waiting + 1);
            until("the kernel's end to go", || socket::states().is_empty()).await;
        })
        .await;
    });
}

#[test]
fn the_kernel_closes_first_and_waits() {
    in_a_namespace(async || {
        with_pairs(async |host, Pair { mut ours, mut kernels }| {
            let waiting = socket::states().len() - 1;
            kernels.shutdown().await.expect("a FIN");
            hears_goodbye(&mut ours).await;
            assert_eq!(phase(&ours), Phase::CloseWait);
            kernels_state_becomes("FIN-WAIT-2").await;
            ours.shutdown().await.expect("a FIN");
            phase_becomes(&ours, Phase::Closed).await;
            assert_eq!(ours.info().and_then(|info| info.cause), Some(CloseCause::Graceful));
            hears_goodbye(&mut kernels).await;
            drop((ours, kernels));
            assert_eq!(host.time_wait(), 0);
            until("the kernel's TIME-WAIT", || socket::states().len() == waiting + 1).await;
        })
        .await;
    });
}

#[test]
fn both_close_at_once() {
    in_a_namespace(async || {
        with_pairs(async |_, Pair { mut ours, mut kernels }| {
            let (a, b) = tokio::join!(ours.shutdown(), kernels.shutdown());
            a.and(b).expect("a FIN each");
            hears_goodbye(&mut ours).await;
            hears_goodbye(&mut kernels).await;
        })
        .await;
    });
}

#[test]
fn after_our_goodbye_the_kernel_still_speaks() {
    in_a_namespace(async || {
        with_pairs(async |_, Pair { mut ours, mut kernels }| {
            ours.shutdown_half(Shutdown::Write).expect("a FIN");
            assert_eq!(ours.write(b"more").await.expect_err("said goodbye").kind(), ErrorKind::BrokenPipe);
            hears_goodbye(&mut kernels).await;
            phase_becomes(&ours, Phase::FinWait2).await;
            let speech = Speech::new(1, 1_000_000);
            let (said, heard) = tokio::join!(speech.clone().say(&mut kernels), speech.hear(&mut ours));
            said.and(heard).expect("the kernel's half goes on");
        })
        .await;
    });
}

#[test]
fn after_the_kernels_goodbye_we_still_speak() {
    in_a_namespace(async || {
        with_pairs(async |_, Pair { mut ours, mut kernels }| {
            kernels.shutdown().await.expect("a FIN");
            hears_goodbye(&mut ours).await;
            assert_eq!(phase(&ours), Phase::CloseWait);
            let speech = Speech::new(1, 1_000_000);
            let (said, heard) = tokio::join!(speech.clone().say(&mut ours), speech.hear(&mut kernels));
            said.and(heard).expect("our half goes on");
        })
        .await;
    });
}

#[test]
fn a_reset_of_the_kernels_is_connection_reset() {
    in_a_namespace(async || {
        with_pairs(async |_, Pair { mut ours, kernels }| {
            kernels.set_zero_linger().expect("an option may be set");
            drop(kernels);
            let error = ours.read(&mut [0; 16]).await.expect_err("a reset");
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
            assert_eq!(ours.info().and_then(|info| info.cause), Some(CloseCause::Reset));
            // Told once; from then on as if it had ended.
            hears_goodbye(&mut ours).await;
            assert_eq!(ours.write(b"more").await.expect_err("over").kind(), ErrorKind::BrokenPipe);
        })
        .await;
    });
}

#[test]
fn a_reset_of_ours_is_connection_reset_to_the_kernel() {
    in_a_namespace(async || {
        with_pairs(async |_, Pair { ours, mut kernels }| {
            ours.abort();
            let error = kernels.read(&mut [0; 16]).await.expect_err("a reset");
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        })
        .await;
    });
}

#[test]
fn dropped_with_a_linger_of_zero_our_end_resets_the_kernels() {
    in_a_namespace(async || {
        with_pairs(async |_, Pair { ours, mut kernels }| {
            ours.set_linger(Some(Duration::ZERO)).expect("an option may be set");
            drop(ours);
            let error = kernels.read(&mut [0; 16]).await.expect_err("a reset");
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        })
        .await;
    });
}

#[test]
fn dropped_with_data_unread_our_end_resets_the_kernels() {
    in_a_namespace(async || {
        with_pairs(async |_, Pair { ours, mut kernels }| {
            kernels.write_all(b"never read").await.expect("writes");
            ours.readable().await.expect("it arrives");
            drop(ours);
            let error = kernels.read(&mut [0; 16]).await.expect_err("a reset");
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        })
        .await;
    });
}

#[test]
fn dropped_with_data_unread_the_kernels_end_resets_ours() {
    in_a_namespace(async || {
        with_pairs(async |_, Pair { mut ours, kernels }| {
            ours.write_all(b"never read").await.expect("writes");
            // Readiness may be claimed where there is nothing; a peek waits for an octet.
            kernels.peek(&mut [0]).await.expect("it arrives");
            drop(kernels);
            let error = ours.read(&mut [0; 16]).await.expect_err("a reset");
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        })
        .await;
    });
}

#[test]
fn a_port_where_nobody_listens_refuses() {
    in_a_namespace(async || {
        let host = host(true);
        for family in Family::BOTH {
            let ours = TcpStream::connect(&host, (family.kernel(), 9)).await.expect_err("refused");
            assert_eq!(ours.kind(), ErrorKind::ConnectionRefused);
            let socket = socket::new(family);
            let kernels = socket.connect((family.ours(), 9).into()).await.expect_err("refused");
            assert_eq!(kernels.kind(), ErrorKind::ConnectionRefused);
        }
        assert_eq!((host.connections(), host.half_open()), (0, 0));
    });
}

/// A little each way, and the goodbyes, `first`'s first.
async fn take_leave<A, B>(mut first: A, mut second: B)
where
    A: AsyncRead + AsyncWrite + Unpin,
    B: AsyncRead + AsyncWrite + Unpin,
{
    let mut heard = [[0; 5]; 2];
    first.write_all(b"hello").await.expect("writes");
    second.read_exact(&mut heard[0]).await.expect("reads");
    second.write_all(b"hello").await.expect("writes");
    first.read_exact(&mut heard[1]).await.expect("reads");
    assert_eq!(heard, [*b"hello"; 2]);
    first.shutdown().await.expect("a FIN");
    hears_goodbye(&mut second).await;
    drop(second);
    hears_goodbye(&mut first).await;
}

#[test]
fn a_thousand_connections_one_after_the_other() {
    in_a_namespace(async || {
        let host = host(true);
        let begin = Instant::now();
        for opener in Side::BOTH {
            let listener = Listener::bind(&host, Family::V4, opener);
            for _ in 0..250 {
                let Pair { ours, kernels } = listener.connect().await;
                take_leave(ours, kernels).await;
                let Pair { ours, kernels } = listener.connect().await;
                take_leave(kernels, ours).await;
            }
        }
        eprintln!("1,000 connections one after the other: {:.2} s", begin.elapsed().as_secs_f64());
        all_ended_well(&host).await;
    });
}

#[test]
fn a_thousand_connections_at_once() {
    in_a_namespace(async || {
        let host = host(true);
        let begin = Instant::now();
        let (mut ours, mut kernels) = (JoinSet::new(), JoinSet::new());
        for opener in Side::BOTH {
            let listener = Arc::new(Listener::bind(&host, Family::V6, opener));
            for _ in 0..500 {
                let (here, there) = (Arc::clone(&listener), Arc::clone(&listener));
                ours.spawn(async move { here.ours().await });
                kernels.spawn(async move { there.kernels().await });
            }
        }
        let (ours, kernels) = (ours.join_all().await, kernels.join_all().await);
        assert_eq!(host.connections(), 1000);
        assert!(ours.iter().all(|stream| phase(stream) == Phase::Established));

        // Any of ours with any of the kernel's: who is whose peer is of no matter to a goodbye.
        let goodbyes = ours.into_iter().map(|stream| tokio::spawn(speak(stream, true)));
        let answers = kernels.into_iter().map(|stream| tokio::spawn(speak(stream, false)));
        for done in goodbyes.chain(answers).collect::<Vec<_>>() {
            done.await.expect("no panic");
        }
        eprintln!("1,000 connections at once: {:.2} s", begin.elapsed().as_secs_f64());
        all_ended_well(&host).await;
    });
}

/// One end of a conversation.
async fn speak(mut stream: impl AsyncRead + AsyncWrite + Unpin, first: bool) {
    let mut heard = Vec::new();
    if first {
        stream.write_all(b"hello").await.expect("writes");
        stream.shutdown().await.expect("a FIN");
        stream.read_to_end(&mut heard).await.expect("reads");
    } else {
        stream.read_to_end(&mut heard).await.expect("reads");
        stream.write_all(b"hello").await.expect("writes");
        stream.shutdown().await.expect("a FIN");
    }
    assert_eq!(heard, b"hello");
}

/// Nothing is left, on neither side, and nothing was reset.
async fn all_ended_well(host: &Host) {
    until("our connections end", || host.connections() == 0).await;
    until("the kernel's end", || socket::states().iter().all(|state| state == "TIME-WAIT")).await;
    let ours = host.counters();
    assert_eq!((ours.tcp_attempt_fails, ours.tcp_estab_resets, ours.tcp_in_errs), (0, 0, 0));
    assert_eq!((socket::count("AttemptFails"), socket::count("EstabResets")), (0, 0));
}
