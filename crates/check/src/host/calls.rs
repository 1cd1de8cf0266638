//! What the application of an end does: the calls of its script, and taking what there is to take.

use std::sync::Arc;

use cordial_stack::{CloseCause, ConnId, Half, Instant, Phase, ReadError, WriteError};
use cordial_trace::event::Side;

use super::Host;
use crate::app::ERAS;
use crate::property::{Broken, Property};
use crate::scenario::address;
use crate::script::{Call, When};

impl Host {
    /// True if the application's next call can be made.
    pub fn may_call(&self) -> bool {
        let Some(line) = self.app.line() else { return false };
        let is_time = match line.when {
            When::Now => true,
            When::Opened => self.info_phase().is_some_and(|phase| phase >= Phase::Established),
            When::Read(octets) => self.read_here() >= octets,
            When::End => self.app.ended,
        };
        let is_possible = match line.call {
            Call::Connect | Call::ConnectFast => self.app.conn.is_none() && self.is_free(),
            Call::Accept => {
                self.app.conn.is_none()
                    && self.listener.is_some_and(|listener| self.stack.queued(listener) > 0)
            }
            Call::Unlisten => self.listener.is_some(),
            Call::Read => self.app.conn.is_some_and(|conn| self.stack.is_readable(conn)),
            Call::Write | Call::Finish | Call::Leave => self.app.conn.is_some(),
        };
        is_time && is_possible
    }

    /// True if the application makes its next call before anything else happens.
    pub fn must_call(&self) -> bool {
        self.app.line().is_some_and(|line| line.is_prompt) && self.may_call()
    }

    /// True if its application has something to do other than to wait for a caller.
    pub fn has_plans(&self) -> bool {
        self.app.conn.is_some() || self.app.line().is_some_and(|line| line.call != Call::Accept)
    }

    fn info_phase(&self) -> Option<Phase> {
        Some(self.stack.info(self.app.conn?)?.phase)
    }

    fn read_here(&self) -> u8 {
        self.app.read[usize::from(self.era()) % ERAS]
    }

    /// Makes the application's next call.
    pub fn call(&mut self, now: Instant) -> Option<Call> {
        let line = self.app.line()?;
        self.app.step();
        let to = address(self.side.other());
        match (line.call, self.app.conn) {
            (Call::Connect | Call::ConnectFast, _) => {
                let config = Arc::clone(self.stack.tcp_config());
                self.asked.clear();
                (self.opened, self.held) = (None, None);
                self.attempt += 1;
                if let Ok(conn) = self.stack.connect(now, Some(address(self.side)), to, &config) {
                    self.app.begin(conn);
                    if line.call == Call::ConnectFast {
                        self.write(now, conn);
                    }
                }
            }
            (Call::Accept, _) => {
                if let Some(conn) = self.listener.and_then(|listener| self.stack.accept(now, listener)) {
                    self.app.begin(conn);
                    self.held = self.waiting.pop_front();
                    self.app.begin_attempt(self.era());
                }
            }
            (Call::Write, Some(conn)) => self.write(now, conn),
            (Call::Read, Some(_)) | (_, None) => {}
            (Call::Finish, Some(conn)) => self.stack.shutdown(now, conn, Half::Write),
            (Call::Leave, Some(conn)) => {
                if self.info_phase() == Some(Phase::SynSent) {
                    self.asked.clear();
                }
                self.stack.release(now, conn);
                self.app.conn = None;
            }
            (Call::Unlisten, Some(_)) => {}
        }
        if line.call == Call::Unlisten
            && let Some(listener) = self.listener.take()
        {
            self.stack.close_listener(now, listener);
        }
        Some(line.call)
    }

    /// Every octet says who wrote it, on which attempt, and as the how-manieth.
    ///
    /// # Panics
    ///
    /// If there are more attempts than are told apart, or the octet is not taken although the connection is there: then the
    /// scenario is not one for this search.
    fn write(&mut self, now: Instant, conn: ConnId) {
        let era = self.era();
        let Some(count) = self.app.written.get_mut(usize::from(era)) else {
            panic!("attempt {era}, and {ERAS} at most are told apart")
        };
        let octet = octet(self.side, era, *count);
        match self.stack.write(now, conn, &[&[octet]]) {
            Ok(1) => *count += 1,
            // The application is told, if it was not yet.
            Err(WriteError::Closed(_)) => {}
            other => panic!("an octet is written, not {other:?}"),
        }
    }

    /// The application takes what there is to take: octets, the end, an error; and lets go of what is over. Gives what
    /// that broke.
    pub fn attend(&mut self, now: Instant, is_slow: bool, reads: bool) -> Broken {
        let mut broken = Broken::NONE;
        let Some(conn) = self.app.conn else { return broken };
        if !is_slow || reads {
            self.read_all(now, conn, &mut broken);
        }
        let cause = self.stack.info(conn).and_then(|info| info.cause);
        if let Some(cause) = cause.filter(|_| !self.stack.is_readable(conn) || !is_slow || self.app.ended) {
            if cause != CloseCause::Graceful {
                self.fail(cause);
            }
            self.stack.release(now, conn);
            self.app.move_on();
        }
        broken
    }

    /// Reads until there is nothing more for now, or the end or an error was told.
    fn read_all(&mut self, now: Instant, conn: ConnId, broken: &mut Broken) {
        loop {
            let mut octets = Vec::new();
            let result = self.stack.read_with(now, conn, |slices| {
                slices.iter().for_each(|slice| octets.extend_from_slice(slice));
                (octets.len(), ())
            });
            match result {
                Ok(()) => octets.iter().for_each(|&octet| self.take(octet, broken)),
                Err(ReadError::WouldBlock) => return,
                Err(ReadError::End) => return self.app.ended = true,
                Err(ReadError::Closed(cause)) => return self.fail(cause),
            }
        }
    }

    fn fail(&mut self, cause: CloseCause) {
        if !self.memory.cut {
            self.app.tell(self.era(), cause);
        }
        if self.held.is_none() && !self.is_passive() {
            self.asked.clear();
        }
    }

    /// An octet is read: it has to be the next one that the peer wrote on this attempt. Octets that were read on a
    /// connection of the attempt that was open may come once more on another only if they ride on a SYN, and nothing comes
    /// after it (RFC 7413 §2.1).
    fn take(&mut self, octet: u8, broken: &mut Broken) {
        let (era, position) = (self.era(), self.app.position);
        let may_come = !self.app.repeats || self.is_early() && position < RODE;
        let is_next = octet == self::octet(self.side.other(), era, position);
        broken.add_if(!may_come || !is_next, Property::P3);
        self.app.take(era);
        if !self.is_early() {
            self.app.deliver(era);
        }
    }
}

/// Octets that ride on a SYN: what [`Call::ConnectFast`] writes.
const RODE: u8 = 1;

/// An octet that says who wrote it, on which attempt, and as the how-manieth.
const fn octet(side: Side, era: u8, count: u8) -> u8 {
    let letter = match side {
        Side::Client => b'a',
        Side::Server => b'A',
    };
    letter + (era.saturating_sub(1)) * 8 + count
}
