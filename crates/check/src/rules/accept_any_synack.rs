//! A client that does not look at what a SYN-ACK acknowledges.

use cordial_stack::Phase;
use cordial_trace::words::Phrase;
use cordial_wire::{Flags, Segment};

use crate::budget::Budget;
use crate::harness::{Harness, Passage};
use crate::host::Host;
use crate::property::{Property, Sometimes};
use crate::rule::Rule;
use crate::scenario::Scenario;
use crate::script::{CALL_AGAIN, HEAR};

/// The acknowledgment number of a SYN-ACK is not checked.
pub const RULE: Rule = Rule {
    name: "accept-any-synack",
    title: Phrase::new(
        "a SYN-ACK has to acknowledge the client's own SYN",
        "SYN+ACK 必须确认客户端自己的 SYN",
    ),
    off: Phrase::new("the client takes any SYN-ACK for its own", "客户端把任何 SYN+ACK 都当成给自己的"),
    harness: &AcceptAnySynAck,
    scenario: &SCENARIO,
    breaks: &[Property::P2],
    keep: Phrase::new(
        "ack = number + 1 is how each end learns that the other heard its own number, not an older one.",
        "ack = 序列号 + 1：每一端靠它知道，对方听到的是自己这次的号，而不是旧的。",
    ),
};

/// A first attempt is given up; its SYN may come late. One segment may be lost.
const SCENARIO: Scenario = Scenario {
    client: CALL_AGAIN,
    server: HEAR,
    budget: Budget { losses: 1, delays: 1, ..Budget::NONE },
    claims: &[Property::P1, Property::P2, Property::P3, Property::P7],
    sometimes: &[
        Sometimes::BothEstablished,
        Sometimes::SecondAttempt,
        Sometimes::OldSegment,
        Sometimes::Reset,
    ],
    ..Scenario::EMPTY
};

/// Makes every SYN-ACK acknowledge what the client sent.
#[derive(Debug)]
struct AcceptAnySynAck;

impl Harness for AcceptAnySynAck {
    fn incoming(&self, host: &mut Host, segment: &Segment<'_>) -> Passage {
        let is_syn_ack = segment.flags.contains(Flags::SYN | Flags::ACK);
        if !is_syn_ack || host.vars().phase != Phase::SynSent {
            return Passage::Pass;
        }
        let ack_number = host.vars().iss + 1;
        Passage::Instead(vec![host.packet_in(&Segment { ack_number, ..*segment })])
    }
}
