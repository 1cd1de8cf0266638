//! What holds for every input.

use cordial_wire::checksum::{Sum, verify};
use cordial_wire::{FastOpen, Flags, Options, Segment, SeqNum, Timestamps};
use proptest::collection::vec;
use proptest::prelude::*;

/// Options that fit into one header beside each other.
fn options() -> impl Strategy<Value = Options> {
    let timestamps =
        any::<Option<(u32, u32)>>().prop_map(|ts| ts.map(|(value, echo)| Timestamps { value, echo }));
    let shift = proptest::option::of(0..=14u8);
    let cookie = vec(any::<u8>(), 0..=16).prop_map(|octets| FastOpen::new(&octets));
    let blocks = vec(any::<(u32, u32)>(), 0..=4);
    (any::<Option<u16>>(), shift, any::<bool>(), timestamps, cookie, blocks).prop_map(
        |(mss, window_scale, sack_permitted, timestamps, fast_open, blocks)| {
            let mut options =
                Options { mss, window_scale, sack_permitted, timestamps, fast_open, ..Options::default() };
            for (start, end) in blocks {
                let mut more = options;
                more.sack.push(SeqNum(start), SeqNum(end));
                if more.emitted_len() > options.emitted_len() {
                    options = more;
                }
            }
            options
        },
    )
}

prop_compose! {
    fn header()(
        ports in any::<(u16, u16)>(), seq in any::<u32>(), ack in any::<u32>(), bits in 0..0x200u16,
        window in any::<u16>(), urgent in any::<u16>(), options in options(),
    ) -> Segment<'static> {
        Segment {
            source: ports.0,
            destination: ports.1,
            seq: SeqNum(seq),
            ack_number: SeqNum(ack),
            flags: Flags::from_bits(bits),
            window,
            urgent,
            options,
            payload: &[],
        }
    }
}

/// RFC 1071 §1, read aloud: sixteen bits at a time, carries added back, an odd octet filled up with zero.
fn naive(octets: &[u8]) -> u16 {
    let mut sum = 0u32;
    for word in octets.chunks(2) {
        sum += u32::from(word[0]) << 8 | u32::from(word.get(1).copied().unwrap_or(0));
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

proptest! {
    #[test]
    fn a_segment_survives_emit_and_parse(header in header(), payload in vec(any::<u8>(), 0..100)) {
        let segment = Segment { payload: &payload, ..header };
        let mut octets = vec![0xa5; segment.header_len()];
        prop_assert_eq!(segment.emit_header(&mut octets), Ok(octets.len()));
        prop_assert!(octets.len().is_multiple_of(4) && octets.len() <= Segment::MAX_HEADER_LEN);
        octets.extend_from_slice(&payload);
        prop_assert_eq!(Segment::parse(&octets), Ok(segment));
    }

    #[test]
    fn any_octets_are_a_segment_or_an_error(octets in vec(any::<u8>(), 0..80)) {
        if let Ok(segment) = Segment::parse(&octets) {
            prop_assert!(segment.payload.len() + Segment::MIN_HEADER_LEN <= octets.len());
            prop_assert!(!segment.to_string().is_empty());
        }
    }

    /// What was understood of any area can be said again and is then understood the same.
    #[test]
    fn any_area_gives_options_that_can_be_written(area in vec(prop_oneof![0..10u8, any::<u8>()], 0..44)) {
        let (options, _) = Options::parse(&area);
        let mut out = [0; 40];
        let len = options.emit(&mut out).expect("options never take more than forty octets");
        let (mut again, result) = Options::parse(&out[..len]);
        prop_assert_eq!(result, Ok(()));
        let kept = again.sack;
        prop_assert_eq!(kept.as_slice(), &options.sack.as_slice()[..kept.len()]);
        (again.sack, again.malformed) = (options.sack, options.malformed);
        prop_assert_eq!(again, options);
    }

    #[test]
    fn a_sum_is_the_same_however_it_is_cut(
        octets in vec(any::<u8>(), 0..9000),
        cuts in vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(octets.len() + 1)).collect();
        cuts.extend([0, octets.len()]);
        cuts.sort_unstable();
        let (mut added, mut copied) = (Sum::new(), Sum::new());
        let mut copy = vec![0; octets.len()];
        for cut in cuts.windows(2) {
            added.add(&octets[cut[0]..cut[1]]);
            prop_assert_eq!(copied.copy_and_add(&mut copy[cut[0]..], &octets[cut[0]..cut[1]]), cut[1] - cut[0]);
        }
        prop_assert_eq!(added.fold(), naive(&octets));
        prop_assert_eq!(copied, added);
        prop_assert_eq!(copy, octets);
    }

    /// Carries are what a sum gets wrong: long runs of large octets.
    #[test]
    fn a_sum_of_large_words_keeps_every_carry(len in 0..70_000usize, odd in any::<u8>()) {
        let mut octets = vec![0xff; len];
        octets.push(odd);
        let mut sum = Sum::new();
        sum.add(&octets);
        prop_assert_eq!(sum.fold(), naive(&octets));
    }

    #[test]
    fn a_segment_with_its_checksum_verifies(
        header in header(), payload in vec(any::<u8>(), 0..200),
        v4 in any::<([u8; 4], [u8; 4])>(), v6 in any::<([u8; 16], [u8; 16])>(),
    ) {
        let len = header.header_len();
        let mut octets = vec![0; len + payload.len()];
        prop_assert_eq!(header.emit_header(&mut octets), Ok(len));
        let length = octets.len() as u32;
        for pseudo in [Sum::pseudo_v4(v4.0, v4.1, 6, length), Sum::pseudo_v6(v6.0, v6.1, 6, length)] {
            octets[Segment::CHECKSUM_OFFSET..][..2].fill(0);
            let mut sum = pseudo;
            sum.add(&octets[..len]);
            sum.copy_and_add(&mut octets[len..], &payload);
            octets[Segment::CHECKSUM_OFFSET..][..2].copy_from_slice(&sum.finish().to_be_bytes());
            prop_assert!(verify(pseudo, &octets));
        }
    }
}
