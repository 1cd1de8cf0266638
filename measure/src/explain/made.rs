//! Captures of a given size, in the shapes that are hardest on memory or time.

use std::io::Write;
use std::net::Ipv4Addr;
use std::time::Duration;

use etherparse::PacketBuilder;
use pcap_file::DataLink;
use pcap_file::pcap::{PcapHeader, PcapPacket, PcapWriter};

use crate::Error;

/// A kind of capture.
pub struct Shape {
    /// What to call it.
    pub name: &'static str,
    /// Writes one of so many packets.
    pub write: fn(&mut dyn Write, u32) -> Result<(), Error>,
}

/// All of them.
pub const SHAPES: &[Shape] = &[
    Shape { name: "one", write: one },
    Shape { name: "many", write: many },
    Shape { name: "open", write: open },
    Shape { name: "flood", write: flood },
];

/// One packet each 10 µs.
struct File<'a> {
    writer: PcapWriter<&'a mut dyn Write>,
    packets: u32,
    packet: Vec<u8>,
}

/// A connection in the making.
#[derive(Clone, Copy)]
struct Talk {
    client: (Ipv4Addr, u16),
    /// The next number of each end.
    next: [u32; 2],
}

const SYN: u8 = 2;
const FIN: u8 = 1;
const ACK: u8 = 16;
const SERVER: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 443);
const OCTETS: [u8; 1_400] = [b'.'; 1_400];

impl<'a> File<'a> {
    fn new(out: &'a mut dyn Write) -> Result<Self, Error> {
        let header = PcapHeader { datalink: DataLink::ETHERNET, ..PcapHeader::default() };
        Ok(Self { writer: PcapWriter::with_header(out, header)?, packets: 0, packet: Vec::new() })
    }

    /// Writes what end 0, the client, or 1 sends.
    fn send(&mut self, talk: &mut Talk, end: usize, flags: u8, payload: &[u8]) -> Result<(), Error> {
        let (from, to) = if end == 0 { (talk.client, SERVER) } else { (SERVER, talk.client) };
        let id = (self.packets as u16).wrapping_add(1);
        let mut builder = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
            .ip(etherparse::IpHeaders::Ipv4(
                etherparse::Ipv4Header {
                    source: from.0.octets(),
                    destination: to.0.octets(),
                    time_to_live: 64,
                    identification: id,
                    ..etherparse::Ipv4Header::default()
                },
                etherparse::Ipv4Extensions::default(),
            ))
            .tcp(from.1, to.1, talk.next[end], 65_000);
        if flags & SYN != 0 {
            builder = builder.syn().options(&[etherparse::TcpOptionElement::MaximumSegmentSize(1_460)])?;
        }
        if flags & FIN != 0 {
            builder = builder.fin();
        }
        if flags & ACK != 0 {
            builder = builder.ack(talk.next[1 - end]);
        }
        self.packet.clear();
        builder.write(&mut self.packet, payload)?;
        let time = Duration::from_micros(u64::from(self.packets) * 10);
        let len = u32::try_from(self.packet.len())?;
        self.writer.write_packet(&PcapPacket::new(time, len, &self.packet))?;
        let positions = u32::try_from(payload.len())? + u32::from(flags & (SYN | FIN) != 0);
        talk.next[end] = talk.next[end].wrapping_add(positions);
        self.packets += 1;
        Ok(())
    }
}

impl Talk {
    fn new(number: u32) -> Self {
        let [_, a, b, c] = (number / 50_000).to_be_bytes();
        let port = 10_000 + (number % 50_000) as u16;
        Self { client: (Ipv4Addr::new(10, a, b, c), port), next: [number.wrapping_mul(7_919), 1_000_000] }
    }

    /// The handshake, a request, its answer, both goodbyes: ten packets.
    const STEPS: [(usize, u8, usize); 10] = [
        (0, SYN, 0),
        (1, SYN | ACK, 0),
        (0, ACK, 0),
        (0, ACK, 120),
        (1, ACK, 0),
        (1, ACK, 1_000),
        (0, ACK, 0),
        (1, FIN | ACK, 0),
        (0, FIN | ACK, 0),
        (1, ACK, 0),
    ];

    fn step(&mut self, step: usize, file: &mut File<'_>) -> Result<(), Error> {
        let (end, flags, len) = Self::STEPS[step % 10];
        file.send(self, end, flags, &OCTETS[..len])
    }
}

/// One connection that carries everything: two segments, then an acknowledgment; each hundredth is sent again.
fn one(out: &mut dyn Write, packets: u32) -> Result<(), Error> {
    let (mut file, mut talk) = (File::new(out)?, Talk::new(1));
    for step in 0..3 {
        talk.step(step, &mut file)?;
    }
    while file.packets < packets {
        let before = talk;
        file.send(&mut talk, 0, ACK, &OCTETS)?;
        if file.packets % 100 == 0 {
            file.send(&mut before.clone(), 0, ACK, &OCTETS)?;
        }
        file.send(&mut talk, 0, ACK, &OCTETS)?;
        file.send(&mut talk, 1, ACK, &[])?;
    }
    Ok(())
}

/// Short connections, a thousand at a time.
fn many(out: &mut dyn Write, packets: u32) -> Result<(), Error> {
    let mut file = File::new(out)?;
    for thousand in 0..packets / 10_000 {
        let mut talks: Vec<Talk> = (0..1_000).map(|n| Talk::new(thousand * 1_000 + n)).collect();
        for step in 0..10 {
            talks.iter_mut().try_for_each(|talk| talk.step(step, &mut file))?;
        }
    }
    Ok(())
}

/// Connections that open and stay.
fn open(out: &mut dyn Write, packets: u32) -> Result<(), Error> {
    let mut file = File::new(out)?;
    let mut talks: Vec<Talk> = (0..packets / 3).map(Talk::new).collect();
    for step in 0..3 {
        talks.iter_mut().try_for_each(|talk| talk.step(step, &mut file))?;
    }
    Ok(())
}

/// SYNs, each from elsewhere.
fn flood(out: &mut dyn Write, packets: u32) -> Result<(), Error> {
    let mut file = File::new(out)?;
    (0..packets).try_for_each(|n| Talk::new(n).step(0, &mut file))
}
