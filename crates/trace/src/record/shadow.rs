//! The end that is not seen into, as it must be by what passed.

use cordial_tcp::{Phase, ReceiveEnd, SendEnd, SendStart, phase};
use cordial_wire::{Flags, SeqNum};

use crate::event::Side;
use crate::recorder::NotedSegment;

/// The two halves of the other end, followed from outside.
///
/// This is not a second TCP: it checks no numbers and has no timers. What the other end sent, it has sent; what was
/// sent to it is taken to have arrived, until it shows by repeating itself that it has not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shadow {
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

impl Shadow {
    pub(super) fn new(role: Side) -> Self {
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

    /// Its state; none if nothing shows what it is.
    pub(super) fn phase(&self) -> Option<Phase> {
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
    pub(super) fn sends(&mut self, segment: &NotedSegment) {
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
            self.own_fin = Some(segment.seq + segment.len());
        }
    }

    /// It was sent this, and is taken to have received it.
    pub(super) fn hears(&mut self, segment: &NotedSegment) {
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
            self.our_fin = Some(segment.seq + segment.len());
        }
    }
}
