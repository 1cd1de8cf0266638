//! Ends that believe every reset.

use cordial_stack::Phase;
use cordial_trace::event::Side;
use cordial_trace::words::Phrase;
use cordial_wire::{Control, Flags, Segment, SeqNum};

use crate::budget::Budget;
use crate::harness::{Harness, Passage};
use crate::host::Host;
use crate::property::{Property, Sometimes};
use crate::rule::Rule;
use crate::scenario::{Forgery, Scenario};
use crate::script::{HEAR, SAY_ONE};

/// The sequence number of a reset is not checked.
pub const RULE: Rule = Rule {
    name: "accept-any-rst",
    title: Phrase::new(
        "a reset counts only if it stands exactly at the next number expected",
        "RST 的序列号必须正好是下一个该到的，才算数",
    ),
    off: Phrase::new("every reset counts", "来一个 RST 就信一个"),
    harness: &AcceptAnyRst,
    scenario: &SCENARIO,
    breaks: &[Property::P8],
    keep: Phrase::new(
        "Addresses and ports are easily guessed; the number is the proof that one has seen the conversation.",
        "地址和端口好猜；序列号才能证明：你真的看得见这场对话。",
    ),
};

/// A stranger sends a reset with a number out of nowhere, then one with a number that happens to lie in the window.
const SCENARIO: Scenario = Scenario {
    client: SAY_ONE,
    server: HEAR,
    budget: Budget { forgeries: 2, ..Budget::NONE },
    forgeries: &[
        Forgery { to: Side::Server, from: None, segment: far_off },
        Forgery { to: Side::Server, from: None, segment: near },
    ],
    claims: &[Property::P1, Property::P2, Property::P3, Property::P4, Property::P5, Property::P8],
    sometimes: &[Sometimes::Forged, Sometimes::BothEstablished, Sometimes::BothClosed],
    ..Scenario::EMPTY
};

fn far_off() -> Segment<'static> {
    Segment { seq: SeqNum(77_777), flags: Flags::RST, ..Segment::default() }
}

fn near() -> Segment<'static> {
    Segment { seq: SeqNum(1_234), flags: Flags::RST, ..Segment::default() }
}

/// Gives every reset the number that is expected.
#[derive(Debug)]
struct AcceptAnyRst;

impl Harness for AcceptAnyRst {
    fn incoming(&self, host: &mut Host, segment: &Segment<'_>) -> Passage {
        let vars = *host.vars();
        if segment.control() != Control::Rst || vars.phase < Phase::SynReceived {
            return Passage::Pass;
        }
        Passage::Instead(vec![host.packet_in(&Segment { seq: vars.rcv_nxt, ..*segment })])
    }
}
