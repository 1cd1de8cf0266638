//! TCP as it was in 1981: a SYN inside the window resets.

use cordial_stack::{Instant, Phase};
use cordial_trace::words::Phrase;
use cordial_wire::{Control, Segment};

use crate::budget::Budget;
use crate::harness::Harness;
use crate::host::Host;
use crate::property::{Property, Sometimes};
use crate::rule::Rule;
use crate::scenario::Scenario;
use crate::script::{CALL_AGAIN, HEAR};

/// A SYN that lies in the window of an open connection resets it, as RFC 793 had it.
pub const RULE: Rule = Rule {
    name: "syn-resets-established",
    title: Phrase::new(
        "a SYN on an open connection is answered with a challenge ACK",
        "连接已打开时再来 SYN，只回一个质询 ACK",
    ),
    off: Phrase::new(
        "a SYN inside the window resets the connection, as in 1981",
        "窗口里来一个 SYN 就复位连接，1981 年的 TCP 就这样",
    ),
    harness: &SynResetsEstablished,
    scenario: &SCENARIO,
    breaks: &[Property::P10],
    keep: Phrase::new(
        "Whoever really restarted answers the challenge with RST; an old SYN's sender knows nothing of it.",
        "真的重启过的人会用 RST 回应质询；旧 SYN 的主人什么也不知道。",
    ),
};

/// A first attempt is given up; its SYN, whose number lies in the second one's window, may come late.
const SCENARIO: Scenario = Scenario {
    client: CALL_AGAIN,
    server: HEAR,
    numbers: [&[1_000, 100], &[300, 700, 900]],
    budget: Budget { delays: 1, ..Budget::NONE },
    claims: &[Property::P1, Property::P2, Property::P3, Property::P7, Property::P10],
    sometimes: &[Sometimes::BothEstablished, Sometimes::OldSegmentAtEstablished, Sometimes::Refused],
    ..Scenario::EMPTY
};

/// Aborts a connection that such a SYN reaches.
#[derive(Debug)]
struct SynResetsEstablished;

impl Harness for SynResetsEstablished {
    fn entered(&self, host: &mut Host, now: Instant, segment: &Segment<'_>) {
        let vars = *host.vars();
        let is_bare_syn = segment.control() == Control::Syn && segment.ack().is_none();
        let is_inside =
            segment.seq.at_or_after(vars.rcv_nxt) && segment.seq.before(vars.rcv_nxt + vars.rcv_wnd);
        if vars.phase == Phase::Established && is_bare_syn && is_inside {
            host.abort(now);
        }
    }
}
