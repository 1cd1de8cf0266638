//! What befalls single segments.

use cordial_sim::{Fate, World};
use cordial_tcp::Instant;
use cordial_trace::Event;
use cordial_trace::words::Phrase;

use crate::error::Wrong;
use crate::judge::History;
use crate::scenario::{Deed, Scenario, SegmentName};

/// Has the network do to each segment what the scenario says.
pub(super) fn arrange(scenario: &Scenario, world: &mut World) {
    let faults: Vec<_> = scenario.faults.iter().map(|fault| fault.it).collect();
    let delays = scenario.network.ways.map(|path| path.delay);
    world.fault(move |passing| {
        let Some(target) = passing.target else { return Fate::Pass };
        let name = SegmentName { connection: target.group.0, id: target.id };
        let Some(fault) = faults.iter().find(|fault| fault.which.has(name)) else { return Fate::Pass };
        match fault.deed {
            Deed::Drop => Fate::Drop,
            Deed::Delay(by) => Fate::Delay(by),
            Deed::Duplicate(after) => Fate::Duplicate(after),
            Deed::Swap(_) => Fate::Swap,
            Deed::Hold(until) => {
                let travels = delays[usize::from(passing.from == cordial_sim::SERVER)];
                let arrives = passing.now + travels;
                Fate::Delay((Instant::ZERO + until).since(arrives))
            }
        }
    });
}

/// Every segment to which something was to happen was sent.
pub(super) fn all_happened(scenario: &Scenario, events: &[Event]) -> Result<(), Wrong> {
    let history = History::of(events);
    for fault in &scenario.faults {
        let which = fault.it.which;
        let connection = history.connection(which.connection);
        let sent = connection.into_iter().flat_map(|connection| &connection.sent);
        let named = sent.map(|id| SegmentName { connection: which.connection, id: *id });
        let of_sender = named.filter(|name| name.id.sender == which.sender);
        let (mut count, mut meets) = (0_u32, false);
        for name in of_sender {
            count += 1;
            meets |= which.has(name) || matches!(fault.it.deed, Deed::Swap(other) if other == name);
        }
        if !meets {
            return Err(Wrong::new(fault.place, NEVER_SENT)
                .with("segment", which.begin().to_string())
                .with("n", count.to_string()));
        }
    }
    Ok(())
}

const NEVER_SENT: Phrase = Phrase::new(
    "{segment} is never sent: of this sender and connection there are {n} segments.",
    "{segment} 从未发出：这条连接的这一端只发了 {n} 个段。",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        assert!(NEVER_SENT.is_complete());
    }
}
