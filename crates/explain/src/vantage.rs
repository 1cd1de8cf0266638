//! Verdicts about the record itself: where a capture was made, and what it lacks.

use std::time::Duration;

use cordial_trace::event::Side::{self, Client, Server};
use cordial_trace::words::Phrase;

use crate::case::{Case, Seen};
use crate::data::{SIDES, missed};
use crate::verdict::{Certainty, Entry, Finding, Level, NOTHING, Param};
use crate::{closing, data, opening};

pub(crate) const TABLE: &[Entry] = &[
    Entry {
        id: "X01",
        slug: "one-way-capture",
        name: "只抓到单向",
        level: Level::Warn,
        text: Phrase::new(
            "Only one direction was captured. What is said about the other side is inferred.",
            "只抓到一个方向，关于另一边的结论只是推断。",
        ),
        advice: Phrase::new(
            "Capture where both directions pass, or on both hosts.",
            "在双向都经过的地方抓，或两台主机都抓。",
        ),
        // Without the other direction nobody can tell what was answered.
        absorbs: &[
            "H02", "H03", "H07", "H08", "H09", "D01", "D02", "D03", "D04", "D05", "D06", "D07", "D12", "D16",
            "D18", "C05", "C06", "C07", "C08", "C09", "X02", "X03", "X09",
        ],
        rule: "cordial:one-way",
        raise: one_way,
    },
    Entry {
        id: "X03",
        slug: "started-midway",
        name: "半路开始抓",
        level: Level::Info,
        text: Phrase::new(
            "The capture began after the opening; window scale and options are unknown.",
            "抓包开始时连接已建好，窗口扩大等选项未知。",
        ),
        advice: Phrase::new("Start the capture before the program.", "先开抓包，再启动程序。"),
        absorbs: &[],
        rule: "cordial:midway",
        raise: midway,
    },
    Entry {
        id: "X02",
        slug: "capture-missed",
        name: "抓包漏了",
        level: Level::Info,
        text: Phrase::new(
            "The capture missed packets that were delivered: not network loss.",
            "抓包漏了，对方其实收到了，不算网络丢包。",
        ),
        advice: Phrase::new(
            "Bigger buffer (tcpdump -B), tighter filter.",
            "加大缓冲（tcpdump -B），收紧过滤条件。",
        ),
        absorbs: &["D05", "D06", "D07"],
        rule: "cordial:missed",
        raise: missing,
    },
    Entry {
        id: "X04",
        slug: "captured-twice",
        name: "每包抓了两遍",
        level: Level::Info,
        text: Phrase::new(
            "Every packet was captured twice (mirror port or 'any' interface): not resends.",
            "每个包抓了两遍（镜像口或 any 网卡），不是重传。",
        ),
        advice: Phrase::new("Capture on one interface.", "只抓一块网卡。"),
        absorbs: &[],
        rule: "cordial:twice",
        raise: twice,
    },
    Entry {
        id: "X05",
        slug: "offload-sizes",
        name: "网卡卸载的大包",
        level: Level::Info,
        text: Phrase::new(
            "Packets above the MTU are an artefact of offload (TSO/GRO); the wire carried smaller ones.",
            "比 MTU 还大的包是网卡卸载（TSO/GRO）的假象，线上其实是小包。",
        ),
        advice: NOTHING,
        absorbs: &[],
        rule: "cordial:offload",
        raise: oversized,
    },
    Entry {
        id: "X06",
        slug: "offload-checksums",
        name: "网卡稍后填校验和",
        level: Level::Info,
        text: Phrase::new(
            "Outgoing checksums look wrong because the card fills them in later.",
            "发出的包校验和“错误”，是网卡稍后才填。",
        ),
        advice: NOTHING,
        absorbs: &[],
        rule: "cordial:offload",
        raise: unfinished,
    },
    Entry {
        id: "X07",
        slug: "truncated",
        name: "包被截短",
        level: Level::Info,
        text: Phrase::new(
            "Packets were cut at {n} bytes; some options cannot be read.",
            "包只截了 {n} 字节，有些选项看不到。",
        ),
        advice: Phrase::new("Use -s 128 or more.", "用 -s 128 以上。"),
        absorbs: &[],
        rule: "cordial:truncated",
        raise: truncated,
    },
    Entry {
        id: "X08",
        slug: "clock-jumps",
        name: "时钟倒退",
        level: Level::Info,
        text: Phrase::new(
            "Timestamps run backwards {n}×, by up to {s}; what is said about time is off.",
            "时间戳倒退了 {n} 次，最多 {s}；与时间有关的结论不可信。",
        ),
        advice: Phrase::new("Capture again; check the clock source.", "重抓，检查时钟源。"),
        absorbs: &[],
        rule: "cordial:clock",
        raise: set_back,
    },
    Entry {
        id: "X09",
        slug: "vantage",
        name: "抓包位置",
        level: Level::Info,
        text: Phrase::new(
            "Captured near the {side}: a loss we cannot see happened beyond it.",
            "这是在{side}附近抓的，看不到的丢包发生在另一头。",
        ),
        advice: NOTHING,
        absorbs: &[],
        rule: "cordial:vantage",
        raise: vantage,
    },
];

fn one_way(case: &Case) -> Option<Finding> {
    let side = case.is_one_way().filter(|_| case.is_captured)?;
    Some(
        Finding::new(Certainty::Certain)
            .shown_by(&case.half(side).wire.first)
            .shown_by(&case.half(side).last),
    )
}

fn midway(case: &Case) -> Option<Finding> {
    let first = case.halves().iter().filter_map(|half| half.wire.first.as_ref());
    case.is_midway().then(|| Finding::new(Certainty::Certain).shown_by(first))
}

fn missing(case: &Case) -> Option<Finding> {
    // Where the record begins, one octet may be a probe that repeats what came before.
    let octets = missed(case);
    let shown = case.halves().iter().filter_map(|half| half.missed_by.as_ref());
    (case.is_captured && octets > 1 && case.is_one_way().is_none())
        .then(|| Finding::new(Certainty::Certain).shown_by(shown))
}

/// A few may be copies that the network made; a capture at fault has nearly all twice.
fn twice(case: &Case) -> Option<Finding> {
    let copies: u64 = case.halves().iter().map(|half| u64::from(half.wire.copies)).sum();
    let packets: u64 = case.halves().iter().map(|half| half.segments + half.resets.len() as u64).sum();
    let first = case.halves().iter().filter_map(|half| half.wire.first.as_ref());
    (copies > 1 && copies * 2 >= packets).then(|| Finding::new(Certainty::Certain).shown_by(first))
}

fn seen_at(case: &Case, what: fn(&crate::case::Half) -> Option<Seen>) -> Option<Finding> {
    let seen: Vec<Seen> = SIDES.into_iter().filter_map(|side| what(case.half(side))).collect();
    (!seen.is_empty()).then(|| Finding::new(Certainty::Certain).shown_by(&seen))
}

fn oversized(case: &Case) -> Option<Finding> {
    seen_at(case, |half| half.wire.oversized)
}

fn unfinished(case: &Case) -> Option<Finding> {
    seen_at(case, |half| half.wire.unfinished)
}

fn truncated(case: &Case) -> Option<Finding> {
    let (seen, kept) = case.halves().iter().find_map(|half| half.wire.cut)?;
    Some(Finding::new(Certainty::Certain).with("n", kept.to_string()).shown_by([&seen]))
}

fn set_back(case: &Case) -> Option<Finding> {
    let (count, most) = case.set_back;
    (count > 0).then(|| Finding::new(Certainty::Certain).with("n", count.to_string()).with("s", most))
}

/// One end is near if its answers take less than a quarter of what the other's take.
const NEARER: u32 = 4;
/// Below this both ends are near.
const FAR: Duration = Duration::from_micros(500);

/// The end that the capture was made near to, by the two halves of the handshake.
pub(crate) fn near(case: &Case) -> Option<Side> {
    let (to_server, to_client) = (case.way_to(Server)?, case.way_to(Client)?);
    let is_far = |far: Duration, near: Duration| far >= FAR && near * NEARER <= far;
    match (is_far(to_server, to_client), is_far(to_client, to_server)) {
        (true, _) => Some(Client),
        (_, true) => Some(Server),
        _ => None,
    }
}

/// Something was lost, as far as packets tell.
const LOSSES: [fn(&Case) -> Option<Finding>; 7] = [
    opening::syn_lost,
    opening::synack_lost,
    opening::third_lost,
    data::timeout,
    data::fast,
    closing::last_ack_lost,
    closing::fin_lost,
];

/// Worth a word where something was lost, for that tells on which side.
fn vantage(case: &Case) -> Option<Finding> {
    let side = near(case).filter(|_| case.is_captured)?;
    LOSSES.iter().any(|loss| loss(case).is_some()).then(|| {
        let name = match side {
            Client => Phrase::new("client", "客户端"),
            Server => Phrase::new("server", "服务器"),
        };
        Finding::new(Certainty::Certain)
            .with("side", Param::Words(name))
            .shown_by(case.half(Client).syns.first())
            .shown_by(case.half(Server).syns.first())
            .shown_by(&case.third)
    })
}
