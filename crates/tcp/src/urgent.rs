//! Urgent data (RFC 9293 §3.8.5): a mark in the stream that is told ahead of it.
//!
//! The urgent pointer designates the position *after* the last urgent octet (MUST-62, RFC 6093 §3.1), as all deployed
//! stacks have it. Urgent octets stay in the stream, always; where they end is told to the reader when the pointer
//! arrives, and again whenever it moves on. There is one mark for each direction, and a later one takes its place: that,
//! too, is how it is deployed. Nobody should write new programs that depend on it (SHLD-13, RFC 6093 §6).

use alloc::boxed::Box;
use core::hash::{Hash, Hasher};

use cordial_wire::{Segment, SeqNum};

use crate::pool::Pool;
use crate::state::State;
use crate::{Connection, Instant, ReceiveEnd, Rule, WriteError};

/// Where urgent data ends. On the heap, and only while there is some, as hardly any connection ever has any.
#[derive(Clone, Debug, Default)]
pub(crate) struct Urgent {
    /// SND.UP: the position after our last urgent octet, until that is acknowledged.
    send: Option<SeqNum>,
    /// RCV.UP: the position after the peer's last urgent octet, until that is read.
    receive: Option<SeqNum>,
    /// RCV.UP moved, and nobody was told.
    is_news: bool,
}

/// The furthest that the urgent pointer reaches.
const FURTHEST: u32 = u16::MAX as u32;

impl Urgent {
    /// True while segments tell of a mark of ours.
    pub(crate) fn has_mark_to_tell(&self) -> bool {
        self.send.is_some()
    }

    /// What is left to be remembered: nothing, mostly.
    fn settled(self: Box<Self>) -> Option<Box<Self>> {
        (self.send.is_some() || self.receive.is_some()).then_some(self)
    }

    /// Feeds it into `h`: our mark relative to ISS, the peer's to IRS.
    pub(crate) fn fingerprint(&self, iss: SeqNum, irs: Option<SeqNum>, h: &mut impl Hasher) {
        self.send.map(|up| up.since(iss)).hash(h);
        irs.and_then(|irs| self.receive.map(|up| up.since(irs))).hash(h);
    }
}

/// Sets URG on a segment that goes out before our mark is acknowledged (MUST-30). A mark too far ahead for the pointer is
/// told to be as far as that reaches, which it is at least; the segments that follow tell where it ends.
///
/// What the pointer says; none where there is nothing urgent behind `seq`.
#[cold]
pub(crate) fn mark(urgent: &mut Option<Box<Urgent>>, una: SeqNum, seq: SeqNum) -> Option<u16> {
    let kept = urgent.as_deref_mut()?;
    kept.send = kept.send.filter(|up| up.after(una));
    let up = kept.send.filter(|up| up.after(seq));
    *urgent = urgent.take().and_then(Urgent::settled);
    up.map(|up| up.since(seq).min(FURTHEST) as u16)
}

impl Connection {
    /// Writes octets, of any number (MUST-31), the last of which is the end of urgent data (RFC 9293 §3.10.2, SEND with
    /// URGENT). They go out in order with everything else; that they are there is told at once, even through a closed
    /// window, and they do not wait to grow. Of a part that was taken the last octet is the end, until the rest is
    /// written.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    pub fn write_urgent(
        &mut self,
        now: Instant,
        octets: &[u8],
        pool: &mut Pool,
    ) -> Result<usize, WriteError> {
        let taken = self.write(now, &[octets], pool)?;
        if taken > 0
            && let State::Open { send, recv } = &mut self.state
        {
            send.urgent = true;
            self.urgent.get_or_insert_default().send = Some(send.text_end());
            if let Some(recv) = recv {
                recv.owe_now(Rule::SendUrgent);
            }
        }
        Ok(taken)
    }

    /// Octets from the next to be read up to the end of urgent data (MUST-33); 0 if there is none, or it was read. A mark
    /// beyond the peer's FIN is where the stream ends.
    pub fn urgent_left(&self) -> u32 {
        let State::Open { recv: Some(recv), .. } = &self.state else { return 0 };
        let Some(up) = self.urgent.as_ref().and_then(|urgent| urgent.receive) else { return 0 };
        let ended = recv.end() == ReceiveEnd::Fin;
        let front = recv.nxt - self.unread - u32::from(ended);
        let left = if up.after(front) { up.since(front) } else { 0 };
        if ended { left.min(self.unread) } else { left }
    }

    /// True if the next octet to be read is the last urgent one: where sockets have their mark. A read that begins before
    /// it ends there.
    pub fn at_mark(&self) -> bool {
        self.urgent_left() == 1
    }

    /// Octets that one read may hand out: none beyond the mark that are not behind it already.
    pub(crate) fn readable_at_once(&self) -> u32 {
        match self.urgent_left() {
            0 | 1 => self.unread,
            left => self.unread.min(left - 1),
        }
    }

    /// Sixth step, URG (RFC 9293 §3.10.7.4): RCV.UP moves on, and the user is told (MUST-32), whether or not octets come
    /// with it.
    pub(crate) fn note_urgent(&mut self, segment: &Segment<'_>) {
        let State::Open { recv: Some(recv), .. } = &self.state else { return };
        if recv.end() != ReceiveEnd::Open || self.deaf {
            return;
        }
        let (up, front) = (segment.seq + u32::from(segment.urgent), recv.nxt - self.unread);
        let known = self.urgent.as_ref().and_then(|urgent| urgent.receive);
        if up.after(front) && known.is_none_or(|known| up.after(known)) {
            let urgent = self.urgent.get_or_insert_default();
            (urgent.receive, urgent.is_news) = (Some(up), true);
        }
    }

    /// True once, after RCV.UP moved.
    pub(crate) fn take_urgent_news(&mut self) -> bool {
        self.urgent.as_deref_mut().is_some_and(|urgent| core::mem::take(&mut urgent.is_news))
    }

    /// Forgets a mark that was read past.
    pub(crate) fn settle_mark(&mut self) {
        if self.urgent_left() == 0
            && let Some(mut urgent) = self.urgent.take()
        {
            urgent.receive = None;
            self.urgent = urgent.settled();
        }
    }
}
