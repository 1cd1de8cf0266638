//! What came instead, in words.

use std::time::Duration;

use cordial_tcp::Phase;
use cordial_trace::event::Fate;
use cordial_trace::words::Phrase;
use cordial_trace::{Lang, measure};

use super::history::Passage;
use crate::scenario::SegmentName;

/// What came instead.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Came {
    /// There was no such connection.
    NoConnection(u32),
    /// There was no such end, as far as anybody was told.
    Nothing,
    /// The end had these states.
    States(Vec<(Duration, Phase)>),
    /// These verdicts were given.
    Verdicts(String),
    /// So many were counted.
    Count(u64),
    /// It was this; none: nothing is known of it.
    Number(Option<u64>),
    /// It happened then.
    Moments(Vec<Duration>),
    /// No such segment was sent.
    NeverSent(SegmentName),
    /// The segment was this.
    Segment(String),
    /// They came in this order.
    Order(Vec<SegmentName>),
    /// There was no such call.
    NoCall,
    /// It returned this.
    Returned(String, Duration),
    /// It did not return.
    Waits,
    /// The timer was set to these.
    Timers(Vec<(Duration, Duration)>),
}

impl Came {
    pub(super) fn text(&self, lang: Lang) -> String {
        match self {
            Self::NoConnection(n) => NO_CONNECTION.fill(lang, &[("n", &n.to_string())]),
            Self::Nothing => NOTHING.text(lang).to_owned(),
            Self::States(states) => {
                let list: Vec<String> =
                    states.iter().map(|(at, state)| format!("{} {}", state.name(), moment(*at))).collect();
                STATES.fill(lang, &[("list", &list.join(", "))])
            }
            Self::Verdicts(ids) if ids.is_empty() => NO_VERDICT.text(lang).to_owned(),
            Self::Verdicts(ids) => VERDICTS.fill(lang, &[("list", ids)]),
            Self::Count(n) => COUNT.fill(lang, &[("n", &n.to_string())]),
            Self::Number(Some(n)) => NUMBER.fill(lang, &[("n", &n.to_string())]),
            Self::Number(None) => UNKNOWN.text(lang).to_owned(),
            Self::Moments(moments) if moments.is_empty() => NEVER.text(lang).to_owned(),
            Self::Moments(moments) => {
                let list: Vec<String> = moments.iter().map(|at| moment(*at)).collect();
                MOMENTS.fill(lang, &[("list", &list.join(" "))])
            }
            Self::NeverSent(name) => NEVER_SENT.fill(lang, &[("name", &name.to_string())]),
            Self::Segment(text) => SEGMENT.fill(lang, &[("text", text)]),
            Self::Order(names) => {
                let list: Vec<String> = names.iter().map(ToString::to_string).collect();
                ORDER.fill(lang, &[("list", &list.join(" "))])
            }
            Self::NoCall => NO_CALL.text(lang).to_owned(),
            Self::Returned(what, at) => RETURNED.fill(lang, &[("what", what), ("at", &moment(*at))]),
            Self::Waits => WAITS.text(lang).to_owned(),
            Self::Timers(timers) if timers.is_empty() => NEVER.text(lang).to_owned(),
            Self::Timers(timers) => {
                let list: Vec<String> =
                    timers.iter().map(|(at, span)| format!("{} {}", span_of(*span), moment(*at))).collect();
                TIMERS.fill(lang, &[("list", &list.join(", "))])
            }
        }
    }
}

/// A moment as scenarios write it: `@1310ms`.
pub(crate) fn moment(at: Duration) -> String {
    format!("@{}", span_of(at))
}

fn span_of(span: Duration) -> String {
    let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
    format!("{}ms", measure::milliseconds(nanos).trim_end_matches(".0"))
}

/// A segment and what became of it, as claims about it are written.
pub(super) fn passage(passage: &Passage) -> String {
    let segment = &passage.segment;
    let mut text = format!("{} {} seq={}", segment.id, segment.flags, segment.rel.0);
    if let Some(ack) = segment.rel.1 {
        text.push_str(&format!(" ack={ack}"));
    }
    text.push_str(&format!(" len={} win={} {}", segment.payload_len, segment.window, moment(passage.sent)));
    if let Some(original) = segment.copy_of {
        text.push_str(&format!(" repeats {original}"));
    }
    for (at, fate) in &passage.arrivals {
        text.push_str(&format!(" arrives {}", moment(*at)));
        if let Fate::Dropped(why) = fate {
            text.push_str(&format!(" refused {why}"));
        }
    }
    if passage.arrivals.is_empty() {
        text.push_str(if passage.lost { " lost" } else { " under way" });
    }
    text
}

const NO_CONNECTION: Phrase = Phrase::new("there is no connection {n}", "没有第 {n} 条连接");
const NOTHING: Phrase = Phrase::new("nothing is known of this end", "这一端没有任何记录");
const STATES: Phrase = Phrase::new("it was {list}", "实际是 {list}");
const NO_VERDICT: Phrase = Phrase::new("there was no verdict", "没有任何结论");
const VERDICTS: Phrase = Phrase::new("the verdict was {list}", "结论是 {list}");
const COUNT: Phrase = Phrase::new("there were {n}", "实际有 {n} 个");
const NUMBER: Phrase = Phrase::new("it was {n}", "实际是 {n}");
const UNKNOWN: Phrase = Phrase::new("it was not known then", "当时还没有值");
const NEVER: Phrase = Phrase::new("it never happened", "从未发生");
const MOMENTS: Phrase = Phrase::new("it happened {list}", "实际发生在 {list}");
const NEVER_SENT: Phrase = Phrase::new("{name} was never sent", "{name} 从未发出");
const SEGMENT: Phrase = Phrase::new("it was {text}", "实际是 {text}");
const ORDER: Phrase = Phrase::new("the order was {list}", "实际顺序是 {list}");
const NO_CALL: Phrase = Phrase::new("there was no such call", "没有这次调用");
const RETURNED: Phrase = Phrase::new("it returned: {what} {at}", "实际返回：{what} {at}");
const WAITS: Phrase = Phrase::new("it did not return", "一直没有返回");
const TIMERS: Phrase = Phrase::new("it was set to {list}", "实际设为 {list}");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        for phrase in [
            NO_CONNECTION,
            NOTHING,
            STATES,
            NO_VERDICT,
            VERDICTS,
            COUNT,
            NUMBER,
            UNKNOWN,
            NEVER,
            MOMENTS,
            NEVER_SENT,
            SEGMENT,
            ORDER,
            NO_CALL,
            RETURNED,
            WAITS,
            TIMERS,
        ] {
            assert!(phrase.is_complete(), "{phrase:?}");
        }
    }

    #[test]
    fn moments_are_written_as_they_are_read() {
        assert_eq!(moment(Duration::from_millis(1_310)), "@1310ms");
        assert_eq!(moment(Duration::from_micros(1_064)), "@1.064ms");
    }
}
