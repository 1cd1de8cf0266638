//! Verdicts about resets.
//!
//! What is behind a reset is decided in this order:
//!
//! ```text
//! its sender goes on, or its number was wrong           R04  nobody believed it
//! it answers a segment of another connection            H10, H19, H21
//! its sender probed and heard nothing                   D16  (D18 for data)
//! it carries no ACK: the machine knows no connection
//!     its sender had said goodbye, and it answers
//!         a FIN, a second or more after its own         C06  its patience was over
//!         a FIN, and nothing is in doubt                C18
//!         a few octets and a FIN behind them            C18  a protocol's own goodbye, as TLS has one
//!         data                                          C15  it had closed completely
//!     all was acknowledged after a goodbye              C18
//!     it answers data, a FIN or a probe                 R02  the machine forgot
//!     it answers nothing                                R01
//! it carries an ACK: someone closed by reset
//!     a goodbye passed and all was acknowledged         C18
//!     octets were received and likely not read          C17
//!     octets are in doubt                               R01
//!     nothing is in doubt                               C16  nobody can tell why, and nothing is lost
//! ```
//!
//! An end of ours tells whether it had octets unread or was told to abort. Packets alone show it only by the room that a
//! reset announces: what is thrown away makes room.

use std::time::Duration;

use cordial_trace::event::Side::{self, Client, Server};
use cordial_trace::measure;
use cordial_trace::words::Phrase;

use crate::case::{Case, Reset};
use crate::closing::was_patient;
use crate::silence::deserted;
use crate::verdict::{Certainty, Entry, Finding, Level, Param};

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
        absorbs: &["R01", "R02", "C15", "C16", "C14", "C18", "C03"],
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
            "{who}已不认识这条连接（重启过），只能回 RST。",
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

const UNDER_WAY: Phrase = Phrase::new(
    "{who} reset the connection midway, right behind data of its own that nobody had acknowledged to it.",
    "{who}中途发 RST 断开，紧跟在它自己还没等到确认的数据后面。",
);

/// The reset that ended an open connection, and who sent it.
fn ending(case: &Case) -> Option<(Side, &Reset)> {
    let first = case.resets().min_by_key(|(_, reset)| reset.seen.number)?;
    let has_opened = case.third.map_or(case.is_open(), |third| third.number < first.1.seen.number);
    has_opened.then_some(first)
}

/// It has an explanation that is none of a reset's own.
fn is_explained(case: &Case, side: Side) -> bool {
    let half = case.half(side);
    !half.unanswered.is_empty() || deserted(case, half)
}

/// What is behind the reset that ended a connection, as far as packets tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Behind {
    /// Both had said what they had to say.
    Delivered,
    /// Its sender had closed; it answers data.
    Closed,
    /// Its sender had closed; the other end had a last word and closed too.
    Farewell,
    /// Its sender had closed and waited too long; it answers a FIN.
    Expired,
    /// The machine does not know the connection.
    Forgot,
    /// Its sender did not read what it got.
    Unread,
    /// Its sender hung up, and nothing is in doubt.
    HungUp,
    /// Whatever made it up on the way.
    Forged,
    /// Anything.
    Unknown,
}

fn behind(case: &Case) -> Option<(Side, &Reset, Behind)> {
    let (side, reset) = ending(case)?;
    let (half, other) = (case.half(side), case.half(side.other()));
    let goodbye = half.fins.first().or(other.fins.first()).is_some_and(|fin| fin.number < reset.seen.number);
    let has_closed = half.fins.first().is_some_and(|fin| fin.number < reset.seen.number);
    let is_reply = reset.answers.is_some();
    let behind = if reset.is_forged {
        Behind::Forged
    } else if has_closed && is_reply {
        after_closing(case, side, reset)
    } else if goodbye && reset.in_doubt == 0 && half.fin_acked.or(other.fin_acked).is_some() {
        Behind::Delivered
    } else if !reset.has_ack {
        if is_reply && !case.is_known(side) { Behind::Forgot } else { Behind::Unknown }
    } else if reset.made_room {
        Behind::Unread
    } else if reset.in_doubt > 0 || reset.is_midstream {
        Behind::Unknown
    } else {
        Behind::HungUp
    };
    Some((side, reset, behind))
}

/// What is behind a reset of an end that had closed, and that something still reached.
fn after_closing(case: &Case, side: Side, reset: &Reset) -> Behind {
    let waited = reset.answers.zip(case.half(side).fin_acked).map(|(fin, acked)| fin.time.since(acked.time));
    let has_finished = !case.half(side.other()).fins.is_empty();
    match reset.in_doubt {
        _ if reset.answers_fin && waited.is_some_and(was_patient) => Behind::Expired,
        0 if reset.answers_fin => Behind::Delivered,
        ..=FAREWELL if has_finished => Behind::Farewell,
        _ => Behind::Closed,
    }
}

/// What is behind it is `which`, and no end of ours says otherwise.
fn seems(case: &Case, which: Behind) -> Option<(Side, &Reset)> {
    let (side, reset, behind) = behind(case)?;
    let is_told = case.half(side).aborted || case.half(side).unread.is_some() || is_unread(case, side, reset);
    (behind == which && !is_told && !is_explained(case, side)).then_some((side, reset))
}

fn unread(case: &Case) -> Option<Finding> {
    let (side, reset) = ending(case)?;
    let octets = case.half(side).unread;
    if is_unread(case, side, reset) || octets.is_some() {
        return Some(
            Finding::new(Certainty::Certain)
                .with("who", side)
                .with("n", measure::octets(octets.unwrap_or_default()))
                .shown_by([&reset.seen]),
        );
    }
    let (side, reset) = seems(case, Behind::Unread)?;
    let heard = &case.half(side.other()).last_data;
    Some(
        Finding::new(Certainty::Likely)
            .with("who", side)
            .shown_by(heard)
            .shown_by([&reset.seen])
            .saying(SOME_UNREAD),
    )
}

const SOME_UNREAD: Phrase = Phrase::new(
    "{who} closed while received bytes were unread, so TCP sent RST instead of FIN.",
    "{who}还有收到的数据没读就关了，TCP 只好发 RST 而不是 FIN。",
);

/// True if the engine says that octets lay unread. Of those that come after a goodbye it says the same.
fn is_unread(case: &Case, side: Side, reset: &Reset) -> bool {
    reset.unread && case.half(side).fins.is_empty()
}

fn abort(case: &Case) -> Option<Finding> {
    if let Some(side) = [Client, Server].into_iter().find(|side| case.half(*side).aborted) {
        let (sender, reset) = ending(case)?;
        return (sender == side)
            .then(|| Finding::new(Certainty::Certain).with("who", side).shown_by([&reset.seen]));
    }
    if let Some(reset) = given_up_early(case) {
        let finding = Finding::new(Certainty::Likely).with("who", Client).shown_by([&reset.seen]);
        return Some(finding.saying(GAVE_UP_EARLY));
    }
    let (side, reset) = seems(case, Behind::HungUp)?;
    // A little that was not read shows nowhere.
    let has_heard = case.half(side.other()).octets() > 0;
    let certainty = if has_heard { Certainty::Possible } else { Certainty::Likely };
    Some(Finding::new(certainty).with("who", side).shown_by([&reset.seen]))
}

/// The client's reset that answers a SYN-ACK.
fn given_up_early(case: &Case) -> Option<&Reset> {
    let is_answered = !case.half(Server).syns.is_empty() && case.third.is_none();
    case.resets().find(|(side, _)| *side == Client && is_answered).map(|(_, reset)| reset)
}

const GAVE_UP_EARLY: Phrase = Phrase::new(
    "{who} gave up before the handshake was complete: it answered the SYN+ACK with RST.",
    "{who}没等握手走完就放弃了：用 RST 回答 SYN+ACK。",
);

fn after_fin(case: &Case) -> Option<Finding> {
    if let Some((side, reset)) = seems(case, Behind::Farewell) {
        return Some(
            Finding::new(Certainty::Likely)
                .with("who", side)
                .with("other", side.other())
                .with("n", measure::octets(reset.in_doubt))
                .shown_by(&case.half(side.other()).last_data)
                .shown_by([&reset.seen])
                .saying(LAST_WORD),
        );
    }
    let (_, reset) = seems(case, Behind::Delivered)?;
    Some(Finding::new(Certainty::Certain).shown_by([&reset.seen]))
}

/// Octets that a protocol may say as its own goodbye; TLS's close_notify takes 24 to 69 (RFC 8446 §6.1).
const FAREWELL: u64 = 72;

const LAST_WORD: Phrase = Phrase::new(
    "{who} had closed and answered {other}'s last {n} with RST: a goodbye as TLS has one, most likely; harmless.",
    "{who}已经关了，对{other}最后的 {n} 回了 RST：多半是 TLS 的告别，没影响。",
);

fn data_after_close(case: &Case) -> Option<Finding> {
    let (side, reset, behind) = behind(case)?;
    let last = || case.half(side.other()).last_data;
    let data = if reset.answers_fin { last() } else { reset.answers }.filter(|_| behind == Behind::Closed)?;
    Some(
        Finding::new(Certainty::Certain)
            .with("a", side.other())
            .with("b", side)
            .shown_by([&data, &reset.seen]),
    )
}

fn forgot(case: &Case) -> Option<Finding> {
    let (side, reset) = seems(case, Behind::Forgot)?;
    let finding =
        Finding::new(Certainty::Likely).with("who", side).shown_by(&reset.answers).shown_by([&reset.seen]);
    let idle = case.half(side).last.map_or(Duration::ZERO, |last| reset.seen.time.since(last.time));
    Some(if idle >= IDLE { finding.with("s", idle).saying(FORGOT_WHILE_IDLE) } else { finding })
}

/// The shortest time after which devices on the path are known to forget a connection that says nothing.
const IDLE: Duration = Duration::from_secs(60);

const FORGOT_WHILE_IDLE: Phrase = Phrase::new(
    "After {s} without a word from it, {who} no longer knows this connection: it restarted, or the path forgot it. The answer was RST.",
    "{who} {s} 没出声，之后已不认识这条连接：它重启过，或者路上的设备忘了这条连接，于是回 RST。",
);

const FORGED: Phrase = Phrase::new(
    "Neither end sent this reset: it was made up on the way between them.",
    "这个 RST 两端都没有发过，是在路上伪造的。",
);

const BETWEEN: Phrase = Phrase::new("whatever stands between them", "两端之间的设备");

fn midway(case: &Case) -> Option<Finding> {
    if let Some((_, reset, Behind::Forged)) = behind(case) {
        let finding = Finding::new(Certainty::Certain).shown_by([&reset.seen]).saying(FORGED);
        return Some(
            finding.with("who", Param::Words(BETWEEN)).with("time", reset.seen.time.since(case.began)),
        );
    }
    let (side, reset) = seems(case, Behind::Unknown)?;
    // A program that closes with octets unread, or hangs up, sends the same.
    let is_open_question = reset.has_ack && case.is_captured && case.half(side.other()).octets() > 0;
    let finding = Finding::new(if is_open_question { Certainty::Likely } else { Certainty::Certain })
        .with("who", side)
        .with("n", measure::octets(reset.in_doubt))
        .with("time", reset.seen.time.since(case.began))
        .shown_by([&reset.seen]);
    Some(match (reset.in_doubt, reset.is_midstream) {
        (1.., _) => finding,
        (0, true) => finding.saying(UNDER_WAY),
        (0, false) => finding.saying(NOTHING_IN_DOUBT),
    })
}

fn ignored(case: &Case) -> Option<Finding> {
    let all = [Client, Server].into_iter().flat_map(|side| {
        case.half(side).resets.iter().filter(move |reset| !reset.is_aside && case.is_disbelieved(side, reset))
    });
    let refused: Vec<_> = all.map(|reset| &reset.seen).collect();
    (!refused.is_empty()).then(|| Finding::new(Certainty::Certain).shown_by(refused))
}
