//! A host's life: shutdown, handles, devices that go, who watches.

mod common;

use std::io::ErrorKind;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use common::*;
use cordial::device::{Bell, Device, MemoryLink, Offload, Outgoing, Readiness, Received};
use cordial::{
    AnyListener, Direction, Drained, Fact, Host, Instant, Stopped, TappedFrame, TcpListener, TcpStream, What,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[test]
fn shutdown_waits_for_goodbyes() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let (mut near, mut far) = connected(&a, &b).await;
        let sent = pattern(1 << 20);
        near.write_all(&sent).await.expect("writes");
        drop(near);
        let draining = tokio::spawn({
            let a = a.clone();
            async move { a.shutdown(Duration::from_secs(30)).await }
        });
        let mut got = Vec::new();
        far.read_to_end(&mut got).await.expect("reads");
        assert!(got == sent);
        drop(far);
        assert_eq!(draining.await.expect("runs"), Drained { aborted: 0 });
        assert_eq!(a.stopped().await, Stopped::Shutdown);
    });
}

#[test]
fn shutdown_does_not_wait_for_streams_whose_connection_is_over() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let (mut near, mut far) = connected(&a, &b).await;
        near.shutdown().await.expect("says goodbye");
        far.shutdown().await.expect("says goodbye");
        until(|| a.time_wait() == 1).await;
        assert_eq!(a.shutdown(Duration::from_secs(30)).await.aborted, 0);
        assert_eq!(near.read(&mut [0; 4]).await.expect("the end"), 0);
    });
}

#[test]
fn shutdown_resets_who_does_not_say_goodbye_in_time() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let (near, mut far) = connected(&a, &b).await;
        assert_eq!(a.shutdown(Duration::from_millis(20)).await, Drained { aborted: 1 });
        assert_eq!(far.read(&mut [0; 4]).await.expect_err("reset").kind(), ErrorKind::ConnectionReset);
        assert_eq!(near.try_write(b"x").expect_err("over").kind(), ErrorKind::NetworkDown);
        assert_eq!(a.shutdown(Duration::ZERO).await, Drained { aborted: 0 });
    });
}

#[test]
fn a_host_that_shuts_down_takes_nothing_new() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let (near, far) = connected(&a, &b).await;
        let listener = TcpListener::bind(&b, (B, 81)).expect("binds");
        let any = AnyListener::bind(&b).expect("binds");
        let accepting = tokio::spawn(async move { listener.accept().await.map(drop) });
        let deciding = tokio::spawn(async move { any.next().await.map(drop) });
        tokio::task::yield_now().await;
        let shutdown = tokio::spawn({
            let b = b.clone();
            async move { b.shutdown(Duration::from_secs(30)).await }
        });
        assert_eq!(accepting.await.expect("runs").expect_err("over").kind(), ErrorKind::NetworkDown);
        assert_eq!(deciding.await.expect("runs").expect_err("over").kind(), ErrorKind::NetworkDown);
        assert_eq!(TcpListener::bind(&b, (B, 82)).expect_err("over").kind(), ErrorKind::NetworkDown);
        assert_eq!(TcpStream::connect(&b, (A, 80)).await.expect_err("over").kind(), ErrorKind::NetworkDown);
        let refused = TcpStream::connect(&a, (B, 81)).await.expect_err("closed");
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        drop((near, far));
        assert_eq!(shutdown.await.expect("runs").aborted, 0);
    });
}

/// Says when it is dropped.
struct Owned(MemoryLink, Arc<Mutex<bool>>);

impl Drop for Owned {
    fn drop(&mut self) {
        *self.1.lock().expect("not poisoned") = true;
    }
}

impl Device for Owned {
    fn mtu(&self) -> usize {
        self.0.mtu()
    }
    fn offload(&self) -> Offload {
        self.0.offload()
    }
    fn receive<'a>(&'a mut self, buffer: &'a mut [u8]) -> std::io::Result<Option<Received<'a>>> {
        self.0.receive(buffer)
    }
    fn has_room(&mut self) -> bool {
        self.0.has_room()
    }
    fn send(&mut self, packet: &Outgoing<'_>) -> std::io::Result<()> {
        self.0.send(packet)
    }
    fn readiness(&self) -> Readiness<'_> {
        self.0.readiness()
    }
}

#[test]
fn the_last_handle_lets_the_connections_finish_and_the_device_go() {
    on_both_runtimes(|| async {
        let (left, right) = link(false);
        let gone = Arc::new(Mutex::new(false));
        let a = Host::builder().address(A).start(Owned(left, Arc::clone(&gone))).expect("starts");
        let b = Host::builder().address(B).start(right).expect("starts");
        let (mut near, mut far) = connected(&a, &b).await;
        drop(a);
        let sent = pattern(1 << 20);
        near.write_all(&sent).await.expect("a stream is a handle");
        drop(near);
        let mut got = Vec::new();
        far.read_to_end(&mut got).await.expect("reads");
        assert!(got == sent);
        assert!(!*gone.lock().expect("not poisoned"), "our side of the goodbye is missing");
        drop(far);
        until(|| *gone.lock().expect("not poisoned")).await;
    });
}

#[test]
fn a_device_that_goes_takes_the_host_with_it() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let (mut near, mut far) = connected(&a, &b).await;
        far.write_all(b"last words").await.expect("writes");
        near.readable().await.expect("they arrive");
        b.shutdown(Duration::ZERO).await;
        assert_eq!(a.stopped().await, Stopped::DeviceGone(ErrorKind::BrokenPipe));
        let mut words = Vec::new();
        let down = near.read_to_end(&mut words).await.map_or_else(|error| error, |_| ErrorKind::Other.into());
        assert_eq!(words, b"last words");
        assert!(matches!(down.kind(), ErrorKind::NetworkDown | ErrorKind::ConnectionReset), "{down}");
        assert_eq!(TcpStream::connect(&a, server()).await.expect_err("over").kind(), ErrorKind::NetworkDown);
    });
}

#[test]
fn a_runtime_that_ends_takes_the_host_with_it() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let first = runtime();
    let (left, _right) = link(false);
    let host = first.block_on(async { Host::builder().address(A).start(left).expect("starts") });
    drop(first);
    assert_eq!(runtime().block_on(host.stopped()), Stopped::RuntimeGone);
}

#[test]
fn facts_and_packets_are_told_while_somebody_listens() {
    on_both_runtimes(|| async {
        let (told, facts) = mpsc::channel();
        let (seen, frames) = mpsc::channel();
        let (a, b) = hosts_with(
            true,
            |builder| {
                builder
                    .observer(move |now: Instant, fact: &Fact<'_>| {
                        told.send((now, matches!(fact.what, What::Ended(_)))).ok();
                    })
                    .tap(move |_: Instant, frame: &TappedFrame<'_>| {
                        seen.send((frame.direction, frame.octets(), frame.gso.is_some())).ok();
                    })
            },
            |builder| builder,
        );
        let (mut near, mut far) = connected(&a, &b).await;
        near.write_all(&pattern(100_000)).await.expect("writes");
        near.shutdown().await.expect("shuts down");
        far.read_to_end(&mut Vec::new()).await.expect("reads");
        drop(far);
        near.read_to_end(&mut Vec::new()).await.expect("reads");
        assert!(a.set_observer(None).is_some());
        assert!(a.set_tap(None).is_some());
        drop(near);

        let facts: Vec<_> = facts.iter().collect();
        assert!(facts.is_sorted_by_key(|(now, _)| *now));
        assert_eq!(facts.iter().filter(|(_, ended)| *ended).count(), 1);
        let frames: Vec<_> = frames.iter().collect();
        let out: Vec<_> = frames.iter().filter(|(way, ..)| *way == Direction::Out).collect();
        assert!(out.iter().map(|(_, octets, _)| octets).sum::<usize>() > 100_000);
        assert!(out.iter().any(|(_, octets, gso)| *gso && *octets > 1500), "super-segments");
        assert!(frames.iter().any(|(way, ..)| *way == Direction::In));
        connected(&a, &b).await;
    });
}

#[test]
fn a_reader_that_panics_harms_nobody_else() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let (mut near, far) = connected(&a, &b).await;
        near.write_all(b"still here").await.expect("writes");
        let panicking = tokio::spawn(async move {
            far.readable().await.expect("they arrive");
            far.try_read_with(|_| -> (usize, ()) { panic!("in the middle of a call") }).ok();
        });
        assert!(panicking.await.expect_err("panics").is_panic());
        // Unwinding dropped the stream with octets unread.
        assert_eq!(near.read(&mut [0; 4]).await.expect_err("reset").kind(), ErrorKind::ConnectionReset);
        connected(&a, &b).await;
    });
}

/// Counts how often it is asked for packets.
struct Asked {
    bell: Bell,
    times: Arc<std::sync::atomic::AtomicUsize>,
}

impl Device for Asked {
    fn mtu(&self) -> usize {
        1500
    }
    fn offload(&self) -> Offload {
        Offload::none(1500)
    }
    fn receive<'a>(&'a mut self, _: &'a mut [u8]) -> std::io::Result<Option<Received<'a>>> {
        self.times.fetch_add(1, Ordering::SeqCst);
        Ok(None)
    }
    fn has_room(&mut self) -> bool {
        true
    }
    fn send(&mut self, _: &Outgoing<'_>) -> std::io::Result<()> {
        Ok(())
    }
    fn readiness(&self) -> Readiness<'_> {
        Readiness::Bell(&self.bell)
    }
}

#[test]
fn an_idle_host_sleeps() {
    in_virtual_time(|| async {
        let times = Arc::<std::sync::atomic::AtomicUsize>::default();
        let device = Asked { bell: Bell::new(), times: Arc::clone(&times) };
        let host = Host::builder().address(A).start(device).expect("starts");
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert_eq!(times.load(Ordering::SeqCst), 1, "asked once, when it began");
        // Eight timeouts within 255 s; the timer wheel comes to each in up to four steps.
        TcpStream::connect(&host, server()).await.expect_err("nobody is there");
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert!(times.load(Ordering::SeqCst) <= 2 + 8 * 4, "{times:?}");
    });
}
