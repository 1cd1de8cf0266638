//! What the stack counted, for `--stats`.

use std::fmt::Write as _;

use cordial::Host;

/// The tables and every counter that is not 0, a line each: the names of the MIBs and of Linux where they have one.
pub fn text(host: &Host) -> String {
    let tables = [
        ("connections", host.connections()),
        ("half_open", host.half_open()),
        ("time_wait", host.time_wait()),
    ];
    let tables = tables.into_iter().map(|(name, entries)| (name, entries as u64));
    let counters = host.counters();
    let counted = counters.iter().filter(|&(_, count)| count > 0);
    let mut text = String::new();
    for (name, value) in tables.chain(counted) {
        // A string takes everything.
        let _ = writeln!(text, "{name:<22} {value}");
    }
    text
}
