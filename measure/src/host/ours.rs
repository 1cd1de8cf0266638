//! `cordial-stack` as a [`Host`].

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;

use cordial_stack::{
    Bind, Config, ConnId, Event, Frame, Half, Instant, LinkId, ListenConfig, ListenerId, ReadError, Seeded,
    Stack, TcpConfig,
};

use super::{Host, Read};
use crate::wire::Wire;

const LINK: LinkId = LinkId(0);

/// A stack of ours, and the connections it told of.
pub struct Ours {
    stack: Stack<Seeded>,
    tcp: Arc<TcpConfig>,
    listener: Option<ListenerId>,
    ready: Vec<ConnId>,
    /// By index: it is in `ready`.
    is_ready: Vec<bool>,
}

impl Ours {
    /// A host whose ports to connect from are all but the lowest: for crowds.
    pub fn with_many_ports(address: Ipv4Addr, buffer: usize) -> Self {
        let config = Config { ephemeral_ports: 1_024..=65_535, ..Config::host(&[IpAddr::V4(address)]) };
        Self::with_config(config, buffer)
    }

    /// A host with these settings, but for the buffers of its connections.
    pub fn with_config(config: Config, buffer: usize) -> Self {
        let octets = u32::try_from(buffer).unwrap_or(u32::MAX);
        let tcp = Arc::new(TcpConfig {
            receive_buffer: octets,
            receive_buffer_max: octets,
            send_buffer: octets,
            ..TcpConfig::default()
        });
        let config = Config { tcp: Arc::clone(&tcp), ..config };
        Self {
            stack: Stack::new(config, Seeded::new([7; 32]), ()),
            tcp,
            listener: None,
            ready: Vec::new(),
            is_ready: Vec::new(),
        }
    }

    /// Connections there are.
    pub fn connections(&self) -> usize {
        self.stack.connections()
    }

    /// The port that a connection has here.
    pub fn port(&self, conn: ConnId) -> u16 {
        self.stack.info(conn).map_or(0, |info| info.tuple.local.port())
    }

    /// Lists a connection once, however much is told of it.
    fn note(&mut self, conn: ConnId) {
        let index = conn.index();
        if index >= self.is_ready.len() {
            self.is_ready.resize(index + 1, false);
        }
        if !std::mem::replace(&mut self.is_ready[index], true) {
            self.ready.push(conn);
        }
    }

    fn take_events(&mut self) {
        while let Some(event) = self.stack.poll_event() {
            match event {
                Event::Opened(conn)
                | Event::Readable(conn)
                | Event::Writable(conn)
                | Event::Ended(conn, _) => {
                    self.note(conn);
                }
                _ => {}
            }
        }
    }
}

impl Host for Ours {
    const NAME: &'static str = "cordial";

    type Conn = ConnId;

    fn new(address: Ipv4Addr, buffer: usize) -> Self {
        Self::with_config(Config::host(&[IpAddr::V4(address)]), buffer)
    }

    fn index(conn: ConnId) -> usize {
        conn.index()
    }

    fn listen(&mut self, port: u16, at_once: usize) {
        let backlog = Some(u32::try_from(at_once).unwrap_or(u32::MAX));
        let config = ListenConfig { backlog, ..ListenConfig::default() };
        self.listener = Some(self.stack.listen(Bind::Port(port), config).expect("the port is free"));
    }

    fn connect(&mut self, now: u64, to: SocketAddrV4) -> ConnId {
        let tcp = Arc::clone(&self.tcp);
        let now = Instant::from_nanos(now);
        self.stack.connect(now, None, SocketAddr::V4(to), &tcp).expect("there is a port left")
    }

    fn accept(&mut self, now: u64) -> Option<ConnId> {
        self.stack.accept(Instant::from_nanos(now), self.listener?)
    }

    fn ready(&mut self, conns: &mut Vec<ConnId>) {
        self.take_events();
        for conn in self.ready.drain(..) {
            self.is_ready[conn.index()] = false;
            conns.push(conn);
        }
    }

    fn send(&mut self, now: u64, conn: ConnId, octets: &[u8]) -> usize {
        self.stack.write(Instant::from_nanos(now), conn, &[octets]).unwrap_or(0)
    }

    fn receive(&mut self, now: u64, conn: ConnId, into: &mut [u8]) -> Read {
        let copied = self.stack.read_with(Instant::from_nanos(now), conn, |slices| {
            let count = copy(slices, into);
            (count, count)
        });
        match copied {
            Ok(count) => Read::Octets(count),
            Err(ReadError::WouldBlock) => Read::Nothing,
            Err(ReadError::End) => Read::End,
            Err(ReadError::Closed(_)) => Read::Broken,
        }
    }

    fn finish(&mut self, now: u64, conn: ConnId) {
        self.stack.shutdown(Instant::from_nanos(now), conn, Half::Write);
    }

    fn forget(&mut self, now: u64, conn: ConnId) {
        self.stack.release(Instant::from_nanos(now), conn);
    }

    fn poll(&mut self, now: u64, inbound: &mut Wire, outbound: &mut Wire) {
        let now = Instant::from_nanos(now);
        while let Some(packet) = inbound.take() {
            self.stack.on_frame(now, LINK, Frame::new(&packet));
            inbound.back(packet);
        }
        self.stack.on_timer(now);
        while outbound.has_room() {
            let Some(packet) = self.stack.poll_transmit(now, LINK) else { break };
            outbound.put(packet.len(), |room| packet.write_to(room));
        }
        self.take_events();
    }

    fn deadline(&mut self, _: u64) -> Option<u64> {
        self.stack.next_deadline().map(Instant::as_nanos)
    }
}

/// Copies as much of the slices as `into` holds.
fn copy(slices: &[&[u8]], into: &mut [u8]) -> usize {
    let mut filled = 0;
    for slice in slices {
        let count = slice.len().min(into.len() - filled);
        into[filled..filled + count].copy_from_slice(&slice[..count]);
        filled += count;
    }
    filled
}
