//! The attacks that are measured, small.
//!
//! One test at a time: the allocator counts for all.

use cordial_measure::blind::{self, Guess, Kind};
use cordial_measure::flood;

/// What the allocator may have given beyond what it had after a tenth of the flood: connections that are open at the same
/// time, on both hosts, and nothing for a SYN.
const STEADY: usize = 300 << 10;

fn a_flood_of_syns_keeps_nobody_out_and_takes_no_memory() {
    let tally = flood::with_cookies(50_000, 100);
    assert_eq!((tally.forged, tally.served, tally.failed), (50_000, 100, 0), "{tally:?}");
    let [_, tenth, peak, _] = tally.memory;
    assert!(peak - tenth < STEADY, "{tally:?}");
    // Nobody is told that such a flood does no harm where there are no cookies.
    let tally = flood::without_cookies(50_000, 100);
    assert!(tally.served < 100 || tally.called_again > 0, "{tally:?}");
}

fn blind_injection_has_no_better_odds_than_the_rfc_gives_it() {
    for timestamps in [false, true] {
        let tally = blind::inject(Guess { bits: 32 }, timestamps, 500_000);
        tally.check().unwrap_or_else(|error| panic!("{error}\n{tally}"));
        assert_eq!((tally.killed, tally.forged_octets), (0, 0), "{tally}");
    }
}

/// Who knows all but 18 bits of the numbers does come through: just as often as that gives.
fn who_knows_nearly_everything_comes_through_as_often_as_the_odds_say() {
    for timestamps in [false, true] {
        let tally = blind::inject(Guess { bits: 18 }, timestamps, 200_000);
        tally.check().unwrap_or_else(|error| panic!("{error}\n{tally}"));
        let accepted = |kind| tally.of(kind).accepted;
        assert!(accepted(Kind::Ack) > 100 && accepted(Kind::Data) > 100, "{tally}");
        assert_eq!(accepted(Kind::Syn), 0, "{tally}");
    }
}

#[test]
fn attacks() {
    a_flood_of_syns_keeps_nobody_out_and_takes_no_memory();
    blind_injection_has_no_better_odds_than_the_rfc_gives_it();
    who_knows_nearly_everything_comes_through_as_often_as_the_odds_say();
}
