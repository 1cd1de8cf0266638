//! An application, as far as it has come.

use std::hash::{Hash, Hasher};

use cordial_stack::{CloseCause, ConnId};

use crate::script::{Call, Line};

/// How many attempts are told apart.
pub const ERAS: usize = 4;

/// An application that follows its script.
#[derive(Clone, Debug)]
pub struct App {
    script: &'static [Line],
    at: u8,
    /// The connection it holds.
    pub conn: Option<ConnId>,
    /// It was told that the peer will send no more.
    pub ended: bool,
    /// The error it was told.
    pub failed: Option<CloseCause>,
    /// Attempts in which it was told an error, a bit each.
    told: u8,
    /// Octets written, by attempt.
    pub written: [u8; ERAS],
    /// Octets read, by attempt; on whichever connection of it most were read.
    pub read: [u8; ERAS],
    /// Octets read on the connection it holds.
    pub position: u8,
    /// Attempts of which octets were read on a connection that was open, a bit each.
    delivered: u8,
    /// The attempt of the connection that it holds is one of them.
    pub repeats: bool,
}

impl App {
    /// At the beginning of its script.
    pub const fn new(script: &'static [Line]) -> Self {
        Self {
            script,
            at: 0,
            conn: None,
            ended: false,
            failed: None,
            told: 0,
            written: [0; ERAS],
            read: [0; ERAS],
            position: 0,
            delivered: 0,
            repeats: false,
        }
    }

    /// The next line of its script.
    pub fn line(&self) -> Option<Line> {
        self.script.get(usize::from(self.at)).copied()
    }

    /// How many lines were done.
    pub const fn at(&self) -> u8 {
        self.at
    }

    /// The line was done.
    pub fn step(&mut self) {
        self.at += 1;
    }

    /// The connection is over: whatever the script still had to say on it is left out.
    pub fn move_on(&mut self) {
        self.conn = None;
        while self.line().is_some_and(|line| !begins(line.call)) {
            self.step();
        }
    }

    /// A new connection.
    pub fn begin(&mut self, conn: ConnId) {
        self.conn = Some(conn);
        self.ended = false;
        self.failed = None;
        self.position = 0;
        self.repeats = false;
    }

    /// The connection that it holds is of this attempt.
    pub fn begin_attempt(&mut self, era: u8) {
        self.repeats = self.delivered & 1 << era != 0;
    }

    /// It has read one octet more of an attempt.
    pub fn take(&mut self, era: u8) {
        self.position = self.position.saturating_add(1);
        if let Some(most) = self.read.get_mut(usize::from(era)) {
            *most = self.position.max(*most);
        }
    }

    /// What it read was of a connection that is open.
    pub fn deliver(&mut self, era: u8) {
        self.delivered |= u8::from(self.position > 0) << era;
    }

    /// It is told an error in an attempt.
    pub fn tell(&mut self, era: u8, cause: CloseCause) {
        self.failed = Some(cause);
        self.told |= 1 << era;
    }

    /// True if it was told an error in this attempt.
    pub const fn was_told(&self, era: u8) -> bool {
        self.told & 1 << era != 0
    }

    /// Feeds everything that decides the future into `h`. A connection's name is not among it: there is one at most.
    pub fn fingerprint(&self, h: &mut impl Hasher) {
        let Self { script: _, at, conn, ended, failed, told, written, read, position, delivered, repeats } =
            self;
        (at, conn.is_some(), ended, failed, told, written, read, position, delivered, repeats).hash(h);
    }
}

const fn begins(call: Call) -> bool {
    matches!(call, Call::Connect | Call::ConnectFast | Call::Accept | Call::Unlisten)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_one_attempt_excuses_nothing_in_another() {
        let mut app = App::new(&[]);
        app.tell(1, CloseCause::TimedOut);
        assert!(app.was_told(1) && !app.was_told(2));
    }
}
