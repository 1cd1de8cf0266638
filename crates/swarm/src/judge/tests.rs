//! The judge objects to what is planted. No engine of ours does such things by itself: either it is set otherwise than the
//! plan says that is judged by, or what it told is doctored.

use std::sync::Arc;

use cordial_sim::task::When;
use cordial_sim::{CLIENT, Link, Way, WireId};

use super::*;
use crate::acts::acts;
use crate::plan::PORT;
use crate::{Mishap, Program};

#[test]
fn everything_is_said_in_both_languages() {
    for phrase in [WAITS, UNEXPLAINED, ENDED, NO_RESET, TOO_SOON, IGNORED, crate::objection::PANIC] {
        assert!(phrase.is_complete() && !phrase.zh.is_ascii(), "{phrase:?}");
    }
}

/// A client and a server that listens; the network is whole after half a minute.
fn plan(client: Vec<(When, Call)>, server: Vec<(When, Call)>) -> Plan {
    let program = |host: HostId, steps: Vec<(When, Call)>| {
        let mut program = Program::at(host);
        steps.into_iter().for_each(|(when, call)| program.push(when, call));
        program
    };
    let heals = Duration::from_secs(30);
    Plan {
        seed: 1,
        is_ipv6: false,
        shape: Shape::Direct,
        wires: vec![[Link::with_delay(Duration::from_millis(10)); 2]],
        settings: vec![Vec::new(), Vec::new()],
        programs: vec![program(SERVER, server), program(CLIENT, client)],
        faults: Vec::new(),
        forgeries: Vec::new(),
        mishaps: Vec::new(),
        heals,
        ends: heals + LONG,
    }
}

fn connect(port: u16, tcp: Option<TcpConfig>) -> (When, Call) {
    (When::Next, Call::Connect { to: SERVER, port, from: None, tcp: tcp.map(Arc::new), waits: true })
}

fn serve() -> Vec<(When, Call)> {
    let listen = Call::Listen { port: PORT, backlog: None, tcp: None, answer: None, fast_open: None };
    [listen, Call::Accept { port: PORT }, Call::ReadToEnd, Call::Close]
        .map(|call| (When::Next, call))
        .to_vec()
}

/// What is said of a run of one plan by another.
fn said(ran: &Plan, by: &Plan) -> Vec<Phrase> {
    let mut built = ran.build();
    built.world.run_out().expect("it ends");
    let objections = ended(by, &built, &acts(ran, &built));
    objections
        .into_iter()
        .map(|objection| match objection {
            Objection::Program { what, .. } => what,
            other => panic!("{other}"),
        })
        .collect()
}

/// A lossy wire is no excuse for who got the segment.
#[test]
fn a_host_that_answers_nothing_is_noticed_on_a_bad_wire_too() {
    let mut plan = plan(vec![connect(PORT + 1, None)], serve());
    plan.wires = vec![[Link::with_delay(Duration::from_millis(10)).lossy(20.0); 2]];
    let mut silent = plan.clone();
    silent.settings[1].push(Setting::Silent);
    assert_eq!(said(&silent, &plan), [IGNORED]);
    assert_eq!(said(&silent, &silent), []);
}

#[test]
fn who_gives_up_too_soon_is_noticed() {
    let hasty = TcpConfig { give_up_after: Duration::from_secs(2), ..TcpConfig::default() };
    let write = (When::NotBefore(Instant::from_millis(1_000)), Call::Write(10));
    let mut plan = plan(vec![connect(PORT, Some(hasty)), write], serve());
    let trouble = Trouble::Cut(WireId(0), Way::There);
    plan.mishaps.push(Mishap { trouble, at: Duration::from_millis(500), lasts: Duration::from_secs(20) });
    assert_eq!(said(&plan, &plan), [TOO_SOON]);
}

/// The server took the connection from a cookie and gave it up; the FIN, which was under way, brought it back, and what the
/// server answers is no news to anybody. The client was open before it was accepted, and was never told of its peer.
#[test]
fn a_reset_of_what_a_late_cookie_brought_back_is_explained() {
    let accept = || Call::Accept { port: PORT };
    let listen = Call::Listen { port: PORT, backlog: None, tcp: None, answer: None, fast_open: None };
    let serves = [listen, accept(), accept(), Call::Abort, accept(), Call::ReadToEnd];
    let serves = serves.map(|call| (When::Next, call)).to_vec();
    let mut plan = plan(vec![connect(PORT, None), (When::Next, Call::ReadToEnd)], serves);
    // The first has the only place, the second is answered with a cookie.
    plan.settings[1].push(Setting::SynQueue(1));
    let mut second = Program::at(CLIENT);
    second.push(When::NotBefore(Instant::from_millis(1)), connect(PORT, None).1);
    second.push(When::Next, Call::Close);
    plan.programs.push(second);
    let mut built = plan.build();
    built.world.run_out().expect("it ends");
    let sockets = (0..).map(Socket).map_while(|socket| built.world.socket(socket));
    let accepted = sockets.filter(|info| info.is_accepted).filter_map(|info| Some(info.ended?.1));
    assert_eq!(accepted.skip(1).collect::<Vec<_>>(), [CloseCause::Aborted, CloseCause::Reset]);
    assert_eq!(said(&plan, &plan), []);
}

/// A client that is known by its cookie, and from whom the server hears nothing more after the SYN with octets: what the
/// server answers is lost for so long.
fn opens_fast(lasts: Duration, server: Option<TcpConfig>) -> Plan {
    let tcp = server.map(Arc::new);
    let fast_open = std::num::NonZeroU32::new(16);
    let mut serves = serve();
    serves[0].1 = Call::Listen { port: PORT, backlog: None, tcp, answer: None, fast_open };
    serves.extend(serve().into_iter().skip(1));
    let later = When::NotBefore(Instant::from_millis(1_000));
    let again = Call::Connect { to: SERVER, port: PORT, from: None, tcp: None, waits: false };
    let calls = vec![
        connect(PORT, None),
        (When::Next, Call::Close),
        (later, again),
        (When::Next, Call::Write(10)),
        (When::Next, Call::ReadToEnd),
    ];
    let mut plan = plan(calls, serves);
    plan.settings[0].push(Setting::FastOpen);
    let trouble = Trouble::Cut(WireId(0), Way::Back);
    plan.mishaps.push(Mishap { trouble, at: Duration::from_millis(500), lasts });
    (plan.heals, plan.ends) = (lasts * 2, lasts * 2 + LONG);
    plan
}

/// Octets were taken from the SYN (RFC 7413 §4.2.2), and their connection is given up with its SYN-ACK, not with R2 of octets.
#[test]
fn a_server_that_took_octets_from_a_syn_waits_for_as_long_as_for_any_third_segment() {
    let plan = opens_fast(Duration::from_secs(100), None);
    let built = {
        let mut built = plan.build();
        built.world.run_out().expect("it ends");
        built
    };
    let sockets = (0..).map(Socket).map_while(|socket| built.world.socket(socket));
    let early = sockets.filter(|info| is_early(info)).filter_map(|info| Some((info.read, info.ended?.1)));
    assert_eq!(early.collect::<Vec<_>>(), [(10, CloseCause::TimedOut)]);
    assert_eq!(said(&plan, &plan), []);
    let hasty = TcpConfig { syn_ack_retries: 4, ..TcpConfig::default() };
    let plan = opens_fast(Duration::from_secs(100), Some(hasty));
    assert_eq!(said(&plan, &plan), [TOO_SOON]);
}

#[test]
fn a_reset_that_nobody_sent_is_noticed() {
    let plan =
        plan(vec![connect(PORT, None), (When::Next, Call::Write(10)), (When::Next, Call::Abort)], serve());
    let mut built = plan.build();
    built.world.run_out().expect("it ends");
    let acts = acts(&plan, &built);
    let judge = Judge { plan: &plan, world: &built.world, acts: &acts };
    let sockets = (0..).map(Socket).map_while(|socket| Some((socket, *built.world.socket(socket)?)));
    let (socket, info) = sockets.into_iter().find(|(_, info)| info.is_accepted).expect("it was accepted");
    let (at, cause) = info.ended.expect("it is over");
    assert_eq!(cause, CloseCause::Reset);
    assert_eq!(judge.wrong_end(socket, &info, at, cause), None);
    // As if it had come to its end a moment before the reset came.
    let before = before(at, Duration::from_millis(1));
    assert_eq!(judge.wrong_end(socket, &info, before, cause), Some(NO_RESET));
    // As if the client still held it.
    let client = *built.world.socket(info.peer.expect("it has a peer")).expect("it is known");
    let peaceful =
        SocketInfo { is_aborted: false, ended: None, released: None, has_shut_read: false, ..client };
    assert!(!judge.explains_reset(socket, &info, &peaceful));
}

/// That a wire is slow and a buffer small excuses nobody for whom nothing moves.
#[test]
fn who_is_stuck_is_not_taken_for_slow() {
    let patient = TcpConfig { syn_retries: 60, ..TcpConfig::default() };
    let mut plan = plan(vec![connect(PORT + 1, Some(patient))], serve());
    plan.wires = vec![[Link::with_delay(Duration::from_millis(10)).rated(20_000); 2]];
    plan.settings = vec![vec![Setting::SendBuffer(600)], vec![Setting::Silent]];
    let mut built = plan.build();
    built
        .world
        .run_until(Instant::ZERO + plan.ends.saturating_sub(Duration::from_nanos(1)))
        .expect("it is bounded");
    let objections = waiting(&plan, &built, &acts(&plan, &built));
    assert!(matches!(&objections[..], [Objection::Program { what, .. }] if *what == WAITS), "{objections:?}");
}
