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
    /// Octets written and octets read, by attempt.
    pub written: [u8; ERAS],
    /// Octets read, by attempt.
    pub read: [u8; ERAS],
}

impl App {
    /// At the beginning of its script.
    pub const fn new(script: &'static [Line]) -> Self {
        Self { script, at: 0, conn: None, ended: false, failed: None, written: [0; ERAS], read: [0; ERAS] }
    }

    /// The next line of its script.
    pub fn line(&self) -> Option<Line> {
        self.script.get(usize::from(self.at)).copied()
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
    }

    /// Feeds everything that decides the future into `h`. A connection's name is not among it: there is one at most.
    pub fn fingerprint(&self, h: &mut impl Hasher) {
        let Self { script: _, at, conn, ended, failed, written, read } = self;
        (at, conn.is_some(), ended, failed, written, read).hash(h);
    }
}

const fn begins(call: Call) -> bool {
    matches!(call, Call::Connect | Call::Accept | Call::Unlisten)
}
