//! The compact ladder: one line a segment, for tests and documentation.

use cordial_wire::{Segment as WireSegment, SeqNum};

use super::row::{Lane, Reach, Row};
use crate::event::{Event, Segment, Side};
use crate::ladder::Fold;

/// The segments of one connection, one a line, with the states of both ends after each.
///
/// ```text
/// SYN_SENT     --> SYN seq=0 mss=1460       --> SYN_RCVD
/// ESTABLISHED  <-- SYN+ACK seq=0 ack=1      <-- SYN_RCVD
/// ESTABLISHED  --> ACK seq=1 ack=1          --> ESTABLISHED
/// ```
///
/// A segment that is lost or damaged is drawn `--x`; one that the network holds is drawn `--.` where it leaves, and again
/// where it arrives. Numbers are relative unless `absolute`. There is no newline at the end.
pub fn compact<'a>(events: impl IntoIterator<Item = &'a Event>, absolute: bool) -> String {
    let mut fold = Fold::new(true);
    let mut rows = Vec::new();
    events.into_iter().for_each(|event| fold.event(event, &mut rows));
    fold.finish(&mut rows);
    let lines: Vec<Line> = rows.iter().filter_map(|row| line(row, absolute)).collect();
    let widest = lines.iter().map(|line| line.label.len()).max().unwrap_or_default();
    let texts: Vec<String> = lines.iter().map(|line| line.draw(widest)).collect();
    texts.join("\n")
}

struct Line {
    client: &'static str,
    tail: &'static str,
    label: String,
    head: &'static str,
    server: &'static str,
}

impl Line {
    fn draw(&self, widest: usize) -> String {
        let Self { client, tail, label, head, server } = self;
        format!("{client:<12} {tail} {label:<widest$}  {head} {server}")
    }
}

fn line(row: &Row, absolute: bool) -> Option<Line> {
    let Lane::Arrow { from, segment, reach, .. } = &row.lane else { return None };
    if *reach == Reach::Leaves {
        return None;
    }
    let (tail, head) = match (from, reach) {
        (Side::Client, Reach::Lost | Reach::Damaged) => ("-->", "--x"),
        (Side::Client, Reach::Held) => ("-->", "--."),
        (Side::Client, _) => ("-->", "-->"),
        (Side::Server, Reach::Lost | Reach::Damaged) => ("x--", "<--"),
        (Side::Server, Reach::Held) => (".--", "<--"),
        (Side::Server, _) => ("<--", "<--"),
    };
    let state = |side: Side| row.after[side.index()].map_or("?", |phase| phase.name());
    Some(Line {
        client: state(Side::Client),
        tail,
        label: label(segment, absolute),
        head,
        server: state(Side::Server),
    })
}

/// As segments print themselves, with relative numbers.
fn label(segment: &Segment, absolute: bool) -> String {
    static ZEROS: [u8; 65_536] = [0; 65_536];
    let payload = ZEROS.get(..segment.payload_len as usize).unwrap_or(&ZEROS);
    let mut shown = WireSegment {
        seq: segment.seq,
        ack_number: segment.ack.unwrap_or_default(),
        flags: segment.flags,
        options: segment.options,
        payload,
        ..WireSegment::default()
    };
    if !absolute {
        let (seq, ack) = (segment.rel.0 as u32, segment.rel.1.unwrap_or_default() as u32);
        (shown.seq, shown.ack_number) = (SeqNum(seq), SeqNum(ack));
        let shift = segment.ack.map_or(0, |own| own.0.wrapping_sub(ack));
        let blocks = segment.options.sack;
        shown.options.sack.truncate(0);
        for (start, end) in blocks.as_slice() {
            shown.options.sack.push(*start - shift, *end - shift);
        }
    }
    shown.to_string()
}
