//! What is wrong with a rule, and where.

use std::error::Error;
use std::fmt;
use std::ops::Range;

use cordial_trace::Lang;
use cordial_trace::event::readable;
use cordial_trace::ladder::width;
use cordial_trace::words::Phrase;

/// A rule that cannot be understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleError {
    text: String,
    /// The octets of `text` that are wrong.
    at: Range<usize>,
    why: Why,
}

/// What is wrong with a number and its unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QuantityError {
    /// No span of time.
    Time,
    /// Above ten minutes.
    TooLong,
    /// No number of octets.
    Size,
    /// No percentage.
    Percent,
    /// More often than always.
    TooOften,
    /// No rate.
    Rate,
    /// Below 1kbit.
    TooNarrow,
}

/// What is wrong with a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Why {
    Empty,
    TooLong,
    /// With the verb that was probably meant.
    NoSuchVerb(Option<&'static str>),
    /// With the word that was probably meant.
    NoSuchWord(Option<&'static str>),
    /// A verb needs to know of which segments; with an example.
    OfWhich(&'static str),
    /// A verb needs a quantity; with an example.
    NoQuantity(&'static str),
    /// A word that this verb has no use for; with an example of what it takes.
    NoUse(&'static str),
    Quantity(QuantityError),
    /// Said before.
    Twice,
    /// A number of nothing.
    NumberOfWhat,
    /// Numbers begin with 1st.
    NoZeroth,
    /// Which segment is the last shows only at the end.
    LastUnknown,
    FromWhom,
    NumberAndPercent,
}

impl RuleError {
    pub(crate) fn new(text: &str, at: Range<usize>, why: Why) -> Self {
        Self { text: text.to_owned(), at, why }
    }

    /// What is wrong, in one line.
    pub fn reason(&self, lang: Lang) -> String {
        let word = readable(self.text.get(self.at.clone()).unwrap_or_default());
        let say = |phrase: Phrase, meant: &str| phrase.fill(lang, &[("word", &word), ("meant", meant)]);
        match &self.why {
            Why::Empty => say(EMPTY, ""),
            Why::TooLong => say(TOO_LONG, ""),
            Why::NoSuchVerb(Some(meant)) => say(NO_VERB_BUT, meant),
            Why::NoSuchVerb(None) => say(NO_VERB, ""),
            Why::NoSuchWord(Some(meant)) => say(NO_WORD_BUT, meant),
            Why::NoSuchWord(None) => say(NO_WORD, ""),
            Why::OfWhich(example) => say(OF_WHICH, example),
            Why::NoQuantity(example) => say(NO_QUANTITY, example),
            Why::NoUse(example) => say(NO_USE, example),
            Why::Quantity(error) => error.phrase().text(lang).to_owned(),
            Why::Twice => say(TWICE, ""),
            Why::NumberOfWhat => say(NUMBER_OF_WHAT, ""),
            Why::NoZeroth => say(NO_ZEROTH, ""),
            Why::LastUnknown => say(LAST_UNKNOWN, ""),
            Why::FromWhom => say(FROM_WHOM, ""),
            Why::NumberAndPercent => say(NUMBER_AND_PERCENT, ""),
        }
    }

    /// The column at which it goes wrong, from 0.
    pub fn column(&self) -> usize {
        width(&readable(self.text.get(..self.at.start).unwrap_or_default()))
    }

    /// What is wrong, where, and what may be written: several lines.
    pub fn explain(&self, lang: Lang) -> String {
        let mut out = self.reason(lang);
        if !matches!(self.why, Why::TooLong) {
            let marked = width(&readable(self.text.get(self.at.clone()).unwrap_or_default())).max(1);
            let (space, marks) = (" ".repeat(self.column()), "^".repeat(marked));
            out.push_str(&format!("\n    {}\n    {space}{marks}", readable(&self.text)));
        }
        out.push('\n');
        out.push_str(HELP.text(lang));
        out
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.explain(Lang::En))
    }
}

impl Error for RuleError {}

impl QuantityError {
    /// What is wrong, and what to write instead.
    pub const fn phrase(self) -> Phrase {
        match self {
            Self::Time => TIME,
            Self::TooLong => LONG,
            Self::Size => SIZE,
            Self::Percent => PERCENT,
            Self::TooOften => OFTEN,
            Self::Rate => RATE,
            Self::TooNarrow => NARROW,
        }
    }
}

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.phrase().text(Lang::En))
    }
}

impl Error for QuantityError {}

cordial_trace::phrases! { const;
    EMPTY: "a fault begins with what is to happen", "故障规则要以动作开头";
    TOO_LONG: "the rule is too long", "规则太长";
    NO_VERB: "nothing is called `{word}`", "没有叫“{word}”的动作";
    NO_VERB_BUT: "nothing is called `{word}`; did you mean `{meant}`?", "没有叫“{word}”的动作；是不是想写 {meant}？";
    NO_WORD: "`{word}` means nothing here", "这里看不懂“{word}”";
    NO_WORD_BUT: "`{word}` means nothing here; did you mean `{meant}`?", "这里看不懂“{word}”；是不是想写 {meant}？";
    OF_WHICH: "say which segments, for example `{meant}`", "要说明是哪些段，例如 {meant}";
    NO_QUANTITY: "say how much, for example `{meant}`", "要说明多少，例如 {meant}";
    NO_USE: "`{word}` does not belong here; write it like `{meant}`", "“{word}”不该写在这里；要写成 {meant} 这样";
    TWICE: "`{word}` says again what was said before", "“{word}”和前面说的重复了";
    NUMBER_OF_WHAT: "`{word}` of what? Name the segment behind it, as in `1st syn-ack`", "“{word}”什么？后面要写明是哪种段，例如 1st syn-ack";
    NO_ZEROTH: "segments are counted from 1st", "段从 1st 数起";
    LAST_UNKNOWN: "which one is the last shows only when it is too late; only `last ack` and `last fin` can be told as they pass", "哪个是最后一个，要等过后才知道；经过时就能认出来的只有 last ack 和 last fin";
    FROM_WHOM: "behind `from` stands `client` or `server`; the client is whoever sent the SYN", "from 后面要写 client 或 server；client 是发 SYN 的一方";
    NUMBER_AND_PERCENT: "either a number or a percentage: `{word}` cannot hold together with the other", "序数和百分比只能写一个：“{word}”和另一个不能同时用";
    TIME: "this is no span of time; write it as 300ms, 1.5s or 200us", "不是时间；要写成 300ms、1.5s 或 200us";
    LONG: "no packet is waited for that long; 600s at most", "没有谁会等一个包那么久；最多 600s";
    SIZE: "this is no number of octets; write it as 1400, 64KB or 1MB", "不是字节数；要写成 1400、64KB 或 1MB";
    PERCENT: "this is no percentage; write it as 5% or 0.1%", "不是百分比；要写成 5% 或 0.1%";
    OFTEN: "nothing happens more often than always; 100% at most", "不可能比每次还多；最多 100%";
    RATE: "this is no rate; write it as 10mbit, 500kbit or 1gbit", "不是速率；要写成 10mbit、500kbit 或 1gbit";
    NARROW: "too narrow to get anything through; at least 1kbit", "太窄，什么也过不去；至少 1kbit";
    HELP: "Faults: drop, delay, dup, reorder or corrupt, then which:  drop 1st syn-ack   drop last ack   delay fin 300ms   dup data 5%\n    \
        which: [1st|2nd|every|every 3rd] [syn|syn-ack|ack|data|fin|rst|last ack|last fin|segment] [from client|from server] [5%]\n    \
        and: loss 1%   blackhole >1400   rst after 1MB",
        "故障：drop、delay、dup、reorder 或 corrupt，再写哪些段：drop 1st syn-ack   drop last ack   delay fin 300ms   dup data 5%\n    \
        哪些段：[1st|2nd|every|every 3rd] [syn|syn-ack|ack|data|fin|rst|last ack|last fin|segment] [from client|from server] [5%]\n    \
        还有：loss 1%   blackhole >1400   rst after 1MB";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        for (name, phrase) in ALL {
            assert!(phrase.is_complete(), "{name}");
        }
    }
}
