//! Verdicts about data that was lost, overtaken, or sent twice.

use std::time::Duration;

use cordial_trace::event::Side::{self, Client, Server};

use crate::case::{Case, Half, Many, Resend, ResendKind, Seen};
use crate::silence::vanished;
use crate::verdict::{Certainty, Entry, Finding, Level, NOTHING};
use cordial_trace::words::Phrase;

pub(crate) const TABLE: &[Entry] = &[
    Entry {
        id: "D04",
        slug: "spurious-retransmit",
        name: "多余的重传",
        level: Level::Note,
        text: Phrase::new(
            "This resend was not needed: the first copy had arrived.",
            "这次重传是多余的，第一份其实已经到了。",
        ),
        advice: Phrase::new(
            "Delay spikes or lost ACKs fooled the timer; harmless if rare.",
            "延迟抖动或 ACK 丢失骗过了定时器；少见就没事。",
        ),
        absorbs: &["D05", "D06", "D07"],
        rule: "rfc2883:4",
        raise: needless,
    },
    Entry {
        id: "D01",
        slug: "rto-retransmit",
        name: "超时重传",
        level: Level::Note,
        text: Phrase::new(
            "No acknowledgement for {ms}, so it was sent again ({n}×, timeout retransmission).",
            "{ms} 没等到确认，重发了（超时重传 {n} 次）。",
        ),
        advice: Phrase::new(
            "Each one costs a pause. Above 1% of segments: find the lossy link.",
            "每次都要停顿一下；超过 1% 就去找丢包的链路。",
        ),
        absorbs: &["D03"],
        rule: "rfc6298:5.4",
        raise: timeout,
    },
    Entry {
        id: "D02",
        slug: "fast-retransmit",
        name: "快速重传",
        level: Level::Note,
        text: Phrase::new(
            "The receiver kept asking for byte {seq}; the sender resent it at once (fast retransmit, {n}×).",
            "接收方连着催要第 {seq} 字节，发送方立刻补发（快速重传 {n} 次）。",
        ),
        advice: Phrase::new(
            "TCP coped. Judge by rate, not by presence.",
            "TCP 自己处理好了；看比例，别见到就紧张。",
        ),
        absorbs: &["D03"],
        rule: "rfc6675:5",
        raise: fast,
    },
    Entry {
        id: "D03",
        slug: "tail-probe",
        name: "尾部探针",
        level: Level::Info,
        text: Phrase::new(
            "The last segment was sent again as a probe, to learn sooner whether it was lost.",
            "最后一段被当探针再发一次，好早点知道丢没丢（TLP）。",
        ),
        advice: NOTHING,
        absorbs: &[],
        rule: "rfc8985:7",
        raise: tail_probe,
    },
    Entry {
        id: "D05",
        slug: "reordered",
        name: "乱序",
        level: Level::Note,
        text: Phrase::new(
            "Segments overtook each other; the receiver put them back in order.",
            "包在路上换了先后，接收方重新排好了。",
        ),
        advice: Phrase::new(
            "Parallel links cause this; harmless unless data is sent again because of it.",
            "多路径会这样；只要没引出多余的重传就没事。",
        ),
        absorbs: &["D06"],
        rule: "rfc9293:3.10.7.4/text-ahead",
        raise: reordered,
    },
    Entry {
        id: "D06",
        slug: "dup-acks-reorder",
        name: "乱序引起的重复 ACK",
        level: Level::Info,
        text: Phrase::new(
            "These {n} duplicate ACKs came from reordering, not loss.",
            "这 {n} 个重复 ACK 是乱序引起的，不是丢包。",
        ),
        advice: NOTHING,
        absorbs: &[],
        rule: "rfc5681:3.2",
        raise: excused,
    },
    Entry {
        id: "D07",
        slug: "ack-lost",
        name: "ACK 丢了",
        level: Level::Info,
        text: Phrase::new(
            "{n}× an ACK was lost, but the next one said the same and more: no harm.",
            "丢了 {n} 个 ACK，下一个把它的话也说了，没影响。",
        ),
        advice: NOTHING,
        absorbs: &[],
        rule: "rfc9293:3.4",
        raise: ack_lost,
    },
];

pub(crate) const SIDES: [Side; 2] = [Client, Server];

/// Resends of one kind that were needed, over both halves, in order.
fn resends(case: &Case, kind: ResendKind) -> Vec<&Resend> {
    let mut found: Vec<&Resend> = case.halves().iter().flat_map(|half| half.resends_of(kind)).collect();
    found.sort_by_key(|resend| resend.seen.number);
    found
}

fn sum(case: &Case, count: impl Fn(&Half) -> u64) -> u64 {
    case.halves().iter().map(count).sum()
}

/// True if so little was sent again that it is not worth a word (RFC 9293 lives with loss).
fn is_rare(case: &Case) -> bool {
    sum(case, |half| half.tally().resent()) * 1_000 < sum(case, |half| half.segments)
}

/// What is sent again to the end of the record has another name.
fn is_open_question(case: &Case) -> bool {
    is_rare(case) || vanished(case).is_some()
}

pub(crate) fn timeout(case: &Case) -> Option<Finding> {
    let found = resends(case, ResendKind::Timeout);
    let longest = found.iter().map(|resend| resend.age).max()?;
    let cost: Duration = case.halves().iter().map(|half| half.tally().timed_out).sum();
    let count = sum(case, |half| half.tally().timeouts);
    (!is_open_question(case)).then(|| {
        Finding::new(Certainty::Certain)
            .with("ms", longest)
            .with("n", count.to_string())
            .shown_by(found.iter().map(|resend| &resend.seen))
            .costing(cost)
    })
}

pub(crate) fn fast(case: &Case) -> Option<Finding> {
    let found = resends(case, ResendKind::Fast);
    let first = found.first()?;
    let count = sum(case, |half| half.tally().fast);
    (!is_rare(case)).then(|| {
        Finding::new(Certainty::Certain)
            .with("seq", first.range.0.to_string())
            .with("n", count.to_string())
            .shown_by(found.iter().map(|resend| &resend.seen))
            .costing(case.halves().iter().map(|half| half.tally().repaired).sum())
    })
}

fn tail_probe(case: &Case) -> Option<Finding> {
    let found = resends(case, ResendKind::Probe);
    found.first()?;
    let is_few = sum(case, |half| half.tally().probes) * 1_000 < sum(case, |half| half.segments);
    (!is_few && vanished(case).is_none())
        .then(|| Finding::new(Certainty::Likely).shown_by(found.iter().map(|resend| &resend.seen)))
}

fn needless(case: &Case) -> Option<Finding> {
    let all = case.halves().iter().flat_map(|half| &half.resends);
    let found: Vec<&Seen> = all.filter(|resend| resend.needless).map(|resend| &resend.seen).collect();
    found.first()?;
    (!is_open_question(case)).then(|| Finding::new(Certainty::Certain).shown_by(found))
}

fn reordered(case: &Case) -> Option<Finding> {
    let late: Vec<&Many<Seen>> = case.halves().iter().map(|half| &half.late).collect();
    let count: u32 = late.iter().map(|late| late.count()).sum();
    let segments = sum(case, |half| half.segments);
    (count > 0 && u64::from(count) * 1_000 >= segments)
        .then(|| Finding::new(Certainty::Likely).shown_by(late.into_iter().flatten()))
        .map(|finding| if case.is_captured { finding } else { finding.sure() })
}

fn excused(case: &Case) -> Option<Finding> {
    let side = SIDES.into_iter().max_by_key(|side| case.half(*side).excused().count())?;
    let found = case.half(side).excused();
    let is_seen_whole = missed(case) == 0 && case.is_one_way().is_none();
    (found.count() > 0 && is_seen_whole)
        .then(|| Finding::new(Certainty::Likely).with("n", found.count().to_string()).shown_by(found))
}

fn ack_lost(case: &Case) -> Option<Finding> {
    let told = case.lost_acks();
    if told > 0 {
        return Some(Finding::new(Certainty::Certain).with("n", told.to_string()));
    }
    let gone = |side: &Side| {
        let half = case.half(*side);
        half.wire.ids.count_up() && half.wire.ids.absent > 0 && half.tally().resent() == 0
    };
    let side = SIDES.into_iter().find(gone)?;
    let ids = &case.half(side).wire.ids;
    (missed(case) == 0 && case.half(side.other()).tally().resent() == 0)
        .then(|| Finding::new(Certainty::Likely).with("n", ids.absent.to_string()).shown_by(&ids.after))
}

/// Octets that arrived and that the capture does not have.
pub(crate) fn missed(case: &Case) -> u64 {
    sum(case, |half| half.line.missed())
}
