//! What passed on the wire, as text.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use cordial_stack::{Instant, Phase};
use cordial_wire::{Flags, Options, SackBlocks, Segment, SeqNum};

use super::watch::{Kind, Record};

/// One segment.
#[derive(Clone, Debug)]
pub struct Line {
    pub now: Instant,
    pub to_b: bool,
    pub text: String,
    pub sender: Phase,
    pub end: End,
}

#[derive(Clone, Debug)]
pub enum End {
    OnItsWay,
    Lost,
    Arrived { receiver: Phase, refused: Option<&'static str> },
}

/// A way: addresses and ports as `a` has them, and the direction.
type Way = (IpAddr, u16, IpAddr, u16, bool);

/// A line per segment, in the order in which they were sent.
#[derive(Clone, Debug, Default)]
pub struct Ladder {
    pub lines: Vec<Line>,
    /// Numbers as they are on the wire, instead of relative ones.
    pub absolute: bool,
    /// Where each direction began.
    first: BTreeMap<Way, SeqNum>,
}

impl Ladder {
    pub fn sent(
        &mut self,
        now: Instant,
        to_b: bool,
        (a, b): (IpAddr, IpAddr),
        segment: &Segment<'_>,
        sender: Phase,
    ) -> usize {
        let (port_a, port_b) =
            if to_b { (segment.source, segment.destination) } else { (segment.destination, segment.source) };
        let way = |to_b| (a, port_a, b, port_b, to_b);
        if segment.flags.contains(Flags::SYN) {
            self.first.insert(way(to_b), segment.seq);
        }
        let base = |to_b| self.first.get(&way(to_b)).copied().filter(|_| !self.absolute).unwrap_or_default();
        let (seq_base, ack_base) = (base(to_b), base(!to_b));
        let text = relative(segment, seq_base, ack_base).to_string();
        self.lines.push(Line { now, to_b, text, sender, end: End::OnItsWay });
        self.lines.len() - 1
    }

    pub fn lost(&mut self, line: usize) {
        self.lines[line].end = End::Lost;
    }

    pub fn arrived(&mut self, line: usize, record: Option<&Record>) {
        let Some(Record { kind: Kind::Received { refused }, after, .. }) = record else { return };
        let refused = refused.as_ref().map(|why| why.name());
        self.lines[line].end = End::Arrived { receiver: *after, refused };
    }

    /// Forgets the lines so far; numbers stay relative to where they were.
    pub fn clear(&mut self) {
        self.lines.clear();
    }
}

/// The segment with numbers counted from where each direction began, and without options but SACK.
fn relative<'a>(segment: &Segment<'a>, seq_base: SeqNum, ack_base: SeqNum) -> Segment<'a> {
    let mut sack = SackBlocks::default();
    for &(start, end) in segment.options.sack.as_slice() {
        sack.push(SeqNum(start.since(ack_base)), SeqNum(end.since(ack_base)));
    }
    Segment {
        seq: SeqNum(segment.seq.since(seq_base)),
        ack_number: SeqNum(segment.ack_number.since(ack_base)),
        options: Options { sack, ..Options::default() },
        ..*segment
    }
}

impl fmt::Display for Ladder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (arrow, sender, text) = (if self.to_b { "-->" } else { "<--" }, self.sender, &self.text);
        let (head, note) = match &self.end {
            End::OnItsWay => ("...".to_owned(), String::new()),
            End::Lost => ("lost".to_owned(), String::new()),
            End::Arrived { receiver, refused } => {
                // A segment with nothing new in it is no news.
                let note = refused.filter(|&why| why != "duplicate").map(|why| format!(" ({why})"));
                (receiver.to_string(), note.unwrap_or_default())
            }
        };
        match self.to_b {
            true => write!(f, "{sender} {arrow} {text} {arrow} {head}{note}"),
            false => write!(f, "{head} {arrow} {text} {arrow} {sender}{note}"),
        }
    }
}
