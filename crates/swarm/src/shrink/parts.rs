//! What a plan may have fewer of.

use std::ops::Range;

use cordial_sim::{HostId, SERVER};

use crate::{Plan, Program, Shape, Trouble};

/// Parts of one kind.
pub(super) struct Part {
    /// How many there are.
    pub count: fn(&Plan) -> usize,
    /// Takes some away.
    pub remove: fn(&mut Plan, Range<usize>),
}

pub(super) const ALL: &[Part] = &[
    Part { count: |plan| plan.settings.len().saturating_sub(2), remove: |plan, range| clients(plan, &range) },
    Part { count: |plan| plan.programs.len(), remove: |plan, range| drain(&mut plan.programs, range) },
    Part { count: |plan| plan.mishaps.len(), remove: |plan, range| drain(&mut plan.mishaps, range) },
    Part { count: |plan| plan.forgeries.len(), remove: |plan, range| drain(&mut plan.forgeries, range) },
    Part { count: |plan| plan.faults.len(), remove: |plan, range| drain(&mut plan.faults, range) },
    Part {
        count: |plan| plan.programs.iter().map(|program| program.steps.len()).sum(),
        remove: |plan, range| inner(&mut plan.programs, &range, |program: &mut Program| &mut program.steps),
    },
    Part {
        count: |plan| plan.settings.iter().map(Vec::len).sum(),
        remove: |plan, range| inner(&mut plan.settings, &range, |settings| settings),
    },
];

fn drain<T>(from: &mut Vec<T>, range: Range<usize>) {
    from.drain(range.start.min(from.len())..range.end.min(from.len()));
}

/// Of lists in a row, those that stand at these places.
fn inner<T, U>(lists: &mut [T], range: &Range<usize>, list: impl Fn(&mut T) -> &mut Vec<U>) {
    let mut at = 0;
    for each in lists {
        list(each).retain(|_| {
            at += 1;
            !range.contains(&(at - 1))
        });
    }
}

/// Takes clients beside the first away, with all that is theirs.
fn clients(plan: &mut Plan, range: &Range<usize>) {
    let is_gone = |host: HostId| host > SERVER && range.contains(&(usize::from(host.0) - 2));
    let keep: Vec<HostId> = plan.hosts().filter(|&host| !is_gone(host)).collect();
    let renamed = |host: HostId| keep.iter().position(|&kept| kept == host).map(|at| HostId(at as u16));
    // The wires: the first client's, those of the others, the server's.
    if plan.shape != Shape::Direct && plan.wires.len() == plan.settings.len() {
        let mut wire = 0;
        plan.wires.retain(|_| {
            wire += 1;
            // Wire 1 is that of host 2, and so on; the last is the server's.
            !is_gone(HostId(wire)) || wire < 2
        });
    }
    let mut host = 0;
    plan.settings.retain(|_| {
        host += 1;
        !is_gone(HostId(host - 1))
    });
    plan.programs.retain_mut(|program| match renamed(program.host) {
        Some(host) => {
            program.host = host;
            true
        }
        None => false,
    });
    plan.forgeries.retain_mut(|forgery| renamed(forgery.to).map(|host| forgery.to = host).is_some());
    let wires = plan.wires.len();
    plan.mishaps.retain_mut(|mishap| match &mut mishap.trouble {
        Trouble::Crash(host) => renamed(*host).map(|new| *host = new).is_some(),
        Trouble::Pull(wire) | Trouble::Cut(wire, _) => usize::from(wire.0) < wires,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_with_fewer_of_anything_still_runs() {
        for seed in 0..60 {
            let plan = Plan::draw(seed);
            for part in ALL {
                let count = (part.count)(&plan);
                for range in [0..count, 0..count / 2, count / 2..count] {
                    let mut fewer = plan.clone();
                    (part.remove)(&mut fewer, range.clone());
                    assert_eq!((part.count)(&fewer), count - range.len(), "seed {seed}, {range:?}");
                    fewer.run();
                }
            }
        }
    }
}
