//! Ends that say goodbye once.

use cordial_stack::Instant;
use cordial_trace::words::Phrase;
use cordial_wire::{Control, Segment};

use crate::budget::Budget;
use crate::harness::{Harness, Passage};
use crate::host::Host;
use crate::property::{Property, Sometimes};
use crate::rule::Rule;
use crate::scenario::Scenario;
use crate::script::{GREET, HEAR};

/// A FIN is sent once.
pub const RULE: Rule = Rule {
    name: "no-fin-retransmit",
    title: Phrase::new("a FIN that nobody acknowledges is sent again", "没有被确认的 FIN 要重发"),
    off: Phrase::new("a FIN is sent only once", "FIN 只发一次"),
    harness: &NoFinRetransmit,
    scenario: &SCENARIO,
    breaks: &[Property::P5],
    keep: Phrase::new(
        "The end of the stream is news like any other: said until it is acknowledged.",
        "“我说完了”也是消息，和别的一样：说到对方确认为止。",
    ),
};

/// One segment may be lost.
const SCENARIO: Scenario = Scenario {
    client: GREET,
    server: HEAR,
    budget: Budget { losses: 1, ..Budget::NONE },
    claims: &[Property::P1, Property::P2, Property::P5, Property::P6, Property::P7, Property::P11],
    sometimes: &[Sometimes::BothEstablished, Sometimes::FinAgain, Sometimes::TimeWait, Sometimes::BothClosed],
    ..Scenario::EMPTY
};

/// Keeps a FIN that went out before.
#[derive(Debug)]
struct NoFinRetransmit;

impl Harness for NoFinRetransmit {
    fn outgoing(&self, host: &mut Host, _: Instant, segment: &Segment<'_>) -> Passage {
        if segment.control() != Control::Fin {
            return Passage::Pass;
        }
        let end = segment.end().0;
        let is_again = host.memory.count > 0 && host.memory.number == end;
        (host.memory.number, host.memory.count) = (end, 1);
        if is_again { Passage::Keep } else { Passage::Pass }
    }
}
