//! What the classes ask of a difference.

use cordial_tcp::Phase;
use cordial_wire::Flags;

use crate::shape::{Extra, Length, SeqFrom, Shape, Stamp};
use crate::{Call, Difference, Observed, Reply, Step};

impl<'a> Difference<'a> {
    /// The segment that drew it.
    pub(super) fn shape(&self) -> Option<&'a Shape> {
        match self.step()? {
            Step::Segment(shape) => Some(shape),
            Step::Call(_) => None,
        }
    }

    /// The call that drew it.
    pub(super) fn call(&self) -> Option<Call> {
        match self.step()? {
            Step::Call(call) => Some(*call),
            Step::Segment(_) => None,
        }
    }

    /// The segment that drew it has all these control bits.
    pub(super) fn has(&self, flags: Flags) -> bool {
        self.shape().is_some_and(|shape| shape.flags.contains(flags))
    }

    /// The segment lies wholly in what was received, and ends exactly where that ends.
    pub(super) fn ends_at_next(&self) -> bool {
        if self.shape().is_some_and(|shape| shape.seq == SeqFrom::First) {
            return self.takes_room();
        }
        self.shape().is_some_and(|shape| {
            let Length::Octets(octets) = shape.length else { return false };
            let controls =
                [Flags::SYN, Flags::FIN].into_iter().filter(|&flag| shape.flags.contains(flag)).count();
            let length = i32::from(octets) + controls as i32;
            shape.seq == SeqFrom::Next && length > 0 && shape.seq_by == -length
        })
    }

    /// The segment has octets, a SYN or a FIN.
    pub(super) fn takes_room(&self) -> bool {
        self.shape().is_some_and(|shape| {
            let controls = shape.flags.contains(Flags::SYN) || shape.flags.contains(Flags::FIN);
            controls || shape.length != Length::Octets(0)
        })
    }

    /// The segment has octets or a FIN beside its SYN.
    pub(super) fn ends_behind_its_syn(&self) -> bool {
        self.has(Flags::SYN)
            && self
                .shape()
                .is_some_and(|shape| shape.length != Length::Octets(0) || shape.flags.contains(Flags::FIN))
    }

    /// The segment stands exactly at RCV.NXT.
    pub(super) fn is_in_order(&self) -> bool {
        self.shape().is_some_and(|shape| shape.seq == SeqFrom::Next && shape.seq_by == 0)
    }

    /// True of one of the segments before this step, or of this step's.
    pub(super) fn has_seen(&self, is: fn(&Shape) -> bool) -> bool {
        let so_far = self.sequence.steps.iter().take(self.at.map_or(0, |at| at + 1));
        so_far.filter_map(|step| if let Step::Segment(shape) = step { Some(shape) } else { None }).any(is)
    }

    /// The segment stands within this distance of the window's right edge.
    pub(super) fn is_near_edge(&self, most: i32) -> bool {
        self.shape().is_some_and(|shape| shape.seq == SeqFrom::Edge && shape.seq_by.abs() <= most)
    }

    /// Timestamps are in use, and the segment has none: left out, or behind an option that cannot be.
    pub(super) fn lacks_stamp(&self) -> bool {
        self.sequence.offer.timestamps
            && self.shape().is_some_and(|shape| match &shape.options {
                Extra::Octets(octets) => is_unreadable(octets),
                _ => shape.stamp == Stamp::Missing,
            })
    }

    /// A window was filled before, so that both hold a different number of octets.
    pub(super) fn was_filled(&self) -> bool {
        self.has_seen(|shape| shape.length == Length::ToEdge)
    }

    /// The state before was one of these.
    pub(super) fn in_one_of(&self, states: &[Phase]) -> bool {
        states.contains(&self.before)
    }

    /// Both ended in the same state, and the application read the same.
    pub(super) fn only_replies(&self) -> bool {
        self.linux.state == self.ours.state && self.linux.read == self.ours.read
    }

    /// Both sent as many segments, which are the same once `leave_out` was applied to them.
    pub(super) fn same_but(&self, leave_out: fn(&mut Reply)) -> bool {
        let plain = |observed: &Observed| {
            let mut replies = observed.replies.clone();
            replies.iter_mut().for_each(leave_out);
            replies
        };
        self.only_replies() && plain(self.linux) == plain(self.ours)
    }
}

/// True if options end the reading of what follows: an end, or a length that cannot be.
fn is_unreadable(mut octets: &[u8]) -> bool {
    loop {
        octets = match octets {
            [] => return false,
            [0, ..] | [_] => return true,
            [1, rest @ ..] => rest,
            // What is too long takes the timestamps behind it for its own.
            [_, length, ..] => match octets.get(usize::from(*length).max(2)..) {
                Some(rest) if *length >= 2 => rest,
                _ => return true,
            },
        }
    }
}

impl Observed {
    /// Every segment has octets or a FIN.
    pub(super) fn is_stream(&self) -> bool {
        self.replies.iter().all(|reply| reply.len > 0 || reply.flags.contains(Flags::FIN))
    }

    /// No segment was sent.
    pub(super) fn is_silent(&self) -> bool {
        self.replies.is_empty()
    }

    /// One segment was sent, with exactly these control bits and no data.
    pub(super) fn is_one(&self, flags: Flags) -> bool {
        matches!(self.replies.as_slice(), [reply] if reply.flags == flags && reply.len == 0)
    }
}
