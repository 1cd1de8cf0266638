//! Two hosts and the link between them.
#![allow(dead_code, reason = "every test file uses its part")]

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cordial::device::{Device, MemoryConfig, MemoryLink, Offload, Outgoing, Readiness, Received};
use cordial::{Host, HostBuilder, TcpListener, TcpStream};

pub const A: [u8; 4] = [10, 0, 0, 1];
pub const B: [u8; 4] = [10, 0, 0, 2];

/// Where servers of these tests listen, on `b`.
pub fn server() -> SocketAddr {
    (B, 80).into()
}

pub fn link(offload: bool) -> (MemoryLink, MemoryLink) {
    let offload = if offload { Offload::full() } else { Offload::none(1500) };
    MemoryLink::pair(MemoryConfig { offload, ..MemoryConfig::default() })
}

/// Hosts `a` and `b`.
pub fn hosts() -> (Host, Host) {
    hosts_with(false, |builder| builder, |builder| builder)
}

pub fn hosts_with(
    offload: bool,
    a: impl FnOnce(HostBuilder) -> HostBuilder,
    b: impl FnOnce(HostBuilder) -> HostBuilder,
) -> (Host, Host) {
    let (left, right) = link(offload);
    let a = a(Host::builder().address(A).seed([1; 32])).start(left).expect("starts");
    let b = b(Host::builder().address(B).seed([2; 32])).start(right).expect("starts");
    (a, b)
}

/// A stream of `a` and its other end at `b`.
pub async fn connected(a: &Host, b: &Host) -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(b, server()).expect("binds");
    let (near, far) = tokio::join!(TcpStream::connect(a, server()), listener.accept());
    (near.expect("connects"), far.expect("accepts").0)
}

/// Runs a test on both kinds of runtime; one that hangs fails.
pub fn on_both_runtimes<F: Future<Output = ()>>(test: impl Fn() -> F) {
    let current = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    current.block_on(bounded(test()));
    let multi = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    multi.expect("a runtime").block_on(bounded(test()));
}

/// Runs a test in virtual time: whenever everybody waits, the clock jumps to the next timer.
pub fn in_virtual_time<F: Future<Output = ()>>(test: impl Fn() -> F) {
    let paused = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    paused.expect("a runtime").block_on(test());
}

async fn bounded(test: impl Future<Output = ()>) {
    tokio::time::timeout(Duration::from_secs(60), test).await.expect("done within a minute");
}

/// Octets that differ from place to place.
pub fn pattern(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    (0..len).map(|_| next()).collect()
}

/// Waits for something that a host counts, by letting everybody else run.
pub async fn until(what: impl Fn() -> bool) {
    while !what() {
        tokio::task::yield_now().await;
    }
}

/// A device that hears nothing once it was told so: what arrives is lost.
pub struct Deafened {
    device: MemoryLink,
    deaf: Arc<AtomicBool>,
}

impl Deafened {
    pub fn new(device: MemoryLink) -> (Self, Arc<AtomicBool>) {
        let deaf = Arc::<AtomicBool>::default();
        (Self { device, deaf: Arc::clone(&deaf) }, deaf)
    }
}

impl Device for Deafened {
    fn mtu(&self) -> usize {
        self.device.mtu()
    }

    fn offload(&self) -> Offload {
        self.device.offload()
    }

    fn receive<'a>(&'a mut self, buffer: &'a mut [u8]) -> io::Result<Option<Received<'a>>> {
        if self.deaf.load(Ordering::SeqCst) {
            while self.device.receive(buffer)?.is_some() {}
        }
        self.device.receive(buffer)
    }

    fn has_room(&mut self) -> bool {
        self.device.has_room()
    }

    fn send(&mut self, packet: &Outgoing<'_>) -> io::Result<()> {
        self.device.send(packet)
    }

    fn readiness(&self) -> Readiness<'_> {
        self.device.readiness()
    }
}
