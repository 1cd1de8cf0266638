//! Seeds of `stack_frames`: the exchanges of a connection's life, as scripts of steps.
//!
//! The first octet is the setting, then come the steps, as `fuzz_targets/stack_frames/script.rs` reads them.

use crate::Seed;

/// Flags as a script numbers them.
const SYN: u8 = 0;
const SYN_ACK: u8 = 1;
const ACK: u8 = 2;
const DATA: u8 = 3;
const FIN: u8 = 4;
const RST: u8 = 5;

/// Settings.
const PLAIN: u8 = 0;
const SIX: u8 = 1;
const DECIDE: u8 = 2;
const OFFLOAD: u8 = 4;
const ANY: u8 = 8;

/// Steps without arguments of interest.
const LISTEN: &[u8] = &[6, 0];
const LISTEN_ANY: &[u8] = &[6, 128];
const ACCEPT: &[u8] = &[9, 0];
const CONNECT: &[u8] = &[10, 0];
const RELEASE: &[u8] = &[14, 0];
const ABORT: &[u8] = &[15, 0];
const SHUT_WRITE: &[u8] = &[13, 0, 1];
const READ_ALL: &[u8] = &[12, 0, 0xff, 0xff];
const WAIT_200_MS: &[u8] = &[0, 3];
const WAIT_61_S: &[u8] = &[0, 6];

/// A SYN-ACK whose sender takes segments of 1,280 octets, on a link that carries 1,460.
const SYN_ACK_OF_1280: &[u8] = &[1, 0, SYN_ACK, 0, 0, 0xff, 0xff, 1, 0x05, 0x00, 0, 0];

/// Every exchange.
pub fn seeds() -> Vec<Seed> {
    let open: &[&[u8]] = &[LISTEN, &segment(0, SYN, 0), &segment(0, ACK, 0), ACCEPT];
    let connected: &[&[u8]] = &[CONNECT, &segment(0, SYN_ACK, 0)];
    let seed =
        |name, setting, parts: &[&[&[u8]]]| (name, [&[setting], parts.concat().concat().as_slice()].concat());
    vec![
        seed(
            "passive-open-and-close",
            PLAIN,
            &[open, &[&segment(0, FIN, 0), READ_ALL, RELEASE, &segment(0, ACK, 0)]],
        ),
        seed("passive-open-over-ipv6", SIX, &[open, &[&segment(0, DATA, 500), READ_ALL, RELEASE]]),
        seed(
            "active-open-and-close",
            PLAIN,
            &[connected, &[RELEASE, &segment(0, ACK, 0), &segment(0, FIN, 0), WAIT_61_S]],
        ),
        seed("simultaneous-open", PLAIN, &[&[CONNECT, &segment(0, SYN, 0), &segment(0, SYN_ACK, 0)]]),
        seed(
            "simultaneous-close",
            PLAIN,
            &[connected, &[SHUT_WRITE, &segment_at(0, FIN, 0, 0, -1), &segment(0, ACK, 0)]],
        ),
        seed("refused", PLAIN, &[&[&segment(0, SYN, 0), CONNECT, &segment(0, RST, 0)]]),
        seed(
            "half-close",
            PLAIN,
            &[connected, &[SHUT_WRITE, &segment(0, ACK, 0), &segment(0, DATA, 900), READ_ALL]],
        ),
        seed(
            "data-lost-and-sent-again",
            PLAIN,
            &[connected, &[&write(9_000), WAIT_200_MS, &segment(0, ACK, 0), WAIT_200_MS]],
        ),
        seed(
            "out-of-order",
            PLAIN,
            &[open, &[&segment_at(0, DATA, 1_000, 100, 0), &segment_at(0, DATA, 100, 0, 0), READ_ALL]],
        ),
        seed("super-segments", OFFLOAD, &[connected, &[&write(60_000), &segment(0, ACK, 0), &write(60_000)]]),
        seed(
            "peer-takes-less-than-the-link",
            PLAIN,
            &[&[CONNECT, SYN_ACK_OF_1280, &write(1_400), &segment(0, ACK, 0)]],
        ),
        seed(
            "decided-and-accepted",
            DECIDE,
            &[&[LISTEN, &segment(0, SYN, 0), &[8, 0], &segment(0, ACK, 0), ACCEPT]],
        ),
        seed(
            "decided-and-refused",
            DECIDE | ANY,
            &[&[LISTEN_ANY, &segment(0, SYN, 0), &[8, 1], &segment(1, SYN, 0), &[8, 2]]],
        ),
        seed("syn-cache-full", PLAIN, &[&[LISTEN, &flood().concat(), WAIT_61_S]]),
        seed("aborted", PLAIN, &[open, &[&write(5_000), ABORT, RELEASE]]),
        seed("unreachable", PLAIN, &[&[CONNECT, &[5, 3, 1, 0, 0], WAIT_61_S]]),
        seed("too-big", PLAIN, &[connected, &[&write(9_000), &[5, 3, 4, 2, 88], WAIT_200_MS]]),
        seed(
            "corrupted",
            PLAIN,
            &[open, &[&segment(0, DATA, 50), &[4, 0, 32, 0x50], &[4, 0, 33, 0x12], READ_ALL]],
        ),
        seed("datagrams", PLAIN, &[&[&[19, 0, 53], &[20, 0, 1, 0], &[20, 0, 0, 0]]]),
        seed("raw", PLAIN, &[&[&[21, 20, 0x45, 0, 0, 20], &[21, 3, 0x60, 0, 0]]]),
    ]
}

/// More SYNs than the cache holds, each from another sequence number.
fn flood() -> Vec<Vec<u8>> {
    (0..8).map(|number| segment_at(number, SYN, 0, number as i8, 0)).collect()
}

fn write(octets: u16) -> Vec<u8> {
    let [hi, lo] = octets.to_be_bytes();
    vec![11, 0, hi, lo]
}

/// A segment right where the stack expects it.
fn segment(peer: u8, flags: u8, payload: u16) -> Vec<u8> {
    segment_at(peer, flags, payload, 0, 0)
}

/// A segment this far off, with a wide window; a SYN with the usual options.
fn segment_at(peer: u8, flags: u8, payload: u16, seq: i8, ack: i8) -> Vec<u8> {
    let mut octets = vec![1, peer, flags, seq as u8, ack as u8, 0xff, 0xff];
    match flags {
        SYN | SYN_ACK => octets.extend([1 | 2 | 4, 0x05, 0xb4, 7]),
        _ => octets.push(0),
    }
    octets.extend(payload.to_be_bytes());
    octets
}
