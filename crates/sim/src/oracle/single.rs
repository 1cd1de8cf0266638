//! Two ends have one connection between the same two ports at a time (P7).

use cordial_stack::Instant;
use cordial_trace::words::Phrase;

use super::{Objection, Oracle, Scene, Violation};
use crate::Property;
use crate::world::State;

const TWO: Phrase =
    Phrase::new("{end} has two connections with {peer} at once", "{end} 与 {peer} 之间同时有两条连接");

pub(super) fn finish(scene: &Scene<'_>, to: &mut Vec<Violation>) {
    let all: Vec<&State> = scene.sockets.iter().map(|(_, state)| state).collect();
    for (nth, later) in all.iter().enumerate() {
        for earlier in all.iter().take(nth) {
            // Behind a NAT two connections of one host's port may have two ports outside.
            let is_same = key(earlier) == key(later) && !scene.has_nat;
            // What a late cookie brings back has the numbers that it had.
            if is_same && earlier.iss != later.iss && overlap(earlier, later) {
                let tuple = later.info.tuple;
                let objection = Objection::new(TWO).with("end", tuple.local).with("peer", tuple.peer);
                to.push(Violation::new(Oracle::Single, later.info.began, objection).of(Property::P7));
            }
        }
    }
}

fn key(state: &State) -> (crate::HostId, u32, cordial_stack::Tuple) {
    (state.info.host, state.info.life, state.info.tuple)
}

fn overlap(one: &State, other: &State) -> bool {
    let ends_after = |state: &State, moment: Instant| state.info.ended.is_none_or(|(at, _)| at > moment);
    let is_known = one.irs.is_some() && other.irs.is_some();
    is_known && ends_after(one, other.info.began) && ends_after(other, one.info.began)
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use cordial_stack::{CloseCause, Tuple};
    use cordial_wire::SeqNum;

    use super::*;
    use crate::CLIENT;
    use crate::oracle::some_conn;
    use crate::tap::{Born, Ended};
    use crate::world::Sockets;

    fn moment(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    /// A connection of the same two ends that began now, and perhaps ended.
    fn opens(sockets: &mut Sockets, began: u64, ended: Option<u64>) {
        let at = |text: &str| text.parse::<SocketAddr>().expect("an address");
        let tuple = Tuple { local: at("10.0.0.2:5000"), peer: at("10.0.0.1:80") };
        let iss = SeqNum(began as u32);
        sockets.connected(moment(began), (CLIENT, 0), some_conn(), tuple, iss);
        sockets.born(CLIENT, Born { at: moment(began), tuple, iss, irs: SeqNum(7) });
        if let Some(ended) = ended {
            sockets.ended_as(
                CLIENT,
                &Ended { at: moment(ended), tuple, iss, irs: None, cause: CloseCause::Graceful },
            );
        }
    }

    fn said(sockets: &Sockets) -> usize {
        let mut violations = Vec::new();
        let scene =
            Scene { now: moment(99), hosts: &[], sockets, journeys: &[], has_nat: false, is_out: true };
        finish(&scene, &mut violations);
        violations.len()
    }

    #[test]
    fn a_second_connection_beside_the_first_is_seen() {
        let mut one_after_the_other = Sockets::default();
        opens(&mut one_after_the_other, 10, Some(20));
        opens(&mut one_after_the_other, 30, None);
        assert_eq!(said(&one_after_the_other), 0);
        let mut beside = Sockets::default();
        opens(&mut beside, 10, Some(40));
        opens(&mut beside, 30, None);
        assert_eq!(said(&beside), 1);
    }
}
