//! A rule of TCP that can be switched off, and what is asked then.

use cordial_trace::words::Phrase;

use crate::harness::Harness;
use crate::property::Property;
use crate::scenario::{Scenario, Setting};

/// A rule of TCP.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its name on the command line, which says what is done instead.
    pub name: &'static str,
    /// The rule.
    pub title: Phrase,
    /// What happens without it.
    pub off: Phrase,
    /// Takes it away.
    pub harness: &'static dyn Harness,
    /// Who does what, and what the network may do, to see the difference.
    pub scenario: &'static Scenario,
    /// What is expected to break without it, the lesson's property first; empty: everything claimed holds.
    pub breaks: &'static [Property],
    /// The one sentence to keep.
    pub keep: Phrase,
}

impl Rule {
    /// The scenario with the rule in force.
    pub const fn on(&self) -> Setting {
        Setting { scenario: self.scenario, harness: None }
    }

    /// The scenario without the rule.
    pub const fn without(&self) -> Setting {
        Setting { scenario: self.scenario, harness: Some(self.harness) }
    }
}
