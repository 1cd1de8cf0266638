//! Differences in how octets flow.

use cordial_wire::Flags;

use crate::class::{Class, Right};
use crate::shape::Length;
use crate::{Call, Kind};

/// About windows and losses, the narrow ones first.
pub const CLASSES: &[Class] = &[
    Class {
        name: "window-left",
        is: |difference| {
            let last = |observed: &crate::Observed| {
                observed.replies.last().map(|reply| crate::Reply { closed_window: false, ..reply.clone() })
            };
            difference.was_filled()
                && difference.only_replies()
                && last(difference.linux) == last(difference.ours)
        },
        when: "the window is filled",
        linux: "it opens further: the buffer is larger than what was told",
        ours: "it is closed",
        rule: "RFC 9293 §3.8.6.2.2: how much is offered is the receiver's choice",
        right: Right::Both,
        goes_on: false,
    },
    Class {
        name: "sent-while-filled",
        is: |difference| {
            difference.shape().is_some_and(|shape| shape.length == Length::ToEdge)
                && difference.only_replies()
        },
        when: "the window is filled, and octets of ours may go out",
        linux: "each segment is acknowledged by itself, the first with our octets",
        ours: "our octets go out when all have come, and acknowledge them",
        rule: "RFC 9293 §3.8.6.3 leaves it open",
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
        name: "recovery",
        is: |difference| {
            difference.kind() == Some(Kind::Sack)
                && difference.linux.state == difference.ours.state
                && difference.linux.is_stream()
                && difference.ours.is_stream()
        },
        when: "selective acknowledgments behind a hole",
        linux: "the hole is sent again at once, a segment that was acknowledged in part as a whole",
        ours: "three segments tell of a loss; only what is missing is sent again",
        rule: "RFC 6675 §4, IsLost and NextSeg: DupThresh segments, or more than (DupThresh - 1) * SMSS octets",
        right: Right::Both,
        goes_on: false,
    },
    Class {
        name: "limited-transmit",
        is: |difference| {
            difference.only_replies()
                && !difference.takes_room()
                && difference.linux.is_silent()
                && difference.ours.is_stream()
                && difference.ours.replies.len() == 1
        },
        when: "a duplicate ACK while more waits to be sent",
        linux: "nothing, where its count of duplicates has not begun",
        ours: "a new segment",
        rule: "RFC 3042 §2: for each of the first two duplicate ACKs, SHOULD",
        right: Right::Ours,
        goes_on: false,
    },
    Class {
        name: "pieces",
        is: |difference| {
            difference.linux.state == difference.ours.state
                && difference.linux.is_stream()
                && difference.ours.is_stream()
                && (difference.call().is_some()
                    || difference.linux.replies.len() == difference.ours.replies.len())
        },
        when: "more waits to be sent than the window takes",
        linux: "pieces of at most half the window",
        ours: "pieces as large as may be",
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
