//! A server that acknowledges the SYN and sends its own in two segments.

use cordial_stack::{Instant, Phase};
use cordial_trace::event::Side;
use cordial_trace::words::Phrase;
use cordial_wire::{Flags, Options, Segment};

use crate::budget::Budget;
use crate::harness::{Harness, Passage};
use crate::host::Host;
use crate::property::Property;
use crate::rule::Rule;
use crate::scenario::Scenario;

/// SYN and ACK do not travel together. Nothing breaks.
///
/// The server's bare SYN takes the client down the path of the simultaneous open, so the client's answer is a SYN-ACK
/// too: four segments instead of three, and the two ends learn no more by them.
pub const RULE: Rule = Rule {
    name: "four-way-handshake",
    title: Phrase::new("the server's SYN and its ACK travel together", "服务器的 SYN 和 ACK 合在一个段里"),
    off: Phrase::new("the server's SYN and its ACK are two segments", "服务器把 SYN 和 ACK 分成两个段发"),
    harness: &FourWayHandshake,
    scenario: &SCENARIO,
    breaks: &[],
    keep: Phrase::new(
        "A fourth segment tells nobody anything new: three are enough for each end to know that it was heard.",
        "第四个段没有告诉任何人新东西：三个段就够双方各自知道“对方听见我了”。",
    ),
};

/// One segment may be lost.
const SCENARIO: Scenario = Scenario {
    budget: Budget { losses: 1, ..Budget::NONE },
    claims: &[
        Property::P1,
        Property::P2,
        Property::P3,
        Property::P4,
        Property::P5,
        Property::P6,
        Property::P7,
        Property::P9,
    ],
    ..Scenario::ONE_OCTET
};

/// Splits the SYN-ACK, and lets the client's answer count as the last of the four.
#[derive(Debug)]
struct FourWayHandshake;

impl Harness for FourWayHandshake {
    fn incoming(&self, host: &mut Host, segment: &Segment<'_>) -> Passage {
        let vars = *host.vars();
        let answers = segment.flags.contains(Flags::SYN | Flags::ACK) && segment.ack_number == vars.iss + 1;
        if host.side() != Side::Server || vars.phase != Phase::SynReceived || !answers {
            return Passage::Pass;
        }
        let (seq, flags, options) = (segment.seq + 1, Flags::ACK, Options::default());
        Passage::Instead(vec![host.packet_in(&Segment { seq, flags, options, ..*segment })])
    }

    fn outgoing(&self, host: &mut Host, _: Instant, segment: &Segment<'_>) -> Passage {
        let is_syn_ack = segment.flags.contains(Flags::SYN | Flags::ACK);
        if host.side() != Side::Server || !is_syn_ack {
            return Passage::Pass;
        }
        let syn = Segment { flags: Flags::SYN, ack_number: Default::default(), ..*segment };
        let ack =
            Segment { seq: segment.seq + 1, flags: Flags::ACK, options: Options::default(), ..*segment };
        Passage::Instead(vec![host.packet_out(&syn), host.packet_out(&ack)])
    }
}
