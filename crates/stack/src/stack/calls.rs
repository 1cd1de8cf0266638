//! The application's calls on a connection.

use core::time::Duration;

use cordial_tcp::{
    CloseCause, Dscp, Effects, Half, Instant, Keepalive, Outcome, Phase, ReadError, Rule, WriteError,
};

use super::Stack;
use crate::connections::{Holder, News, Told};
use crate::{Call, Chance, ConnId, Observer};

impl<C: Chance, O: Observer> Stack<C, O> {
    /// Takes octets to be sent, in order, and says how many; fewer than given, or none, when the send buffer is full
    /// or memory is short: wait for [`Event::Writable`](crate::Event::Writable). Legal before the connection is open.
    ///
    /// # Errors
    ///
    /// See [`WriteError`]. A name that was released counts as aborted.
    pub fn write(&mut self, now: Instant, id: ConnId, octets: &[&[u8]]) -> Result<usize, WriteError> {
        let now = self.at(now);
        let at = self.held_index(id).ok_or(WriteError::Closed(CloseCause::Aborted))?;
        let before = self.vars_if_watched(at);
        let socket = self.connections.get_mut(at).ok_or(WriteError::Closed(CloseCause::Aborted))?;
        let written = socket.tcp.write(now, octets, &mut self.pool)?;
        self.after_call(now, at);
        if written > 0 {
            self.tell_call(now, at, Call::Write(written as u32), Rule::Write, before);
        }
        Ok(written)
    }

    /// As [`write`](Self::write), of octets the last of which is the end of urgent data (RFC 9293 §3.8.5): the peer is
    /// told at once that they are there. New programs should not use this (SHLD-13, RFC 6093 §6).
    ///
    /// # Errors
    ///
    /// See [`WriteError`]. A name that was released counts as aborted.
    pub fn write_urgent(&mut self, now: Instant, id: ConnId, octets: &[u8]) -> Result<usize, WriteError> {
        let now = self.at(now);
        let at = self.held_index(id).ok_or(WriteError::Closed(CloseCause::Aborted))?;
        let before = self.vars_if_watched(at);
        let socket = self.connections.get_mut(at).ok_or(WriteError::Closed(CloseCause::Aborted))?;
        let written = socket.tcp.write_urgent(now, octets, &mut self.pool)?;
        self.after_call(now, at);
        if written > 0 {
            self.tell_call(now, at, Call::Write(written as u32), Rule::Write, before);
        }
        Ok(written)
    }

    /// Octets from the next to be read up to the end of urgent data; 0 if there is none (MUST-33).
    pub fn urgent_left(&self, id: ConnId) -> u32 {
        self.held(id).map_or(0, |socket| socket.tcp.urgent_left())
    }

    /// True while the peer may still send: neither its FIN came nor the end of the connection.
    pub fn may_receive(&self, id: ConnId) -> bool {
        self.held(id).is_some_and(|socket| socket.tcp.may_receive())
    }

    /// True if the next octet to be read is the last urgent one: where sockets have their mark.
    pub fn at_mark(&self, id: ConnId) -> bool {
        self.held(id).is_some_and(|socket| socket.tcp.at_mark())
    }

    /// Gives `read` the octets that wait, in order, in up to 16 slices; it says how many it took, and what to return.
    ///
    /// # Errors
    ///
    /// See [`ReadError`]; `read` is not called then. A name that was released counts as aborted.
    pub fn read_with<R>(
        &mut self,
        now: Instant,
        id: ConnId,
        read: impl FnOnce(&[&[u8]]) -> (usize, R),
    ) -> Result<R, ReadError> {
        let now = self.at(now);
        let at = self.held_index(id).ok_or(ReadError::Closed(CloseCause::Aborted))?;
        let before = self.vars_if_watched(at);
        let socket = self.connections.get_mut(at).ok_or(ReadError::Closed(CloseCause::Aborted))?;
        let mut taken = 0;
        let result = socket.tcp.read_with(now, &mut self.pool, |slices| {
            let (count, result) = read(slices);
            taken = count;
            (count, result)
        })?;
        self.after_call(now, at);
        if taken > 0 {
            self.tell_call(now, at, Call::Read(taken as u32), Rule::Read, before);
        }
        Ok(result)
    }

    /// Ends one direction or both. What was written before is sent first.
    pub fn shutdown(&mut self, now: Instant, id: ConnId, half: Half) {
        let now = self.at(now);
        let Some(at) = self.held_index(id) else { return };
        let before = self.vars_if_watched(at);
        let Some(socket) = self.connections.get_mut(at) else { return };
        let outcome = socket.tcp.shutdown(now, half, &mut self.pool);
        self.after_end(now, at, Call::Shutdown(half), outcome, before);
    }

    /// The handle is gone: `id` names nothing any more. The connection closes by itself, in the time that orphans
    /// have; with octets unread it is reset, and so it is where too many orphans are about
    /// ([`Limits::orphans`](crate::Limits::orphans)).
    ///
    /// This never waits. Whoever wants to linger until the peer has everything shuts writing down, waits for
    /// [`Event::Delivered`](crate::Event::Delivered) as long as it likes, and releases then.
    pub fn release(&mut self, now: Instant, id: ConnId) {
        let now = self.at(now);
        let Some(at) = self.held_index(id) else { return };
        let before = self.vars_if_watched(at);
        self.told.remove(&mut Told(&mut self.connections), at);
        self.forget_starved(at);
        let Some(socket) = self.connections.get_mut(at) else { return };
        socket.holder = Holder::Nobody;
        self.orphans += 1;
        let mut outcome = socket.tcp.release(now, &mut self.pool);
        self.counters.tcp_abort_on_close += u64::from(outcome.did == Ok(Rule::CloseUnread));
        let is_closing = !matches!(socket.tcp.phase(), Phase::Closed | Phase::TimeWait);
        if is_closing && self.orphans > self.config.limits.orphans {
            self.counters.tcp_abort_on_memory += 1;
            outcome = socket.tcp.abort(now, &mut self.pool);
            outcome.did = Ok(Rule::TooManyOrphans);
        }
        self.after_end(now, at, Call::Release, outcome, before);
    }

    /// Gives the connection up: its peer is sent a reset. What is known of it stays until [`release`](Self::release).
    pub fn abort(&mut self, now: Instant, id: ConnId) {
        let now = self.at(now);
        let Some(at) = self.held_index(id) else { return };
        let before = self.vars_if_watched(at);
        let Some(socket) = self.connections.get_mut(at) else { return };
        let outcome = socket.tcp.abort(now, &mut self.pool);
        self.counters.tcp_abort_on_data += u64::from(outcome.reply.is_some());
        self.after_end(now, at, Call::Abort, outcome, before);
    }

    /// True if a write would not have to wait; if not, [`Event::Writable`](crate::Event::Writable) tells when. To be
    /// asked by who waits for room without having tried to write: [`is_writable`](Self::is_writable) promises nothing.
    pub fn want_room(&mut self, id: ConnId) -> bool {
        let Some(at) = self.held_index(id) else { return true };
        let Some(socket) = self.connections.get_mut(at) else { return true };
        let writable = socket.tcp.want_room(&self.pool);
        self.note_starved(at);
        writable
    }

    /// Octets that a write would take for now.
    pub fn room(&self, id: ConnId) -> u32 {
        self.held(id).map_or(0, |socket| socket.tcp.room(&self.pool))
    }

    /// Sets the most octets that may wait in the send queue, one at least; what is there already stays.
    pub fn set_send_buffer(&mut self, id: ConnId, octets: u32) {
        let Some(at) = self.held_index(id) else { return };
        if let Some(socket) = self.connections.get_mut(at) {
            let effects = socket.tcp.set_send_buffer(octets, &self.pool);
            if effects.contains(Effects::WRITABLE) {
                self.note(at, News::WRITABLE);
            }
        }
    }

    /// The most octets that may wait in the send queue.
    pub fn send_buffer(&self, id: ConnId) -> u32 {
        self.held(id).map_or(0, |socket| socket.tcp.config().send_buffer)
    }

    /// Marks what is sent from now on with this codepoint (RFC 9293 §3.9.2, MUST-48 and SHLD-21).
    pub fn set_dscp(&mut self, id: ConnId, dscp: Dscp) {
        let Some(at) = self.held_index(id) else { return };
        if let Some(socket) = self.connections.get_mut(at) {
            socket.tcp.set_dscp(dscp);
        }
    }

    /// The codepoint of what is sent.
    pub fn dscp(&self, id: ConnId) -> Dscp {
        self.held(id).map_or(Dscp::default(), |socket| socket.tcp.config().dscp)
    }

    /// Sends small pieces at once, or waits for what is outstanding (Nagle, RFC 9293 §3.7.4).
    pub fn set_nodelay(&mut self, now: Instant, id: ConnId, nodelay: bool) {
        let now = self.at(now);
        let Some(at) = self.held_index(id) else { return };
        if let Some(socket) = self.connections.get_mut(at) {
            socket.tcp.set_nodelay(nodelay);
        }
        self.after_call(now, at);
    }

    /// True if small pieces go out at once.
    pub fn nodelay(&self, id: ConnId) -> bool {
        self.held(id).is_some_and(|socket| socket.tcp.nodelay())
    }

    /// Probes the peer after silence, or never (RFC 9293 §3.8.4).
    pub fn set_keepalive(&mut self, now: Instant, id: ConnId, keepalive: Option<Keepalive>) {
        let now = self.at(now);
        let Some(at) = self.held_index(id) else { return };
        if let Some(socket) = self.connections.get_mut(at) {
            socket.tcp.set_keepalive(now, keepalive);
        }
        self.after_call(now, at);
    }

    /// Sets how long octets may go unacknowledged before the connection is given up; `None` leaves it to R2. See
    /// [`Connection::set_user_timeout`](cordial_tcp::Connection::set_user_timeout).
    pub fn set_user_timeout(&mut self, now: Instant, id: ConnId, timeout: Option<Duration>) {
        let now = self.at(now);
        let Some(at) = self.held_index(id) else { return };
        if let Some(socket) = self.connections.get_mut(at) {
            socket.tcp.set_user_timeout(now, timeout);
        }
        self.after_call(now, at);
    }

    /// How long octets may go unacknowledged.
    pub fn user_timeout(&self, id: ConnId) -> Option<Duration> {
        self.held(id).map(|socket| socket.tcp.user_timeout())
    }

    /// How an idle peer is probed, if it is.
    pub fn keepalive(&self, id: ConnId) -> Option<Keepalive> {
        self.held(id)?.tcp.config().keepalive
    }

    /// A call may have given the connection something to send, or something to wait for.
    fn after_call(&mut self, now: Instant, at: u32) {
        if self.connections.get(at).is_some_and(|socket| socket.tcp.has_output()) {
            self.mark_ready(at);
        }
        self.arm(now, at);
        self.note_starved(at);
        self.offer_memory();
    }

    fn after_end(&mut self, now: Instant, at: u32, call: Call, outcome: Outcome, before: cordial_tcp::Vars) {
        self.tell_call(now, at, call, outcome.did.unwrap_or(Rule::Close), before);
        self.settle(now, at, outcome, before);
    }
}
