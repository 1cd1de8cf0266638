//! Ends that forget a connection as soon as it is closed.

use cordial_stack::{Config, TcpConfig};
use cordial_trace::event::Side;
use cordial_trace::words::Phrase;

use crate::budget::Budget;
use crate::harness::Harness;
use crate::property::{Property, Sometimes};
use crate::rule::Rule;
use crate::scenario::Scenario;
use crate::script::{Call, When, at};

/// No TIME-WAIT at all.
pub const RULE: Rule = Rule {
    name: "no-time-wait",
    title: Phrase::new("whoever closes first waits 2 MSL", "先关闭的一端要等 2 MSL"),
    off: Phrase::new("whoever closes first forgets the connection at once", "先关闭的一端马上忘掉这条连接"),
    harness: &NoTimeWait,
    scenario: &SCENARIO,
    breaks: &[Property::P3, Property::P5],
    keep: Phrase::new(
        "TIME-WAIT answers a FIN that comes again, and lets old segments die before their ports are used again.",
        "TIME-WAIT 能答复再来的 FIN，也等旧段都死了才让端口再用。",
    ),
};

/// The worst of luck: both connections begin at the same numbers. A copy may come late, and one segment may be lost.
const SCENARIO: Scenario = Scenario {
    client: &[
        at(When::Now, Call::Connect),
        at(When::Opened, Call::Write),
        at(When::Now, Call::Finish),
        at(When::Now, Call::Connect),
        at(When::Opened, Call::Finish),
    ],
    server: &[
        at(When::Now, Call::Accept),
        at(When::End, Call::Finish),
        at(When::Now, Call::Accept),
        at(When::End, Call::Finish),
    ],
    numbers: [&[100], &[300]],
    budget: Budget { losses: 1, duplicates: 1, ..Budget::NONE },
    claims: &[Property::P1, Property::P2, Property::P3, Property::P4, Property::P5],
    sometimes: &[Sometimes::SecondConnection, Sometimes::TimeWait, Sometimes::OctetRead, Sometimes::FinAgain],
    ..Scenario::EMPTY
};

/// The table of TIME-WAIT has no place.
#[derive(Debug)]
struct NoTimeWait;

impl Harness for NoTimeWait {
    fn configure(&self, _: Side, config: &mut Config, _: &mut TcpConfig) {
        config.limits.time_wait = 0;
    }
}
