//! Two hosts and the wire between them, ready for a scene.

use std::cell::Cell;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use cordial_device::TunConfig;

use super::kernel::{Kernel, Listener};
use super::talk::{Talk, chat};
use super::tap::{Recording, Tap};
use super::wire::Wire;

/// The port of most scenes.
pub const PORT: u16 = 80;
/// The port of talks that only show that time went on.
pub const OTHER: u16 = 8080;

pub const CLIENT: &str = "10.8.0.1";
pub const SERVER: &str = "10.8.0.2";
pub const CLIENT6: &str = "fd00:8::1";
pub const SERVER6: &str = "fd00:8::2";

/// How hosts and wire are made.
#[derive(Clone, Copy)]
pub struct World {
    /// For one way.
    pub delay: Duration,
    pub mtu: usize,
    pub offload: bool,
    pub v6: bool,
}

impl World {
    pub const PLAIN: Self = Self { delay: ms(10), mtu: 1500, offload: false, v6: false };

    pub const fn far(delay: Duration) -> Self {
        Self { delay, ..Self::PLAIN }
    }
}

pub const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

thread_local! {
    /// The longest time by which [`sleep`] woke too late in this scene.
    static LATE: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

pub fn sleep(ms: u64) {
    let (began, long) = (Instant::now(), Duration::from_millis(ms));
    std::thread::sleep(long);
    LATE.set(LATE.get().max(began.elapsed().saturating_sub(long)));
}

/// What took so long had to be done within `most`, or the scene is not the one that is told: then it is made again.
pub fn in_time(took: Duration, most: Duration) {
    assert!(took <= most, "the machine is too busy: {took:?} for what has to take {most:?} at most");
}

/// The bench.
pub struct Bench {
    pub client: Kernel,
    pub server: Kernel,
    pub wire: Wire,
    world: World,
}

impl Bench {
    pub fn new(world: World, taps: &'static [Tap]) -> Self {
        LATE.set(Duration::ZERO);
        let (client, server) = (Kernel::new(), Kernel::new());
        let config = TunConfig { mtu: world.mtu, offload: world.offload };
        let six = |address| if world.v6 { vec![address] } else { vec![] };
        let a = client.tun(config, &[&["10.8.0.1/24"][..], &six("fd00:8::1/64")].concat());
        let b = server.tun(config, &[&["10.8.0.2/24"][..], &six("fd00:8::2/64")].concat());
        // What is elsewhere is behind the server.
        client.ip(&["route add default dev wire0"]);
        let wire = Wire::new(a, b, world.delay, taps);
        Self { client, server, wire, world }
    }

    /// A bench with a connection to [`PORT`], and its two ends.
    pub fn opened(world: World, taps: &'static [Tap]) -> (Self, Talk, Talk) {
        let bench = Self::new(world, taps);
        let (client, server) = bench.open();
        (bench, client, server)
    }

    /// Where the server is.
    pub fn at(&self, port: u16) -> SocketAddr {
        address(if self.world.v6 { SERVER6 } else { SERVER }, port)
    }

    /// Where the client is.
    pub fn from(&self, port: u16) -> SocketAddr {
        address(if self.world.v6 { CLIENT6 } else { CLIENT }, port)
    }

    pub fn listen(&self, port: u16) -> Listener {
        self.server.listen(self.at(port))
    }

    /// Opens a connection to [`PORT`].
    pub fn open(&self) -> (Talk, Talk) {
        let listener = self.listen(PORT);
        let client = self.client.connect(self.at(PORT));
        (client, listener.accept())
    }

    /// The same where the server takes in no more than about so many octets unread.
    pub fn open_with_room(&self, octets: usize) -> (Talk, Talk) {
        let listener = self.listen(PORT);
        listener.socket().set_recv_buffer_size(octets).expect("a plain option");
        let client = self.client.connect(self.at(PORT));
        (client, listener.accept())
    }

    /// A question and an answer on [`OTHER`], all well: it shows that the capture went on.
    pub fn other_talk(&self) {
        let listener = self.listen(OTHER);
        let client = self.client.connect(self.at(OTHER));
        let server = listener.accept();
        chat(client, server);
    }

    /// Lets everything arrive and ends.
    pub fn finish(self) -> Vec<Recording> {
        // The taps' last packets may be under way, and the last timers of a close.
        sleep(60 + 4 * self.world.delay.as_millis() as u64);
        let mut recordings = self.wire.finish();
        for recording in &mut recordings {
            recording.stalled = recording.stalled.max(LATE.get());
        }
        recordings
    }

    /// Ends while what is held still lives: how it ends is in no capture.
    pub fn finish_before<T>(self, held: T) -> Vec<Recording> {
        let recordings = self.finish();
        drop(held);
        recordings
    }
}

fn address(host: &str, port: u16) -> SocketAddr {
    SocketAddr::new(host.parse().expect("an address"), port)
}
