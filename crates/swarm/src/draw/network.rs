//! Hosts and what lies between them.

use std::time::Duration;

use cordial_sim::{Forgotten, Link, NatConfig, Queue, TooBig};

use super::dice::Dice;
use crate::Shape;

/// A network that was drawn.
pub(super) struct Network {
    pub clients: u16,
    pub shape: Shape,
    pub wires: Vec<[Link; 2]>,
}

pub(super) fn draw(dice: &mut Dice) -> Network {
    let (shape, clients) = match dice.number(0..=9) {
        0..=6 => (Shape::Direct, 1),
        7..=8 => (Shape::Router, dice.number(1..=3) as u16),
        _ => (Shape::Nat(nat(dice)), dice.number(1..=2) as u16),
    };
    // In a third of all networks nothing happens by chance: there little excuses an error.
    let is_calm = dice.percent(33);
    let first = pair(dice, is_calm);
    let others = match shape {
        Shape::Direct => Vec::new(),
        Shape::Router => (0..clients).map(|_| pair(dice, true)).collect(),
        // What a NAT hides is behind it at once, as in a scenario file.
        Shape::Nat(_) => (0..clients).map(|_| [Link::PERFECT; 2]).collect(),
    };
    Network { clients, shape, wires: [vec![first], others].concat() }
}

fn nat(dice: &mut Dice) -> NatConfig {
    let forgotten = if dice.percent(40) { Forgotten::Reset } else { Forgotten::Silent };
    NatConfig { idle: dice.span(2..=300), forgotten, ..NatConfig::default() }
}

/// The two directions of a wire: mostly alike.
fn pair(dice: &mut Dice, is_calm: bool) -> [Link; 2] {
    let there = link(dice, is_calm);
    let back = if dice.percent(30) { link(dice, is_calm) } else { there };
    [there, back]
}

fn link(dice: &mut Dice, is_calm: bool) -> Link {
    let delay = *dice.pick(&[50, 1_000, 5_000, 10_000, 10_000, 40_000, 120_000]);
    let mut link = Link::with_delay(Duration::from_micros(delay));
    if dice.percent(20) {
        let rate = *dice.pick(&[20_000, 100_000, 1_000_000]);
        link = link.rated(rate);
        if !is_calm && dice.percent(50) {
            link.queue = Some(Queue { octets: dice.number(4_000..=40_000), mark: None });
        }
    }
    if dice.percent(8) {
        let mtu = dice.number(600..=1_400) as u16;
        let too_big = if !is_calm && dice.percent(25) { TooBig::Silent } else { TooBig::Icmp };
        link = link.narrow(mtu, too_big);
    }
    if is_calm { link } else { troubled(dice, link) }
}

fn troubled(dice: &mut Dice, mut link: Link) -> Link {
    let chance = |dice: &mut Dice, often: u32| match dice.percent(often) {
        true => *dice.pick(&[5_000, 20_000, 50_000, 150_000, 350_000]),
        false => 0,
    };
    link.loss = chance(dice, 45);
    link.duplicate = chance(dice, 25);
    link.reorder = chance(dice, 30);
    link.corrupt = chance(dice, 12);
    if dice.percent(30) {
        link.jitter = dice.millis(30);
    }
    link
}
