//! Half-open connections end in time: within what the retries of a SYN-ACK take.

use std::time::Duration;

use cordial_stack::{Instant, Stack, TcpConfig};
use cordial_trace::words::Phrase;
use cordial_wire::{Flags, Segment};

use super::{Objection, Oracle, Violation};
use crate::tap::Tap;
use crate::{Dealt, HostId, Property};

/// Since when hosts have half-open connections.
#[derive(Debug, Default)]
pub(super) struct HalfOpen {
    hosts: Vec<Watch>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Watch {
    /// When the last SYN reached it.
    last_syn: Instant,
    /// The longest that retries take, over all that it listens with.
    limit: Duration,
    is_told: bool,
}

const TOO_LONG: Phrase = Phrase::new(
    "{count} half-open connections are left {span} s after the last SYN; {limit} s are the most",
    "最后一个 SYN 之后 {span} 秒仍有 {count} 条半连接；最多只该有 {limit} 秒",
);

impl HalfOpen {
    /// A host listens with these settings.
    pub fn listens(&mut self, host: HostId, config: &TcpConfig) {
        let watch = self.of(host);
        watch.limit = watch.limit.max(retries(config));
    }

    /// A segment reaches a host.
    pub fn arrives(&mut self, now: Instant, host: HostId, segment: &Segment<'_>) {
        if segment.flags.contains(Flags::SYN) {
            let watch = self.of(host);
            (watch.last_syn, watch.is_told) = (now, false);
        }
    }

    /// A host's stack has done something. `most` is what the run asks for, if it asks for less than retries take.
    pub fn looks(
        &mut self,
        now: Instant,
        host: HostId,
        stack: &Stack<Dealt, Tap>,
        most: Option<Duration>,
        to: &mut Vec<Violation>,
    ) {
        let count = stack.half_open();
        if count == 0 {
            return;
        }
        let watch = self.of(host);
        let (span, limit) = (now.since(watch.last_syn), most.unwrap_or(watch.limit));
        if span > limit && !watch.is_told {
            watch.is_told = true;
            let objection = Objection::new(TOO_LONG).with("count", count).with("span", span.as_secs());
            let objection = objection.with("limit", limit.as_secs());
            to.push(Violation::new(Oracle::HalfOpen, now, objection).of(Property::P12));
        }
    }

    fn of(&mut self, host: HostId) -> &mut Watch {
        let at = usize::from(host.0);
        if at >= self.hosts.len() {
            self.hosts.resize(at + 1, Watch::default());
        }
        &mut self.hosts[at]
    }
}

/// What all the retries of a SYN-ACK take, each wait twice the one before, and a second more.
fn retries(config: &TcpConfig) -> Duration {
    let waits = (0..=u32::from(config.syn_ack_retries)).map(|retry| {
        let wait = config.rto.initial.saturating_mul(1_u32.checked_shl(retry).unwrap_or(u32::MAX));
        wait.min(config.rto.max.max(config.rto.initial))
    });
    waits.sum::<Duration>() + Duration::from_secs(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_retries_of_a_syn_ack_take_63_seconds_and_one_is_added() {
        assert_eq!(retries(&TcpConfig::default()).as_secs(), 1 + 2 + 4 + 8 + 16 + 32 + 1);
    }
}
