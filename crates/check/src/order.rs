//! The order in which a run is told.
//!
//! Of what happens at two ends that do not hear of each other either may be told first, and the search takes whichever it
//! comes by. People read a run most easily when what becomes of a segment is told as soon as it was sent: then whatever
//! is told later than that was late.

use cordial_trace::event::Side;

use crate::action::Action;
use crate::births::Births;
use crate::property::Property;
use crate::scenario::Setting;
use crate::world::World;

/// The same run, with the fate of each segment told as early as nothing at its two ends forbids.
pub fn told(setting: Setting, property: Option<Property>, actions: &[Action]) -> Vec<Action> {
    let mut told = actions.to_vec();
    let Some(mut replay) = Replay::of(setting, property, &told) else { return told };
    for from in 1..told.len() {
        let mut at = from;
        while let Some(place) = replay.earlier(&told, at) {
            let mut other = told.clone();
            other[place..=at].rotate_left(1);
            match Replay::of(setting, property, &other) {
                Some(after) if after.broken == replay.broken => (told, replay) = (other, after),
                _ => break,
            }
            at -= 1;
        }
    }
    told
}

/// What matters of a run for the order of its steps.
struct Replay {
    /// The steps that sent the segments whose fates were decided, step by step.
    sent: Vec<Option<usize>>,
    /// The first step that broke the property.
    broken: Option<usize>,
}

impl Replay {
    /// None if these actions cannot be done in this order.
    fn of(setting: Setting, property: Option<Property>, actions: &[Action]) -> Option<Self> {
        let mut world = World::new(setting);
        let mut births = Births::default();
        let mut replay = Self { sent: Vec::new(), broken: None };
        for (step, &action) in actions.iter().enumerate() {
            if !world.actions().contains(&action) {
                return None;
            }
            let decided = fate(action).and_then(|to| world.network().next(to));
            replay.sent.push(decided.and_then(|message| births.of(message)));
            world.apply(action);
            births.note(&world, step);
            let breaks = world.step().broken.iter().any(|broken| Some(broken) == property);
            replay.broken = replay.broken.or(breaks.then_some(step));
        }
        Some(replay)
    }

    /// The step that may be told after step `at`, which decides what becomes of a segment, and not before it: no end
    /// notices. What the segment's receiver called just before it arrived comes along.
    fn earlier(&self, actions: &[Action], at: usize) -> Option<usize> {
        let action = *actions.get(at)?;
        let to = fate(action)?;
        let calls = |&&before: &&Action| arrives(action) && before == Action::Call(to);
        let place = at.checked_sub(1 + actions.get(..at)?.iter().rev().take_while(calls).count())?;
        let is_older = || self.sent.get(at) < self.sent.get(place);
        let before = *actions.get(place)?;
        let is_free = match before {
            Action::Call(side) | Action::Crash(side) => !arrives(action) || side != to,
            _ if fate(before).is_none_or(|other| other == to) => false,
            // What is lost or held up is so before its sender hears of anything else.
            _ if arrives(action) != arrives(before) => arrives(before),
            // What was sent first is told first.
            _ => is_older(),
        };
        is_free.then_some(place)
    }
}

/// The end towards which an action decides what becomes of the next segment.
const fn fate(action: Action) -> Option<Side> {
    match action {
        Action::Deliver(to) | Action::Drop(to) | Action::Duplicate(to) | Action::Hold(to) => Some(to),
        Action::Call(_)
        | Action::Release(_)
        | Action::Wait
        | Action::Timer(_)
        | Action::Crash(_)
        | Action::Forge => None,
    }
}

const fn arrives(action: Action) -> bool {
    matches!(action, Action::Deliver(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bounds, RULES, search};

    #[test]
    fn a_run_that_is_told_in_another_order_breaks_the_same_in_as_many_steps() {
        let mut moved = 0;
        for rule in RULES {
            let found = search(rule.without(), rule.breaks, Bounds::default());
            for &property in rule.breaks {
                let run = found.run(property).expect(rule.name);
                let told = told(rule.without(), Some(property), run);
                let [first, second] = [run, &told].map(|run| Replay::of(rule.without(), Some(property), run));
                let [first, second] = [first, second].map(|replay| replay.expect(rule.name));
                assert_eq!(first.broken, second.broken, "{}: {property}", rule.name);
                assert_eq!(told.len(), run.len(), "{}: {property}", rule.name);
                moved += usize::from(told != run);
            }
        }
        assert!(moved > 0, "some are told in another order");
    }

    /// The program closes after the handshake; what it sent to end that was on its way before.
    #[test]
    fn what_becomes_of_a_segment_is_told_before_what_its_sender_does_next() {
        let rule = RULES.iter().find(|rule| rule.name == "two-way-close").expect("a rule");
        let (client, server) = (Side::Client, Side::Server);
        let begins = [Action::Call(client), Action::Deliver(server), Action::Deliver(client)];
        let late = [Action::Call(client), Action::Deliver(server)];
        let run = [begins.as_slice(), &late].concat();
        let told = told(rule.without(), None, &run);
        assert_eq!(told[3..], [Action::Deliver(server), Action::Call(client)]);
    }
}
