//! A sender that waits for the window to open, and only waits.

use std::time::Duration;

use cordial_stack::Instant;
use cordial_trace::event::Side;
use cordial_trace::words::Phrase;
use cordial_wire::{Control, Segment};

use crate::budget::Budget;
use crate::harness::{Harness, Passage};
use crate::host::Host;
use crate::property::{Property, Sometimes};
use crate::rule::Rule;
use crate::scenario::Scenario;
use crate::script::{Call, When, at};

/// A closed window is not probed.
pub const RULE: Rule = Rule {
    name: "no-persist-timer",
    title: Phrase::new("a sender asks again while the window is closed", "窗口关着时，发送方要不断去问"),
    off: Phrase::new("a sender waits until it is told", "发送方只等通知，不去问"),
    harness: &NoPersistTimer,
    scenario: &SCENARIO,
    breaks: &[Property::P6],
    keep: Phrase::new(
        "A window update is acknowledged by nobody. If it is lost, each waits for the other: so somebody has to ask.",
        "窗口更新没有人确认。它一丢，双方就互相等：所以总得有一方去问。",
    ),
};

/// The server's buffer holds one octet, so every octet closes the window, and every read opens it. One segment may be
/// lost.
const SCENARIO: Scenario = Scenario {
    client: &[
        at(When::Now, Call::Connect),
        at(When::Opened, Call::Write),
        at(When::Now, Call::Write),
        at(When::Now, Call::Finish),
    ],
    server: &[
        at(When::Now, Call::Accept),
        at(When::Now, Call::Read),
        at(When::Now, Call::Read),
        at(When::Now, Call::Read),
        at(When::End, Call::Finish),
    ],
    slow_reader: Some(Side::Server),
    budget: Budget { losses: 1, ..Budget::NONE },
    settings: |side, _, tcp| {
        if side == Side::Server {
            (tcp.receive_buffer, tcp.receive_buffer_max) = (1, 1);
            // The closed window is told before the application reads.
            tcp.delayed_ack = Duration::ZERO;
        }
    },
    claims: &[Property::P1, Property::P2, Property::P3, Property::P6],
    sometimes: &[Sometimes::WindowClosed, Sometimes::OctetRead, Sometimes::BothClosed],
    ..Scenario::EMPTY
};

/// Keeps the probes: segments without octets, one before what was acknowledged.
#[derive(Debug)]
struct NoPersistTimer;

impl Harness for NoPersistTimer {
    fn outgoing(&self, host: &mut Host, _: Instant, segment: &Segment<'_>) -> Passage {
        let is_bare = segment.control() == Control::None && segment.payload.is_empty();
        match is_bare && host.side() == Side::Client && segment.seq + 1 == host.vars().snd_una {
            true => Passage::Keep,
            false => Passage::Pass,
        }
    }
}
