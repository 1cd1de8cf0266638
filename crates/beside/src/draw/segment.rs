//! Single segments, honest and hostile.

use cordial_wire::Flags;
use fastrand::Rng;

use super::{one_in, pick};
use crate::shape::{AckFrom, Extra, Flaw, Length, SeqFrom, Stamp};
use crate::{Kind, Shape};

const HALF_CIRCLE: i32 = i32::MIN;

/// Any segment.
pub fn any(dice: &mut Rng) -> Shape {
    let kind = pick(dice, &Kind::ALL);
    let octets = pick(dice, &[1, 10, 100, 536, 1400]);
    match kind {
        Kind::Syn => Shape::syn(),
        Kind::SynAck => Shape::syn_ack(),
        Kind::Data => Shape::data(kind, octets),
        Kind::Ack => Shape::ack(kind),
        Kind::PartialAck => {
            Shape { ack: AckFrom::Within, ack_by: pick(dice, &[1, 5, 100, 1448]), ..Shape::ack(kind) }
        }
        Kind::SameAck => Shape { ack: AckFrom::Una, ..Shape::ack(kind) },
        Kind::Fin => Shape::fin(),
        Kind::DataFin => Shape { flags: Flags::ACK | Flags::FIN, ..Shape::data(kind, octets) },
        Kind::Again => Shape { seq_by: -i32::from(octets), ..Shape::data(kind, octets) },
        Kind::Overlap => Shape { seq_by: -5, ..Shape::data(kind, pick(dice, &[6, 15, 1000])) },
        Kind::Ahead => ahead(dice),
        Kind::Window => Shape { window: pick(dice, &[1, 10, 1000, 65_535]), ..Shape::ack(kind) },
        Kind::ZeroWindow => Shape { window: 0, ..Shape::ack(kind) },
        Kind::Probe => Shape { seq_by: -1, ..Shape::data(kind, dice.u16(..=1)) },
        Kind::Fill => Shape { length: Length::ToEdge, ..Shape::data(kind, 0) },
        Kind::SeqEdge => at_edge(dice),
        Kind::AckEdge => ack_edge(dice),
        Kind::Flags => {
            Shape { flags: Flags::from_bits(dice.u16(..256)), ..Shape::data(kind, some_octets(dice)) }
        }
        Kind::Reset => reset(dice),
        Kind::LateSyn => late_syn(dice),
        Kind::Stamp => Shape { stamp: stamp(dice), ..Shape::data(kind, some_octets(dice)) },
        Kind::Options => {
            Shape { options: Extra::Octets(odd_options(dice, 28)), ..Shape::data(kind, some_octets(dice)) }
        }
        Kind::Sack => sack(dice),
        Kind::Urgent => Shape {
            flags: Flags::ACK | Flags::URG | pick(dice, &[Flags::NONE, Flags::FIN]),
            urgent: pick(dice, &[0, 1, 5, 10, 100, 65_535]),
            ..Shape::data(kind, some_octets(dice))
        },
        Kind::Flaw => {
            let flaw = pick(dice, &[Flaw::Checksum, Flaw::Offset(0), Flaw::Offset(4), Flaw::Offset(15)]);
            Shape { flaw: Some(flaw), ..Shape::data(kind, 10) }
        }
    }
}

/// Mostly none: then it is the header alone that decides.
fn some_octets(dice: &mut Rng) -> u16 {
    pick(dice, &[0, 0, 1, 10])
}

fn ahead(dice: &mut Rng) -> Shape {
    let fin = if one_in(dice, 4) { Flags::FIN } else { Flags::NONE };
    let by = pick(dice, &[1, 10, 100, 1400]);
    Shape { seq_by: by, flags: Flags::ACK | fin, ..Shape::data(Kind::Ahead, pick(dice, &[1, 10, 100])) }
}

fn at_edge(dice: &mut Rng) -> Shape {
    let octets = some_octets(dice);
    let fin = if one_in(dice, 4) { Flags::FIN } else { Flags::NONE };
    let (seq, seq_by) = around_window(dice, i32::from(octets));
    Shape { seq, seq_by, flags: Flags::ACK | fin, ..Shape::data(Kind::SeqEdge, octets) }
}

/// One before, at, and one after each edge, for a segment of this length; and as far away as can be.
fn around_window(dice: &mut Rng, length: i32) -> (SeqFrom, i32) {
    use SeqFrom::{Edge, First, Next};
    let places = [
        (Next, 0),
        (Next, -1),
        (Next, 1),
        (Next, -length),
        (Next, -length - 1),
        (Next, -length + 1),
        (Edge, 0),
        (Edge, -1),
        (Edge, 1),
        (Edge, -length),
        (Edge, -length + 1),
        (First, 0),
        (First, -1),
        (Next, -100_000),
        (Edge, 100_000),
        (Next, HALF_CIRCLE),
        (Next, HALF_CIRCLE + 1),
        (Next, i32::MAX),
    ];
    pick(dice, &places)
}

fn ack_edge(dice: &mut Rng) -> Shape {
    use AckFrom::{Max, Oldest, Una};
    let places = [
        (Una, 0),
        (Una, -1),
        (Una, 1),
        (Max, 0),
        (Max, -1),
        (Max, 1),
        (Max, 1000),
        (Max, 100_000),
        (Oldest, 0),
        (Oldest, -1),
        (Oldest, 1),
        (Oldest, -100_000),
        (Una, HALF_CIRCLE),
        (Max, HALF_CIRCLE + 1),
    ];
    let (ack, ack_by) = pick(dice, &places);
    let fin = if one_in(dice, 5) { Flags::FIN } else { Flags::NONE };
    Shape { ack, ack_by, flags: Flags::ACK | fin, ..Shape::data(Kind::AckEdge, some_octets(dice)) }
}

fn reset(dice: &mut Rng) -> Shape {
    let (seq, seq_by) = around_window(dice, 0);
    let flags = Flags::RST | pick(dice, &[Flags::NONE, Flags::NONE, Flags::ACK, Flags::FIN, Flags::SYN]);
    let (ack, ack_by) = pick(dice, &[(AckFrom::Max, 0), (AckFrom::Una, 0), (AckFrom::Max, 1)]);
    Shape { seq, seq_by, flags, ack, ack_by, ..Shape::data(Kind::Reset, pick(dice, &[0, 0, 0, 10])) }
}

fn late_syn(dice: &mut Rng) -> Shape {
    let (seq, seq_by) = around_window(dice, 1);
    let flags = Flags::SYN | pick(dice, &[Flags::NONE, Flags::NONE, Flags::ACK, Flags::FIN]);
    let (ack, ack_by) = pick(dice, &[(AckFrom::Max, 0), (AckFrom::Una, 0), (AckFrom::Max, 1)]);
    let options = if one_in(dice, 3) { Extra::None } else { Extra::Offer };
    let octets = pick(dice, &[0, 0, 0, 10]);
    Shape { seq, seq_by, flags, ack, ack_by, options, ..Shape::data(Kind::LateSyn, octets) }
}

fn stamp(dice: &mut Rng) -> Stamp {
    let by = pick(dice, &[0, -1, -2, -1000, 1, i32::MAX, i32::MIN, i32::MIN + 1]);
    match dice.u8(..4) {
        0 => Stamp::Missing,
        1 => Stamp::Echo(pick(dice, &[1, 1000, -1000, i32::MIN])),
        _ => Stamp::Value(by),
    }
}

fn sack(dice: &mut Rng) -> Shape {
    let blocks = pick(
        dice,
        &[
            vec![(10, 5)],
            vec![(1, 2)],
            vec![(-100, -50)],
            vec![(0, 100_000)],
            vec![(1, 1)],
            vec![(1448, 2896), (5, 6), (1, 3)],
            vec![(HALF_CIRCLE, 0)],
        ],
    );
    Shape { options: Extra::Sack(blocks), ack: AckFrom::Una, ..Shape::ack(Kind::Sack) }
}

/// Options that are malformed, unknown, or out of place, in at most `room` octets.
pub fn odd_options(dice: &mut Rng, room: usize) -> Vec<u8> {
    let odd: [&[u8]; 20] = [
        // Lengths that cannot be.
        &[254, 0],
        &[254, 1],
        &[254, 40],
        &[2, 0],
        &[8, 10, 0, 0],
        &[254],
        // Known kinds with a length that is not theirs.
        &[2, 3, 5],
        &[2, 6, 5, 180, 0, 0],
        &[3, 2],
        &[3, 4, 7, 7],
        &[4, 3, 0],
        &[8, 6, 0, 0, 0, 1],
        &[5, 3, 0],
        // Unknown, and then something known.
        &[254, 4, 0, 0, 2, 4, 2, 24],
        &[99, 2, 1, 1],
        // The end, and then something that must not be read.
        &[0, 2, 4, 0, 40],
        // Out of place in all but a SYN.
        &[2, 4, 0, 100],
        &[3, 3, 2, 1],
        &[1, 1, 4, 2],
        // As many as there is room for.
        &[1; 40],
    ];
    let mut octets = pick(dice, &odd).to_vec();
    octets.truncate(room);
    octets
}
