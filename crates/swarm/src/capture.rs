//! A run as a capture has it: the packets of one host, and what captures lack or get wrong.
//!
//! Much that `explain` says it says of captures alone: an engine's own record knows what a capture has to guess.

use std::collections::BTreeSet;
use std::net::IpAddr;

use cordial_explain::Explainer;
use cordial_explain::capture::Capture;
use cordial_ip::{Packet as IpPacket, Protocol};
use cordial_sim::{CLIENT, HostId, KeptPacket, PacketDirection, SERVER};
use cordial_wire::checksum::Sum;
use cordial_wire::{Flags, Segment};

/// What is wrong with a capture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Flaw {
    /// Nothing.
    None,
    /// It has one direction only.
    OneWay,
    /// It began late.
    Midway,
    /// It left packets out.
    Missed,
    /// It has each packet twice.
    Twice,
    /// It has the beginning of each packet only.
    Cut,
    /// It was made before the card filled in the checksums.
    Unsummed,
    /// It was made behind a card that puts segments together.
    Merged,
    /// Its clock was set back.
    SetBack,
}

impl Flaw {
    pub const ALL: [Self; 9] = [
        Self::None,
        Self::OneWay,
        Self::Midway,
        Self::Missed,
        Self::Twice,
        Self::Cut,
        Self::Unsummed,
        Self::Merged,
        Self::SetBack,
    ];
}

/// A packet of a capture.
struct Frame {
    /// Nanoseconds.
    time: u64,
    octets: Vec<u8>,
    /// Octets of it that were kept.
    kept: usize,
}

/// The verdicts on a capture that was made at a host and has a flaw.
pub(crate) fn verdicts(packets: &[KeptPacket], at: HostId, flaw: Flaw) -> BTreeSet<&'static str> {
    let mut ids = BTreeSet::new();
    let file = file(&frames(packets, at, flaw));
    // What was written a moment ago can be read.
    let Ok(mut capture) = Capture::new(&*file) else { return ids };
    let (mut explainer, mut events) = (Explainer::new(), Vec::new());
    while let Ok(true) = capture.next(&mut events) {
        for story in events.drain(..).filter_map(|event| explainer.event(&event)) {
            ids.extend(story.verdicts.iter().map(|verdict| verdict.id()));
            ids.extend(story.absorbed);
        }
    }
    ids
}

/// Where a capture is made: now here, now there.
pub(crate) const fn host(turn: u64) -> HostId {
    if turn.is_multiple_of(2) { CLIENT } else { SERVER }
}

/// The packets of a host as a capture with this flaw has them. It is as if the clock had begun at ten seconds.
fn frames(packets: &[KeptPacket], at: HostId, flaw: Flaw) -> Vec<Frame> {
    const BEGIN: u64 = 10_000_000_000;
    let mut frames: Vec<Frame> = Vec::new();
    let its = packets.iter().filter(|packet| packet.host == at);
    for (nth, packet) in its.enumerate() {
        let is_gone = match flaw {
            Flaw::OneWay => packet.direction == PacketDirection::In,
            Flaw::Midway => nth < 4,
            Flaw::Missed => nth % 5 == 4,
            _ => false,
        };
        if is_gone {
            continue;
        }
        let mut frame = Frame {
            time: BEGIN + packet.time.as_nanos(),
            octets: packet.octets.clone(),
            kept: packet.octets.len(),
        };
        match flaw {
            Flaw::Cut => frame.kept = frame.kept.min(header_len(&frame.octets)),
            Flaw::Unsummed if packet.direction == PacketDirection::Out => unsum(&mut frame.octets),
            Flaw::SetBack if nth % 8 >= 4 => frame.time -= 2_000_000_000,
            Flaw::Merged if frames.last_mut().is_some_and(|last| last.takes(&packet.octets)) => continue,
            _ => {}
        }
        let again = (flaw == Flaw::Twice).then(|| Frame {
            time: frame.time + 2_000,
            octets: frame.octets.clone(),
            kept: frame.kept,
        });
        frames.push(frame);
        frames.extend(again);
    }
    frames
}

/// Octets of the IP header and of the TCP header without its options.
fn header_len(packet: &[u8]) -> usize {
    Segment::MIN_HEADER_LEN + ip_header_len(packet)
}

fn ip_header_len(packet: &[u8]) -> usize {
    if is_ipv4(packet) { 20 } else { 40 }
}

fn is_ipv4(packet: &[u8]) -> bool {
    packet.first().is_some_and(|first| first >> 4 == 4)
}

/// Leaves the sum of the pseudo-header where the checksum will be.
fn unsum(octets: &mut [u8]) {
    let Ok(packet) = IpPacket::parse(octets) else { return };
    if packet.protocol != Protocol::Tcp {
        return;
    }
    let sum = packet.pseudo_sum().fold().to_be_bytes();
    let place = ip_header_len(octets) + Segment::CHECKSUM_OFFSET;
    if let Some(field) = octets.get_mut(place..place + 2) {
        field.copy_from_slice(&sum);
    }
}

impl Frame {
    /// Puts the octets of a segment behind those of this one, if they follow on them; false if not.
    fn takes(&mut self, next: &[u8]) -> bool {
        const MOST: usize = 60_000;
        let (Some((whose, before)), Some((its, after))) = (text(&self.octets), text(next)) else {
            return false;
        };
        if whose != its || before.end() != after.seq || self.octets.len() + after.payload.len() > MOST {
            return false;
        }
        self.octets.extend_from_slice(after.payload);
        self.kept = self.octets.len();
        set_len(&mut self.octets);
        true
    }
}

/// Says in the IP header how long the packet is.
fn set_len(packet: &mut [u8]) {
    let len = packet.len() as u16;
    if is_ipv4(packet) {
        packet[2..4].copy_from_slice(&len.to_be_bytes());
        packet[10..12].fill(0);
        let mut sum = Sum::new();
        sum.add(&packet[..20]);
        packet[10..12].copy_from_slice(&sum.finish().to_be_bytes());
    } else {
        packet[4..6].copy_from_slice(&(len - 40).to_be_bytes());
    }
}

/// The two ends of a packet's segment.
type Ends = [(IpAddr, u16); 2];

/// The segment in a packet and whose it is, if it is nothing but octets.
fn text(octets: &[u8]) -> Option<(Ends, Segment<'_>)> {
    let packet = IpPacket::parse(octets).ok().filter(|packet| packet.protocol == Protocol::Tcp)?;
    let segment = Segment::parse(packet.payload).ok().filter(|segment| !segment.payload.is_empty())?;
    let ends = [(packet.source, segment.source), (packet.destination, segment.destination)];
    let has = |flag| segment.flags.contains(flag);
    let is_plain = ![Flags::SYN, Flags::FIN, Flags::RST].into_iter().any(has);
    is_plain.then_some((ends, segment))
}

/// A pcap file of raw IP packets, times in nanoseconds.
fn file(frames: &[Frame]) -> Vec<u8> {
    const MAGIC: u32 = 0xa1b2_3c4d;
    const RAW: u32 = 101;
    let mut file = Vec::new();
    for word in [MAGIC, 2 | 4 << 16, 0, 0, 1 << 18, RAW] {
        file.extend_from_slice(&u32::to_le_bytes(word));
    }
    for frame in frames {
        let (seconds, rest) = (frame.time / 1_000_000_000, frame.time % 1_000_000_000);
        for word in [seconds as u32, rest as u32, frame.kept as u32, frame.octets.len() as u32] {
            file.extend_from_slice(&word.to_le_bytes());
        }
        file.extend_from_slice(frame.octets.get(..frame.kept).unwrap_or_default());
    }
    file
}
