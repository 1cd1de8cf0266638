//! A FIN that ends both directions.

use cordial_stack::{Instant, Phase};
use cordial_trace::event::Side;
use cordial_trace::words::Phrase;
use cordial_wire::{Control, Flags, Segment, SeqNum};

use crate::budget::Budget;
use crate::harness::{Harness, Passage};
use crate::host::Host;
use crate::property::Property;
use crate::rule::Rule;
use crate::scenario::Scenario;
use crate::script::{Call, GREET, When, at};

/// Whoever gets a FIN acknowledges it and is CLOSED; whoever gets that ACK is CLOSED too.
pub const RULE: Rule = Rule {
    name: "two-way-close",
    title: Phrase::new("a FIN ends one direction only", "一个 FIN 只结束一个方向"),
    off: Phrase::new("a FIN ends both directions", "一个 FIN 同时结束两个方向"),
    harness: &TwoWayClose,
    scenario: &SCENARIO,
    breaks: &[Property::P4],
    keep: Phrase::new(
        "Having nothing more to say does not mean that the other has: each closes its own direction.",
        "我说完了，不等于你也说完了：各自关各自的方向。",
    ),
};

/// The client closes while the server still answers. One segment may be lost.
const SCENARIO: Scenario = Scenario {
    client: GREET,
    server: &[at(When::Now, Call::Accept), at(When::Now, Call::Write), at(When::End, Call::Finish)],
    budget: Budget { losses: 1, ..Budget::NONE },
    ..Scenario::ONE_OCTET
};

/// Cuts the server off at the FIN, with an ACK for a last word, which counts as the server's FIN at the client.
#[derive(Debug)]
struct TwoWayClose;

impl Harness for TwoWayClose {
    fn incoming(&self, host: &mut Host, segment: &Segment<'_>) -> Passage {
        let vars = *host.vars();
        let is_last = segment.control() == Control::None && segment.ack() == Some(vars.snd_nxt);
        if host.side() != Side::Client || vars.phase != Phase::FinWait1 || !is_last {
            return Passage::Pass;
        }
        let (seq, flags) = (vars.rcv_nxt, segment.flags | Flags::FIN);
        Passage::Instead(vec![host.packet_in(&Segment { seq, flags, payload: &[], ..*segment })])
    }

    fn entered(&self, host: &mut Host, now: Instant, segment: &Segment<'_>) {
        let vars = *host.vars();
        let is_fin = segment.control() == Control::Fin;
        if host.side() == Side::Server && is_fin && vars.phase == Phase::CloseWait {
            host.memory.number = vars.rcv_nxt.0;
            host.cut(now);
        }
    }

    fn outgoing(&self, host: &mut Host, _: Instant, segment: &Segment<'_>) -> Passage {
        if !host.memory.cut || segment.control() != Control::Rst || host.memory.count > 0 {
            return Passage::Pass;
        }
        host.memory.count = 1;
        let ack_number = SeqNum(host.memory.number);
        Passage::Instead(vec![host.packet_out(&Segment { flags: Flags::ACK, ack_number, ..*segment })])
    }
}
