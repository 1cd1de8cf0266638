//! What of the flight is believed to be lost, and by which signs: what the peer has beyond it (RFC 6675 §4), duplicate and
//! partial acknowledgments (RFC 6582 §3.2), the retransmission timer (RFC 6298 §5.4), or a word of the path (RFC 8201
//! §5.4).

use alloc::collections::VecDeque;

use cordial_wire::SeqNum;

use super::{Flight, Transmission};

impl Flight {
    /// Moves the frontier on while enough was received beyond it (RFC 6675 §4, IsLost: more than
    /// (DupThresh − 1) · SMSS octets). Returns the octets newly believed lost.
    pub(crate) fn mark_lost(&mut self, mss: u32) -> u32 {
        let before = self.lost;
        if self.sacked == 0 {
            return 0;
        }
        let Some(mut index) = self.position(self.frontier) else { return 0 };
        while let Some(entry) = self.log.get_mut(index) {
            let len = entry.len();
            if entry.sacked {
                self.sacked_below += len;
            } else if self.sacked - self.sacked_below > 2 * mss {
                if !entry.lost {
                    entry.lost = true;
                    self.lost += len;
                    self.resend_from = self.resend_from.min(entry.start);
                }
            } else {
                break;
            }
            self.frontier = entry.end;
            index += 1;
        }
        self.lost - before
    }

    /// Marks the oldest `octets` as lost: on the third duplicate ACK, or a partial one (RFC 6582 §3.2).
    pub(crate) fn mark_first_lost(&mut self, octets: u32) -> u32 {
        let Some(first) = self.log.front() else { return 0 };
        if first.sacked || first.lost {
            return 0;
        }
        let cut = first.start + octets.min(first.len());
        self.split_at(cut);
        let Some(first) = self.log.front_mut() else { return 0 };
        first.lost = true;
        self.lost += first.len();
        self.resend_from = self.resend_from.min(first.start);
        first.len()
    }

    /// The retransmission timer fired: everything the peer has not told us it has is lost, also what went out again.
    ///
    /// Selective acknowledgments are kept, unless the oldest entry bears one: a receiver that holds the octet at SND.UNA
    /// would have acknowledged it, so it must have thrown it away (RFC 2018 §8). True if so.
    pub(crate) fn mark_all_lost(&mut self) -> bool {
        let reneged = self.log.front().is_some_and(|first| first.sacked);
        (self.sacked, self.lost, self.resent, self.sacked_below) = (0, 0, 0, 0);
        for entry in &mut self.log {
            entry.sacked &= !reneged;
            entry.lost = !entry.sacked;
            entry.resent = false;
            if entry.sacked {
                self.sacked += entry.len();
            } else {
                self.lost += entry.len();
            }
        }
        self.duplicate_acks = 0;
        if let (Some(first), Some(last)) = (self.log.front(), self.log.back()) {
            self.resend_from = first.start;
            self.frontier = last.end;
            self.sacked_below = self.sacked;
        }
        reneged
    }

    /// Marks the stretches that `is_lost` names by their beginning and end as lost, also those that went out again.
    pub(in crate::send) fn mark_lost_where(&mut self, mut is_lost: impl FnMut(SeqNum, SeqNum) -> bool) {
        for entry in &mut self.log {
            if entry.sacked || !is_lost(entry.start, entry.end) {
                continue;
            }
            let len = entry.len();
            self.lost += if entry.lost { 0 } else { len };
            self.resent -= if entry.resent { len } else { 0 };
            (entry.lost, entry.resent) = (true, false);
            self.resend_from = self.resend_from.min(entry.start);
        }
        self.join_waiting();
    }

    /// Makes one stretch of neighbours that wait to be sent again, so that they are cut anew.
    fn join_waiting(&mut self) {
        let waits = |entry: &Transmission| entry.lost && !entry.resent;
        let mut joined: VecDeque<Transmission> = VecDeque::with_capacity(self.log.len());
        for entry in self.log.drain(..) {
            match joined.back_mut() {
                Some(last) if waits(last) && waits(&entry) => last.join(&entry, &mut self.frontier),
                _ => joined.push_back(entry),
            }
        }
        self.log = joined;
    }

    /// Marks what was sent in pieces longer than `most` octets of data as lost, also what was lost before and sent again:
    /// how many positions that is (RFC 8201 §5.4).
    pub(in crate::send) fn mark_too_long(&mut self, most: u32, text_end: SeqNum) -> u32 {
        let mut marked = 0;
        self.mark_lost_where(|start, end| {
            let is_too_long = end.min(text_end).since(start) > most;
            marked += if is_too_long { end.since(start) } else { 0 };
            is_too_long
        });
        marked
    }
}
