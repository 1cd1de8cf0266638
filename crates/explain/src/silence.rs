//! Verdicts about one end that hears nothing: idle, or deserted.

use std::time::Duration;

use cordial_tcp::CloseCause;
use cordial_trace::event::Side;
use cordial_trace::words::Phrase;

use crate::case::{Case, Half, Seen};
use crate::data::SIDES;
use crate::verdict::{Certainty, Entry, Finding, Level, NOTHING};

pub(crate) const TABLE: &[Entry] = &[
    Entry {
        id: "D16",
        slug: "keepalive-dead",
        name: "保活没人应",
        level: Level::Fail,
        text: Phrase::new(
            "{who} stopped answering keepalive probes; after {n} it was declared gone.",
            "保活探测 {n} 次{who}都没应，判定它不在了。",
        ),
        advice: Phrase::new("Host down or path cut; reconnect.", "主机宕机或链路断了，重连吧。"),
        absorbs: &["C14", "C16", "C17", "R01", "D15"],
        rule: "rfc9293:3.8.4",
        raise: keepalive_dead,
    },
    Entry {
        id: "D18",
        slug: "peer-vanished",
        name: "对方没声了",
        level: Level::Fail,
        text: Phrase::new(
            "{who} went silent in mid-talk: {n} resends over {s}, then ETIMEDOUT.",
            "{who}说着说着没声了：{s} 内重传 {n} 次后放弃（ETIMEDOUT）。",
        ),
        advice: Phrase::new(
            "No FIN and no RST: the machine or the path died, not the program.",
            "没有 FIN 也没有 RST：是机器或链路断了，不是程序退出。",
        ),
        absorbs: &["D01", "D03", "C14", "C16", "C17", "R01", "C09"],
        rule: "rfc9293:3.8.3/r2",
        raise: vanished,
    },
    Entry {
        id: "D15",
        slug: "keepalive-ok",
        name: "保活正常",
        level: Level::Ok,
        text: Phrase::new(
            "Idle, with a regular 'still there?' that gets answered.",
            "没数据，只是定时问一声“还在吗”，对方都答了。",
        ),
        advice: NOTHING,
        absorbs: &[],
        rule: "rfc9293:3.8.4",
        raise: keepalive,
    },
];

/// Repetitions in a row without an answer after which nobody is expected to answer.
pub(crate) const DESERTED: u32 = 3;

/// What was repeated to the end of the record, if that is long enough to say that nobody is there.
pub(crate) fn deserted(case: &Case, half: &Half) -> bool {
    let gap = |pair: &[Seen]| match pair {
        [before, after] => after.time.since(before.time),
        _ => Duration::ZERO,
    };
    let mut gaps = half.alone.windows(2).map(gap);
    let Some(first) = gaps.next() else { return false };
    let last = gaps.next_back().unwrap_or(first);
    // Pauses double, up to a bound (RFC 6298 §5.5): the next one would have ended by now, or three have passed.
    let is_given_up = !last.is_zero() && case.silence() > last * 3;
    is_given_up || (half.alone.count() >= DESERTED && last >= first)
}

const THEN_THE_RECORD_ENDS: Phrase = Phrase::new(
    "{who} went silent in mid-talk: {n} resends over {s}, then the record ends.",
    "{who}说着说着没声了：{s} 内重传了 {n} 次，记录到此为止。",
);

/// Data or probes of a closed window that were sent until the end, and nothing came back.
pub(crate) fn vanished(case: &Case) -> Option<Finding> {
    vanished_in_talk(case).or_else(|| vanished_in_pause(case))
}

/// Its own window is closed and the other end asked in vain whether it still is. A full buffer would answer
/// (RFC 9293 §3.8.6.1).
fn vanished_in_pause(case: &Case) -> Option<Finding> {
    if case.is_one_way().is_some() {
        return None;
    }
    let is_gone = |side: &Side| {
        let half = case.half(*side);
        half.window.unheard.count() >= DESERTED && half.resets.is_empty() && half.fin_acked.is_none()
    };
    let side = SIDES.into_iter().find(is_gone)?;
    let window = &case.half(side).window;
    let heard = case.half(side).last?;
    Some(
        Finding::new(Certainty::Likely)
            .with("who", side)
            .with("n", window.unheard.count().to_string())
            .with("s", case.last.since(heard.time))
            .shown_by([&heard])
            .shown_by(&window.unheard)
            .saying(NO_PROBE_ANSWERED),
    )
}

const NO_PROBE_ANSWERED: Phrase = Phrase::new(
    "{who} had asked for a pause and then went silent: {n} window probes in {s}, no answer.",
    "{who}让对方先停，之后就没声了：{s} 内 {n} 次窗口探测都没人应。",
);

fn vanished_in_talk(case: &Case) -> Option<Finding> {
    let told = matches!(case.cause, Some(CloseCause::TimedOut)) && case.gave_up.is_some();
    let is_alone = |side: &Side| {
        let half = case.half(*side);
        let was_answered = case.half(side.other()).resets.last().is_some_and(|reset| reset.answers.is_some());
        let is_gone = deserted(case, half) || (told && !half.alone.is_empty());
        half.unacknowledged() > 0 && is_gone && !was_answered
    };
    if !case.is_open() || case.is_one_way().is_some() {
        return None;
    }
    let side = SIDES.into_iter().find(is_alone)?;
    let alone = &case.half(side).alone;
    let (first, last) = (alone.first()?, alone.last()?);
    let until = if told { case.last } else { last.time };
    let finding = Finding::new(if told { Certainty::Certain } else { Certainty::Likely })
        .with("who", side.other())
        .with("n", alone.count().to_string())
        .with("s", until.since(began(case.half(side), first)))
        .shown_by(alone);
    let waits_still = !told && case.silence().is_zero() && case.resets().next().is_none();
    Some(if waits_still { finding.saying(THEN_THE_RECORD_ENDS) } else { finding })
}

/// When what is repeated was sent for the first time, as far as is known.
fn began(half: &Half, first: &Seen) -> cordial_tcp::Instant {
    let pause = half.resends.iter().find(|resend| resend.seen.id == first.id).map(|resend| resend.age);
    let nanos = first.time.as_nanos().saturating_sub(pause.unwrap_or_default().as_nanos() as u64);
    cordial_tcp::Instant::from_nanos(nanos)
}

fn keepalive_dead(case: &Case) -> Option<Finding> {
    let told = matches!(case.cause, Some(CloseCause::KeepaliveTimeout));
    let resets = |side: Side| case.resets().any(|(from, _)| from == side);
    let is_dead = |side: &Side| {
        let half = case.half(*side);
        let count = half.unanswered.count();
        let gave_up = (resets(*side) || told) && count >= 1;
        !resets(side.other()) && (gave_up || count >= DESERTED)
    };
    if case.is_one_way().is_some() {
        return None;
    }
    let side = SIDES.into_iter().find(is_dead)?;
    let probes = &case.half(side).unanswered;
    let reset = case.resets().find(|(from, _)| *from == side).map(|(_, reset)| &reset.seen);
    let certainty = if told || reset.is_some() { Certainty::Certain } else { Certainty::Likely };
    Some(
        Finding::new(certainty)
            .with("who", side.other())
            .with("n", probes.count().to_string())
            .shown_by(probes)
            .shown_by(reset),
    )
}

fn keepalive(case: &Case) -> Option<Finding> {
    let side = SIDES.into_iter().find(|side| case.half(*side).answered > 0)?;
    let is_fine = keepalive_dead(case).is_none() && case.resets().next().is_none();
    is_fine.then(|| Finding::new(Certainty::Certain).shown_by(&case.half(side).probes))
}
