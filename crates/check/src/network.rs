//! The network between the two ends.

use std::collections::VecDeque;
use std::hash::{Hash, Hasher};

use cordial_stack::Instant;
use cordial_trace::event::Side;

use crate::budget::MSL;
use crate::message::Message;

/// A queue each way, and what is held up.
///
/// What is in a queue arrives in the order in which it was sent, before any time passes. What is held arrives whenever the
/// search says so, until the age of [`MSL`]: so it may be overtaken by anything.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// Towards the client, towards the server.
    queues: [VecDeque<Message>; 2],
    held: Vec<Message>,
}

impl Network {
    /// Puts a message at the end of its queue.
    pub fn send(&mut self, message: Message) {
        self.queues[place(message.to)].push_back(message);
    }

    /// The next to arrive at an end.
    pub fn next(&self, to: Side) -> Option<&Message> {
        self.queues[place(to)].front()
    }

    /// Takes the next to arrive at an end.
    pub fn take(&mut self, to: Side) -> Option<Message> {
        self.queues[place(to)].pop_front()
    }

    /// What is held, in an order that does not depend on how it came to be held.
    pub fn held(&self) -> &[Message] {
        &self.held
    }

    /// Holds a message up.
    pub fn hold(&mut self, message: Message) {
        self.held.push(Message { late: true, ..message });
        self.held.sort_by(|a, b| a.identity().cmp(&b.identity()));
    }

    /// Lets a held message go.
    pub fn release(&mut self, at: usize) -> Option<Message> {
        (at < self.held.len()).then(|| self.held.remove(at))
    }

    /// True if nothing is about to arrive: what is left is held.
    pub fn is_quiet(&self) -> bool {
        self.queues.iter().all(VecDeque::is_empty)
    }

    /// True if nothing at all is under way.
    pub fn is_empty(&self) -> bool {
        self.is_quiet() && self.held.is_empty()
    }

    /// Everything under way.
    pub fn iter(&self) -> impl Iterator<Item = &Message> {
        self.queues.iter().flatten().chain(&self.held)
    }

    /// Messages that have lived for more than an MSL are no more.
    pub fn bury(&mut self, now: Instant) {
        self.held.retain(|message| message.born + MSL >= now);
    }

    /// Feeds everything under way into `h`, ages as seen from `now`.
    pub fn fingerprint(&self, now: Instant, h: &mut impl Hasher) {
        for queue in &self.queues {
            queue.len().hash(h);
            for message in queue {
                (&message.octets, message.era, message.forged).hash(h);
            }
        }
        for message in &self.held {
            let Message { to, octets, born, era, forged, late: _ } = message;
            (place(*to), octets, now.since(*born), era, forged).hash(h);
        }
    }
}

const fn place(to: Side) -> usize {
    to as usize
}

#[cfg(test)]
mod tests {
    use std::hash::DefaultHasher;
    use std::sync::Arc;

    use super::*;

    fn message(era: u8, forged: bool) -> Message {
        let octets = Arc::new(*b"the same");
        Message { to: Side::Server, octets, born: Instant::ZERO, era, forged, late: true }
    }

    fn print(messages: impl IntoIterator<Item = Message>) -> u64 {
        let mut network = Network::default();
        messages.into_iter().for_each(|message| network.hold(message));
        let mut h = DefaultHasher::new();
        network.fingerprint(Instant::ZERO, &mut h);
        h.finish()
    }

    /// With equal initial numbers nothing else tells an old segment from a new one.
    #[test]
    fn held_segments_that_say_the_same_are_told_apart_by_attempt_and_sender() {
        let all = [message(1, false), message(2, false), message(1, true)];
        for (at, a) in all.iter().enumerate() {
            for b in all.iter().skip(at + 1) {
                assert_ne!(a.identity(), b.identity());
                assert_ne!(print([a.clone()]), print([b.clone()]));
                assert_eq!(print([a.clone(), b.clone()]), print([b.clone(), a.clone()]));
            }
        }
    }
}
