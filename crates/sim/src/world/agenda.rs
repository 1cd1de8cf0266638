//! What is going to happen, in order of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use cordial_stack::{Answer, Instant, SynId};

use super::Action;
use crate::{HostId, TaskId, Way, WireId};

/// Something that is going to happen.
pub(super) enum Item {
    /// A packet comes out of a wire.
    Arrives { wire: WireId, way: Way, epoch: u32, packet: u32 },
    /// A packet that was delayed at its host goes onto the wire.
    Enters { host: HostId, packet: u32 },
    /// A host has decided on a SYN.
    Decides { host: HostId, life: u32, syn: SynId, answer: Answer },
    /// A program goes on.
    Wakes(TaskId),
    /// Something that was asked for.
    Acts(Box<Action>),
}

/// What is going to happen. At one moment: actions, then programs, then packets; of a kind in the order of asking.
#[derive(Default)]
pub(super) struct Agenda {
    order: BinaryHeap<Reverse<(Instant, u8, u64, u32)>>,
    items: Vec<Option<Item>>,
    free: Vec<u32>,
    count: u64,
}

impl Agenda {
    pub fn add(&mut self, at: Instant, item: Item) {
        let rank = match item {
            Item::Acts(_) => 0,
            Item::Wakes(_) | Item::Decides { .. } => 1,
            Item::Arrives { .. } | Item::Enters { .. } => 2,
        };
        let place = match self.free.pop() {
            Some(place) => {
                self.items[place as usize] = Some(item);
                place
            }
            None => {
                self.items.push(Some(item));
                self.items.len() as u32 - 1
            }
        };
        self.count += 1;
        self.order.push(Reverse((at, rank, self.count, place)));
    }

    pub fn next(&self) -> Option<Instant> {
        self.order.peek().map(|Reverse((at, ..))| *at)
    }

    /// The first thing that is due at `now`.
    pub fn pop(&mut self, now: Instant) -> Option<Item> {
        let Reverse((at, _, _, place)) = *self.order.peek()?;
        if at > now {
            return None;
        }
        self.order.pop();
        self.free.push(place);
        self.items.get_mut(place as usize)?.take()
    }
}
