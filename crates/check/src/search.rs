//! The search: every state within the bounds, the nearest first.
//!
//! A property breaks at a step ([`World::step`]), but for P6, which has two ways more. A run may stop where an end still has a
//! connection, or its application something to do. And it may never stop: steps to states seen before are kept, and when
//! everything was looked at no run may go round in them. So where P6 holds, every run ends, whatever happens on the way.

use std::collections::VecDeque;

use crate::action::Action;
use crate::edges::Edges;
use crate::property::{Broken, Property};
use crate::returns::Returns;
use crate::scenario::Setting;
use crate::visited::{Entered, Visited};
use crate::world::{SIDES, World};

/// How far a search goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// States it looks at, 24 octets each.
    pub states: u32,
}

impl Default for Bounds {
    /// A million states: a minute at most.
    fn default() -> Self {
        Self { states: 1_000_000 }
    }
}

/// What a search found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The shortest run that breaks a property, for each that was broken.
    pub broken: Vec<(Property, Vec<Action>)>,
    /// States seen.
    pub states: u32,
    /// Steps from the first state to those looked at last.
    pub depth: u32,
    /// Nothing is left to look at: what was not found is not there.
    pub is_exhausted: bool,
    /// Changes of state that were seen.
    pub edges: Edges,
    /// What happened of what has to happen sometimes, a bit each.
    pub happened: u32,
    /// Octets that a state took in the table.
    pub octets_per_state: u32,
    /// Octets beside it, a state, for the steps that led to states seen before.
    pub octets_of_returns: u32,
}

impl Found {
    /// The shortest run that breaks it.
    pub fn run(&self, property: Property) -> Option<&[Action]> {
        self.broken.iter().find(|(its, _)| *its == property).map(|(_, run)| run.as_slice())
    }
}

/// Looks at every state of a setting, breadth first, so that the first run found that breaks a property is a shortest
/// one. Stops when each of `wanted` was broken (with none wanted: never before the end), or at the bounds.
pub fn search(setting: Setting, wanted: &[Property], bounds: Bounds) -> Found {
    Search::new(setting, wanted, bounds).run()
}

struct Search {
    wanted: Broken,
    has_wanted: bool,
    bounds: Bounds,
    visited: Visited,
    /// States that wait to be looked at and are kept whole, in order: all of a level that has few, the first of one that
    /// has many.
    kept: VecDeque<(u32, World)>,
    trail: Trail,
    found: Found,
    /// Steps to states that were seen before.
    returns: Returns,
}

/// States that are kept whole, some 5 KB each. It is the narrow levels that need it: there the next state is not often
/// a neighbour of the last, and the way to it is long.
const KEPT: usize = 4_000;

impl Search {
    fn new(setting: Setting, wanted: &[Property], bounds: Bounds) -> Self {
        let first = World::new(setting);
        let found = Found {
            broken: Vec::new(),
            states: 1,
            depth: 0,
            is_exhausted: false,
            edges: Edges::default(),
            happened: 0,
            octets_per_state: 0,
            octets_of_returns: 0,
        };
        Self {
            kept: VecDeque::new(),
            trail: Trail::new(first.clone()),
            wanted: wanted.iter().copied().collect(),
            has_wanted: !wanted.is_empty(),
            bounds,
            visited: Visited::new(first.fingerprint()),
            found,
            returns: Returns::default(),
        }
    }

    /// States have numbers in the order in which they were found, and are looked at in that order: so those of one level
    /// are a range, and what waits to be looked at takes next to no memory.
    fn run(mut self) -> Found {
        let (mut number, mut level) = (0, 1);
        while number < self.visited.len() && !self.is_done() {
            if number == level {
                self.found.depth += 1;
                level = self.visited.len();
            }
            self.expand(number);
            number += 1;
        }
        self.found.is_exhausted = number == self.visited.len();
        self.found.states = self.visited.len();
        let per_state = |octets: usize| (octets / self.visited.len() as usize) as u32;
        self.found.octets_per_state = per_state(self.visited.octets());
        self.found.octets_of_returns = per_state(self.returns.octets());
        if self.found.is_exhausted {
            self.judge_endless();
        }
        self.found
    }

    /// P6: a run that goes round for ever. It is known only once every step is, so it may not be the shortest that breaks
    /// it.
    fn judge_endless(&mut self) {
        self.visited.close();
        let Some(way) = self.returns.cycle(&self.visited) else { return };
        let Some(&first) = way.first() else { return };
        let mut path = self.visited.path(first);
        let mut world = self.trail.reach(&path);
        for &next in way.iter().skip(1).chain([&first]) {
            let step = world.actions().into_iter().find_map(|action| {
                let mut after = world.clone();
                after.apply(action);
                self.visited.is(next, after.fingerprint()).then_some((action, after))
            });
            let Some((action, after)) = step else { return };
            path.push(action);
            world = after;
        }
        self.breaks(Property::P6, path);
    }

    fn is_done(&self) -> bool {
        (self.has_wanted && self.wanted.is_none()) || self.visited.len() >= self.bounds.states
    }

    fn expand(&mut self, number: u32) {
        let world = match self.kept.pop_front_if(|(its, _)| *its == number) {
            Some((_, world)) => world,
            None => self.trail.reach(&self.visited.path(number)),
        };
        let actions = world.actions();
        if actions.is_empty() && world.is_unfinished() {
            self.breaks(Property::P6, self.visited.path(number));
        }
        let progress = world.progress();
        let mut world = Some(world);
        let last = actions.len().saturating_sub(1);
        for (at, action) in actions.into_iter().enumerate() {
            // Nobody needs the state itself after the last step.
            let Some(mut after) = (if at == last { world.take() } else { world.clone() }) else { return };
            after.apply(action);
            self.note(&after, number, action);
            match self.visited.insert(after.fingerprint(), number, action) {
                Entered::Fresh(fresh) if self.kept.len() < KEPT => self.kept.push_back((fresh, after)),
                Entered::Fresh(_) => {}
                // What only goes one way never comes round.
                Entered::Again(its) if after.progress() == progress => self.returns.add(number, its),
                Entered::Again(_) => {}
            }
        }
    }

    fn note(&mut self, after: &World, parent: u32, action: Action) {
        for side in SIDES {
            for note in after.notes(side) {
                self.found.edges.add(note.before, note.after.phase);
            }
        }
        self.found.happened |= after.step().happened;
        let fresh = |property: &Property| self.found.run(*property).is_none();
        for property in after.step().broken.iter().filter(fresh).collect::<Vec<_>>() {
            let mut path = self.visited.path(parent);
            path.push(action);
            self.breaks(property, path);
        }
    }

    fn breaks(&mut self, property: Property, path: Vec<Action>) {
        if self.found.run(property).is_none() {
            self.found.broken.push((property, path));
            self.wanted.remove(property);
        }
    }
}

/// The states along the last path that was gone.
///
/// States of one level are looked at in the order in which they were found, so the path to one is most of the way the
/// path to the next: coming by a state again costs two or three steps, whatever its depth.
struct Trail {
    first: World,
    steps: Vec<(Action, World)>,
}

impl Trail {
    const fn new(first: World) -> Self {
        Self { first, steps: Vec::new() }
    }

    /// The state that a path leads to.
    fn reach(&mut self, path: &[Action]) -> World {
        let common = self.steps.iter().zip(path).take_while(|((its, _), action)| its == *action).count();
        self.steps.truncate(common);
        let mut world = self.steps.last().map_or(&self.first, |(_, world)| world).clone();
        for &action in path.iter().skip(common) {
            world.apply(action);
            self.steps.push((action, world.clone()));
        }
        world
    }
}
