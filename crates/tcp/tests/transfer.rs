//! Octets both ways over a wire with faults, in virtual time.

mod common;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use common::{Faults, Pace, Pair};
use cordial_tcp::TcpConfig;

const MB: usize = 1_000_000;

/// 1 % and 5 % loss, each with duplication and reordering.
const LIGHT: Faults = Faults { lose: 10, duplicate: 10, reorder: 50 };
const HEAVY: Faults = Faults { lose: 50, duplicate: 10, reorder: 50 };

/// Sends `octets` each way under `faults`; panics, naming the seed, unless every octet arrives and both ends close.
fn transfer(
    seed: u64,
    octets: usize,
    faults: Faults,
    config: &TcpConfig,
    adjust: impl Fn(&mut Pair),
) -> Duration {
    let mut pair = Pair::with(seed, config.clone(), config.clone());
    pair.faults = faults;
    adjust(&mut pair);
    let began = pair.now;
    for end in &mut pair.ends {
        end.to_write = octets;
    }
    pair.connect(0);
    let over = pair.run(Duration::from_secs(7200));
    let took = pair.now - began;
    let phases = pair.ends.each_ref().map(|end| end.phase());
    for (who, end) in pair.ends.iter().enumerate() {
        assert_eq!(end.failed, None, "end {who}, seed {seed}, after {took:?}");
        assert_eq!(end.read, octets, "end {who}, seed {seed}: {phases:?} after {took:?}");
        assert!(end.saw_end, "end {who} saw no end, seed {seed}: {phases:?} after {took:?}");
    }
    assert!(over, "seed {seed}: {phases:?} after {took:?}");
    took
}

/// Runs `one` for every seed, as many at once as there are cores.
fn for_seeds(seeds: u64, one: impl Fn(u64) + Sync) {
    let next = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(seed) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|&seed| seed < seeds)
                {
                    one(seed);
                }
            });
        }
    });
}

fn plain(change: impl Fn(&mut TcpConfig)) -> TcpConfig {
    let mut config = TcpConfig::default();
    change(&mut config);
    config
}

#[test]
fn a_clean_wire_carries_everything() {
    let took = transfer(1, 4 * MB, Faults::default(), &TcpConfig::default(), |_| {});
    println!("4 MB each way, 20 ms round trip: {took:?}");
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn twenty_megabytes_each_way_under_one_percent_loss() {
    for_seeds(100, |seed| {
        let took = transfer(seed, 20 * MB, LIGHT, &TcpConfig::default(), |_| {});
        assert!(took < Duration::from_secs(120), "seed {seed}: {took:?}");
    });
}

#[test]
fn twenty_megabytes_each_way_under_five_percent_loss() {
    for_seeds(100, |seed| {
        let took = transfer(seed, 20 * MB, HEAVY, &TcpConfig::default(), |_| {});
        assert!(took < Duration::from_secs(120), "seed {seed}: {took:?}");
    });
}

#[test]
fn super_segments_carry_everything() {
    for_seeds(20, |seed| {
        for faults in [Faults::default(), LIGHT, HEAVY] {
            transfer(seed, 4 * MB, faults, &TcpConfig::default(), |pair| pair.super_segments = 65_000);
        }
    });
}

/// RFC 6582: recovery by duplicate and partial acknowledgments alone.
#[test]
fn without_selective_acknowledgments_nothing_is_lost() {
    let config = plain(|config| config.sack = false);
    for_seeds(50, |seed| {
        for faults in [LIGHT, HEAVY] {
            transfer(seed, 2 * MB, faults, &config, |_| {});
            transfer(seed, MB, faults, &config, |pair| pair.super_segments = 65_000);
        }
    });
}

#[test]
fn without_timestamps_nothing_is_lost() {
    let without = plain(|config| config.timestamps = false);
    let without_all =
        plain(|config| (config.timestamps, config.sack, config.window_scaling) = (false, false, false));
    for_seeds(50, |seed| {
        for faults in [LIGHT, HEAVY] {
            transfer(seed, 2 * MB, faults, &without, |_| {});
            transfer(seed, MB, faults, &without_all, |_| {});
        }
    });
}

/// Both ends read 3,000 octets every 50 ms into 16 KiB: windows close, probes reopen them.
#[test]
fn slow_readers_get_everything() {
    let config = plain(|config| (config.receive_buffer, config.receive_buffer_max) = (16 << 10, 16 << 10));
    let pace = Some(Pace { octets: 3_000, every: Duration::from_millis(50) });
    for_seeds(50, |seed| {
        for faults in [Faults::default(), LIGHT, HEAVY] {
            transfer(seed, MB / 5, faults, &config, |pair| {
                pair.ends[0].pace = pace;
                pair.ends[1].pace = pace;
            });
        }
    });
}

/// A reader that takes what it can hold once in ten seconds: the window is closed most of the time.
#[test]
fn a_reader_that_sleeps_gets_everything() {
    let config = plain(|config| (config.receive_buffer, config.receive_buffer_max) = (16 << 10, 16 << 10));
    let pace = Some(Pace { octets: 16 << 10, every: Duration::from_secs(10) });
    for_seeds(50, |seed| {
        for faults in [Faults::default(), HEAVY] {
            transfer(seed, MB / 5, faults, &config, |pair| pair.ends[1].pace = pace);
        }
    });
}

/// Windows of a few segments, of less than one, and of one octet.
#[test]
fn tiny_windows_carry_everything() {
    for_seeds(20, |seed| {
        for (window, octets) in [(4000, 200_000), (1000, 50_000), (100, 5_000), (1, 60)] {
            let config =
                plain(|config| (config.receive_buffer, config.receive_buffer_max) = (window, window));
            for faults in [Faults::default(), LIGHT, HEAVY] {
                transfer(seed, octets, faults, &config, |_| {});
            }
        }
    });
}

/// Small send buffers, so that writers wait for room all the time.
#[test]
fn a_small_send_buffer_carries_everything() {
    let config = plain(|config| config.send_buffer = 5_000);
    for_seeds(50, |seed| {
        transfer(seed, MB, HEAVY, &config, |_| {});
    });
}

/// Half of everything arrives twice, half of it out of order, some of it not at all.
#[test]
fn chaos_carries_everything() {
    let faults = Faults { lose: 30, duplicate: 500, reorder: 500 };
    for_seeds(50, |seed| {
        transfer(seed, MB, faults, &TcpConfig::default(), |_| {});
        transfer(seed, MB, faults, &plain(|config| config.sack = false), |_| {});
    });
}
