//! Packets of somebody who is not who they say.

use std::net::Ipv4Addr;

use cordial_ip::{Header, Protocol};
use cordial_wire::checksum::Sum;
use cordial_wire::{Flags, Options, Segment, SeqNum, Timestamps};

/// The longest forged packet: IPv4, TCP with all its options, and the octets of data.
const LONGEST: usize = 20 + Segment::MAX_HEADER_LEN + 100;

/// Makes packets by a xorshift generator: the same in every run.
pub struct Forger {
    dice: u64,
    packet: [u8; LONGEST],
}

impl Forger {
    /// Everything follows from `seed`, which is not 0.
    pub fn new(seed: u64) -> Self {
        Self { dice: seed, packet: [0; LONGEST] }
    }

    /// Sixty-four bits.
    pub fn draw(&mut self) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        // The low bits of a xorshift follow each other too closely.
        self.dice.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A SYN to `to`, with the options that systems of today send, from anywhere.
    pub fn syn(&mut self, to: (Ipv4Addr, u16)) -> &[u8] {
        let (address, numbers) = (self.draw(), self.draw());
        let [_, b, c, d] = (address as u32).to_be_bytes();
        // Unicast, and none of the networks that packets may not come from.
        let from = Ipv4Addr::new(11 + (address >> 32) as u8 % 100, b, c, d);
        let options = Options {
            mss: Some(1460),
            window_scale: Some(7),
            sack_permitted: true,
            timestamps: Some(Timestamps { value: (numbers >> 32) as u32, echo: 0 }),
            ..Options::default()
        };
        let segment = Segment {
            source: 1024 + (address >> 48) as u16 % 60_000,
            destination: to.1,
            seq: SeqNum(numbers as u32),
            flags: Flags::SYN,
            window: 64_240,
            options,
            ..Segment::default()
        };
        self.packet(from, to.0, &segment)
    }

    /// The segment as a packet, checksums right.
    pub fn packet(&mut self, from: Ipv4Addr, to: Ipv4Addr, segment: &Segment<'_>) -> &[u8] {
        let header_len = segment.header_len();
        let payload_len = header_len + segment.payload.len();
        let header = Header {
            source: from.into(),
            destination: to.into(),
            protocol: Protocol::Tcp,
            payload_len,
            identification: 0,
        };
        let ip_len = header.emit(&mut self.packet).expect("there is room for it");
        let tcp = &mut self.packet[ip_len..ip_len + payload_len];
        segment.emit_header(tcp).expect("there is room for it");
        tcp[header_len..].copy_from_slice(segment.payload);
        let mut sum: Sum = header.pseudo_sum();
        sum.add(tcp);
        tcp[Segment::CHECKSUM_OFFSET..][..2].copy_from_slice(&sum.finish().to_be_bytes());
        &self.packet[..ip_len + payload_len]
    }
}
