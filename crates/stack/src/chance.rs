//! Where chance comes from.

use core::fmt;
use core::net::{IpAddr, SocketAddr};

use cordial_tcp::Instant;
use cordial_wire::SeqNum;
use siphasher::sip::SipHasher13;

use crate::Tuple;

/// Everything a stack leaves to chance. [`Seeded`] is the real one; tests and searches choose for themselves.
pub trait Chance: Clone {
    /// The initial sequence number of a connection opened at `now`.
    fn isn(&mut self, now: Instant, tuple: &Tuple) -> SeqNum;

    /// Sixty-four bits: hash keys, cookie keys, where the search for a port begins.
    fn u64(&mut self) -> u64;

    /// What a connection's timestamps start from. The same for the same two ends, so that the timestamps of one
    /// incarnation follow those of the one before (RFC 7323 §5.4); different for others.
    ///
    /// By default a hash whose key is no secret: it tells no two connections' clocks from each other by value, but
    /// whoever knows this code can undo it.
    fn ts_offset(&mut self, tuple: &Tuple) -> u32 {
        hash(&SipHasher13::new(), tuple) as u32
    }
}

/// Chance that follows from 32 octets: the same seed, the same run.
///
/// Initial sequence numbers are RFC 6528's: a clock of 4 µs plus a keyed hash of the two ends. The 64 bits are the
/// same hash, SipHash-1-3, of a counter under a key of its own: fit for hash keys and ports. It is no generator for
/// cryptographic keys, and it is as unpredictable as its seed: a host draws that from the operating system.
#[derive(Clone)]
pub struct Seeded {
    numbers: SipHasher13,
    timestamps: SipHasher13,
    draws: SipHasher13,
    drawn: u64,
}

/// Without the keys: what is written into a log is no secret any more (RFC 6528 §3).
impl fmt::Debug for Seeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { numbers: _, timestamps: _, draws: _, drawn } = self;
        f.debug_struct("Seeded").field("drawn", drawn).finish_non_exhaustive()
    }
}

/// Nanoseconds of a tick of the clock that initial sequence numbers follow: 250 kHz (RFC 9293 §3.4.1).
const ISN_TICK: u64 = 4_000;

impl Seeded {
    /// Everything follows from `seed`.
    pub fn new(seed: [u8; 32]) -> Self {
        let (first, second) = seed.split_at(16);
        let key = |octets: &[u8]| octets.first_chunk().map_or(0, |octets| u128::from_le_bytes(*octets));
        let (root, salt) = (key(first), key(second));
        let root = SipHasher13::new_with_keys(root as u64, (root >> 64) as u64);
        let derive = |label: u8| {
            let half = |part: u8| {
                let mut octets = [label; 18];
                if let Some(place) = octets.first_chunk_mut() {
                    *place = salt.to_le_bytes();
                }
                if let Some(last) = octets.last_mut() {
                    *last = part;
                }
                root.hash(&octets)
            };
            SipHasher13::new_with_keys(half(0), half(1))
        };
        Self { numbers: derive(0), timestamps: derive(1), draws: derive(2), drawn: 0 }
    }
}

impl Chance for Seeded {
    fn isn(&mut self, now: Instant, tuple: &Tuple) -> SeqNum {
        let clock = (now.as_nanos() / ISN_TICK) as u32;
        SeqNum(clock.wrapping_add(hash(&self.numbers, tuple) as u32))
    }

    fn u64(&mut self) -> u64 {
        self.drawn += 1;
        self.draws.hash(&self.drawn.to_le_bytes())
    }

    fn ts_offset(&mut self, tuple: &Tuple) -> u32 {
        hash(&self.timestamps, tuple) as u32
    }
}

fn hash(hasher: &SipHasher13, tuple: &Tuple) -> u64 {
    let mut octets = [0; 37];
    let ends = end(tuple.local).into_iter().chain(end(tuple.peer)).chain([u8::from(tuple.local.is_ipv4())]);
    for (to, from) in octets.iter_mut().zip(ends) {
        *to = from;
    }
    hasher.hash(&octets)
}

fn end(at: SocketAddr) -> [u8; 18] {
    let address = match at.ip() {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    };
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = address.octets();
    let [hi, lo] = at.port().to_be_bytes();
    [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, hi, lo]
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::vec::Vec;

    use super::*;

    fn tuple(port: u16) -> Tuple {
        Tuple { local: ([10, 0, 0, 1], port).into(), peer: ([10, 0, 0, 2], 80).into() }
    }

    #[test]
    fn the_same_seed_gives_the_same_run_and_another_seed_another() {
        let run = |seed: u8| {
            let mut chance = Seeded::new([seed; 32]);
            let now = Instant::from_millis(5);
            (chance.u64(), chance.u64(), chance.isn(now, &tuple(1)), chance.ts_offset(&tuple(1)))
        };
        assert_eq!(run(1), run(1));
        let (a, b) = (run(1), run(2));
        assert!(a.0 != b.0 && a.0 != a.1 && a.2 != b.2 && a.3 != b.3);
        let mut last_octet = [1; 32];
        last_octet[31] = 2;
        assert_ne!(Seeded::new(last_octet).u64(), a.0, "every octet of the seed counts");
    }

    /// SipHash, as its paper has it, with any number of rounds.
    fn siphash(rounds: (u8, u8), (k0, k1): (u64, u64), octets: &[u8]) -> u64 {
        fn round([a, b, c, d]: &mut [u64; 4]) {
            (*a, *c) = (a.wrapping_add(*b), c.wrapping_add(*d));
            (*b, *d) = (b.rotate_left(13) ^ *a, d.rotate_left(16) ^ *c);
            *a = a.rotate_left(32);
            (*c, *a) = (c.wrapping_add(*b), a.wrapping_add(*d));
            (*b, *d) = (b.rotate_left(17) ^ *c, d.rotate_left(21) ^ *a);
            *c = c.rotate_left(32);
        }
        let mut v = [
            k0 ^ 0x736f_6d65_7073_6575,
            k1 ^ 0x646f_7261_6e64_6f6d,
            k0 ^ 0x6c79_6765_6e65_7261,
            k1 ^ 0x7465_6462_7974_6573,
        ];
        let mut padded = octets.to_vec();
        padded.resize(octets.len() / 8 * 8 + 7, 0);
        padded.push(octets.len() as u8);
        for word in padded.chunks(8) {
            let word = u64::from_le_bytes(word.try_into().expect("eight"));
            v[3] ^= word;
            (0..rounds.0).for_each(|_| round(&mut v));
            v[0] ^= word;
        }
        v[2] ^= 0xff;
        (0..rounds.1).for_each(|_| round(&mut v));
        v[0] ^ v[1] ^ v[2] ^ v[3]
    }

    /// RFC6528-3-b: the function is SipHash-1-3 of both ends under a key of 128 bits, and the key is not to be had from
    /// what is printed.
    #[test]
    fn initial_numbers_are_siphash_under_a_key_that_is_never_told() {
        let counted: Vec<u8> = (0..15).collect();
        let key = (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908);
        assert_eq!(siphash((2, 4), key, &counted), 0xa129_ca61_49be_45e5, "the paper's example");

        let mut chance = Seeded::new([7; 32]);
        chance.numbers = SipHasher13::new_with_keys(key.0, key.1);
        for port in [1, 2, 65_535] {
            let end = |host: u8, port: u16| {
                let [high, low] = port.to_be_bytes();
                [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, host, high, low]
            };
            let ends = [&end(1, port)[..], &end(2, 80), &[1]].concat();
            let expected = SeqNum(siphash((1, 3), key, &ends) as u32);
            assert_eq!(chance.isn(Instant::ZERO, &tuple(port)), expected, "port {port}");
        }
        assert_eq!(format!("{:?}", Seeded::new([7; 32])), format!("{:?}", Seeded::new([8; 32])));
    }

    /// RFC 6528 §3.
    #[test]
    fn initial_numbers_of_one_pair_of_ends_follow_a_clock_of_4_us() {
        let mut chance = Seeded::new([7; 32]);
        let first = chance.isn(Instant::ZERO, &tuple(1));
        assert_eq!(chance.isn(Instant::from_millis(1), &tuple(1)).since(first), 250);
        assert_ne!(chance.isn(Instant::ZERO, &tuple(2)), first, "another pair starts elsewhere");
    }
}
