//! Initial sequence numbers that are always the same.

use cordial_trace::event::Side;
use cordial_trace::words::Phrase;

use crate::budget::Budget;
use crate::harness::Harness;
use crate::property::{Property, Sometimes};
use crate::rule::Rule;
use crate::scenario::Scenario;
use crate::script::{Call, When, at};

/// Every connection begins at the same number.
pub const RULE: Rule = Rule {
    name: "fixed-isn",
    title: Phrase::new("every connection begins at a new number", "每条连接都从新的序列号开始"),
    off: Phrase::new("every connection begins at the same number", "每条连接都从同一个序列号开始"),
    harness: &FixedIsn,
    scenario: &AFTER_A_CRASH,
    breaks: &[Property::P3],
    keep: Phrase::new(
        "A host that crashed has forgotten its TIME-WAIT; new numbers still tell the old octets apart.",
        "崩溃的主机忘了自己的 TIME-WAIT；好在序列号是新的，旧字节还认得出来。",
    ),
};

/// The client writes, crashes, and comes back on the same ports at once; one segment may be held up.
pub const AFTER_A_CRASH: Scenario = Scenario {
    client: &[
        at(When::Now, Call::Connect),
        at(When::Opened, Call::Write),
        at(When::Now, Call::Connect),
        at(When::Opened, Call::Finish),
    ],
    server: &[
        at(When::Now, Call::Accept),
        at(When::End, Call::Finish),
        at(When::Now, Call::Accept),
        at(When::End, Call::Finish),
    ],
    numbers: [&[100, 50_000], &[300, 90_000, 200_000]],
    budget: Budget { delays: 1, crashes: 1, ..Budget::NONE },
    claims: &[Property::P2, Property::P3, Property::P10],
    sometimes: &[
        Sometimes::BothEstablished,
        Sometimes::SecondConnection,
        Sometimes::OctetRead,
        Sometimes::OldSegmentAtEstablished,
    ],
    ..Scenario::EMPTY
};

/// Deals the first number again and again.
#[derive(Debug)]
struct FixedIsn;

impl Harness for FixedIsn {
    fn numbers(&self, _: Side, dealt: &'static [u32]) -> &'static [u32] {
        dealt.get(..1).unwrap_or_default()
    }
}
