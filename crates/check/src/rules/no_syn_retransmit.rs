//! A client that knocks once.

use cordial_stack::Instant;
use cordial_trace::event::Side;
use cordial_trace::words::Phrase;
use cordial_wire::{Control, Segment};

use crate::harness::{Harness, Passage};
use crate::host::Host;
use crate::property::Property;
use crate::rule::Rule;
use crate::scenario::Scenario;

/// A SYN is sent once.
pub const RULE: Rule = Rule {
    name: "no-syn-retransmit",
    title: Phrase::new("a SYN that nobody answers is sent again", "没有回音的 SYN 要重发"),
    off: Phrase::new("the SYN is sent only once", "SYN 只发一次"),
    harness: &NoSynRetransmit,
    scenario: &Scenario::GREETING,
    breaks: &[Property::P6],
    keep: Phrase::new(
        "A network that loses one segment must not be able to stop two ends from ever meeting.",
        "网络丢一个段，不该让两端永远见不上面。",
    ),
};

/// Keeps a SYN that went out before.
#[derive(Debug)]
struct NoSynRetransmit;

impl Harness for NoSynRetransmit {
    fn outgoing(&self, host: &mut Host, _: Instant, segment: &Segment<'_>) -> Passage {
        let is_syn = segment.control() == Control::Syn && segment.ack().is_none();
        if host.side() != Side::Client || !is_syn {
            return Passage::Pass;
        }
        let is_again = host.memory.count > 0 && host.memory.number == segment.seq.0;
        (host.memory.number, host.memory.count) = (segment.seq.0, 1);
        if is_again { Passage::Keep } else { Passage::Pass }
    }
}
