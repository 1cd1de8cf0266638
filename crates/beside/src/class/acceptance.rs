//! Differences in which segments count, and what is told of them.

use cordial_tcp::Phase;
use cordial_wire::Flags;

use crate::Kind;
use crate::class::{Class, Right};
use crate::shape::Stamp;

/// About single segments, the narrow ones first.
pub const CLASSES: &[Class] = &[
    Class {
        name: "reset-that-reaches-in",
        is: |difference| {
            difference.has(Flags::RST)
                && (difference.is_near_edge(16) || (difference.takes_room() && !difference.is_in_order()))
                && difference.only_replies()
                && difference.linux.is_one(Flags::ACK)
                && difference.ours.is_silent()
        },
        when: "a reset whose number is outside of the window: at its right edge, or before it with octets or a FIN",
        linux: "a challenge ACK",
        ours: "silence",
        rule: "RFC 5961 §3.2: SEG.SEQ outside of the window, silently dropped",
        right: Right::Ours,
        goes_on: true,
    },
    Class {
        name: "reset-that-reaches-out",
        is: |difference| {
            difference.has(Flags::RST)
                && difference.is_near_edge(64)
                && difference.takes_room()
                && difference.only_replies()
                && difference.linux.is_silent()
                && difference.ours.is_one(Flags::ACK)
        },
        when: "a reset inside the window whose octets or FIN go past its right edge",
        linux: "silence",
        ours: "a challenge ACK",
        rule: "RFC 5961 §3.2: SEG.SEQ inside of the window, but not RCV.NXT",
        right: Right::Ours,
        goes_on: true,
    },
    Class {
        name: "past-the-edge",
        is: |difference| {
            difference.is_near_edge(64)
                && difference.takes_room()
                && !difference.has(Flags::RST)
                && difference.linux.is_one(Flags::ACK)
                && difference.ours.is_stream()
        },
        when: "a segment that begins in the window and ends behind its right edge",
        linux: "an ACK; nothing of the segment counts",
        ours: "what lies in the window counts, and so does its ACK",
        rule: "RFC 9293 §3.10.7.4, first: acceptable; the rest is trimmed off",
        right: Right::Ours,
        goes_on: false,
    },
    Class {
        name: "old-timestamp-without-octets",
        is: |difference| {
            difference.sequence.offer.timestamps
                && (!difference.takes_room() || !difference.has(Flags::ACK))
                && difference.has_seen(|shape| matches!(shape.stamp, Stamp::Value(_)))
                && difference.only_replies()
                && difference.linux.is_silent()
                && difference.ours.is_one(Flags::ACK)
        },
        when: "an ACK without octets, or octets without an ACK, whose timestamp is old",
        linux: "silence",
        ours: "an ACK",
        rule: "RFC 7323 §5.3, R1: send an acknowledgment in reply",
        right: Right::Ours,
        goes_on: true,
    },
    Class {
        name: "answered-lately",
        is: |difference| {
            difference.in_one_of(&[Phase::SynReceived, Phase::TimeWait])
                && difference.only_replies()
                && difference.linux.is_one(Flags::ACK)
                && difference.ours.is_silent()
        },
        when: "SYN-RECEIVED or TIME-WAIT, a second segment without octets that does not fit, within half a second",
        linux: "an ACK: its limit, the same by default, is switched off here",
        ours: "silence",
        rule: "RFC 5961 §7 and §10: such answers are limited",
        right: Right::Both,
        goes_on: true,
    },
    Class {
        name: "at-the-edge",
        is: |difference| {
            let short = |observed: &crate::Observed| {
                observed.is_silent() || observed.is_one(Flags::ACK) || observed.is_one(Flags::RST)
            };
            difference.is_near_edge(16)
                && !difference.has(Flags::RST)
                && (short(difference.linux) || difference.linux.is_stream())
                && short(difference.ours)
        },
        when: "a segment at the window's right edge or an octet past it",
        linux: "its ACK counts though it has octets, and its octets do not",
        ours: "its ACK counts if it has none",
        rule: "RFC 9293 §3.10.7.4, first, has neither; a peer that filled the window sends its ACKs from there",
        right: Right::Both,
        goes_on: false,
    },
    Class {
        name: "old-ack-on-the-fast-path",
        is: |difference| {
            difference.is_in_order()
                && difference.takes_room()
                && difference.kind() == Some(Kind::AckEdge)
                && difference.ours.is_one(Flags::ACK)
                && difference.linux.is_one(Flags::ACK)
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
        goes_on: false,
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
        is: |difference| difference.same_but(|reply| reply.sack.clear()),
        when: "positions that came twice, without octets or from half the circle away",
        linux: "told as a duplicate",
        ours: "not told",
        rule: "RFC 2883 §4: duplicate segments; of a FIN alone or what is out of any window it says nothing",
        right: Right::Both,
        goes_on: true,
    },
];
