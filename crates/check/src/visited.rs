//! The states that were seen, and how each was come by.

use crate::Action;

/// A table of states: of each its fingerprint, the state before it, and the action between.
///
/// An entry takes 16 octets: 80 of the fingerprint's 128 bits, the parent's number, the action. Entries stand in the
/// order in which they were found, so a number names one for good; a table of numbers, between half and three quarters
/// full, finds them. That makes 24 octets a state at most. Among 10⁸ states the chance that any two are taken for one is
/// 4 in 10⁹.
#[derive(Debug)]
pub struct Visited {
    /// In pieces, so that growing copies nothing.
    pieces: Vec<Vec<Entry>>,
    len: u32,
    /// Numbers of entries plus one, at the place that the fingerprint gives or soon after it; zero is free.
    slots: Vec<u32>,
}

/// What came of entering a state: its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entered {
    /// It is new.
    Fresh(u32),
    /// It was there.
    Again(u32),
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    high: u64,
    low: u16,
    action: u16,
    parent: u32,
}

/// Entries in a piece.
const PIECE: usize = 1 << 12;
/// Slots of a small table.
const LEAST: usize = 1 << 10;

impl Visited {
    /// A table with the first state of all, number 0.
    pub fn new(first: u128) -> Self {
        let mut visited = Self { pieces: Vec::new(), len: 0, slots: vec![0; LEAST] };
        visited.insert(first, 0, Action::Wait);
        visited
    }

    /// How many states there are.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// False: the first state is always there.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Octets that the table takes.
    pub fn octets(&self) -> usize {
        self.pieces.iter().map(|piece| piece.capacity() * size_of::<Entry>()).sum::<usize>()
            + self.slots.capacity() * size_of::<u32>()
    }

    /// Enters a state, come by from `parent` through `action`.
    pub fn insert(&mut self, fingerprint: u128, parent: u32, action: Action) -> Entered {
        let entry = Entry {
            high: (fingerprint >> 64) as u64,
            low: fingerprint as u16,
            action: action.pack(),
            parent,
        };
        let mut at = self.home(entry.high);
        while let Some(&slot) = self.slots.get(at).filter(|&&slot| slot > 0) {
            if self.entry(slot - 1).is_some_and(|its| (its.high, its.low) == (entry.high, entry.low)) {
                return Entered::Again(slot - 1);
            }
            at = (at + 1) % self.slots.len();
        }
        let number = self.len;
        if self.pieces.last().is_none_or(|piece| piece.len() == PIECE) {
            self.pieces.push(Vec::with_capacity(PIECE));
        }
        if let Some(piece) = self.pieces.last_mut() {
            piece.push(entry);
        }
        self.len += 1;
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = self.len;
        }
        if self.len as usize * 4 > self.slots.len() * 3 {
            self.grow();
        }
        Entered::Fresh(number)
    }

    /// The actions that lead to a state from the first, in order.
    pub fn path(&self, mut number: u32) -> Vec<Action> {
        let mut path = Vec::new();
        while number > 0
            && let Some(entry) = self.entry(number)
        {
            path.push(Action::unpack(entry.action));
            number = entry.parent;
        }
        path.reverse();
        path
    }

    /// The state that a state was first come by from; none of the first.
    pub fn parent(&self, number: u32) -> Option<u32> {
        self.entry(number).filter(|_| number > 0).map(|entry| entry.parent)
    }

    /// True if this is the fingerprint of a state.
    pub fn is(&self, number: u32, fingerprint: u128) -> bool {
        let its = ((fingerprint >> 64) as u64, fingerprint as u16);
        self.entry(number).is_some_and(|entry| (entry.high, entry.low) == its)
    }

    /// No more will be entered: what only finds states again is let go.
    pub fn close(&mut self) {
        self.slots = Vec::new();
    }

    fn entry(&self, number: u32) -> Option<Entry> {
        let at = number as usize;
        self.pieces.get(at / PIECE)?.get(at % PIECE).copied()
    }

    /// Where a fingerprint belongs.
    fn home(&self, high: u64) -> usize {
        ((u128::from(high) * self.slots.len() as u128) >> 64) as usize
    }

    fn grow(&mut self) {
        let slots = self.slots.len() / 2 * 3;
        self.slots = Vec::new();
        self.slots = vec![0; slots];
        for number in 0..self.len {
            let Some(entry) = self.entry(number) else { return };
            let mut at = self.home(entry.high);
            while self.slots.get(at).is_some_and(|&slot| slot > 0) {
                at = (at + 1) % slots;
            }
            if let Some(slot) = self.slots.get_mut(at) {
                *slot = number + 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fingerprint is a hash: spread over all bits.
    fn print(n: u64) -> u128 {
        let mix = |n: u64| (n ^ (n >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        u128::from(mix(mix(n + 1))) << 64 | u128::from(mix(n + 77))
    }

    #[test]
    fn a_state_is_entered_once() {
        let mut visited = Visited::new(print(0));
        for n in 1..50_000 {
            assert_eq!(visited.insert(print(n), 0, Action::Wait), Entered::Fresh(n as u32));
        }
        for n in 0..50_000 {
            assert_eq!(visited.insert(print(n), 0, Action::Wait), Entered::Again(n as u32), "{n}");
        }
        assert_eq!(visited.len(), 50_000);
    }

    #[test]
    fn a_path_is_found_from_the_first_state() {
        let mut visited = Visited::new(print(0));
        let mut parent = 0;
        for n in 1..=300 {
            let entered = visited.insert(print(n), parent, Action::Release(n as u8));
            assert_eq!(entered, Entered::Fresh(n as u32));
            parent = n as u32;
        }
        let expected: Vec<Action> = (1..=300_u64).map(|n| Action::Release(n as u8)).collect();
        assert_eq!(visited.path(parent), expected);
        assert_eq!(visited.path(0), []);
    }

    #[test]
    fn a_state_takes_24_octets_at_most() {
        let mut visited = Visited::new(print(0));
        let mut most = 0.0_f64;
        for n in 1..400_000 {
            visited.insert(print(n), 0, Action::Wait);
            if n > 40_000 {
                most = most.max((visited.octets() as f64 - 65_536.0) / f64::from(visited.len()));
            }
        }
        assert!(most <= 24.0, "{most}");
    }
}
