//! Segments to octets, back, and to a line of text.

use cordial_wire::{
    EmitError, FastOpen, Flags, Options, ParseError, SackBlocks, Segment, SeqNum, Timestamps,
};

/// A SYN laid out as Linux does, its checksum left to a device.
const SYN: [u8; 40] = [
    0xc9, 0x3a, 0x1f, 0x90, 0x5e, 0x1b, 0x77, 0xd0, 0, 0, 0, 0, 0xa0, 0x02, 0xfa, 0xf0, 0xfe, 0x30, 0, 0, 2,
    4, 5, 0xb4, 4, 2, 8, 10, 0x9d, 0x1e, 0x4c, 0x0b, 0, 0, 0, 0, 1, 3, 3, 7,
];

#[test]
fn a_syn_is_read_field_by_field() {
    let segment = Segment::parse(&SYN).expect("well formed");
    let options = Options {
        mss: Some(1460),
        window_scale: Some(7),
        sack_permitted: true,
        timestamps: Some(Timestamps { value: 0x9d1e_4c0b, echo: 0 }),
        ..Options::default()
    };
    let expected = Segment {
        source: 51514,
        destination: 8080,
        seq: SeqNum(0x5e1b_77d0),
        flags: Flags::SYN,
        window: 64240,
        options,
        ..Segment::default()
    };
    assert_eq!(segment, expected);
    let mut out = [0xff; 60];
    assert_eq!(segment.emit_header(&mut out), Ok(40));
    let mut zeroed = SYN;
    zeroed[Segment::CHECKSUM_OFFSET..][..2].fill(0);
    assert_eq!(out[..40], zeroed);
}

#[test]
fn what_has_no_whole_header_is_refused() {
    let offset = |words: u8| {
        let mut octets = SYN;
        octets[12] = words << 4;
        octets
    };
    assert_eq!(Segment::parse(&[]), Err(ParseError::Truncated));
    assert_eq!(Segment::parse(&SYN[..19]), Err(ParseError::Truncated));
    assert_eq!(Segment::parse(&SYN[..39]), Err(ParseError::Truncated), "options cut off");
    assert_eq!(Segment::parse(&offset(4)), Err(ParseError::DataOffset));
    assert_eq!(Segment::parse(&offset(0)), Err(ParseError::DataOffset));
    assert_eq!(Segment::parse(&offset(11)), Err(ParseError::Truncated));
    let plain = offset(5);
    let segment = Segment::parse(&plain).expect("a header without options");
    assert_eq!(segment.payload, &SYN[20..]);
    assert_eq!(segment.options, Options::default());
}

#[test]
fn broken_options_leave_the_segment_and_what_stood_before() {
    let mut octets = SYN;
    octets[26..28].copy_from_slice(&[8, 0]);
    let segment = Segment::parse(&octets).expect("the header is whole");
    let options = Options { mss: Some(1460), sack_permitted: true, malformed: true, ..Options::default() };
    assert_eq!(segment.options, options);
}

#[test]
fn every_bit_of_the_flags_goes_there_and_back() {
    for bits in 0..0x200 {
        let segment = Segment { flags: Flags::from_bits(bits), ..Segment::default() };
        let mut out = [0; 20];
        assert_eq!(segment.emit_header(&mut out), Ok(20));
        assert_eq!(Segment::parse(&out).map(|s| s.flags.bits()), Ok(bits));
    }
    let mut reserved = [0; 20];
    reserved[12..14].copy_from_slice(&[0x5e, 0x10]);
    assert_eq!(Segment::parse(&reserved).map(|s| s.flags), Ok(Flags::ACK), "reserved bits are ignored");
}

#[test]
fn a_header_is_written_whole_or_not_at_all() {
    let segment = Segment::parse(&SYN).expect("well formed");
    let mut out = [7; 39];
    assert_eq!(segment.emit_header(&mut out), Err(EmitError::NoRoom));
    assert_eq!(out, [7; 39]);
}

#[test]
fn a_segment_prints_as_one_short_line() {
    let text = [b'x'; 78];
    let syn_options = Options {
        mss: Some(1460),
        window_scale: Some(7),
        sack_permitted: true,
        timestamps: Some(Timestamps { value: 1, echo: 0 }),
        ..Options::default()
    };
    let cookie = FastOpen::new(&[0xab, 1, 2, 3]);
    let segment =
        |flags, seq, ack| Segment { flags, seq: SeqNum(seq), ack_number: SeqNum(ack), ..Segment::default() };
    let data = |flags, seq, ack| Segment { payload: &text, ..segment(flags, seq, ack) };
    let ack = Flags::ACK;
    let mut sack = SackBlocks::default();
    sack.push(SeqNum(2921), SeqNum(4381));
    sack.push(SeqNum(5841), SeqNum(7301));
    let timestamps = Some(Timestamps { value: 5, echo: 4 });
    let table = [
        (
            Segment { options: syn_options, ..segment(Flags::SYN, 0, 0) },
            "SYN seq=0 mss=1460 ws=7 sack ts=1:0",
        ),
        (segment(Flags::SYN | ack, 300, 101), "SYN+ACK seq=300 ack=101"),
        (
            Segment {
                options: Options { fast_open: cookie, ..Options::default() },
                ..data(Flags::SYN, 7, 0)
            },
            "SYN+DATA seq=7..86 fo=ab010203",
        ),
        (segment(ack, 1, 1), "ACK seq=1 ack=1"),
        (data(ack, 1, 1), "DATA seq=1..79 ack=1"),
        (data(ack | Flags::PSH, 1, 1), "DATA seq=1..79 ack=1"),
        (data(ack | Flags::FIN, 1, 1), "FIN+DATA seq=1..79 ack=1"),
        (data(Flags::SYN, 0, 0), "SYN+DATA seq=0..79"),
        (segment(ack | Flags::FIN, 79, 121), "FIN+ACK seq=79 ack=121"),
        (segment(Flags::RST, 79, 121), "RST seq=79"),
        (segment(Flags::RST | ack, 0, 1), "RST+ACK seq=0 ack=1"),
        (segment(ack | Flags::ECE, 1, 1), "ECE+ACK seq=1 ack=1"),
        (segment(Flags::NONE, 5, 1), "none seq=5"),
        (Segment { urgent: 3, ..data(ack | Flags::URG, 1, 1) }, "URG+DATA seq=1..79 ack=1 urg=3"),
        (
            Segment { options: Options { sack, timestamps, ..Options::default() }, ..segment(ack, 1, 1461) },
            "ACK seq=1 ack=1461 sack=2921..4381,5841..7301",
        ),
        (data(ack, u32::MAX, 1), "DATA seq=4294967295..77 ack=1"),
    ];
    for (segment, line) in table {
        assert_eq!(segment.to_string(), line);
    }
}
