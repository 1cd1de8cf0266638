//! A stack that is given arbitrary packets, calls and times keeps its promises.
//!
//! The input is a script (see `script`), played twice (see `world`). What holds after every step, and in the end:
//!
//! * nothing panics, and every queue of output and events runs dry;
//! * no table grows past its bound;
//! * every packet is whole: its lengths agree, it can be parsed, its checksums are right (see `packet`);
//! * the same script does the same;
//! * once everyone has let go, time alone ends everything.
#![no_main]

mod packet;
mod script;
mod world;

use libfuzzer_sys::fuzz_target;

use script::Script;
use world::World;

fuzz_target!(|octets: &[u8]| {
    let first = play(octets);
    let second = play(octets);
    assert_eq!(first, second, "the same script does the same");
});

/// Plays a script to its end and gives a print of all that came out.
fn play(octets: &[u8]) -> u64 {
    let mut script = Script::new(octets);
    let mut world = World::new(script.setting());
    while let Some(step) = script.step() {
        world.take(step);
        world.settle();
    }
    world.wind_up();
    world.print()
}
