//! Differences after a FIN, and in TIME-WAIT.

use cordial_tcp::Phase;
use cordial_wire::Flags;

use crate::class::{Class, Right};
use crate::shape::{Length, SeqFrom};
use crate::{Call, Kind, Shape};

/// Octets ahead of a hole, by whatever kind of segment.
fn is_text_ahead(shape: &Shape) -> bool {
    shape.kind == Kind::Ahead || (shape.seq_by > 0 && shape.length != Length::Octets(0))
}

/// After a FIN, the narrow ones first.
pub const CLASSES: &[Class] = &[
    Class {
        name: "fin-in-two-places",
        is: |difference| {
            let ahead = difference.has_seen(is_text_ahead);
            let fin_ahead = difference.has_seen(|shape| shape.flags.contains(Flags::FIN) && shape.seq_by > 0);
            let contradicts = (fin_ahead && difference.takes_room()) || (ahead && difference.has(Flags::FIN));
            contradicts && !difference.has(Flags::RST)
        },
        when: "a FIN ahead of a hole and then octets past it, or octets ahead of a hole and then a FIN before them",
        linux: "what comes in order counts",
        ours: "what was said first counts",
        rule: "RFC 9293 §3.10.7.4, eighth, takes FINs in order; of a peer that contradicts itself it says nothing",
        right: Right::Both,
        goes_on: false,
    },
    Class {
        name: "text-across-fin",
        is: |difference| {
            let after = [Phase::CloseWait, Phase::Closing, Phase::LastAck];
            let before_it = |shape: &crate::Shape| match shape.seq {
                SeqFrom::Next => shape.seq_by < 0,
                SeqFrom::First => true,
                SeqFrom::Edge => false,
            };
            difference.in_one_of(&after)
                && difference.takes_room()
                && difference.shape().is_some_and(before_it)
                && !difference.has(Flags::RST)
        },
        when: "octets or a second FIN that begin before the peer's FIN and end behind it",
        linux: "octets: a reset, and the connection is gone; a second FIN is acknowledged",
        ours: "an ACK",
        rule: "RFC 9293 §3.10.7.4, seventh: ignore the segment text",
        right: Right::Ours,
        goes_on: false,
    },
    Class {
        name: "text-after-fin",
        is: |difference| {
            let after = [Phase::CloseWait, Phase::Closing, Phase::LastAck];
            difference.in_one_of(&after)
                && difference.takes_room()
                && difference.only_replies()
                && difference.linux.is_silent()
                && difference.ours.replies.iter().all(|reply| reply.flags == Flags::ACK && reply.len == 0)
        },
        when: "octets or a FIN behind the peer's FIN",
        linux: "nothing",
        ours: "an ACK that says what is expected",
        rule: "RFC 9293 §3.10.7.4, seventh: the text is ignored; nothing is said of an answer",
        right: Right::Both,
        goes_on: true,
    },
    Class {
        name: "ack-by-itself",
        is: |difference| {
            let bare = |reply: &&crate::Reply| reply.flags == Flags::ACK && reply.len == 0;
            difference.linux.replies.iter().filter(bare).count() == 1
                && difference.linux.replies.len() > 1
                && !difference.ours.is_silent()
                && difference.ours.is_stream()
                && difference.only_replies()
        },
        when: "a segment that lets our octets or FIN go out, and has to be acknowledged",
        linux: "an ACK by itself, before or after them",
        ours: "they carry the ACK",
        rule: "RFC 9293 §3.8.6.3 leaves it open",
        right: Right::Both,
        goes_on: false,
    },
    Class {
        name: "reset-at-the-fin",
        is: |difference| {
            let after = [Phase::CloseWait, Phase::Closing, Phase::LastAck];
            difference.in_one_of(&after)
                && difference.has(Flags::RST)
                && difference.shape().is_some_and(|shape| shape.seq == SeqFrom::Next && shape.seq_by == -1)
        },
        when: "after the peer's FIN, a reset that has the FIN's own number",
        linux: "the connection ends",
        ours: "silence",
        rule: "RFC 5961 §3.2: RCV.NXT exactly, or it does not count",
        right: Right::Ours,
        goes_on: false,
    },
    Class {
        name: "number-of-a-reset",
        is: |difference| {
            difference.linux.is_one(Flags::RST)
                && difference.ours.is_one(Flags::RST)
                && difference.linux.state == difference.ours.state
                && difference.takes_room()
        },
        when: "octets for a connection that nobody holds, with an ACK of less than all we sent",
        linux: "a reset with the number they acknowledge",
        ours: "a reset at SND.NXT",
        rule: "RFC 9293 §3.10.5, as for an abort: SEQ=SND.NXT",
        right: Right::Ours,
        goes_on: true,
    },
    Class {
        name: "reset-in-time-wait",
        is: |difference| difference.before == Phase::TimeWait && difference.has(Flags::RST),
        when: "TIME-WAIT, a reset",
        linux: "TIME-WAIT ends",
        ours: "it is ignored",
        rule: "RFC 1337 §3, (F1); RFC 9293 §3.10.7.4, second, would end it",
        right: Right::Letter,
        goes_on: false,
    },
    Class {
        name: "ack-ahead-in-time-wait",
        is: |difference| {
            let ahead = |shape: &crate::Shape| shape.seq == SeqFrom::Edge || shape.seq_by > 0;
            difference.before == Phase::TimeWait
                && !difference.takes_room()
                && difference.shape().is_some_and(ahead)
                && difference.only_replies()
                && difference.linux.is_one(Flags::ACK)
                && difference.ours.is_silent()
        },
        when: "TIME-WAIT, an ACK without octets inside the window, but not at RCV.NXT",
        linux: "an ACK",
        ours: "silence",
        rule: "RFC 9293 §3.10.7.4, first: acceptable, so there is nothing to answer",
        right: Right::Ours,
        goes_on: true,
    },
    Class {
        name: "old-syn-in-time-wait",
        is: |difference| {
            difference.before == Phase::TimeWait
                && difference.has(Flags::SYN)
                && difference.only_replies()
                && difference.linux.is_one(Flags::ACK)
                && difference.ours.is_silent()
        },
        when: "TIME-WAIT, a SYN that is not newer",
        linux: "an ACK",
        ours: "silence",
        rule: "RFC 6191 §2: silently dropped",
        right: Right::Ours,
        goes_on: true,
    },
    Class {
        name: "new-syn-for-nobody",
        is: |difference| {
            difference.before == Phase::TimeWait
                && difference.has(Flags::SYN)
                && difference.only_replies()
                && difference.linux.is_one(Flags::ACK)
                && difference.ours.is_one(Flags::RST | Flags::ACK)
        },
        when: "TIME-WAIT, a newer SYN, and nobody listens",
        linux: "an ACK",
        ours: "a reset of the new attempt; TIME-WAIT stays",
        rule: "RFC 6191 §2 has the SYN accepted as a new one: nobody listens (RFC 9293 §3.10.7.1)",
        right: Right::Both,
        goes_on: true,
    },
    Class {
        name: "syn-at-the-next-number",
        is: |difference| {
            difference.before == Phase::TimeWait
                && difference.has(Flags::SYN)
                && difference.is_in_order()
                && difference.linux.is_one(Flags::ACK)
                && difference.ours.is_one(Flags::SYN | Flags::ACK)
        },
        when: "TIME-WAIT, a SYN whose number follows the old FIN's at once",
        linux: "an ACK",
        ours: "it opens a new connection",
        rule: "RFC 9293 §3.6.1, MAY-2: larger than the largest number used before",
        right: Right::Ours,
        goes_on: false,
    },
    Class {
        name: "syn-fin-in-time-wait",
        is: |difference| {
            difference.before == Phase::TimeWait
                && difference.has(Flags::SYN | Flags::FIN)
                && difference.linux.is_silent()
                && difference.ours.is_silent()
        },
        when: "TIME-WAIT, a newer SYN with a FIN",
        linux: "TIME-WAIT ends, and nothing begins",
        ours: "silence; TIME-WAIT stays",
        rule: "RFC 6191 §2 has TIME-WAIT give way to a new connection: there is none",
        right: Right::Ours,
        goes_on: false,
    },
    Class {
        name: "abort-after-both-fins",
        is: |difference| {
            difference.in_one_of(&[Phase::Closing, Phase::LastAck, Phase::TimeWait])
                && matches!(difference.call(), Some(Call::Abort))
                && difference.only_replies()
                && difference.ours.is_silent()
        },
        when: "CLOSING or LAST-ACK, the application aborts",
        linux: "a reset",
        ours: "silence",
        rule: "RFC 9293 §3.10.5, CLOSING, LAST-ACK, TIME-WAIT: delete the TCB",
        right: Right::Ours,
        goes_on: true,
    },
];
