//! A receiver that takes octets wherever they stand.

use cordial_stack::Phase;
use cordial_trace::words::Phrase;
use cordial_wire::Segment;

use crate::budget::Budget;
use crate::harness::{Harness, Passage};
use crate::host::Host;
use crate::property::{Property, Sometimes};
use crate::rule::Rule;
use crate::scenario::Scenario;
use crate::script::{Call, When, at};

/// Octets outside the window are taken as if they came next.
pub const RULE: Rule = Rule {
    name: "no-window-check",
    title: Phrase::new("octets outside the window are refused", "窗口之外的字节不收"),
    off: Phrase::new("octets are taken whatever their number", "不看序列号，来的字节都收"),
    harness: &NoWindowCheck,
    scenario: &SCENARIO,
    breaks: &[Property::P3],
    keep: Phrase::new(
        "The window is not only for pace: it is where this connection's octets have to stand.",
        "窗口不只管快慢：它还划定了这条连接的字节该站在哪里。",
    ),
};

/// The server closes first, so that the client may come back at once with a higher number (RFC 6191); a copy of what it
/// wrote before may come late.
const SCENARIO: Scenario = Scenario {
    client: &[
        at(When::Now, Call::Connect),
        at(When::Opened, Call::Write),
        at(When::End, Call::Finish),
        at(When::Now, Call::Connect),
        at(When::Opened, Call::Finish),
    ],
    server: &[
        at(When::Now, Call::Accept),
        at(When::Read(1), Call::Finish),
        at(When::Now, Call::Accept),
        at(When::End, Call::Finish),
    ],
    numbers: [&[100, 50_000], &[300, 200_000, 900_000]],
    budget: Budget { duplicates: 1, ..Budget::NONE },
    claims: &[Property::P1, Property::P2, Property::P3, Property::P7, Property::P10],
    sometimes: &[Sometimes::SecondConnection, Sometimes::OldSegmentAtEstablished, Sometimes::TimeWait],
    ..Scenario::EMPTY
};

/// Gives octets from elsewhere the number that is expected.
#[derive(Debug)]
struct NoWindowCheck;

impl Harness for NoWindowCheck {
    fn incoming(&self, host: &mut Host, segment: &Segment<'_>) -> Passage {
        let vars = *host.vars();
        let is_inside =
            segment.seq.at_or_after(vars.rcv_nxt) && segment.seq.before(vars.rcv_nxt + vars.rcv_wnd);
        if vars.phase != Phase::Established || segment.payload.is_empty() || is_inside {
            return Passage::Pass;
        }
        let taken = Segment { seq: vars.rcv_nxt, ack_number: vars.snd_una, ..*segment };
        Passage::Instead(vec![host.packet_in(&taken)])
    }
}
