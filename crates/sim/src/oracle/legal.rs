//! Every segment on the wire is one that its sender may send: RFC 9293 read once more, by somebody who sees only what
//! leaves a host and what reaches it.
//!
//! Nothing here asks an engine what it thinks. Where what reaches a host may belong to one of two incarnations, it is
//! counted for both: then the checker forgives too much rather than too little.

mod heard;
mod reset;
mod said;
mod words;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use cordial_ip::{Packet as IpPacket, Protocol};
use cordial_trace::words::Phrase;
use cordial_wire::{Flags, Segment, SeqNum, Timestamps};

use super::Objection;
use crate::packet;
use heard::Heard;
use said::Said;

/// Watches what leaves hosts and what reaches them.
#[derive(Debug, Default)]
pub struct Checker {
    ends: BTreeMap<(SocketAddr, SocketAddr), End>,
}

/// One host's end of a pair of addresses: its own comes first.
#[derive(Debug, Default)]
struct End {
    /// What it has sent, by initial number, oldest first.
    said: Vec<Said>,
    /// What has reached it.
    heard: Heard,
}

/// What an end has acknowledged, and so expects.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Acknowledged {
    /// The number of the other end's SYN.
    pub syn: SeqNum,
    /// What it acknowledged last: what it expects next; none after a reset that it has sent.
    pub last: Option<SeqNum>,
}

/// A segment as it leaves a host or reaches one.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// Where it comes from; the port is not read from the segment.
    pub from: SocketAddr,
    /// Where it goes.
    pub to: SocketAddr,
    /// The segment.
    pub segment: Segment<'a>,
    /// Its checksum is right.
    pub is_whole: bool,
}

impl<'a> Sight<'a> {
    /// The segment in an IP packet, if there is one.
    pub fn of(packet: &'a [u8]) -> Option<Self> {
        let packet = IpPacket::parse(packet).ok().filter(|packet| packet.protocol == Protocol::Tcp)?;
        let segment = Segment::parse(packet.payload).ok()?;
        Some(Self {
            from: SocketAddr::new(packet.source, segment.source),
            to: SocketAddr::new(packet.destination, segment.destination),
            segment,
            is_whole: packet::is_whole(&packet),
        })
    }
}

/// Incarnations that are remembered for each end.
const INCARNATIONS: usize = 16;

/// What a segment does wrong, with the numbers that show it.
type Wrong = (Phrase, Vec<(&'static str, u32)>);

impl Checker {
    /// A segment leaves a host: what is wrong with it, if anything is.
    pub fn leaves(&mut self, sight: &Sight<'_>) -> Option<Objection> {
        let end = self.ends.entry((sight.from, sight.to)).or_default();
        let wrong = match sight.is_whole {
            true => end.says(&sight.segment).err(),
            false => Some((words::CHECKSUM, Vec::new())),
        };
        let (phrase, fills) = wrong?;
        let objection = Objection::new(phrase).with("end", sight.from).with("segment", sight.segment);
        Some(fills.into_iter().fold(objection, |objection, (place, number)| objection.with(place, number)))
    }

    /// A segment reaches a host. One that was damaged says nothing.
    pub fn arrives(&mut self, sight: &Sight<'_>) {
        if !sight.is_whole {
            return;
        }
        let end = self.ends.entry((sight.to, sight.from)).or_default();
        end.heard.hears(&sight.segment);
        for said in &mut end.said {
            said.hears(&sight.segment);
        }
    }

    /// The timestamps that the peer of an end would send now, as far as anyone can tell who reads along.
    pub(crate) fn timestamps(&self, own: SocketAddr, peer: SocketAddr) -> Option<Timestamps> {
        let end = self.ends.get(&(own, peer))?;
        Some(Timestamps { value: end.heard.newest_timestamp?, echo: end.said.last()?.timestamp? })
    }

    /// True if an end has ever said anything to the other.
    pub(crate) fn knows(&self, own: SocketAddr, peer: SocketAddr) -> bool {
        self.ends.get(&(own, peer)).is_some_and(|end| !end.said.is_empty())
    }

    /// What an end has acknowledged.
    pub(crate) fn acknowledged(&self, own: SocketAddr, peer: SocketAddr) -> Option<Acknowledged> {
        let said = self.ends.get(&(own, peer))?.said.last()?;
        Some(Acknowledged { syn: said.irs?, last: said.acked })
    }

    /// A host has lost its power, and with it the memory of all it said and heard.
    pub fn crashed(&mut self, host: IpAddr) {
        self.ends.retain(|(own, _), _| own.ip() != host);
    }
}

impl End {
    fn says(&mut self, segment: &Segment<'_>) -> Result<(), Wrong> {
        let flags = segment.flags;
        if flags.contains(Flags::RST) {
            // What a late cookie brings back afterwards has the same numbers, and knows nothing of what was acknowledged.
            let its = self.said.iter_mut().filter(|said| said.may_own(segment.seq));
            its.for_each(Said::resets);
            return reset::check(segment, &self.said, &self.heard);
        }
        if flags.contains(Flags::SYN) {
            return self.opens(segment);
        }
        if !flags.contains(Flags::ACK) {
            return Err((words::NO_ACK_BIT, Vec::new()));
        }
        let Some(said) = self.said.iter_mut().rev().find(|said| said.may_own(segment.seq)) else {
            return Err(match self.said.last() {
                None => (words::NEVER_OPENED, Vec::new()),
                Some(said) => said.out_of_sequence(segment),
            });
        };
        said.begins_again();
        said.goes_on(segment, &self.heard)
    }

    /// A SYN or SYN-ACK: the first, or one that comes again.
    fn opens(&mut self, segment: &Segment<'_>) -> Result<(), Wrong> {
        if segment.flags.contains(Flags::FIN) || !segment.payload.is_empty() && !opens_fast(segment) {
            return Err((words::SYN_WITH, Vec::new()));
        }
        self.said.retain(|said| !said.is_followed_by(segment));
        let known = self.said.iter_mut().rev().find(|said| said.iss == segment.seq);
        match known {
            Some(said) => said.opens_again(segment, &self.heard),
            None => {
                if self.said.len() == INCARNATIONS {
                    self.said.remove(0);
                }
                let mut said = Said::new(segment);
                let result = said.opens_again(segment, &self.heard);
                self.said.push(said);
                result
            }
        }
    }
}

/// True of a SYN that brings a cookie: octets may ride on it (RFC 7413 §2.1).
fn opens_fast(segment: &Segment<'_>) -> bool {
    let cookie = segment.options.fast_open;
    !segment.flags.contains(Flags::ACK) && cookie.is_some_and(|cookie| !cookie.is_request())
}

/// How far `position` lies behind `start` on the circle; none if it lies before.
fn offset(position: SeqNum, start: SeqNum) -> Option<u32> {
    let offset = position.since(start);
    (offset < 1 << 31).then_some(offset)
}
