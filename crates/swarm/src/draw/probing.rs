//! Probing for the path's MTU (RFC 4821): ends that try segments which may be too long.

use super::dice::Dice;
use crate::{Plan, Setting};

/// Has every end of some plans probe.
pub(super) fn draw(dice: &mut Dice, plan: &mut Plan) {
    if dice.percent(15) {
        let always = dice.percent(50);
        plan.settings.iter_mut().for_each(|settings| settings.push(Setting::Probing { always }));
    }
}
