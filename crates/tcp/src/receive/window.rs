//! The window we offer.

use super::ReceiveHalf;
use crate::{ReceiveEnd, Rule};

impl ReceiveHalf {
    /// The window field of a segment that goes out now, and with it the promise it makes.
    ///
    /// The right edge never moves back (RFC 9293 SHLD-14), and it moves on only by a worthwhile piece: an MSS or half
    /// the buffer, whichever is less (§3.8.6.2.2). Scaling rounds up while the edge stays within 2^shift − 1 octets of the
    /// buffer's end; at the end it rounds down, which tells less than was promised, and still takes it (RFC 7323 §2.4).
    pub(crate) fn offer(&mut self, unread: u32, mss: u16) -> u16 {
        let edge = self.nxt + self.room(unread);
        if edge.after(self.adv) && edge.since(self.adv) >= self.worthwhile(mss) {
            self.adv = edge;
        }
        let (unit, window) = (1 << self.shift, self.window());
        let up = window.div_ceil(unit).min(u32::from(u16::MAX));
        let told = self.nxt + (up << self.shift);
        // Rounded up again and again, small segments would carry the edge past any bound.
        let too_far = told.after(self.adv) && told.after(edge + (unit - 1));
        let field = if too_far { window >> self.shift } else { up };
        self.adv = self.adv.max(self.nxt + (field << self.shift));
        field as u16
    }

    /// The window field of a SYN-ACK: never scaled (RFC 7323 §2.2).
    pub(crate) fn offer_unscaled(&self) -> u16 {
        self.window().min(u32::from(u16::MAX)) as u16
    }

    /// The reader took octets: grows the buffer where the reader keeps up with a full window, and tells the peer
    /// where the window opened enough to matter. A peer that has closed sends nothing more into any window.
    pub(crate) fn on_read(&mut self, unread: u32, mss: u16, limit_max: u32) {
        if self.end() == ReceiveEnd::Fin {
            return;
        }
        if self.nxt.at_or_after(self.round) {
            if unread <= self.limit / 2 {
                self.limit = self.limit.saturating_mul(2).min(limit_max.max(self.limit));
            }
            self.round = self.nxt + self.limit;
        }
        let gain = (self.nxt + self.room(unread)).since(self.adv);
        // A gain of half the circle is a right edge that would have to move back.
        let gain = if gain > i32::MAX as u32 { 0 } else { gain };
        // A peer with much left to use learns of the rest with the next ACK; one that is running dry is told.
        let (left, piece) = (self.window(), self.limit.min(self.widest()) / 4);
        let enough = match left {
            _ if left < 2 * u32::from(mss) => self.worthwhile(mss),
            _ if left < piece => piece.max(u32::from(mss)),
            _ => u32::MAX,
        };
        if gain >= enough {
            self.owe_now(Rule::WindowUpdate);
        }
    }

    /// What there is room for, as far as the window field can say it: nothing else is promised.
    fn room(&self, unread: u32) -> u32 {
        self.limit.saturating_sub(unread).min(self.widest())
    }

    /// The most that a window field can say.
    fn widest(&self) -> u32 {
        u32::from(u16::MAX) << self.shift
    }

    fn worthwhile(&self, mss: u16) -> u32 {
        u32::from(mss).min(self.limit / 2).max(1)
    }
}
