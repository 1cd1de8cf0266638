//! Initial sequence numbers and ephemeral ports: nobody who has seen some can tell the next (RFC 6528, RFC 6056).

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cordial_stack::{
    Bind, Chance, Config, ConnId, ConnectError, Instant, ListenConfig, Seeded, Stack, Tuple,
};

const SEEDS: u8 = 20;

fn chance(seed: u8) -> Seeded {
    let mut octets = [seed; 32];
    octets[7] = seed.wrapping_mul(37);
    Seeded::new(octets)
}

fn tuple(port: u16, host: u8) -> Tuple {
    Tuple { local: ([10, 0, 0, 1], port).into(), peer: ([10, 0, 0, host], 80).into() }
}

/// How far `counts` are from all the same: chi-square, which for many cells is about their number, give or take a few
/// times the root of twice that.
fn is_even(counts: &[u32]) -> bool {
    let (cells, all) = (counts.len() as f64, f64::from(counts.iter().sum::<u32>()));
    let mean = all / cells;
    let chi: f64 = counts.iter().map(|&count| (f64::from(count) - mean).powi(2) / mean).sum();
    (chi - cells).abs() < 5.0 * (2.0 * cells).sqrt()
}

/// RFC6528-3-a, MUST-8, SHLD-1: a clock of 4 µs plus a keyed hash of both ends: each part of the ends and the secret
/// count, and nothing else does.
#[test]
fn an_initial_number_is_a_clock_plus_a_keyed_hash_of_both_ends() {
    for seed in 0..SEEDS {
        let mut chance = chance(seed);
        let start = Instant::from_millis(50);
        let first = chance.isn(start, &tuple(1000, 2));
        assert_eq!(chance.isn(start, &tuple(1000, 2)), first, "seed {seed}: drawing moves nothing");
        for micros in [4, 400, 4_000_000] {
            let later = chance.isn(start + Duration::from_micros(micros), &tuple(1000, 2));
            assert_eq!(later.since(first), (micros / 4) as u32, "seed {seed}");
        }
        let base = tuple(1000, 2);
        let others = [
            tuple(1001, 2),
            tuple(1000, 3),
            Tuple { peer: ([10, 0, 0, 2], 81).into(), ..base },
            Tuple { local: ([10, 0, 0, 9], 1000).into(), ..base },
        ];
        for other in others {
            assert_ne!(chance.isn(start, &other), first, "seed {seed}: {other:?}");
        }
    }
}

/// RFC6528-3-b: from the numbers of its own connections nobody learns those of others: every bit is even, differences
/// of neighbours are, and one seed's tell nothing of the next one's.
#[test]
fn initial_numbers_of_neighbours_have_nothing_in_common() {
    for seed in 0..SEEDS {
        let (mut one, mut next) = (chance(seed), chance(seed + 1));
        let now = Instant::from_millis(5);
        let (mut high, mut steps, mut apart) = ([0; 64], [0; 64], [0; 64]);
        let mut before = one.isn(now, &tuple(1023, 2));
        let mut all = BTreeSet::new();
        for port in 1024..=30_000 {
            let number = one.isn(now, &tuple(port, 2));
            high[(number.0 >> 26) as usize] += 1;
            steps[(number.since(before) >> 26) as usize] += 1;
            apart[(number.since(next.isn(now, &tuple(port, 2))) >> 26) as usize] += 1;
            all.insert(number.0);
            before = number;
        }
        assert!(is_even(&high) && is_even(&steps) && is_even(&apart), "seed {seed}");
        assert!(all.len() > 28_950, "seed {seed}: as good as no two are the same");
    }
}

/// RFC6528-4-a: everything follows from the seed, each bit of it.
#[test]
fn each_bit_of_the_seed_changes_every_number() {
    let now = Instant::from_millis(5);
    let mut first = chance(3);
    for bit in 0..256 {
        let mut octets = [3; 32];
        octets[7] = 111;
        octets[bit / 8] ^= 1 << (bit % 8);
        let mut other = Seeded::new(octets);
        assert_ne!(other.isn(now, &tuple(1, 2)), first.isn(now, &tuple(1, 2)), "bit {bit}");
        assert_ne!(other.ts_offset(&tuple(1, 2)), first.ts_offset(&tuple(1, 2)), "bit {bit}");
    }
}

/// RFC6528-3-b: a stack that is printed, into a log perhaps, says nothing of its secrets.
#[test]
fn what_is_printed_of_a_stack_is_the_same_whatever_its_secrets() {
    let printed = |seed: u8| format!("{:?}", caller(seed, |_| {}));
    assert_eq!(printed(1), printed(2));
}

fn caller(seed: u8, change: impl FnOnce(&mut Config)) -> Stack<Seeded> {
    let mut config = Config::host(&["10.0.0.1".parse().unwrap()]);
    change(&mut config);
    Stack::new(config, chance(seed), ())
}

fn call(stack: &mut Stack<Seeded>, to: SocketAddr) -> Result<(ConnId, u16), ConnectError> {
    let config = Arc::clone(stack.tcp_config());
    let id = stack.connect(Instant::from_millis(1), None, to, &config)?;
    Ok((id, stack.info(id).expect("there").tuple.local.port()))
}

fn server(host: u8) -> SocketAddr {
    ([10, 0, 0, host], 80).into()
}

/// RFC6056-3.2-a: all of the range is used, and no port that somebody listens on. The range is a setting; its default keeps
/// below 32,768 free, where people bind by hand.
#[test]
fn ports_come_from_all_of_the_range_but_those_listened_on() {
    for seed in 0..3 {
        let mut stack = caller(seed, |config| config.ephemeral_ports = 1024..=65_535);
        let listened: Vec<u16> = (0..64).map(|n| 1024 + n * 1000).collect();
        for &port in &listened {
            stack.listen(Bind::Port(port), ListenConfig::default()).unwrap();
        }
        let mut sixteenths = [0; 16];
        let mut used = BTreeSet::new();
        for number in 0..10_000_u32 {
            let (_, port) = call(&mut stack, server((number % 200) as u8 + 2)).unwrap();
            assert!(port >= 1024 && !listened.contains(&port), "seed {seed}: {port}");
            sixteenths[usize::from(port / 4096)] += 1;
            used.insert(port);
        }
        assert!(sixteenths.iter().all(|&count| count > 100), "seed {seed}: {sixteenths:?}");
        assert!(used.len() > 5_000, "seed {seed}: {}", used.len());
    }
}

/// RFC6056-3.3-a: to one destination no port comes again before all have been used, where chance alone would repeat one
/// after some two hundred; where they begin differs by destination and secret and is even; and what one destination is
/// called from does not tell how many calls went to others.
#[test]
fn ports_of_one_destination_follow_and_those_of_others_are_not_seen_in_them() {
    let mut begins = [0; 16];
    for seed in 0..SEEDS {
        let mut stack = caller(seed, |_| {});
        let mut seen = BTreeSet::new();
        for _ in 0..2000 {
            let (id, port) = call(&mut stack, server(2)).unwrap();
            assert!(seen.insert(port), "seed {seed}: {port} again");
            stack.abort(Instant::from_millis(1), id);
            stack.release(Instant::from_millis(1), id);
        }
        let mut lone = caller(seed, |_| {});
        let mut busy = caller(seed, |_| {});
        let (_, first) = call(&mut lone, server(9)).unwrap();
        let (_, same) = call(&mut busy, server(9)).unwrap();
        assert_eq!(first, same);
        let mut shared = 0;
        for host in 10..250 {
            // Other destinations begin elsewhere, independently.
            let (_, port) = call(&mut busy, server(host)).unwrap();
            begins[usize::from((port - 32_768) / 2048)] += 1;
            shared += u32::from(port.abs_diff(first) < 4);
        }
        assert!(shared < 5, "seed {seed}");
        // One counter in 1,024 is shared: 240 calls elsewhere rarely show in the next one here.
        let (_, lone_next) = call(&mut lone, server(9)).unwrap();
        let (_, busy_next) = call(&mut busy, server(9)).unwrap();
        assert!(busy_next.wrapping_sub(lone_next) < 8, "seed {seed}: {lone_next} and {busy_next}");
    }
    assert!(is_even(&begins), "{begins:?}");
}

/// RFC6056-3.1-a: the two ends of a connection are its own; where no port is left for a destination the call fails, and
/// one to another destination does not.
#[test]
fn a_destination_runs_out_of_ports_by_itself() {
    for seed in 0..SEEDS {
        let mut stack = caller(seed, |config| config.ephemeral_ports = 40_000..=40_003);
        let mut used: BTreeMap<u16, ConnId> = BTreeMap::new();
        for _ in 0..4 {
            let (id, port) = call(&mut stack, server(2)).unwrap();
            assert!(used.insert(port, id).is_none(), "seed {seed}: {port} twice");
        }
        assert_eq!(call(&mut stack, server(2)), Err(ConnectError::PortsExhausted));
        assert!(call(&mut stack, server(3)).is_ok(), "seed {seed}");
        let at: SocketAddr = ([10, 0, 0, 1], 40_000).into();
        let config = Arc::clone(stack.tcp_config());
        let taken = stack.connect(Instant::from_millis(1), Some(at), server(2), &config);
        assert_eq!(taken, Err(ConnectError::InUse));
    }
}
