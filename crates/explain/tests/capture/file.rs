//! Capture files, octet by octet, in every form that is read.

use std::net::{IpAddr, SocketAddr};

use etherparse::PacketBuilder;

/// A TCP segment to be put into a capture. Numbers are as on the wire.
#[derive(Clone)]
pub struct Packet {
    pub micros: u64,
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub flags: &'static str,
    pub seq: u32,
    pub ack: u32,
    pub payload: Vec<u8>,
    pub ip_id: u16,
    pub ttl: u8,
}

impl Packet {
    /// It as an IP packet, checksums and all.
    pub fn ip(&self) -> Vec<u8> {
        let builder = match (self.from.ip(), self.to.ip()) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => PacketBuilder::ip(etherparse::IpHeaders::Ipv4(
                etherparse::Ipv4Header {
                    source: source.octets(),
                    destination: destination.octets(),
                    time_to_live: self.ttl,
                    identification: self.ip_id,
                    ..etherparse::Ipv4Header::default()
                },
                etherparse::Ipv4Extensions::default(),
            )),
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                PacketBuilder::ipv6(source.octets(), destination.octets(), self.ttl)
            }
            _ => panic!("two families"),
        };
        let mut builder = builder.tcp(self.from.port(), self.to.port(), self.seq, 64_000);
        for flag in self.flags.split('+') {
            builder = match flag {
                "SYN" => builder.syn(),
                "FIN" => builder.fin(),
                "RST" => builder.rst(),
                "ACK" => builder.ack(self.ack),
                other => panic!("no flag {other}"),
            };
        }
        if self.flags.contains("SYN") {
            let options = [
                etherparse::TcpOptionElement::MaximumSegmentSize(1_460),
                etherparse::TcpOptionElement::SelectiveAcknowledgementPermitted,
                etherparse::TcpOptionElement::WindowScale(7),
            ];
            builder = builder.options(&options).expect("they fit");
        }
        let mut octets = Vec::new();
        builder.write(&mut octets, &self.payload).expect("memory takes everything");
        octets
    }
}

/// Puts the header of a link before an IP packet.
pub fn framed(link: u16, ip: &[u8]) -> Vec<u8> {
    let kind: [u8; 2] = if ip[0] >> 4 == 4 { [0x08, 0x00] } else { [0x86, 0xdd] };
    let macs = [2_u8; 12];
    let head = match link {
        0 => vec![if ip[0] >> 4 == 4 { 2 } else { 30 }, 0, 0, 0],
        108 => vec![0, 0, 0, if ip[0] >> 4 == 4 { 2 } else { 24 }],
        1 => [&macs[..], &kind].concat(),
        // Not a number of a link: Ethernet with two tags.
        TAGGED => [&macs[..], &[0x88, 0xa8, 0, 9, 0x81, 0, 0x20, 77], &kind].concat(),
        113 => [&[0, 4, 3, 4, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0][..], &kind].concat(),
        276 => [&kind[..], &[0, 0, 0, 0, 0, 1, 3, 4, 4, 6, 2, 2, 2, 2, 2, 2, 0, 0]].concat(),
        _ => Vec::new(),
    };
    // A link may pad short packets.
    let tail: &[u8] = if link == 1 { &[0; 6] } else { &[] };
    [&head, ip, tail].concat()
}

pub const TAGGED: u16 = 0xfffe;

/// The number of a link in a file.
fn number(link: u16) -> u16 {
    if link == TAGGED { 1 } else { link }
}

/// A form of file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    Pcap { big: bool, nanos: bool },
    PcapNg { big: bool, block: Block, resolution: Option<u8>, offset: i64 },
}

/// Which block packets are in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Block {
    Enhanced,
    Old,
}

pub const PCAP: Form = Form::Pcap { big: false, nanos: false };
pub const PCAPNG: Form = Form::PcapNg { big: false, block: Block::Enhanced, resolution: None, offset: 0 };

/// Seconds from 1970 to the first packet.
pub const EPOCH: u64 = 1_700_000_000;

/// A whole file; packets are cut to `snap_len` octets.
pub fn file(form: Form, link: u16, packets: &[Packet], snap_len: usize) -> Vec<u8> {
    let frames = packets.iter().map(|packet| (packet.micros, framed(link, &packet.ip())));
    let mut out = head(form, number(link));
    for (micros, frame) in frames {
        out.extend(record(form, micros, &frame, snap_len));
    }
    out
}

pub fn head(form: Form, link: u16) -> Vec<u8> {
    match form {
        Form::Pcap { big, nanos } => {
            let magic: u32 = if nanos { 0xa1b2_3c4d } else { 0xa1b2_c3d4 };
            let mut out = Vec::new();
            put32(&mut out, big, magic);
            put16(&mut out, big, 2);
            put16(&mut out, big, 4);
            [0, 0, 65_535, u32::from(link)].into_iter().for_each(|word| put32(&mut out, big, word));
            out
        }
        Form::PcapNg { big, resolution, offset, .. } => {
            let mut section = Vec::new();
            put32(&mut section, big, 0x1a2b_3c4d);
            put16(&mut section, big, 1);
            put16(&mut section, big, 0);
            section.extend([0xff; 8]);
            let mut interface = Vec::new();
            put16(&mut interface, big, link);
            put16(&mut interface, big, 0);
            put32(&mut interface, big, 0);
            if let Some(resolution) = resolution {
                put16(&mut interface, big, 9);
                put16(&mut interface, big, 1);
                interface.extend([resolution, 0, 0, 0]);
            }
            if offset != 0 {
                put16(&mut interface, big, 14);
                put16(&mut interface, big, 8);
                interface.extend(if big { offset.to_be_bytes() } else { offset.to_le_bytes() });
            }
            [block(big, 0x0a0d_0d0a, &section), block(big, 1, &interface)].concat()
        }
    }
}

pub fn record(form: Form, micros: u64, frame: &[u8], snap_len: usize) -> Vec<u8> {
    let kept = &frame[..frame.len().min(snap_len)];
    let lens = [kept.len() as u32, frame.len() as u32];
    let mut out = Vec::new();
    match form {
        Form::Pcap { big, nanos } => {
            let fraction = micros % 1_000_000 * if nanos { 1_000 } else { 1 };
            put32(&mut out, big, (EPOCH + micros / 1_000_000) as u32);
            put32(&mut out, big, fraction as u32);
            lens.into_iter().for_each(|len| put32(&mut out, big, len));
            out.extend(kept);
            out
        }
        Form::PcapNg { big, block: kind, resolution, offset } => {
            let micros = u128::from(EPOCH) * 1_000_000 + u128::from(micros);
            let micros = micros.wrapping_sub((i128::from(offset) * 1_000_000) as u128);
            let units = match resolution {
                None | Some(6) => micros,
                Some(9) => micros * 1_000,
                Some(binary) => (micros << (binary & 0x7f)).div_ceil(1_000_000),
            } as u64;
            match kind {
                Block::Enhanced => put32(&mut out, big, 0),
                Block::Old => {
                    put16(&mut out, big, 0);
                    put16(&mut out, big, 0);
                }
            }
            put32(&mut out, big, (units >> 32) as u32);
            put32(&mut out, big, units as u32);
            lens.into_iter().for_each(|len| put32(&mut out, big, len));
            out.extend(kept);
            out.resize(out.len().next_multiple_of(4), 0);
            block(big, if kind == Block::Enhanced { 6 } else { 2 }, &out)
        }
    }
}

/// A pcapng block around its body.
pub fn block(big: bool, kind: u32, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put32(&mut out, big, kind);
    put32(&mut out, big, body.len() as u32 + 12);
    out.extend(body);
    put32(&mut out, big, body.len() as u32 + 12);
    out
}

/// A pcapng block that says what an address is called.
pub fn name_block(address: [u8; 4], name: &[u8]) -> Vec<u8> {
    let mut body = vec![1, 0];
    // The address and the zero behind the name count.
    body.extend((name.len() as u16 + 5).to_le_bytes());
    body.extend(address);
    body.extend(name);
    body.push(0);
    body.resize(body.len().next_multiple_of(4), 0);
    // The end of the names.
    body.extend([0; 4]);
    block(false, 4, &body)
}

fn put32(out: &mut Vec<u8>, big: bool, value: u32) {
    out.extend(if big { value.to_be_bytes() } else { value.to_le_bytes() });
}

fn put16(out: &mut Vec<u8>, big: bool, value: u16) {
    out.extend(if big { value.to_be_bytes() } else { value.to_le_bytes() });
}
