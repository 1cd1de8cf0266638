//! What each segment of a connection is, as somebody in the middle can tell when it passes.

use std::net::SocketAddr;

use cordial_wire::{Flags, Segment, SeqNum};

/// One connection, followed from outside: who is the client, how far each end has come, what has been acknowledged.
///
/// This is not a second TCP: nothing is checked and nothing refused. What passes is taken as sent; that it arrived shows
/// only when it is acknowledged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Talk {
    client: SocketAddr,
    first: SeqNum,
    ends: [Progress; 2],
    /// Who said goodbye when the other had done so.
    second: Option<End>,
    /// Whose acknowledgment was the last that was missing.
    completed_by: Option<End>,
}

/// One end of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum End {
    /// Whose SYN opened it.
    Client,
    /// The other.
    Server,
}

/// How far one end has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Progress {
    /// The position after everything it has sent.
    next: Option<SeqNum>,
    /// Octets of data up to there; nothing counts twice.
    octets: u64,
    /// The position after its FIN.
    fin: Option<SeqNum>,
    /// The other end has acknowledged its FIN.
    is_fin_acked: bool,
}

/// What a segment is. One may be several.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Meaning {
    /// It opens: SYN without ACK.
    Syn,
    /// It answers: SYN with ACK.
    SynAck,
    /// It acknowledges and does nothing else.
    Ack,
    /// It carries data.
    Data,
    /// It says goodbye.
    Fin,
    /// It breaks off.
    Rst,
    /// It completes the goodbye, with it both FINs are acknowledged; or it says so again.
    LastAck,
    /// It is the FIN of the end that closes second.
    LastFin,
}

/// A segment that passes, and what is known then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sight {
    /// Who sent it.
    pub from: End,
    /// A bit for each [`Meaning`].
    meanings: u16,
    /// Octets of data that each end has sent so far, this segment included: the client's, the server's.
    pub octets: [u64; 2],
}

impl End {
    /// The other one.
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    const fn index(self) -> usize {
        self as usize
    }
}

impl Sight {
    /// True if the segment is that.
    pub fn is(&self, meaning: Meaning) -> bool {
        self.meanings & bit(meaning) != 0
    }
}

const fn bit(meaning: Meaning) -> u16 {
    1 << meaning as u16
}

impl Talk {
    /// The connection that a segment of `source` opens; none if it opens none.
    pub fn opened_by(source: SocketAddr, segment: &Segment<'_>) -> Option<Self> {
        let is_syn = segment.flags.contains(Flags::SYN)
            && !segment.flags.contains(Flags::ACK)
            && !segment.flags.contains(Flags::RST);
        is_syn.then(|| Self {
            client: source,
            first: segment.seq,
            ends: Default::default(),
            second: None,
            completed_by: None,
        })
    }

    /// True if a segment of `source` between the same two ends begins another connection: a SYN that is no repetition
    /// of this one's.
    pub fn is_over_by(&self, source: SocketAddr, segment: &Segment<'_>) -> bool {
        let Some(other) = Self::opened_by(source, segment) else { return false };
        let is_repeated = other.client == self.client && other.first == self.first;
        // Both ends may call at once: the second SYN belongs to the same connection (RFC 9293 §3.5, figure 7).
        let is_crossing = other.client != self.client && self.ends[End::Server.index()].next.is_none();
        !is_repeated && !is_crossing
    }

    /// Which end has this address.
    pub fn end_of(&self, address: SocketAddr) -> End {
        if address == self.client { End::Client } else { End::Server }
    }

    /// True if both ends have said goodbye and were heard, as far as was seen here.
    pub fn is_closed(&self) -> bool {
        self.ends.iter().all(|end| end.is_fin_acked)
    }

    /// True if both ends have said goodbye, heard or not.
    pub fn is_leaving(&self) -> bool {
        self.ends.iter().all(|end| end.fin.is_some())
    }

    /// A segment of `source` passes.
    pub fn pass(&mut self, source: SocketAddr, segment: &Segment<'_>) -> Sight {
        let from = self.end_of(source);
        let mut meanings = plain_meanings(segment);
        let is_reset = segment.flags.contains(Flags::RST);
        if !is_reset {
            self.advance(from, segment);
        }
        if segment.flags.contains(Flags::FIN) && !is_reset && self.second == Some(from) {
            meanings |= bit(Meaning::LastFin);
        }
        if let Some(ack) = segment.ack().filter(|_| !is_reset)
            && self.completes(from, ack, segment)
        {
            meanings |= bit(Meaning::LastAck);
        }
        let [client, server] = &self.ends;
        Sight { from, meanings, octets: [client.octets, server.octets] }
    }

    /// What `from` has sent reaches to the end of this segment.
    fn advance(&mut self, from: End, segment: &Segment<'_>) {
        let end = &mut self.ends[from.index()];
        let (next, new) = (end.next.unwrap_or(segment.seq), segment.end());
        let fresh = if next.before(new) { new.since(next) } else { 0 };
        let control =
            [Flags::SYN, Flags::FIN].into_iter().filter(|&flag| segment.flags.contains(flag)).count();
        end.octets += u64::from(fresh).saturating_sub(control as u64);
        end.next = Some(next + fresh);
        if segment.flags.contains(Flags::FIN) && end.fin.is_none() {
            end.fin = Some(new);
            if self.ends[from.other().index()].fin.is_some() {
                self.second = Some(from);
            }
        }
    }

    /// `from` acknowledges everything before `ack`; true if that, and nothing else, completes the goodbye.
    fn completes(&mut self, from: End, ack: SeqNum, segment: &Segment<'_>) -> bool {
        let other = &mut self.ends[from.other().index()];
        if other.fin.is_none_or(|fin| ack.before(fin)) {
            return false;
        }
        other.is_fin_acked = true;
        // The FIN that answers the first one acknowledges it as well.
        let may_complete = self.is_closed() && !segment.flags.contains(Flags::FIN);
        may_complete && *self.completed_by.get_or_insert(from) == from
    }
}

/// What a segment is, whatever was before it.
fn plain_meanings(segment: &Segment<'_>) -> u16 {
    let has = |flag| segment.flags.contains(flag);
    let (syn, ack, fin) = (has(Flags::SYN), has(Flags::ACK), has(Flags::FIN));
    if has(Flags::RST) {
        return bit(Meaning::Rst);
    }
    let is_data = !segment.payload.is_empty();
    [
        (syn && !ack, Meaning::Syn),
        (syn && ack, Meaning::SynAck),
        (ack && !syn && !fin && !is_data, Meaning::Ack),
        (is_data, Meaning::Data),
        (fin, Meaning::Fin),
    ]
    .into_iter()
    .filter(|(holds, _)| *holds)
    .fold(0, |sum, (_, meaning)| sum | bit(meaning))
}

#[cfg(test)]
mod tests;
