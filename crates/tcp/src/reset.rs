//! Resets: of a connection that ends, and for a segment that is for nobody.

use cordial_wire::{Flags, Options, Segment, SeqNum, Timestamps};

/// A reset in few octets. Hardly a segment draws one, and what is handed on for nothing had better be small.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reset {
    pub(crate) seq: SeqNum,
    /// What it acknowledges, if anything.
    pub(crate) ack: Option<SeqNum>,
    pub(crate) timestamps: Option<Timestamps>,
}

impl Reset {
    /// What CLOSED answers (RFC 9293 §3.10.7.1).
    pub(crate) fn answering(segment: &Segment<'_>) -> Option<Self> {
        if segment.flags.contains(Flags::RST) {
            return None;
        }
        // Its timestamp comes back, so that the sender can tell what was answered (RFC 7323 §5.2). Of ours nothing is known.
        let timestamps = segment.options.timestamps.map(|theirs| Timestamps { value: 0, echo: theirs.value });
        Some(match segment.ack() {
            Some(ack) => Self { seq: ack, ack: None, timestamps },
            None => Self { seq: SeqNum(0), ack: Some(segment.end()), timestamps },
        })
    }
}

impl From<Reset> for Segment<'static> {
    fn from(reset: Reset) -> Self {
        let options = Options { timestamps: reset.timestamps, ..Options::default() };
        match reset.ack {
            None => Self { seq: reset.seq, flags: Flags::RST, options, ..Self::default() },
            Some(ack_number) => Self {
                seq: reset.seq,
                ack_number,
                flags: Flags::RST | Flags::ACK,
                options,
                ..Self::default()
            },
        }
    }
}

/// What CLOSED answers (RFC 9293 §3.10.7.1): a reset that the sender will find acceptable, or silence towards a reset.
pub fn reset_for(segment: &Segment<'_>) -> Option<Segment<'static>> {
    Reset::answering(segment).map(Segment::from)
}
