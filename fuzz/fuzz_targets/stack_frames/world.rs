//! The stack under test, and everything around it: a peer on four ports, an application, a clock.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use cordial_stack::{
    Answer, Bind, Checksum, Config, ConnId, Event, Frame, Half, IcmpCode, Instant, Limits, LinkConfig,
    LinkId, ListenConfig, ListenerId, Seeded, Stack, SynId, UdpId,
};
use cordial_tcp::Keepalive;
use cordial_wire::{Segment, SeqNum};

use crate::packet::{Parts, with_icmp, with_segment};
use crate::script::{Place, Relative, Setting, Step};

const LINK: LinkId = LinkId(0);

/// Bounds so small that a short script reaches them.
const LIMITS: Limits = Limits {
    syn_cache: 4,
    accept_queue: 2,
    undecided: 2,
    time_wait: 4,
    connections: 8,
    memory: 256 << 10,
    replies: 16,
    refusals_per_second: 100,
    udp_queue: 2_048,
    fragments: 8 << 10,
    orphans: 4,
    paths: 2,
    fast_open_servers: 2,
};

/// Packets the stack may put out in one go: its memory full of the smallest segments, and the answers.
const MOST_PACKETS: usize = 2_048;
/// Events it may tell in one go.
const MOST_EVENTS: usize = 256;
/// Deadlines that pass before everything has ended: retransmissions of all connections, and TIME-WAIT.
const MOST_DEADLINES: usize = 4_096;

/// What the stack last sent to one of the peer's ports.
#[derive(Clone, Copy)]
struct Last {
    our_port: u16,
    next: SeqNum,
    ack: SeqNum,
}

/// Everything there is.
pub struct World {
    stack: Stack<Seeded>,
    now: Instant,
    us: IpAddr,
    peer: IpAddr,
    setting: Setting,
    listeners: Vec<ListenerId>,
    undecided: Vec<SynId>,
    conns: Vec<ConnId>,
    sockets: Vec<UdpId>,
    last: [Last; 4],
    last_in: Vec<u8>,
    last_out: Vec<u8>,
    seen: DefaultHasher,
}

impl World {
    /// A stack that has just begun.
    pub fn new(setting: Setting) -> Self {
        let (us, peer) = if setting.six {
            let address = |last| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last));
            (address(1), address(9))
        } else {
            (IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), IpAddr::V4(Ipv4Addr::new(192, 0, 2, 9)))
        };
        let link = LinkConfig {
            max_super: if setting.offload { 65_000 } else { 0 },
            checksum_offload: setting.offload,
            ..LinkConfig::default()
        };
        let config = Config {
            any_address: setting.any_address,
            links: vec![link],
            limits: LIMITS,
            ..Config::host(&[us])
        };
        let nothing = Last { our_port: 80, next: SeqNum(0), ack: SeqNum(1_000) };
        Self {
            stack: Stack::new(config, Seeded::new([42; 32]), ()),
            now: Instant::from_millis(1),
            us,
            peer,
            setting,
            listeners: Vec::new(),
            undecided: Vec::new(),
            conns: Vec::new(),
            sockets: Vec::new(),
            last: [nothing; 4],
            last_in: Vec::new(),
            last_out: Vec::new(),
            seen: DefaultHasher::new(),
        }
    }

    /// Does one step.
    pub fn take(&mut self, step: Step) {
        let now = self.now;
        match step {
            Step::Wait(millis) => self.now = now + Duration::from_millis(millis),
            Step::Segment(relative) => self.segment(relative),
            Step::Raw(octets) => self.arrive(octets),
            Step::Again { at, octet } => self.again(at, octet),
            Step::Icmp { kind, code, mtu } => self.icmp(kind, code, mtu),
            Step::Listen(place) => self.listen(place),
            Step::CloseListener(which) => {
                if let Some(listener) = remove(&mut self.listeners, which) {
                    self.stack.close_listener(now, listener);
                }
            }
            Step::Answer(how) => self.answer(how),
            Step::Accept(which) => {
                if let Some(conn) = pick(&self.listeners, which).and_then(|l| self.stack.accept(now, l)) {
                    self.conns.push(conn);
                }
            }
            Step::Connect(which) => self.connect(which),
            Step::UdpBind(port) => self.sockets.extend(self.stack.udp_bind(Bind::Port(port)).ok()),
            Step::UdpSend(which, len) => self.udp_send(which, len),
            Step::UdpRecv(which) => {
                let datagram = pick(&self.sockets, which).and_then(|socket| self.stack.udp_recv(socket));
                assert!(datagram.is_none_or(|datagram| datagram.octets.len() <= LIMITS.udp_queue as usize));
            }
            Step::Mtu(mtu) => self.stack.set_link(LINK, LinkConfig { mtu, ..LinkConfig::default() }),
            Step::Write(which, _)
            | Step::Read(which, _)
            | Step::Shutdown(which, _)
            | Step::Release(which)
            | Step::Abort(which)
            | Step::Nodelay(which, _)
            | Step::Keepalive(which) => self.call(which, &step),
        }
    }

    /// Takes everything that is to be done, and looks whether it is in order.
    pub fn settle(&mut self) {
        self.stack.on_timer(self.now);
        self.take_events();
        self.take_packets();
        self.take_events();
        assert!(!self.stack.has_output(LINK), "nothing is left to be sent");
        if let Some(deadline) = self.stack.next_deadline() {
            assert!(deadline > self.now, "a deadline that has passed is not told again");
        }
        self.assert_bounds();
    }

    /// Everyone lets go; then time alone ends everything.
    pub fn wind_up(&mut self) {
        for listener in std::mem::take(&mut self.listeners) {
            self.stack.close_listener(self.now, listener);
        }
        for conn in std::mem::take(&mut self.conns) {
            self.stack.release(self.now, conn);
        }
        self.settle();
        for _ in 0..MOST_DEADLINES {
            let Some(deadline) = self.stack.next_deadline() else { break };
            self.now = deadline;
            self.settle();
        }
        assert_eq!(self.stack.next_deadline(), None, "no timer runs for ever");
        assert_eq!((self.stack.connections(), self.stack.half_open(), self.stack.time_wait()), (0, 0, 0));
    }

    /// A print of everything that came out, and of the state at the end.
    pub fn print(mut self) -> u64 {
        self.stack.fingerprint(self.now, &mut self.seen);
        self.seen.finish()
    }

    fn segment(&mut self, relative: Relative) {
        let last = self.last[usize::from(relative.peer % 4)];
        let payload = vec![b'p'; usize::from(relative.payload)];
        let segment = Segment {
            source: 1_000 + u16::from(relative.peer % 4),
            destination: last.our_port,
            seq: last.ack + relative.seq as u32,
            ack_number: last.next + relative.ack as u32,
            flags: relative.flags,
            window: relative.window,
            urgent: 1,
            options: relative.options,
            payload: &payload,
        };
        self.arrive(with_segment(self.peer, self.us, &segment));
    }

    fn arrive(&mut self, packet: Vec<u8>) {
        self.stack.on_frame(self.now, LINK, Frame::new(&packet));
        self.last_in = packet;
    }

    fn again(&mut self, at: u16, octet: u8) {
        let mut packet = self.last_in.clone();
        let len = packet.len();
        if let Some(place) = packet.get_mut(usize::from(at) % len.max(1)) {
            *place = octet;
        }
        self.arrive(packet);
    }

    fn icmp(&mut self, kind: u8, code: u8, mtu: u16) {
        let packet = with_icmp(self.peer, self.us, (kind, code, mtu), &self.last_out);
        self.arrive(packet);
    }

    fn listen(&mut self, place: Place) {
        let at = match place {
            Place::Any => Bind::Any,
            Place::Http => Bind::Addr(SocketAddr::new(self.us, 80)),
            Place::Port(port) => Bind::Port(port),
        };
        let config = ListenConfig { decide: self.setting.decide, ..ListenConfig::default() };
        self.listeners.extend(self.stack.listen(at, config).ok());
    }

    fn answer(&mut self, how: u8) {
        let Some(syn) = self.undecided.pop() else { return };
        let answer = match how % 4 {
            0 => Answer::Accept,
            1 => Answer::Reset,
            2 => Answer::Unreachable(IcmpCode::Host),
            _ => Answer::Ignore,
        };
        let _ = self.stack.answer(self.now, syn, answer);
    }

    fn connect(&mut self, which: u8) {
        let to = SocketAddr::new(self.peer, 1_000 + u16::from(which % 4));
        let from = (which & 128 != 0).then(|| SocketAddr::new(self.us, 80));
        let tcp = Arc::clone(self.stack.tcp_config());
        self.conns.extend(self.stack.connect(self.now, from, to, &tcp).ok());
    }

    fn udp_send(&mut self, which: u8, len: u16) {
        let Some(socket) = pick(&self.sockets, which) else { return };
        let to = SocketAddr::new(self.peer, 53);
        let _ = self.stack.udp_send(socket, None, to, &vec![b'u'; usize::from(len)]);
    }

    /// A call on a connection; those that were released are called too.
    fn call(&mut self, which: u8, step: &Step) {
        let Some(conn) = pick(&self.conns, which >> 1) else { return };
        let (stack, now) = (&mut self.stack, self.now);
        match *step {
            Step::Write(_, len) => {
                let taken = stack.write(now, conn, &[&vec![b'w'; usize::from(len)]]);
                assert!(taken.is_ok_and(|taken| taken <= usize::from(len)) || taken.is_err());
            }
            Step::Read(_, len) => {
                let _ = stack.read_with(now, conn, |slices| {
                    let there: usize = slices.iter().map(|slice| slice.len()).sum();
                    assert!(there > 0, "a read that has nothing does not get here");
                    (there.min(usize::from(len)), ())
                });
            }
            Step::Shutdown(_, half) => {
                stack.shutdown(now, conn, [Half::Read, Half::Write, Half::Both][usize::from(half % 3)]);
            }
            Step::Release(_) => stack.release(now, conn),
            Step::Abort(_) => stack.abort(now, conn),
            Step::Nodelay(_, on) => stack.set_nodelay(now, conn, on),
            _ => stack.set_keepalive(now, conn, (which & 1 == 0).then(Keepalive::default)),
        }
    }

    fn take_events(&mut self) {
        for _ in 0..MOST_EVENTS {
            let Some(event) = self.stack.poll_event() else { return };
            format!("{event:?}").hash(&mut self.seen);
            if let Event::Incoming(_, syn, _) = event {
                self.undecided.push(syn);
            }
        }
        panic!("more than {MOST_EVENTS} events in one go");
    }

    fn take_packets(&mut self) {
        for _ in 0..MOST_PACKETS {
            let Some(packet) = self.stack.poll_transmit(self.now, LINK) else { return };
            let mut octets = vec![0; packet.len()];
            assert_eq!(packet.write_to(&mut octets), octets.len(), "a packet fits where it says it does");
            let partial = matches!(packet.checksum, Checksum::Partial { .. });
            assert!(
                self.setting.offload || (!partial && packet.gso.is_none()),
                "nothing is left to a simple device"
            );
            self.judge(octets, partial);
        }
        panic!("more than {MOST_PACKETS} packets in one go");
    }

    /// A packet of the stack's: whole, right, and remembered.
    fn judge(&mut self, octets: Vec<u8>, partial: bool) {
        octets.hash(&mut self.seen);
        let parts = Parts::of(&octets);
        parts.assert_checksum(partial);
        if let Some(segment) = parts.segment() {
            let port = segment.destination.wrapping_sub(1_000);
            if let Some(last) = self.last.get_mut(usize::from(port)) {
                let ack = segment.ack().unwrap_or(last.ack);
                *last = Last { our_port: segment.source, next: segment.end(), ack };
            }
        }
        self.last_out = octets;
    }

    fn assert_bounds(&self) {
        assert!(self.stack.connections() <= LIMITS.connections as usize);
        assert!(self.stack.half_open() <= LIMITS.syn_cache as usize);
        assert!(self.stack.time_wait() <= LIMITS.time_wait as usize);
        for &listener in &self.listeners {
            assert!(self.stack.queued(listener) <= LIMITS.accept_queue as usize);
        }
    }
}

/// One of them, whatever the number.
fn pick<T: Copy>(all: &[T], which: u8) -> Option<T> {
    all.get(usize::from(which).checked_rem(all.len())?).copied()
}

fn remove<T>(all: &mut Vec<T>, which: u8) -> Option<T> {
    let at = usize::from(which).checked_rem(all.len())?;
    Some(all.swap_remove(at))
}
