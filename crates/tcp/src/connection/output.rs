//! What a connection sends: the octets or the probe of its send half, the acknowledgment and the window of its receive
//! half.
//!
//! Options beside the octets: timestamps (RFC 7323 §3.2), the user timeout (RFC 5482 §3).

use core::num::NonZeroU16;

use cordial_wire::{Flags, Options, Segment, SeqNum, Timestamps};

use crate::clock::timestamp;
use crate::octets::Slices;
use crate::pool::Pool;
use crate::receive::ReceiveHalf;
use crate::send::{Draft, Probe, Room, SendHalf};
use crate::state::State;
use crate::urgent::{self, Urgent};
use crate::{Connection, Instant, Rule, SendStart, TcpConfig};

use super::Agreed;

/// A segment to be sent: the header, the octets in place, and what the sender of frames has to know.
#[derive(Clone, Copy, Debug)]
pub struct SegmentOut<'a> {
    /// Everything but the ports and the octets.
    pub header: Segment<'static>,
    /// The octets of data.
    pub body: Slices<'a>,
    /// Set where the body is a super-segment, to be cut into pieces of this size.
    pub gso: Option<NonZeroU16>,
    /// The rule by which it goes out.
    pub why: Rule,
    /// True if its positions went out before.
    pub again: bool,
}

/// As [`SegmentOut`], the octets still to be fetched: by [`Connection::sent_octets`].
#[derive(Clone, Copy, Debug)]
pub struct HeaderOut {
    /// Everything but the ports and the octets.
    pub header: Segment<'static>,
    /// The position of the first octet of data.
    pub from: SeqNum,
    /// How many there are.
    pub len: u32,
    /// Set where they are a super-segment, to be cut into pieces of this size.
    pub gso: Option<NonZeroU16>,
    /// The rule by which it goes out.
    pub why: Rule,
    /// True if its positions went out before.
    pub again: bool,
}

impl Connection {
    /// The next segment to be sent, or none for now. Call it until it gives none, or the device is full.
    #[inline]
    pub fn poll_segment<'a>(
        &'a mut self,
        now: Instant,
        room: Room,
        pool: &'a Pool,
    ) -> Option<SegmentOut<'a>> {
        let HeaderOut { header, from, len, gso, why, again } = self.poll_header(now, room)?;
        Some(SegmentOut { header, body: self.sent_octets(from, len, pool), gso, why, again })
    }

    /// As [`poll_segment`](Self::poll_segment), for callers that fetch the octets when they need them, and do not want to
    /// hold on to the borrow until then.
    #[inline]
    pub fn poll_header(&mut self, now: Instant, room: Room) -> Option<HeaderOut> {
        let timestamps = self.timestamps(now);
        let tells_timeout = self.tells_timeout && self.is_synchronized();
        let user_timeout = if tells_timeout { self.config.told_timeout() } else { None };
        let State::Open { send, recv } = &mut self.state else { return None };
        // As many as fit, where the peer permits any (RFC 2018 §3, §4).
        let up_to = if !self.agreed.sack {
            0
        } else if timestamps.is_some() {
            3
        } else {
            4
        };
        // Beside the user timeout there is room for one block less.
        let up_to = up_to - usize::from(tells_timeout && up_to > 0);
        let sack = recv.as_ref().map(|recv| recv.sack_blocks(up_to)).unwrap_or_default();
        let blocks = if sack.is_empty() { 0 } else { 4 + 8 * sack.len() as u32 };
        let beside = blocks + if tells_timeout { 4 } else { 0 };
        // An MSS counts no options: what stands beside the octets takes their place (RFC 6691 §2).
        let mss = u32::from(send.mss).saturating_sub(beside).max(1);
        // A super-segment has one urgent pointer for all that it is cut into, and it would be wrong in all but the first.
        let tells_mark = self.urgent.as_deref().is_some_and(Urgent::has_mark_to_tell);
        let room = if tells_mark { Room { super_segment: 0 } } else { room };
        let draft = match send.next(now, room, mss, &self.config) {
            Some(draft) => draft,
            None => bare(send, recv.as_ref())?,
        };
        if draft.why == Rule::WindowProbe {
            send.settle_persist(now, &self.config);
        }
        let is_syn = draft.flags.contains(Flags::SYN);
        let mut options = Options { timestamps, sack, user_timeout, ..Options::default() };
        let (mut len, mut why) = (draft.len, draft.why);
        if is_syn {
            options = syn_options(&self.config, self.mss, recv.as_ref(), self.agreed, timestamps);
            // A SYN or SYN-ACK that goes out again does so without (RFC 7413 §4.2.2).
            if let Some(opening) = self.opening.as_deref_mut().filter(|_| !draft.again) {
                len = opening.ride(&mut options, self.mss, send, now);
                why = if len > 0 { Rule::FastOpen } else { why };
            }
        }
        let window = match recv {
            None => self.config.first_window(),
            Some(recv) if is_syn => recv.offer_unscaled(),
            Some(recv) => recv.offer(self.unread, self.mss),
        };
        let (mut flags, mut ack_number, mut urgent) = (draft.flags, SeqNum::default(), 0);
        if let Some(recv) = recv {
            flags |= Flags::ACK;
            ack_number = recv.nxt;
            recv.acknowledged();
        }
        if tells_timeout {
            self.tells_timeout = false;
        }
        // Every segment that goes out before the mark is acknowledged tells it (RFC 9293 MUST-30).
        if self.urgent.is_some()
            && let Some(pointer) = urgent::mark(&mut self.urgent, send.una, draft.seq)
            && !is_syn
        {
            flags |= Flags::URG;
            urgent = pointer;
        }
        if let Some(counting) = self.counting.as_deref_mut() {
            counting.sent(now, len, draft.gso, draft.again);
        }
        // What goes out again is read where it was read first: one position, one octet (RFC 2525 §2.4).
        let (seq, from) = (draft.seq, draft.seq + u32::from(is_syn));
        let header = Segment { seq, ack_number, flags, window, urgent, options, ..Segment::default() };
        Some(HeaderOut { header, from, len, gso: draft.gso, why, again: draft.again })
    }

    /// The octets at positions `from..from + len` of what was written and is not acknowledged: the body of a segment
    /// that [`poll_segment`](Self::poll_segment) just gave, for callers that cannot hold on to its borrow.
    #[inline]
    pub fn sent_octets<'a>(&'a self, from: SeqNum, len: u32, pool: &'a Pool) -> Slices<'a> {
        match &self.state {
            State::Open { send, .. } => send.octets_at(from, len, pool),
            State::Closed => Slices::EMPTY,
        }
    }

    /// Both SYNs are known and ours is acknowledged.
    fn is_synchronized(&self) -> bool {
        matches!(&self.state, State::Open { send, .. } if send.start() == SendStart::Acked)
    }

    #[inline]
    pub(crate) fn timestamps(&self, now: Instant) -> Option<Timestamps> {
        let State::Open { recv, .. } = &self.state else { return None };
        let offered = recv.is_none() && self.config.timestamps;
        (offered || self.agreed.timestamps).then(|| Timestamps {
            value: timestamp(now, self.ts_offset),
            echo: recv.as_ref().map_or(0, |recv| recv.ts_recent),
        })
    }
}

/// A segment without octets: a probe, or an ACK that is owed now.
fn bare(send: &mut SendHalf, recv: Option<&ReceiveHalf>) -> Option<Draft> {
    let draft = |seq, why| Draft { seq, flags: Flags::NONE, len: 0, gso: None, why, again: false };
    if send.start() == SendStart::Acked {
        // One before SND.UNA: nothing new, so the peer has to answer with what it expects (RFC 9293 §3.8.4).
        match send.probe.take() {
            Some(Probe::Window) => return Some(draft(send.una - 1, Rule::WindowProbe)),
            Some(Probe::Keepalive) => return Some(draft(send.una - 1, Rule::KeepaliveProbe)),
            None => {}
        }
    }
    let why = recv?.owed_now()?;
    Some(draft(send.nxt, why))
}

/// The options of our SYN or, where the peer's came first, SYN-ACK.
fn syn_options(
    config: &TcpConfig,
    mss: u16,
    recv: Option<&ReceiveHalf>,
    agreed: Agreed,
    timestamps: Option<Timestamps>,
) -> Options {
    let answering = recv.is_some();
    let user_timeout = config.told_timeout();
    let scaling = recv.is_none_or(|recv| recv.shift > 0);
    Options {
        mss: Some(mss),
        window_scale: config.window_shift().filter(|_| scaling),
        sack_permitted: if answering { agreed.sack } else { config.sack },
        timestamps,
        user_timeout,
        ..Options::default()
    }
}
