//! What the acknowledgments of one end say about the data of the other.

use cordial_tcp::Instant;
use cordial_trace::event::Segment;
use cordial_wire::{Flags, SeqNum};

use super::evidence::{Many, Seen};
use super::line::Line;

/// Acknowledgments that repeat a position, and what they ask for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Acks {
    /// Repetitions of the newest position in a row.
    run: Many<Seen>,
    /// The newest shows octets beyond a hole (RFC 2018 §4).
    shows_hole: bool,
    /// When it asked the last time.
    asked: Option<Instant>,
    window: Option<u16>,
    /// This end may show holes: a repetition that shows none has another reason.
    pub(crate) sack: bool,
    /// Repetitions that ended although nothing was sent again.
    pub(crate) excused: Many<Seen>,
}

/// What one acknowledgment did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Said {
    /// It acknowledged something new.
    pub(crate) is_news: bool,
    /// These positions had arrived twice (RFC 2883).
    pub(crate) twice: Option<(i64, i64)>,
}

impl Acks {
    /// How strongly the other end asks for what comes next: repetitions, where a hole that is shown counts as three.
    pub(crate) fn asking(&self) -> u32 {
        if self.shows_hole { self.run.count().max(3) } else { self.run.count() }
    }

    /// True if it shows octets beyond a hole right now.
    pub(crate) fn shows_hole(&self) -> bool {
        self.shows_hole
    }

    /// When it asked the last time.
    pub(crate) fn asked(&self) -> Option<Instant> {
        self.asked
    }

    /// Notes the acknowledgment `ack` of the data in `line`. `resent_to` is where the newest resend ended.
    pub(crate) fn note(
        &mut self,
        seen: &Seen,
        segment: &Segment,
        ack: i64,
        line: &Line,
        resent_to: i64,
    ) -> Said {
        let blocks = segment.options.sack.as_slice();
        let twice = d_sack(blocks, segment.ack);
        let holes = blocks.len() - usize::from(twice.is_some());
        let same_window = self.window.replace(segment.window) == Some(segment.window);
        let is_news = ack > line.acked;
        let is_bare = segment.payload_len == 0 && !segment.has(Flags::FIN) && !segment.has(Flags::SYN);
        if is_news {
            self.ends(line, resent_to);
            self.shows_hole = holes > 0;
            self.asked = (holes > 0).then_some(seen.time);
        } else if is_bare && ack == line.acked && line.outstanding() > 0 {
            // A D-SACK by itself answers a second copy: it asks for nothing.
            if holes > 0 || (same_window && twice.is_none()) {
                self.run.push(*seen);
                self.shows_hole |= holes > 0;
                self.asked = Some(seen.time);
            }
        }
        let place = |seq: SeqNum| line.place(seq);
        Said { is_news, twice: twice.and_then(|(start, end)| Some((place(start)?, place(end)?))) }
    }

    /// The position that was repeated moves on.
    fn ends(&mut self, line: &Line, resent_to: i64) {
        let asked = self.shows_hole || (!self.sack && self.run.count() >= 2);
        if asked && line.acked >= resent_to {
            for seen in &self.run {
                self.excused.push(*seen);
            }
        }
        self.run.clear();
    }
}

/// The block that reports a second copy: it lies below the acknowledgment, or within the next block (RFC 2883 §4).
fn d_sack(blocks: &[(SeqNum, SeqNum)], ack: Option<SeqNum>) -> Option<(SeqNum, SeqNum)> {
    let &(start, end) = blocks.first()?;
    let is_below = end.at_or_before(ack?);
    let is_within = blocks.get(1).is_some_and(|&(from, to)| start.at_or_after(from) && end.at_or_before(to));
    (is_below || is_within).then_some((start, end))
}
