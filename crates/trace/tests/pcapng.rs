//! Captures that other tools read.

mod packets;

use std::time::Duration;

use cordial_trace::{Direction, Pcapng};
use cordial_wire::checksum::Sum;
use cordial_wire::{Checksum, Flags};
use packets::{CLIENT, SERVER, capture, segment};
use pcap_file::pcapng::{Block, PcapNgReader};

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
