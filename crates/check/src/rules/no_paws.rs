//! A receiver that does not look at the age of what it gets.

use cordial_trace::words::Phrase;
use cordial_wire::{Options, Segment, Timestamps};

use crate::harness::{Harness, Passage};
use crate::host::Host;
use crate::property::Property;
use crate::rule::Rule;
use crate::rules::fixed_isn::AFTER_A_CRASH;
use crate::scenario::Scenario;

/// A segment whose timestamp is older than one seen before is not refused for it (PAWS, RFC 7323 §5).
///
/// On a fast path numbers come round within one connection, after 4 GiB. Here they come round from one connection to the
/// next, which is the same to the receiver and takes one octet.
pub const RULE: Rule = Rule {
    name: "no-paws",
    title: Phrase::new("a segment with an older timestamp is refused", "时间戳更旧的段不收"),
    off: Phrase::new("timestamps are not compared", "不比较时间戳"),
    harness: &NoPaws,
    scenario: &SCENARIO,
    breaks: &[Property::P3],
    keep: Phrase::new(
        "A number says where an octet stands; when numbers come round, only a timestamp says when.",
        "序列号说的是“在哪里”；序列号绕回来时，只有时间戳能说“是什么时候”。",
    ),
};

/// Numbers come round: every connection begins where the one before began.
const SCENARIO: Scenario = Scenario {
    numbers: [&[100], &[300]],
    claims: &[Property::P3],
    settings: |_, _, tcp| tcp.timestamps = true,
    ..AFTER_A_CRASH
};

/// Makes every timestamp at least as new as the newest that was seen.
#[derive(Debug)]
struct NoPaws;

impl Harness for NoPaws {
    fn incoming(&self, host: &mut Host, segment: &Segment<'_>) -> Passage {
        let Some(timestamps) = segment.options.timestamps else { return Passage::Pass };
        let newest = timestamps.value.max(host.memory.number);
        host.memory.number = newest;
        if newest == timestamps.value {
            return Passage::Pass;
        }
        let timestamps = Some(Timestamps { value: newest, ..timestamps });
        let options = Options { timestamps, ..segment.options };
        Passage::Instead(vec![host.packet_in(&Segment { options, ..*segment })])
    }
}
