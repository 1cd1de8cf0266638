//! What the user of a connection calls (RFC 9293 §3.10.2 to §3.10.6).

use cordial_wire::{Segment, SeqNum};

use crate::pool::{LARGE, Pool};
use crate::reset::Reset;
use crate::state::State;
use crate::{
    CloseCause, Connection, Effects, Instant, Outcome, Phase, ReceiveEnd, Refusal, Rule, SendEnd, TcpConfig,
};

/// Which directions a call is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Half {
    /// From the peer to us: nothing will be read.
    Read,
    /// From us to the peer: nothing more will be written.
    Write,
    /// Both.
    Both,
}

/// Why octets could not be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WriteError {
    /// The direction was shut down.
    Shutdown,
    /// The connection is over.
    Closed(CloseCause),
    /// The pool's limit is below one large chunk: there will never be memory.
    NoMemory,
}

/// Why no octets could be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReadError {
    /// None are there yet.
    WouldBlock,
    /// The peer said that there will be no more.
    End,
    /// The connection is over.
    Closed(CloseCause),
}

/// How many slices one read hands out at most.
const READ_SLICES: usize = 16;

impl Connection {
    /// Takes octets to be sent, in order, and says how many; fewer than given when the send buffer is full or memory
    /// is short, and none until there is room again ([`Effects::WRITABLE`], or, while it
    /// [waits for memory](Self::waits_for_memory), once others have given some back). Legal from the active open on:
    /// what is written before the connection opens goes out when it does (RFC 9293 §3.10.2).
    ///
    /// # Errors
    ///
    /// See [`WriteError`].
    pub fn write(&mut self, now: Instant, octets: &[&[u8]], pool: &mut Pool) -> Result<usize, WriteError> {
        let State::Open { send, .. } = &mut self.state else {
            return Err(WriteError::Closed(self.cause.unwrap_or(CloseCause::Aborted)));
        };
        if send.end() != SendEnd::Open {
            return Err(WriteError::Shutdown);
        }
        // What waits to be sent is enough to go on with: no more is taken.
        let limit = if send.is_above(&self.config) { send.queued } else { send_limit(&self.config, pool) };
        let mut taken = 0;
        let mut whole = true;
        for piece in octets {
            let stored = send.write(piece, limit, pool);
            taken += stored;
            whole = stored == piece.len();
            if !whole {
                break;
            }
        }
        if taken == 0 && !whole && pool.limit() < LARGE {
            return Err(WriteError::NoMemory);
        }
        // A buffer that the last octet just filled has a writer waiting for it too.
        self.wants_room = !whole || send.queued >= limit || send.is_above(&self.config);
        send.prepare_flight(now, pool);
        self.settle(now);
        Ok(taken)
    }

    /// Gives `read` the octets that wait, in order, in up to 16 slices; it says how many it took, and what to return.
    /// Octets before the [mark](Self::at_mark) of urgent data come by themselves.
    ///
    /// # Errors
    ///
    /// See [`ReadError`]; `read` is not called then.
    pub fn read_with<R>(
        &mut self,
        now: Instant,
        pool: &mut Pool,
        read: impl FnOnce(&[&[u8]]) -> (usize, R),
    ) -> Result<R, ReadError> {
        if self.unread == 0 {
            return Err(self.nothing_to_read());
        }
        let mut slices: [&[u8]; READ_SLICES] = [&[]; READ_SLICES];
        let mut count = 0;
        let most = self.readable_at_once();
        for (slot, slice) in slices.iter_mut().zip(self.inbox.slices(pool, 0, most)) {
            *slot = slice;
            count += 1;
        }
        let (taken, result) = read(slices.get(..count).unwrap_or_default());
        let taken = u32::try_from(taken).unwrap_or(u32::MAX).min(most);
        self.consume(taken, pool);
        self.settle(now);
        Ok(result)
    }

    fn nothing_to_read(&self) -> ReadError {
        let ended = match &self.state {
            State::Open { recv, .. } => recv.as_ref().is_some_and(|recv| recv.end() == ReceiveEnd::Fin),
            State::Closed => self.ended_well,
        };
        match self.cause {
            _ if ended || self.deaf => ReadError::End,
            Some(CloseCause::Graceful) => ReadError::End,
            Some(cause) => ReadError::Closed(cause),
            None => ReadError::WouldBlock,
        }
    }

    fn consume(&mut self, octets: u32, pool: &mut Pool) {
        self.inbox.advance(pool, octets);
        self.unread -= octets;
        if self.urgent.is_some() {
            self.settle_mark();
        }
        if let State::Open { recv: Some(recv), .. } = &mut self.state {
            recv.on_read(self.unread, self.mss, self.config.receive_buffer_max);
        }
    }

    /// Ends one direction or both (RFC 9293 §3.10.4, and §3.6 for closing one direction only). What was written is
    /// sent first. Twice is as good as once.
    pub fn shutdown(&mut self, now: Instant, half: Half, pool: &mut Pool) -> Outcome {
        let before = self.view();
        if matches!(half, Half::Read | Half::Both) {
            self.deaf = true;
            self.consume(self.unread, pool);
            // What lies ahead of a hole is for nobody either.
            self.inbox.clear(pool);
        }
        let mut did = Ok(Rule::Close);
        if matches!(half, Half::Write | Half::Both) && !self.finish(now, pool) {
            did = Err(Refusal::Closed);
        }
        let mut outcome = self.outcome(now, did, before, pool);
        // Who waits for room hears that there is nothing to wait for.
        outcome.effects |= self.take_end_of_waiting(pool);
        outcome
    }

    /// For a writer that waits, where a call rather than a segment has made an end of that.
    pub(crate) fn take_end_of_waiting(&mut self, pool: &Pool) -> Effects {
        if self.wants_room && self.is_writable(pool) {
            self.wants_room = false;
            return Effects::WRITABLE;
        }
        Effects::empty()
    }

    /// Our FIN takes its place after what was written.
    fn finish(&mut self, now: Instant, pool: &mut Pool) -> bool {
        let State::Open { send, recv } = &mut self.state else { return false };
        let answers = recv.as_ref().is_some_and(|recv| recv.end() == ReceiveEnd::Fin);
        send.prepare_flight(now, pool);
        send.finish(answers)
    }

    /// The handle is gone. The connection closes by itself; with octets unread it is reset instead, so that the peer
    /// learns that they were never read (RFC 2525 §2.17, RFC 9293 SHLD-3).
    pub fn release(&mut self, now: Instant, pool: &mut Pool) -> Outcome {
        let before = self.view();
        self.orphan = true;
        let State::Open { send, recv } = &self.state else {
            self.consume(self.unread, pool);
            return self.outcome(now, Ok(Rule::Close), before, pool);
        };
        // An open that nobody waits for, with nothing to say: as if it had never been (§3.10.4, SYN-SENT).
        if recv.is_none() && send.queued == 0 {
            self.end(CloseCause::Aborted, pool);
            return self.outcome(now, Ok(Rule::Close), before, pool);
        }
        if self.unread > 0 {
            let reply = self.reset(now, CloseCause::UnreadData, pool);
            self.consume(self.unread, pool);
            let mut outcome = self.outcome(now, Ok(Rule::CloseUnread), before, pool);
            outcome.reply = reply.map(Segment::from);
            return outcome;
        }
        self.finish(now, pool);
        if let State::Open { send, .. } = &mut self.state {
            send.orphaned();
        }
        self.outcome(now, Ok(Rule::Close), before, pool)
    }

    /// Gives the connection up (RFC 9293 §3.10.5): a reset where the peer still counts on it, silence elsewhere.
    ///
    /// In CLOSING and LAST-ACK the RFC is silent because the FIN is on its way. Here these states begin with the user's
    /// call: while anything of what comes before the FIN, or it, was never sent, the peer would wait for it for ever.
    pub fn abort(&mut self, now: Instant, pool: &mut Pool) -> Outcome {
        let before = self.view();
        let reply = self.reset(now, CloseCause::Aborted, pool);
        let mut outcome = self.outcome(now, Ok(Rule::Abort), before, pool);
        outcome.reply = reply.map(Segment::from);
        outcome
    }

    /// ICMP says that the destination of the segment at `quoted` cannot be reached. Believed only where that segment
    /// is in flight (RFC 5927 §4.1). `hard` ends an opening connection; anything else is remembered as the reason,
    /// should the connection time out (RFC 9293 §3.9.2.2, MUST-56 and SHLD-25; RFC 5927 §5.2).
    pub fn on_unreachable(&mut self, now: Instant, quoted: SeqNum, hard: bool, pool: &mut Pool) -> Outcome {
        let before = self.view();
        let did = match &self.state {
            State::Open { send, .. } if quoted.at_or_after(send.una) && quoted.before(send.nxt) => {
                // What was opened by a cookie may be in use already, and another's word would not end it.
                let opening =
                    matches!(self.phase(), Phase::SynSent | Phase::SynReceived) && !self.was_opened_fast();
                if hard && opening {
                    self.end(CloseCause::Refused, pool);
                    Ok(Rule::IcmpHard)
                } else {
                    self.unreachable = true;
                    Ok(Rule::IcmpSoft)
                }
            }
            _ => Err(Refusal::OutsideWindow),
        };
        let mut outcome = self.outcome(now, did, before, pool);
        outcome.effects.set(Effects::UNREACHABLE, did == Ok(Rule::IcmpSoft));
        outcome
    }

    /// ICMP says that the segment at `quoted` was longer than a link on its way carries, and that one passes that has
    /// `size` octets of options and data. Believed as far as what is in flight, and what was acknowledged, allow
    /// (RFC 5927 §7.2): then segments are smaller from now on, and what was lost goes out again (RFC 1191 §6.4, RFC 8201
    /// §5.4).
    pub fn on_too_big(&mut self, now: Instant, quoted: SeqNum, size: u16, pool: &mut Pool) -> Outcome {
        let before = self.view();
        let did = match &mut self.state {
            State::Open { send, .. } => send.on_too_big(now, quoted, size, &self.config),
            State::Closed => Err(Refusal::Closed),
        };
        self.outcome(now, did, before, pool)
    }

    /// It is known from elsewhere that the path carries no more than `size` octets of options and data in a segment, and
    /// to be taken for so until that moment. A path that is known to carry even less stays so.
    pub fn limit_path(&mut self, now: Instant, size: u16, until: Instant) {
        if let State::Open { send, recv } = &mut self.state {
            send.limit_path(now, size, until, recv.is_some());
        }
    }

    /// No word about the path makes segments smaller than this, octets of options and data: 512 unless it is said.
    pub fn set_least_size(&mut self, size: u16) {
        if let State::Open { send, .. } = &mut self.state {
            send.least = size;
        }
    }

    /// True if a read would not have to wait: octets, the end, or an error is there.
    pub fn is_readable(&self) -> bool {
        self.unread > 0 || self.nothing_to_read() != ReadError::WouldBlock
    }

    /// True while the peer may still send, and somebody would read it.
    pub fn may_receive(&self) -> bool {
        let ended = match &self.state {
            State::Open { recv, .. } => recv.as_ref().is_some_and(|recv| recv.end() == ReceiveEnd::Fin),
            State::Closed => true,
        };
        !ended && !self.deaf
    }

    /// True if a write would not have to wait: room, or an error is there.
    pub fn is_writable(&self, pool: &Pool) -> bool {
        match &self.state {
            State::Closed => true,
            State::Open { send, .. } if send.end() != SendEnd::Open => true,
            State::Open { .. } => self.room(pool) > 0 || pool.limit() < LARGE,
        }
    }

    /// As [`is_writable`](Self::is_writable); and if not, a writer waits for [`Effects::WRITABLE`] from now on.
    pub fn want_room(&mut self, pool: &Pool) -> bool {
        let writable = self.is_writable(pool);
        self.wants_room |= !writable;
        writable
    }

    /// Octets that a write would take for now.
    pub fn room(&self, pool: &Pool) -> u32 {
        match &self.state {
            State::Open { send, .. } if send.is_above(&self.config) => 0,
            State::Open { send, .. } if send.end() == SendEnd::Open => {
                send_limit(&self.config, pool).saturating_sub(send.queued)
            }
            _ => 0,
        }
    }

    /// True if a writer waits for nothing but memory that others have. No segment of this connection will tell it that
    /// there is some again: whoever owns the pool has to.
    #[inline]
    pub fn waits_for_memory(&self, pool: &Pool) -> bool {
        let State::Open { send, .. } = &self.state else { return false };
        self.wants_room && send.queued == 0 && send.end() == SendEnd::Open && pool.allowance() == 0
    }

    /// Ends with a reset, where the state has one to send.
    pub(crate) fn reset(&mut self, now: Instant, cause: CloseCause, pool: &mut Pool) -> Option<Reset> {
        let phase = self.phase();
        // A reset of our own has the timestamps of the connection (RFC 7323 §5.2).
        let timestamps = self.timestamps(now);
        let State::Open { send, .. } = &self.state else { return None };
        let seq = send.nxt;
        let has_said_all = !send.has_unsent() && cause != CloseCause::UnreadData;
        self.end(cause, pool);
        let silent = match phase {
            Phase::Closed | Phase::SynSent | Phase::TimeWait => true,
            Phase::Closing | Phase::LastAck => has_said_all,
            _ => false,
        };
        if silent {
            return None;
        }
        if let Some(counting) = self.counting.as_deref_mut() {
            counting.replied();
        }
        Some(Reset { seq, ack: None, timestamps })
    }

    /// The connection is over. Octets in order stay readable; everything else is given back.
    pub(crate) fn end(&mut self, cause: CloseCause, pool: &mut Pool) {
        self.count_end();
        if self.opening.is_some() && matches!(self.state, State::Open { recv: None, .. }) {
            self.learn_from_end(cause);
        }
        if let State::Open { send, recv } = &mut self.state {
            send.clear(pool);
            self.ended_well = recv.as_ref().is_some_and(|recv| recv.end() == ReceiveEnd::Fin);
        }
        self.state = State::Closed;
        self.cause.get_or_insert(cause);
        (self.keepalive, self.fin_wait_2) = Default::default();
        self.urgent = None;
        if self.unread == 0 {
            self.inbox.clear(pool);
        }
    }
}

/// Octets that may be queued for sending: what the settings allow, or what memory does while it is short.
fn send_limit(config: &TcpConfig, pool: &Pool) -> u32 {
    config.send_buffer.max(LEAST_SEND_BUFFER).min(pool.allowance())
}

/// With less nothing could ever be written.
const LEAST_SEND_BUFFER: u32 = 1;

/// What mattered before an input, to tell what it changed.
#[derive(Clone, Copy)]
pub(crate) struct View {
    phase: Phase,
    readable: u32,
    finished: bool,
}

impl Connection {
    pub(crate) fn view(&self) -> View {
        let finished =
            matches!(&self.state, State::Open { recv: Some(recv), .. } if recv.end() == ReceiveEnd::Fin);
        View { phase: self.phase(), readable: self.unread, finished }
    }

    /// Brings the timers into line with the state, and says what the input changed for others.
    pub(crate) fn outcome(
        &mut self,
        now: Instant,
        did: Result<Rule, Refusal>,
        before: View,
        pool: &Pool,
    ) -> Outcome {
        self.settle(now);
        let after = self.view();
        let mut effects = Effects::empty();
        let is_news = after.readable > before.readable || after.finished != before.finished;
        effects.set(Effects::READABLE, is_news);
        effects.set(Effects::WRITABLE, self.has_room_again(pool));
        effects.set(Effects::OUTPUT, self.has_output());
        if after.phase != before.phase || matches!(after.phase, Phase::Closed | Phase::TimeWait) {
            effects |= effects_of_turn(before.phase, after.phase);
        }
        // Who hears that the connection opened may still find its buffer full.
        if effects.contains(Effects::WRITABLE) && self.is_writable(pool) {
            self.wants_room = false;
        }
        Outcome::new(did, effects)
    }

    /// Room worth waking a writer for: half the buffer.
    fn has_room_again(&self, pool: &Pool) -> bool {
        // Asked first: the limit takes a division, and mostly nobody waits.
        if !self.wants_room {
            return false;
        }
        let State::Open { send, .. } = &self.state else { return false };
        let limit = send_limit(&self.config, pool);
        send.queued < limit && send.queued <= limit / 2 && send.is_low(&self.config)
    }

    /// True once for a writer that waits where what was to be sent has gone out: with a low-water mark there is room then,
    /// before anything is acknowledged. To be asked after [`poll_segment`](Self::poll_segment) gave none.
    #[inline]
    pub fn take_room_again(&mut self, pool: &Pool) -> bool {
        let is_so = self.wants_room && self.config.not_sent_low_water.is_some() && self.has_room_again(pool);
        if is_so {
            self.wants_room = false;
        }
        is_so
    }

    /// False if `poll_segment` surely gives nothing.
    #[inline]
    pub fn has_output(&self) -> bool {
        let State::Open { send, recv } = &self.state else { return false };
        send.has_output() || recv.as_ref().is_some_and(|recv| recv.owed_now().is_some())
    }
}

/// What follows where a connection went from one state to another, or has come to its end.
#[cold]
fn effects_of_turn(before: Phase, after: Phase) -> Effects {
    let opening = |phase| matches!(phase, Phase::SynSent | Phase::SynReceived);
    let delivered = |phase| matches!(phase, Phase::FinWait2 | Phase::TimeWait);
    let ended = after == Phase::Closed;
    let mut effects = Effects::empty();
    effects.set(Effects::OPENED | Effects::WRITABLE, opening(before) && !opening(after) && !ended);
    effects.set(Effects::ENDED, ended && before != Phase::Closed);
    effects.set(Effects::MOVED, after != before);
    effects.set(Effects::TIME_WAIT, after == Phase::TimeWait);
    effects.set(Effects::DELIVERED, delivered(after) && !delivered(before));
    if ended {
        effects |= Effects::READABLE | Effects::WRITABLE | Effects::FORGET;
    }
    effects
}
