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

/// Decimal milliseconds, as they are spelled: a double is exact for a hundred days only.
pub(super) fn span(value: &Value, key: &str) -> Option<Duration> {
    nanos(value.get(key)?.as_number()?.as_str()).map(Duration::from_nanos)
}

/// The nanoseconds of decimal milliseconds; what is finer is left out.
fn nanos(millis: &str) -> Option<u64> {
    let (whole, fraction) = millis.split_once('.').unwrap_or((millis, ""));
    let mut nanos: u64 = whole.parse().ok()?;
    let digits = fraction.bytes().chain(std::iter::repeat(b'0'));
    for digit in digits.take(6) {
        let digit = char::from(digit).to_digit(10)?;
        nanos = nanos.checked_mul(10)?.checked_add(digit.into())?;
    }
    Some(nanos)
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
    const TIMERS: [Timer; 8] = [
        Timer::Retransmit,
        Timer::SynAck,
        Timer::DelayedAck,
        Timer::Persist,
        Timer::Keepalive,
        Timer::TimeWait,
        Timer::FinWait2,
        Timer::PathMtu,
    ];
    let name = text(value, "timer_type")?;
    let timer = TIMERS.into_iter().find(|timer| timer.name() == name)?;
    let change = match text(value, "event_type")? {
        "set" if is_true(value, "restarted") => Change::Restarted(span(value, "delta")?),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_are_read_to_the_nanosecond() {
        assert_eq!(nanos("0"), Some(0));
        assert_eq!(nanos("12.5"), Some(12_500_000));
        assert_eq!(nanos("0.000001"), Some(1));
        assert_eq!(nanos("0.0000019"), Some(1));
        assert_eq!(nanos("18446744073709.551615"), Some(u64::MAX));
        for wrong in ["18446744073709.551616", "-1", "1e3", "1.2e3", "", ".", "x"] {
            assert_eq!(nanos(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times_that_no_double_holds_are_exact() {
        let line: Value = serde_json::from_str(r#"{"time":9007199254740.993001}"#).expect("it is JSON");
        assert_eq!(instant(&line, "time"), Some(Instant::from_nanos(9_007_199_254_740_993_001)));
    }
}
