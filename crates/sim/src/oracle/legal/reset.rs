//! Resets: on a connection that is there, or in answer to what belongs to none.

use cordial_wire::{Flags, Segment};

use super::heard::{Glimpse, Heard};
use super::said::Said;
use super::{Wrong, words};

/// RFC 9293 §3.5.2: who resets its own connection stands in its own sequence space; who answers a segment takes the
/// number that it acknowledged, or 0 and acknowledges it.
pub(super) fn check(segment: &Segment<'_>, said: &[Said], heard: &Heard) -> Result<(), Wrong> {
    if segment.flags.contains(Flags::SYN) || segment.flags.contains(Flags::FIN) || !segment.payload.is_empty()
    {
        return Err((words::RESET_WITH, Vec::new()));
    }
    let answers = |glimpse: &Glimpse| match glimpse.ack {
        Some(ack) => segment.ack().is_none() && segment.seq == ack,
        None => segment.seq.0 == 0 && segment.ack() == Some(glimpse.end),
    };
    let is_own = |said: &Said| {
        let acknowledges = segment.ack().is_none_or(|ack| heard.acknowledged_by(ack).is_some());
        said.may_own(segment.seq) && acknowledges
    };
    match said.iter().any(is_own) || heard.recent().any(answers) {
        true => Ok(()),
        false => Err((words::RESET_FORM, Vec::new())),
    }
}
