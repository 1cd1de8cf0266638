//! When connections are drawn, and how many as ladders.

use std::str::FromStr;

use clap::builder::PossibleValue;
use cordial_trace::words::Phrase;

use super::Reason;

/// When to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Row by row, as things happen.
    Live,
    /// When CMD has ended: some as ladders, the worst first of all, the others in a line each.
    End(Ladders),
    /// Not at all.
    None,
}

/// How many ladders are drawn at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ladders {
    /// A few.
    Some,
    /// This many; with 0 every connection has a line.
    Most(usize),
}

impl FromStr for When {
    type Err = Reason;

    fn from_str(text: &str) -> Result<Self, Reason> {
        Ok(match text {
            "live" => Self::Live,
            "end" => Self::End(Ladders::Some),
            "all" => Self::End(Ladders::Most(usize::MAX)),
            "lines" => Self::End(Ladders::Most(0)),
            "none" => Self::None,
            number => match number.parse() {
                Ok(most) => Self::End(Ladders::Most(most)),
                Err(_) => return Err(NO_TIME),
            },
        })
    }
}

const NO_TIME: Reason = Reason(Phrase::new(
    "say live, end, all, lines, none, or how many ladders",
    "要写 live、end、all、lines、none，或画几条",
));

/// Reads a [`When`]; shells complete its words.
#[derive(Debug, Clone)]
pub struct WhenParser;

impl clap::builder::TypedValueParser for WhenParser {
    type Value = When;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<When, clap::Error> {
        clap::builder::StringValueParser::new()
            .try_map(|text| text.parse::<When>())
            .parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let words = [
            ("live", "Row by row, as things happen"),
            ("end", "When CMD has ended: the worst few as ladders, the others in a line each"),
            ("N", "When CMD has ended, with N ladders"),
            ("all", "When CMD has ended, every connection as a ladder"),
            ("lines", "When CMD has ended, every connection in a line"),
            ("none", "Not at all"),
        ];
        Some(Box::new(words.into_iter().map(|(word, help)| PossibleValue::new(word).help(help))))
    }
}
