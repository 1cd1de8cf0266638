//! A server that trusts the SYN alone.

use cordial_stack::{Instant, Phase};
use cordial_trace::event::Side;
use cordial_trace::words::Phrase;
use cordial_wire::{Flags, Segment};

use crate::budget::Budget;
use crate::harness::{Harness, Passage};
use crate::host::Host;
use crate::property::{Property, Sometimes};
use crate::rule::Rule;
use crate::scenario::Scenario;
use crate::script::{Call, HEAR, When, at};

/// The third segment is not waited for.
pub const RULE: Rule = Rule {
    name: "two-way-handshake",
    title: Phrase::new("the server waits for the third segment", "服务器要等第三次握手"),
    off: Phrase::new(
        "the server is ESTABLISHED as soon as it answered the SYN",
        "服务器一答复 SYN 就进入 ESTABLISHED",
    ),
    harness: &TwoWayHandshake,
    scenario: &SCENARIO,
    breaks: &[Property::P1],
    keep: Phrase::new(
        "A SYN may be old news. Only the third segment proves that somebody is there and asked just now.",
        "SYN 可能是旧消息。只有第三次握手才证明：对面真有人，而且是刚刚要的连接。",
    ),
};

/// The client may give up at any moment, and the network may hold one segment up.
const SCENARIO: Scenario = Scenario {
    client: &[at(When::Now, Call::Connect), at(When::Now, Call::Leave)],
    server: HEAR,
    budget: Budget { delays: 1, ..Budget::NONE },
    claims: &[Property::P1, Property::P2, Property::P3, Property::P7],
    sometimes: &[Sometimes::BothEstablished, Sometimes::Reset],
    ..Scenario::EMPTY
};

/// Gives the server the third segment itself as soon as the SYN-ACK leaves.
#[derive(Debug)]
struct TwoWayHandshake;

impl Harness for TwoWayHandshake {
    fn outgoing(&self, host: &mut Host, now: Instant, segment: &Segment<'_>) -> Passage {
        let is_syn_ack = segment.flags.contains(Flags::SYN | Flags::ACK);
        if host.side() == Side::Server && is_syn_ack && host.vars().phase == Phase::SynReceived {
            let third = Segment {
                seq: segment.ack_number,
                ack_number: segment.seq + 1,
                flags: Flags::ACK,
                window: segment.window,
                ..Segment::default()
            };
            let packet = host.packet_in(&third);
            host.enter(now, &packet);
        }
        Passage::Pass
    }
}
