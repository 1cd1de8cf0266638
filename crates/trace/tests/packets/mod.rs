//! Packets as a device hands them over, and a capture of them.
#![allow(dead_code, reason = "every test file uses its part")]

use std::net::Ipv4Addr;
use std::time::Duration;

use cordial_trace::{Direction, Pcapng};
use cordial_wire::checksum::Sum;
use cordial_wire::{Checksum, Flags, Segment, SeqNum};

pub const CLIENT: [u8; 4] = [10, 0, 0, 2];
pub const SERVER: [u8; 4] = [10, 0, 0, 1];

/// An IPv4 packet whose TCP checksum holds the pseudo-header's sum only, and whose length field may be wrong.
fn partial(from_client: bool, segment: Segment<'_>, payload: &[u8], claimed: u16) -> Vec<u8> {
    let (source, destination) = if from_client { (CLIENT, SERVER) } else { (SERVER, CLIENT) };
    let mut tcp = vec![0; segment.header_len()];
    segment.emit_header(&mut tcp).expect("room for a header");
    let pseudo = Sum::pseudo_v4(source, destination, 6, (tcp.len() + payload.len()) as u32).fold();
    tcp[16..18].copy_from_slice(&pseudo.to_be_bytes());
    let mut packet = vec![0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, 6, 0, 0];
    packet[2..4].copy_from_slice(&claimed.to_be_bytes());
    packet.extend(source);
    packet.extend(destination);
    let mut sum = Sum::new();
    sum.add(&packet);
    let checksum = sum.finish();
    packet[10..12].copy_from_slice(&checksum.to_be_bytes());
    packet.extend(tcp);
    packet
}

/// A segment between the two, without octets.
pub fn segment(from_client: bool, flags: Flags, seq: u32, ack: u32) -> Segment<'static> {
    let (source, destination) = if from_client { (51_514, 8_080) } else { (8_080, 51_514) };
    Segment {
        source,
        destination,
        seq: SeqNum(seq),
        ack_number: SeqNum(ack),
        flags,
        window: 65_535,
        ..Segment::default()
    }
}

const PARTIAL: Checksum = Checksum::Partial { start: 20, offset: 16 };

/// A handshake, a super-segment of 40,000 octets in two pieces, and its acknowledgment.
pub fn capture() -> Vec<u8> {
    let epoch = Duration::new(1_700_000_000, 0);
    let mut file = Pcapng::new(Vec::new(), epoch, "a test").expect("memory takes everything");
    let link = file.link("cordial0").expect("memory takes everything");
    file.name(Ipv4Addr::from(SERVER).into(), "hello.cordial").expect("memory takes everything");
    let body = [b'x'; 40_000];
    let packets = [
        (true, segment(true, Flags::SYN, 999, 0), 0),
        (false, segment(false, Flags::SYN | Flags::ACK, 4_999, 1_000), 0),
        (true, segment(true, Flags::ACK, 1_000, 5_000), 0),
        (false, segment(false, Flags::ACK | Flags::PSH, 5_000, 1_000), 40_000),
        (true, segment(true, Flags::ACK, 1_000, 45_000), 0),
    ];
    for (i, (from_client, segment, len)) in packets.into_iter().enumerate() {
        let payload = &body[..len];
        // As a device sees a super-segment: the length of its first piece.
        let claimed = 40 + len.min(1_460) as u16;
        let head = partial(from_client, segment, payload, claimed);
        let (front, back) = payload.split_at(len / 2);
        let at = Duration::from_nanos(1_000_001 * i as u64);
        let direction = if from_client { Direction::In } else { Direction::Out };
        file.packet(at, link, direction, [head.as_slice(), front, back], PARTIAL)
            .expect("memory takes everything");
    }
    file.flush().expect("memory takes everything");
    file.into_inner()
}
