//! What one fact changed: timers and variables.

use std::time::Duration;

use cordial_tcp::{Deadline, Instant, Timers, Vars};

use crate::event::{Change, Timer, TimerChange, Value};

/// What became of each timer. `fired` if a timer coming due is what happened.
pub(super) fn timers(now: Instant, before: &Vars, after: &Vars, fired: bool) -> Vec<TimerChange> {
    if before.timers == after.timers && !fired {
        return Vec::new();
    }
    // By name, so that a new timer fails to compile here.
    let Timers { retransmit, persist, delayed_ack, keepalive, fin_wait_2, path_mtu, syn_ack, time_wait } =
        before.timers;
    let pairs = [
        (Timer::Retransmit, retransmit, after.timers.retransmit),
        (Timer::SynAck, syn_ack, after.timers.syn_ack),
        (Timer::DelayedAck, delayed_ack, after.timers.delayed_ack),
        (Timer::Persist, persist, after.timers.persist),
        (Timer::Keepalive, keepalive, after.timers.keepalive),
        (Timer::TimeWait, time_wait, after.timers.time_wait),
        (Timer::FinWait2, fin_wait_2, after.timers.fin_wait_2),
        (Timer::PathMtu, path_mtu, after.timers.path_mtu),
    ];
    let mut changes = Vec::new();
    for (timer, before, after) in pairs {
        let expired = fired && before.is_due(now);
        if expired {
            changes.push(TimerChange { timer, change: Change::Expired });
        }
        let change = match (before.is_set() && !expired, after.is_set()) {
            (false, true) => Change::Set(span(now, after)),
            (true, true) if before != after => Change::Restarted(span(now, after)),
            (true, false) => Change::Cancelled,
            _ => continue,
        };
        changes.push(TimerChange { timer, change });
    }
    changes
}

/// How long until `deadline`, as it was meant.
///
/// A deadline is rounded up to a tick of 64 µs. If a whole millisecond lies within that tick, it was that.
fn span(now: Instant, deadline: Deadline) -> Duration {
    const TICK: u64 = 64_000;
    const MILLISECOND: u64 = 1_000_000;
    let Some(due) = deadline.instant(now) else { return Duration::ZERO };
    let span = due.as_nanos().saturating_sub(now.as_nanos());
    let whole = span / MILLISECOND * MILLISECOND;
    Duration::from_nanos(if span - whole <= TICK { whole } else { span })
}

/// Every variable that is not what it was.
pub(super) fn vars(before: &Vars, after: &Vars) -> Vec<(&'static str, Value)> {
    let counts = [
        ("snd_una", before.snd_una.0, after.snd_una.0),
        ("snd_nxt", before.snd_nxt.0, after.snd_nxt.0),
        ("snd_wnd", before.snd_wnd, after.snd_wnd),
        ("rcv_nxt", before.rcv_nxt.0, after.rcv_nxt.0),
        ("rcv_wnd", before.rcv_wnd, after.rcv_wnd),
        ("cwnd", before.cwnd, after.cwnd),
        ("ssthresh", before.ssthresh, after.ssthresh),
        ("in_flight", before.in_flight, after.in_flight),
        ("unread", before.unread, after.unread),
    ];
    let spans = [
        ("srtt", before.srtt, after.srtt),
        ("rttvar", before.rttvar, after.rttvar),
        ("rto", Some(before.rto), Some(after.rto)),
    ];
    let counts = counts.into_iter().filter(|(_, before, after)| before != after);
    let spans = spans.into_iter().filter(|(_, before, after)| before != after);
    counts
        .map(|(name, _, after)| (name, Value::Count(u64::from(after))))
        .chain(spans.map(|(name, _, after)| (name, Value::Span(after.unwrap_or_default()))))
        .collect()
}
