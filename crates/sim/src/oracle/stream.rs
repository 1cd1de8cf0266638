//! Octets read are those that were written: by the peer, in this incarnation, in order, and none is missing.

use cordial_stack::{CloseCause, Instant};
use cordial_trace::words::Phrase;

use super::{Objection, Oracle, Scene, Violation};
use crate::Property;
use crate::pattern::octet;
use crate::world::{Socket, SocketInfo, Sockets, State};

/// Octets as they are read, compared with those that the peer wrote.
#[derive(Debug)]
pub(crate) struct Octets {
    /// Who writes what is read.
    stream: Option<Socket>,
    at: u64,
    /// How many it has written.
    written: u64,
    /// The first that is another than was written.
    wrong: Option<u64>,
}

impl Octets {
    /// Those that are read from a position on.
    pub fn new(stream: Option<Socket>, at: u64, written: u64) -> Self {
        Self { stream, at, written, wrong: None }
    }

    pub fn check(&mut self, octets: &[u8]) {
        for &read in octets {
            let is_right =
                self.stream.is_some_and(|peer| self.at < self.written && octet(peer.0, self.at) == read);
            if !is_right {
                self.wrong.get_or_insert(self.at);
            }
            self.at += 1;
        }
    }
}

const NOT_WRITTEN: Phrase = Phrase::new(
    "the octet at position {at} that {reader} read is not the one that its peer wrote there",
    "{reader} 在位置 {at} 读到的字节不是对方写在那里的",
);
const NO_WRITER: Phrase = Phrase::new(
    "{reader} read octets on a connection that has no peer",
    "{reader} 从一条没有对端的连接上读到了字节",
);
const CUT_SHORT: Phrase = Phrase::new(
    "{reader} read the end of the stream at {at}, but its peer wrote {written} octets",
    "{reader} 在位置 {at} 读到了流的末尾，但对方写了 {written} 个字节",
);
const END_TOO_SOON: Phrase = Phrase::new(
    "{reader} read the end of the stream, but its peer has not closed",
    "{reader} 读到了流的末尾，但对方并没有关闭",
);
const LOST: Phrase = Phrase::new(
    "{writer} ended well after writing {written} octets, of which its peer has only {there}",
    "{writer} 写了 {written} 个字节后正常结束，但对方只得到 {there} 个",
);
const GHOST: Phrase = Phrase::new(
    "{reader} accepted a connection that nobody asked for",
    "{reader} 接受了一条没有人请求过的连接",
);
const NUMBERS: Phrase = Phrase::new(
    "{reader} and its peer do not agree on their initial numbers",
    "{reader} 与对方对初始序列号看法不一致",
);

/// A program has read octets.
pub(super) fn read(
    now: Instant,
    sockets: &Sockets,
    socket: Socket,
    octets: &Octets,
    to: &mut Vec<Violation>,
) {
    let Some(at) = octets.wrong else { return };
    let phrase = if octets.stream.is_some() { NOT_WRITTEN } else { NO_WRITER };
    let objection = Objection::new(phrase).with("reader", name(sockets, socket)).with("at", at);
    to.push(Violation::new(Oracle::Stream, now, objection).of(Property::P3));
}

/// A program has read the end.
pub(super) fn read_end(now: Instant, sockets: &Sockets, socket: Socket, to: &mut Vec<Violation>) {
    let Some((reader, peer)) = pair(sockets, socket) else { return };
    if reader.has_shut_read {
        return;
    }
    let phrase = match () {
        () if !peer.has_shut_write && !peer.is_dead => END_TOO_SOON,
        () if reader.read != peer.written => CUT_SHORT,
        () => return,
    };
    let objection = Objection::new(phrase).with("reader", name(sockets, socket)).with("at", reader.read);
    let objection = objection.with("written", peer.written);
    to.push(Violation::new(Oracle::Stream, now, objection).of(Property::P4));
}

/// A program has accepted a connection.
pub(super) fn accepted(now: Instant, sockets: &Sockets, socket: Socket, to: &mut Vec<Violation>) {
    let Some(state) = sockets.get(socket) else { return };
    if state.irs.is_none() {
        // It was over before anybody accepted it, and its numbers are no longer known.
        return;
    }
    let Some(peer) = state.info.peer.and_then(|peer| sockets.get(peer)) else {
        let objection = Objection::new(GHOST).with("reader", name(sockets, socket));
        return to.push(Violation::new(Oracle::Stream, now, objection).of(Property::P1));
    };
    if disagree(state, peer) {
        let objection = Objection::new(NUMBERS).with("reader", name(sockets, socket));
        to.push(Violation::new(Oracle::Stream, now, objection).of(Property::P2));
    }
}

/// True if the two were told different initial numbers. One whose third segment never came may have been forgotten, and its
/// caller let in once more by the SYN without octets (RFC 7413 §2).
fn disagree(accepted: &State, peer: &State) -> bool {
    !accepted.is_early && peer.irs.is_some_and(|irs| irs != accepted.iss)
}

/// What could not be said of those that were accepted, because a number was not known yet.
fn accepted_in_the_end(scene: &Scene<'_>, to: &mut Vec<Violation>) {
    for (socket, state) in scene.sockets.iter().filter(|(_, state)| state.info.is_accepted) {
        let peer = state.info.peer.and_then(|peer| scene.sockets.get(peer));
        let asked = |other: &State| {
            let (own, its) = (state.info.tuple, other.info.tuple);
            (its.local, its.peer) == (own.peer, own.local) && !other.info.is_accepted
        };
        let phrase = match peer {
            // It was over before anybody accepted it, and its numbers are not known: somebody there has called.
            None if state.irs.is_none() && !scene.sockets.iter().any(|(_, other)| asked(other)) => GHOST,
            Some(peer) if state.irs.is_some() && disagree(state, peer) => NUMBERS,
            _ => continue,
        };
        let is_known = to.iter().any(|known| known.oracle == Oracle::Stream && known.property == of(phrase));
        if !is_known {
            let objection = Objection::new(phrase).with("reader", name(scene.sockets, socket));
            to.push(Violation {
                property: of(phrase),
                ..Violation::new(Oracle::Stream, scene.now, objection)
            });
        }
    }
}

/// The property that a sentence about who was accepted is of.
fn of(phrase: Phrase) -> Option<Property> {
    Some(if phrase.en == GHOST.en { Property::P1 } else { Property::P2 })
}

/// Who ended well has been acknowledged all that it wrote.
pub(super) fn finish(scene: &Scene<'_>, to: &mut Vec<Violation>) {
    accepted_in_the_end(scene, to);
    for (socket, state) in scene.sockets.iter() {
        let Some((reader, writer)) = pair(scene.sockets, socket) else { continue };
        // Who was let in by what rode on its SYN, and heard no more of, has that alone.
        let is_watched =
            !state.is_early && !reader.has_shut_read && !reader.is_dead && writer.released.is_some();
        let is_well = matches!(writer.ended, Some((_, CloseCause::Graceful))) && !writer.is_dead;
        if !is_watched || !is_well {
            continue;
        }
        let host = &scene.hosts[usize::from(reader.host.0)];
        let unread = host.stack.info(state.conn).map_or(0, |info| u64::from(info.vars.unread));
        let there = reader.read + unread;
        if there < writer.written {
            let writer_name = reader.peer.map_or_else(String::new, |peer| name(scene.sockets, peer));
            let objection = Objection::new(LOST).with("writer", writer_name);
            let objection = objection.with("written", writer.written).with("there", there);
            to.push(Violation::new(Oracle::Stream, scene.now, objection).of(Property::P4));
        }
    }
}

fn pair(sockets: &Sockets, socket: Socket) -> Option<(SocketInfo, SocketInfo)> {
    let own = sockets.get(socket)?.info;
    Some((own, sockets.get(own.peer?)?.info))
}

/// A socket as people know it: its end of the connection.
fn name(sockets: &Sockets, socket: Socket) -> String {
    sockets.get(socket).map_or_else(String::new, |state| state.info.tuple.local.to_string())
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use cordial_stack::Tuple;
    use cordial_wire::SeqNum;

    use super::*;
    use crate::oracle::some_conn;
    use crate::tap::Ended;
    use crate::{CLIENT, SERVER};

    /// What rode on the SYN may be read though a reset came before the third segment, and before anybody accepted it (RFC 7413
    /// §2.1): its numbers are those that its end was told with.
    #[test]
    fn a_connection_that_ended_before_its_third_segment_came_has_a_peer() {
        let at = |text: &str| text.parse::<SocketAddr>().expect("an address");
        let (client, server) = (at("10.0.0.2:5000"), at("10.0.0.1:80"));
        let (there, back) = (Tuple { local: client, peer: server }, Tuple { local: server, peer: client });
        let mut sockets = Sockets::default();
        let caller = sockets.connected(Instant::ZERO, (CLIENT, 0), some_conn(), there, SeqNum(7));
        let (iss, irs) = (SeqNum(9), Some(SeqNum(7)));
        let ended = Ended { at: Instant::from_millis(1), tuple: back, iss, irs, cause: CloseCause::Reset };
        sockets.ended_as(SERVER, &ended);
        let accepted = sockets.accepted(SERVER, 0, some_conn(), back, None);
        assert_eq!(sockets.find_peer(accepted), Some(caller));
        let info = sockets.get(accepted).expect("it is there").info;
        assert_eq!((info.is_opened, info.ended), (false, Some((ended.at, ended.cause))));
    }

    /// It was over when it was accepted, so that its numbers are not known: who asked for it is looked for in the end.
    #[test]
    fn a_connection_without_numbers_that_nobody_asked_for_is_seen() {
        let at = |text: &str| text.parse::<SocketAddr>().expect("an address");
        let (client, server) = (at("10.0.0.2:5000"), at("10.0.0.1:80"));
        for is_asked in [false, true] {
            let mut sockets = Sockets::default();
            let conn = some_conn();
            if is_asked {
                let tuple = Tuple { local: client, peer: server };
                sockets.connected(Instant::ZERO, (CLIENT, 0), conn, tuple, Default::default());
            }
            sockets.accepted(SERVER, 0, conn, Tuple { local: server, peer: client }, None);
            let scene = Scene {
                now: Instant::from_millis(1),
                hosts: &[],
                sockets: &sockets,
                journeys: &[],
                has_nat: false,
                is_out: false,
            };
            let mut violations = Vec::new();
            accepted_in_the_end(&scene, &mut violations);
            let said: Vec<_> = violations.iter().filter_map(|violation| violation.property).collect();
            assert_eq!(said, if is_asked { vec![] } else { vec![Property::P1] });
        }
    }
}
