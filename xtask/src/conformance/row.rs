//! A row of the ledger: a requirement, and what we say of it.

use std::fmt;

use serde::Deserialize;

/// What was delivered: the requirement itself.
#[derive(Clone, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    pub id: String,
    pub rfc: u32,
    pub section: String,
    pub level: Level,
    pub applies_to: String,
    pub kind: String,
    pub area: String,
    pub requirement: String,
    pub test: String,
    pub test_name: String,
    pub applies: Applies,
    pub source: String,
    #[serde(default)]
    pub alias_of: Vec<String>,
    pub note: Option<String>,
}

/// All of it, as who has to show it wants to read it.
impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {} (RFC {} §{}, {})", self.id, self.level, self.rfc, self.section, self.area)?;
        writeln!(f, "  {}", self.requirement)?;
        writeln!(f, "  for: {}, {}; from {}", self.applies_to, self.kind, self.source)?;
        writeln!(f, "  {}: {}", self.test_name, self.test)?;
        self.note.iter().try_for_each(|note| writeln!(f, "  note: {note}"))
    }
}

/// What we say of it.
#[derive(Clone, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    pub status: Status,
    #[serde(default)]
    pub shown_by: Vec<String>,
    /// Changes of the code that break the rule. Each is made alone, and each has to be noticed.
    #[serde(default)]
    pub breaks: Vec<Break>,
    pub reason: Option<String>,
    #[serde(default)]
    pub deployed: Vec<String>,
    /// Delivered fields that were changed, with the value that was delivered.
    #[serde(default)]
    pub was: toml::Table,
    pub changed_because: Option<String>,
}

/// A requirement, what we say of it, and where it stands.
#[derive(Clone, Debug)]
pub struct Row {
    /// The line in the ledger, counted from one.
    pub line: usize,
    /// As it reads now.
    pub requirement: Requirement,
    /// As it was delivered: what is counted.
    pub delivered: Requirement,
    pub answer: Answer,
}

/// How strongly it is required.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Debug)]
pub enum Level {
    #[serde(rename = "MUST")]
    Must,
    #[serde(rename = "MUST NOT")]
    MustNot,
    #[serde(rename = "SHOULD")]
    Should,
    #[serde(rename = "SHOULD NOT")]
    ShouldNot,
    #[serde(rename = "RECOMMENDED")]
    Recommended,
    #[serde(rename = "MAY")]
    May,
    #[serde(rename = "BP")]
    Practice,
}

/// The levels that are counted together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Weight {
    /// MUST and MUST NOT.
    Must,
    /// SHOULD, SHOULD NOT and RECOMMENDED.
    Should,
    May,
    Practice,
}

impl Weight {
    pub const ALL: [Self; 4] = [Self::Must, Self::Should, Self::May, Self::Practice];
}

impl Level {
    pub fn weight(self) -> Weight {
        match self {
            Self::Must | Self::MustNot => Weight::Must,
            Self::Should | Self::ShouldNot | Self::Recommended => Weight::Should,
            Self::May => Weight::May,
            Self::Practice => Weight::Practice,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Must => "MUST",
            Self::MustNot => "MUST NOT",
            Self::Should => "SHOULD",
            Self::ShouldNot => "SHOULD NOT",
            Self::Recommended => "RECOMMENDED",
            Self::May => "MAY",
            Self::Practice => "practice",
        })
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::May => "MAY",
            Self::Practice => "practice",
        })
    }
}

/// To whom it applies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Debug)]
#[serde(rename_all = "lowercase")]
pub enum Applies {
    /// To every complete TCP.
    Yes,
    /// To one that has an optional feature.
    Opt,
    /// To applications.
    App,
}

/// Whether this TCP does it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Debug)]
pub enum Status {
    #[serde(rename = "done")]
    Done,
    /// On purpose: something else is better.
    #[serde(rename = "differs")]
    Differs,
    #[serde(rename = "not done")]
    NotDone,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Done => "done",
            Self::Differs => "differs",
            Self::NotDone => "not done",
        })
    }
}

/// A change after which the rule does not hold any more.
#[derive(Clone, PartialEq, Eq, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Break {
    file: String,
    find: String,
    with: String,
    /// What else is changed with it, where two places of the code see to one rule, and one alone is enough.
    #[serde(default)]
    also: Vec<Edit>,
}

impl Break {
    /// All that is changed at once.
    pub fn edits(&self) -> Vec<Edit> {
        let first = Edit { file: self.file.clone(), find: self.find.clone(), with: self.with.clone() };
        [first].into_iter().chain(self.also.iter().cloned()).collect()
    }
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: `{}`", self.file, self.find.trim())
    }
}

/// A place in a file, and what is written there instead.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// From the root of the tree.
    pub file: String,
    /// Stands there exactly once.
    pub find: String,
    pub with: String,
}

impl Edit {
    /// The text after the change.
    ///
    /// # Errors
    ///
    /// What is wrong with the place, if it is not to be found exactly once, or if nothing would change.
    pub fn apply(&self, text: &str) -> Result<String, String> {
        if self.find == self.with {
            return Err(format!("the break of {} changes nothing", self.file));
        }
        match text.matches(&self.find).count() {
            1 => Ok(text.replacen(&self.find, &self.with, 1)),
            0 => Err(format!("{} has nothing like `{}`", self.file, self.find)),
            times => Err(format!(
                "{} has `{}` {times} times; give `find` more of what stands around it",
                self.file, self.find
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_break_has_one_place() {
        let edit =
            |find: &str, with: &str| Edit { file: "a.rs".into(), find: find.into(), with: with.into() };
        assert_eq!(edit("x < y", "true").apply("if x < y {}"), Ok("if true {}".into()));
        let twice = edit("x", "y").apply("x + x").expect_err("two places");
        assert!(twice.contains("2 times"), "{twice}");
        assert!(edit("z", "y").apply("x + x").is_err());
        assert!(edit("x", "x").apply("x").is_err());
    }
}
