//! What befalls single segments, hosts and wires.

use cordial_sim::{Target, Way, WireId};
use cordial_trace::Group;
use cordial_trace::event::Side;

use super::dice::Dice;
use super::programs::after_reboot;
use crate::{Deed, Fault, Mishap, Plan, Trouble};

pub(super) fn draw(dice: &mut Dice, plan: &mut Plan) {
    if dice.percent(45) {
        for _ in 0..dice.number(1..=4) {
            plan.faults.push(fault(dice));
        }
    }
    if dice.percent(12) {
        let mishap = crash(dice, plan);
        plan.mishaps.push(mishap);
        if let Trouble::Crash(host) = mishap.trouble
            && dice.percent(80)
        {
            let again = after_reboot(dice, host, plan.end_of(&mishap));
            plan.programs.extend(again);
        }
    }
    if dice.percent(12) {
        plan.mishaps.push(cut(dice, plan));
    }
}

/// Mostly one of the first segments: those of the handshake, and of a short exchange's end.
fn fault(dice: &mut Dice) -> Fault {
    let sender = *dice.pick(&[Side::Client, Side::Server]);
    let most = *dice.pick(&[3, 8, 20]);
    let group = Group(*dice.pick(&[1, 1, 1, 2, 3]));
    let target = Target::new(sender, dice.number(1..=most)).of(group);
    let deed = match dice.number(0..=9) {
        0..=4 => Deed::Drop,
        5..=6 => {
            let most = *dice.pick(&[30, 500, 5_000, 60_000]);
            Deed::Delay(dice.millis(most))
        }
        7..=8 => {
            let most = *dice.pick(&[30, 500, 5_000, 60_000]);
            Deed::Duplicate(dice.millis(most))
        }
        _ => Deed::Swap,
    };
    Fault { target, deed }
}

fn crash(dice: &mut Dice, plan: &Plan) -> Mishap {
    let hosts: Vec<_> = plan.hosts().collect();
    let host = *dice.pick(&hosts);
    Mishap { trouble: Trouble::Crash(host), at: dice.soon(), lasts: dice.span(0..=5) }
}

fn cut(dice: &mut Dice, plan: &Plan) -> Mishap {
    let wire = WireId(dice.number(0..=plan.wires.len() as u32 - 1) as u16);
    let trouble = match dice.percent(60) {
        true => Trouble::Pull(wire),
        false => Trouble::Cut(wire, *dice.pick(&Way::BOTH)),
    };
    let most = *dice.pick(&[1, 10, 200]);
    Mishap { trouble, at: dice.soon(), lasts: dice.span(0..=most) }
}
