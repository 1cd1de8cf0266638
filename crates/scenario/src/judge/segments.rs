//! Claims about segments.

use std::time::Duration;

use cordial_trace::event::{Fate, Segment, Side};
use cordial_wire::Flags;

use super::history::{History, Passage};
use super::is_at;
use super::words::{self, Came};
use crate::claim::{End, Kind, Trait};
use crate::scenario::SegmentName;

pub(super) fn count(
    history: &History,
    connection: Option<u32>,
    from: Option<Side>,
    kind: Kind,
    count: u64,
) -> Result<(), Came> {
    let connections = history.connections().filter(|(number, _)| connection.is_none_or(|one| one == *number));
    let sent = connections.flat_map(|(_, it)| it.sent.iter().filter_map(|id| it.passages.get(id)));
    let of_kind = |passage: &&Passage| {
        from.is_none_or(|from| from == passage.segment.id.sender) && is_kind(&passage.segment, kind)
    };
    let found = sent.filter(of_kind).count() as u64;
    if found == count { Ok(()) } else { Err(Came::Count(found)) }
}

pub(super) fn moments(history: &History, end: End, kind: Kind, expected: &[Duration]) -> Result<(), Came> {
    let connection = history.connection(end.connection).ok_or(Came::NoConnection(end.connection))?;
    let sent = connection.sent.iter().filter_map(|id| connection.passages.get(id));
    let of_kind =
        sent.filter(|passage| passage.segment.id.sender == end.side && is_kind(&passage.segment, kind));
    let found: Vec<Duration> = of_kind.map(|passage| passage.sent).collect();
    let agrees =
        found.len() == expected.len() && found.iter().zip(expected).all(|(at, due)| is_at(*at, *due));
    if agrees { Ok(()) } else { Err(Came::Moments(found)) }
}

pub(super) fn traits(history: &History, name: SegmentName, traits: &[Trait]) -> Result<(), Came> {
    let passage = history.passage(name).ok_or(Came::NeverSent(name))?;
    let holds = traits.iter().all(|it| has(passage, *it, name.connection));
    if holds { Ok(()) } else { Err(Came::Segment(words::passage(passage))) }
}

fn has(passage: &Passage, it: Trait, connection: u32) -> bool {
    let segment = &passage.segment;
    let fates = || passage.arrivals.iter().map(|(_, fate)| *fate);
    match it {
        Trait::Kind(kind) => is_kind(segment, kind),
        Trait::Seq(seq) => segment.rel.0 == seq,
        Trait::SeqOnWire(seq) => segment.seq.0 == seq,
        Trait::Ack(ack) => segment.rel.1 == Some(ack),
        Trait::AckOnWire(ack) => segment.ack.is_some_and(|is| is.0 == ack),
        Trait::Len(len) => segment.payload_len == len,
        Trait::Window(window) => segment.window == window,
        Trait::Sent(at) => is_at(passage.sent, at),
        Trait::Arrives(at) => passage.arrivals.iter().any(|(when, _)| is_at(*when, at)),
        Trait::Lost => passage.lost && passage.arrivals.is_empty(),
        Trait::Taken => fates().next() == Some(Fate::Received),
        Trait::Refused(name) => is_each(fates(), |fate| is_refusal(fate, name)),
        Trait::CopyRefused(name) => {
            let mut fates = fates();
            fates.next() == Some(Fate::Received) && is_each(fates, |fate| is_refusal(fate, name))
        }
        Trait::Repeats(other) => other.connection == connection && segment.copy_of == Some(other.id),
        Trait::Sack(from, to) => segment.options.sack.as_slice().first().is_some_and(|(start, end)| {
            // Numbers of the other direction, counted like the acknowledgment.
            let (Some(ack), Some(rel)) = (segment.ack, segment.rel.1) else { return false };
            let place = |number: cordial_wire::SeqNum| {
                rel.saturating_add_signed(number.0.wrapping_sub(ack.0).cast_signed().into())
            };
            (place(*start), place(*end)) == (from, to)
        }),
    }
}

/// Something holds of each, and there is one.
fn is_each(mut fates: impl Iterator<Item = Fate>, holds: impl Fn(Fate) -> bool) -> bool {
    fates.next().is_some_and(&holds) && fates.all(holds)
}

fn is_refusal(fate: Fate, name: &str) -> bool {
    matches!(fate, Fate::Dropped(why) if why.name() == name)
}

pub(super) fn order(history: &History, segments: &[SegmentName], arrive: bool) -> Result<(), Came> {
    let mut moments = Vec::new();
    for name in segments {
        let passage = history.passage(*name).ok_or(Came::NeverSent(*name))?;
        let connection = history.connection(name.connection);
        let place =
            connection.and_then(|it| it.sent.iter().position(|id| *id == name.id)).unwrap_or_default();
        let at = match arrive {
            true => {
                passage.arrivals.first().map(|(at, _)| *at).ok_or(Came::Segment(words::passage(passage)))?
            }
            false => passage.sent,
        };
        moments.push((at, if arrive { 0 } else { place }, *name));
    }
    let agrees = moments.windows(2).all(|pair| match pair {
        [a, b] if arrive => a.0 < b.0 || a.0 == b.0 && a.2 != b.2,
        [a, b] => (a.0, a.1) < (b.0, b.1),
        _ => true,
    });
    if agrees {
        return Ok(());
    }
    moments.sort();
    Err(Came::Order(moments.into_iter().map(|(.., name)| name).collect()))
}

pub(super) fn is_kind(segment: &Segment, kind: Kind) -> bool {
    let control = Flags::from_bits(segment.flags.bits() & CONTROL.bits());
    match kind {
        Kind::Any => true,
        Kind::Data => segment.payload_len > 0,
        Kind::BareAck => control == Flags::ACK && segment.payload_len == 0,
        // These two are spoken of whatever else is set.
        Kind::Control(flags) if flags == Flags::FIN || flags == Flags::RST => control.contains(flags),
        Kind::Control(flags) => control == flags,
    }
}

/// The bits by which segments are told apart.
const CONTROL: Flags =
    Flags::from_bits(Flags::SYN.bits() | Flags::FIN.bits() | Flags::RST.bits() | Flags::ACK.bits());
