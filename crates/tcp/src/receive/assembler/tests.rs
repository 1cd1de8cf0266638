use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

/// Just before the wrap, so that every test goes over it.
const BASE: u32 = u32::MAX - 40;

fn seq(offset: u32) -> SeqNum {
    SeqNum(BASE) + offset
}

/// Offsets of SACK blocks.
fn blocks(assembler: &Assembler, up_to: usize) -> Vec<(u32, u32)> {
    let offset = |position: SeqNum| position.since(seq(0));
    assembler.sack_blocks(up_to).as_slice().iter().map(|&(s, e)| (offset(s), offset(e))).collect()
}

fn insert(assembler: &mut Assembler, start: u32, end: u32) -> Inserted {
    assembler.insert(seq(0), seq(start), seq(end))
}

fn stored(duplicate: Option<(u32, u32)>) -> Inserted {
    Inserted { stored: true, duplicate: duplicate.map(|(start, end)| (seq(start), seq(end))) }
}

#[test]
fn ranges_that_touch_become_one() {
    let mut assembler = Assembler::new();
    insert(&mut assembler, 10, 20);
    insert(&mut assembler, 30, 40);
    assert_eq!(blocks(&assembler, 4), [(30, 40), (10, 20)]);
    insert(&mut assembler, 20, 30);
    assert_eq!(blocks(&assembler, 4), [(10, 40)]);
    assert_eq!(assembler.highest(), Some(seq(40)));
}

/// RFC 2018 §4: the block that the last segment fell into comes first, the others as they were reported.
#[test]
fn blocks_are_reported_most_recent_first() {
    let mut assembler = Assembler::new();
    for start in [10, 30, 50, 70, 90] {
        insert(&mut assembler, start, start + 10);
    }
    assert_eq!(blocks(&assembler, 4), [(90, 100), (70, 80), (50, 60), (30, 40)]);
    insert(&mut assembler, 40, 45);
    assert_eq!(blocks(&assembler, 3), [(30, 45), (90, 100), (70, 80)]);
    assert_eq!(insert(&mut assembler, 12, 15), stored(Some((12, 15))));
    assert_eq!(blocks(&assembler, 2), [(10, 20), (30, 45)], "a duplicate names its block too");
    assert_eq!(blocks(&assembler, 0), []);
}

/// RFC 2883 §4.
#[test]
fn the_first_part_that_was_there_is_named() {
    let mut assembler = Assembler::new();
    insert(&mut assembler, 10, 20);
    insert(&mut assembler, 30, 40);
    let nxt = seq(5);
    let table = [
        ("new", 50, 60, None),
        ("touching", 20, 25, None),
        ("wholly before RCV.NXT", 0, 5, Some((0, 5))),
        ("partly before RCV.NXT", 3, 7, Some((3, 5))),
        ("before RCV.NXT and beyond a gap", 3, 15, Some((3, 5))),
        ("the end known", 5, 12, Some((10, 12))),
        ("two known parts, the first counts", 15, 35, Some((15, 20))),
        ("nothing", 12, 12, None),
    ];
    for (name, start, end, duplicate) in table {
        let mut assembler = assembler.clone();
        assert_eq!(assembler.insert(nxt, seq(start), seq(end)), stored(duplicate), "{name}");
    }
}

#[test]
fn a_part_known_on_both_sides_of_the_next_octet_is_one() {
    let mut assembler = Assembler::new();
    assembler.insert(seq(5), seq(5), seq(9));
    assert_eq!(assembler.insert(seq(5), seq(0), seq(20)), stored(Some((0, 9))));
}

#[test]
fn what_is_ready_is_taken_and_the_rest_stays() {
    let mut assembler = Assembler::new();
    insert(&mut assembler, 10, 20);
    insert(&mut assembler, 30, 40);
    assert_eq!(assembler.take_ready(seq(9)), seq(9), "one octet is missing");
    assert_eq!(assembler.take_ready(seq(10)), seq(20));
    assert_eq!(assembler.take_ready(seq(50)), seq(50), "passed by data in order");
    assert!(assembler.is_empty() && assembler.ranges().is_empty());
    assert_eq!(assembler.highest(), None);
    assert_eq!(assembler.ranges.capacity(), 0, "an empty one has no memory");
}

#[test]
fn there_are_never_too_many_ranges() {
    let mut assembler = Assembler::new();
    for hole in 1..=MAX_HOLES as u32 {
        assert!(insert(&mut assembler, hole * 10, hole * 10 + 5).stored);
    }
    assert!(!insert(&mut assembler, 5, 6).stored, "one hole too many");
    assert_eq!(assembler.len(), MAX_HOLES);
    assert!(insert(&mut assembler, 15, 17).stored, "no more holes than before");
    assert!(insert(&mut assembler, 0, 4).stored, "what comes next is always welcome");
    assert_eq!(assembler.take_ready(seq(0)), seq(4));
    assert_eq!(assembler.len(), MAX_HOLES);
}

#[test]
fn it_is_small() {
    assert!(size_of::<Assembler>() <= 24);
    assert_eq!(Assembler::new().ranges.capacity(), 0);
}

/// A bit per position.
struct Bitmap([bool; 200]);

impl Bitmap {
    fn runs(&self) -> Vec<(u32, u32)> {
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for position in (0..200).filter(|&position| self.0[position as usize]) {
            match runs.last_mut() {
                Some(run) if run.1 == position => run.1 += 1,
                _ => runs.push((position, position + 1)),
            }
        }
        runs
    }
}

proptest! {
    #[test]
    fn it_agrees_with_a_bitmap(base: u32, arrivals in prop::collection::vec((0..190u32, 0..10u32, any::<bool>()), 0..60)) {
        let at = |offset| SeqNum(base) + offset;
        let (mut assembler, mut bitmap, mut nxt) = (Assembler::new(), Bitmap([false; 200]), 0u32);
        for (start, len, take) in arrivals {
            let range = start as usize..(start + len) as usize;
            let first = range.clone().find(|&p| bitmap.0[p]);
            let expected = first.map(|first| {
                let last = (first..range.end).take_while(|&p| bitmap.0[p]).last().unwrap_or(first);
                (at(first as u32), at(last as u32 + 1))
            });
            let inserted = assembler.insert(at(nxt), at(start), at(start + len));
            prop_assert_eq!(inserted, Inserted { stored: true, duplicate: expected });
            bitmap.0[range].fill(true);
            if take {
                let ready = (nxt..200).find(|&p| !bitmap.0[p as usize]).unwrap_or(200);
                prop_assert_eq!(assembler.take_ready(at(nxt)), at(ready));
                nxt = ready;
            }
            let mut ranges: Vec<_> =
                assembler.ranges().iter().map(|r| (r.0.since(at(0)), r.1.since(at(0)))).collect();
            ranges.sort_unstable();
            let ahead: Vec<_> =
                bitmap.runs().into_iter().filter(|run| run.1 > nxt).map(|run| (run.0.max(nxt), run.1)).collect();
            prop_assert_eq!(&ranges, &ahead);
            prop_assert_eq!(assembler.highest(), ahead.last().map(|run| at(run.1)));
            if len > 0 && start >= nxt {
                let first = assembler.sack_blocks(1);
                let (s, e) = first.as_slice()[0];
                prop_assert!(s.at_or_before(at(start)) && at(start + len).at_or_before(e));
            }
        }
    }
}
