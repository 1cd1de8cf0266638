//! Ends that do not expect to be called while they call.

use cordial_stack::Phase;
use cordial_trace::words::Phrase;
use cordial_wire::{Control, Segment};

use crate::harness::{Harness, Passage};
use crate::host::Host;
use crate::property::{Property, Sometimes};
use crate::rule::Rule;
use crate::scenario::Scenario;
use crate::script::GREET;

/// A SYN that crosses one's own is dropped.
pub const RULE: Rule = Rule {
    name: "no-simultaneous-open",
    title: Phrase::new("two ends that call each other get one connection", "两边同时拨号，也能建成一条连接"),
    off: Phrase::new("an end that is calling ignores the other's SYN", "正在拨号的一端不理对方的 SYN"),
    harness: &NoSimultaneousOpen,
    scenario: &SCENARIO,
    breaks: &[Property::P6],
    keep: Phrase::new(
        "Without a caller and a called there is still a handshake: four segments, one connection.",
        "没有主叫被叫之分，照样能握手：四个段，一条连接。",
    ),
};

/// Both ends call; nobody listens; nothing goes wrong on the way.
const SCENARIO: Scenario = Scenario {
    client: GREET,
    server: GREET,
    listens: false,
    claims: &[Property::P1, Property::P2, Property::P3, Property::P5, Property::P6, Property::P7],
    sometimes: &[Sometimes::BothEstablished, Sometimes::BothClosed],
    ..Scenario::EMPTY
};

/// Keeps a bare SYN from an end that sent its own.
#[derive(Debug)]
struct NoSimultaneousOpen;

impl Harness for NoSimultaneousOpen {
    fn incoming(&self, host: &mut Host, segment: &Segment<'_>) -> Passage {
        let is_bare_syn = segment.control() == Control::Syn && segment.ack().is_none();
        match is_bare_syn && host.vars().phase == Phase::SynSent {
            true => Passage::Keep,
            false => Passage::Pass,
        }
    }
}
