//! Fields of a line.

use std::time::Duration;

use cordial_tcp::{Instant, Phase};
use cordial_trace::event::Value as Var;
use cordial_trace::event::{At, Basis, Change, End, Ends, Group, SegmentId, Side, Timer, TimerChange};
use serde_json::Value;

pub(super) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

pub(super) fn number<N: TryFrom<u64>>(value: &Value, key: &str) -> Option<N> {
    N::try_from(value.get(key)?.as_u64()?).ok()
}

pub(super) fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

pub(super) fn numbers(value: &Value, key: &str) -> Vec<u64> {
    list(value, key).filter_map(Value::as_u64).collect()
}

pub(super) fn is_true(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

/// Decimal milliseconds.
pub(super) fn span(value: &Value, key: &str) -> Option<Duration> {
    let millis = value.get(key)?.as_f64()?;
    // Whole nanoseconds are exact as far as a double goes: a hundred days.
    let nanos = (millis * 1e6).round();
    (0.0..1.8e19).contains(&nanos).then(|| Duration::from_nanos(nanos as u64))
}

pub(super) fn instant(value: &Value, key: &str) -> Option<Instant> {
    let since = span(value, key)?;
    Some(Instant::from_nanos(u64::try_from(since.as_nanos()).ok()?))
}

/// `c12`.
pub(super) fn group(text: &str) -> Option<Group> {
    text.strip_prefix('c')?.parse().ok().map(Group)
}

pub(super) fn at(text: &str) -> Option<At> {
    match text {
        "network" => Some(At::Network),
        "observer" => Some(At::Observer),
        side => self::side(side).map(At::End),
    }
}

fn side(text: &str) -> Option<Side> {
    [Side::Client, Side::Server].into_iter().find(|side| side.name() == text)
}

/// `c6` or `s5`.
pub(super) fn segment_id(text: &str) -> Option<SegmentId> {
    let (sender, count) = match text.strip_prefix('c') {
        Some(count) => (Side::Client, count),
        None => (Side::Server, text.strip_prefix('s')?),
    };
    Some(SegmentId { sender, count: count.parse().ok()? })
}

/// A state by its name; `?` is one that is not known.
pub(super) fn phase(text: &str) -> Option<Phase> {
    Phase::ALL.into_iter().find(|phase| phase.name() == text)
}

pub(super) fn ends(value: &Value) -> Option<Ends> {
    let end = |key: &str| {
        let mut words = value.get(key)?.as_array()?.iter().filter_map(Value::as_str);
        let (before, after) = (phase(words.next()?), phase(words.next()?));
        let basis = if words.next() == Some("inferred") { Basis::Inferred } else { Basis::Engine };
        Some(End { before, after, basis })
    };
    Some(Ends { client: end("client")?, server: end("server")? })
}

pub(super) fn timer(value: &Value) -> Option<TimerChange> {
    const TIMERS: [Timer; 7] = [
        Timer::Retransmit,
        Timer::SynAck,
        Timer::DelayedAck,
        Timer::Persist,
        Timer::Keepalive,
        Timer::TimeWait,
        Timer::FinWait2,
    ];
    let name = text(value, "timer_type")?;
    let timer = TIMERS.into_iter().find(|timer| timer.name() == name)?;
    let change = match text(value, "event_type")? {
        "set" => Change::Set(span(value, "delta")?),
        "expired" => Change::Expired,
        "cancelled" => Change::Cancelled,
        _ => return None,
    };
    Some(TimerChange { timer, change })
}

/// Variables that are known, in the order in which they are written.
pub(super) fn vars(data: &Value) -> Vec<(&'static str, Var)> {
    const COUNTS: [&str; 9] =
        ["snd_una", "snd_nxt", "snd_wnd", "rcv_nxt", "rcv_wnd", "cwnd", "ssthresh", "in_flight", "unread"];
    const SPANS: [&str; 3] = ["srtt", "rttvar", "rto"];
    let Some(vars) = data.get("vars") else { return Vec::new() };
    let counts = COUNTS.into_iter().filter_map(|name| Some((name, Var::Count(number(vars, name)?))));
    let spans = SPANS.into_iter().filter_map(|name| Some((name, Var::Span(span(vars, name)?))));
    counts.chain(spans).collect()
}
