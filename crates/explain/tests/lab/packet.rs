//! What a rule of the wire sees of a packet.

use std::net::IpAddr;

use cordial_trace::event::Side;
use etherparse::{IpSlice, SlicedPacket, TransportSlice};

/// A packet on the wire, as far as rules ask.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    pub from: Side,
    /// Source and destination.
    pub hosts: [IpAddr; 2],
    /// Source and destination; zeros if it is not TCP.
    pub ports: [u16; 2],
    pub is_tcp: bool,
    pub syn: bool,
    pub ack: bool,
    pub fin: bool,
    pub rst: bool,
    pub seq: u32,
    pub ack_number: u32,
    /// Octets of data.
    pub len: usize,
}

impl Sight {
    /// `None` for what is not an IP packet.
    pub fn of(from: Side, octets: &[u8]) -> Option<Self> {
        let sliced = SlicedPacket::from_ip(octets).ok()?;
        let ip = match sliced.net? {
            etherparse::NetSlice::Ipv4(ip) => IpSlice::Ipv4(ip),
            etherparse::NetSlice::Ipv6(ip) => IpSlice::Ipv6(ip),
            _ => return None,
        };
        let hosts = [ip.source_addr(), ip.destination_addr()];
        let none = Self {
            from,
            hosts,
            ports: [0; 2],
            is_tcp: false,
            syn: false,
            ack: false,
            fin: false,
            rst: false,
            seq: 0,
            ack_number: 0,
            len: 0,
        };
        let Some(TransportSlice::Tcp(tcp)) = sliced.transport else { return Some(none) };
        Some(Self {
            ports: [tcp.source_port(), tcp.destination_port()],
            is_tcp: true,
            syn: tcp.syn(),
            ack: tcp.ack(),
            fin: tcp.fin(),
            rst: tcp.rst(),
            seq: tcp.sequence_number(),
            ack_number: tcp.acknowledgment_number(),
            len: tcp.payload().len(),
            ..none
        })
    }

    pub fn is_client(&self) -> bool {
        self.from == Side::Client
    }

    pub fn is_bare_syn(&self) -> bool {
        self.syn && !self.ack
    }

    pub fn is_syn_ack(&self) -> bool {
        self.syn && self.ack
    }

    /// An acknowledgment and nothing else.
    pub fn is_bare_ack(&self) -> bool {
        self.ack && !self.syn && !self.fin && !self.rst && self.len == 0
    }

    pub fn is_data(&self) -> bool {
        self.len > 0 && !self.syn
    }

    /// True if either port is `port`.
    pub fn on(&self, port: u16) -> bool {
        self.ports.contains(&port)
    }
}

/// Lowers the time to live, as `hops` routers do, and mends the header's checksum.
pub fn age(octets: &mut [u8], hops: u8) {
    match octets.first().map(|first| first >> 4) {
        Some(4) => {
            octets[8] = octets[8].saturating_sub(hops);
            let len = usize::from(octets[0] & 0xf) * 4;
            octets[10..12].fill(0);
            let sum = octets[..len]
                .chunks_exact(2)
                .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])))
                .sum::<u32>();
            let sum = (sum & 0xffff) + (sum >> 16);
            let sum = !((sum & 0xffff) + (sum >> 16)) as u16;
            octets[10..12].copy_from_slice(&sum.to_be_bytes());
        }
        Some(6) => octets[7] = octets[7].saturating_sub(hops),
        _ => {}
    }
}

/// A copy of a TCP segment's IPv4 packet with another sequence number and only the RST flag, as someone who has seen
/// the packet could forge it.
pub fn forged_reset(octets: &[u8], seq: u32) -> Vec<u8> {
    let sliced = SlicedPacket::from_ip(octets).expect("a packet of the kernel's");
    let Some(etherparse::NetSlice::Ipv4(ip)) = sliced.net else { panic!("IPv4 only") };
    let Some(TransportSlice::Tcp(tcp)) = sliced.transport else { panic!("TCP only") };
    let (from, to) = (ip.header().source(), ip.header().destination());
    let packet = etherparse::PacketBuilder::ipv4(from, to, ip.header().ttl())
        .tcp(tcp.source_port(), tcp.destination_port(), seq, 0)
        .rst();
    let mut out = Vec::new();
    packet.write(&mut out, &[]).expect("into memory");
    out
}
