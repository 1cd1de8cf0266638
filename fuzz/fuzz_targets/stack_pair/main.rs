//! Two stacks and a network that does whatever the input says keep their promises.
//!
//! The input is a script (see `script`), played twice (see `pair`): programs at both ends open, write, read and close in
//! any order, over a wire on which the script has segments lost, held up, doubled and swapped. What holds:
//!
//! * nothing panics, and every run ends once all programs have let go;
//! * no oracle of the simulator objects: no octet is lost, changed, doubled or delivered to another connection; no
//!   segment is sent that the RFC does not allow; every end comes to its end, and nothing is left in any table;
//! * the same script does the same.
#![no_main]

mod pair;
mod script;

use libfuzzer_sys::fuzz_target;

use pair::Pair;
use script::Script;

fuzz_target!(|octets: &[u8]| {
    let first = play(octets);
    let second = play(octets);
    assert_eq!(first, second, "the same script does the same");
});

/// Plays a script to its end and gives a print of what came of it.
fn play(octets: &[u8]) -> u64 {
    let mut script = Script::new(octets);
    let mut pair = Pair::new(script.setting());
    while let Some(step) = script.step() {
        pair.take(step);
    }
    pair.wind_up()
}
