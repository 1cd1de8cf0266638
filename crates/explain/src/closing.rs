//! Verdicts about how a connection closed, or did not.

use std::time::Duration;

use cordial_tcp::{CloseCause, Phase};
use cordial_trace::event::Side::{self, Client, Server};
use cordial_trace::measure;
use cordial_trace::words::Phrase;

use crate::case::{Case, Half, Seen};
use crate::opening::{abandoned, unanswered, unreachable};
use crate::silence::{deserted, vanished};
use crate::verdict::{Certainty, Entry, Finding, Level, NOTHING, Param};

pub(crate) const TABLE: &[Entry] = &[
    Entry {
        id: "C09",
        slug: "fin-unanswered",
        name: "再见没人理",
        level: Level::Warn,
        text: Phrase::new(
            "Nobody acknowledged the goodbye; after {n} tries this side closed alone.",
            "说再见没人理，{n} 次后单方面关闭。",
        ),
        advice: Phrase::new("Peer or path is gone.", "对端或链路没了。"),
        absorbs: &["C08", "C14", "C16", "D01", "D03", "D07", "R01"],
        rule: "rfc9293:3.8.3/r2",
        raise: fin_unanswered,
    },
    Entry {
        id: "C05",
        slug: "close-wait-stuck",
        name: "迟迟不关",
        level: Level::Warn,
        text: Phrase::new(
            "{peer} finished {s} ago, but the program at the other end ({who}) has not closed its socket.",
            "{peer} {s} 前就说完了，另一端（{who}）的程序却一直没关 socket。",
        ),
        advice: Phrase::new(
            "That program should close() when read() returns 0.",
            "那个程序该在 read() 返回 0 时就 close()。",
        ),
        absorbs: &["C14", "C03"],
        rule: "rfc9293:3.10.4/close-wait",
        raise: close_wait_stuck,
    },
    Entry {
        id: "C06",
        slug: "fin-wait-2-expired",
        name: "等不到对方的 FIN",
        level: Level::Note,
        text: Phrase::new(
            "{who} said goodbye and it was acknowledged, but the other end did not close; after {s} it was no longer waited for.",
            "{who}说了再见、对方也确认了，对方却一直不关；等了 {s} 后不再等。",
        ),
        advice: Phrase::new(
            "The other end's program closes too late, or never: look there.",
            "毛病在另一端：那边的程序关得太晚，或者根本不关。",
        ),
        absorbs: &["R01", "R02", "C15", "C14"],
        rule: "rfc9293:3.3.2/fin-wait-2",
        raise: fin_wait_2_expired,
    },
    Entry {
        id: "C07",
        slug: "last-ack-lost",
        name: "最后的 ACK 丢了",
        level: Level::Note,
        text: Phrase::new(
            "The last ACK got lost, so {who} sent its FIN again. {other} was still in TIME_WAIT and answered again. No data was lost: this is what TIME_WAIT is for.",
            "最后一个 ACK 丢了，{who}没等到回音，把 FIN 又发了一遍。{other}还守在 TIME_WAIT，于是再答一次。数据没丢——这正是 TIME_WAIT 的用处。",
        ),
        advice: Phrase::new(
            "What if it had not waited?  cordial why no-time-wait",
            "不等会怎样？cordial why no-time-wait",
        ),
        absorbs: &["C08", "D01", "D03", "D04", "D07", "C01", "C02"],
        rule: "rfc9293:3.10.7.4/time-wait/fin",
        raise: last_ack_lost,
    },
    Entry {
        id: "C08",
        slug: "fin-lost",
        name: "FIN 丢了",
        level: Level::Note,
        text: Phrase::new("A FIN was lost and sent again.", "FIN 丢了一次，重传后收到。"),
        advice: NOTHING,
        absorbs: &["C01", "C02", "D01", "D03"],
        rule: "rfc6298:5.4",
        raise: fin_lost,
    },
    Entry {
        id: "C14",
        slug: "still-open",
        name: "还开着",
        level: Level::Info,
        text: Phrase::new(
            "Still open when the record ended ({state}); {up} up, {down} down so far.",
            "记录结束时还开着（{state}）；目前上行 {up}，下行 {down}。",
        ),
        advice: NOTHING,
        absorbs: &["H01"],
        rule: "rfc9293:3.3.2",
        raise: still_open,
    },
    Entry {
        id: "C03",
        slug: "half-close",
        name: "半关闭",
        level: Level::Info,
        text: Phrase::new(
            "{who} finished talking but kept listening: {n} came after its FIN.",
            "{who}先说完但还在听：它的 FIN 之后又收到 {n}（半关闭）。",
        ),
        advice: Phrase::new(
            "Normal for 'send everything, then read the answer'.",
            "“先发完再等回复”的正常用法。",
        ),
        absorbs: &[],
        rule: "rfc9293:3.6",
        raise: half_close,
    },
    Entry {
        id: "C04",
        slug: "simultaneous-close",
        name: "同时关闭",
        level: Level::Ok,
        text: Phrase::new(
            "Both said goodbye at the same moment; both keep TIME_WAIT.",
            "双方同时说再见（同时关闭），两边都进 TIME_WAIT。",
        ),
        advice: NOTHING,
        absorbs: &["C01", "C02"],
        rule: "rfc9293:3.6/simultaneous",
        raise: simultaneous,
    },
    Entry {
        id: "C02",
        slug: "close-three",
        name: "三次挥手",
        level: Level::Ok,
        text: Phrase::new(
            "Closed in three segments: the other side had nothing left to say, so its ACK and FIN travelled together.",
            "三次挥手就结束了：对方也没话说了，ACK 和 FIN 合成一个段。",
        ),
        advice: NOTHING,
        absorbs: &["C01"],
        rule: "rfc9293:3.6",
        raise: three,
    },
    Entry {
        id: "C01",
        slug: "close-four",
        name: "四次挥手",
        level: Level::Ok,
        text: Phrase::new(
            "Closed properly in four steps; {who} said goodbye first and keeps TIME_WAIT.",
            "四次挥手正常结束；{who}先说再见，由它守着 TIME_WAIT。",
        ),
        advice: NOTHING,
        absorbs: &[],
        rule: "rfc9293:3.6",
        raise: four,
    },
    Entry {
        id: "C10",
        slug: "time-wait",
        name: "守 TIME_WAIT",
        level: Level::Ok,
        text: Phrase::new(
            "{who} holds these ports for {s} more (TIME_WAIT). This is by design.",
            "{who}还要占着这对端口 {s}（TIME_WAIT），设计如此。",
        ),
        advice: NOTHING,
        absorbs: &[],
        rule: "rfc9293:3.3.2/time-wait",
        raise: time_wait,
    },
];

/// How the goodbye went, for the healthy line.
pub(crate) fn manner(case: &Case) -> Option<Phrase> {
    if simultaneous(case).is_some() {
        return Some(Phrase::new("both closed at the same moment", "双方同时关闭"));
    }
    let is_three = three(case).is_some();
    Some(match (case.first_closer()?, is_three) {
        (Client, false) => Phrase::new("the client closed first, in four steps", "客户端先关，四次挥手"),
        (Client, true) => Phrase::new("the client closed first, in three segments", "客户端先关，三次挥手"),
        (Server, false) => Phrase::new("the server closed first, in four steps", "服务器先关，四次挥手"),
        (Server, true) => Phrase::new("the server closed first, in three segments", "服务器先关，三次挥手"),
    })
}

/// A goodbye that was repeated to the end of the record, and nothing came back.
pub(crate) fn fin_unanswered(case: &Case) -> Option<Finding> {
    let told = matches!(
        case.cause,
        Some(CloseCause::TimedOut | CloseCause::OrphanTimeout | CloseCause::KeepaliveTimeout)
    );
    let unheard = |side: &Side| {
        let half = case.half(*side);
        let is_all = half.unacknowledged() == 0 && case.half(side.other()).resets.is_empty();
        let is_silent = half.fin_acked.is_none() && is_all && (told || deserted(case, half));
        !half.fins.is_empty() && (is_silent || is_left_waiting(case, *side))
    };
    if case.is_one_way().is_some() {
        return None;
    }
    let side = [Client, Server].into_iter().find(unheard)?;
    let fins = &case.half(side).fins;
    let certainty = if told { Certainty::Certain } else { Certainty::Likely };
    Some(Finding::new(certainty).with("n", fins.count().to_string()).shown_by(fins))
}

/// Longer than this nobody needs to close what the other end has finished.
const STUCK: Duration = Duration::from_secs(60);

fn close_wait_stuck(case: &Case) -> Option<Finding> {
    let side = [Client, Server].into_iter().max_by_key(|side| case.half(*side).kept_open)?;
    let half = case.half(side);
    let finished = case.half(side.other()).fin_acked;
    let is_served = case.is_known(side.other()) && !case.is_captured && !case.is_known(side);
    // Who still sends has a reason to stay.
    (half.kept_open > STUCK && half.after_fin == 0).then(|| {
        // Where that end is a machine that nobody sees into, its program is only likely.
        let finding =
            Finding::new(if is_served || case.is_captured { Certainty::Likely } else { Certainty::Certain })
                .with("peer", side.other())
                .with("who", side)
                .with("s", half.kept_open)
                .shown_by(case.half(side.other()).fins.first())
                .shown_by(&finished)
                .shown_by(half.fins.first());
        if half.fins.is_empty() { finding } else { finding.sure().at(Level::Note).saying(CLOSED_LATE) }
    })
}

const CLOSED_LATE: Phrase = Phrase::new(
    "{peer} finished, but the program at the other end ({who}) closed its socket only {s} later.",
    "{peer}说完之后，另一端（{who}）的程序过了 {s} 才关 socket。",
);

fn fin_wait_2_expired(case: &Case) -> Option<Finding> {
    let told = case.gave_up.filter(|(_, rule)| rule.ends_with("fin-wait-2-timeout")).map(|(side, _)| side);
    let refuses = case
        .resets()
        .find(|(side, reset)| reset.answers_fin && !reset.has_ack && case.half(*side).fin_acked.is_some());
    let side = told.or(refuses.map(|(side, _)| side))?;
    let half = case.half(side);
    let acked = half.fin_acked?;
    let until = match refuses.and_then(|(_, reset)| reset.answers) {
        Some(fin) => fin.time,
        None => case.last,
    };
    if told.is_none() && !was_patient(until.since(acked.time)) {
        return None;
    }
    Some(
        Finding::new(if told.is_some() { Certainty::Certain } else { Certainty::Likely })
            .with("who", side)
            .with("s", until.since(acked.time))
            .shown_by(half.fins.first())
            .shown_by([&acked])
            .shown_by(refuses.map(|(_, reset)| &reset.seen)),
    )
}

/// Nobody gives up on the other end's FIN sooner; who refuses it had closed completely.
const PATIENCE: Duration = Duration::from_secs(1);

/// True if so long a wait for the other end's FIN may have ended by itself.
pub(crate) fn was_patient(waited: Duration) -> bool {
    waited >= PATIENCE
}

/// A FIN that came again after it had been acknowledged: who sent it, and which.
fn repeated_after_ack(half: &Half) -> Option<[Seen; 2]> {
    let acked = half.fin_acked?;
    let again = half.fins.iter().find(|fin| fin.number > acked.number)?;
    Some([acked, *again])
}

/// True if an end whose state is known still waits for the answer to its FIN: what answered it on the way was lost.
fn is_left_waiting(case: &Case, side: Side) -> bool {
    let waits = matches!(case.state(side), Some(Phase::FinWait1 | Phase::Closing | Phase::LastAck));
    waits && case.is_known(side) && case.half(side).fin_acked.is_some_and(|acked| case.was_lost(&acked))
}

pub(crate) fn last_ack_lost(case: &Case) -> Option<Finding> {
    let (side, [acked, again]) = [Client, Server].into_iter().find_map(|side| {
        if is_left_waiting(case, side) {
            return None;
        }
        let found = repeated_after_ack(case.half(side))?;
        // Only the second goodbye is answered by the last ACK.
        let other = case.half(side.other());
        let is_seen = case.is_captured || case.was_lost(&found[0]);
        let is_last = other.fin_acked.is_some_and(|heard| heard.number < found[1].number)
            && (is_seen || case.state(side.other()) != Some(Phase::Closed));
        is_last.then_some((side, found))
    })?;
    let certainty = if case.was_lost(&acked) { Certainty::Certain } else { Certainty::Likely };
    Some(
        Finding::new(certainty)
            .with("who", side)
            .with("other", side.other())
            .shown_by([&acked, &again])
            .costing(again.time.since(acked.time)),
    )
}

pub(crate) fn fin_lost(case: &Case) -> Option<Finding> {
    let is_repeated = |side: &Side| {
        let half = case.half(*side);
        (half.fins.len() > 1 || half.fin_waited.is_some())
            && half.fin_acked.is_some()
            && !is_left_waiting(case, *side)
    };
    if last_ack_lost(case).is_some() {
        return None;
    }
    let side = [Client, Server].into_iter().find(is_repeated)?;
    let half = case.half(side);
    let (first, last) = (half.fins.first()?, half.fins.last()?);
    let known = half.fins.iter().any(|fin| case.was_lost(fin));
    let certainty = if known { Certainty::Certain } else { Certainty::Likely };
    let cost = half.fin_waited.unwrap_or_default() + last.time.since(first.time);
    let finding = Finding::new(certainty).shown_by(&half.fins).costing(cost);
    let was_heard =
        half.fin_acked.is_some_and(|acked| acked.number < last.number) && half.fins.len() > 1 && !known;
    Some(if was_heard { finding.saying(ANSWER_LOST) } else { finding })
}

const ANSWER_LOST: Phrase = Phrase::new(
    "The answer to a FIN was lost, so the FIN was sent again.",
    "对 FIN 的确认丢了，所以 FIN 又发了一次。",
);

fn still_open(case: &Case) -> Option<Finding> {
    let has_called = !case.half(Client).syns.is_empty() || !case.half(Server).syns.is_empty();
    let is_open = (case.is_open() || has_called) && case.cause.is_none();
    // Where one end was not heard, nobody knows whether it said goodbye too.
    let one_way = case.is_one_way();
    let may_be_over = one_way.is_some_and(|side| !case.half(side).fins.is_empty());
    let is_over = case.is_closed_cleanly() || case.resets().next().is_some() || may_be_over;
    let failures = [vanished, fin_unanswered, unanswered, unreachable, abandoned];
    let has_failed = failures.iter().any(|failure| failure(case).is_some());
    (is_open && !is_over && !has_failed && !case.gave_way).then(|| {
        // An end that lost its power is CLOSED; it is the other that holds the connection open.
        let states = [Client, Server].map(|side| case.state(side));
        let open = states.into_iter().flatten().find(|state| *state != Phase::Closed);
        let state = open.or(states.into_iter().flatten().next()).unwrap_or_default();
        let finding = Finding::new(Certainty::Certain)
            .with("state", state.name().to_owned())
            .with("up", Param::Octets(case.half(Client).octets()))
            .with("down", Param::Octets(case.half(Server).octets()));
        match (case.state(Client), case.state(Server)) {
            _ if case.told_early => finding.saying(MADE_ROOM),
            _ if one_way.is_some() => finding.saying(NO_GOODBYE),
            (Some(Phase::SynSent), _) => finding.saying(NOT_ANSWERED),
            (_, Some(Phase::SynReceived)) => finding.saying(NOT_CONFIRMED),
            _ => finding,
        }
    })
}

/// The state of an end that was not heard is not known.
const MADE_ROOM: Phrase = Phrase::new(
    "Still open when it was put aside ({state}), too many others being open; {up} up, {down} down until then.",
    "同时开着的连接太多，看到这里就先放下了，当时还开着（{state}）；到那时上行 {up}，下行 {down}。",
);
const NO_GOODBYE: Phrase = Phrase::new(
    "No goodbye had passed when the record ended; {up} up, {down} down so far.",
    "到记录结束时还没看到有人说再见；目前上行 {up}，下行 {down}。",
);
const NOT_ANSWERED: Phrase = Phrase::new(
    "The call had not been answered when the record ended ({state}).",
    "记录结束时，这次呼叫还没人应答（{state}）。",
);
const NOT_CONFIRMED: Phrase = Phrase::new(
    "The opening was not finished when the record ended: the third segment had not come.",
    "记录结束时握手还没完成：第三个段还没来。",
);

fn half_close(case: &Case) -> Option<Finding> {
    let first = case.first_closer()?;
    let after = case.half(first.other()).after_fin;
    let is_refused = case.resets().any(|(side, reset)| side == first && reset.answers.is_some());
    (after > 0 && !is_refused).then(|| {
        Finding::new(Certainty::Certain)
            .with("who", first)
            .with("n", measure::octets(after))
            .shown_by(case.half(first).fins.first())
    })
}

fn simultaneous(case: &Case) -> Option<Finding> {
    let (client, server) = (case.half(Client), case.half(Server));
    let crosses = |half: &Half, other: &Half| {
        // It was sent before the other's could be acknowledged.
        let (fin, acked) = (half.fins.first()?, other.fin_acked?);
        (fin.number < acked.number && !other.fin_acked_by_fin).then_some(*fin)
    };
    let (a, b) = (crosses(client, server)?, crosses(server, client)?);
    case.is_closed_cleanly().then(|| Finding::new(Certainty::Certain).shown_by([&a, &b]))
}

fn three(case: &Case) -> Option<Finding> {
    let first = case.half(case.first_closer()?);
    (case.is_closed_cleanly() && first.fin_acked_by_fin)
        .then(|| Finding::new(Certainty::Certain).shown_by(first.fins.first()).shown_by(&first.fin_acked))
}

fn four(case: &Case) -> Option<Finding> {
    let side = case.first_closer()?;
    let is_other = three(case).is_some() || simultaneous(case).is_some();
    (case.is_closed_cleanly() && !is_other).then(|| {
        Finding::new(Certainty::Certain)
            .with("who", side)
            .shown_by(case.half(side).fins.first())
            .shown_by(case.half(side.other()).fins.first())
    })
}

/// How long hosts hold a pair of ports, mostly (RFC 9293 asks for 2MSL, and MSL is two minutes there).
const HELD: Duration = Duration::from_secs(60);

fn time_wait(case: &Case) -> Option<Finding> {
    let side = case.first_closer().filter(|_| case.is_closed_cleanly())?;
    let is_told = case.is_known(side) && case.state(side) == Some(Phase::TimeWait);
    Some(
        Finding::new(if is_told { Certainty::Certain } else { Certainty::Likely })
            .with("who", side)
            .with("s", HELD)
            .shown_by(&case.half(side.other()).fin_acked),
    )
}
