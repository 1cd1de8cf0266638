//! The reset that a segment for nobody is answered with.

use cordial_wire::{Flags, Options, Segment, SeqNum, Timestamps};

/// What CLOSED answers (RFC 9293 §3.10.7.1): a reset that the sender will find acceptable, or silence towards a reset.
pub fn reset_for(segment: &Segment<'_>) -> Option<Segment<'static>> {
    if segment.flags.contains(Flags::RST) {
        return None;
    }
    // Its timestamp comes back, so that the sender can tell what was answered (RFC 7323 §5.2). Of ours nothing is known.
    let timestamps = segment.options.timestamps.map(|theirs| Timestamps { value: 0, echo: theirs.value });
    let options = Options { timestamps, ..Options::default() };
    Some(match segment.ack() {
        Some(ack) => Segment { seq: ack, flags: Flags::RST, options, ..Segment::default() },
        None => Segment {
            seq: SeqNum(0),
            ack_number: segment.end(),
            flags: Flags::RST | Flags::ACK,
            options,
            ..Segment::default()
        },
    })
}
