//! Two hosts and a wire between them, in virtual time.
//!
//! `a` is drawn on the left, `b` on the right. What passes is written down as a ladder, a line per segment, numbers
//! relative to where each direction began:
//!
//! ```text
//! SYN_SENT --> SYN seq=0 --> SYN_RCVD
//! ESTABLISHED <-- SYN+ACK seq=0 ack=1 <-- SYN_RCVD
//! ```
//!
//! A line shows both states as the segment left them; a segment that got lost ends with `lost`, one that was refused
//! names the reason.
// Each test file uses its own part of this.
#![allow(dead_code, unused_imports)]

mod dealt;
mod ladder;
mod watch;

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use cordial_ip::Packet;
use cordial_stack::{
    Bind, CloseCause, Config, ConnId, Event, Frame, Half, Instant, LinkId, ListenConfig, ListenerId,
    ReadError, Seeded, Stack, TcpConfig, WriteError,
};
use cordial_wire::Segment;

pub use dealt::Dealt;
pub use ladder::Ladder;
pub use watch::{Record, Watch};

pub const LINK: LinkId = LinkId(0);

pub type TestStack = Stack<Dealt, Watch>;

pub fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// One of the two hosts.
pub struct Host {
    pub stack: TestStack,
    pub address: IpAddr,
    /// Events polled so far and not looked at.
    pub events: Vec<Event>,
}

/// A packet on its way.
#[derive(Clone)]
struct Flight {
    at: Instant,
    to_b: bool,
    octets: Vec<u8>,
    line: Option<usize>,
}

/// A segment that is about to go onto the wire.
pub struct Passing<'a> {
    /// From `a` to `b`.
    pub to_b: bool,
    /// How many TCP segments went this way before it.
    pub nth: usize,
    pub now: Instant,
    pub segment: Segment<'a>,
}

/// What the wire does with a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    Arrives,
    Lost,
    Twice,
    /// Arrives this much later than others.
    Late(Duration),
}

/// A router on the way from `a` to `b`, behind which a link carries less.
#[derive(Clone, Copy)]
pub struct Router {
    pub mtu: u16,
    /// It says so; else it is a black hole.
    pub tells: bool,
    /// It says no number (RFC 1191 §5).
    pub is_old: bool,
}

impl Router {
    pub fn with_mtu(mtu: u16) -> Self {
        Self { mtu, tells: true, is_old: false }
    }
}

type Fault = Box<dyn FnMut(&Passing<'_>) -> Fate>;

/// Two hosts, `a` and `b`, and a wire.
pub struct Lab {
    pub a: Host,
    pub b: Host,
    pub now: Instant,
    /// How long the wire takes one way.
    pub delay: Duration,
    pub ladder: Ladder,
    /// Every packet that was sent, for who asks for them.
    pub tap: Option<Vec<Vec<u8>>>,
    fault: Option<Fault>,
    router: Option<Router>,
    flights: VecDeque<Flight>,
    passed: [usize; 2],
}

impl Default for Lab {
    fn default() -> Self {
        Self::new()
    }
}

impl Lab {
    /// IPv4 hosts 10.0.0.1 and 10.0.0.2, 10 ms apart.
    pub fn new() -> Self {
        Self::with(|_| {}, |_| {})
    }

    /// The same over IPv6.
    pub fn v6() -> Self {
        Self::between("fd00::1", "fd00::2", |_| {}, |_| {})
    }

    /// With settings changed before the hosts are made.
    pub fn with(a: impl FnOnce(&mut Config), b: impl FnOnce(&mut Config)) -> Self {
        Self::between("10.0.0.1", "10.0.0.2", a, b)
    }

    pub fn between(a: &str, b: &str, at_a: impl FnOnce(&mut Config), at_b: impl FnOnce(&mut Config)) -> Self {
        Self {
            a: Host::new(a.parse().expect("an address"), 1, at_a),
            b: Host::new(b.parse().expect("an address"), 2, at_b),
            now: Instant::from_millis(1_000),
            delay: ms(10),
            ladder: Ladder::default(),
            tap: None,
            fault: None,
            router: None,
            flights: VecDeque::new(),
            passed: [0; 2],
        }
    }

    /// IPv4 hosts that choose these initial sequence numbers, in this order; the ladder shows numbers as they are.
    pub fn numbered(a: &[u32], b: &[u32]) -> Self {
        let mut lab = Self::new();
        for (host, seed, numbers) in [(&mut lab.a, 1, a), (&mut lab.b, 2, b)] {
            host.boot(seed, numbers);
        }
        lab.ladder.absolute = true;
        lab
    }

    /// Lets `fault` decide on every TCP segment from here on.
    pub fn fault(&mut self, fault: impl FnMut(&Passing<'_>) -> Fate + 'static) {
        self.fault = Some(Box::new(fault));
    }

    /// Loses what `lose` says.
    pub fn lose(&mut self, mut lose: impl FnMut(&Passing<'_>) -> bool + 'static) {
        self.fault(move |passing| if lose(passing) { Fate::Lost } else { Fate::Arrives });
    }

    /// From here on `a`'s packets pass this router.
    pub fn route(&mut self, router: Router) {
        self.router = Some(router);
    }

    pub fn heal(&mut self) {
        (self.fault, self.router) = (None, None);
    }

    /// `b` listens on port 80.
    pub fn listen(&mut self) -> ListenerId {
        self.listen_with(ListenConfig::default())
    }

    pub fn listen_with(&mut self, config: ListenConfig) -> ListenerId {
        self.b.stack.listen(Bind::Port(80), config).expect("port 80 is free")
    }

    /// `a` calls `b`'s port 80.
    pub fn connect(&mut self) -> ConnId {
        let config = Arc::clone(self.a.stack.tcp_config());
        self.connect_with(&config)
    }

    pub fn connect_with(&mut self, config: &Arc<TcpConfig>) -> ConnId {
        let to = self.b.at(80);
        self.a.stack.connect(self.now, None, to, config).expect("a connection is opened")
    }

    /// A connection from `a` to `b`'s port 80, open at both ends. `b` has to listen.
    pub fn open(&mut self, listener: ListenerId) -> (ConnId, ConnId) {
        let client = self.connect();
        self.run();
        let server = self.b.stack.accept(self.now, listener).expect("the handshake is done");
        (client, server)
    }

    /// Until nothing is on the wire or about to be.
    pub fn run(&mut self) {
        self.pump();
        while let Some(next) = self.flights.front().map(|flight| flight.at) {
            self.step_to(self.next_timer().map_or(next, |timer| timer.min(next)));
        }
    }

    /// For this long.
    pub fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        self.pump();
        while let Some(next) = self.next_moment().filter(|&next| next <= end) {
            self.step_to(next);
        }
        self.step_to(end);
    }

    /// Until nothing will ever happen again, or `limit` has passed.
    pub fn run_out(&mut self, limit: Duration) {
        let end = self.now + limit;
        self.pump();
        while let Some(next) = self.next_moment() {
            assert!(next <= end, "still something due after {limit:?}: at {next:?}\n{}", self.ladder);
            self.step_to(next);
        }
    }

    /// When something happens next.
    pub fn next_moment(&self) -> Option<Instant> {
        let arrival = self.flights.front().map(|flight| flight.at);
        [arrival, self.next_timer()].into_iter().flatten().min()
    }

    fn next_timer(&self) -> Option<Instant> {
        let deadlines = [self.a.stack.next_deadline(), self.b.stack.next_deadline()];
        deadlines.into_iter().flatten().min().map(|at| at.max(self.now))
    }

    /// Time passes; what is due happens, what is to be sent is sent.
    pub fn step_to(&mut self, now: Instant) {
        self.now = self.now.max(now);
        while self.flights.front().is_some_and(|flight| flight.at <= self.now) {
            let flight = self.flights.pop_front().expect("there is one");
            self.arrive(flight);
        }
        for host in [&mut self.a, &mut self.b] {
            host.stack.on_timer(self.now);
        }
        self.pump();
    }

    fn arrive(&mut self, flight: Flight) {
        let host = if flight.to_b { &mut self.b } else { &mut self.a };
        host.stack.observer_mut().forget_last();
        host.stack.on_frame(self.now, LINK, Frame::new(&flight.octets));
        if let Some(line) = flight.line {
            self.ladder.arrived(line, host.stack.observer().last_received());
        }
        self.pump();
    }

    /// Puts what the hosts have to send onto the wire.
    pub fn pump(&mut self) {
        for to_b in [true, false] {
            let mut out = vec![0; 70_000];
            loop {
                let host = if to_b { &mut self.a } else { &mut self.b };
                let Some(transmit) = host.stack.poll_transmit(self.now, LINK) else { break };
                let len = transmit.write_to(&mut out);
                assert_ne!(len, 0, "a packet fits");
                self.send(to_b, out[..len].to_vec());
            }
        }
        for host in [&mut self.a, &mut self.b] {
            while let Some(event) = host.stack.poll_event() {
                host.events.push(event);
            }
        }
    }

    fn send(&mut self, to_b: bool, octets: Vec<u8>) {
        if let Some(tap) = &mut self.tap {
            tap.push(octets.clone());
        }
        let packet = Packet::parse(&octets).expect("what is sent can be read");
        let mut fate = Fate::Arrives;
        let mut line = None;
        if packet.protocol == cordial_ip::Protocol::Tcp {
            let segment = Segment::parse(packet.payload).expect("what is sent can be read");
            let nth = core::mem::replace(&mut self.passed[usize::from(to_b)], 0);
            self.passed[usize::from(to_b)] = nth + 1;
            let passing = Passing { to_b, nth, now: self.now, segment };
            fate = self.fault.as_mut().map_or(Fate::Arrives, |fault| fault(&passing));
            let sender = if to_b { &mut self.a } else { &mut self.b };
            let phase = sender.stack.observer_mut().sent_phase(&segment);
            let ends =
                if to_b { (packet.source, packet.destination) } else { (packet.destination, packet.source) };
            line = Some(self.ladder.sent(self.now, to_b, ends, &segment, phase));
        }
        let at = self.now + self.delay;
        if let Some(router) = self.router.filter(|router| to_b && octets.len() > router.mtu.into()) {
            fate = Fate::Lost;
            let said = if router.is_old { 0 } else { router.mtu };
            if let Some(octets) = cordial_ip::icmp::too_big(&packet, said).filter(|_| router.tells) {
                self.fly(Flight { at, to_b: false, octets, line: None });
            }
        }
        match fate {
            Fate::Lost => line.map_or((), |line| self.ladder.lost(line)),
            Fate::Arrives => self.fly(Flight { at, to_b, octets, line }),
            Fate::Late(by) => self.fly(Flight { at: at + by, to_b, octets, line }),
            Fate::Twice => {
                self.fly(Flight { at, to_b, octets: octets.clone(), line });
                self.fly(Flight { at, to_b, octets, line: None });
            }
        }
    }

    /// In the order of arrival; what arrives at once, in the order it was sent.
    fn fly(&mut self, flight: Flight) {
        let place = self.flights.iter().rposition(|other| other.at <= flight.at).map_or(0, |at| at + 1);
        self.flights.insert(place, flight);
    }

    /// Gives `b` (or `a`) a packet as if it had come from the wire.
    pub fn inject(&mut self, to_b: bool, octets: &[u8]) {
        let host = if to_b { &mut self.b } else { &mut self.a };
        host.stack.on_frame(self.now, LINK, Frame::new(octets));
        self.pump();
    }

    /// Gives `b` a packet, and nobody what it answers.
    pub fn answers(&mut self, packet: &[u8]) -> Vec<Vec<u8>> {
        self.b.stack.on_frame(self.now, LINK, Frame::new(packet));
        self.b.drain(self.now)
    }

    /// A TCP segment from one host's address to the other's, as a packet.
    pub fn packet(&self, to_b: bool, segment: &Segment<'_>) -> Vec<u8> {
        let (from, to) = if to_b { (&self.a, &self.b) } else { (&self.b, &self.a) };
        packet(from.address, to.address, segment)
    }

    /// Moves all of `octets` from one end to the other's reader, and says what arrived.
    pub fn transfer(&mut self, client: ConnId, server: ConnId, octets: &[u8]) -> Vec<u8> {
        let (mut written, mut read) = (0, Vec::new());
        let give_up = self.now + secs(3600);
        while read.len() < octets.len() && self.now < give_up {
            if written < octets.len() {
                written += self.a.write(self.now, client, &octets[written..]).expect("open");
            }
            self.pump();
            let Some(next) = self.next_moment() else { break };
            self.step_to(next);
            self.b.read(self.now, server, &mut read);
        }
        read
    }

    /// The ladder so far is exactly this; spaces do not count beyond one.
    #[track_caller]
    pub fn assert_ladder(&self, expected: &str) {
        let normal = |text: &str| -> Vec<String> {
            let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
            lines.filter(|line| !line.is_empty()).collect()
        };
        let (got, expected) = (normal(&self.ladder.to_string()), normal(expected));
        assert_eq!(got, expected, "the ladder was\n{}", self.ladder);
    }
}

impl Host {
    fn new(address: IpAddr, seed: u8, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::host(&[address]);
        change(&mut config);
        let stack = Stack::new(config, Dealt::new(seed, &[]), Watch::default());
        Self { stack, address, events: Vec::new() }
    }

    /// Begins anew, nothing remembered: a host that was switched off and on. It chooses these initial numbers.
    pub fn boot(&mut self, seed: u8, numbers: &[u32]) {
        let config = Config::host(&[self.address]);
        self.stack = Stack::new(config, Dealt::new(seed, numbers), Watch::default());
        self.events.clear();
    }

    pub fn at(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.address, port)
    }

    /// All that it has to send now; nobody receives it.
    pub fn drain(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let mut sent = Vec::new();
        while let Some(transmit) = self.stack.poll_transmit(now, LINK) {
            let mut octets = vec![0; transmit.len()];
            transmit.write_to(&mut octets);
            sent.push(octets);
        }
        sent
    }

    pub fn write(&mut self, now: Instant, id: ConnId, octets: &[u8]) -> Result<usize, WriteError> {
        self.stack.write(now, id, &[octets])
    }

    /// Appends what can be read now; the end or an error where there is nothing more to come.
    pub fn read(&mut self, now: Instant, id: ConnId, into: &mut Vec<u8>) -> Option<ReadError> {
        loop {
            let result = self.stack.read_with(now, id, |slices| {
                slices.iter().for_each(|slice| into.extend_from_slice(slice));
                (slices.iter().map(|slice| slice.len()).sum(), ())
            });
            match result {
                Ok(()) => {}
                Err(ReadError::WouldBlock) => return None,
                Err(error) => return Some(error),
            }
        }
    }

    pub fn shutdown(&mut self, now: Instant, id: ConnId, half: Half) {
        self.stack.shutdown(now, id, half);
    }

    /// How the connection ended, as an event told it.
    pub fn ended(&self, id: ConnId) -> Option<CloseCause> {
        self.events.iter().find_map(|event| match event {
            Event::Ended(its, cause) if *its == id => Some(*cause),
            _ => None,
        })
    }

    pub fn take_events(&mut self) -> Vec<Event> {
        core::mem::take(&mut self.events)
    }
}

/// A TCP segment as an IP packet with its checksum in place.
pub fn packet(source: IpAddr, destination: IpAddr, segment: &Segment<'_>) -> Vec<u8> {
    let tcp_len = segment.header_len();
    let payload_len = tcp_len + segment.payload.len();
    let protocol = cordial_ip::Protocol::Tcp;
    let header = cordial_ip::Header { source, destination, protocol, payload_len, identification: 0 };
    let mut out = vec![0; cordial_ip::Header::len_to(destination) + payload_len];
    let ip_len = header.emit(&mut out).expect("it fits");
    segment.emit_header(&mut out[ip_len..]).expect("it fits");
    out[ip_len + tcp_len..].copy_from_slice(segment.payload);
    let mut sum = header.pseudo_sum();
    sum.add(&out[ip_len..]);
    let field = ip_len + Segment::CHECKSUM_OFFSET;
    out[field..field + 2].copy_from_slice(&sum.finish().to_be_bytes());
    out
}
