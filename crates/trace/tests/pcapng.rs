//! Captures that other tools read.

use std::fs;
use std::net::Ipv4Addr;
use std::process::Command;
use std::time::Duration;

use cordial_trace::{Direction, Pcapng};
use cordial_wire::checksum::Sum;
use cordial_wire::{Checksum, Flags, Segment, SeqNum};
use pcap_file::pcapng::{Block, PcapNgReader};

const CLIENT: [u8; 4] = [10, 0, 0, 2];
const SERVER: [u8; 4] = [10, 0, 0, 1];

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

fn segment(from_client: bool, flags: Flags, seq: u32, ack: u32) -> Segment<'static> {
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
fn capture() -> Vec<u8> {
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

#[test]
fn packets_come_back_whole_with_nanoseconds() {
    let octets = capture();
    let mut reader = PcapNgReader::new(octets.as_slice()).expect("a section");
    let mut packets = Vec::new();
    while let Some(block) = reader.next_block() {
        if let Block::EnhancedPacket(packet) = block.expect("a whole block") {
            packets.push(packet.into_owned());
        }
    }
    assert_eq!(packets.len(), 5);
    assert_eq!(packets[1].timestamp, Duration::new(1_700_000_000, 1_000_001));
    let packet = &packets[3].data;
    assert_eq!(packet.len(), 40_040);
    assert_eq!(packet[2..4], 40_040_u16.to_be_bytes(), "its length is the whole packet's");
    let mut header = Sum::new();
    header.add(&packet[..20]);
    assert_eq!(header.fold(), u16::MAX, "the IP header's checksum holds");
    let pseudo = Sum::pseudo_v4(SERVER, CLIENT, 6, 40_020);
    assert!(cordial_wire::checksum::verify(pseudo, &packet[20..]), "the TCP checksum holds");
}

#[test]
fn ipv6_lengths_and_checksums_are_completed() {
    let addresses: [[u8; 16]; 2] = [[0xfd; 16], [0xfe; 16]];
    let segment = segment(true, Flags::ACK, 1, 1);
    let mut packet = vec![0x60, 0, 0, 0, 0, 99, 6, 64];
    packet.extend(addresses[0]);
    packet.extend(addresses[1]);
    let start = packet.len();
    packet.resize(start + 20, 0);
    segment.emit_header(&mut packet[start..]).expect("room for a header");
    let mut file = Pcapng::new(Vec::new(), Duration::ZERO, "").expect("memory takes everything");
    let link = file.link("cordial0").expect("memory takes everything");
    let checksum = Checksum::Partial { start: 40, offset: 16 };
    file.packet(Duration::ZERO, link, Direction::Out, [packet.as_slice(), b"odd"], checksum)
        .expect("memory takes everything");
    let octets = file.into_inner();
    let mut reader = PcapNgReader::new(octets.as_slice()).expect("a section");
    let packet = loop {
        match reader.next_block().expect("a packet").expect("a whole block") {
            Block::EnhancedPacket(packet) => break packet.data.into_owned(),
            _ => continue,
        }
    };
    assert_eq!(packet[4..6], 23_u16.to_be_bytes());
    let pseudo = Sum::pseudo_v6(addresses[0], addresses[1], 6, 23);
    assert!(cordial_wire::checksum::verify(pseudo, &packet[40..]));
}

#[test]
fn a_file_cut_off_between_blocks_is_readable() {
    let octets = capture();
    let mut last = 0;
    while let Some(len) = octets.get(last + 4..last + 8) {
        let len = u32::from_ne_bytes(len.try_into().expect("four octets")) as usize;
        let mut reader = PcapNgReader::new(&octets[..last + len]).expect("a section");
        while let Some(block) = reader.next_block() {
            block.expect("a whole block");
        }
        last += len;
    }
    assert_eq!(last, octets.len());
}

/// A checker that knows nothing of us finds nothing to complain about.
#[test]
fn tshark_finds_nothing_wrong() {
    let path = std::env::temp_dir().join(format!("cordial-trace-{}.pcapng", std::process::id()));
    fs::write(&path, capture()).expect("a temporary file");
    let output = Command::new("tshark")
        .args(["-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-r"])
        .arg(&path)
        .args(["-T", "fields", "-e", "frame.number", "-e", "tcp.len", "-e", "ip.checksum.status"])
        .args(["-e", "tcp.checksum.status", "-e", "_ws.expert.message", "-e", "_ws.malformed"])
        .output();
    fs::remove_file(&path).expect("the temporary file is ours");
    let output = output.expect("tshark is needed for this test: install the Debian package `tshark`");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    let lengths: Vec<&str> = rows.iter().map(|row| row[1]).collect();
    assert_eq!(lengths, ["0", "0", "0", "40000", "0"], "{text}");
    for row in &rows {
        assert_eq!(row[2..4], ["1", "1"], "both checksums are good: {text}");
        for trouble in ["retransmission", "out-of-order", "ncorrect", "alformed", "bogus", "previous segment"]
        {
            assert!(!row[4].contains(trouble), "{text}");
        }
        assert_eq!(row.get(5).copied().unwrap_or_default(), "", "{text}");
    }
}
