//! An end that is not seen into, as it must be by what passed.

use cordial_tcp::{Phase, ReceiveEnd, SendEnd, SendStart, phase};
use cordial_wire::{Flags, SeqNum};

use crate::event::Side;
use crate::recorder::NotedSegment;

/// The two halves of an end, followed from outside.
///
/// This is not a second TCP: it checks no numbers and has no timers. What the end sent, it has sent; what was sent to it
/// is taken to have arrived, until it shows by repeating itself that it has not. "Our" below is the other end's.
#[derive(Clone, Copy, Debug)]
pub struct Shadow {
    role: Side,
    /// Its SYN, once it has sent it.
    start: Option<SendStart>,
    /// Our SYN has reached it.
    heard_syn: bool,
    send: SendEnd,
    receive: ReceiveEnd,
    /// The positions after its FIN and after ours.
    own_fin: Option<SeqNum>,
    our_fin: Option<SeqNum>,
    /// A reset passed.
    gone: bool,
}

/// What a [`Shadow`] asks of a segment that passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Passed {
    /// Control bits.
    pub flags: Flags,
    /// SEG.ACK, where the ACK bit is set.
    pub ack: Option<SeqNum>,
    /// The position after its last.
    pub end: SeqNum,
}

impl From<&NotedSegment> for Passed {
    fn from(segment: &NotedSegment) -> Self {
        Self { flags: segment.flags, ack: segment.ack, end: segment.seq + segment.len() }
    }
}

impl Shadow {
    /// An end of which nothing was seen.
    pub fn new(role: Side) -> Self {
        Self {
            role,
            start: None,
            heard_syn: false,
            send: SendEnd::Open,
            receive: ReceiveEnd::Open,
            own_fin: None,
            our_fin: None,
            gone: false,
        }
    }

    /// An end of a connection that stood before anyone looked.
    pub fn established(role: Side) -> Self {
        Self { start: Some(SendStart::Acked), heard_syn: true, ..Self::new(role) }
    }

    /// Its state; none if nothing shows what it is.
    pub fn phase(&self) -> Option<Phase> {
        if self.gone {
            return Some(Phase::Closed);
        }
        match (self.start, self.heard_syn) {
            (None, _) => (self.role == Side::Client).then_some(Phase::Closed),
            (Some(_), false) => Some(Phase::SynSent),
            (Some(SendStart::Syn), true) => Some(Phase::SynReceived),
            (Some(SendStart::Acked), true) => Some(phase(self.send, self.receive)),
        }
    }

    /// It sent this.
    pub fn sends(&mut self, segment: &Passed) {
        let flags = segment.flags;
        if flags.contains(Flags::RST) {
            self.gone = true;
            return;
        }
        if flags.contains(Flags::SYN) {
            // Also when it is said again: then whatever answered it did not arrive.
            self.start = Some(SendStart::Syn);
            self.heard_syn |= flags.contains(Flags::ACK);
        } else if segment.ack.is_some() {
            self.heard_syn = true;
        }
        if let Some(ack) = segment.ack
            && self.our_fin.is_some_and(|end| ack.at_or_after(end))
        {
            self.receive = ReceiveEnd::Fin;
        }
        if flags.contains(Flags::FIN) {
            let answers = match self.send {
                SendEnd::Open => self.receive == ReceiveEnd::Fin,
                SendEnd::Fin { answers } | SendEnd::FinAcked { answers } => answers,
            };
            self.send = SendEnd::Fin { answers };
            self.own_fin = Some(segment.end);
        }
    }

    /// It was sent this, and is taken to have received it.
    pub fn hears(&mut self, segment: &Passed) {
        let flags = segment.flags;
        if flags.contains(Flags::RST) {
            self.gone = true;
            return;
        }
        self.heard_syn |= flags.contains(Flags::SYN);
        if let Some(ack) = segment.ack {
            self.start = self.start.map(|_| SendStart::Acked);
            if let (Some(end), SendEnd::Fin { answers }) = (self.own_fin, self.send)
                && ack.at_or_after(end)
            {
                self.send = SendEnd::FinAcked { answers };
            }
        }
        if flags.contains(Flags::FIN) {
            self.receive = ReceiveEnd::Fin;
            self.our_fin = Some(segment.end);
        }
    }
}
