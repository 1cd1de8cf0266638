//! What a connection has in flight, segment by segment: TCP_INFO counts segments, the engine octets.

use cordial_wire::{Flags, Segment, SeqNum};

/// The segments of one direction that were sent and not yet seen acknowledged.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flight {
    /// Where each ends, and whether it was sent again.
    segments: Vec<(SeqNum, bool)>,
    /// Behind everything that was ever sent; none before the first SYN.
    next: Option<SeqNum>,
    /// How many were sent again.
    again: u64,
}

impl Flight {
    /// A segment with `len` octets of data goes out.
    pub(crate) fn sends(&mut self, header: &Segment<'_>, len: u32) {
        let is_flag = |flag| u32::from(header.flags.contains(flag));
        let (start, end) = (header.seq, header.seq + len + is_flag(Flags::SYN) + is_flag(Flags::FIN));
        if start == end || header.flags.contains(Flags::RST) {
            return;
        }
        let is_new = match self.next {
            // A SYN elsewhere than the one before begins another connection.
            Some(next) if header.flags.contains(Flags::SYN) && end != next => {
                *self = Self::default();
                true
            }
            Some(next) => end.after(next),
            None => true,
        };
        if is_new {
            self.segments.push((end, false));
            self.next = Some(end);
            return;
        }
        self.again += 1;
        for (its_end, is_again) in &mut self.segments {
            *is_again |= its_end.after(start) && !its_end.after(end);
        }
    }

    /// Everything before `una` is acknowledged.
    pub(crate) fn acknowledged(&mut self, una: SeqNum) {
        self.segments.retain(|(end, _)| end.after(una));
    }

    /// Segments that are not acknowledged; of them, those that were sent again; and how many were in all.
    pub(crate) fn counts(&self) -> (usize, usize, u64) {
        let again = self.segments.iter().filter(|(_, is_again)| *is_again).count();
        (self.segments.len(), again, self.again)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(flags: Flags, seq: u32) -> Segment<'static> {
        Segment { seq: SeqNum(seq), flags, ..Segment::default() }
    }

    #[test]
    fn segments_are_counted_whatever_their_length() {
        let mut flight = Flight::default();
        flight.sends(&segment(Flags::SYN, u32::MAX), 0);
        assert_eq!(flight.counts(), (1, 0, 0));
        flight.sends(&segment(Flags::SYN, u32::MAX), 0);
        assert_eq!(flight.counts(), (1, 1, 1));
        flight.acknowledged(SeqNum(0));
        flight.sends(&segment(Flags::ACK, 0), 0);
        assert_eq!(flight.counts(), (0, 0, 1), "an ACK takes no room");
        flight.sends(&segment(Flags::ACK, 0), 10);
        flight.sends(&segment(Flags::ACK, 10), 1000);
        flight.sends(&segment(Flags::FIN | Flags::ACK, 1010), 5);
        assert_eq!(flight.counts(), (3, 0, 1));
        flight.sends(&segment(Flags::ACK, 10), 1000);
        assert_eq!(flight.counts(), (3, 1, 2));
        flight.acknowledged(SeqNum(10));
        assert_eq!(flight.counts(), (2, 1, 2));
        flight.acknowledged(SeqNum(1016));
        assert_eq!(flight.counts(), (0, 0, 2));
        flight.sends(&segment(Flags::SYN, 500), 0);
        assert_eq!(flight.counts(), (1, 0, 0), "another connection");
    }
}
