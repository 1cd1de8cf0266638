//! What stands on an arrow.

use cordial_wire::{Flags, SeqNum};

use super::style::{Style, cut, width};
use crate::event::{Head, Segment};
use crate::words::ladder as words;

/// The words on an arrow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a> {
    /// Its segment.
    pub segment: &'a Segment,
    /// Its number is said although a bare ACK's is not news.
    pub is_edge: bool,
    /// Numbers before the first, those of an earlier connection, are to be told as such.
    pub wraps: bool,
}

impl Words<'_> {
    /// In as many of `room` columns as they need. The rich form is taken if it fits, else a shorter one.
    pub(super) fn label(&self, style: &Style, room: usize) -> String {
        let prefix = prefix(self.segment, style);
        let room = room.saturating_sub(width(&prefix));
        // A number is never cut: where there is no room for all of them, the later ones are left out.
        let [full, without_ack, bare] = numbers(self.segment, self.is_edge, self.wraps, style.absolute);
        let text = [full, without_ack].into_iter().find(|text| width(text) <= room).unwrap_or(bare);
        let tails = tails(self.segment, style, room.saturating_sub(width(&text)));
        let tail = tails.into_iter().find(|tail| width(&text) + width(tail) <= room).unwrap_or_default();
        format!("{prefix}{}{tail}", cut(&text, room))
    }

    /// Columns that its numbers need.
    pub(super) fn least(&self, style: &Style) -> usize {
        let [full, without_ack, _] = numbers(self.segment, self.is_edge, self.wraps, style.absolute);
        let numbers = if self.segment.payload_len > 0 { without_ack } else { full };
        width(&prefix(self.segment, style)) + width(&numbers)
    }
}

/// Its number, and that it was sent before.
fn prefix(segment: &Segment, style: &Style) -> String {
    let mut prefix = String::new();
    if style.numbered {
        prefix = format!("#{} ", segment.number);
    }
    if segment.again {
        prefix.push_str(style.glyphs().resent);
        prefix.push(' ');
    }
    prefix
}

/// Name and numbers, then with fewer numbers, then the name.
fn numbers(segment: &Segment, is_edge: bool, wraps: bool, absolute: bool) -> [String; 3] {
    let (seq, ack) = match absolute {
        true => (segment.seq.0.into(), segment.ack.map(|ack| ack.0.into())),
        false => (segment.rel.0, segment.rel.1),
    };
    let shown = |number: u64| match u32::try_from(number) {
        Ok(number) if wraps && !absolute => number.cast_signed().to_string(),
        _ => number.to_string(),
    };
    let ack = ack.map(|ack| format!(" ack={}", shown(ack))).unwrap_or_default();
    let name = name(segment);
    if segment.payload_len > 0 {
        // Its acknowledgment is rarely news.
        let end = seq + u64::from(segment.has(Flags::SYN)) + u64::from(segment.payload_len);
        let end = if absolute || wraps { end & u64::from(u32::MAX) } else { end };
        let ack = if segment.has(Flags::FIN) { ack } else { String::new() };
        let short = format!("{name} seq={}..{}", shown(seq), shown(end));
        return [format!("{short}{ack}"), short, name];
    }
    if name == "ACK" && !is_edge {
        return [format!("{name}{ack}"), name.clone(), name];
    }
    let seq = shown(seq);
    [format!("{name} seq={seq}{ack}"), format!("{name} seq={seq}"), name]
}

fn name(segment: &Segment) -> String {
    let flags = segment.flags.without(Flags::PSH);
    if segment.payload_len == 0 {
        return flags.to_string();
    }
    let mut name = String::new();
    for flag in flags.without(Flags::ACK).names() {
        name.push_str(flag);
        name.push('+');
    }
    name + "DATA"
}

/// What may follow, the richest first.
fn tails(segment: &Segment, style: &Style, room: usize) -> Vec<String> {
    if segment.has(Flags::SYN) {
        return syn_tails(segment, style);
    }
    if segment.payload_len > 0 {
        return preview(&segment.head, segment.payload_len, room).into_iter().collect();
    }
    let mut tails = Vec::new();
    if segment.window == 0 && !segment.has(Flags::RST) {
        tails.push(" win=0".to_owned());
    }
    if let Some((start, end)) = segment.options.sack.as_slice().first() {
        // Numbers of the other direction, counted like the acknowledgment.
        let place = |number: SeqNum| match (style.absolute, segment.ack, segment.rel.1) {
            // Before the first, where it is of an earlier connection.
            (false, Some(ack), Some(rel)) => {
                rel.cast_signed() + i64::from(number.0.wrapping_sub(ack.0).cast_signed())
            }
            _ => i64::from(number.0),
        };
        tails.push(format!(" sack={}..{}", place(*start), place(*end)));
    }
    tails
}

fn syn_tails(segment: &Segment, style: &Style) -> Vec<String> {
    if segment.again && segment.payload_len == 0 && !segment.has(Flags::ACK) {
        return vec![format!(" {}", words::SAME_NUMBER.text(style.lang))];
    }
    if segment.has(Flags::ACK) {
        return Vec::new();
    }
    let options = &segment.options;
    let mss = options.mss.map(|mss| format!(" mss={mss}")).unwrap_or_default();
    let scale = options.window_scale.map(|shift| format!(" ws={shift}")).unwrap_or_default();
    let sack = if options.sack_permitted { " sack" } else { "" };
    vec![format!("{mss}{scale}{sack}"), format!("{mss}{scale}"), mss]
}

/// Columns of a preview below which it says nothing.
const LEAST: usize = 10;
const MOST: usize = 17;

/// The first octets between quotation marks, as far as they are printable.
fn preview(head: &Head, payload_len: u32, room: usize) -> Option<String> {
    let room = room.checked_sub(3)?.min(MOST - 2);
    let printable =
        |octet: u8| if octet.is_ascii_graphic() || octet == b' ' { char::from(octet) } else { '.' };
    let all = payload_len as usize <= room && payload_len as usize <= head.as_slice().len();
    if all {
        let text: String = head.as_slice().iter().map(|&octet| printable(octet)).collect();
        return Some(format!(" \"{text}\""));
    }
    if room + 2 < LEAST {
        return None;
    }
    let text: String = head.as_slice().iter().take(room - 2).map(|&octet| printable(octet)).collect();
    Some(format!(" \"{text}..\""))
}
