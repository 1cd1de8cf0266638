//! The classes.

use cordial_tcp::Phase;
use cordial_wire::Flags;

use super::{Class, Right};
use crate::shape::{AckFrom, Stamp};
use crate::{Call, Kind};

/// All of them, the narrow ones before the wide ones.
pub const CLASSES: &[Class] = &[
    Class {
        name: "reset-with-ack",
        is: |difference| {
            let ends = matches!(difference.call(), Some(Call::Close | Call::Abort | Call::CloseListener));
            ends && difference.same_but(|reply| {
                if reply.flags.contains(Flags::RST) {
                    (reply.flags, reply.ack, reply.echo) = (Flags::RST, None, None);
                }
            })
        },
        when: "the application aborts, or closes with octets unread",
        linux: "RST with an ACK",
        ours: "RST alone, at SND.NXT",
        rule: "RFC 9293 §3.10.5: `<SEQ=SND.NXT><CTL=RST>`",
        right: Right::Ours,
        goes_on: true,
    },
    Class {
        name: "last-octet-again",
        is: |difference| difference.ends_at_next(),
        when: "a segment that lies wholly below RCV.NXT and ends there",
        linux: "its ACK and timestamp count",
        ours: "it is not acceptable: an ACK, nothing else",
        rule: "RFC 9293 §3.10.7.4, first: SEG.SEQ+SEG.LEN-1 has to reach RCV.NXT",
        right: Right::Ours,
        goes_on: false,
    },
    Class {
        name: "no-timestamp",
        is: |difference| difference.lacks_stamp() && difference.ours.is_silent(),
        when: "timestamps are in use and a segment has none",
        linux: "it is taken",
        ours: "it is dropped",
        rule: "RFC 7323 §3.2: SHOULD silently drop",
        right: Right::Ours,
        goes_on: false,
    },
    Class {
        name: "one-tick-older",
        is: |difference| difference.shape().is_some_and(|shape| shape.stamp == Stamp::Value(-1)),
        when: "a timestamp one less than TS.Recent",
        linux: "it is taken",
        ours: "it is old: an ACK, nothing else",
        rule: "RFC 7323 §5.3, R1: SEG.TSval < TS.Recent is not acceptable",
        right: Right::Ours,
        goes_on: false,
    },
    Class {
        name: "echo-in-syn-received",
        is: |difference| {
            difference.before == Phase::SynReceived
                && difference.sequence.offer.timestamps
                && difference.linux.state == Phase::SynReceived
                && difference.linux.is_one(Flags::ACK)
        },
        when: "SYN-RECEIVED, an ACK that echoes another timestamp than the SYN-ACK's",
        linux: "it is refused with an ACK, whose own timestamp may not be echoed either",
        ours: "it opens the connection",
        rule: "RFC 7323 §5.3 tests TSval alone; RFC 9293 §3.10.7.4, fifth: the ACK decides",
        right: Right::Ours,
        goes_on: false,
    },
    Class {
        name: "echo-in-syn-sent",
        is: |difference| {
            difference.before == Phase::SynSent
                && difference.shape().is_some_and(|shape| matches!(shape.stamp, Stamp::Echo(_)))
                && difference.linux.is_one(Flags::RST)
        },
        when: "SYN-SENT, the right ACK with the echo of a timestamp that was never sent",
        linux: "a reset",
        ours: "what the segment would get without it",
        rule: "RFC 9293 §3.10.7.3: only SEG.ACK draws a reset",
        right: Right::Ours,
        goes_on: false,
    },
    Class {
        name: "syn-again-echo",
        is: |difference| {
            difference.before == Phase::SynReceived
                && difference.has(Flags::SYN)
                && difference.same_but(|reply| reply.echo = None)
        },
        when: "SYN-RECEIVED, the SYN again with a newer timestamp",
        linux: "a SYN-ACK that echoes the first",
        ours: "a SYN-ACK that echoes the newer",
        rule: "RFC 7323 §4.3, (2): SEG.SEQ <= Last.ACK.sent, so TS.Recent is the newer",
        right: Right::Ours,
        goes_on: true,
    },
    Class {
        name: "text-across-fin",
        is: |difference| {
            let after = [Phase::CloseWait, Phase::Closing, Phase::LastAck];
            difference.in_one_of(&after) && difference.linux.is_one(Flags::RST)
        },
        when: "octets that begin before the peer's FIN and end behind it",
        linux: "a reset, and the connection is gone",
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
                && difference.shape().is_some()
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
        name: "syn-again-at-once",
        is: |difference| {
            difference.before == Phase::SynSent
                && difference.only_replies()
                && matches!(difference.linux.replies.as_slice(), [first @ .., syn]
                    if syn.flags == Flags::SYN && *first == *difference.ours.replies)
        },
        when: "SYN-SENT, an ACK of something else",
        linux: "a reset, and its SYN again at once",
        ours: "a reset; the SYN again when its timer says so",
        rule: "RFC 9293 §3.10.7.3, first: a reset, and the segment is dropped",
        right: Right::Ours,
        goes_on: true,
    },
    Class {
        name: "crossed-syn-offers",
        is: |difference| {
            difference.before == Phase::SynSent
                && difference.has(Flags::SYN)
                && difference.same_but(|reply| {
                    (reply.scales, reply.sack_permitted, reply.echo) = (false, false, None);
                })
        },
        when: "SYN-SENT, a SYN that offers less than ours",
        linux: "a SYN-ACK with all that its SYN offered",
        ours: "a SYN-ACK with what both offered",
        rule: "RFC 7323 §2.2, §3.2: in a SYN-ACK only where the SYN had it",
        right: Right::Ours,
        goes_on: true,
    },
    Class {
        name: "syn-with-fin",
        is: |difference| difference.before == Phase::SynSent && difference.has(Flags::SYN | Flags::FIN),
        when: "SYN-SENT, SYN and FIN together",
        linux: "the FIN is left out",
        ours: "the FIN counts",
        rule: "RFC 9293 §3.10.7.3, fourth: other controls or text are processed on",
        right: Right::Ours,
        goes_on: false,
    },
    Class {
        name: "syn-again-crossed",
        is: |difference| {
            difference.before == Phase::SynReceived
                && difference.has(Flags::SYN)
                && difference.only_replies()
                && difference.linux.is_one(Flags::ACK)
                && difference.ours.is_one(Flags::SYN | Flags::ACK)
        },
        when: "SYN-RECEIVED by simultaneous open, the same SYN again",
        linux: "an ACK",
        ours: "the SYN-ACK again, which says the same and more",
        rule: "RFC 9293 §3.10.7.4, first: an ACK",
        right: Right::Letter,
        goes_on: true,
    },
    Class {
        name: "open-by-any-ack",
        is: |difference| {
            difference.before == Phase::SynReceived
                && difference.linux.state != Phase::SynReceived
                && difference.ours.state == Phase::SynReceived
                && difference.ours.is_one(Flags::RST)
        },
        when: "SYN-RECEIVED by simultaneous open, an ACK that does not cover our SYN",
        linux: "ESTABLISHED",
        ours: "a reset",
        rule: "RFC 9293 §3.10.7.4, fifth: SND.UNA < SEG.ACK, else a reset",
        right: Right::Ours,
        goes_on: false,
    },
    Class {
        name: "syn-in-half-open",
        is: |difference| {
            difference.before == Phase::SynReceived
                && difference.has(Flags::SYN)
                && difference.only_replies()
                && difference.linux.is_one(Flags::RST | Flags::ACK)
                && difference.ours.is_silent()
        },
        when: "SYN-RECEIVED by passive open, another SYN inside the window",
        linux: "a reset; the entry goes",
        ours: "silence; the entry goes",
        rule: "RFC 9293 §3.10.7.4, fourth: return to LISTEN and return",
        right: Right::Ours,
        goes_on: true,
    },
    Class {
        name: "half-open-without-listener",
        is: |difference| {
            difference.before == Phase::SynReceived && difference.call() == Some(Call::CloseListener)
        },
        when: "the listener closes while a connection is half open",
        linux: "the entry stays until its ACK or its timer, and is reset then",
        ours: "the entry goes at once",
        rule: "RFC 9293 §3.10.4, LISTEN: delete the TCB",
        right: Right::Ours,
        goes_on: false,
    },
    Class {
        name: "shutdown-in-syn-sent",
        is: |difference| {
            difference.before == Phase::SynSent && difference.call() == Some(Call::ShutdownWrite)
        },
        when: "SYN-SENT, the application says that it will not write",
        linux: "the open is given up",
        ours: "the open goes on, and a FIN follows",
        rule: "RFC 9293 §3.10.4 gives up in a CLOSE; of ending one direction only it says nothing",
        right: Right::Both,
        goes_on: false,
    },
    Class {
        name: "reset-at-the-edge",
        is: |difference| {
            difference.has(Flags::RST)
                && difference.is_near_edge(0)
                && difference.linux.is_one(Flags::ACK)
                && difference.ours.is_silent()
        },
        when: "a reset exactly at the window's right edge",
        linux: "a challenge ACK",
        ours: "silence",
        rule: "RFC 5961 §3.2: outside of the window, silently dropped",
        right: Right::Ours,
        goes_on: true,
    },
    Class {
        name: "at-the-edge",
        is: |difference| {
            let bare = |observed: &crate::Observed| observed.is_silent() || observed.is_one(Flags::ACK);
            difference.is_near_edge(16)
                && difference.only_replies()
                && bare(difference.linux)
                && bare(difference.ours)
        },
        when: "a segment at the window's right edge or an octet past it",
        linux: "taken or answered, as its own count of the window goes on",
        ours: "without octets it may stand at the edge, as last told",
        rule: "RFC 9293 §3.10.7.4, first, has it answered; a peer that filled the window sends its ACKs from there",
        right: Right::Both,
        goes_on: false,
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
        name: "old-ack-on-the-fast-path",
        is: |difference| {
            let shape = difference.shape();
            shape.is_some_and(|shape| {
                matches!(shape.ack, AckFrom::Una | AckFrom::Oldest | AckFrom::Max) && shape.kind == Kind::AckEdge
            }) && difference.ours.is_one(Flags::ACK)
                && difference.linux.replies.len() == 1
        },
        when: "octets in order with an ACK far too old",
        linux: "the octets are taken",
        ours: "an ACK; the segment is dropped",
        rule: "RFC 5961 §5.2: discarded, and an ACK sent back",
        right: Right::Ours,
        goes_on: false,
    },
    Class {
        name: "timestamp-of-a-refused-ack",
        is: |difference| {
            difference.sequence.offer.timestamps
                && difference.same_but(|reply| reply.echo = None)
                && difference.ours.is_one(Flags::ACK)
        },
        when: "a segment in order whose ACK is refused, and then any other",
        linux: "its timestamp became TS.Recent",
        ours: "nothing of it is kept",
        rule: "RFC 5961 §5.2: discarded",
        right: Right::Ours,
        goes_on: true,
    },
    Class {
        name: "sacked-fin",
        is: |difference| {
            difference.same_but(|reply| reply.sack.clear())
                && difference.linux.replies.iter().any(|reply| !reply.sack.is_empty())
                && difference.ours.replies.iter().any(|reply| !reply.sack.is_empty())
        },
        when: "a FIN ahead of a hole",
        linux: "its block counts the FIN's position",
        ours: "its block ends with the last octet",
        rule: "RFC 2018 §3 speaks of contiguous data; RFC 9293 §3.4 numbers a FIN",
        right: Right::Both,
        goes_on: true,
    },
    Class {
        name: "duplicate-told",
        is: |difference| {
            difference.same_but(|reply| reply.sack.clear())
        },
        when: "positions that came twice, without octets or from half the circle away",
        linux: "told as a duplicate",
        ours: "not told",
        rule: "RFC 2883 §4: duplicate segments; of a FIN alone or what is out of any window it says nothing",
        right: Right::Both,
        goes_on: true,
    },
    Class {
        name: "window-left",
        is: |difference| {
            let last = |observed: &crate::Observed| {
                observed.replies.last().map(|reply| crate::Reply { closed_window: false, ..reply.clone() })
            };
            difference.was_filled() && difference.only_replies() && last(difference.linux) == last(difference.ours)
        },
        when: "the window is filled",
        linux: "it opens further: the buffer is larger than what was told",
        ours: "it is closed",
        rule: "RFC 9293 §3.8.6.2.2: how much is offered is the receiver's choice",
        right: Right::Both,
        goes_on: false,
    },
    Class {
        name: "window-update",
        is: |difference| {
            let bare = |observed: &crate::Observed| observed.is_silent() || observed.is_one(Flags::ACK);
            let state = difference.linux.state == difference.ours.state;
            difference.call() == Some(Call::Read) && state && bare(difference.linux) && bare(difference.ours)
        },
        when: "the application reads what filled much of the window",
        linux: "an ACK tells of the window, when it has doubled",
        ours: "an ACK tells of it, when the peer may run dry",
        rule: "RFC 9293 §3.8.6.2.2: by an MSS or half the buffer; when it is told is left open",
        right: Right::Both,
        goes_on: false,
    },
    Class {
        name: "lost-sooner",
        is: |difference| {
            difference.shape().is_some_and(|shape| matches!(shape.kind, Kind::Sack))
                && difference.linux.is_stream()
                && difference.ours.is_silent()
        },
        when: "selective acknowledgments behind a hole, fewer than three segments of them",
        linux: "the hole is sent again at once",
        ours: "not before three segments, or the timer, tell of a loss",
        rule: "RFC 6675 §4, IsLost: DupThresh segments",
        right: Right::Both,
        goes_on: false,
    },
    Class {
        name: "pieces",
        is: |difference| {
            difference.linux.state == difference.ours.state
                && difference.linux.is_stream()
                && difference.ours.is_stream()
                && difference.call().is_some()
        },
        when: "the application writes: Nagle's last piece, or a window smaller than what waits",
        linux: "a last piece waits for a small one only (Minshall); pieces of at most half the window",
        ours: "a last piece waits for all that is outstanding; pieces as large as may be",
        rule: "RFC 9293 §3.7.4 and SHLD-7; §3.8.6.2.1",
        right: Right::Both,
        goes_on: false,
    },
    Class {
        name: "slow-start",
        is: |difference| {
            let (linux, ours) = (&difference.linux.replies, &difference.ours.replies);
            let state = difference.linux.state == difference.ours.state;
            state && linux.len() > ours.len() && difference.linux.is_stream() && difference.ours.is_stream()
        },
        when: "an ACK of many segments in slow start",
        linux: "the congestion window grows by all that was acknowledged",
        ours: "it grows by two segments at most for each ACK",
        rule: "RFC 5681 §3.1: by min(N, SMSS); RFC 3465 §2.2: L = 2",
        right: Right::Ours,
        goes_on: false,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_used_once() {
        let mut names: Vec<_> = CLASSES.iter().map(|class| class.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CLASSES.len());
    }
}
