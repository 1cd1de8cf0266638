//! Seeds of `stack_pair`: conversations of two hosts, and what befalls them.
//!
//! Two octets of setting, then steps of two octets, as `fuzz_targets/stack_pair/script.rs` reads them.

use crate::Seed;

const PLAIN: [u8; 2] = [0, 0];
const SIX: [u8; 2] = [1, 0];
/// Nothing is offered by either end.
const BARE: [u8; 2] = [0b0111_1110, 0];
/// Both ends have room for little.
const SMALL: [u8; 2] = [0b1000_0000, 1];

const WAIT_200_MS: [u8; 2] = [0, 4];
const WAIT_3_S: [u8; 2] = [0, 6];
const WAIT_30_S: [u8; 2] = [0, 7];
const CONNECT: [u8; 2] = [4, 0];
const MEET: [[u8; 2]; 2] = [[5, 0], [5, 1]];
const ACCEPT: [u8; 2] = [6, 1];
const LOSE: [u8; 2] = [14, 0];
const LATE: [u8; 2] = [15, 6];
const TWICE: [u8; 2] = [16, 6];
const SWAP: [u8; 2] = [17, 0];
const PASS: [u8; 2] = [17, 1];

/// Every conversation.
pub fn seeds() -> Vec<Seed> {
    let open = [CONNECT, WAIT_200_MS, ACCEPT];
    let bye = [close(0), WAIT_200_MS, close(1), WAIT_3_S];
    let seed = |name, setting: [u8; 2], parts: &[&[[u8; 2]]]| {
        (name, [setting].into_iter().chain(parts.concat()).flatten().collect())
    };
    vec![
        seed(
            "a-word-each-way",
            PLAIN,
            &[&open, &[write(0, 2), write(1, 3), WAIT_200_MS, read(0), read(1)], &bye],
        ),
        seed("over-ipv6", SIX, &[&open, &[write(0, 6), WAIT_3_S, read(1)], &bye]),
        seed("nothing-offered", BARE, &[&open, &[write(0, 7), WAIT_3_S, read(1), WAIT_3_S], &bye]),
        seed("little-room", SMALL, &[&open, &[write(0, 7), WAIT_3_S, read(1), WAIT_3_S, read(1)], &bye]),
        seed("both-call", PLAIN, &[&MEET, &[WAIT_200_MS, write(0, 2), write(1, 2), WAIT_200_MS], &bye]),
        seed("both-close", PLAIN, &[&open, &[close(0), close(1), WAIT_3_S]]),
        seed(
            "every-second-lost",
            PLAIN,
            &[&[LOSE, PASS].repeat(8), &open, &[write(0, 6), WAIT_30_S, read(1)], &bye],
        ),
        seed(
            "late-and-twice",
            PLAIN,
            &[&[LATE, TWICE, SWAP].repeat(4), &open, &[WAIT_30_S, write(0, 6)], &bye],
        ),
        seed("again-from-the-same-port", PLAIN, &[&[TWICE], &open, &bye, &open, &bye, &[WAIT_30_S]]),
        seed(
            "half-closed",
            PLAIN,
            &[&open, &[shut_write(0), WAIT_200_MS, write(1, 6), WAIT_3_S, read(0)], &bye],
        ),
        seed("given-up", PLAIN, &[&open, &[write(0, 7), [12, 0], WAIT_200_MS, write(1, 2)], &bye]),
    ]
}

fn write(socket: u8, amount: u8) -> [u8; 2] {
    [7, amount << 4 | socket]
}

fn read(socket: u8) -> [u8; 2] {
    [9, 7 << 4 | socket]
}

fn shut_write(socket: u8) -> [u8; 2] {
    [10, socket]
}

fn close(socket: u8) -> [u8; 2] {
    [11, socket]
}
