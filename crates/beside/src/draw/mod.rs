//! Sequences by chance: the same seed and number, the same sequence.

mod path;
mod segment;

use fastrand::Rng;

use crate::sequence::{Call, Offer, Sequence, Step};
use crate::{Kind, Shape};
use path::Target;

/// The steps that follow once the state that is wanted was reached.
const MOST_STEPS: usize = 5;
/// How many steps in a hundred are calls.
const CALLS: u8 = 22;

/// The sequence with this number.
pub fn sequence(seed: u64, number: u64) -> Sequence {
    let mut dice = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number);
    // The first draws of two seeds that are near are near themselves.
    dice.u64(..);
    let target = pick(&mut dice, &Target::ALL);
    let mut sequence = Sequence {
        number,
        opening: target.opening(&mut dice),
        offer: offer(&mut dice),
        iss: pick(&mut dice, &[0, 1000, 0x7fff_fff0, 0xffff_ff00, 0xffff_fffe]),
        small_buffer: one_in(&mut dice, 5),
        nodelay: dice.bool(),
        steps: Vec::new(),
    };
    sequence.steps = target.path(&mut dice, sequence.opening);
    for _ in 0..dice.usize(1..=MOST_STEPS) {
        let step = any_step(&mut dice);
        sequence.steps.push(step);
    }
    if dice.bool() {
        // Is it still the same connection?
        sequence.steps.push(Step::Segment(Shape::data(Kind::Data, 10)));
    }
    sequence
}

fn any_step(dice: &mut Rng) -> Step {
    if dice.u8(..100) >= CALLS {
        return Step::Segment(segment::any(dice));
    }
    Step::Call(match dice.u8(..12) {
        0..=4 => Call::Write(written(dice)),
        5 | 6 => Call::Read,
        7 | 8 => Call::ShutdownWrite,
        9 => Call::Close,
        10 => Call::Abort,
        _ => Call::CloseListener,
    })
}

/// How much the application writes at once.
fn written(dice: &mut Rng) -> u16 {
    pick(dice, &[1, 1, 10, 10, 100, 100, 536, 1000, 1448, 3000])
}

fn offer(dice: &mut Rng) -> Offer {
    Offer {
        mss: pick(dice, &[Some(1460), Some(1460), Some(1460), Some(536), Some(100), None]),
        window_scale: pick(dice, &[Some(7), Some(7), Some(0), Some(14), Some(15), None]),
        sack: dice.bool(),
        timestamps: dice.bool(),
        more: if one_in(dice, 10) { segment::odd_options(dice, 12) } else { Vec::new() },
    }
}

fn pick<T: Clone>(dice: &mut Rng, from: &[T]) -> T {
    from[dice.usize(..from.len())].clone()
}

fn one_in(dice: &mut Rng, many: u32) -> bool {
    dice.u32(..many) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_and_a_number_give_the_same_sequence_and_another_number_another() {
        assert_eq!(sequence(1, 5), sequence(1, 5));
        assert_ne!(sequence(1, 5), Sequence { number: 5, ..sequence(1, 6) });
        assert_ne!(sequence(1, 5), sequence(2, 5));
    }

    #[test]
    fn every_kind_is_drawn() {
        let mut kinds = std::collections::BTreeSet::new();
        for number in 0..2_000 {
            kinds.extend(sequence(1, number).steps.into_iter().filter_map(|step| match step {
                Step::Segment(shape) => Some(shape.kind),
                Step::Call(_) => None,
            }));
        }
        assert_eq!(kinds.len(), Kind::ALL.len());
    }
}
