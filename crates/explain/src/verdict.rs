//! A verdict: what is said, how bad it is, how sure we are, and what shows it.

use std::time::Duration;

use cordial_trace::event::{Side, VerdictNote};
use cordial_trace::words::Phrase;
use cordial_trace::{Lang, measure};

use crate::case::{Case, Seen};

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// As it should be.
    Ok,
    /// Unusual, and fine.
    Info,
    /// Something went wrong and was made good.
    Note,
    /// Someone should look at it.
    Warn,
    /// It failed.
    Fail,
}

impl Level {
    /// As the record spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Info => "info",
            Self::Note => "note",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }

    /// The word over a ladder.
    pub const fn word(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Ok, Lang::En) => "OK",
            (Self::Info, Lang::En) => "INFO",
            (Self::Note, Lang::En) => "NOTE",
            (Self::Warn, Lang::En) => "WARN",
            (Self::Fail, Lang::En) => "FAIL",
            (Self::Ok, Lang::Zh) => "正常",
            (Self::Info, Lang::Zh) => "说明",
            (Self::Note, Lang::Zh) => "提示",
            (Self::Warn, Lang::Zh) => "注意",
            (Self::Fail, Lang::Zh) => "失败",
        }
    }
}

/// How sure we are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Certainty {
    /// It cannot be otherwise.
    Certain,
    /// Something else could look the same, rarely.
    Likely,
    /// One of several things that look the same.
    Possible,
}

impl Certainty {
    /// As the record spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Possible => "possible",
        }
    }

    /// The word in a sentence; none where there is no doubt.
    pub const fn word(self, lang: Lang) -> Option<&'static str> {
        match (self, lang) {
            (Self::Certain, _) => None,
            (Self::Likely, Lang::En) => Some("likely"),
            (Self::Possible, Lang::En) => Some("possibly"),
            (Self::Likely, Lang::Zh) => Some("很可能"),
            (Self::Possible, Lang::Zh) => Some("可能"),
        }
    }
}

/// One row of a family's table.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) id: &'static str,
    pub(crate) slug: &'static str,
    /// What it is called in Chinese.
    pub(crate) name: &'static str,
    pub(crate) level: Level,
    pub(crate) text: Phrase,
    pub(crate) advice: Phrase,
    /// Verdicts whose symptoms it explains.
    pub(crate) absorbs: &'static [&'static str],
    pub(crate) rule: &'static str,
    /// The evidence for it, if there is.
    pub(crate) raise: fn(&Case) -> Option<Finding>,
}

/// Evidence for a verdict.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Finding {
    certainty: Certainty,
    params: Vec<(&'static str, Param)>,
    evidence: Vec<Seen>,
    cost: Duration,
    level: Option<Level>,
    text: Option<Phrase>,
}

/// What goes into a place of a text.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Param {
    Text(String),
    Words(Phrase),
    Octets(u64),
}

impl From<String> for Param {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Phrase> for Param {
    fn from(words: Phrase) -> Self {
        Self::Words(words)
    }
}

impl From<Duration> for Param {
    fn from(span: Duration) -> Self {
        Self::Text(measure::took(span))
    }
}

impl From<Side> for Param {
    fn from(side: Side) -> Self {
        Self::Words(match side {
            Side::Client => Phrase::new("the client", "客户端"),
            Side::Server => Phrase::new("the server", "服务器"),
        })
    }
}

impl Finding {
    pub(crate) fn new(certainty: Certainty) -> Self {
        Self {
            certainty,
            params: Vec::new(),
            evidence: Vec::new(),
            cost: Duration::ZERO,
            level: None,
            text: None,
        }
    }

    /// Fills a place of the text.
    pub(crate) fn with(mut self, name: &'static str, param: impl Into<Param>) -> Self {
        self.params.push((name, param.into()));
        self
    }

    /// Names segments that show it.
    pub(crate) fn shown_by<'a>(mut self, seen: impl IntoIterator<Item = &'a Seen>) -> Self {
        self.evidence.extend(seen.into_iter().take(8).copied());
        self
    }

    /// Leaves no doubt.
    pub(crate) fn sure(self) -> Self {
        Self { certainty: Certainty::Certain, ..self }
    }

    /// Says how much time it took.
    pub(crate) fn costing(mut self, cost: Duration) -> Self {
        self.cost = cost;
        self
    }

    /// Says that it is less bad, or worse, than the table says.
    pub(crate) fn at(mut self, level: Level) -> Self {
        self.level = Some(level);
        self
    }

    /// Says it otherwise than the table.
    pub(crate) fn saying(mut self, text: Phrase) -> Self {
        self.text = Some(text);
        self
    }
}

/// A verdict about one connection.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub(crate) entry: &'static Entry,
    finding: Finding,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.id, self.slug)
    }
}

impl Verdict {
    pub(crate) fn new(entry: &'static Entry, finding: Finding) -> Self {
        Self { entry, finding }
    }

    /// `C07`.
    pub fn id(&self) -> &'static str {
        self.entry.id
    }

    /// `last-ack-lost`.
    pub fn slug(&self) -> &'static str {
        self.entry.slug
    }

    /// What it is called: the slug in English, a few words in Chinese.
    pub fn name(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.entry.slug,
            Lang::Zh => self.entry.name,
        }
    }

    /// True if it is about how the capture was made. What holds for one connection then mostly holds for all.
    pub fn is_about_capture(&self) -> bool {
        ["X03", "X04", "X05", "X06", "X07", "X08"].contains(&self.entry.id)
    }

    /// How bad it is.
    pub fn level(&self) -> Level {
        self.finding.level.unwrap_or(self.entry.level)
    }

    /// How sure we are.
    pub fn certainty(&self) -> Certainty {
        self.finding.certainty
    }

    /// Time lost.
    pub fn cost(&self) -> Duration {
        self.finding.cost
    }

    /// Ids of the events that show it.
    pub fn cause(&self) -> Vec<u64> {
        self.finding.evidence.iter().map(|seen| seen.event).collect()
    }

    /// What it says.
    pub fn text(&self, lang: Lang) -> String {
        self.fill(self.finding.text.as_ref().unwrap_or(&self.entry.text), lang)
    }

    /// What to do about it; empty if nothing.
    pub fn advice(&self, lang: Lang) -> String {
        self.fill(&self.entry.advice, lang)
    }

    /// The segments that show it, as ladders number them.
    pub fn segments(&self) -> String {
        let numbers: Vec<String> =
            self.finding.evidence.iter().map(|seen| format!("#{}", seen.number)).collect();
        numbers.join(" ")
    }

    /// It as an event carries it.
    pub fn note(&self) -> VerdictNote {
        VerdictNote {
            verdict: self.entry.id,
            level: self.level().name(),
            certainty: self.finding.certainty.name(),
            absorbs: self.entry.absorbs.to_vec(),
            params: self.params(Lang::En),
            evidence: self.finding.evidence.iter().map(|seen| seen.id).collect(),
            cost: self.finding.cost,
            rule: self.entry.rule,
        }
    }

    fn params(&self, lang: Lang) -> Vec<(&'static str, String)> {
        let value = |param: &Param| match param {
            Param::Text(text) => text.clone(),
            Param::Words(words) => words.text(lang).to_owned(),
            Param::Octets(octets) => measure::octets(*octets),
        };
        self.finding.params.iter().map(|(name, param)| (*name, value(param))).collect()
    }

    fn fill(&self, phrase: &Phrase, lang: Lang) -> String {
        let params = self.params(lang);
        let fills: Vec<(&str, &str)> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
        capitalized(phrase.fill(lang, &fills))
    }
}

/// Sentences begin with a capital, whatever was filled in there.
fn capitalized(text: String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut begins = true;
    for c in text.chars() {
        out.push(if begins { c.to_ascii_uppercase() } else { c });
        begins = begins && c == ' ' || out.ends_with(". ");
    }
    out
}

/// No advice.
pub(crate) const NOTHING: Phrase = Phrase::new("", "");
