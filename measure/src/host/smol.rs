//! smoltcp as a [`Host`].

use std::net::{Ipv4Addr, SocketAddrV4};

use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::tcp::{RecvError, Socket, SocketBuffer, State};
use smoltcp::time::Instant;
use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr};

use super::{Host, Read};
use crate::wire::Wire;

const MTU: usize = 1500;

/// What a socket is used for at the moment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// It listens, or its handshake is not over.
    Listening,
    /// The program has it.
    Held,
    /// The program let go; the last segments are still to be sent.
    Closing,
    /// Free to connect with.
    Idle,
}

/// An interface and its sockets.
pub struct Smol {
    interface: Interface,
    sockets: SocketSet<'static>,
    slots: Vec<(SocketHandle, Use)>,
    idle: Vec<usize>,
    accepted: Vec<usize>,
    port: u16,
    next_port: u16,
    buffer: usize,
}

impl Smol {
    fn socket(&mut self, slot: usize) -> &mut Socket<'static> {
        self.sockets.get_mut(self.slots[slot].0)
    }

    fn new_socket(&self) -> Socket<'static> {
        Socket::new(SocketBuffer::new(vec![0; self.buffer]), SocketBuffer::new(vec![0; self.buffer]))
    }

    fn add_slot(&mut self, use_: Use) -> usize {
        let handle = self.sockets.add(self.new_socket());
        self.slots.push((handle, use_));
        self.slots.len() - 1
    }

    /// Hands over what opened, and takes back what closed.
    fn sweep(&mut self) {
        for slot in 0..self.slots.len() {
            let state = self.socket(slot).state();
            match (self.slots[slot].1, state) {
                (Use::Listening, State::Established | State::CloseWait) => {
                    self.slots[slot].1 = Use::Held;
                    self.accepted.push(slot);
                }
                (Use::Closing, State::Closed) if self.port != 0 => {
                    let port = self.port;
                    self.socket(slot).listen(port).expect("a closed socket can listen");
                    self.slots[slot].1 = Use::Listening;
                }
                // A socket stays in TIME-WAIT for ten seconds; a program that goes on takes another one.
                (Use::Closing, State::Closed | State::TimeWait) => {
                    self.sockets.remove(self.slots[slot].0);
                    let fresh = self.new_socket();
                    self.slots[slot] = (self.sockets.add(fresh), Use::Idle);
                    self.idle.push(slot);
                }
                _ => {}
            }
        }
    }
}

impl Host for Smol {
    const NAME: &'static str = "smoltcp";

    type Conn = usize;

    fn new(address: Ipv4Addr, buffer: usize) -> Self {
        let mut config = Config::new(HardwareAddress::Ip);
        config.random_seed = 7;
        let (mut inbound, mut outbound) = (Wire::default(), Wire::default());
        let mut device = Ends { inbound: &mut inbound, outbound: &mut outbound };
        let mut interface = Interface::new(config, &mut device, Instant::ZERO);
        interface.update_ip_addrs(|addresses| {
            addresses.push(IpCidr::new(IpAddress::Ipv4(address), 24)).expect("there is room for one address");
        });
        Self {
            interface,
            sockets: SocketSet::new(Vec::new()),
            slots: Vec::new(),
            idle: Vec::new(),
            accepted: Vec::new(),
            port: 0,
            next_port: 32_768,
            buffer,
        }
    }

    fn index(conn: usize) -> usize {
        conn
    }

    fn listen(&mut self, port: u16, at_once: usize) {
        self.port = port;
        for _ in 0..at_once {
            let slot = self.add_slot(Use::Listening);
            self.socket(slot).listen(port).expect("a new socket can listen");
        }
    }

    fn connect(&mut self, _: u64, to: SocketAddrV4) -> usize {
        let slot = self.idle.pop().unwrap_or_else(|| self.add_slot(Use::Idle));
        self.slots[slot].1 = Use::Held;
        let socket = self.sockets.get_mut::<Socket<'_>>(self.slots[slot].0);
        let to = (IpAddress::Ipv4(*to.ip()), to.port());
        socket.connect(self.interface.context(), to, self.next_port).expect("an idle socket can connect");
        self.next_port = self.next_port.checked_add(1).unwrap_or(32_768);
        slot
    }

    fn accept(&mut self, _: u64) -> Option<usize> {
        self.accepted.pop()
    }

    /// All that the program has: a look at a socket is cheap, and a program without wakers does so.
    fn ready(&mut self, conns: &mut Vec<usize>) {
        let held = self.slots.iter().enumerate().filter(|(_, (_, use_))| *use_ == Use::Held);
        conns.extend(held.map(|(slot, _)| slot));
    }

    fn send(&mut self, _: u64, conn: usize, octets: &[u8]) -> usize {
        self.socket(conn).send_slice(octets).unwrap_or(0)
    }

    fn receive(&mut self, _: u64, conn: usize, into: &mut [u8]) -> Read {
        let socket = self.socket(conn);
        match socket.recv_slice(into) {
            Ok(0) => Read::Nothing,
            Ok(count) => Read::Octets(count),
            Err(RecvError::Finished) => Read::End,
            Err(RecvError::InvalidState) if socket.state() == State::Closed => Read::Broken,
            Err(RecvError::InvalidState) => Read::Nothing,
        }
    }

    fn finish(&mut self, _: u64, conn: usize) {
        self.socket(conn).close();
    }

    fn forget(&mut self, _: u64, conn: usize) {
        self.slots[conn].1 = Use::Closing;
    }

    fn poll(&mut self, now: u64, inbound: &mut Wire, outbound: &mut Wire) {
        let mut device = Ends { inbound, outbound };
        self.interface.poll(instant(now), &mut device, &mut self.sockets);
        self.sweep();
    }

    fn deadline(&mut self, now: u64) -> Option<u64> {
        let at = self.interface.poll_at(instant(now), &self.sockets)?;
        Some(u64::try_from(at.total_micros()).unwrap_or(0) * 1_000)
    }
}

fn instant(now: u64) -> Instant {
    Instant::from_micros(i64::try_from(now / 1_000).unwrap_or(i64::MAX))
}

/// Both directions of the wire as the device that smoltcp wants.
struct Ends<'a> {
    inbound: &'a mut Wire,
    outbound: &'a mut Wire,
}

/// A packet that arrived, and where its buffer goes.
struct Arrived<'a> {
    packet: Vec<u8>,
    wire: &'a mut Wire,
}

/// Room for a packet.
struct Room<'a>(&'a mut Wire);

impl Device for Ends<'_> {
    type RxToken<'a>
        = Arrived<'a>
    where
        Self: 'a;
    type TxToken<'a>
        = Room<'a>
    where
        Self: 'a;

    fn receive(&mut self, _: Instant) -> Option<(Arrived<'_>, Room<'_>)> {
        let packet = self.inbound.take()?;
        Some((Arrived { packet, wire: self.inbound }, Room(self.outbound)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Room<'_>> {
        self.outbound.has_room().then_some(Room(self.outbound))
    }

    /// Both checksums are computed and verified: the default.
    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = MTU;
        capabilities
    }
}

impl RxToken for Arrived<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        let result = read(&self.packet);
        self.wire.back(self.packet);
        result
    }
}

impl TxToken for Room<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, fill: F) -> R {
        self.0.put(len, fill)
    }
}
