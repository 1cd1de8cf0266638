//! Verdicts about addresses that were used before, about a program that met itself, and about what was not agreed.

use std::time::Duration;

use cordial_tcp::Phase;
use cordial_trace::Lang;
use cordial_trace::event::Predecessor;
use cordial_trace::event::Side::{Client, Server};
use cordial_trace::words::Phrase;
use cordial_wire::Options;

use crate::case::{Case, Reset, Seen};
use crate::verdict::{Certainty, Entry, Finding, Level, NOTHING};

pub(crate) const TABLE: &[Entry] = &[
    Entry {
        id: "H12",
        slug: "self-connect",
        name: "连上了自己",
        level: Level::Warn,
        text: Phrase::new(
            "The program connected to itself: its random local port happened to be the target port.",
            "程序连上了它自己：随机选的本地端口恰好就是目标端口。",
        ),
        advice: Phrase::new(
            "The real server is down. Keep service ports out of ip_local_port_range.",
            "真正的服务没起来；服务端口别落在 ip_local_port_range 里。",
        ),
        // The numbers of both directions are the same: nothing else that is said of them means anything.
        absorbs: &[
            "H01", "H02", "H07", "H08", "H09", "H10", "H11", "H22", "D01", "D02", "D03", "D04", "D05", "D06",
            "D07", "D08", "D12", "D15", "D16", "D18", "C01", "C02", "C03", "C04", "C05", "C06", "C07", "C08",
            "C09", "C10", "C14", "C15", "C16", "C17", "C18", "R01", "R02", "R04", "X01", "X02", "X04", "X09",
        ],
        rule: "rfc9293:3.5/simultaneous",
        raise: self_connect,
    },
    Entry {
        id: "H19",
        slug: "half-open-found",
        name: "半开连接露馅",
        level: Level::Info,
        text: Phrase::new(
            "The client had restarted and forgotten the old connection. Its new SYN uncovered that; they started again.",
            "客户端重启后忘了旧连接，新 SYN 一来露了馅：旧连接作废，重新开始。",
        ),
        advice: Phrase::new(
            "Normal after a crash; keepalive would find it sooner.",
            "崩溃后的正常现象；开保活能更早发现。",
        ),
        absorbs: &["H02", "H18"],
        rule: "rfc9293:3.5.1",
        raise: half_open_found,
    },
    Entry {
        id: "H21",
        slug: "time-wait-refused",
        name: "TIME_WAIT 不让",
        level: Level::Note,
        text: Phrase::new(
            "A new SYN came too soon with an older number; the end in TIME_WAIT only repeated its old ACK.",
            "新 SYN 来得太早、序列号又偏旧，TIME_WAIT 那端只回了旧 ACK。",
        ),
        advice: Phrase::new(
            "Turn timestamps on, use more source ports, or reuse connections.",
            "打开时间戳、多用些源端口，或复用连接。",
        ),
        absorbs: &["H02", "H18"],
        rule: "rfc6191:2",
        raise: time_wait_refused,
    },
    Entry {
        id: "H20",
        slug: "time-wait-reused",
        name: "TIME_WAIT 里重用",
        level: Level::Info,
        text: Phrase::new(
            "The same ports were used again during TIME_WAIT; the new numbers were safely higher, so it was allowed.",
            "TIME_WAIT 期间同一对端口又建了连接；新序列号更大、不会混淆，所以放行。",
        ),
        advice: NOTHING,
        absorbs: &[],
        rule: "rfc6191:2/reopen",
        raise: time_wait_reused,
    },
    Entry {
        id: "H22",
        slug: "option-not-agreed",
        name: "选项没谈成",
        level: Level::Note,
        text: Phrase::new("{opt} was offered but not agreed: {limit}.", "提了{opt}但没谈成：{limit}。"),
        advice: Phrase::new(
            "Peer setting, or a middlebox strips options: compare captures at both ends.",
            "对端设置如此，或中间设备删了选项：两头抓包比一比。",
        ),
        absorbs: &[],
        rule: "rfc9293:3.7.1",
        raise: not_agreed,
    },
];

fn self_connect(case: &Case) -> Option<Finding> {
    let answered = case.halves().iter().any(|half| half.syns.len() > usize::from(half.called));
    let is_open = answered || case.third.is_some();
    (case.client == case.server && is_open)
        .then(|| Finding::new(Certainty::Certain).shown_by(&case.half(Client).syns))
}

/// The server spoke of an earlier connection, and the client denied it.
fn denied(case: &Case) -> Option<(Seen, &Reset)> {
    let (old, _) = case.half(Server).old_ack?;
    let denies = |reset: &&Reset| reset.is_aside && reset.seen.number > old.number;
    Some((old, case.half(Client).resets.iter().find(denies)?))
}

/// Hosts keep TIME-WAIT for 2MSL: 60 s where it is short, four minutes where it is the RFC's.
const TIME_WAIT: Duration = Duration::from_secs(240);

/// True if one end of the earlier connection stood in TIME-WAIT.
fn waited(before: &Predecessor) -> bool {
    let waits = [Client, Server].into_iter().any(|side| before.of(side).state == Some(Phase::TimeWait));
    waits && before.quiet <= TIME_WAIT
}

/// True if an end of the earlier connection still held it open.
fn was_alive(before: &Predecessor) -> bool {
    !matches!(before.server.state, Some(Phase::TimeWait | Phase::Closed | Phase::Listen) | None)
}

/// It was still open when its own addresses called again.
pub(crate) fn forgotten(case: &Case) -> Option<Finding> {
    let is_over = case.is_closed_cleanly() || case.resets().next().is_some();
    (case.gave_way && case.is_open() && !is_over && case.cause.is_none())
        .then(|| Finding::new(Certainty::Likely).saying(FORGOTTEN))
}

const FORGOTTEN: Phrase = Phrase::new(
    "The client had forgotten this connection: it opened another from the same port while this one was still open.",
    "客户端已经忘了这条连接：它还开着，同一个端口就又建了新连接。",
);

fn half_open_found(case: &Case) -> Option<Finding> {
    if let Some(forgotten) = forgotten(case) {
        return Some(forgotten);
    }
    let (old, reset) = denied(case)?;
    case.before.as_ref().is_some_and(was_alive).then(|| {
        Finding::new(Certainty::Certain)
            .shown_by(case.half(Client).syns.first())
            .shown_by([&old, &reset.seen])
            .shown_by(case.half(Server).syns.first())
            .costing(lost_time(case))
    })
}

fn time_wait_refused(case: &Case) -> Option<Finding> {
    let (old, reset) = denied(case)?;
    case.before.as_ref().is_some_and(waited).then(|| {
        Finding::new(Certainty::Certain)
            .shown_by(case.half(Client).syns.first())
            .shown_by([&old, &reset.seen])
            .costing(lost_time(case))
    })
}

/// From the first SYN to the one that was answered.
fn lost_time(case: &Case) -> Duration {
    let (Some(first), Some(answer)) = (case.half(Client).syns.first(), case.half(Server).syns.first()) else {
        return Duration::ZERO;
    };
    let before = case.half(Client).syns.iter().rev().find(|syn| syn.number < answer.number);
    before.map_or(Duration::ZERO, |syn| syn.time.since(first.time))
}

fn time_wait_reused(case: &Case) -> Option<Finding> {
    let before = case.before.as_ref().filter(|before| waited(before))?;
    let (syn, synack) = (case.half(Client).syns.first()?, case.half(Server).syns.first()?);
    if case.half(Server).old_ack.is_some() {
        return None;
    }
    let is_told = before.server.state == Some(Phase::TimeWait) && before.quiet <= TIME_WAIT / 4;
    let certainty = if is_told { Certainty::Certain } else { Certainty::Likely };
    Some(Finding::new(certainty).shown_by([syn, synack]))
}

/// What one option is called, whether a SYN has it, and what its lack means.
type Choice = (Phrase, fn(&Options) -> bool, Phrase);

const CHOICES: [Choice; 3] = [
    (
        Phrase::new("Window scaling", "窗口扩大选项（window scale）"),
        |options| options.window_scale.is_some(),
        Phrase::new("at most 64 KB are under way at a time", "同时在途的数据最多 64 KB"),
    ),
    (
        Phrase::new("SACK", "选择确认（SACK）"),
        |options| options.sack_permitted,
        Phrase::new("one loss is repaired per round trip", "每个往返只能补一处丢包"),
    ),
    (
        Phrase::new("Timestamps", "时间戳选项"),
        |options| options.timestamps.is_some(),
        Phrase::new(
            "round-trip times are coarse, and nothing guards against old duplicates (PAWS)",
            "往返时间只能粗略测量，也防不了旧包（PAWS）",
        ),
    ),
];

const OFFERED_PLURAL: Phrase =
    Phrase::new("{opt} were offered but not agreed: {limit}.", "提了{opt}但没谈成：{limit}。");

/// Many a host does without timestamps; the others limit what a connection can do.
fn level(options: &Options, offered: &Options) -> Level {
    let is_all = |(_, has, _): &Choice| has(options) || !has(offered);
    if CHOICES.iter().take(2).all(is_all) { Level::Info } else { Level::Note }
}

fn not_agreed(case: &Case) -> Option<Finding> {
    let (client, server) = (case.half(Client).offer?, case.half(Server).offer?);
    let refused = |(_, has, _): &&Choice| has(&client) && !has(&server);
    let (option, _, limit) = CHOICES.iter().find(refused)?;
    // Every end of ours names its segment size; a record without any was made without options.
    let is_told = case.is_captured || server.mss.is_some();
    let answers = !case.half(Server).called && case.third.is_some() && is_told;
    answers.then(|| {
        let finding = Finding::new(Certainty::Certain)
            .with("opt", *option)
            .with("limit", *limit)
            .shown_by(case.half(Client).syns.first())
            .shown_by(case.half(Server).syns.first())
            .at(level(&server, &client));
        if option.text(Lang::En).ends_with('s') { finding.saying(OFFERED_PLURAL) } else { finding }
    })
}
