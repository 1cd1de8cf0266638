//! How a plan may be made plainer.

use std::time::Duration;

use cordial_sim::task::When;
use cordial_sim::{CLIENT, Call, Link, SERVER};
use cordial_stack::Instant;

use crate::{Deed, Plan, Setting, Shape, Trouble};

/// A change at one of several places; none if there are no more places.
type Change = fn(&Plan, usize) -> Option<Plan>;

pub(super) const ALL: &[Change] = &[
    without_middle,
    with_ipv4,
    plainer_wire,
    sooner_call,
    smaller_call,
    smaller_setting,
    shorter_deed,
    sooner_end,
];

/// One client and the server, and a wire between them.
fn without_middle(plan: &Plan, place: usize) -> Option<Plan> {
    let is_possible = plan.shape != Shape::Direct && plan.settings.len() == 2 && place < plan.wires.len();
    let mut plan = plan.clone();
    plan.wires = vec![*plan.wires.get(place)?];
    plan.shape = Shape::Direct;
    plan.mishaps.iter_mut().for_each(|mishap| match &mut mishap.trouble {
        Trouble::Pull(wire) | Trouble::Cut(wire, _) => wire.0 = 0,
        Trouble::Crash(_) => {}
    });
    is_possible.then_some(plan)
}

fn with_ipv4(plan: &Plan, place: usize) -> Option<Plan> {
    (plan.is_ipv6 && place == 0).then(|| Plan { is_ipv6: false, ..plan.clone() })
}

/// Each property of each direction of each wire, as it usually is.
fn plainer_wire(plan: &Plan, place: usize) -> Option<Plan> {
    const USUAL: Duration = Duration::from_millis(10);
    let properties: [fn(&mut Link); 9] = [
        |link| link.loss = 0,
        |link| link.corrupt = 0,
        |link| link.duplicate = 0,
        |link| link.reorder = 0,
        |link| link.jitter = Duration::ZERO,
        |link| link.queue = None,
        |link| link.rate = None,
        |link| link.mtu = None,
        |link| link.delay = USUAL,
    ];
    let sites = plan.wires.len() * 2 * properties.len();
    let mut seen = 0;
    for site in 0..sites {
        let (wire, way, property) =
            (site / properties.len() / 2, site / properties.len() % 2, properties[site % properties.len()]);
        let mut changed = plan.clone();
        property(changed.wires.get_mut(wire)?.get_mut(way)?);
        if changed.wires == plan.wires {
            continue;
        }
        if seen == place {
            return Some(changed);
        }
        seen += 1;
    }
    None
}

/// At once; or in half the time.
fn sooner_call(plan: &Plan, place: usize) -> Option<Plan> {
    let mut candidates = Vec::new();
    for (of, program) in plan.programs.iter().enumerate() {
        for (at, step) in program.steps.iter().enumerate() {
            candidates.extend(sooner(step.when).into_iter().map(|when| (of, at, when)));
        }
    }
    let &(of, at, when) = candidates.get(place)?;
    let mut plan = plan.clone();
    plan.programs.get_mut(of)?.steps.get_mut(at)?.when = when;
    Some(plan)
}

fn sooner(when: When) -> Vec<When> {
    match when {
        When::Next => Vec::new(),
        When::NotBefore(at) => {
            let spans = shorter(at.since(Instant::ZERO));
            let halves = spans.into_iter().map(|span| When::NotBefore(Instant::ZERO + span));
            [When::Next].into_iter().chain(halves).collect()
        }
        When::After(span) => {
            [When::Next].into_iter().chain(shorter(span).into_iter().map(When::After)).collect()
        }
        When::Interrupting(at) => shorter(at.since(Instant::ZERO))
            .into_iter()
            .map(|span| When::Interrupting(Instant::ZERO + span))
            .collect(),
    }
}

/// Half of it, and it without the part below a millisecond: each less than before.
fn shorter(span: Duration) -> Vec<Duration> {
    let whole = |span: Duration| Duration::from_millis(span.as_millis() as u64);
    let seconds = Duration::from_secs(span.as_secs());
    let mut shorter = vec![whole(span / 2), seconds, whole(span)];
    shorter.retain(|&candidate| candidate < span && !candidate.is_zero());
    shorter
}

/// Fewer octets.
fn smaller_call(plan: &Plan, place: usize) -> Option<Plan> {
    let mut candidates = Vec::new();
    for (of, program) in plan.programs.iter().enumerate() {
        for (at, step) in program.steps.iter().enumerate() {
            let calls = match step.call {
                Call::Write(count) => fewer(count).into_iter().map(Call::Write).collect(),
                Call::Read(count) => fewer(count).into_iter().map(Call::Read).collect(),
                Call::Connect { to, port, from: Some(_), ref tcp, waits } => {
                    vec![Call::Connect { to, port, from: None, tcp: tcp.clone(), waits }]
                }
                _ => Vec::new(),
            };
            candidates.extend(calls.into_iter().map(|call| (of, at, call)));
        }
    }
    let (of, at, call) = candidates.into_iter().nth(place)?;
    let mut plan = plan.clone();
    plan.programs.get_mut(of)?.steps.get_mut(at)?.call = call;
    Some(plan)
}

fn fewer(count: u64) -> Vec<u64> {
    let mut fewer = vec![1, 5, 100, count / 2, count / 1_000 * 1_000];
    fewer.retain(|&candidate| candidate > 0 && candidate < count);
    fewer.dedup();
    fewer
}

/// Settings nearer to what is usual.
fn smaller_setting(plan: &Plan, place: usize) -> Option<Plan> {
    let mut candidates = Vec::new();
    for host in [CLIENT, SERVER].map(|host| usize::from(host.0)) {
        for (at, &setting) in plan.settings.get(host)?.iter().enumerate() {
            let rounder = match setting {
                Setting::ReceiveBuffer(octets) if octets % 1_000 != 0 => {
                    Setting::ReceiveBuffer(octets / 1_000 * 1_000)
                }
                Setting::SendBuffer(octets) if octets % 1_000 != 0 => {
                    Setting::SendBuffer(octets / 1_000 * 1_000)
                }
                _ => continue,
            };
            if !matches!(rounder, Setting::ReceiveBuffer(0) | Setting::SendBuffer(0)) {
                candidates.push((host, at, rounder));
            }
        }
    }
    let &(host, at, setting) = candidates.get(place)?;
    let mut plan = plan.clone();
    *plan.settings.get_mut(host)?.get_mut(at)? = setting;
    Some(plan)
}

/// Shorter delays, shorter mishaps, earlier both.
fn shorter_deed(plan: &Plan, place: usize) -> Option<Plan> {
    let mut candidates = Vec::new();
    for (at, fault) in plan.faults.iter().enumerate() {
        let deeds = match fault.deed {
            Deed::Delay(by) => shorter(by).into_iter().map(Deed::Delay).collect(),
            Deed::Duplicate(after) => shorter(after).into_iter().map(Deed::Duplicate).collect(),
            Deed::Drop | Deed::Swap => Vec::new(),
        };
        candidates.extend(deeds.into_iter().map(|deed| {
            let mut plan = plan.clone();
            plan.faults[at].deed = deed;
            plan
        }));
    }
    for (at, mishap) in plan.mishaps.iter().enumerate() {
        for lasts in shorter(mishap.lasts) {
            let mut changed = plan.clone();
            changed.mishaps[at].lasts = lasts;
            candidates.push(changed);
        }
        for begins in shorter(mishap.at) {
            let mut changed = plan.clone();
            changed.mishaps[at].at = begins;
            candidates.push(changed);
        }
    }
    for (at, forgery) in plan.forgeries.iter().enumerate() {
        for begins in shorter(forgery.at) {
            let mut changed = plan.clone();
            changed.forgeries[at].at = begins;
            candidates.push(changed);
        }
    }
    candidates.into_iter().nth(place)
}

/// The network heals, and the programs end, sooner.
fn sooner_end(plan: &Plan, place: usize) -> Option<Plan> {
    let span = plan.ends - plan.heals;
    let heals = shorter(plan.heals).into_iter().map(|heals| (heals, heals + span));
    let ends = shorter(span).into_iter().map(|span| (plan.heals, plan.heals + span));
    let (heals, ends) = heals.chain(ends).nth(place)?;
    Some(Plan { heals, ends, ..plan.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_made_plainer_comes_to_an_end() {
        for seed in 0..40 {
            let mut plan = Plan::draw(seed);
            let mut changes = 0;
            for change in ALL {
                while let Some(plainer) = change(&plan, 0) {
                    plan = plainer;
                    changes += 1;
                    assert!(changes < 10_000, "seed {seed} gets plainer for ever");
                }
            }
            plan.run();
        }
    }
}
