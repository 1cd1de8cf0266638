//! A program's network without a namespace: its host is a stack too, and a link in memory joins it to the gateway's.
//! What is outside are sockets on this machine's loopback.
#![allow(dead_code, reason = "every test file uses its part")]

use std::future::Future;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use cordial::device::{MemoryConfig, MemoryLink};
use cordial::{Host, Limits, TcpStream};
use cordial_gateway::{Gateway, GatewayConfig, Network, Places};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpListener;
use tokio::net::TcpStream as Outside;

/// The two sides of a link.
pub struct Net {
    pub program: Host,
    /// The gateway's stack.
    pub host: Host,
    pub gateway: Gateway,
}

impl Net {
    pub fn new() -> Self {
        Self::with(|config| config)
    }

    pub fn with(change: impl FnOnce(GatewayConfig) -> GatewayConfig) -> Self {
        Self::set_up(change, Limits::default())
    }

    /// With bounds of the gateway's stack.
    pub fn with_limits(limits: Limits) -> Self {
        Self::set_up(|config| config, limits)
    }

    fn set_up(change: impl FnOnce(GatewayConfig) -> GatewayConfig, limits: Limits) -> Self {
        let network = Network::default();
        let (near, far) = MemoryLink::pair(MemoryConfig::default());
        let program = Host::builder()
            .prefix(network.ipv4.0.into(), network.ipv4.1)
            .prefix(network.ipv6.0.into(), network.ipv6.1)
            .start(near)
            .expect("starts");
        let host = Host::builder()
            .prefix(network.gateway4.into(), network.ipv4.1)
            .prefix(network.gateway6.into(), network.ipv6.1)
            .gateway()
            .limits(limits)
            .start(far)
            .expect("starts");
        let config = change(GatewayConfig::new(Places::of(&network)));
        let gateway = Gateway::start(&host, config).expect("nothing listens there");
        Self { program, host, gateway }
    }

    /// A connection of the program's to a server on this machine, and that server's end.
    pub async fn connected(&self) -> (TcpStream, Outside) {
        let server = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let port = server.local_addr().expect("bound").port();
        let connect = TcpStream::connect(&self.program, host_cordial(port));
        let (near, far) = tokio::join!(connect, server.accept());
        (near.expect("connects"), far.expect("accepts").0)
    }
}

/// The name of this machine's loopback in the program's network.
pub fn host_cordial(port: u16) -> SocketAddr {
    ([10, 77, 0, 254], port).into()
}

/// Runs a test with two threads; one that hangs fails.
pub fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let bounded = async { tokio::time::timeout(Duration::from_secs(120), test).await };
    runtime.expect("a runtime").block_on(bounded).expect("done within two minutes");
}

/// Waits until `condition` holds, for half a minute.
pub async fn until(what: &str, condition: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < end, "still not so after 30 s: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Octets that differ from place to place.
pub fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 31 + at / 251) as u8).collect()
}

/// Hears what was said, whole, and then that it was broken off: no end of a stream.
pub async fn hears_and_is_reset(end: &mut (impl AsyncRead + Unpin), said: &[u8]) {
    let mut heard = vec![0; said.len()];
    end.read_exact(&mut heard).await.expect("what was said before the reset");
    assert!(heard == said);
    let reset = end.read(&mut [0]).await.expect_err("a reset is no end of a stream");
    assert_eq!(reset.kind(), ErrorKind::ConnectionReset);
}
