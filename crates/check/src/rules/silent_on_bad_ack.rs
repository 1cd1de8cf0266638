//! A client that says nothing to a SYN-ACK it never asked for.

use cordial_stack::Instant;
use cordial_trace::event::Side;
use cordial_trace::words::Phrase;
use cordial_wire::{Flags, Segment};

use crate::budget::Budget;
use crate::harness::{Harness, Memory, Passage};
use crate::host::Host;
use crate::property::{Property, Sometimes};
use crate::rule::Rule;
use crate::scenario::Scenario;
use crate::script::{Call, When, at};

/// No reset answers a SYN-ACK that acknowledges something else.
///
/// The server says goodbye first here, so that TIME-WAIT is its own. A client in TIME-WAIT answers a stray SYN-ACK with
/// an ACK and not with a reset (RFC 9293 §3.10.7.4), so there even the whole rule leaves the entry to its timer.
pub const RULE: Rule = Rule {
    name: "silent-on-bad-ack",
    title: Phrase::new(
        "a SYN-ACK that answers another SYN is answered with RST",
        "对不上号的 SYN+ACK，要用 RST 回答",
    ),
    off: Phrase::new("the client ignores it without a word", "客户端不吭声，直接忽略"),
    harness: &SilentOnBadAck,
    scenario: &SCENARIO,
    breaks: &[Property::P12],
    keep: Phrase::new(
        "Silence means lost or unwanted, and the server cannot tell which; RST tells it at once.",
        "沉默可能是丢了，也可能是不要了，服务器分不清；RST 让它马上知道。",
    ),
};

/// A first attempt is given up; its SYN may come late.
const SCENARIO: Scenario = Scenario {
    client: &[
        at(When::Now, Call::Connect),
        at(When::Now, Call::Leave),
        at(When::Now, Call::Connect),
        at(When::End, Call::Finish),
    ],
    server: &[at(When::Now, Call::Accept), at(When::Now, Call::Finish)],
    numbers: [&[90, 100], &[300, 700, 900]],
    budget: Budget { delays: 1, ..Budget::NONE },
    claims: &[Property::P1, Property::P2, Property::P3, Property::P7, Property::P12],
    sometimes: &[Sometimes::BothEstablished, Sometimes::OldSegment, Sometimes::Reset],
    ..Scenario::EMPTY
};

/// Keeps a reset that answers a SYN-ACK; others go out.
#[derive(Debug)]
struct SilentOnBadAck;

impl Harness for SilentOnBadAck {
    /// Remembers what the segment that comes in acknowledges, if it is a SYN-ACK: a reset that answers it has that number.
    fn incoming(&self, host: &mut Host, segment: &Segment<'_>) -> Passage {
        let is_syn_ack = segment.flags.contains(Flags::SYN | Flags::ACK);
        host.memory.count = u8::from(is_syn_ack && host.side() == Side::Client);
        host.memory.number = if host.memory.count > 0 { segment.ack_number.0 } else { 0 };
        Passage::Pass
    }

    fn outgoing(&self, host: &mut Host, _: Instant, segment: &Segment<'_>) -> Passage {
        let is_reset = segment.flags.contains(Flags::RST);
        let answers = is_reset && host.memory.count > 0 && host.memory.number == segment.seq.0;
        host.memory = Memory::default();
        match answers {
            true => Passage::Keep,
            false => Passage::Pass,
        }
    }
}
