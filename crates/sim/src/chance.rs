//! The chance of a run: everything follows from one seed.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use cordial_stack::{Chance, Instant, Seeded, Tuple};
use cordial_wire::SeqNum;

/// A host's chance: initial sequence numbers as dealt, one by one; when they are used up, and for everything else,
/// [`Seeded`].
#[derive(Clone, Debug)]
pub struct Dealt {
    numbers: Hand,
    rest: Seeded,
}

/// Numbers that are still to be dealt to a host; its stack and whoever deals share them.
pub(crate) type Hand = Rc<RefCell<VecDeque<u32>>>;

impl Dealt {
    /// The chance of a host in its `life`-th life (each reboot begins one).
    pub(crate) fn new(seed: u64, host: u16, life: u32, numbers: &Hand) -> Self {
        let mut rng = rng(seed, u64::from(host) << 32 | u64::from(life));
        let mut key = [0; 32];
        rng.fill(&mut key);
        Self { numbers: Rc::clone(numbers), rest: Seeded::new(key) }
    }
}

impl Chance for Dealt {
    fn isn(&mut self, now: Instant, tuple: &Tuple) -> SeqNum {
        let dealt = self.numbers.borrow_mut().pop_front();
        dealt.map_or_else(|| self.rest.isn(now, tuple), SeqNum)
    }

    fn u64(&mut self) -> u64 {
        self.rest.u64()
    }

    fn ts_offset(&mut self, tuple: &Tuple) -> u32 {
        self.rest.ts_offset(tuple)
    }
}

/// A generator for one part of the network.
pub(crate) fn rng(seed: u64, part: u64) -> fastrand::Rng {
    // Two draws apart: seeds and parts that are close to each other lead to generators that are not.
    let mut root = fastrand::Rng::with_seed(seed);
    let salt = root.u64(..);
    fastrand::Rng::with_seed(salt ^ part.wrapping_mul(0xd6e8_feb8_6659_fd93))
}
