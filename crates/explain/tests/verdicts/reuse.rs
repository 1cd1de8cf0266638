//! Addresses that were used before.

use cordial_tcp::Phase as P;

use super::wire::{Capture, goodbye, opened};

/// The server answers a SYN with old numbers, the client denies it, and asks again.
fn denied() -> String {
    let lines = "0 > SYN 0\n20 < ACK 70000 ack 900000\n20.1 > RST 900000\n1000 > SYN 0\n1020 < SYN+ACK 0 ack 1\n1020.1 > ACK 1 ack 1\n";
    format!("{lines}{}", goodbye(1_100, 0, 0))
}

#[test]
fn h19_the_server_still_held_what_the_client_forgot() {
    assert_eq!(Capture::of(&denied()).after(P::Closed, P::Established).says(), ["S01", "H19"]);
}

#[test]
fn h21_time_wait_only_repeats_its_ack() {
    assert_eq!(Capture::of(&denied()).after(P::Closed, P::TimeWait).says(), ["H21"]);
}

#[test]
fn h19_and_h21_not_where_nothing_is_known_of_what_was_before() {
    assert_eq!(Capture::of(&denied()).says(), ["S01"]);
}

#[test]
fn h20_time_wait_gives_way() {
    let lines = opened(&goodbye(100, 0, 0));
    assert_eq!(Capture::of(&lines).after(P::Closed, P::TimeWait).says(), ["S01", "H20"]);
    assert_eq!(Capture::of(&lines).after(P::Closed, P::Closed).says(), ["S01"]);
    assert_eq!(Capture::of(&lines).after(P::Closed, P::Established).says(), ["S01"]);
}

#[test]
fn h19_is_also_what_is_said_of_the_connection_that_was_forgotten() {
    let open = opened("30 > ACK 1..101 ack 1\n50 < ACK 1 ack 101\n");
    let forgotten = Capture { why: "ports-used-again", ..Capture::of(&open) };
    assert_eq!(forgotten.says(), ["H19"]);
    assert_eq!(Capture::of(&open).says(), ["C14"]);
}
