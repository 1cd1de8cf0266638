//! Streams: octets both ways, ends of every kind, settings.

mod common;

use std::io::{ErrorKind, IoSlice};
use std::net::Shutdown;
use std::num::NonZeroU32;
use std::sync::atomic::Ordering;
use std::time::Duration;

use common::*;
use cordial::{Bind, CloseCause, Host, Keepalive, ListenConfig, Phase, TcpListener, TcpStream};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};

async fn echo_of(octets: usize, offload: bool) {
    let (a, b) = hosts_with(offload, |builder| builder, |builder| builder);
    let (near, far) = connected(&a, &b).await;
    let echo = tokio::spawn(async move {
        let (mut read, mut write) = far.into_split();
        copy(&mut read, &mut write).await.expect("copies")
    });
    let sent = pattern(octets);
    let (mut read, mut write) = near.into_split();
    let expected = sent.clone();
    let reader = tokio::spawn(async move {
        let mut got = Vec::with_capacity(expected.len());
        read.read_to_end(&mut got).await.expect("reads");
        assert!(got == expected, "what came back is not what was sent");
    });
    write.write_all(&sent).await.expect("writes");
    write.shutdown().await.expect("shuts down");
    reader.await.expect("the reader is content");
    assert_eq!(echo.await.expect("the echo is done"), octets as u64);
}

#[test]
fn fifty_megabytes_come_back_as_they_were_sent() {
    on_both_runtimes(|| echo_of(50 << 20, false));
}

#[test]
fn fifty_megabytes_come_back_in_super_segments() {
    on_both_runtimes(|| echo_of(50 << 20, true));
}

#[test]
fn one_half_may_end_long_before_the_other() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let (mut near, mut far) = connected(&a, &b).await;
        near.shutdown().await.expect("first");
        let mut nothing = Vec::new();
        assert_eq!(far.read_to_end(&mut nothing).await.expect("reads the end"), 0);
        far.write_all(b"still speaking").await.expect("writes");
        drop(far);
        let mut heard = String::new();
        near.read_to_string(&mut heard).await.expect("reads");
        assert_eq!(heard, "still speaking");
        let late = near.write_all(b"late").await.expect_err("it said goodbye");
        assert_eq!((late.kind(), late.raw_os_error()), (ErrorKind::BrokenPipe, Some(32)));
    });
}

#[test]
fn shutting_down_again_and_flushing_after_is_well() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let (mut near, far) = connected(&a, &b).await;
        for _ in 0..3 {
            near.shutdown().await.expect("again");
            near.flush().await.expect("flushes");
        }
        drop(far);
        let mut rest = Vec::new();
        near.read_to_end(&mut rest).await.expect("a goodbye");
        near.shutdown().await.expect("after the end");
        near.shutdown_half(Shutdown::Both).expect("both");
    });
}

#[test]
fn nobody_listens_is_refused() {
    on_both_runtimes(|| async {
        let (a, _b) = hosts();
        let refused = TcpStream::connect(&a, server()).await.expect_err("nobody listens");
        assert_eq!((refused.kind(), refused.raw_os_error()), (ErrorKind::ConnectionRefused, Some(111)));
        assert_eq!(a.connections(), 0);
    });
}

#[test]
fn nobody_answers_times_out() {
    in_virtual_time(|| async {
        let (a, b) = hosts();
        b.shutdown(Duration::ZERO).await;
        let (device, _silent) = link(false);
        let alone = Host::builder().address(A).start(device).expect("starts");
        let before = alone.now();
        let unanswered = TcpStream::connect(&alone, server()).await.expect_err("nobody is there");
        assert_eq!(unanswered.kind(), ErrorKind::TimedOut);
        assert!(alone.now() - before >= Duration::from_secs(180), "MUST-23");
        // And over a link whose other end is gone, the host itself is over.
        let down = TcpStream::connect(&a, server()).await.expect_err("no link");
        assert_eq!(down.kind(), ErrorKind::NetworkDown);
    });
}

#[test]
fn no_source_is_told_apart() {
    on_both_runtimes(|| async {
        let (a, _b) = hosts();
        let v6 = TcpStream::connect(&a, (std::net::Ipv6Addr::LOCALHOST, 80)).await;
        assert!(v6.is_err());
        let foreign = TcpStream::connect_from(&a, ([192, 0, 2, 1], 0), server()).await.expect_err("not ours");
        assert_eq!(foreign.kind(), ErrorKind::AddrNotAvailable);
    });
}

#[test]
fn a_chosen_source_is_the_source() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let listener = TcpListener::bind(&b, server()).expect("binds");
        let near = TcpStream::connect_from(&a, (A, 4321), server()).await.expect("connects");
        let (far, peer) = listener.accept().await.expect("accepts");
        assert_eq!(peer, (A, 4321).into());
        assert_eq!(near.local_addr().expect("there"), peer);
        assert_eq!(near.peer_addr().expect("there"), far.local_addr().expect("there"));
        let again = TcpStream::connect_from(&a, (A, 4321), server()).await.expect_err("taken");
        assert_eq!(again.kind(), ErrorKind::AddrInUse);
    });
}

#[test]
fn unread_octets_make_dropping_a_reset() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let (mut near, far) = connected(&a, &b).await;
        near.write_all(b"never read").await.expect("writes");
        far.readable().await.expect("it arrives");
        drop(far);
        let reset = near.read(&mut [0; 16]).await.expect_err("a reset");
        assert_eq!((reset.kind(), reset.raw_os_error()), (ErrorKind::ConnectionReset, Some(104)));
        // Told once, as the operating system does.
        assert_eq!(near.read(&mut [0; 16]).await.expect("the end"), 0);
        assert_eq!(near.write(b"x").await.expect_err("over").kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn linger_of_zero_resets() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let (near, mut far) = connected(&a, &b).await;
        assert_eq!(near.linger().expect("there"), None);
        near.set_linger(Some(Duration::ZERO)).expect("there");
        assert_eq!(near.linger().expect("there"), Some(Duration::ZERO));
        drop(near);
        assert_eq!(far.read(&mut [0; 16]).await.expect_err("a reset").kind(), ErrorKind::ConnectionReset);
        assert_eq!(a.connections(), 0);
    });
}

#[test]
fn an_abort_resets_and_its_error_can_be_fetched() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let (near, far) = connected(&a, &b).await;
        near.abort();
        far.readable().await.expect("something");
        let error = far.take_error().expect("there").expect("an error");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        assert!(far.take_error().expect("there").is_none());
        assert_eq!(far.try_read(&mut [0; 4]).expect("the end"), 0);
        assert_eq!(near.try_read(&mut [0; 4]).expect_err("aborted").kind(), ErrorKind::ConnectionAborted);
    });
}

#[test]
fn dropping_delivers_what_was_written() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let (mut near, mut far) = connected(&a, &b).await;
        let sent = pattern(1 << 20);
        near.write_all(&sent).await.expect("writes");
        drop(near);
        let mut got = Vec::new();
        far.read_to_end(&mut got).await.expect("reads");
        assert!(got == sent);
    });
}

#[test]
fn nodelay_sends_small_writes_at_once() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let (mut near, mut far) = connected(&a, &b).await;
        assert!(!near.nodelay().expect("there"));
        near.set_nodelay(true).expect("there");
        assert!(near.nodelay().expect("there"));
        for octet in 0..10 {
            near.write_all(&[octet]).await.expect("writes");
        }
        let (written, mut got) = (a.counters().tcp_out_segs, [0; 10]);
        assert!(written >= 12, "SYN, ACK and ten segments: {written}");
        far.read_exact(&mut got).await.expect("reads");
        assert_eq!(got, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    });
}

#[test]
fn keepalive_finds_a_peer_that_is_gone() {
    in_virtual_time(|| async {
        let (left, right) = link(false);
        let (right, deaf) = Deafened::new(right);
        let a = Host::builder().address(A).start(left).expect("starts");
        let b = Host::builder().address(B).start(right).expect("starts");
        let (mut near, _far) = connected(&a, &b).await;
        let keepalive =
            Keepalive { idle: Duration::from_secs(10), interval: Duration::from_secs(1), probes: 3 };
        near.set_keepalive(Some(keepalive)).expect("there");
        let waited = tokio::time::timeout(Duration::from_secs(100), near.readable()).await;
        assert!(waited.is_err(), "it answers");
        deaf.store(true, Ordering::SeqCst);
        let before = a.now();
        assert_eq!(near.read(&mut [0; 4]).await.expect_err("gone").kind(), ErrorKind::TimedOut);
        assert!(a.now() - before < Duration::from_secs(15));
    });
}

#[test]
fn slices_are_written_in_order_and_read_where_they_lie() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let (mut near, far) = connected(&a, &b).await;
        assert!(tokio::io::AsyncWrite::is_write_vectored(&near));
        let slices = [IoSlice::new(b"one "), IoSlice::new(b""), IoSlice::new(b"two")];
        assert_eq!(near.write_vectored(&slices).await.expect("writes"), 7);
        let mut peeked = [0; 3];
        assert_eq!(far.peek(&mut peeked).await.expect("peeks"), 3);
        let first = far.read_with(|slices| (4, slices.concat()[..4].to_vec())).await.expect("reads");
        assert_eq!(first.expect("not the end"), b"one ");
        let rest = far.try_read_with(|slices| (3, slices.concat())).expect("reads");
        assert_eq!(rest.expect("not the end"), b"two");
        assert_eq!(far.try_read(&mut [0; 4]).expect_err("nothing").kind(), ErrorKind::WouldBlock);
        drop(near);
        assert!(far.read_with(|_| (0, ())).await.expect("reads").is_none(), "the end");
    });
}

#[test]
fn no_room_is_would_block_until_the_peer_reads() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let (near, mut far) = connected(&a, &b).await;
        let block = pattern(1 << 16);
        let mut sent = 0;
        let full = loop {
            match near.try_write(&block) {
                Ok(count) => sent += count,
                Err(error) => break error,
            }
        };
        assert_eq!(full.kind(), ErrorKind::WouldBlock);
        let mut got = vec![0; sent];
        let (read, writable) = tokio::join!(far.read_exact(&mut got), near.writable());
        read.expect("reads");
        writable.expect("has room again");
        assert!(got.chunks(block.len()).all(|chunk| chunk == &block[..chunk.len()]));
    });
}

#[test]
fn halves_go_to_two_tasks_and_come_together_again() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let (near, mut far) = connected(&a, &b).await;
        let (other, _far) = connected(&a, &b).await;
        let (read, write) = near.into_split();
        let (other_read, other_write) = other.into_split();
        let error = read.reunite(other_write).expect_err("of different streams");
        let (read, other_write) = (error.0, error.1);
        other_read.reunite(other_write).expect("of one stream");
        let mut near = read.reunite(write).expect("of one stream");
        near.write_all(b"whole").await.expect("writes: no FIN was sent");
        let (read, write) = near.into_split();
        drop(write);
        let mut got = String::new();
        far.read_to_string(&mut got).await.expect("reads up to the FIN");
        assert_eq!(got, "whole");
        assert_eq!(read.peer_addr().expect("there"), server());
    });
}

#[test]
fn one_task_reads_while_it_writes() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let (mut near, mut far) = connected(&a, &b).await;
        let sent = pattern(3 << 20);
        let (mut read, mut write) = near.split();
        let mut got = vec![0; sent.len()];
        let echo = async {
            let (mut read, mut write) = far.split();
            copy(&mut read, &mut write).await.expect("copies");
        };
        let both = async {
            let (wrote, read) = tokio::join!(write.write_all(&sent), read.read_exact(&mut got));
            wrote.expect("writes");
            read.expect("reads");
            write.shutdown().await.expect("shuts down");
        };
        tokio::join!(echo, both);
        assert!(got == sent);
    });
}

#[test]
fn a_stream_tells_its_state() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let (mut near, far) = connected(&a, &b).await;
        assert_eq!(near.info().expect("there").phase, Phase::Established);
        near.shutdown().await.expect("shuts down");
        until(|| near.info().is_some_and(|info| info.phase == Phase::FinWait2)).await;
        assert_eq!(far.info().expect("there").phase, Phase::CloseWait);
        drop(far);
        until(|| near.info().is_some_and(|info| info.phase == Phase::TimeWait)).await;
        assert_eq!(a.time_wait(), 1);
        until(|| b.connections() == 0).await;
    });
}

#[test]
fn the_end_of_a_connection_can_be_waited_for_and_takes_nothing() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let (near, mut far) = connected(&a, &b).await;
        far.write_all(b"unread").await.expect("writes");
        near.readable().await.expect("it is there");
        let waits = tokio::time::timeout(Duration::from_millis(20), near.closed());
        assert!(waits.await.is_err(), "it is open, whatever there is to read");
        let (closed, ()) = tokio::join!(near.closed(), async { far.abort() });
        assert_eq!(closed.expect("the host runs"), CloseCause::Reset);
        let mut rest = [0; 6];
        assert_eq!(near.try_read(&mut rest).expect("it is still there"), 6);
        assert_eq!(near.try_read(&mut rest).expect_err("told once").kind(), ErrorKind::ConnectionReset);
    });
}

/// C63: a close that lingers says whether the peer has everything; when its time is over the closing goes on.
#[test]
fn a_close_may_linger() {
    in_virtual_time(|| async {
        let (a, b) = hosts();
        // Everything arrives.
        let (mut near, mut far) = connected(&a, &b).await;
        near.set_linger(Some(Duration::from_secs(5))).expect("set");
        near.write_all(b"goodbye").await.expect("writes");
        near.close().await.expect("delivered");
        let mut heard = String::new();
        far.read_to_string(&mut heard).await.expect("reads");
        assert_eq!(heard, "goodbye");
        // The peer reads nothing: its window is full, and the time passes; but what it reads later is all there.
        let (mut near, mut far) = connected(&a, &b).await;
        near.set_linger(Some(Duration::from_secs(5))).expect("set");
        let many = pattern(1 << 20);
        near.write_all(&many).await.expect("writes");
        let began = tokio::time::Instant::now();
        let late = near.close().await.expect_err("the peer does not read");
        assert_eq!((late.kind(), began.elapsed().as_secs()), (ErrorKind::TimedOut, 5));
        let mut got = Vec::new();
        far.read_to_end(&mut got).await.expect("reads");
        assert!(got == many, "closing went on in the background");
        // Octets that nobody read: a reset, and no waiting.
        let (near, mut far) = connected(&a, &b).await;
        near.set_linger(Some(Duration::from_secs(5))).expect("set");
        far.write_all(b"unheard").await.expect("writes");
        near.readable().await.expect("they came");
        assert_eq!(near.close().await.expect_err("a reset").kind(), ErrorKind::ConnectionReset);
        let mut nothing = Vec::new();
        let reset = far.read_to_end(&mut nothing).await.expect_err("it was reset");
        assert_eq!(reset.kind(), ErrorKind::ConnectionReset);
    });
}

/// RFC 9293 §3.8.3, SHLD-9: a program that waits for trouble is told at R1, long before the connection ends.
#[test]
fn a_program_learns_that_the_path_is_in_doubt() {
    in_virtual_time(|| async {
        let (left, right) = link(false);
        let (left, deaf) = Deafened::new(left);
        let a = Host::builder().address(A).seed([1; 32]).start(left).expect("starts");
        let b = Host::builder().address(B).seed([2; 32]).start(right).expect("starts");
        let (mut near, _far) = connected(&a, &b).await;
        deaf.store(true, Ordering::Relaxed);
        let began = tokio::time::Instant::now();
        near.write_all(b"anybody?").await.expect("writes");
        near.in_doubt().await.expect("told");
        assert!((1..5).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
        assert!(near.info().is_some_and(|info| info.vars.in_doubt && info.cause.is_none()));
        assert_eq!(near.closed().await.expect("told"), CloseCause::TimedOut);
        assert!(began.elapsed() >= Duration::from_secs(100));
        near.in_doubt().await.expect("over is in doubt too");
    });
}

/// A second call brings the cookie that the first was given, and its octets with it (RFC 7413 §4.2.2); more than fits a
/// SYN follows.
#[test]
fn octets_ride_on_the_syn_of_a_second_call() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let config = ListenConfig { fast_open: NonZeroU32::new(8), ..ListenConfig::default() };
        let listener = TcpListener::bind_with(&b, Bind::Addr(server()), config).expect("binds");
        let echo = tokio::spawn(async move {
            for _ in 0..3 {
                let (stream, _) = listener.accept().await.expect("accepts");
                let (mut read, mut write) = stream.into_split();
                copy(&mut read, &mut write).await.expect("copies");
            }
        });
        for octets in [10, 10, 100_000] {
            let sent = pattern(octets);
            let mut stream = TcpStream::connect_fast(&a, server(), &sent).await.expect("connects");
            stream.shutdown().await.expect("shuts down");
            let mut heard = Vec::new();
            stream.read_to_end(&mut heard).await.expect("reads");
            assert!(heard == sent, "{octets} octets");
        }
        echo.await.expect("the echo is content");
        assert_eq!((a.counters().fast_open_active, b.counters().fast_open_passive), (2, 2));
    });
}

#[test]
fn a_fast_call_to_nobody_is_refused_as_any_other() {
    on_both_runtimes(|| async {
        let (a, _b) = hosts();
        let refused = TcpStream::connect_fast(&a, server(), b"hello").await.map(drop);
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    });
}

/// A fast call is given up by dropping its future, as any other: nothing goes on that nobody waits for.
#[test]
fn a_fast_call_given_up_sends_nothing_more() {
    in_virtual_time(|| async {
        let (a, _b) = hosts();
        let nobody = ([10, 0, 0, 9], 80);
        let calls = TcpStream::connect_fast(&a, nobody, b"hello");
        assert!(tokio::time::timeout(Duration::from_millis(500), calls).await.is_err(), "nobody answers");
        assert_eq!(a.connections(), 0);
        let sent = a.counters().tcp_out_segs;
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert_eq!(a.counters().tcp_out_segs, sent, "neither a reset of a SYN nor another SYN");
    });
}

/// Given up while the octets that did not fit wait for room: the peer hears a reset, and not the rest.
#[test]
fn a_fast_call_given_up_while_it_writes_is_reset() {
    in_virtual_time(|| async {
        let (a, b) = hosts();
        let listener = TcpListener::bind(&b, server()).expect("binds");
        let octets = pattern(8 << 20);
        let calls = TcpStream::connect_fast(&a, server(), &octets);
        assert!(tokio::time::timeout(Duration::from_secs(1), calls).await.is_err(), "nobody reads");
        assert_eq!(a.connections(), 0);
        let (mut far, _) = listener.accept().await.expect("accepts");
        let cut = far.read_to_end(&mut Vec::new()).await.expect_err("cut short");
        assert_eq!(cut.kind(), ErrorKind::ConnectionReset);
    });
}

/// A fast call that is done leaves an ordinary stream: dropping it delivers what was written.
#[test]
fn a_fast_call_that_is_done_delivers_what_was_written() {
    in_virtual_time(|| async {
        let (a, b) = hosts();
        let listener = TcpListener::bind(&b, server()).expect("binds");
        let near = TcpStream::connect_fast(&a, server(), b"hello").await.expect("connects");
        assert_eq!(near.linger().expect("there"), None);
        drop(near);
        let (mut far, _) = listener.accept().await.expect("accepts");
        let mut heard = String::new();
        far.read_to_string(&mut heard).await.expect("reads");
        assert_eq!(heard, "hello");
    });
}
