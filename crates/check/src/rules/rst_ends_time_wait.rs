//! A TIME-WAIT that a reset can end.

use cordial_stack::{Config, TcpConfig};
use cordial_trace::event::Side;
use cordial_trace::words::Phrase;

use crate::budget::Budget;
use crate::harness::Harness;
use crate::property::{Property, Sometimes};
use crate::rule::Rule;
use crate::scenario::Scenario;
use crate::script::{Call, When, at};

/// RST is obeyed in TIME-WAIT, as RFC 9293 §3.10.7.4 has it; RFC 1337 §3 advises not to.
pub const RULE: Rule = Rule {
    name: "rst-ends-time-wait",
    title: Phrase::new("TIME-WAIT ignores RST", "TIME-WAIT 不理 RST"),
    off: Phrase::new("a reset ends TIME-WAIT", "RST 能结束 TIME-WAIT"),
    harness: &RstEndsTimeWait,
    scenario: &SCENARIO,
    breaks: &[Property::P3],
    keep: Phrase::new(
        "An old copy can make the closed end answer with RST. If TIME-WAIT obeys, the next old copy finds a new connection.",
        "一个旧副本就能让已关闭的一端回 RST。TIME-WAIT 要是听它的，下一个旧副本就会碰上新连接。",
    ),
};

/// The worst of luck: both connections begin at the same numbers. Two copies may come late.
const SCENARIO: Scenario = Scenario {
    client: &[
        at(When::Now, Call::Connect),
        at(When::Read(1), Call::Finish),
        at(When::Now, Call::Connect),
        at(When::Opened, Call::Finish),
    ],
    server: &[
        at(When::Now, Call::Accept),
        at(When::Now, Call::Write),
        at(When::End, Call::Finish),
        at(When::Now, Call::Accept),
        at(When::End, Call::Finish),
    ],
    numbers: [&[100], &[300]],
    budget: Budget { duplicates: 2, ..Budget::NONE },
    claims: &[Property::P1, Property::P2, Property::P3],
    sometimes: &[Sometimes::SecondConnection, Sometimes::TimeWait, Sometimes::OctetRead, Sometimes::Reset],
    ..Scenario::EMPTY
};

/// A setting.
#[derive(Debug)]
struct RstEndsTimeWait;

impl Harness for RstEndsTimeWait {
    fn configure(&self, _: Side, _: &mut Config, tcp: &mut TcpConfig) {
        tcp.ignore_rst_in_time_wait = false;
    }
}
