//! Differences in any state that hide what else there may be: they are looked for first.

use cordial_wire::Flags;

use crate::Call;
use crate::class::{Class, Right};
use crate::shape::Stamp;

/// In any state, the narrow ones first.
pub const CLASSES: &[Class] = &[
    Class {
        name: "reset-with-ack",
        is: |difference| {
            let ends = matches!(difference.call(), Some(Call::Close | Call::Abort | Call::CloseListener));
            ends && difference.same_but(|reply| {
                if reply.flags.contains(Flags::RST) {
                    (reply.flags, reply.ack, reply.echo) = (Flags::RST, None, None);
                    reply.sack.clear();
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
        name: "reset-without-timestamps",
        is: |difference| {
            difference.same_but(|reply| {
                if reply.flags.contains(Flags::RST) {
                    reply.echo = None;
                }
            })
        },
        when: "a reset in answer to a segment with timestamps",
        linux: "no timestamps where it has no connection any more",
        ours: "timestamps, which echo the segment's",
        rule: "RFC 7323 §5.2: a reset should have them if the segment had",
        right: Right::Ours,
        goes_on: true,
    },
    Class {
        name: "last-octet-again",
        is: |difference| {
            let refused =
                difference.ours.replies.iter().all(|reply| reply.flags == Flags::ACK && reply.len == 0);
            !difference.has(Flags::SYN) && !difference.has(Flags::RST) && difference.ends_at_next() && refused
        },
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
        name: "half-the-circle",
        is: |difference| {
            let stamp = difference.sequence.offer.timestamps
                && difference.has_seen(|shape| shape.stamp == Stamp::Value(i32::MIN));
            let number = difference.shape().is_some_and(|shape| shape.seq_by == i32::MIN);
            stamp || (number && difference.has(Flags::SYN))
        },
        when: "a timestamp, or in TIME-WAIT the number of a SYN, exactly half the circle away, and what comes after it",
        linux: "newer",
        ours: "older",
        rule: "RFC 7323 §5.2 and RFC 9293 §3.4 order what is less than 2^31 apart; of 2^31 they say nothing",
        right: Right::Both,
        goes_on: false,
    },
];
