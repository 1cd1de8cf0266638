//! The answer to "why this rule?".

use crate::action::Action;
use crate::order::told;
use crate::property::{Property, Sometimes, occasion};
use crate::rule::Rule;
use crate::run::Run;
use crate::search::{Bounds, Found, search};

/// What comes of a rule being switched off.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The rule.
    pub rule: &'static Rule,
    /// The property that was named.
    pub asked: Option<Property>,
    /// The one that the answer is about: the one that was named, or that the rule is there for, or that breaks.
    pub property: Option<Property>,
    /// Without the rule.
    pub off: Found,
    /// With it.
    pub on: Found,
}

impl Answer {
    /// Looks for the shortest run that breaks `property` without the rule; with none named, the property that the rule is
    /// there for, or any that is claimed. Then looks at everything that can happen with the rule.
    pub fn find(rule: &'static Rule, asked: Option<Property>, bounds: Bounds) -> Self {
        let property = asked.or(rule.breaks.first().copied());
        let wanted: Vec<Property> = property.into_iter().collect();
        let off = search(rule.without(), &wanted, bounds);
        let on = search(rule.on(), &[], bounds);
        let claims = rule.scenario.claims.iter().copied();
        let property = property.or(claims.into_iter().find(|claimed| off.run(*claimed).is_some()));
        Self { rule, asked, property, off, on }
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

    /// The search without the rule was cut off before it found anything or saw everything: that is no answer.
    pub fn is_cut_off(&self) -> bool {
        self.counterexample().is_none() && !self.off.is_exhausted
    }

    /// The property is one that the rule's scenario was made for.
    pub fn is_claimed(&self) -> bool {
        self.property.is_none_or(|property| self.rule.scenario.claims.contains(&property))
    }

    /// What has to happen sometimes and never did: then the claims are about nothing.
    ///
    /// With the rule all that the scenario is for has to happen. Where the answer is that something holds without the
    /// rule, what that is about has to happen without it.
    pub fn is_empty_claim(&self) -> bool {
        let (of_scenario, of_property) =
            (self.rule.scenario.sometimes, self.property.map_or(&[][..], occasion));
        let never =
            |found: &Found, what: &[Sometimes]| what.iter().any(|what| found.happened & what.bit() == 0);
        let holds = self.counterexample().is_none();
        let of_holding = if self.property.is_some() { of_property } else { of_scenario };
        never(&self.on, of_scenario)
            || never(&self.on, of_property)
            || (holds && never(&self.off, of_holding))
    }
}
