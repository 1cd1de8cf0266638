//! One stack as its peer sees it: what its numbers stand for, and how our segments are made to fit them.

use std::net::{Ipv4Addr, SocketAddr};

use cordial_wire::{Flags, Options, Segment, SeqNum, Timestamps};

use crate::packet::Fields;
use crate::reply::{Place, Reply};
use crate::shape::{AckFrom, Extra, Length, SeqFrom, Shape, Stamp};
use crate::{Offer, Sequence};

/// The stack under test.
pub const HOST: Ipv4Addr = Ipv4Addr::new(10, 8, 0, 1);
/// We.
pub const PEER: Ipv4Addr = Ipv4Addr::new(10, 8, 0, 2);
/// Stands for ISS while the stack has not told its own.
const UNKNOWN: SeqNum = SeqNum(0x5000_0000);
/// Our first TSval.
const CLOCK: u32 = 0x7000_0000;
/// How much our clock goes on from step to step.
const TICK: u32 = 100;
/// What a window filled to its edge counts as, so that numbers after it are the same for windows that are not.
const FILLED: u32 = 10_000;
/// The most that one segment of ours carries.
const SEGMENT: usize = 1400;
/// So near to the edge of the window a number is counted from there, if the window was wider than twice that.
const NEAR: i32 = 64;
/// So far past the edge it is counted from there as well.
const PAST: i32 = 200_000;

/// An offer as a stack understands it: of an option that stands twice the last counts.
fn understood(offer: &Offer) -> Offer {
    let (more, _) = Options::parse(&offer.more);
    Offer { window_scale: more.window_scale.or(offer.window_scale), ..offer.clone() }
}

/// A connection, seen from our end.
#[derive(Clone, Debug)]
pub struct View {
    host: SocketAddr,
    peer: SocketAddr,
    offer: Offer,
    /// The scale option as it stands in our SYN.
    offered_scale: Option<u8>,
    /// Our ISS.
    first: SeqNum,
    /// The number of the last SYN that we sent.
    syn: SeqNum,
    /// Where our numbers are counted from: our ISS, but for windows that were filled.
    base: SeqNum,
    /// The end of what was sent to fill a window, and how much that was.
    filled: Option<(SeqNum, u32)>,
    /// What the stack acknowledged: its RCV.NXT.
    next: SeqNum,
    /// The right edge of its window.
    edge: SeqNum,
    /// The edge when the step began, from which this step's numbers are counted.
    step_edge: SeqNum,
    /// RCV.NXT when the step began.
    step_next: SeqNum,
    /// Its ISS, once it told.
    its_first: Option<SeqNum>,
    /// What we acknowledged of its numbers: its SND.UNA.
    una: SeqNum,
    /// The end of all it sent.
    max: SeqNum,
    /// The widest window we told it.
    max_window: u32,
    /// The shift of its windows, where scaling was agreed on.
    its_shift: Option<u8>,
    /// It uses timestamps.
    stamps: bool,
    its_stamp: u32,
    clock: u32,
    /// The last TSval sent as it should be.
    recent: u32,
}

impl View {
    /// The connection of `sequence`, between the ports with this index.
    pub fn new(sequence: &Sequence, index: u16) -> Self {
        let first = SeqNum(sequence.iss);
        Self {
            host: SocketAddr::new(HOST.into(), 10_000 + index),
            peer: SocketAddr::new(PEER.into(), 20_000 + index),
            offer: understood(&sequence.offer),
            offered_scale: sequence.offer.window_scale,
            first,
            syn: first,
            base: first,
            filled: None,
            next: first,
            edge: first,
            step_edge: first,
            step_next: first,
            its_first: None,
            una: UNKNOWN,
            max: UNKNOWN,
            max_window: 0,
            its_shift: None,
            stamps: false,
            its_stamp: 0,
            clock: CLOCK,
            recent: CLOCK,
        }
    }

    /// The stack's end.
    pub fn host(&self) -> SocketAddr {
        self.host
    }

    /// Our end.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// A step begins.
    pub fn step(&mut self) {
        self.clock = self.clock.wrapping_add(TICK);
        (self.step_edge, self.step_next) = (self.edge, self.next);
    }

    /// The packets of a segment.
    pub fn packets(&mut self, shape: &Shape) -> Vec<Vec<u8>> {
        let seq = self.seq_of(shape);
        let pieces = match shape.length {
            Length::Octets(octets) => vec![usize::from(octets)],
            Length::ToEdge => {
                let room = self.edge.since(seq).min(1 << 20) as usize;
                (0..room.div_ceil(SEGMENT)).map(|at| SEGMENT.min(room - at * SEGMENT)).collect()
            }
        };
        let mut at = seq;
        let mut packets = Vec::new();
        for payload in pieces {
            let fields = self.fields(shape, at, payload);
            self.sent(&fields, shape);
            packets.push(fields.packet(self.peer, self.host));
            at += payload as u32;
        }
        if shape.length == Length::ToEdge {
            self.filled = Some((at, at.since(seq)));
        }
        packets
    }

    fn fields(&self, shape: &Shape, seq: SeqNum, payload: usize) -> Fields {
        let ack = if shape.flags.contains(Flags::ACK) { self.ack_of(shape) } else { SeqNum(0) };
        Fields {
            seq,
            ack,
            flags: shape.flags,
            window: shape.window,
            urgent: shape.urgent,
            options: self.options(shape),
            payload,
            flaw: shape.flaw,
        }
    }

    fn seq_of(&self, shape: &Shape) -> SeqNum {
        let from = match shape.seq {
            SeqFrom::Next => self.next,
            SeqFrom::Edge => self.edge,
            SeqFrom::First => self.first,
        };
        from + shape.seq_by as u32
    }

    fn ack_of(&self, shape: &Shape) -> SeqNum {
        let by = shape.ack_by as u32;
        match shape.ack {
            AckFrom::Una => self.una + by,
            AckFrom::Max => self.max + by,
            AckFrom::Within => (self.una + by).min(self.max),
            AckFrom::Oldest => self.una - self.max_window + by,
        }
    }

    fn options(&self, shape: &Shape) -> Vec<u8> {
        let stamps = self.timestamps(shape);
        let (mut octets, options) = match &shape.options {
            Extra::None => (Vec::new(), Options::default()),
            Extra::Octets(octets) => (octets.clone(), Options::default()),
            Extra::Sack(blocks) => (Vec::new(), self.sack(blocks)),
            Extra::Offer => (Vec::new(), self.offered()),
        };
        let options = Options { timestamps: stamps, ..options };
        let mut area = vec![0; options.emitted_len()];
        options.emit(&mut area).expect("there is room for what was measured");
        octets.extend(area);
        if shape.options == Extra::Offer {
            octets.extend(&self.offer.more);
        }
        octets
    }

    fn timestamps(&self, shape: &Shape) -> Option<Timestamps> {
        let wanted = if shape.options == Extra::Offer { self.offer.timestamps } else { self.stamps };
        let fresh = Timestamps { value: self.clock, echo: self.its_stamp };
        wanted.then_some(())?;
        match shape.stamp {
            Stamp::Fresh => Some(fresh),
            Stamp::Missing => None,
            Stamp::Value(by) => Some(Timestamps { value: self.recent.wrapping_add_signed(by), ..fresh }),
            Stamp::Echo(by) => Some(Timestamps { echo: self.its_stamp.wrapping_add_signed(by), ..fresh }),
        }
    }

    fn offered(&self) -> Options {
        Options {
            mss: self.offer.mss,
            window_scale: self.offered_scale,
            sack_permitted: self.offer.sack,
            ..Options::default()
        }
    }

    fn sack(&self, blocks: &[(i32, i32)]) -> Options {
        let mut options = Options::default();
        for &(start, end) in blocks {
            options.sack.push(self.una + start as u32, self.una + end as u32);
        }
        options
    }

    /// What the stack will have understood, if it is sound.
    fn sent(&mut self, fields: &Fields, shape: &Shape) {
        if fields.flaw.is_some() || fields.flags.contains(Flags::RST) {
            return;
        }
        if shape.stamp == Stamp::Fresh {
            self.recent = self.clock;
        }
        let window = u32::from(fields.window);
        let is_syn = fields.flags.contains(Flags::SYN);
        if is_syn {
            self.syn = fields.seq;
        }
        let shift =
            self.offer.window_scale.filter(|_| self.its_shift.is_some() && !is_syn).unwrap_or(0).min(14);
        let fits = is_syn || (fields.seq.at_or_after(self.next) && fields.seq.at_or_before(self.edge));
        if fits && fields.flags.contains(Flags::ACK) && fields.ack.at_or_before(self.max) {
            self.una = self.una.max(fields.ack);
        }
        if fits {
            self.max_window = self.max_window.max(window << shift);
        }
    }

    /// Takes in a segment of the stack's, and gives it back as it can be compared.
    pub fn heard(&mut self, segment: &Segment<'_>) -> Reply {
        let is_reset = segment.flags.contains(Flags::RST);
        let is_syn = segment.flags.contains(Flags::SYN) && !is_reset;
        if is_syn {
            self.heard_syn(segment);
        }
        if !is_reset {
            self.max = self.max.max(segment.end());
            if let Some(stamps) = segment.options.timestamps {
                self.its_stamp = stamps.value;
            }
            self.heard_ack(segment, is_syn);
        }
        let reply = self.reply(segment, is_reset);
        if is_syn && let Some(ack) = segment.ack() {
            // A connection that begins anew: what it was opened with may have been counted from an edge.
            self.base = ack - 1;
        }
        reply
    }

    fn heard_syn(&mut self, segment: &Segment<'_>) {
        if self.its_first != Some(segment.seq) {
            self.its_first = Some(segment.seq);
            self.una = segment.seq;
            self.max = segment.end();
            // What it answers may have been counted from a place that another stack has elsewhere.
            let begins_with = if segment.ack().is_some() { self.syn } else { self.first };
            (self.base, self.filled) = (begins_with, None);
        }
        let answers = segment.ack().is_some();
        if let (Some(shift), true) = (segment.options.window_scale, self.offer.window_scale.is_some()) {
            self.its_shift = Some(shift);
        }
        // A SYN of its own offers; whether both have timestamps is known from then on.
        let offered = segment.options.timestamps.is_some();
        self.stamps = offered && (answers || self.offer.timestamps);
    }

    fn heard_ack(&mut self, segment: &Segment<'_>, is_syn: bool) {
        let Some(ack) = segment.ack() else { return };
        // It begins with our SYN, wherever that stood.
        let begins = is_syn || ack == self.syn + 1;
        self.next = if begins { ack } else { self.next.max(ack) };
        if let Some((_, octets)) = self.filled.take_if(|(end, _)| ack.at_or_after(*end)) {
            self.base = self.base + octets - FILLED;
        }
        let window = u32::from(segment.window) << self.its_shift.filter(|_| !is_syn).unwrap_or(0);
        let edge = ack + window;
        self.edge = if begins { edge } else { self.edge.max(edge) };
    }

    fn reply(&self, segment: &Segment<'_>, is_reset: bool) -> Reply {
        let base = self.its_first.unwrap_or(UNKNOWN);
        let seq = match segment.seq {
            SeqNum(0) if is_reset => Place::Zero,
            seq => Place::At(by(seq, base)),
        };
        let options = &segment.options;
        Reply {
            flags: segment.flags.without(Flags::PSH),
            seq,
            ack: segment.ack().map(|ack| self.ours(ack)),
            len: segment.payload.len(),
            closed_window: segment.window == 0 && !is_reset,
            mss: options.mss,
            scales: options.window_scale.is_some(),
            sack_permitted: options.sack_permitted,
            echo: options.timestamps.map(|stamps| match stamps.echo {
                0 => None,
                echo => Some(echo.wrapping_sub(CLOCK) as i32),
            }),
            sack: options
                .sack
                .as_slice()
                .iter()
                .map(|&(start, end)| (self.ours(start), self.ours(end)))
                .collect(),
        }
    }

    /// A number of our direction.
    fn ours(&self, seq: SeqNum) -> Place {
        let (from_edge, width) = (by(seq, self.step_edge), by(self.step_edge, self.step_next));
        match (-NEAR..PAST).contains(&from_edge) && width > 2 * NEAR {
            true => Place::Edge(from_edge),
            false => Place::At(by(seq, self.base)),
        }
    }
}

fn by(seq: SeqNum, from: SeqNum) -> i32 {
    seq.since(from) as i32
}
