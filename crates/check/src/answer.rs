//! The answer to "why this rule?".

use crate::action::Action;
use crate::order::told;
use crate::property::Property;
use crate::rule::Rule;
use crate::run::Run;
use crate::search::{Bounds, Found, search};

/// What comes of a rule being switched off.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The rule.
    pub rule: &'static Rule,
    /// The property that was asked about: the one that breaks, or the one that was named.
    pub property: Option<Property>,
    /// Without the rule.
    pub off: Found,
    /// With it.
    pub on: Found,
}

impl Answer {
    /// Looks for the shortest run that breaks `property` without the rule; with none named, the property that the rule is
    /// there for, or any that is claimed. Then looks at everything that can happen with the rule.
    pub fn find(rule: &'static Rule, property: Option<Property>, bounds: Bounds) -> Self {
        let asked = property.or(rule.breaks.first().copied());
        let wanted: Vec<Property> = asked.into_iter().collect();
        let off = search(rule.without(), &wanted, bounds);
        let on = search(rule.on(), &[], bounds);
        let claims = rule.scenario.claims.iter().copied();
        let property = asked.or(claims.into_iter().find(|claimed| off.run(*claimed).is_some()));
        Self { rule, property, off, on }
    }

    /// The shortest run in which something bad happens, if one was found.
    pub fn counterexample(&self) -> Option<&[Action]> {
        self.off.run(self.property?)
    }

    /// That run, step by step.
    pub fn run(&self) -> Option<Run> {
        Some(Run::of(self.rule.without(), &self.told()?))
    }

    /// The same with the rule in force, as far as it goes that way.
    pub fn beside(&self) -> Option<Run> {
        Some(Run::beside(self.rule.on(), &self.told()?))
    }

    /// Its steps in the order in which they are told.
    fn told(&self) -> Option<Vec<Action>> {
        Some(told(self.rule.without(), self.property, self.counterexample()?))
    }

    /// Segments of a run in which nothing goes wrong: with the rule and without.
    pub fn price(&self) -> (usize, usize) {
        (Run::untroubled(self.rule.on()).segments(), Run::untroubled(self.rule.without()).segments())
    }

    /// What has to happen sometimes and never did: then the claims are about nothing.
    pub fn is_empty_claim(&self) -> bool {
        self.rule.scenario.sometimes.iter().any(|what| self.on.happened & what.bit() == 0)
    }
}
