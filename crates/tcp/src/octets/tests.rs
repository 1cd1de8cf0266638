use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 7 + i / 256) as u8).collect()
}

fn read(run: &Octets, pool: &Pool, at: u32, len: u32) -> Vec<u8> {
    let slices = run.slices(pool, at, len);
    let octets: Vec<u8> = slices.flatten().copied().collect();
    assert_eq!(octets.len(), slices.len());
    octets
}

#[test]
fn a_request_costs_one_small_chunk_and_no_ring() {
    let (mut pool, mut run) = (Pool::new(1 << 20), Octets::new());
    for _ in 0..100 {
        assert_eq!(run.write(&mut pool, 0, &pattern(78)), 78);
        assert_eq!(pool.in_use(), SMALL);
        assert_eq!(read(&run, &pool, 0, 78), pattern(78));
        run.advance(&mut pool, 78);
        assert_eq!((pool.in_use(), run.is_empty()), (0, true));
    }
}

#[test]
fn a_chunk_is_as_large_as_needed() {
    let table = [(0, 256, SMALL), (0, 257, LARGE), (255, 2, LARGE), (3840, 256, SMALL), (4095, 2, 2 * SMALL)];
    for (at, len, in_use) in table {
        let (mut pool, mut run) = (Pool::new(1 << 20), Octets::new());
        assert_eq!(run.write(&mut pool, at, &pattern(len)), len);
        assert_eq!(pool.in_use(), in_use, "{len} octets at {at}");
        assert_eq!(read(&run, &pool, at, len as u32), pattern(len));
        run.clear(&mut pool);
        assert_eq!(pool.in_use(), 0);
    }
}

#[test]
fn a_small_chunk_that_is_outgrown_becomes_a_large_one() {
    let (mut pool, mut run) = (Pool::new(1 << 20), Octets::new());
    let octets = pattern(2000);
    for (i, piece) in octets.chunks(100).enumerate() {
        run.write(&mut pool, 100 * i as u32, piece);
    }
    assert_eq!(pool.in_use(), LARGE);
    assert_eq!(read(&run, &pool, 0, 2000), octets);
}

/// Somebody types, and there is always something on the way.
#[test]
fn a_small_chunk_moves_on_with_the_front() {
    let (mut pool, mut run) = (Pool::new(1 << 20), Octets::new());
    run.write(&mut pool, 0, &[1; 256]);
    run.advance(&mut pool, 250);
    run.write(&mut pool, 6, &[2; 10]);
    assert_eq!(pool.in_use(), LARGE, "both blocks are in use");
    run.clear(&mut pool);
    run.write(&mut pool, 0, &[1; 200]);
    run.write(&mut pool, 5000, &[3; 10]);
    run.advance(&mut pool, 256);
    run.write(&mut pool, 10, &[2; 20]);
    assert_eq!(pool.in_use(), 2 * SMALL, "the first block is behind the front");
    assert_eq!(read(&run, &pool, 10, 20), [2; 20]);
}

#[test]
fn chunks_go_as_the_front_passes_them() {
    let (mut pool, mut run) = (Pool::new(1 << 20), Octets::new());
    let octets = pattern(5 * LARGE);
    assert_eq!(run.write(&mut pool, 0, &octets), octets.len());
    for passed in (0..octets.len()).step_by(500) {
        assert_eq!(read(&run, &pool, 0, u32::MAX), octets[passed..]);
        assert_eq!(pool.in_use(), (5 - passed / LARGE) * LARGE);
        run.advance(&mut pool, 500);
    }
    assert_eq!((pool.in_use(), run.is_empty()), (0, true));
}

#[test]
fn what_arrives_early_waits_in_its_place() {
    let (mut pool, mut run) = (Pool::new(1 << 20), Octets::new());
    let octets = pattern(40_000);
    run.write(&mut pool, 30_000, &octets[30_000..]);
    run.write(&mut pool, 9_000, &octets[9_000..30_000]);
    assert!(pool.in_use() <= 10 * LARGE);
    assert_eq!(read(&run, &pool, 100, 8_000).len(), 8_000, "a gap reads as something");
    run.write(&mut pool, 0, &octets[..9_000]);
    assert_eq!(read(&run, &pool, 0, 40_000), octets);
    run.advance(&mut pool, u32::MAX);
    assert_eq!(pool.in_use(), 0);
}

#[test]
fn an_exhausted_pool_takes_a_first_part() {
    let octets = pattern(10_000);
    for limit in [0, SMALL, LARGE, LARGE + SMALL, 2 * LARGE, 2 * LARGE + SMALL] {
        let (mut pool, mut run) = (Pool::new(limit), Octets::new());
        let stored = run.write(&mut pool, 0, &octets);
        assert_eq!(stored, limit.min(octets.len()), "every chunk is filled");
        assert_eq!(read(&run, &pool, 0, u32::MAX), octets[..stored]);
        run.advance(&mut pool, stored as u32);
        assert_eq!((pool.in_use(), run.is_empty()), (0, true));
    }
}

#[test]
fn an_outgrown_small_chunk_is_filled_when_there_is_no_large_one() {
    let (mut pool, mut run) = (Pool::new(LARGE), Octets::new());
    assert_eq!(run.write(&mut pool, 0, &[1; 100]), 100);
    assert_eq!(run.write(&mut pool, 100, &[2; 300]), 156);
    assert_eq!(run.write(&mut pool, 256, &[3; 300]), 0);
    assert_eq!(read(&run, &pool, 98, 4), [1, 1, 2, 2]);
}

#[test]
fn nothing_is_written_out_of_reach() {
    let (mut pool, mut run) = (Pool::new(1 << 20), Octets::new());
    assert_eq!(run.write(&mut pool, u32::MAX, &[1; 10]), 0);
    assert_eq!(run.write(&mut pool, REACH - 4, &[1; 10]), 4);
    assert_eq!(pool.in_use(), SMALL);
    run.clear(&mut pool);
    assert_eq!(run.slices(&pool, 5, 5).len(), 0);
}

#[test]
fn slices_can_be_split_and_copied_and_gone_through_again() {
    let (mut pool, mut run) = (Pool::new(1 << 20), Octets::new());
    let octets = pattern(9_000);
    run.write(&mut pool, 0, &octets);
    for slices in [run.slices(&pool, 0, 9_000), Slices::plain(&octets)] {
        let (first, rest) = slices.split(5_000);
        assert_eq!((first.len(), rest.len()), (5_000, 4_000));
        let mut out = vec![0; 9_000];
        assert_eq!(rest.copy_to(&mut out), 4_000);
        assert_eq!(out[..4_000], octets[5_000..]);
        assert_eq!(first.copy_to(&mut out[..4_500]), 4_500, "no more than there is room");
        assert_eq!(out[..4_500], octets[..4_500]);
        assert_eq!(slices.copy_to(&mut out), 9_000);
        assert_eq!(out, octets);
        assert_eq!(slices.split(usize::MAX).0.len(), 9_000);
    }
    assert!(Slices::EMPTY.is_empty() && Slices::EMPTY.count() == 0);
}

#[test]
fn a_large_ring_is_given_back() {
    let (mut pool, mut run) = (Pool::new(1 << 24), Octets::new());
    run.write(&mut pool, 0, &vec![1; 1 << 20]);
    let mut clone = (pool.clone(), run.clone());
    run.advance(&mut pool, 1 << 20);
    assert!(!run.ring.is_on_heap());
    assert_eq!(read(&clone.1, &clone.0, 1000, 1000), [1; 1000], "a clone goes its own way");
    clone.1.clear(&mut clone.0);
    assert_eq!(clone.0.in_use(), 0);
}

#[test]
fn it_is_small() {
    assert!(size_of::<Octets>() <= 32);
    assert!(size_of::<Slices<'_>>() <= 32);
}

#[derive(Clone, Debug)]
enum Step {
    Write { at: u32, len: usize },
    Advance(u32),
}

fn step() -> impl Strategy<Value = Step> {
    let at = prop_oneof![Just(0), 0..600u32, 0..30_000u32];
    let len = prop_oneof![0..20usize, 0..300usize, 0..10_000usize];
    let write = (at, len).prop_map(|(at, len)| Step::Write { at, len });
    let advance = prop_oneof![0..300u32, 0..20_000u32].prop_map(Step::Advance);
    prop_oneof![3 => write, 1 => advance]
}

proptest! {
    /// Against a vector that has `None` where nothing was written.
    #[test]
    fn it_agrees_with_a_plain_vector(steps in prop::collection::vec(step(), 1..60), limit in 0..120_000usize) {
        let (mut pool, mut run) = (Pool::new(limit), Octets::new());
        let mut model: Vec<Option<u8>> = Vec::new();
        let mut octet = 0u8;
        for step in steps {
            match step {
                Step::Write { at, len } => {
                    octet = octet.wrapping_add(1);
                    let stored = run.write(&mut pool, at, &vec![octet; len]);
                    let end = at as usize + stored;
                    if stored > 0 {
                        model.resize(model.len().max(end), None);
                        model[at as usize..end].fill(Some(octet));
                    }
                    prop_assert!(stored == len || pool.in_use() + LARGE > pool.limit());
                }
                Step::Advance(count) => {
                    run.advance(&mut pool, count);
                    model.drain(..model.len().min(count as usize));
                }
            }
            prop_assert_eq!(run.is_empty(), model.is_empty());
            let octets = read(&run, &pool, 0, u32::MAX);
            prop_assert_eq!(octets.len(), model.len());
            let wrong = octets.iter().zip(&model).position(|(a, b)| b.is_some_and(|b| b != *a));
            prop_assert_eq!(wrong, None);
            prop_assert!(pool.in_use() <= pool.limit());
            prop_assert!(pool.in_use() <= run.spans() as usize * LARGE);
        }
        run.advance(&mut pool, u32::MAX);
        prop_assert_eq!(pool.in_use(), 0);
    }
}
