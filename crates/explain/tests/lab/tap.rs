//! Where and how a capture is taken.

use std::io::Cursor;
use std::time::{Duration, Instant};

use cordial_trace::event::Side;
use pcap_file::pcap::{PcapHeader, PcapPacket, PcapWriter};
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketBlock;
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::{DataLink, Endianness, TsResolution};

use super::case::Told;
use super::packet::{Sight, age};

/// Captures count their time from here: Thursday, 1 January 2026.
pub const EPOCH: Duration = Duration::from_secs(1_767_225_600);
/// Between a packet and its second copy, where everything is captured twice.
const TWIN: Duration = Duration::from_micros(3);

/// Where on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Near {
    Client,
    /// Half-way, before the place where the client's packets are lost and behind that of the server's.
    Middle,
    Server,
    /// Taken by another program inside a namespace; not by the wire.
    Inside,
}

/// A capture that a case gives.
#[derive(Clone, Copy, Debug)]
pub struct Tap {
    /// After the case's name in the file's name; empty for the only one.
    pub suffix: &'static str,
    pub near: Near,
    pub form: Form,
    /// What has to be said, connection by connection.
    pub expects: &'static [Told],
}

impl Tap {
    pub const fn new(near: Near, expects: &'static [Told]) -> Self {
        Self { suffix: "", near, form: Form::PLAIN, expects }
    }

    pub const fn client(expects: &'static [Told]) -> Self {
        Self { suffix: "client", ..Self::new(Near::Client, expects) }
    }

    pub const fn middle(expects: &'static [Told]) -> Self {
        Self { suffix: "middle", ..Self::new(Near::Middle, expects) }
    }

    pub const fn server(expects: &'static [Told]) -> Self {
        Self { suffix: "server", ..Self::new(Near::Server, expects) }
    }

    /// Near the client and near the server, where the same has to be said.
    pub const fn both(expects: &'static [Told]) -> [Self; 2] {
        Self::both_in(Form::PLAIN, expects)
    }

    pub const fn both_in(form: Form, expects: &'static [Told]) -> [Self; 2] {
        [Self::client(expects).form(form), Self::server(expects).form(form)]
    }

    /// Taken by a capture program, and so pcapng.
    pub const fn inside(expects: &'static [Told]) -> Self {
        let form = Form { kind: Kind::Next, ..Form::PLAIN };
        Self { form, ..Self::new(Near::Inside, expects) }
    }

    pub const fn named(self, suffix: &'static str) -> Self {
        Self { suffix, ..self }
    }

    pub const fn form(self, form: Form) -> Self {
        Self { form, ..self }
    }

    /// The name of its file.
    pub fn file(&self, case: &str) -> String {
        let dash = if self.suffix.is_empty() { "" } else { "-" };
        let end = if self.form.kind == Kind::Next { "pcapng" } else { "pcap" };
        format!("{case}{dash}{}.{end}", self.suffix)
    }
}

/// How a capture is written, and what is wrong with it.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    pub kind: Kind,
    pub link: DataLink,
    /// Octets kept of each packet, behind the link header.
    pub snap: usize,
    /// Only what this side sent.
    pub only: Option<Side>,
    /// Every packet twice, as from a mirror port that sees it come and go.
    pub twice: bool,
    /// Packets that passed before the capture began.
    pub skip: usize,
    /// Of so many packets with data, the last one is missed; 0 misses none.
    pub misses: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// pcap with microseconds, in this order of octets.
    Micro(Endianness),
    /// pcap with nanoseconds.
    Nano,
    /// pcapng.
    Next,
}

impl Form {
    pub const PLAIN: Self = Self {
        kind: Kind::Micro(Endianness::Little),
        link: DataLink::RAW,
        snap: 65_535,
        only: None,
        twice: false,
        skip: 0,
        misses: 0,
    };

    /// Headers whole, data cut off: what `tcpdump -s 96` gives.
    pub const HEADERS: Self = Self { snap: 96, ..Self::PLAIN };
}

/// A finished capture.
pub struct Recording {
    pub tap: &'static Tap,
    /// The file.
    pub octets: Vec<u8>,
    /// The longest time for which the wire stood still because the machine was busy elsewhere. A long one makes the
    /// kernels send again what was not lost, so that the cause beside the case is not all there is.
    pub stalled: Duration,
}

struct Kept {
    at: Duration,
    from: Side,
    octets: Vec<u8>,
}

/// Takes a capture.
pub struct Recorder {
    tap: &'static Tap,
    began: Instant,
    kept: Vec<Kept>,
}

impl Recorder {
    pub fn new(tap: &'static Tap) -> Self {
        Self { tap, began: Instant::now(), kept: Vec::new() }
    }

    /// How much of their way packets of `from` have gone when they pass here.
    pub fn way(&self, from: Side) -> f64 {
        let from_client = match self.tap.near {
            Near::Client => 0.0,
            Near::Middle => 0.5,
            Near::Server | Near::Inside => 1.0,
        };
        if from == Side::Client { from_client } else { 1.0 - from_client }
    }

    pub fn packet(&mut self, at: Instant, from: Side, octets: Vec<u8>) {
        self.kept.push(Kept { at: at.saturating_duration_since(self.began), from, octets });
    }

    pub fn finish(self, stalled: Duration) -> Recording {
        let form = self.tap.form;
        let mut frames = Vec::new();
        let mut count = 0;
        let kept = self.kept.into_iter().enumerate().skip(form.skip);
        let kept = kept.map(|(_, kept)| kept).filter(|kept| form.only.is_none_or(|only| only == kept.from));
        for kept in kept {
            count += usize::from(Sight::of(kept.from, &kept.octets).is_some_and(|sight| sight.is_data()));
            if form.misses > 0 && count == form.misses {
                count = 0;
                continue;
            }
            let whole = kept.octets.len();
            let link = link_header(form.link, kept.from, self.tap.near, &kept.octets);
            let mut frame = link.clone();
            frame.extend_from_slice(&kept.octets[..whole.min(form.snap)]);
            let len = (whole + link.len()) as u32;
            if form.twice {
                let mut again = frame.clone();
                age(&mut again[link.len()..], 1);
                frames.push((EPOCH + kept.at, len, frame));
                frames.push((EPOCH + kept.at + TWIN, len, again));
            } else {
                frames.push((EPOCH + kept.at, len, frame));
            }
        }
        frames.sort_by_key(|(at, ..)| *at);
        Recording { tap: self.tap, octets: write(form, &frames), stalled }
    }
}

/// What stands before the IP header.
fn link_header(link: DataLink, from: Side, near: Near, packet: &[u8]) -> Vec<u8> {
    let is_v6 = packet.first().is_some_and(|first| first >> 4 == 6);
    let kind: [u8; 2] = if is_v6 { [0x86, 0xdd] } else { [0x08, 0x00] };
    let is_ours = (from == Side::Client) == (near == Near::Client);
    let way = if is_ours { 4 } else { 0 };
    let (a, b) = ([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]);
    let [to, source] = if from == Side::Client { [b, a] } else { [a, b] };
    match link {
        DataLink::ETHERNET => [&to[..], &source, &kind].concat(),
        // Cooked, version 1: direction, kind of device, address, protocol.
        DataLink::LINUX_SLL => [&[0, way, 0, 1, 0, 6][..], &source, &[0, 0], &kind].concat(),
        // BSD loopback: the family as the capturing machine numbers it, in its own order.
        DataLink::NULL => if is_v6 { [30, 0, 0, 0] } else { [2, 0, 0, 0] }.to_vec(),
        // Cooked, version 2: protocol first, and the interface's number.
        DataLink::Unknown(276) => [&kind[..], &[0, 0, 0, 0, 0, 2, 0, 1, way, 6], &source, &[0, 0]].concat(),
        _ => Vec::new(),
    }
}

fn write(form: Form, frames: &[(Duration, u32, Vec<u8>)]) -> Vec<u8> {
    let (order, resolution) = match form.kind {
        Kind::Next => return write_next(form.link, frames),
        Kind::Micro(order) => (order, TsResolution::MicroSecond),
        Kind::Nano => (Endianness::Little, TsResolution::NanoSecond),
    };
    let header = PcapHeader {
        endianness: order,
        ts_resolution: resolution,
        datalink: form.link,
        snaplen: 262_144,
        ..PcapHeader::default()
    };
    let mut writer = PcapWriter::with_header(Vec::new(), header).expect("into memory");
    for (at, len, octets) in frames {
        writer.write_packet(&PcapPacket::new(*at, *len, octets)).expect("into memory");
    }
    writer.into_writer()
}

/// A pcapng file with one interface and these packets: time, length on the wire, octets.
pub fn write_next(link: DataLink, frames: &[(Duration, u32, Vec<u8>)]) -> Vec<u8> {
    let mut writer = PcapNgWriter::new(Cursor::new(Vec::new())).expect("into memory");
    let interface = InterfaceDescriptionBlock {
        linktype: link,
        snaplen: 0,
        // Nanoseconds, as the library counts.
        options: vec![InterfaceDescriptionOption::IfTsResol(9)],
    };
    writer.write_pcapng_block(interface).expect("into memory");
    for (at, len, octets) in frames {
        let packet = EnhancedPacketBlock {
            interface_id: 0,
            timestamp: *at,
            original_len: *len,
            data: octets.into(),
            options: Vec::new(),
        };
        writer.write_pcapng_block(packet).expect("into memory");
    }
    writer.into_inner().into_inner()
}
