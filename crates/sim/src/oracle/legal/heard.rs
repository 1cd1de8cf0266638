//! What has reached one end.

use std::collections::VecDeque;

use cordial_wire::{Flags, Options, Segment, SeqNum};

use super::{offset, opens_fast};

/// What has reached one end from the other.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// By the SYN that began it, oldest first.
    streams: Vec<Stream>,
    /// The last that came, whatever it was: a reset answers one of them.
    recent: VecDeque<Glimpse>,
    /// The newest timestamp.
    pub newest_timestamp: Option<u32>,
}

/// A direction, from its SYN on.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    pub irs: SeqNum,
    /// What the SYN offered.
    pub options: Options,
    pub window: u16,
    /// Octets that rode on the SYN: its answer may acknowledge them (RFC 7413 §2.1).
    pub on_syn: u32,
    /// Positions that have come, counted from the SYN, in order, apart from each other.
    ranges: Vec<(u32, u32)>,
}

/// As much of a segment as the reset that answers it shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glimpse {
    pub ack: Option<SeqNum>,
    pub start: SeqNum,
    pub end: SeqNum,
}

const STREAMS: usize = 16;
const GLIMPSES: usize = 256;

impl Heard {
    pub fn hears(&mut self, segment: &Segment<'_>) {
        if self.recent.len() == GLIMPSES {
            self.recent.pop_front();
        }
        self.recent.push_back(Glimpse { ack: segment.ack(), start: segment.seq, end: segment.end() });
        if let Some(timestamps) = segment.options.timestamps {
            let is_newer = |newest: u32| (timestamps.value.wrapping_sub(newest) as i32) > 0;
            if self.newest_timestamp.is_none_or(is_newer) {
                self.newest_timestamp = Some(timestamps.value);
            }
        }
        if segment.flags.contains(Flags::RST) {
            return;
        }
        if segment.flags.contains(Flags::SYN) && !self.streams.iter().any(|stream| stream.irs == segment.seq)
        {
            if self.streams.len() == STREAMS {
                self.streams.remove(0);
            }
            let (irs, options, window) = (segment.seq, segment.options, segment.window);
            self.streams.push(Stream { irs, options, window, on_syn: 0, ranges: Vec::new() });
        }
        if opens_fast(segment)
            && let Some(stream) = self.streams.iter_mut().find(|stream| stream.irs == segment.seq)
        {
            stream.on_syn = stream.on_syn.max(segment.payload.len() as u32);
        }
        for stream in &mut self.streams {
            if let Some(start) = offset(segment.seq, stream.irs) {
                stream.add(start, start + segment.len());
            }
        }
    }

    /// The stream of which `ack` acknowledges what has come and no more; the newest if there are several.
    pub fn acknowledged_by(&self, ack: SeqNum) -> Option<&Stream> {
        self.streams.iter().rev().find(|stream| stream.has_all_before(ack))
    }

    /// The stream whose SYN, and octets that rode on it, `ack` acknowledges; the newest if there are several.
    pub fn answered_by(&self, ack: SeqNum) -> Option<&Stream> {
        let is_answer = |stream: &Stream| ack.since(stream.irs).wrapping_sub(1) <= stream.on_syn;
        self.streams.iter().rev().find(|stream| is_answer(stream) && stream.has_all_before(ack))
    }

    pub fn stream(&self, irs: SeqNum) -> Option<&Stream> {
        self.streams.iter().rev().find(|stream| stream.irs == irs)
    }

    /// A segment that lay around these positions has come lately, whichever incarnation it was of.
    pub fn has_seen(&self, start: SeqNum, end: SeqNum) -> bool {
        let is_around = |glimpse: &Glimpse| glimpse.start.at_or_before(start) && glimpse.end.at_or_after(end);
        self.recent.iter().any(is_around)
    }

    pub fn recent(&self) -> impl Iterator<Item = &Glimpse> {
        self.recent.iter()
    }
}

impl Stream {
    /// Everything from the SYN to just before `position` has come.
    pub fn has_all_before(&self, position: SeqNum) -> bool {
        offset(position, self.irs).is_some_and(|end| end > 0 && self.has(0, end))
    }

    /// Everything between two positions has come.
    pub fn has_between(&self, start: SeqNum, end: SeqNum) -> bool {
        let (start, end) = (offset(start, self.irs), offset(end, self.irs));
        matches!((start, end), (Some(start), Some(end)) if start < end && self.has(start, end))
    }

    fn has(&self, start: u32, end: u32) -> bool {
        self.ranges.iter().any(|&(from, to)| from <= start && end <= to)
    }

    fn add(&mut self, start: u32, end: u32) {
        if start == end {
            return;
        }
        let (mut start, mut end) = (start, end);
        // Those it touches become one with it.
        self.ranges.retain(|&(from, to)| {
            let is_apart = to < start || end < from;
            if !is_apart {
                (start, end) = (start.min(from), end.max(to));
            }
            is_apart
        });
        let place = self.ranges.partition_point(|&(from, _)| from < start);
        self.ranges.insert(place, (start, end));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_to_one_syn_though_the_next_has_the_next_number() {
        let mut heard = Heard::default();
        for seq in [101, 100] {
            heard.hears(&Segment { flags: Flags::SYN, seq: SeqNum(seq), ..Segment::default() });
        }
        let answered = |ack| heard.answered_by(SeqNum(ack)).map(|stream| stream.irs.0);
        assert_eq!([101, 102, 103].map(answered), [Some(100), Some(101), None]);
    }

    #[test]
    fn ranges_grow_together() {
        let mut stream = Stream {
            irs: SeqNum(u32::MAX),
            options: Options::default(),
            window: 0,
            on_syn: 0,
            ranges: Vec::new(),
        };
        for (start, end) in [(0, 1), (5, 8), (10, 12), (3, 5)] {
            stream.add(start, end);
        }
        assert_eq!(stream.ranges, [(0, 1), (3, 8), (10, 12)]);
        assert!(stream.has_all_before(SeqNum(0)) && !stream.has_all_before(SeqNum(1)));
        stream.add(1, 11);
        assert_eq!(stream.ranges, [(0, 12)]);
        assert!(stream.has_between(SeqNum(2), SeqNum(11)) && !stream.has_between(SeqNum(2), SeqNum(12)));
    }
}
