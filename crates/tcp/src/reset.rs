//! The reset that a segment for nobody is answered with.

use cordial_wire::{Flags, Segment, SeqNum};

/// What CLOSED answers (RFC 9293 §3.10.7.1): a reset that the sender will find acceptable, or silence towards a reset.
pub fn reset_for(segment: &Segment<'_>) -> Option<Segment<'static>> {
    if segment.flags.contains(Flags::RST) {
        return None;
    }
    Some(match segment.ack() {
        Some(ack) => Segment { seq: ack, flags: Flags::RST, ..Segment::default() },
        None => Segment {
            seq: SeqNum(0),
            ack_number: segment.end(),
            flags: Flags::RST | Flags::ACK,
            ..Segment::default()
        },
    })
}
