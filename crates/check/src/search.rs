//! The search: every state within the bounds, the nearest first.

use crate::action::Action;
use crate::edges::Edges;
use crate::property::{Broken, Property};
use crate::scenario::Setting;
use crate::visited::Visited;
use crate::world::{SIDES, World};

/// How far a search goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// States it looks at.
    pub states: u32,
    /// States of one level that are kept whole; the rest are come by again from the beginning when their turn comes.
    pub kept: usize,
}

impl Default for Bounds {
    /// A million states, a hundred thousand of them whole: well below a gigabyte.
    fn default() -> Self {
        Self { states: 1_000_000, kept: 100_000 }
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
    setting: Setting,
    wanted: Broken,
    has_wanted: bool,
    bounds: Bounds,
    visited: Visited,
    found: Found,
}

/// A state whose turn comes on the next level.
struct Waiting {
    number: u32,
    world: Option<Box<World>>,
}

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
        };
        Self {
            setting,
            wanted: wanted.iter().copied().collect(),
            has_wanted: !wanted.is_empty(),
            bounds,
            visited: Visited::new(first.fingerprint()),
            found,
        }
    }

    fn run(mut self) -> Found {
        let mut level = vec![Waiting { number: 0, world: None }];
        while !level.is_empty() && !self.is_done() {
            let mut next = Vec::new();
            for waiting in level {
                if self.is_done() {
                    break;
                }
                self.expand(waiting, &mut next);
            }
            self.found.depth += u32::from(!next.is_empty());
            self.found.is_exhausted = next.is_empty();
            level = next;
        }
        self.found.is_exhausted &= !self.is_done();
        self.found.states = self.visited.len();
        self.found.octets_per_state = (self.visited.octets() / self.visited.len() as usize) as u32;
        self.found
    }

    fn is_done(&self) -> bool {
        (self.has_wanted && self.wanted.is_none()) || self.visited.len() >= self.bounds.states
    }

    fn expand(&mut self, Waiting { number, world }: Waiting, next: &mut Vec<Waiting>) {
        let world = match world {
            Some(world) => *world,
            None => replay(self.setting, &self.visited.path(number)),
        };
        let actions = world.actions();
        if actions.is_empty() && world.is_unfinished() {
            let path = self.visited.path(number);
            self.breaks(Property::P6, path);
        }
        let mut world = Some(world);
        let last = actions.len().saturating_sub(1);
        for (at, &action) in actions.iter().enumerate() {
            let after = if at == last { world.take() } else { world.clone() };
            let Some(mut after) = after else { return };
            after.apply(action);
            self.note(&after, number, action);
            if let Some(number) = self.visited.insert(after.fingerprint(), number, action) {
                let is_kept = next.len() < self.bounds.kept;
                next.push(Waiting { number, world: is_kept.then(|| Box::new(after)) });
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

/// The state that a run leads to.
pub fn replay(setting: Setting, run: &[Action]) -> World {
    let mut world = World::new(setting);
    run.iter().for_each(|&action| world.apply(action));
    world
}
