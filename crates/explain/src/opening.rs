//! Verdicts about how a connection opened, or did not.

use std::time::Duration;

use cordial_tcp::CloseCause;
use cordial_trace::event::At;
use cordial_trace::event::Side::{Client, Server};
use cordial_trace::measure;
use cordial_trace::words::{self, Phrase};

use crate::case::{Case, Reset, Seen};
use crate::vantage::near;
use crate::verdict::{Certainty, Entry, Finding, Level, NOTHING};

pub(crate) const TABLE: &[Entry] = &[
    Entry {
        id: "H04",
        slug: "refused",
        name: "被拒绝",
        level: Level::Fail,
        text: Phrase::new(
            "The machine answered, but nothing listens on port {p}, so it refused at once.",
            "机器在，但端口 {p} 上没有程序在监听，当场拒绝。",
        ),
        advice: Phrase::new(
            "Not a network fault. Is the server running, on this port and address?  ss -ltn",
            "不是网络故障。确认服务在跑、端口和监听地址没写错：ss -ltn",
        ),
        absorbs: &["R01", "R02", "H02", "H18"],
        rule: "rfc9293:3.10.7.3/rst",
        raise: refused,
    },
    Entry {
        id: "H06",
        slug: "unreachable",
        name: "到不了",
        level: Level::Fail,
        text: Phrase::new(
            "A router said {dst} cannot be reached (ICMP: {icmp}).",
            "路由器回报：{dst} 到不了（ICMP：{icmp}）。",
        ),
        advice: Phrase::new(
            "Check address and route: ip route get {dst}",
            "查地址和路由：ip route get {dst}",
        ),
        absorbs: &["H02", "H03", "H18"],
        rule: "rfc9293:3.9.2.2",
        raise: unreachable,
    },
    Entry {
        id: "H03",
        slug: "syn-unanswered",
        name: "没人应答",
        level: Level::Fail,
        text: Phrase::new(
            "Nobody answered: {n} SYNs in {s}, then the client gave up (ETIMEDOUT).",
            "一直没人应答：{s} 内发了 {n} 个 SYN 后放弃（ETIMEDOUT）。",
        ),
        advice: Phrase::new(
            "Wrong address, host down, silent firewall or full queue. Capture at the server: does the SYN arrive?",
            "地址写错、主机不在、防火墙静默丢包或队列满。到服务器上抓包，看 SYN 到没到。",
        ),
        absorbs: &["C14", "H18"],
        rule: "rfc9293:3.8.3",
        raise: unanswered,
    },
    Entry {
        id: "H09",
        slug: "handshake-abandoned",
        name: "握手没走完",
        level: Level::Warn,
        text: Phrase::new(
            "The server kept a half-finished connection for {s}; the client never confirmed.",
            "服务器为这个半连接等了 {s}，客户端始终没确认。",
        ),
        advice: Phrase::new(
            "One: the client left, or the return path is broken. Many: a SYN flood, perhaps.",
            "零星出现：客户端走了或回程不通。大量出现可能是 SYN 洪水。",
        ),
        absorbs: &["H07", "H02", "C14"],
        rule: "rfc9293:3.8.3/syn-ack-r2",
        raise: abandoned,
    },
    Entry {
        id: "H10",
        slug: "old-syn-rejected",
        name: "旧 SYN 作废",
        level: Level::Info,
        text: Phrase::new(
            "An old, late SYN reached the server. The client did not recognise the reply and reset it: no ghost connection.",
            "一个迟到的旧 SYN 到了服务器，客户端发现对不上号，回 RST 作废，没有建成“幽灵连接”。",
        ),
        advice: Phrase::new("This is what the third step is for.", "这正是第三次握手的用处。"),
        absorbs: &["R01", "R02", "H02", "H07", "C16"],
        rule: "rfc9293:3.10.7.3/ack",
        raise: old_syn,
    },
    Entry {
        id: "H07",
        slug: "synack-lost",
        name: "SYN+ACK 丢了",
        level: Level::Note,
        text: Phrase::new(
            "The server answered, but its SYN+ACK was lost on the way back; the retry worked.",
            "服务器应答了，但 SYN+ACK 在回程丢了，重发后才通。",
        ),
        advice: Phrase::new(
            "Loss is in the server-to-client direction.",
            "丢在服务器→客户端方向，查这一段。",
        ),
        absorbs: &["H02", "H18"],
        rule: "rfc9293:3.8.1",
        raise: synack_lost,
    },
    Entry {
        id: "H02",
        slug: "syn-lost",
        name: "SYN 丢了",
        level: Level::Note,
        text: Phrase::new(
            "The first SYN got no answer; try {n} worked. {wait} of the {ms} was waiting.",
            "第一个 SYN 没等到回音，第 {n} 次才通；建连 {ms}，其中 {wait} 是干等。",
        ),
        advice: Phrase::new(
            "Once: ignore. Often: look for loss or a full server queue.",
            "偶尔一次不用管；经常出现就查丢包，或服务器队列满。",
        ),
        absorbs: &["H18"],
        rule: "rfc6298:5",
        raise: syn_lost,
    },
    Entry {
        id: "H08",
        slug: "third-ack-lost",
        name: "第三次握手丢了",
        level: Level::Note,
        text: Phrase::new(
            "The third segment was {how}: the client thought it was connected, the server did not, until {what} arrived.",
            "第三次握手的 ACK {how}：客户端以为连上了，服务器还不知道，直到收到{what}。",
        ),
        advice: Phrase::new(
            "Harmless if the client speaks first; a server-speaks-first protocol waits one SYN+ACK retry.",
            "客户端先说话就没影响；服务器先说话的协议要多等一次 SYN+ACK 重传。",
        ),
        absorbs: &["H07", "H18", "D07"],
        rule: "rfc9293:3.10.7.4/syn-received/ack",
        raise: third_lost,
    },
    Entry {
        id: "H18",
        slug: "slow-open",
        name: "建连慢",
        level: Level::Note,
        text: Phrase::new("Opening took {ms}; the slow part was {where}.", "建连用了 {ms}，慢在{where}。"),
        advice: Phrase::new(
            "Always slow: distance. Sometimes slow: load.",
            "总是慢：距离远；偶尔慢：看负载。",
        ),
        absorbs: &[],
        rule: "rfc9293:3.5",
        raise: slow_open,
    },
    Entry {
        id: "H11",
        slug: "simultaneous-open",
        name: "同时打开",
        level: Level::Info,
        text: Phrase::new(
            "Both sides called each other at the same moment and met half-way: one connection, four segments.",
            "双方同时呼叫，在半路碰上：只建成一条连接，用了四个段（同时打开）。",
        ),
        advice: Phrase::new("Legal but rare; hole punching uses it.", "合法但少见，打洞会用到。"),
        absorbs: &["H02", "H07"],
        rule: "rfc9293:3.5/simultaneous",
        raise: simultaneous,
    },
    Entry {
        id: "H01",
        slug: "handshake-ok",
        name: "握手顺利",
        level: Level::Ok,
        text: Phrase::new("The connection opened normally in {ms}.", "三次握手顺利，{ms} 建好连接。"),
        advice: NOTHING,
        absorbs: &[],
        rule: "rfc9293:3.5",
        raise: opened,
    },
];

/// The reset that answers the client's SYN.
fn refusal(case: &Case) -> Option<&Reset> {
    let is_first = case.half(Server).syns.is_empty() && case.third.is_none();
    let sent = 1..=case.half(Client).line.reach;
    let fits = |reset: &&Reset| {
        reset.refused.is_none() && reset.has_ack && reset.ack.is_some_and(|ack| sent.contains(&ack))
    };
    case.half(Server).resets.iter().filter(|_| is_first).find(fits)
}

fn refused(case: &Case) -> Option<Finding> {
    let reset = refusal(case).filter(|_| !case.half(Client).syns.is_empty())?;
    Some(
        Finding::new(Certainty::Certain)
            .with("p", case.server.port().to_string())
            .shown_by(case.half(Client).syns.last())
            .shown_by([&reset.seen]),
    )
}

pub(crate) fn unreachable(case: &Case) -> Option<Finding> {
    let icmp = case.icmp?;
    let said = words::unreachable(case.server.is_ipv6(), icmp.kind, icmp.code)?;
    if !case.half(Server).syns.is_empty() || case.half(Client).syns.is_empty() {
        return None;
    }
    let finding = Finding::new(Certainty::Certain)
        .with("dst", case.server.ip().to_string())
        .with("icmp", said)
        .shown_by(case.half(Client).syns.last());
    // Told by the end that was called: a gateway, whose own way to the server is what failed.
    Some(if icmp.at == At::End(Server) { finding.saying(NO_WAY_FROM_HERE) } else { finding })
}

const NO_WAY_FROM_HERE: Phrase = Phrase::new(
    "This machine itself has no way to {dst} (ICMP: {icmp}); the gateway passed that on.",
    "这台机器自己就到不了 {dst}（ICMP：{icmp}），网关如实转告。",
);

/// Nothing came back to the client's SYNs.
pub(crate) fn unanswered(case: &Case) -> Option<Finding> {
    let (client, server) = (case.half(Client), case.half(Server));
    let silent = server.syns.is_empty()
        && server.resets.is_empty()
        && server.segments == 0
        && server.old_ack.is_none()
        && server.strange_synack.is_none()
        && case.icmp.is_none();
    let (first, last) = (client.syns.first()?, client.syns.last()?);
    let gave_up = matches!(case.cause, Some(CloseCause::Unanswered | CloseCause::TimedOut));
    // One that speaks on was answered where we do not see it.
    let goes_on = client.segments > u64::from(client.syns.count());
    if !silent || goes_on || (client.syns.len() < 2 && !gave_up) {
        return None;
    }
    let is_over = gave_up || case.silence() > longest_gap(&client.syns) * 2;
    let finding = Finding::new(if gave_up { Certainty::Certain } else { Certainty::Likely })
        .with("n", client.syns.count().to_string())
        .with("s", if gave_up { case.last.since(first.time) } else { last.time.since(first.time) })
        .shown_by(&client.syns);
    Some(if is_over { finding } else { finding.saying(THEN_THE_RECORD_ENDS) })
}

const THEN_THE_RECORD_ENDS: Phrase = Phrase::new(
    "Nobody answered: {n} SYNs in {s}, then the record ends.",
    "一直没人应答：{s} 内发了 {n} 个 SYN，记录到此为止。",
);

/// The longest pause between two.
fn longest_gap(seen: &[Seen]) -> Duration {
    let gaps = seen.iter().zip(seen.iter().skip(1)).map(|(before, after)| after.time.since(before.time));
    gaps.max().unwrap_or_default()
}

/// A client that had missed the SYN-ACK would have asked again by then.
const PATIENCE: Duration = Duration::from_millis(900);
/// No end repeats a SYN-ACK by itself before this.
const SOONEST: Duration = Duration::from_millis(185);

/// SYN-ACKs that nobody ever confirmed.
pub(crate) fn abandoned(case: &Case) -> Option<Finding> {
    let synacks = &case.half(Server).syns;
    let (first, last) = (synacks.first()?, synacks.last()?);
    let told = matches!(case.gave_up, Some((Server, rule)) if rule.ends_with("syn-ack-r2"));
    let silence = case.ended.map_or(Duration::ZERO, |ended| ended.since(last.time));
    let is_deserted = synacks.count() >= 2 && (synacks.count() > 2 || silence > longest_gap(synacks) * 2);
    let is_confirmed = case.third.is_some() || case.half(Server).line.acked > 0;
    if is_confirmed || !(told || is_deserted && case.is_captured) || !case.half(Client).resets.is_empty() {
        return None;
    }
    let until = if told { case.last } else { last.time };
    Some(
        Finding::new(if told { Certainty::Certain } else { Certainty::Likely })
            .with("s", until.since(first.time))
            .shown_by(synacks),
    )
}

fn old_syn(case: &Case) -> Option<Finding> {
    let synack = case.half(Server).strange_synack?;
    let reset = case.half(Client).resets.iter().find(|reset| reset.seen.number > synack.number)?;
    Some(Finding::new(Certainty::Certain).shown_by([&synack, &reset.seen]))
}

/// True if both ends sent a bare SYN: their SYN-ACKs repeat nothing.
fn is_simultaneous(case: &Case) -> bool {
    case.half(Client).called && case.half(Server).called
}

pub(crate) fn synack_lost(case: &Case) -> Option<Finding> {
    case.third?;
    let (syns, synacks) = (&case.half(Client).syns, &case.half(Server).syns);
    let (first, last) = (synacks.first()?, synacks.last()?);
    let known = synacks.iter().any(|synack| case.was_lost(synack));
    let asked_again = syns.iter().any(|syn| syn.number > first.number && syn.time > first.time);
    let repeated = synacks.len() >= 2 && asked_again && third_lost(case).is_none();
    if is_simultaneous(case) || !(known || repeated) {
        return None;
    }
    let certainty = if known { Certainty::Certain } else { Certainty::Likely };
    let cost = last.time.since(first.time);
    Some(Finding::new(certainty).shown_by([first, last]).costing(cost))
}

pub(crate) fn syn_lost(case: &Case) -> Option<Finding> {
    let syns = &case.half(Client).syns;
    let synack = case.half(Server).syns.first()?;
    // Repetitions after the answer, or while the server's owner thinks, have another reason.
    let before: Vec<&Seen> = syns.iter().filter(|syn| syn.number < synack.number).collect();
    let (first, last) = (before.first()?, before.last()?);
    let is_served = case.undecided.is_some() || (case.is_known(Server) && !case.is_known(Client));
    let has_reason = case.half(Server).old_ack.is_some() || case.half(Server).strange_synack.is_some();
    let known = before.iter().any(|syn| case.was_lost(syn));
    let has_other = !known && (is_served || has_reason);
    if before.len() < 2 || has_other || is_simultaneous(case) {
        return None;
    }
    let total = case.opening()?;
    let wait = last.time.since(first.time);
    let certainty = if known { Certainty::Certain } else { Certainty::Possible };
    Some(
        Finding::new(certainty)
            .with("n", before.len().to_string())
            .with("wait", wait)
            .with("ms", total)
            .shown_by(before)
            .costing(wait),
    )
}

pub(crate) fn third_lost(case: &Case) -> Option<Finding> {
    let third = case.third?;
    let synacks = &case.half(Server).syns;
    let first = synacks.first()?;
    let known = case.was_lost(&third);
    // The server said again what the client had answered; or what a client that had missed it would have asked for
    // again, before: its SYN is older than the SYN-ACK.
    let is_near = case.way_to(Client).is_none_or(|way| way < PATIENCE / 2);
    let patient = |synack: &&Seen| is_near && synack.time.since(first.time) >= PATIENCE;
    let client_asked = case.half(Client).syns.iter().any(|syn| syn.number > first.number);
    let late = |synack: &&Seen| !case.is_captured || synack.time.since(first.time) >= SOONEST;
    // An ACK that passed right before the server arrived there: its owner may be slow to accept, but nothing was lost.
    let could_vanish = near(case) != Some(Server);
    let again = synacks.iter().skip(1).filter(late).find(|synack| match synack.number > third.number {
        true => could_vanish,
        false => case.is_captured && !client_asked && patient(synack),
    });
    let is_served = case.is_known(Server) && !case.is_known(Client);
    if is_simultaneous(case) || !known && (again.is_none() || is_served) {
        return None;
    }
    let what = match again {
        Some(_) => Phrase::new("a second one", "补发的 ACK"),
        None => Phrase::new("data", "数据"),
    };
    // A server with no room for one more connection drops it as the network would.
    let (certainty, how) = match known {
        true => (Certainty::Certain, Phrase::new("lost", "丢了")),
        false => (Certainty::Likely, Phrase::new("lost, or not taken", "丢了，或者没被收下")),
    };
    let cost = again.map_or(Duration::ZERO, |again| again.time.since(third.time));
    let finding = Finding::new(certainty).with("how", how).with("what", what);
    Some(finding.shown_by([&third]).shown_by(again).costing(cost))
}

/// Slower than this is worth a word, where it is certain what was slow.
const SLOW: Duration = Duration::from_secs(1);

fn slow_open(case: &Case) -> Option<Finding> {
    let opening = case.opening()?;
    let first = case.half(Client).syns.first()?;
    let decided = case.answered?.since(first.time);
    (opening >= SLOW && decided * 2 > opening).then(|| {
        let place = Phrase::new("the server's decision to accept", "服务器决定是否接受这一步");
        Finding::new(Certainty::Certain)
            .with("ms", opening)
            .with("where", place)
            .shown_by(&case.half(Client).syns)
            .costing(decided)
    })
}

fn simultaneous(case: &Case) -> Option<Finding> {
    is_simultaneous(case).then(|| {
        Finding::new(Certainty::Certain)
            .shown_by(case.half(Client).syns.first())
            .shown_by(case.half(Server).syns.first())
    })
}

fn opened(case: &Case) -> Option<Finding> {
    let opening = case.opening()?;
    let once = case.half(Client).syns.len() == 1 && case.half(Server).syns.len() == 1;
    once.then(|| Finding::new(Certainty::Certain).with("ms", measure::span(opening)).shown_by(&case.third))
}
