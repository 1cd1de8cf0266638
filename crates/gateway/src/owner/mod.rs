//! Which program inside holds a connection.
//!
//! ```text
//!   addresses ──▶ Sockets: the namespace's kernel is asked ──▶ the socket's number
//!                 Holders: /proc/PID/fd of those who live there ──▶ the process
//! ```
//!
//! Both look at a moment. A program that has closed its socket or ended by then is not found, and nobody guesses.

mod holders;
mod listeners;
mod search;
mod sockets;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::Child;
use holders::Holders;

pub use listeners::Listeners;
pub(crate) use sockets::{Sockets, open as open_sockets};

/// Finds the programs behind connections of a namespace.
///
/// It reads `/proc` and asks the kernel, so it belongs on a thread that may wait. However many connections there are, it
/// keeps no more than a fifth of a core busy.
#[derive(Debug)]
pub struct Owners {
    sockets: Sockets,
    holders: Holders,
    /// Not before this moment again.
    rests_until: Instant,
}

/// A process that holds a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// What it is called: the first 15 octets of its program's name, unless it calls itself otherwise.
    pub name: String,
    /// Its id, as it is outside.
    pub pid: u32,
}

/// One end of a connection, as the program's kernel sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// The program's end.
    pub local: SocketAddr,
    /// The other.
    pub peer: SocketAddr,
    /// The program was called: while it has not accepted, whoever listens counts.
    pub was_called: bool,
}

/// After a search this many times as long as it took.
const REST: u32 = 4;

impl Owners {
    /// For the namespace of this child; none if its kernel cannot be asked.
    pub fn of(child: &Child) -> Option<Self> {
        let sockets = child.sockets()?;
        let holders = Holders::new(child.namespace()?);
        Some(Self { sockets, holders, rests_until: Instant::now() })
    }

    /// When there is time for the next search: at once, or later when the last one took long.
    pub fn rests(&self) -> Duration {
        self.rests_until.saturating_duration_since(Instant::now())
    }

    /// Who holds these, in their order; none where nobody was found.
    pub fn find(&mut self, wanted: &[Ends]) -> Vec<Option<Owner>> {
        let begun = Instant::now();
        let numbers: Vec<Option<u64>> = wanted.iter().map(|ends| self.sockets.number(ends)).collect();
        let distinct: BTreeSet<u64> = numbers.iter().flatten().copied().collect();
        let found: BTreeMap<u64, Owner> = self.holders.find(distinct);
        self.rests_until = Instant::now() + begun.elapsed() * REST;
        numbers.into_iter().map(|number| found.get(&number?).cloned()).collect()
    }
}
