//! Verdicts about pauses that the ends make themselves.

use std::time::Duration;

use cordial_trace::event::Side;
use cordial_trace::measure;
use cordial_trace::words::Phrase;

use crate::case::Case;
use crate::data::SIDES;
use crate::silence::DESERTED;
use crate::verdict::{Certainty, Entry, Finding, Level};

pub(crate) const TABLE: &[Entry] = &[
    Entry {
        id: "D09",
        slug: "zero-window-stuck",
        name: "接收方卡死",
        level: Level::Fail,
        text: Phrase::new(
            "The receiver ({who}) has read nothing for {s}; only window probes keep the connection alive.",
            "接收方（{who}）{s} 没读数据，只剩窗口探测在维持。",
        ),
        advice: Phrase::new("The reader hangs: inspect that process.", "读的一方卡死了，查那个进程。"),
        absorbs: &["D08"],
        rule: "rfc9293:3.8.6.1",
        raise: stuck,
    },
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
        id: "D12",
        slug: "nagle-delayed-ack",
        name: "Nagle 遇上延迟确认",
        level: Level::Note,
        text: Phrase::new(
            "A {ms} pause each time ({n}×): the sender ({who}) waits for an ACK (Nagle), the receiver holds it back (delayed ACK).",
            "每次卡 {ms}（{n} 次）：发送方（{who}）等 ACK 才发（Nagle），接收方攒着 ACK 不发（延迟确认）。",
        ),
        advice: Phrase::new(
            "Write each message in one call, or set TCP_NODELAY.",
            "一条消息一次写完，或设 TCP_NODELAY。",
        ),
        absorbs: &[],
        rule: "rfc9293:3.7.4",
        raise: nagle,
    },
];

/// A pause shorter than this, or than a tenth of the connection's life, is flow control at work.
const LONG: Duration = Duration::from_secs(1);
/// A receiver that says for longer that it has no room hangs.
const HANGS: Duration = Duration::from_secs(60);

fn stuck(case: &Case) -> Option<Finding> {
    let side = SIDES.into_iter().max_by_key(|side| case.half(*side).window.insisted)?;
    let window = &case.half(side).window;
    (window.insisted > HANGS).then(|| {
        Finding::new(Certainty::Certain)
            .with("who", side)
            .with("s", window.insisted)
            .shown_by(&window.zero)
            .shown_by(&window.zero_again)
            .costing(window.insisted)
    })
}

fn zero_window(case: &Case) -> Option<Finding> {
    let life = case.last.since(case.began);
    let side = SIDES.into_iter().max_by_key(|side| case.half(*side).window.paused)?;
    let window = &case.half(side).window;
    // A receiver that is there answers every probe.
    (window.paused >= LONG.max(life / 10) && window.unheard.count() < DESERTED).then(|| {
        Finding::new(Certainty::Certain)
            .with("s", window.paused)
            .with("who", side)
            .shown_by(&window.zero)
            .costing(window.paused)
    })
}

/// Once may be chance.
const REPEATS: u32 = 2;

fn nagle(case: &Case) -> Option<Finding> {
    let count = |side: &Side| case.half(*side).stall.found.count();
    let side = SIDES.into_iter().max_by_key(count)?;
    let stall = &case.half(side).stall;
    let found = stall.found.count();
    // A sender that waits for an answer of the other program does not go on at every late acknowledgment.
    (found >= REPEATS && found >= stall.idle).then(|| {
        Finding::new(Certainty::Likely)
            .with("ms", measure::span(stall.longest))
            .with("n", found.to_string())
            .with("who", side)
            .shown_by(&stall.found)
            .costing(stall.total)
    })
}
