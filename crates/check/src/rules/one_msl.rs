//! A TIME-WAIT of half the length.

use cordial_stack::{Config, TcpConfig};
use cordial_trace::event::Side;
use cordial_trace::words::Phrase;

use crate::budget::Budget;
use crate::harness::Harness;
use crate::property::{Property, Sometimes};
use crate::rule::Rule;
use crate::scenario::Scenario;
use crate::script::{GREET, HEAR};

/// TIME-WAIT lasts one MSL.
pub const RULE: Rule = Rule {
    name: "one-msl",
    title: Phrase::new("TIME-WAIT lasts 2 MSL", "TIME-WAIT 要等 2 个 MSL"),
    off: Phrase::new("TIME-WAIT lasts 1 MSL", "TIME-WAIT 只等 1 个 MSL"),
    harness: &OneMsl,
    scenario: &SCENARIO,
    breaks: &[Property::P5],
    keep: Phrase::new(
        "One MSL for the last ACK to die in, one more for the FIN that is sent because it died.",
        "一个 MSL 留给最后的 ACK 在路上消失，再一个留给因此重发的 FIN。",
    ),
};

/// One segment may be lost and one held up.
const SCENARIO: Scenario = Scenario {
    client: GREET,
    server: HEAR,
    budget: Budget { losses: 1, delays: 1, ..Budget::NONE },
    claims: &[Property::P1, Property::P2, Property::P5, Property::P6, Property::P7],
    sometimes: &[Sometimes::BothEstablished, Sometimes::TimeWait, Sometimes::FinAgain, Sometimes::BothClosed],
    ..Scenario::EMPTY
};

/// The hosts think that segments live half as long as they do.
#[derive(Debug)]
struct OneMsl;

impl Harness for OneMsl {
    fn configure(&self, _: Side, _: &mut Config, tcp: &mut TcpConfig) {
        tcp.msl /= 2;
    }
}
