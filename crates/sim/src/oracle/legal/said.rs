//! What one end has sent in one incarnation.

use cordial_wire::{Flags, Options, Segment, SeqNum};

use super::heard::{Heard, Stream};
use super::{Wrong, offset, words};

/// What one end has sent since its SYN.
#[derive(Debug)]
pub(super) struct Said {
    pub iss: SeqNum,
    /// What its SYN offered.
    options: Options,
    /// The position after the last that was sent, counted from the SYN.
    next: u32,
    /// Where its FIN lies.
    fin: Option<u32>,
    /// The octets, from the first on, as they were sent first.
    octets: Vec<u8>,
    /// The SYN of the other direction, once it was acknowledged.
    pub irs: Option<SeqNum>,
    /// The last acknowledgment, and the end of the window it came with.
    pub acked: Option<SeqNum>,
    edge: Option<SeqNum>,
    /// The end of the largest window that the other end has offered, counted from the SYN.
    room: u32,
    /// How much the other end has acknowledged, counted from the SYN.
    heard: u32,
    pub timestamp: Option<u32>,
    /// Whether the other end's windows are scaled, once that is known.
    peer_shift: Option<u8>,
    /// It has sent a reset, or one has reached it.
    is_over: bool,
}

/// Octets that are kept to compare.
const KEPT: usize = 1 << 20;
/// What every host takes (RFC 9293 §3.7.1), where its SYN does not say.
const LEAST_MSS: u16 = 536;

impl Said {
    pub fn new(syn: &Segment<'_>) -> Self {
        Self {
            iss: syn.seq,
            options: syn.options,
            next: 1,
            fin: None,
            octets: Vec::new(),
            irs: None,
            acked: None,
            edge: None,
            room: 1,
            heard: 1,
            timestamp: None,
            peer_shift: None,
            is_over: false,
        }
    }

    /// True if this SYN is another connection's: whoever calls again after a reset before the clock that numbers come
    /// from has moved, which takes 4 µs, draws the same number (RFC 9293 §3.4.1).
    pub fn is_followed_by(&self, syn: &Segment<'_>) -> bool {
        self.is_over && self.iss == syn.seq && !syn.flags.contains(Flags::ACK)
    }

    /// True if a segment that begins here may be of this incarnation: nothing is left out, and a keepalive probe begins
    /// one before (RFC 9293 §3.8.4).
    pub fn may_own(&self, seq: SeqNum) -> bool {
        offset(seq, self.iss).is_some_and(|at| at <= self.next)
    }

    pub fn out_of_sequence(&self, segment: &Segment<'_>) -> Wrong {
        let next = self.iss + self.next;
        (words::OUT_OF_SEQUENCE, vec![("seq", segment.seq.0), ("next", next.0)])
    }

    /// What it acknowledged and offered binds nobody any more.
    pub fn forgets(&mut self) {
        (self.acked, self.edge) = (None, None);
    }

    /// The end has sent a reset.
    pub fn resets(&mut self) {
        self.is_over = true;
        self.forgets();
    }

    /// It says more, though it has sent a reset, or one has reached it: a late cookie brought it back, from the beginning
    /// on, and whoever accepts it has other things to say.
    pub fn begins_again(&mut self) {
        if std::mem::take(&mut self.is_over) {
            self.forgets();
            self.fin = None;
            self.octets.clear();
        }
    }

    /// Something has reached this end that may acknowledge what it sent, and offer room.
    pub fn hears(&mut self, segment: &Segment<'_>) {
        if segment.flags.contains(Flags::RST) {
            // Whether it ended anything is the engine's to know.
            self.is_over = true;
            return;
        }
        let is_syn = segment.flags.contains(Flags::SYN);
        if is_syn {
            let both = (self.options.shift(), segment.options.shift());
            let shift = if let (Some(_), Some(shift)) = both { shift } else { 0 };
            // A SYN that is forged, or another connection's, comes too; what was agreed on stays.
            self.peer_shift = Some(self.peer_shift.map_or(shift, |known| known.max(shift)));
        }
        let shift = if is_syn { 0 } else { self.peer_shift.unwrap_or(0) };
        let window = u32::from(segment.window) << shift;
        // A SYN by itself acknowledges nothing yet: its window begins at our first octet.
        let ack = segment.ack().map_or(Some(1), |ack| offset(ack, self.iss));
        if let Some(ack) = ack.filter(|&ack| ack <= self.next) {
            self.room = self.room.max(ack.saturating_add(window));
            self.heard = self.heard.max(ack);
        }
    }

    /// A SYN or SYN-ACK, also the first.
    pub fn opens_again(&mut self, segment: &Segment<'_>, heard: &Heard) -> Result<(), Wrong> {
        let same = |options: &Options| {
            (options.mss, options.window_scale, options.sack_permitted, options.timestamps.is_some())
        };
        let mut result = Ok(());
        if let Some(ack) = segment.ack() {
            let Some(stream) = heard.answered_by(ack) else {
                return Err(ack_beyond(ack));
            };
            self.irs = Some(stream.irs);
            self.acked = Some(ack);
            self.edge = Some(ack + u32::from(segment.window));
            let (own, its) = (&segment.options, &stream.options);
            let is_agreed = (own.window_scale.is_none() || its.window_scale.is_some())
                && (!own.sack_permitted || its.sack_permitted)
                && (own.timestamps.is_none() || its.timestamps.is_some());
            if !is_agreed {
                result = Err((words::NOT_AGREED, Vec::new()));
            }
            // In answer, an end may leave out what the other did not offer.
            self.options = segment.options;
            self.peer_shift = Some(own.shift().and(its.shift()).unwrap_or(0));
            self.room = self.room.max(1 + u32::from(stream.window));
        } else if same(&self.options) != same(&segment.options) {
            result = Err((words::SYN_CHANGED, Vec::new()));
        }
        if !segment.options.sack.is_empty() {
            result = Err((words::NOT_AGREED, Vec::new()));
        }
        self.repeats(0, segment.payload)?;
        self.next = self.next.max(segment.len());
        result.and(self.keeps_time(segment, heard))
    }

    /// Any other segment of it.
    pub fn goes_on(&mut self, segment: &Segment<'_>, heard: &Heard) -> Result<(), Wrong> {
        self.acknowledges(segment, heard)?;
        let stream = self.irs.and_then(|irs| heard.stream(irs));
        self.has_right_options(segment, stream, heard)?;
        self.keeps_time(segment, heard)?;
        self.offers_window(segment, stream)?;
        self.fits(segment, stream)?;
        self.says_the_same(segment)
    }

    /// Who has sent its FIN stands behind it; but for probes. A late cookie brings a connection back that is over, and
    /// stands at its beginning again.
    fn begins_anew(&self, segment: &Segment<'_>) -> bool {
        let is_bare = segment.payload.is_empty() && !segment.flags.contains(Flags::FIN);
        let is_before = |fin| offset(segment.seq, self.iss).is_some_and(|at| at <= fin);
        is_bare && self.fin.is_some_and(is_before)
    }

    /// It acknowledges what has come, and no less than before.
    fn acknowledges(&mut self, segment: &Segment<'_>, heard: &Heard) -> Result<(), Wrong> {
        let Some(ack) = segment.ack() else { return Ok(()) };
        let stream = match self.irs {
            Some(irs) => heard.stream(irs),
            None => heard.acknowledged_by(ack),
        };
        let Some(stream) = stream.filter(|stream| stream.has_all_before(ack)) else {
            return Err(ack_beyond(ack));
        };
        self.irs = Some(stream.irs);
        if self.begins_anew(segment) {
            self.forgets();
        }
        if let Some(acked) = self.acked.filter(|&acked| ack.before(acked)) {
            return Err((words::ACK_BACK, vec![("ack", ack.0), ("before", acked.0)]));
        }
        self.acked = Some(ack);
        Ok(())
    }

    /// RFC 9293 §3.1, RFC 2018 §2, RFC 7323 §2.2, §3.2.
    fn has_right_options(
        &self,
        segment: &Segment<'_>,
        stream: Option<&Stream>,
        heard: &Heard,
    ) -> Result<(), Wrong> {
        let options = &segment.options;
        if options.mss.is_some() || options.window_scale.is_some() || options.sack_permitted {
            return Err((words::ONLY_ON_SYN, Vec::new()));
        }
        let Some(stream) = stream else { return Ok(()) };
        let has_timestamps = self.options.timestamps.is_some() && stream.options.timestamps.is_some();
        if has_timestamps != options.timestamps.is_some() {
            let phrase = if has_timestamps { words::NO_TIMESTAMP } else { words::NOT_AGREED };
            return Err((phrase, Vec::new()));
        }
        let may_sack = self.options.sack_permitted && stream.options.sack_permitted;
        if !options.sack.is_empty() && !may_sack {
            return Err((words::NOT_AGREED, Vec::new()));
        }
        // A first block below the acknowledgment tells of a segment that came in vain, of whatever life (RFC 2883 §4).
        let in_vain = |end: SeqNum| segment.ack().is_some_and(|ack| end.at_or_before(ack));
        let is_true =
            |start, end| stream.has_between(start, end) || (in_vain(end) && heard.has_seen(start, end));
        match options.sack.as_slice().iter().find(|&&(start, end)| !is_true(start, end)) {
            Some((start, end)) => Err((words::SACK_UNHEARD, vec![("start", start.0), ("after", end.0)])),
            None => Ok(()),
        }
    }

    /// Timestamps never go back, and echo what has come.
    fn keeps_time(&mut self, segment: &Segment<'_>, heard: &Heard) -> Result<(), Wrong> {
        let Some(timestamps) = segment.options.timestamps else { return Ok(()) };
        if let Some(last) = self.timestamp.filter(|&last| (timestamps.value.wrapping_sub(last) as i32) < 0) {
            let fills = vec![("value", timestamps.value), ("before", last)];
            return Err((words::TIME_BACK, fills));
        }
        self.timestamp = Some(timestamps.value);
        let is_later = |newest: u32| (timestamps.echo.wrapping_sub(newest) as i32) > 0;
        if segment.ack().is_some() && heard.newest_timestamp.is_none_or(is_later) {
            return Err((words::ECHO_UNHEARD, vec![("echo", timestamps.echo)]));
        }
        Ok(())
    }

    /// The end of the window never moves back (RFC 9293 §3.8.6), but for what a scaled window cannot say (RFC 7323
    /// §2.4).
    fn offers_window(&mut self, segment: &Segment<'_>, stream: Option<&Stream>) -> Result<(), Wrong> {
        let (Some(ack), Some(stream)) = (segment.ack(), stream) else { return Ok(()) };
        let shift = match (self.options.shift(), stream.options.shift()) {
            (Some(shift), Some(_)) => shift,
            _ => 0,
        };
        let edge = ack + (u32::from(segment.window) << shift);
        let least = self.edge.map(|edge| edge - ((1 << shift) - 1));
        if let (Some(least), Some(before)) = (least, self.edge)
            && edge.before(least)
        {
            let fills = vec![("edge", edge.0), ("before", before.0)];
            return Err((words::EDGE_BACK, fills));
        }
        self.edge = Some(self.edge.map_or(edge, |before| if edge.before(before) { before } else { edge }));
        Ok(())
    }

    /// Its octets are no more than the other end takes: in one segment, in all, and none after the FIN.
    fn fits(&self, segment: &Segment<'_>, stream: Option<&Stream>) -> Result<(), Wrong> {
        let start = offset(segment.seq, self.iss).unwrap_or_default();
        let (len, is_fin) = (segment.payload.len() as u32, segment.flags.contains(Flags::FIN));
        let mss = stream.and_then(|stream| stream.options.mss).unwrap_or(LEAST_MSS);
        if len + segment.options.emitted_len() as u32 > u32::from(mss) {
            return Err((words::TOO_LONG, vec![("octets", len), ("mss", mss.into())]));
        }
        let end = start + segment.len();
        let is_new_fin = is_fin && self.fin.is_some_and(|fin| fin != end - 1);
        let is_past = !segment.is_empty() && self.fin.is_some_and(|fin| start + len > fin);
        if is_new_fin || is_past {
            return Err((words::PAST_FIN, Vec::new()));
        }
        // A probe of a closed window is one position long and lies behind it (RFC 9293 §3.8.6.1).
        let is_probe = self.room == self.heard && start == self.room && segment.len() == 1;
        if !segment.is_empty() && end > self.room && !is_probe {
            return Err((words::PAST_WINDOW, vec![("over", (end - self.room))]));
        }
        Ok(())
    }

    /// What is sent again is what was sent first.
    fn says_the_same(&mut self, segment: &Segment<'_>) -> Result<(), Wrong> {
        let start = offset(segment.seq, self.iss).unwrap_or_default();
        if !segment.is_empty() {
            // The first octet lies behind the SYN.
            let Some(place) = (start as usize).checked_sub(1) else {
                return Err(self.out_of_sequence(segment));
            };
            self.repeats(place, segment.payload)?;
        }
        let end = start + segment.len();
        if segment.flags.contains(Flags::FIN) {
            self.fin = Some(end - 1);
        }
        self.next = self.next.max(end);
        Ok(())
    }

    /// Octets from a place of the stream on: those that were sent before are the same.
    fn repeats(&mut self, place: usize, octets: &[u8]) -> Result<(), Wrong> {
        for (at, &octet) in (place..).zip(octets) {
            match self.octets.get(at) {
                Some(&first) if first != octet => {
                    return Err((words::CHANGED, vec![("position", at as u32)]));
                }
                Some(_) => {}
                None if at == self.octets.len() && at < KEPT => self.octets.push(octet),
                None => break,
            }
        }
        Ok(())
    }
}

fn ack_beyond(ack: SeqNum) -> Wrong {
    (words::ACK_BEYOND, vec![("ack", ack.0)])
}
