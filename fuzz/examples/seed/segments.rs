//! Seeds of `wire_segment`: the segments of a connection's life, and headers that are none.

use cordial_wire::{Flags, Options, SackBlocks, Segment, SeqNum, Timestamps};

use crate::Seed;

/// Every kind of segment, then every kind of damage.
pub fn seeds() -> Vec<Seed> {
    let mut seeds: Vec<Seed> =
        segments().into_iter().map(|(name, segment)| (name, octets(&segment))).collect();
    seeds.extend(damaged());
    seeds
}

fn segments() -> Vec<(&'static str, Segment<'static>)> {
    let timestamps = Some(Timestamps { value: 1_000, echo: 900 });
    let offer = Options {
        mss: Some(1460),
        window_scale: Some(7),
        sack_permitted: true,
        timestamps: Some(Timestamps { value: 1_000, echo: 0 }),
        ..Options::default()
    };
    let stamped = Options { timestamps, ..Options::default() };
    let base = Segment {
        source: 51_514,
        destination: 80,
        seq: SeqNum(100),
        ack_number: SeqNum(300),
        window: 65_535,
        ..Segment::default()
    };
    let ack = Segment { flags: Flags::ACK, options: stamped, ..base };
    vec![
        ("syn", Segment { flags: Flags::SYN, ack_number: SeqNum(0), options: offer, ..base }),
        (
            "syn-ack",
            Segment { flags: Flags::SYN | Flags::ACK, options: Options { timestamps, ..offer }, ..base },
        ),
        ("ack", ack),
        ("data", Segment { flags: Flags::ACK | Flags::PSH, payload: b"GET / HTTP/1.1\r\n\r\n", ..ack }),
        ("urgent", Segment { flags: Flags::ACK | Flags::URG, urgent: 3, payload: b"!!!", ..ack }),
        ("fin", Segment { flags: Flags::FIN | Flags::ACK, ..ack }),
        ("rst", Segment { flags: Flags::RST, options: Options::default(), ..base }),
        ("sack-three", Segment { options: Options { sack: blocks(3), ..stamped }, ..ack }),
        ("sack-four", Segment { options: Options { sack: blocks(4), ..Options::default() }, ..ack }),
        ("wrapped", Segment { seq: SeqNum(u32::MAX - 1), payload: b"across the wrap", ..ack }),
        ("no-flags", Segment { options: Options::default(), ..base }),
        ("all-flags", Segment { flags: Flags::from_bits(0x1ff), urgent: 9, payload: b"lamp test", ..ack }),
    ]
}

fn blocks(count: u32) -> SackBlocks {
    let mut blocks = SackBlocks::default();
    for block in 0..count {
        blocks.push(SeqNum(1_000 * block + 500), SeqNum(1_000 * block + 1_000));
    }
    blocks
}

/// Headers with one thing wrong each.
fn damaged() -> Vec<Seed> {
    let whole = octets(&segments()[0].1);
    let with = |at: usize, octet: u8| {
        let mut octets = whole.clone();
        octets[at] = octet;
        octets
    };
    vec![
        ("empty", Vec::new()),
        ("short-header", whole[..19].to_vec()),
        ("short-options", whole[..30].to_vec()),
        ("offset-too-small", with(12, 0x40)),
        ("offset-too-large", with(12, 0xf0)),
        ("option-length-zero", with(21, 0)),
        ("option-length-past-the-end", with(21, 41)),
        ("option-unknown", with(20, 0xfd)),
    ]
}

fn octets(segment: &Segment<'_>) -> Vec<u8> {
    let mut octets = vec![0; segment.header_len()];
    segment.emit_header(&mut octets).expect("the room is as long as the header");
    octets.extend_from_slice(segment.payload);
    octets
}
