//! Half-open connections end in time: each within what the retries of its SYN-ACK take.

use std::net::SocketAddr;
use std::time::Duration;

use cordial_stack::{Instant, Stack, TcpConfig};
use cordial_trace::words::Phrase;
use cordial_wire::{Flags, SeqNum};

use super::legal::Sight;
use super::{Objection, Oracle, Violation};
use crate::tap::Tap;
use crate::{Dealt, HostId, Property};

/// Since when hosts have half-open connections.
#[derive(Debug, Default)]
pub(super) struct HalfOpen {
    hosts: Vec<Watch>,
}

#[derive(Clone, Debug, Default)]
struct Watch {
    /// SYN-ACKs that a host sent, and when each left for the first time: no entry of its table is older than its own.
    answers: Vec<Answer>,
    /// The longest that retries take, over all that it listens with.
    limit: Duration,
    is_told: bool,
}

#[derive(Clone, Copy, Debug)]
struct Answer {
    own: SocketAddr,
    peer: SocketAddr,
    iss: SeqNum,
    left: Instant,
}

const TOO_LONG: Phrase = Phrase::new(
    "there are {count} half-open connections, but only {young} SYNs were answered in the last {limit} s, which is as long as one may last",
    "有 {count} 条半连接，但最近 {limit} 秒内只应答过 {young} 个 SYN，而一条半连接最多只能留这么久",
);

impl HalfOpen {
    /// A host listens with these settings.
    pub fn listens(&mut self, host: HostId, config: &TcpConfig) {
        let watch = self.of(host);
        watch.limit = watch.limit.max(retries(config));
    }

    /// A segment leaves a host.
    pub fn leaves(&mut self, now: Instant, host: HostId, sight: &Sight<'_>) {
        if !sight.segment.flags.contains(Flags::SYN) || !sight.segment.flags.contains(Flags::ACK) {
            return;
        }
        let answer = Answer { own: sight.from, peer: sight.to, iss: sight.segment.seq, left: now };
        let watch = self.of(host);
        watch.is_told = false;
        let is_same =
            |known: &Answer| (known.own, known.peer, known.iss) == (answer.own, answer.peer, answer.iss);
        if !watch.answers.iter().any(is_same) {
            watch.answers.push(answer);
        }
    }

    /// A host has lost its power.
    pub fn crashed(&mut self, host: HostId) {
        self.of(host).answers.clear();
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
        let limit = most.unwrap_or(watch.limit);
        // A reply may wait for the end of this moment to leave: then the entry is new, and so is the answer to come.
        let young = watch.answers.iter().filter(|answer| now.since(answer.left) <= limit).count();
        if count > young && !watch.is_told {
            watch.is_told = true;
            let objection = Objection::new(TOO_LONG).with("count", count).with("young", young);
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
