//! What is due when: a hierarchical timer wheel.

use alloc::vec::Vec;

use crate::chain::{Chain, Link, Links};

/// Slots of a level.
const SLOTS: usize = 64;
const BITS: u32 = SLOTS.trailing_zeros();
/// Enough for every tick that 64 bits of nanoseconds have.
const LEVELS: usize = 9;
/// The furthest ahead something may be due: what fits the half of the circle that 32 bits tell apart.
const HORIZON: u64 = (1 << 31) - 1;

/// What a thing that can be due carries for the wheel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hook {
    link: Link,
    /// The tick it is due at, on a circle of 2³².
    due: u32,
    /// Its level and slot.
    slot: u16,
}

impl Hook {
    pub const OUT: Self = Self { link: Link::OUT, due: 0, slot: 0 };
}

/// Where hooks are found.
pub(crate) trait Hooks {
    fn hook(&mut self, index: u32) -> Option<&mut Hook>;
}

struct Linked<'a, H>(&'a mut H);

impl<H: Hooks> Links for Linked<'_, H> {
    #[inline]
    fn link(&mut self, index: u32) -> Option<&mut Link> {
        self.0.hook(index).map(|hook| &mut hook.link)
    }
}

/// Things by the tick at which they are due.
///
/// Level 0 has a slot per tick, each further level one for 64 of the level below. A thing stands in the level of the
/// highest bit in which its tick differs from the tick the wheel has come to, so all of a level are due before any of
/// the next, and the first occupied slot of the first occupied level is the next to look at. When the wheel comes to
/// a slot of a higher level, its things go to lower ones: at most once a level.
#[derive(Clone, Debug)]
pub(crate) struct Wheel {
    /// The tick it has come to. Nothing is due before.
    elapsed: u64,
    /// Slots that are not empty, a bit for each.
    occupied: [u64; LEVELS],
    /// Level by level, up to the highest that anything ever stood in: a clone of a small stack is small.
    slots: Vec<Slot>,
}

/// The things of one slot.
#[derive(Clone, Copy, Debug)]
struct Slot {
    chain: Chain,
    /// Nothing in it is due before this tick. The first is due then, unless it was taken out again.
    first: u64,
}

impl Slot {
    const EMPTY: Self = Self { chain: Chain::EMPTY, first: u64::MAX };
}

impl Wheel {
    pub const fn new() -> Self {
        Self { elapsed: 0, occupied: [0; LEVELS], slots: Vec::new() }
    }

    /// True if it is in, and due at tick `due` of the circle or before: then there is nothing to schedule.
    #[inline]
    pub fn comes_by(&self, hook: &Hook, due: u32) -> bool {
        let elapsed = self.elapsed as u32;
        let ahead = due.wrapping_sub(elapsed) as i32;
        hook.link.is_in() && hook.due.wrapping_sub(elapsed) <= ahead.max(0) as u32
    }

    /// Makes it due at tick `due`, unless it is due then or before already: what moves to later is left where it is,
    /// and found to be early when its time comes.
    pub fn schedule(&mut self, hooks: &mut impl Hooks, index: u32, due: u64) {
        let due = due.clamp(self.elapsed, self.elapsed + HORIZON);
        let Some(hook) = hooks.hook(index) else { return };
        if hook.link.is_in() {
            if self.expand(hook.due) <= due {
                return;
            }
            self.cancel(hooks, index);
        }
        self.put(hooks, index, due);
    }

    /// Takes it out, if it is in.
    pub fn cancel(&mut self, hooks: &mut impl Hooks, index: u32) {
        let Some(hook) = hooks.hook(index).filter(|hook| hook.link.is_in()) else { return };
        let slot = usize::from(hook.slot);
        let Some(of_slot) = self.slots.get_mut(slot) else { return };
        of_slot.chain.remove(&mut Linked(hooks), index);
        if of_slot.chain.is_empty() {
            of_slot.first = u64::MAX;
            self.mark(slot, false);
        }
    }

    /// Takes out one that is due at tick `now` or before. When there is none left the wheel has come to `now`.
    pub fn pop(&mut self, hooks: &mut impl Hooks, now: u64) -> Option<u32> {
        while let Some((slot, start)) = self.next_slot().filter(|&(_, start)| start <= now) {
            self.elapsed = self.elapsed.max(start);
            if slot >= SLOTS {
                self.spread(hooks, slot);
                continue;
            }
            if let Some(index) = self.head(slot) {
                self.cancel(hooks, index);
                return Some(index);
            }
            self.mark(slot, false);
        }
        self.elapsed = self.elapsed.max(now);
        None
    }

    /// Moves what stands in a slot of a higher level, which the wheel has come to, to lower levels. All of it: some of
    /// it may be due before what stands there already.
    fn spread(&mut self, hooks: &mut impl Hooks, slot: usize) {
        while let Some(index) = self.head(slot) {
            self.cancel(hooks, index);
            let due = hooks.hook(index).map_or(0, |hook| hook.due);
            self.put(hooks, index, self.expand(due));
        }
        self.mark(slot, false);
    }

    /// The tick to come back at: when the first thing is due. Where that one was taken out again it may be too
    /// early, and then not twice for the same slot: coming back spreads it.
    pub fn next(&self) -> Option<u64> {
        let (slot, start) = self.next_slot()?;
        Some(self.slots.get(slot).map_or(start, |slot| slot.first.max(start)))
    }

    /// The first occupied slot, and the first tick it stands for.
    fn next_slot(&self) -> Option<(usize, u64)> {
        let (level, bits) = self.occupied.iter().enumerate().find(|(_, bits)| **bits != 0)?;
        let slot = bits.trailing_zeros() as usize;
        let shift = level as u32 * BITS;
        let above =
            self.elapsed.checked_shr(shift + BITS).unwrap_or(0).checked_shl(shift + BITS).unwrap_or(0);
        Some((level * SLOTS + slot, above | (slot as u64) << shift))
    }

    fn head(&self, slot: usize) -> Option<u32> {
        self.slots.get(slot).and_then(|slot| slot.chain.head())
    }

    fn put(&mut self, hooks: &mut impl Hooks, index: u32, due: u64) {
        // The lowest bits always count as differing, so that what is due now stands in level 0.
        let differing = (self.elapsed ^ due) | (SLOTS as u64 - 1);
        let level = ((u64::BITS - 1 - differing.leading_zeros()) / BITS).min(LEVELS as u32 - 1);
        let slot = level as usize * SLOTS + (due >> (level * BITS)) as usize % SLOTS;
        if slot >= self.slots.len() {
            self.slots.resize((level as usize + 1) * SLOTS, Slot::EMPTY);
        }
        if let Some(hook) = hooks.hook(index) {
            (hook.due, hook.slot) = (due as u32, slot as u16);
        }
        if let Some(of_slot) = self.slots.get_mut(slot) {
            of_slot.chain.push(&mut Linked(hooks), index);
            of_slot.first = of_slot.first.min(due);
            self.mark(slot, true);
        }
    }

    /// The tick that 32 bits of it mean: none is before `elapsed`, none half a circle after.
    fn expand(&self, due: u32) -> u64 {
        self.elapsed + u64::from(due.wrapping_sub(self.elapsed as u32))
    }

    fn mark(&mut self, slot: usize, occupied: bool) {
        if let Some(bits) = self.occupied.get_mut(slot / SLOTS) {
            let bit = 1 << (slot % SLOTS);
            *bits = if occupied { *bits | bit } else { *bits & !bit };
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;
    use alloc::vec;
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    impl Hooks for Vec<Hook> {
        fn hook(&mut self, index: u32) -> Option<&mut Hook> {
            self.get_mut(index as usize)
        }
    }

    /// How far apart things happen: from one tick to days.
    fn span() -> impl Strategy<Value = u64> {
        (0u32..31).prop_flat_map(|bits| 0..1u64 << bits)
    }

    proptest! {
        /// Against a plain map from index to tick.
        #[test]
        fn things_come_out_when_they_are_due(
            start in span(),
            steps in proptest::collection::vec((0u8..8, 0u32..20, span()), 1..200),
        ) {
            let mut hooks = vec![Hook::OUT; 20];
            let mut wheel = Wheel::new();
            let mut model: BTreeMap<u32, u64> = BTreeMap::new();
            let mut now = start;
            prop_assert_eq!(wheel.pop(&mut hooks, now), None);
            for (what, index, by) in steps {
                match what {
                    0 => {
                        wheel.cancel(&mut hooks, index);
                        model.remove(&index);
                    }
                    1..=4 => {
                        let due = now + by;
                        wheel.schedule(&mut hooks, index, due);
                        let earlier = model.get(&index).is_none_or(|&old| due < old);
                        if earlier {
                            model.insert(index, due);
                        }
                    }
                    _ => {
                        now += by;
                        let mut out = BTreeMap::new();
                        while let Some(index) = wheel.pop(&mut hooks, now) {
                            prop_assert_eq!(out.insert(index, ()), None);
                        }
                        let due: BTreeMap<u32, ()> =
                            model.iter().filter(|(_, due)| **due <= now).map(|(index, _)| (*index, ())).collect();
                        prop_assert_eq!(&out, &due);
                        model.retain(|_, due| *due > now);
                    }
                }
                let first = model.values().min().copied();
                prop_assert_eq!(wheel.next().is_some(), first.is_some());
                prop_assert!(wheel.next() <= first, "never late");
            }
        }

        /// Whoever sleeps until `next` wakes when something is due, and never else.
        #[test]
        fn nobody_wakes_for_nothing(start in span(), waits in proptest::collection::vec(span(), 1..20)) {
            let (mut hooks, mut wheel) = (vec![Hook::OUT; waits.len()], Wheel::new());
            wheel.pop(&mut hooks, start);
            for (index, wait) in (0..).zip(&waits) {
                wheel.schedule(&mut hooks, index, start + wait);
            }
            let mut due: Vec<u64> = waits.iter().map(|wait| start + wait).collect();
            due.sort_unstable();
            due.dedup();
            for due in due {
                prop_assert_eq!(wheel.next(), Some(due));
                while wheel.pop(&mut hooks, due).is_some() {}
            }
            prop_assert_eq!(wheel.next(), None);
        }

        /// What was taken out again costs one stop, or none.
        #[test]
        fn what_was_cancelled_wakes_once_at_most(start in span(), wait in span(), gone in proptest::collection::vec(span(), 1..20)) {
            let (mut hooks, mut wheel) = (vec![Hook::OUT; gone.len() + 1], Wheel::new());
            wheel.pop(&mut hooks, start);
            wheel.schedule(&mut hooks, 0, start + wait);
            for (index, gone) in (1..).zip(&gone) {
                wheel.schedule(&mut hooks, index, start + gone);
                wheel.cancel(&mut hooks, index);
            }
            let mut stops = 0;
            loop {
                let at = wheel.next().expect("still in");
                prop_assert!(at <= start + wait);
                if wheel.pop(&mut hooks, at).is_some() {
                    prop_assert_eq!(at, start + wait);
                    break;
                }
                stops += 1;
                prop_assert!(stops <= 1);
            }
            prop_assert_eq!(wheel.next(), None);
        }
    }

    #[test]
    fn an_empty_wheel_has_no_memory() {
        assert_eq!(Wheel::new().slots.capacity(), 0);
    }
}
