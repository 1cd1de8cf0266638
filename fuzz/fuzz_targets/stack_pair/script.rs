//! What happens, read from octets.
//!
//! A setting of two octets, then steps of two octets each: what, and how or to whom.

use std::time::Duration;

use cordial_sim::{CLIENT, Fate, HostId, SERVER};
use cordial_stack::Half;

/// How the two hosts and the wire are set up.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// What each end offers, what it has room for, how long the way is: a bit each.
    bits: u16,
}

impl Setting {
    /// Addresses are IPv6.
    pub fn six(self) -> bool {
        self.has(0)
    }

    /// This end offers timestamps, SACK, window scaling.
    pub fn offers(self, host: HostId) -> [bool; 3] {
        let first = if host == CLIENT { 1 } else { 4 };
        [!self.has(first), !self.has(first + 1), !self.has(first + 2)]
    }

    /// Buffers of two segments, and a SYN queue of two entries.
    pub fn is_small(self, host: HostId) -> bool {
        self.has(if host == CLIENT { 7 } else { 8 })
    }

    /// One way, milliseconds.
    pub fn delay(self) -> Duration {
        Duration::from_millis([10, 0, 1, 200][usize::from(self.bits >> 9 & 3)])
    }

    fn has(self, bit: u32) -> bool {
        self.bits >> bit & 1 != 0
    }
}

/// One thing that happens.
#[derive(Debug)]
pub enum Step {
    /// Time passes.
    Wait(Duration),
    /// A host takes connections, or no more.
    Listen(HostId),
    Unlisten(HostId),
    /// A host calls the other: its port 80, or the port from which that calls.
    Connect(HostId, u16, u16),
    Accept(HostId),
    Write(u8, u64),
    Read(u8, u64),
    Shutdown(u8, Half),
    Close(u8),
    Abort(u8),
    Nodelay(u8),
    Keepalive(u8),
    /// What befalls the next segment that nothing was decided for yet.
    Fate(Fate),
}

/// An input, read step by step.
pub struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    /// A script that starts at the first octet.
    pub fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    /// The first two octets.
    pub fn setting(&mut self) -> Setting {
        Setting { bits: u16::from_le_bytes([self.octet(), self.octet()]) }
    }

    /// The next step, until the octets are used up.
    pub fn step(&mut self) -> Option<Step> {
        if self.0.is_empty() {
            return None;
        }
        let (what, how) = (self.octet(), self.octet());
        let host = if how & 1 == 0 { CLIENT } else { SERVER };
        Some(match what % 18 {
            0 | 1 => Step::Wait(pause(how)),
            2 => Step::Listen(host),
            3 => Step::Unlisten(host),
            4 => Step::Connect(host, 5_000 + u16::from(how >> 1 & 1), 80),
            5 => Step::Connect(host, 7_000, 7_000),
            6 => Step::Accept(host),
            7 | 8 => Step::Write(how, amount(how)),
            9 => Step::Read(how, amount(how)),
            10 => Step::Shutdown(how, [Half::Write, Half::Read, Half::Both][usize::from(how >> 4) % 3]),
            11 => Step::Close(how),
            12 => Step::Abort(how),
            13 if how & 128 == 0 => Step::Nodelay(how),
            13 => Step::Keepalive(how),
            14 => Step::Fate(Fate::Drop),
            15 => Step::Fate(Fate::Delay(pause(how))),
            16 => Step::Fate(Fate::Duplicate(pause(how))),
            _ if how & 1 == 0 => Step::Fate(Fate::Swap),
            _ => Step::Fate(Fate::Pass),
        })
    }

    /// The next octet; zero behind the last.
    fn octet(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }
}

fn pause(how: u8) -> Duration {
    Duration::from_millis([0, 1, 10, 40, 200, 1_000, 3_000, 30_000][usize::from(how % 8)])
}

fn amount(how: u8) -> u64 {
    [1, 2, 100, 1_460, 1_461, 5_000, 20_000, 70_000][usize::from(how >> 4 & 7)]
}
