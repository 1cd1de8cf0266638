//! What breaks a property is seen: each test plants a defect, or leads to the state in which one would hide.

mod common;

use common::after;
use cordial_check::budget::Budget;
use cordial_check::harness::Harness;
use cordial_check::host::Host;
use cordial_check::scenario::{Scenario, Setting};
use cordial_check::script::{CALL_AGAIN, Call, HEAR, When, at, promptly};
use cordial_check::{Action, Bounds, Found, Property, RULES, Rule, Sometimes, search};
use cordial_stack::{Config, TcpConfig};
use cordial_trace::event::Side;
use cordial_wire::Flags;

const CALL: Action = Action::Call(Side::Client);
const TO_CLIENT: Action = Action::Deliver(Side::Client);
const TO_SERVER: Action = Action::Deliver(Side::Server);

fn rule(name: &str) -> &'static Rule {
    RULES.iter().find(|rule| rule.name == name).expect("a rule")
}

fn everything(scenario: Scenario, harness: Option<&'static dyn Harness>) -> Found {
    let setting = Setting { scenario: Box::leak(Box::new(scenario)), harness };
    let found = search(setting, &[], Bounds::default());
    assert!(found.is_exhausted);
    found
}

/// The client crashed and calls again; the server, which knows nothing of it, answers for its old connection.
#[test]
fn what_an_old_connection_sends_is_told_from_what_the_new_one_does() {
    let setting = rule("fixed-isn").on();
    let open = [CALL, TO_SERVER, TO_CLIENT, TO_SERVER];
    let again = [Action::Crash(Side::Client), CALL, TO_SERVER];
    let world = after(setting, &[&open[..], &again[..]].concat());
    let challenge = world.network().next(Side::Client).expect("a challenge ACK");
    assert_eq!(challenge.segment().flags, Flags::ACK);
    assert_eq!((world.host(Side::Client).attempt(), challenge.era), (2, 1));
}

/// The reset that answers it comes from an end that is calling, but is about the old connection.
#[test]
fn a_reset_belongs_to_the_attempt_of_what_it_answers() {
    let setting = rule("fixed-isn").on();
    let open = [CALL, TO_SERVER, TO_CLIENT, TO_SERVER];
    let again = [Action::Crash(Side::Client), CALL, TO_SERVER, TO_CLIENT];
    let world = after(setting, &[&open[..], &again[..]].concat());
    let reset = world.network().next(Side::Server).expect("a reset");
    assert_eq!((reset.segment().flags, reset.era), (Flags::RST, 1));
}

/// With every initial number the same, and one end no longer ESTABLISHED when the other is.
#[test]
fn numbers_are_compared_even_if_both_ends_are_never_established_at_once() {
    let scenario = Scenario {
        client: const {
            &[
                at(When::Now, Call::Connect),
                at(When::Now, Call::Leave),
                at(When::Now, Call::Connect),
                promptly(When::Opened, Call::Finish),
            ]
        },
        ..*rule("accept-any-synack").scenario
    };
    let found = everything(scenario, Some(rule("accept-any-synack").harness));
    assert!(found.run(Property::P2).is_some());
    assert_eq!(everything(scenario, None).run(Property::P2), None);
}

/// A server that goes on asking for twice as long as it says.
#[derive(Debug)]
struct Stubborn;

impl Harness for Stubborn {
    fn configure(&self, side: Side, _: &mut Config, tcp: &mut TcpConfig) {
        if side == Side::Server {
            tcp.syn_ack_retries = 5;
        }
    }
}

#[test]
fn a_half_open_connection_that_outlives_its_limit_unheard_is_seen() {
    let scenario = Scenario {
        client: const { &[at(When::Now, Call::Connect), at(When::Now, Call::Leave)] },
        server: HEAR,
        budget: Budget { losses: 6, ..Budget::NONE },
        ..Scenario::EMPTY
    };
    assert!(everything(scenario, Some(&Stubborn)).run(Property::P12).is_some());
    assert_eq!(everything(scenario, None).run(Property::P12), None);
}

#[test]
fn a_reset_that_answers_an_old_syn_s_answer_spoils_no_goodbye() {
    let scenario = Scenario { client: CALL_AGAIN, ..*rule("silent-on-bad-ack").scenario };
    let hold = Action::Hold(Side::Server);
    let late = after(
        Setting { scenario: Box::leak(Box::new(scenario)), harness: None },
        &[CALL, hold, CALL, CALL, Action::Release(0), TO_CLIENT],
    );
    let reset = late.network().iter().any(|message| message.segment().flags.contains(Flags::RST));
    assert!(reset && !late.step().broken.has(Property::P11), "{:?}", late.network());
}

/// Two hosts that have met, and a copy of the SYN that may come when all is over.
const COPIED_SYN: Scenario = Scenario {
    client: &[promptly(When::Now, Call::ConnectFast), at(When::Now, Call::Finish)],
    server: &[
        promptly(When::Now, Call::Accept),
        at(When::End, Call::Finish),
        promptly(When::Now, Call::Accept),
        at(When::End, Call::Finish),
    ],
    opens_fast: true,
    numbers: [&[1, 100], &[1, 300, 90_000]],
    budget: Budget { duplicates: 1, ..Budget::NONE },
    ..Scenario::EMPTY
};

/// What rode on a SYN may be read once more on a connection that never opens (RFC 7413 §2.1), and on no other: whose server
/// does not wait for the third segment gives it to a program as news.
#[test]
fn octets_of_a_syn_come_again_only_where_nothing_comes_after_them() {
    let found = everything(COPIED_SYN, None);
    assert_ne!(found.happened & Sometimes::ReadAgain.bit(), 0);
    for property in [Property::P2, Property::P3, Property::P6] {
        assert_eq!(found.run(property), None, "{property}");
    }
    let found = everything(COPIED_SYN, Some(rule("two-way-handshake").harness));
    for property in [Property::P2, Property::P3] {
        assert!(found.run(property).is_some(), "{property}");
    }
}

/// Only the answers to SYN-ACKs are taken away: other resets of the client's go out.
#[test]
fn silent_on_bad_ack_is_silent_on_bad_acks_only() {
    let found = search(rule("silent-on-bad-ack").without(), &[], Bounds::default());
    assert_ne!(found.happened & Sometimes::Reset.bit(), 0);
}

/// An octet that waits out of order, and where it came from.
#[test]
fn two_states_that_differ_in_an_octet_that_waits_are_two() {
    let setting = rule("no-time-wait").on();
    let open = after(setting, &[CALL, TO_SERVER, TO_CLIENT, TO_SERVER]);
    let prints = [b"i", b"a"].map(|payload: &[u8; 1]| {
        let mut host: Host = open.host(Side::Server).clone();
        let vars = *host.vars();
        let segment = cordial_wire::Segment {
            seq: vars.rcv_nxt + 1,
            ack_number: vars.snd_nxt,
            flags: Flags::ACK,
            window: 4_000,
            payload,
            ..Default::default()
        };
        let packet = host.packet_in(&segment);
        host.receive(&setting, open.now(), &packet);
        host.note_waiting(open.now());
        let mut h = std::hash::DefaultHasher::new();
        host.fingerprint(open.now(), &mut h);
        std::hash::Hasher::finish(&h)
    });
    assert_ne!(prints[0], prints[1]);
}
