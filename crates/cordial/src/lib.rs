//! Async sockets over a TCP/IP stack in user space.
//!
//! A [`Host`] is one end of a link: it has addresses, listeners and connections of its own, beside the kernel's and
//! without its help. It stands on a [`device`]: a TUN interface, a link inside the process, or a type of yours. Its
//! sockets are shaped like tokio's, so what runs over those (hyper, rustls) runs over these.
//!
//! Two hosts, a link between them, and a connection that opens, carries octets both ways and ends:
//!
//! ```
//! use cordial::device::{MemoryConfig, MemoryLink};
//! use cordial::{Host, TcpListener, TcpStream};
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let (left, right) = MemoryLink::pair(MemoryConfig::default());
//! let client = Host::builder().address([10, 0, 0, 1]).start(left)?;
//! let server = Host::builder().address([10, 0, 0, 2]).start(right)?;
//!
//! let listener = TcpListener::bind(&server, ([10, 0, 0, 2], 80))?;
//! tokio::spawn(async move {
//!     let (mut stream, peer) = listener.accept().await?;
//!     assert_eq!(peer.ip().to_string(), "10.0.0.1");
//!     let mut request = String::new();
//!     stream.read_to_string(&mut request).await?; // until the client's FIN
//!     stream.write_all(request.to_uppercase().as_bytes()).await
//! });
//!
//! let mut stream = TcpStream::connect(&client, ([10, 0, 0, 2], 80)).await?;
//! stream.write_all(b"hello").await?;
//! stream.shutdown().await?; // our half says goodbye; the other still speaks
//! let mut answer = String::new();
//! stream.read_to_string(&mut answer).await?;
//! assert_eq!(answer, "HELLO");
//! # Ok(())
//! # }
//! ```
//!
//! # What there is
//!
//! | | |
//! | --- | --- |
//! | [`Host`], [`HostBuilder`] | the stack, its addresses, and the task that drives it |
//! | [`TcpStream`], [`TcpListener`], [`UdpSocket`] | as in `tokio::net` |
//! | [`AnyListener`], [`Incoming`] | for gateways: every address, and a decision on each SYN before it is answered |
//! | [`EchoSocket`] | for gateways: every echo request (ping), answered or not |
//! | [`Observe`], [`Tap`] | to watch: every fact with its reason, every packet as it passes |
//!
//! With the feature `prometheus` a host's counters and tables are text for Prometheus: `Host::prometheus`.
//!
//! # How it runs
//!
//! The host's state is behind one mutex. A socket's call locks it, calls the stack, sends what the call gave rise to,
//! and unlocks; a task of the runtime, the driver, does the same for packets that arrive and timers that come due.
//! Nobody waits with the lock held. An idle host uses no processor: the driver sleeps until a packet, a timer or a
//! call wakes it.
//!
//! Everything a host keeps has a bound: see [`Limits`].
//!
//! # What is missing
//!
//! No name resolution, one link per host.
#![forbid(unsafe_code)]

mod builder;
mod host;
#[cfg(feature = "prometheus")]
mod prometheus;

mod any_listener;
mod echo;
mod incoming;
mod listener;
mod stream;
mod udp;

mod watch;

mod driver;
mod engine;
mod error;
mod waiting;

pub use cordial_device as device;
pub use cordial_stack::{
    Bind, Call, Checksum, CloseCause, Config, Counter, Counters, Datagram, EchoRequest, Fact, Gso, IcmpCode,
    Info, Instant, Limits, LinkConfig, ListenConfig, Path, Phase, Shown, Statistics, Table, Tuple, Vars,
    What,
};
pub use cordial_tcp::{Keepalive, TcpConfig};

pub use any_listener::AnyListener;
pub use builder::HostBuilder;
pub use cordial_device::Direction;
pub use echo::EchoSocket;
pub use host::{Drained, Host, Stopped};
pub use incoming::Incoming;
pub use listener::TcpListener;
pub use stream::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, TcpStream, WriteHalf};
pub use udp::UdpSocket;
pub use watch::{Observe, Tap, TappedFrame};
