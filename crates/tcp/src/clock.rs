//! The clock that timestamps show to the peer.

use crate::Instant;

/// TSval at `now`: milliseconds, from an offset of the 4-tuple's own, so that one connection's value tells nothing
/// of another's and an incarnation's values follow those of the one before (RFC 7323 §5.4, RFC 6191 §3).
pub(crate) fn timestamp(now: Instant, offset: u32) -> u32 {
    // Cut to the circle of 2³² on purpose.
    (now.as_millis() as u32).wrapping_add(offset)
}

/// True if timestamp `a` is older than `b` on their circle (RFC 7323 §5.2).
pub(crate) fn older(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) < 0
}
