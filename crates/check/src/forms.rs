//! All rules in force: the searches that have to find nothing.
//!
//! What they cover: two connections of one pair of ports, one after the other, or both ends calling, or a first attempt given up;
//! an octet (or three) each way; either end closes first, or both at once; so many segments lost, copied and held up as the budget
//! says, whichever. Where a call is made [`promptly`], nothing comes between it and the one before: in `in-succession`,
//! `two-losses` and `three-octets` between the two of opening and writing, in `given-up` before the second call as well.
//! `round-the-circle` lets anything come between any two calls, has timestamps and SACK, and numbers that pass 2³²; it
//! makes no copies. `both-call-stamped` is `both-call` with timestamps and SACK. In `opened-fast` and `opened-fast-again` the
//! client has the server's cookie and its octet rides on the SYN (RFC 7413): what a copy of the SYN brings once more may be read
//! once more, on a connection that never opens, which the server then gives up. This much P3 and P6 allow, and only there.
//!
//! What none of them covers: windows that are scaled, close, or are probed, keepalive, path MTU, congestion control beyond a
//! first segment, segments larger than an octet, an application that stops in between, more than two attempts, three hosts.
//!
//! P12 is claimed of none of them: where an old SYN reaches the server while the client is in TIME-WAIT, the client answers
//! the SYN-ACK with an ACK (RFC 9293 §3.10.7.4), and the half-open connection stays until its own timer gives up.

use cordial_stack::{Config, TcpConfig};
use cordial_trace::event::Side;

use crate::budget::Budget;
use crate::property::{Property, Sometimes};
use crate::scenario::{Scenario, Setting};
use crate::script::{Call, Line, When, at, promptly};

/// A search with all rules in force.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// Its name on the command line.
    pub name: &'static str,
    /// What is searched.
    pub scenario: &'static Scenario,
    /// How many states there are; none: it takes too long to be counted every time.
    pub states: Option<u32>,
}

impl Form {
    /// The setting: nothing is taken away.
    pub const fn setting(&self) -> Setting {
        Setting { scenario: self.scenario, harness: None }
    }
}

/// The searches.
pub const FORMS: &[Form] = &[
    Form { name: "in-succession", scenario: &IN_SUCCESSION, states: Some(1_427_005) },
    Form { name: "both-call", scenario: &BOTH_CALL, states: Some(290_385) },
    Form { name: "both-call-stamped", scenario: &BOTH_CALL_STAMPED, states: Some(401_311) },
    Form { name: "given-up", scenario: &GIVEN_UP, states: Some(103_496) },
    Form { name: "round-the-circle", scenario: &ROUND_THE_CIRCLE, states: Some(180_827) },
    Form { name: "opened-fast", scenario: &OPENED_FAST, states: Some(172_113) },
    Form { name: "opened-fast-again", scenario: &OPENED_FAST_AGAIN, states: Some(627_488) },
    Form { name: "two-losses", scenario: &TWO_LOSSES, states: None },
    Form { name: "three-octets", scenario: &THREE_OCTETS, states: Some(54_716) },
];

/// Two connections between the same two ports, one after the other, an octet each way in both. Either end may close
/// first, or both at once.
const IN_SUCCESSION: Scenario = Scenario {
    client: &[
        promptly(When::Now, Call::Connect),
        promptly(When::Opened, Call::Write),
        at(When::Now, Call::Finish),
        promptly(When::Now, Call::Connect),
        promptly(When::Opened, Call::Write),
        at(When::Now, Call::Finish),
    ],
    server: &SERVER,
    numbers: NUMBERS,
    settings: PATIENT,
    budget: Budget { losses: 1, duplicates: 1, delays: 1, ..Budget::NONE },
    claims: CLAIMS,
    sometimes: &[
        Sometimes::BothEstablished,
        Sometimes::OctetRead,
        Sometimes::OldSegment,
        Sometimes::OldSegmentAtEstablished,
        Sometimes::SecondConnection,
        Sometimes::TimeWait,
        Sometimes::SentAgain,
        Sometimes::FinAgain,
        Sometimes::Refused,
        Sometimes::Reset,
        Sometimes::BothClosed,
    ],
    ..Scenario::EMPTY
};

/// Both ends call.
const BOTH_CALL: Scenario = Scenario {
    client: &[at(When::Now, Call::Connect), promptly(When::Now, Call::Write), at(When::Now, Call::Finish)],
    server: &[at(When::Now, Call::Connect), promptly(When::Now, Call::Write), at(When::Now, Call::Finish)],
    listens: false,
    budget: Budget { losses: 1, duplicates: 1, delays: 1, ..Budget::NONE },
    claims: &[Property::P1, Property::P2, Property::P3, Property::P4, Property::P7, Property::P10],
    sometimes: &[
        Sometimes::BothEstablished,
        Sometimes::OctetRead,
        Sometimes::TimeWait,
        Sometimes::BothClosed,
    ],
    ..Scenario::EMPTY
};

/// Both ends call, with timestamps and SACK. Their numbers do not come round: a SYN that nobody expects is answered by a
/// reset with the number 0 (RFC 9293 §3.10.7.1), and an old one of these would be in order wherever 0 is the next.
const BOTH_CALL_STAMPED: Scenario =
    Scenario { settings: |_, _, tcp| (tcp.timestamps, tcp.sack) = (true, true), ..BOTH_CALL };

/// A first attempt may be given up before anything came of it, or be followed by a second once it is over.
const GIVEN_UP: Scenario = Scenario {
    client: &[
        promptly(When::Now, Call::Connect),
        at(When::Now, Call::Leave),
        promptly(When::Now, Call::Connect),
        promptly(When::Opened, Call::Write),
        at(When::Now, Call::Finish),
    ],
    server: &SERVER,
    numbers: NUMBERS,
    budget: Budget { losses: 1, delays: 1, ..Budget::NONE },
    claims: &[Property::P1, Property::P2, Property::P3, Property::P7, Property::P10],
    sometimes: &[
        Sometimes::BothEstablished,
        Sometimes::OldSegmentAtEstablished,
        Sometimes::SecondAttempt,
        Sometimes::Reset,
    ],
    ..Scenario::EMPTY
};

/// The first connection's numbers come round from 2³² to 0, timestamps and SACK are on, and anything may come between an
/// application's calls.
const ROUND_THE_CIRCLE: Scenario = Scenario {
    client: &[
        at(When::Now, Call::Connect),
        at(When::Opened, Call::Write),
        at(When::Now, Call::Finish),
        at(When::Now, Call::Connect),
        at(When::Opened, Call::Write),
        at(When::Now, Call::Finish),
    ],
    server: &[
        at(When::Now, Call::Accept),
        at(When::Now, Call::Write),
        at(When::Now, Call::Finish),
        at(When::Now, Call::Accept),
        at(When::Now, Call::Write),
        at(When::Now, Call::Finish),
    ],
    numbers: [&[u32::MAX, 50_000], &[u32::MAX - 1, 90_000, 200_000, 400_000, 800_000]],
    settings: |side, config, tcp| {
        PATIENT(side, config, tcp);
        (tcp.timestamps, tcp.sack) = (true, true);
    },
    budget: Budget { losses: 1, delays: 1, ..Budget::NONE },
    ..IN_SUCCESSION
};

/// The two have met, and the client's octet rides on its SYN (RFC 7413). A SYN that comes again when its connection is over
/// makes another, which ends unheard: more may be accepted than were called for.
const OPENED_FAST: Scenario = Scenario {
    client: &[at(When::Now, Call::ConnectFast), at(When::Now, Call::Finish)],
    server: &[
        at(When::Now, Call::Accept),
        promptly(When::Now, Call::Write),
        at(When::Now, Call::Finish),
        at(When::Now, Call::Accept),
        promptly(When::Now, Call::Write),
        at(When::Now, Call::Finish),
        at(When::Now, Call::Accept),
        promptly(When::Now, Call::Write),
        at(When::Now, Call::Finish),
    ],
    opens_fast: true,
    numbers: [&[1, 100, 50_000], &[1, 300, 90_000, 200_000, 400_000, 800_000]],
    settings: PATIENT,
    budget: Budget { losses: 1, duplicates: 1, delays: 1, ..Budget::NONE },
    claims: CLAIMS,
    sometimes: &[
        Sometimes::BothEstablished,
        Sometimes::OctetRead,
        Sometimes::ReadEarly,
        Sometimes::ReadAgain,
        Sometimes::TimeWait,
        Sometimes::SentAgain,
        Sometimes::FinAgain,
        Sometimes::Refused,
        Sometimes::Reset,
        Sometimes::BothClosed,
    ],
    ..Scenario::EMPTY
};

/// As the one before, and then they open fast once more: an old SYN may come to the server while the client calls again.
const OPENED_FAST_AGAIN: Scenario = Scenario {
    client: &[
        at(When::Now, Call::ConnectFast),
        at(When::Now, Call::Finish),
        at(When::Now, Call::ConnectFast),
        at(When::Now, Call::Finish),
    ],
    server: &[
        promptly(When::Now, Call::Accept),
        promptly(When::Now, Call::Write),
        at(When::Now, Call::Finish),
        promptly(When::Now, Call::Accept),
        promptly(When::Now, Call::Write),
        at(When::Now, Call::Finish),
        promptly(When::Now, Call::Accept),
        promptly(When::Now, Call::Write),
        at(When::Now, Call::Finish),
        promptly(When::Now, Call::Accept),
        promptly(When::Now, Call::Write),
        at(When::Now, Call::Finish),
    ],
    ..OPENED_FAST
};

/// One segment more may be lost.
const TWO_LOSSES: Scenario =
    Scenario { budget: Budget { losses: 2, duplicates: 1, delays: 1, ..Budget::NONE }, ..IN_SUCCESSION };

/// Three octets each way; nothing is held up.
const THREE_OCTETS: Scenario = Scenario {
    client: &[
        promptly(When::Now, Call::Connect),
        promptly(When::Opened, Call::Write),
        promptly(When::Now, Call::Write),
        promptly(When::Now, Call::Write),
        at(When::Now, Call::Finish),
        promptly(When::Now, Call::Connect),
        promptly(When::Opened, Call::Write),
        promptly(When::Now, Call::Write),
        promptly(When::Now, Call::Write),
        at(When::Now, Call::Finish),
    ],
    server: &[
        promptly(When::Now, Call::Accept),
        promptly(When::Now, Call::Write),
        promptly(When::Now, Call::Write),
        promptly(When::Now, Call::Write),
        at(When::Now, Call::Finish),
        promptly(When::Now, Call::Accept),
        promptly(When::Now, Call::Write),
        promptly(When::Now, Call::Write),
        promptly(When::Now, Call::Write),
        at(When::Now, Call::Finish),
    ],
    budget: Budget { losses: 1, duplicates: 1, ..Budget::NONE },
    ..IN_SUCCESSION
};

const SERVER: [Line; 6] = [
    promptly(When::Now, Call::Accept),
    promptly(When::Now, Call::Write),
    at(When::Now, Call::Finish),
    promptly(When::Now, Call::Accept),
    promptly(When::Now, Call::Write),
    at(When::Now, Call::Finish),
];

/// Whoever calls tries once more than everything the network may do can spoil: a loss and a delay cost a try each, and so
/// does an old SYN that reached the server first.
const PATIENT: fn(Side, &mut Config, &mut TcpConfig) = |_, _, tcp| tcp.syn_retries = 4;

/// As a clock would deal them: each far beyond the one before.
const NUMBERS: [&[u32]; 2] = [&[100, 50_000], &[300, 90_000, 200_000, 400_000, 800_000]];

const CLAIMS: &[Property] = &[
    Property::P1,
    Property::P2,
    Property::P3,
    Property::P4,
    Property::P5,
    Property::P6,
    Property::P7,
    Property::P9,
    Property::P10,
];
