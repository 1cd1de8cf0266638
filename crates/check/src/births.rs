//! Which step sent what is under way.

use std::sync::Arc;

use crate::message::Message;
use crate::world::World;

/// The steps in which the segments of a run were sent.
#[derive(Clone, Debug, Default)]
pub struct Births {
    known: Vec<(Arc<[u8]>, usize)>,
}

impl Births {
    /// What is under way after this step and was not before it was sent in it.
    pub fn note(&mut self, world: &World, step: usize) {
        for message in world.network().iter() {
            if self.of(message).is_none() {
                self.known.push((Arc::clone(&message.octets), step));
            }
        }
    }

    /// The step that sent a segment; none for a stranger's. A copy was sent when its original was.
    pub fn of(&self, message: &Message) -> Option<usize> {
        self.known.iter().find(|(octets, _)| Arc::ptr_eq(octets, &message.octets)).map(|&(_, step)| step)
    }
}
