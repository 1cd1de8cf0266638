//! Settings of a host.

use std::time::Duration;

use super::dice::Dice;
use crate::Setting;

/// Of every setting that can be drawn, how often it is, and how.
type Row = (u32, fn(&mut Dice) -> Setting);

const TABLE: &[Row] = &[
    (12, |dice| Setting::Mtu(*dice.pick(&[576, 1280, 1400, 9000]))),
    (25, |_| Setting::NoTimestamps),
    (20, |_| Setting::NoSack),
    (12, |_| Setting::NoWindowScaling),
    (25, |_| Setting::NoDelay),
    (20, |dice| Setting::DelayedAck(Duration::from_millis(*dice.pick(&[0, 10, 200, 500])))),
    (20, |dice| Setting::ReceiveBuffer(*dice.pick(&[1, 500, 2_000, 8_000, 65_535, 200_000]))),
    (15, |dice| Setting::SendBuffer(*dice.pick(&[1, 600, 4_000, 30_000]))),
    (10, |dice| Setting::SynQueue(dice.number(1..=2))),
    (25, |_| Setting::NoCookies),
    (5, |dice| Setting::Ports(dice.number(1..=3) as u16)),
    (25, |dice| Setting::Msl(Duration::from_millis(*dice.pick(&[1, 100, 1_000, 5_000])))),
    (10, |_| Setting::ResetEndsTimeWait),
    (4, |_| Setting::Silent),
    (8, |dice| Setting::Memory(*dice.pick(&[8_192, 65_536, 262_144]))),
];

pub(super) fn draw(dice: &mut Dice) -> Vec<Setting> {
    // Half of all hosts are as they come.
    if dice.percent(50) {
        return Vec::new();
    }
    let mut drawn = Vec::new();
    for &(often, draw) in TABLE {
        if dice.percent(often) {
            drawn.push(draw(dice));
        }
    }
    drawn
}
