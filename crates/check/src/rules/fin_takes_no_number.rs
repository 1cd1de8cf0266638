//! A FIN that has no place in the stream.

use cordial_stack::Phase;
use cordial_trace::words::Phrase;
use cordial_wire::{Flags, Segment};

use crate::budget::Budget;
use crate::harness::{Harness, Passage};
use crate::host::Host;
use crate::property::Property;
use crate::rule::Rule;
use crate::scenario::Scenario;

/// A FIN counts when it comes, not when everything before it has.
pub const RULE: Rule = Rule {
    name: "fin-takes-no-number",
    title: Phrase::new(
        "a FIN takes a number, and waits for all before it",
        "FIN 占一个序号，前面的到齐了才算",
    ),
    off: Phrase::new("a FIN counts as soon as it comes", "FIN 一到就算数"),
    harness: &FinTakesNoNumber,
    scenario: &SCENARIO,
    breaks: &[Property::P4],
    keep: Phrase::new(
        "With a number of its own, the end of the stream can be put in order, lost and sent again like an octet.",
        "FIN 有了自己的序号，“到此为止”才能像字节一样排序、丢失、重发。",
    ),
};

/// One segment may be held up, so that the FIN overtakes the last octet.
const SCENARIO: Scenario = Scenario { budget: Budget { delays: 1, ..Budget::NONE }, ..Scenario::ONE_OCTET };

/// Gives a FIN that came early the number that is expected.
#[derive(Debug)]
struct FinTakesNoNumber;

impl Harness for FinTakesNoNumber {
    fn incoming(&self, host: &mut Host, segment: &Segment<'_>) -> Passage {
        let vars = *host.vars();
        let is_early = segment.flags.contains(Flags::FIN) && segment.seq.after(vars.rcv_nxt);
        if vars.phase < Phase::Established || !is_early {
            return Passage::Pass;
        }
        Passage::Instead(vec![host.packet_in(&Segment { seq: vars.rcv_nxt, payload: &[], ..*segment })])
    }
}
