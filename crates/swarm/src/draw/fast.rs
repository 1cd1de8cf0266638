//! Fast open (RFC 7413): callers whose octets ride on the SYN.

use std::num::NonZeroU32;

use cordial_sim::{Call, SERVER};

use super::dice::Dice;
use crate::{Plan, Setting};

/// Has both ends of some plans open fast, and callers write without waiting until they are connected.
pub(super) fn draw(dice: &mut Dice, plan: &mut Plan) {
    if !dice.percent(20) {
        return;
    }
    let trusted = NonZeroU32::new(*dice.pick(&[1, 2, 16]));
    for (at, settings) in plan.settings.iter_mut().enumerate() {
        if at != usize::from(SERVER.0) {
            settings.push(Setting::FastOpen);
        }
    }
    for step in plan.programs.iter_mut().flat_map(|program| &mut program.steps) {
        match &mut step.call {
            Call::Listen { fast_open, .. } => *fast_open = trusted,
            Call::Connect { waits, .. } if dice.percent(60) => *waits = false,
            _ => {}
        }
    }
}
