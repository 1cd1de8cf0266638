//! Nobody ends a connection who is no part of it: no stranger (P8), and no segment of an earlier connection (P10).

use cordial_stack::{CloseCause, Instant};
use cordial_trace::words::Phrase;
use cordial_wire::Flags;

use super::{Acknowledged, Objection, Oracle, Violation};
use crate::world::Sockets;
use crate::{By, HostId, Journey, Property};

const BY_STRANGER: Phrase = Phrase::new(
    "a stranger who did not know what {end} expects next has ended its connection",
    "外人并不知道 {end} 期待的下一个序号，却结束了它的连接",
);
const BY_DEAD: Phrase = Phrase::new(
    "a reset that was sent before the connection of {end} began has ended it",
    "{end} 的连接开始之前发出的 RST 结束了这条连接",
);

/// A reset that has come to a host and was dealt with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reset<'a> {
    pub now: Instant,
    pub host: HostId,
    pub journey: &'a Journey,
    /// What the end it is for had acknowledged before it came.
    pub acknowledged: Option<Acknowledged>,
}

/// Says so where the reset ended what it had no right to end; `journeys` is all that has ever left a host.
pub(super) fn dealt(reset: &Reset<'_>, sockets: &Sockets, journeys: &[Journey], to: &mut Vec<Violation>) {
    let &Reset { now, host, journey, acknowledged } = reset;
    for (_, state) in sockets.iter() {
        let info = state.info;
        let is_its = info.host == host && !info.is_dead && journey.is_to(info.tuple);
        let is_over = matches!(info.ended, Some((at, CloseCause::Reset | CloseCause::Refused)) if at == now);
        if !is_its || !is_over {
            continue;
        }
        let began = info.peer.and_then(|peer| sockets.get(peer)).map_or(info.began, |peer| peer.info.began);
        let is_before = |journey: &Journey| journey.left < began.min(info.began);
        // A late copy of a SYN from before the connection began was answered, and who sent that takes it back.
        let is_answered = |syn: &Journey| {
            let is_syn = syn.is_to(info.tuple) && syn.flags.contains(Flags::SYN);
            is_syn && is_before(syn) && acknowledged.is_some_and(|acknowledged| acknowledged.syn == syn.seq)
        };
        let is_dead = !journey.is_forged() && is_before(journey) && !journeys.iter().any(is_answered);
        // Who opens expects the acknowledgment of its SYN; everybody else, the next position.
        let expected = acknowledged.and_then(|acknowledged| acknowledged.last);
        let knows = expected == Some(journey.seq) || journey.ack == Some(state.iss + 1);
        let is_strange = journey.by == By::Stranger && !journey.flags.contains(Flags::SYN) && !knows;
        let (phrase, property) = match () {
            () if is_strange => (BY_STRANGER, Property::P8),
            () if is_dead => (BY_DEAD, Property::P10),
            () => continue,
        };
        let objection = Objection::new(phrase).with("end", info.tuple.local);
        to.push(Violation::new(Oracle::Stranger, now, objection).of(property));
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use cordial_stack::Tuple;
    use cordial_wire::{Segment, SeqNum};

    use super::*;
    use crate::CLIENT;
    use crate::oracle::some_conn;
    use crate::tap::Ended;

    /// A reset with number 50 that came at 30 ms and ended a connection that had begun at 20 ms, expected `expected` and
    /// had answered a SYN of 1 ms with number `syn`: what is said of it.
    fn said(left: u64, by: By, expected: u32, syn: u32) -> Option<Property> {
        let at = |text: &str| text.parse::<SocketAddr>().expect("an address");
        let tuple = Tuple { local: at("10.0.0.2:5000"), peer: at("10.0.0.1:80") };
        let moment = Instant::from_millis;
        let mut sockets = Sockets::default();
        sockets.connected(moment(20), (CLIENT, 0), some_conn(), tuple, SeqNum(1));
        sockets.ended_as(
            CLIENT,
            &Ended { at: moment(30), tuple, iss: SeqNum(1), irs: None, cause: CloseCause::Reset },
        );
        let reset = Segment { flags: Flags::RST, seq: SeqNum(50), ..Segment::default() };
        let back = Tuple { local: tuple.peer, peer: tuple.local };
        let journey = Journey::new(moment(left), back, &reset, by);
        let old_syn = Segment { flags: Flags::SYN, seq: SeqNum(49), ..Segment::default() };
        let journeys = [Journey::new(moment(1), back, &old_syn, By::Host), journey];
        let acknowledged = Some(Acknowledged { syn: SeqNum(syn), last: Some(SeqNum(expected)) });
        let reset = super::Reset { now: moment(30), host: CLIENT, journey: &journey, acknowledged };
        let mut violations = Vec::new();
        dealt(&reset, &sockets, &journeys, &mut violations);
        violations.first().and_then(|violation| violation.property)
    }

    #[test]
    fn a_stranger_who_knows_nothing_and_a_dead_connection_are_seen() {
        assert_eq!(said(25, By::Stranger, 49, 7), Some(Property::P8));
        assert_eq!(said(25, By::Stranger, 50, 7), None, "who knows the number is no stranger");
        assert_eq!(said(15, By::Host, 50, 7), Some(Property::P10));
        assert_eq!(said(15, By::Host, 50, 49), None, "what it resets is the old SYN that was answered");
        assert_eq!(said(25, By::Host, 50, 7), None, "the peer's own");
    }
}
