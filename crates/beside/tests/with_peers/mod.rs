//! The short form of `cargo xtask beside`: few sequences, but each difference in a class that is known.
//!
//! It takes root, or user namespaces and a `/dev/net/tun` that the caller may open; and `unshare` (util-linux), `ip` and
//! `ss` (iproute2).
#[path = "../../../device/tests/common/again.rs"]
mod again;

use cordial_beside::run::Tally;
use cordial_beside::{Kind, report};

/// What the sequences are drawn from. Another seed is as good.
const SEED: u64 = 5;
const SEQUENCES: u64 = 500;

#[test]
fn linux_and_we_differ_in_known_ways_only() {
    if !again::is_inside() {
        return again::in_a_network("with_peers::linux_and_we_differ_in_known_ways_only");
    }
    let mut tally = Tally::default();
    tally.run(SEED, 0..SEQUENCES);
    assert!(
        tally.unknown.is_empty(),
        "seed {SEED}\n{}{}",
        report::summary(&tally),
        report::unknown(&tally, 5)
    );
    assert_eq!(tally.sequences, SEQUENCES as usize);
    assert!(
        tally.same > tally.sequences / 4,
        "most of what is asked has one answer:\n{}",
        report::summary(&tally)
    );
    let missing = tally.coverage.missing().len();
    assert!(missing < 11 * Kind::ALL.len() / 4, "states and kinds that were never tried: {missing}");
}
