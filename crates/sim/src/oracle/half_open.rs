//! Half-open connections end in time: within what the retries of a SYN-ACK take.

use std::time::Duration;

use cordial_stack::{Instant, Stack, TcpConfig};
use cordial_trace::words::Phrase;
use cordial_wire::Flags;

use super::{Oracle, Violation};
use crate::packet::Packet;
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
    /// It was told before.
    is_told: bool,
}

const TOO_LONG: Phrase = Phrase::new(
    "{count} half-open connections are left {span} s after the last SYN; the retries of a SYN-ACK take {limit} s",
    "最后一个 SYN 之后 {span} 秒仍有 {count} 条半连接；SYN-ACK 的重试总共只需 {limit} 秒",
);

impl HalfOpen {
    /// A packet reaches a host.
    pub fn arrives(&mut self, now: Instant, host: HostId, packet: &Packet) {
        let is_syn = packet.sent.is_none_or(|sent| sent.segment.flags.contains(Flags::SYN));
        if is_syn {
            *self.of(host) = Watch { last_syn: now, is_told: false };
        }
    }

    /// A host's stack has done something.
    pub fn looks(&mut self, now: Instant, host: HostId, stack: &Stack<Dealt, Tap>, to: &mut Vec<Violation>) {
        let count = stack.half_open();
        if count == 0 {
            return;
        }
        let watch = self.of(host);
        let (span, limit) = (now.since(watch.last_syn), limit(stack.tcp_config()));
        if span > limit && !watch.is_told {
            watch.is_told = true;
            let violation = Violation::new(Oracle::HalfOpen, now, TOO_LONG).of(Property::HalfOpenEnds);
            let violation = violation.with("count", count).with("span", span.as_secs());
            to.push(violation.with("limit", limit.as_secs()));
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
fn limit(config: &TcpConfig) -> Duration {
    let waits = (0..=u32::from(config.syn_ack_retries)).map(|retry| {
        let wait = config.rto.initial.saturating_mul(1_u32.checked_shl(retry).unwrap_or(u32::MAX));
        wait.min(config.rto.max.max(config.rto.initial))
    });
    waits.sum::<Duration>() + Duration::from_secs(1)
}
