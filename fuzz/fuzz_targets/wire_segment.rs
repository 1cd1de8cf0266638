//! Any octets are a segment or an error, and what was understood of them can be said again.
#![no_main]

use cordial_wire::checksum::{Sum, verify};
use cordial_wire::{SackBlocks, Segment};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let Ok(segment) = Segment::parse(octets) else { return };
    assert!(segment.payload.len() + Segment::MIN_HEADER_LEN <= octets.len());
    assert_eq!(segment.end() - segment.len(), segment.seq);
    assert!(!segment.to_string().is_empty());

    let written = write(&segment);
    let again = Segment::parse(&written).expect("a segment that was written can be read");
    assert_same(&segment, &again);
    assert_eq!(write(&again), written, "what was read back is written the same");
    assert_checksum(written, &segment);
});

/// Header and payload, checksum zero.
fn write(segment: &Segment<'_>) -> Vec<u8> {
    let mut octets = vec![0xa5; Segment::MAX_HEADER_LEN];
    let len = segment.emit_header(&mut octets).expect("no header is longer than the longest");
    assert_eq!(len, segment.header_len());
    assert!(len.is_multiple_of(4) && octets[len..].iter().all(|&octet| octet == 0xa5));
    octets.truncate(len);
    octets.extend_from_slice(segment.payload);
    octets
}

/// Equal, but for SACK blocks that found no room beside our layout of the other options.
fn assert_same(segment: &Segment<'_>, again: &Segment<'_>) {
    let (said, kept) = (segment.options.sack.as_slice(), again.options.sack.as_slice());
    assert_eq!(Some(kept), said.get(..kept.len()));
    let without = |segment: &Segment<'_>| {
        let mut options = segment.options;
        (options.sack, options.malformed) = (SackBlocks::default(), false);
        options
    };
    assert_eq!(
        Segment { options: without(segment), ..*segment },
        Segment { options: without(again), ..*again }
    );
}

/// A checksum put in place verifies, and no longer once a bit is turned over.
fn assert_checksum(mut octets: Vec<u8>, segment: &Segment<'_>) {
    let length = octets.len() as u32;
    let [s0, s1, s2, s3] = segment.seq.0.to_be_bytes();
    let pseudo = Sum::pseudo_v4([s0, s1, s2, s3], [192, 0, 2, 1], 6, length);
    let mut sum = pseudo;
    sum.add(&octets);
    octets[Segment::CHECKSUM_OFFSET..][..2].copy_from_slice(&sum.finish().to_be_bytes());
    assert!(verify(pseudo, &octets));
    let bit = segment.ack_number.0 as usize % (octets.len() * 8);
    octets[bit / 8] ^= 1 << (bit % 8);
    assert!(!verify(pseudo, &octets));
}
