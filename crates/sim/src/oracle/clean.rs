//! Who closes in good order ends in good order: by acknowledgment (P5), and without a reset on the wire (P11).

use std::time::Duration;

use cordial_stack::{CloseCause, Instant};
use cordial_trace::words::Phrase;
use cordial_wire::{Flags, SeqNum};

use super::{Objection, Oracle, Scene, Violation};
use crate::world::SocketInfo;
use crate::{Journey, Property};

const NOT_BY_ACKNOWLEDGMENT: Phrase = Phrase::new(
    "both programs heard each other out and closed, but {end} ended with {cause}",
    "双方程序都读完了对方的话并关闭，但 {end} 以 {cause} 结束",
);
const RESET: Phrase = Phrase::new(
    "both programs heard each other out and closed, but {end} sent a RST while the connection was there",
    "双方程序都读完了对方的话并关闭，但连接还在时 {end} 发出了 RST",
);

pub(super) fn finish(scene: &Scene<'_>, to: &mut Vec<Violation>) {
    for (socket, state) in scene.sockets.iter() {
        let own = state.info;
        let Some(peer) = own.peer.and_then(|peer| scene.sockets.get(peer)).map(|peer| peer.info) else {
            continue;
        };
        let is_heard_out = |own, peer| is_heard_out(scene.journeys, own, peer);
        let is_pair = peer.peer == Some(socket) && is_heard_out(&own, &peer) && is_heard_out(&peer, &own);
        let Some((ended, cause)) = own.ended.filter(|_| is_pair) else { continue };
        if let Some(end) = reset_between(scene.journeys, &own, &peer) {
            let objection = Objection::new(RESET).with("end", own.tuple.local);
            to.push(Violation::new(Oracle::Clean, end, objection).of(Property::P11));
        }
        if is_cut(cause) && !is_excused(scene, &own, &peer, ended) {
            let objection = Objection::new(NOT_BY_ACKNOWLEDGMENT).with("end", own.tuple.local);
            let objection = objection.with("cause", format!("{cause:?}"));
            to.push(Violation::new(Oracle::Clean, ended, objection).of(Property::P5));
        }
    }
}

/// It has said goodbye, and its program has read all that the other's wrote.
fn is_heard_out(journeys: &[Journey], own: &SocketInfo, peer: &SocketInfo) -> bool {
    let is_over = |at: Instant| own.ended.is_some_and(|(ended, _)| at > ended);
    let is_goodbye = |journey: &&Journey| {
        let is_its = journey.is_of(own.tuple) && journey.left >= own.began && !is_over(journey.left);
        is_its && !journey.is_forged() && journey.flags.contains(Flags::FIN)
    };
    own.read == peer.written
        && !own.is_aborted
        && !own.is_dead
        && journeys.iter().any(|journey| is_goodbye(&journey))
}

/// It did not end by acknowledgment, nor for want of it.
const fn is_cut(cause: CloseCause) -> bool {
    matches!(
        cause,
        CloseCause::Reset
            | CloseCause::Refused
            | CloseCause::UnreadData
            | CloseCause::Aborted
            | CloseCause::Unreachable
    )
}

/// It ended for want of an answer.
const fn is_want(cause: CloseCause) -> bool {
    matches!(cause, CloseCause::TimedOut | CloseCause::KeepaliveTimeout | CloseCause::OrphanTimeout)
}

/// The reset is no end's own: something in between sent it; or the other end had given up, or TIME-WAIT was over, when the
/// FIN came again.
fn is_excused(scene: &Scene<'_>, own: &SocketInfo, peer: &SocketInfo, ended: Instant) -> bool {
    let msl = scene.hosts[usize::from(peer.host.0)].stack.tcp_config().msl;
    let is_over = peer
        .ended
        .is_some_and(|(over, cause)| over + if is_want(cause) { Duration::ZERO } else { msl * 2 } <= ended);
    let came = |journey: &&Journey| journey.is_to(own.tuple) && journey.arrived == Some(ended);
    let is_foreign = |journey: &Journey| journey.is_forged() && journey.flags.contains(Flags::RST);
    is_over || scene.journeys.iter().filter(came).any(is_foreign)
}

/// When this end sent a reset before either end was over, though both ended well. What it says to segments of a connection
/// before, while its own SYN is unanswered (RFC 9293 §3.10.7.3), bears their numbers and does not count.
fn reset_between(journeys: &[Journey], own: &SocketInfo, peer: &SocketInfo) -> Option<Instant> {
    let well =
        |info: &SocketInfo| info.ended.filter(|(_, cause)| *cause == CloseCause::Graceful).map(|(at, _)| at);
    let (begins, ends) = (own.began.max(peer.began), well(own)?.min(well(peer)?));
    let is_own = |journey: &&Journey| {
        let is_its = journey.is_of(own.tuple) && !journey.is_forged() && journey.left >= own.began;
        is_its && !journey.flags.contains(Flags::RST)
    };
    let is_syn =
        |journey: &Journey| is_own(&journey) && journey.flags.contains(Flags::SYN) && journey.left < ends;
    // In the order in which they left: what is left of the one before may go at the same moment, and goes first. So its
    // number is that of the last SYN, which may have been sent more than once.
    let iss = journeys.iter().rfind(|journey| is_syn(journey)).map(|journey| journey.seq);
    let syn = journeys.iter().position(|journey| is_syn(journey) && Some(journey.seq) == iss);
    let since_syn = syn.and_then(|syn| journeys.get(syn..)).unwrap_or_default();
    let has_its_number = |seq: SeqNum| {
        let Some(syn) = since_syn.first() else { return true };
        let sent = since_syn.iter().filter(is_own).map(|journey| journey.end().since(syn.seq)).max();
        // The SYN's own number is borne by the reset of an acknowledgment that does not reach it: of a SYN before.
        let at = seq.since(syn.seq);
        at > 0 && sent.is_some_and(|sent| at <= sent)
    };
    let is_it = |journey: &&Journey| {
        journey.is_of(own.tuple)
            && journey.flags.contains(Flags::RST)
            && !journey.is_forged()
            && journey.left > begins
            && journey.left < ends
            && has_its_number(journey.seq)
    };
    journeys.iter().find(is_it).map(|journey| journey.left)
}

#[cfg(test)]
mod tests {
    use cordial_stack::Tuple;
    use cordial_wire::Segment;

    use super::*;
    use crate::journey::By;
    use crate::{CLIENT, SERVER};

    #[test]
    fn a_reset_between_two_ends_that_end_well_is_seen() {
        let at = |text: &str| text.parse().expect("an address");
        let (client, server) = (at("10.0.0.2:5000"), at("10.0.0.1:80"));
        let moment = Instant::from_millis;
        let info = |host, local, peer| SocketInfo {
            ended: Some((moment(90), CloseCause::Graceful)),
            ..SocketInfo::new(host, 0, Tuple { local, peer }, moment(10))
        };
        let (own, peer) = (info(CLIENT, client, server), info(SERVER, server, client));
        let reset = Segment { flags: Flags::RST, ..Segment::default() };
        let left = |when, by| [Journey::new(moment(when), own.tuple, &reset, by)];
        assert_eq!(reset_between(&left(50, By::Host), &own, &peer), Some(moment(50)));
        assert_eq!(reset_between(&left(50, By::Between), &own, &peer), None, "somebody else's");
        assert_eq!(reset_between(&left(95, By::Host), &own, &peer), None, "it answers what comes late");
        assert_eq!(reset_between(&left(5, By::Host), &own, &peer), None, "of the one before");
        let syn = Segment { flags: Flags::SYN, seq: SeqNum(1_000), ..Segment::default() };
        let before = Segment { seq: SeqNum(1_500), payload: b"left", ..Segment::default() };
        for (seq, seen) in [(1_000, false), (1_001, true), (1_002, false), (999, false), (1_504, false)] {
            let reset = Segment { seq: SeqNum(seq), ..reset };
            let both = [(10, before), (20, syn), (50, reset)]
                .map(|(when, segment)| Journey::new(moment(when), own.tuple, &segment, By::Host));
            assert_eq!(reset_between(&both, &own, &peer).is_some(), seen, "{seq}");
        }
        // The SYN-ACK of the one before left at the moment at which this one began.
        let answer = Segment { flags: Flags::SYN | Flags::ACK, seq: SeqNum(500), ..Segment::default() };
        for (seq, seen) in [(501, false), (1_001, true)] {
            let reset = Segment { seq: SeqNum(seq), ..reset };
            let all = [(10, answer), (10, syn), (30, syn), (50, reset)]
                .map(|(when, segment)| Journey::new(moment(when), own.tuple, &segment, By::Host));
            assert_eq!(reset_between(&all, &own, &peer).is_some(), seen, "{seq}");
        }
    }
}
