//! A SYN on a connection that stands: the beginning of another one, or a stray?
//!
//! ```text
//! SYN, SYN-ACK that answers it              another connection: the ports were used again
//! SYN, RST that answers it                  another one, and refused
//! SYN, ACK with the old numbers, RST        another one: one end had forgotten the old one (RFC 9293 §3.5.1)
//! SYN, SYN, SYN                             another one that nobody answers
//! SYN, ACK with the old numbers, old talk   a stray: the connection goes on (RFC 5961 §4)
//! ```
//!
//! Until it shows, the packets wait.

use cordial_wire::{Flags, SeqNum};

use super::packet::Tcp;

/// Packets that wait at most.
const WAITING: usize = 8;
/// SYNs after which nobody is expected to answer with old numbers.
const SYNS: usize = 3;

/// A SYN that may begin another connection, and what came after it.
#[derive(Clone, Debug)]
pub(super) struct Doubt {
    /// First the SYN.
    held: Vec<Tcp>,
    iss: SeqNum,
}

/// What the SYN turned out to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// Nothing yet.
    Open,
    /// The beginning of another connection.
    Another,
    /// A stray on the connection that was.
    Stray,
}

impl Doubt {
    pub(super) fn new(syn: &Tcp) -> Self {
        Self { held: vec![*syn], iss: syn.seq }
    }

    /// Takes the next packet between the two.
    pub(super) fn take(&mut self, packet: &Tcp) -> Verdict {
        let verdict = self.judge(packet);
        self.held.push(*packet);
        match verdict {
            Verdict::Open if self.held.len() >= WAITING => Verdict::Stray,
            verdict => verdict,
        }
    }

    fn judge(&self, packet: &Tcp) -> Verdict {
        let Some(syn) = self.held.first() else { return Verdict::Stray };
        if packet.source != syn.source {
            // The answer.
            let answers = packet.ack == Some(self.iss + syn.len());
            return if answers && (packet.has(Flags::SYN) || packet.has(Flags::RST)) {
                Verdict::Another
            } else {
                Verdict::Open
            };
        }
        if packet.is_call() {
            let syns = self.held.iter().filter(|held| held.is_call()).count() + 1;
            return if syns >= SYNS { Verdict::Another } else { Verdict::Open };
        }
        let resets_answer =
            |held: &Tcp| held.source != syn.source && held.ack.is_some() && held.ack == Some(packet.seq);
        if packet.has(Flags::RST) {
            let is_it = self.held.iter().any(resets_answer);
            return if is_it { Verdict::Another } else { Verdict::Stray };
        }
        Verdict::Stray
    }

    /// What it is taken for when nothing more comes: a call that nobody has answered is a call.
    pub(super) fn at_the_end(&self) -> Verdict {
        let is_answered = self.held.iter().any(|packet| !packet.is_call());
        if is_answered { Verdict::Stray } else { Verdict::Another }
    }

    /// The packets, in order.
    pub(super) fn into_packets(self) -> Vec<Tcp> {
        self.held
    }
}
