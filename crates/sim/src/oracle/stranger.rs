//! Nobody ends a connection who is no part of it: no stranger (P8), and no segment of an earlier connection (P10).

use cordial_stack::{CloseCause, Instant};
use cordial_trace::words::Phrase;
use cordial_wire::{Flags, SeqNum};

use super::{Objection, Oracle, Violation};
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

/// A segment has come to a host and was dealt with; `expected` is what its end had acknowledged before.
pub(super) fn dealt(
    now: Instant,
    host: HostId,
    journey: &Journey,
    expected: Option<SeqNum>,
    sockets: &Sockets,
    to: &mut Vec<Violation>,
) {
    for (_, state) in sockets.iter() {
        let info = state.info;
        let is_its = info.host == host && !info.is_dead && journey.is_to(info.tuple);
        let is_over = matches!(info.ended, Some((at, CloseCause::Reset | CloseCause::Refused)) if at == now);
        if !is_its || !is_over {
            continue;
        }
        let began = info.peer.and_then(|peer| sockets.get(peer)).map_or(info.began, |peer| peer.info.began);
        let is_dead = !journey.is_forged() && journey.left < began.min(info.began);
        // Who opens expects the acknowledgment of its SYN; everybody else, the next position.
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
    use cordial_wire::Segment;

    use super::*;
    use crate::CLIENT;
    use crate::oracle::some_conn;
    use crate::tap::Ended;

    /// A reset with number 50 that came at 30 ms and ended a connection that had begun at 20 ms and expected `expected`:
    /// what is said of it.
    fn said(left: u64, by: By, expected: u32) -> Option<Property> {
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
        let mut violations = Vec::new();
        dealt(moment(30), CLIENT, &journey, Some(SeqNum(expected)), &sockets, &mut violations);
        violations.first().and_then(|violation| violation.property)
    }

    #[test]
    fn a_stranger_who_knows_nothing_and_a_dead_connection_are_seen() {
        assert_eq!(said(25, By::Stranger, 49), Some(Property::P8));
        assert_eq!(said(25, By::Stranger, 50), None, "who knows the number is no stranger");
        assert_eq!(said(15, By::Host, 50), Some(Property::P10));
        assert_eq!(said(25, By::Host, 50), None, "the peer's own");
    }
}
