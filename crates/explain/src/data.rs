//! Verdicts about how data fared.

use std::time::Duration;

use cordial_trace::event::Side;

use crate::case::{Case, Half, Resend, ResendKind};
use crate::verdict::{Certainty, Entry, Finding, Level, NOTHING};
use cordial_trace::words::Phrase;

pub(crate) const TABLE: &[Entry] = &[
    Entry {
        id: "D08",
        slug: "zero-window",
        name: "接收方让停",
        level: Level::Warn,
        text: Phrase::new(
            "The receiver's buffer ({who}) was full for {s} and it asked for a pause. The network is not the problem.",
            "接收方（{who}）的缓冲区满了 {s}，让对方先停。不是网络的问题。",
        ),
        advice: Phrase::new("The reading program is too slow: look there.", "读数据的程序太慢，去查它。"),
        absorbs: &[],
        rule: "rfc9293:3.8.6.1",
        raise: zero_window,
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
        absorbs: &[],
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
        absorbs: &["D05"],
        rule: "rfc6675:5",
        raise: fast,
    },
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
        absorbs: &["D01", "D02", "D05"],
        rule: "rfc2883:4",
        raise: needless,
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
        advice: NOTHING,
        absorbs: &[],
        rule: "rfc9293:3.10.7.4/text-ahead",
        raise: reordered,
    },
];

const SIDES: [Side; 2] = [Side::Client, Side::Server];

/// A pause shorter than this, or than a tenth of the connection's life, is flow control at work.
const LONG: Duration = Duration::from_secs(1);

fn zero_window(case: &Case) -> Option<Finding> {
    let life = case.last.since(case.began);
    let paused = |side: &Side| case.half(*side).paused;
    let side = SIDES.into_iter().max_by_key(paused)?;
    let (half, least) = (case.half(side), LONG.max(life / 10));
    (half.paused >= least).then(|| {
        Finding::new(Certainty::Certain)
            .with("s", half.paused)
            .with("who", side)
            .shown_by(&half.zero)
            .costing(half.paused)
    })
}

/// Resends of one kind, over both halves.
fn resends(case: &Case, kind: ResendKind) -> Vec<&Resend> {
    let all = SIDES.into_iter().flat_map(|side| &case.half(side).resends);
    let mut found: Vec<&Resend> = all.filter(|resend| resend.kind == kind).collect();
    found.sort_by_key(|resend| resend.seen.number);
    found
}

/// True if so little was sent again that it is not worth a word (RFC 9293 lives with loss).
fn is_rare(case: &Case) -> bool {
    let sum = |count: fn(&Half) -> u64| SIDES.into_iter().map(|side| count(case.half(side))).sum::<u64>();
    sum(|half| half.resent) * 1_000 < sum(|half| half.segments)
}

fn timeout(case: &Case) -> Option<Finding> {
    let found = resends(case, ResendKind::Timeout);
    let longest = found.iter().map(|resend| resend.waited).max()?;
    let cost: Duration = found.iter().map(|resend| resend.waited).sum();
    (!is_rare(case)).then(|| {
        Finding::new(Certainty::Certain)
            .with("ms", longest)
            .with("n", found.len().to_string())
            .shown_by(found.iter().map(|resend| &resend.seen))
            .costing(cost)
    })
}

fn fast(case: &Case) -> Option<Finding> {
    let found = resends(case, ResendKind::Fast);
    let first = found.first()?;
    (!is_rare(case)).then(|| {
        Finding::new(Certainty::Certain)
            .with("seq", first.seq.to_string())
            .with("n", found.len().to_string())
            .shown_by(found.iter().map(|resend| &resend.seen))
            .costing(found.iter().map(|resend| resend.waited).sum())
    })
}

fn needless(case: &Case) -> Option<Finding> {
    let found = SIDES.into_iter().find_map(|side| case.half(side).needless)?;
    (!is_rare(case)).then(|| Finding::new(Certainty::Certain).shown_by([&found]))
}

fn reordered(case: &Case) -> Option<Finding> {
    let found = SIDES.into_iter().find_map(|side| case.half(side).late)?;
    // Seen from one end, a resend of what was lost looks the same.
    let both = SIDES.into_iter().all(|side| case.is_known(side));
    Some(Finding::new(if both { Certainty::Certain } else { Certainty::Possible }).shown_by([&found]))
}
