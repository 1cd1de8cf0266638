//! Verdicts about resets.

use cordial_tcp::Phase;
use cordial_trace::event::Side::{self, Client, Server};
use cordial_trace::measure;
use cordial_trace::words::Phrase;

use crate::case::{Case, Reset, index};
use crate::verdict::{Certainty, Entry, Finding, Level};

pub(crate) const TABLE: &[Entry] = &[
    Entry {
        id: "C17",
        slug: "unread-data-reset",
        name: "没读完就关",
        level: Level::Warn,
        text: Phrase::new(
            "{who} closed while {n} received were unread, so TCP sent RST instead of FIN.",
            "{who}还有 {n} 没读就关了，TCP 只好发 RST 而不是 FIN。",
        ),
        advice: Phrase::new(
            "Read everything, or shutdown and drain, before close; else the peer may lose your last answer.",
            "关之前读完（或先 shutdown 再读空），否则对方可能丢掉最后的回复。",
        ),
        absorbs: &["R01", "R02", "C15", "C16", "C14", "C18"],
        rule: "rfc2525:2.17",
        raise: unread,
    },
    Entry {
        id: "C16",
        slug: "abortive-close",
        name: "直接挂断",
        level: Level::Note,
        text: Phrase::new(
            "{who} hung up without goodbye: no TIME_WAIT, and unsent data was thrown away.",
            "{who}没说再见就直接挂断：不进 TIME_WAIT，没发完的数据也扔了。",
        ),
        advice: Phrase::new(
            "Fine for errors; wrong as a cure for TIME_WAIT.",
            "用于出错可以；拿来“治” TIME_WAIT 不行。",
        ),
        absorbs: &["R01", "R02", "C14", "C18"],
        rule: "rfc9293:3.10.5",
        raise: abort,
    },
    Entry {
        id: "C18",
        slug: "reset-after-fin",
        name: "送完才 RST",
        level: Level::Info,
        text: Phrase::new(
            "A reset after everything was delivered: impolite, harmless.",
            "数据都送达后才 RST：不礼貌，但没影响。",
        ),
        advice: Phrase::new("", ""),
        absorbs: &["R01", "R02", "C15", "C14"],
        rule: "rfc9293:3.10.7.4/rst",
        raise: after_fin,
    },
    Entry {
        id: "C15",
        slug: "data-after-close",
        name: "关了还发",
        level: Level::Warn,
        text: Phrase::new(
            "{a} kept sending after {b} had closed completely, so {b} answered RST.",
            "{b}已完全关闭，{a}还在发，于是收到 RST。",
        ),
        advice: Phrase::new(
            "Agree who finishes first; read to the end before closing.",
            "说好谁先结束；读到末尾再关。",
        ),
        absorbs: &["R01", "R02", "C14", "C03"],
        rule: "rfc9293:3.6.1",
        raise: data_after_close,
    },
    Entry {
        id: "R02",
        slug: "peer-forgot",
        name: "对方忘了",
        level: Level::Fail,
        text: Phrase::new(
            "{who} no longer knows this connection (it restarted), so it answered RST.",
            "{who}重启过，已不认识这条连接，只能回 RST。",
        ),
        advice: Phrase::new("Reconnect; keepalive finds this sooner.", "重连即可；开保活能更早发现。"),
        absorbs: &["R01", "C14"],
        rule: "rfc9293:3.5.1",
        raise: forgot,
    },
    Entry {
        id: "R01",
        slug: "reset-midway",
        name: "中途 RST",
        level: Level::Fail,
        text: Phrase::new(
            "{who} reset the connection midway; the fate of {n} is unknown.",
            "{who}中途发 RST 断开，有 {n} 不知送没送到。",
        ),
        advice: Phrase::new(
            "See the log of {who}, {time} after the start.",
            "查{who}在连接开始后 {time} 的日志。",
        ),
        absorbs: &["C14"],
        rule: "rfc9293:3.10.7.4/rst",
        raise: midway,
    },
    Entry {
        id: "R04",
        slug: "reset-ignored",
        name: "RST 没被采信",
        level: Level::Info,
        text: Phrase::new(
            "A reset with the wrong number was not believed (RFC 5961 asks for proof).",
            "序号不对的 RST 没被采信，要对方先自证（RFC 5961）。",
        ),
        advice: Phrase::new("Many: someone is guessing; else ignore.", "很多就是有人在猜；否则不用管。"),
        absorbs: &[],
        rule: "rfc5961:3.2",
        raise: ignored,
    },
];

const NOTHING_IN_DOUBT: Phrase = Phrase::new(
    "{who} reset the connection midway; all data sent so far had been acknowledged.",
    "{who}中途发 RST 断开；在那之前发出的数据都已确认。",
);

/// The reset that ended an open connection, and who sent it.
fn ending(case: &Case) -> Option<(Side, &Reset)> {
    case.resets().find(|(_, reset)| case.third.is_some_and(|third| third.number < reset.seen.number))
}

fn unread(case: &Case) -> Option<Finding> {
    let (side, reset) = ending(case)?;
    let octets = case.half(side).unread;
    (reset.unread || octets.is_some()).then(|| {
        Finding::new(Certainty::Certain)
            .with("who", side)
            .with("n", measure::octets(octets.unwrap_or_default()))
            .shown_by([&reset.seen])
    })
}

fn abort(case: &Case) -> Option<Finding> {
    let side = [Client, Server].into_iter().find(|side| case.half(*side).aborted)?;
    let (sender, reset) = ending(case)?;
    (sender == side).then(|| Finding::new(Certainty::Certain).with("who", side).shown_by([&reset.seen]))
}

/// True if both sides have said goodbye and everything was acknowledged.
fn is_all_delivered(case: &Case) -> bool {
    [Client, Server].into_iter().all(|side| {
        let half = case.half(side);
        half.fin_acked.is_some() && half.unacknowledged() == 0
    })
}

fn after_fin(case: &Case) -> Option<Finding> {
    let (_, reset) = ending(case)?;
    is_all_delivered(case).then(|| Finding::new(Certainty::Certain).shown_by([&reset.seen]))
}

fn data_after_close(case: &Case) -> Option<Finding> {
    let (side, reset) = ending(case)?;
    let fin = case.half(side).fins.first()?;
    let data = reset.answers.filter(|data| data.number > fin.number)?;
    Some(
        Finding::new(Certainty::Certain)
            .with("a", side.other())
            .with("b", side)
            .shown_by([&data, &reset.seen]),
    )
}

fn forgot(case: &Case) -> Option<Finding> {
    let (side, reset) = ending(case)?;
    // A machine that knows the connection says what it has received as well.
    let is_from_nowhere = !reset.has_ack && reset.answers.is_some() && case.half(side).fins.is_empty();
    (is_from_nowhere && !case.is_known(side)).then(|| {
        Finding::new(Certainty::Likely).with("who", side).shown_by(&reset.answers).shown_by([&reset.seen])
    })
}

fn midway(case: &Case) -> Option<Finding> {
    let (side, reset) = ending(case)?;
    let is_open = reset.before[index(side.other())] != Some(Phase::Closed);
    (is_open && !is_all_delivered(case)).then(|| {
        let unknown = case.half(Client).unacknowledged() + case.half(Server).unacknowledged();
        let finding = Finding::new(Certainty::Certain)
            .with("who", side)
            .with("n", measure::octets(unknown))
            .with("time", reset.seen.time.since(case.began))
            .shown_by([&reset.seen]);
        if unknown > 0 { finding } else { finding.saying(NOTHING_IN_DOUBT) }
    })
}

fn ignored(case: &Case) -> Option<Finding> {
    let all = [Client, Server].into_iter().flat_map(|side| &case.half(side).resets);
    let refused: Vec<_> = all.filter(|reset| reset.refused.is_some()).map(|reset| &reset.seen).collect();
    (!refused.is_empty()).then(|| Finding::new(Certainty::Certain).shown_by(refused))
}
