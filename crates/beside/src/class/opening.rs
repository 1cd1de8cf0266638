//! Differences while a connection opens.

use cordial_tcp::Phase;
use cordial_wire::Flags;

use crate::class::{Class, Right};
use crate::shape::Stamp;
use crate::{Call, Opening};

/// While a connection opens, the narrow ones first.
pub const CLASSES: &[Class] = &[
    Class {
        name: "echo-in-syn-received",
        is: |difference| {
            difference.before == Phase::SynReceived
                && difference.sequence.offer.timestamps
                && difference.linux.state == Phase::SynReceived
                && difference.sequence.opening == Opening::Passive
                && difference.shape().is_some()
                && difference.linux.replies.iter().all(|reply| reply.flags == Flags::ACK)
        },
        when: "SYN-RECEIVED, an ACK or a reset that echoes another timestamp than the SYN-ACK's",
        linux: "it is refused, an ACK with an ACK whose own timestamp may not be echoed either",
        ours: "it counts",
        rule: "RFC 7323 §5.3 tests TSval alone; RFC 9293 §3.10.7.4, second and fifth",
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
        goes_on: false,
    },
    Class {
        name: "syn-again-at-once",
        is: |difference| {
            difference.before == Phase::SynSent
                && difference.only_replies()
                && matches!(difference.linux.replies.as_slice(), [.., syn] if syn.flags == Flags::SYN)
                && difference.linux.replies.len() == difference.ours.replies.len() + 1
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
        name: "text-with-syn-ack",
        is: |difference| {
            difference.before == Phase::SynSent
                && difference.has(Flags::SYN | Flags::ACK)
                && difference.takes_room()
                && difference.linux.state == difference.ours.state
        },
        when: "SYN-SENT, a SYN-ACK with octets",
        linux: "the octets are left out",
        ours: "they are taken",
        rule: "RFC 9293 §3.10.7.3, fourth: other controls or text are processed on",
        right: Right::Ours,
        goes_on: false,
    },
    Class {
        name: "syn-in-half-open",
        is: |difference| {
            difference.before == Phase::SynReceived
                && difference.has(Flags::SYN)
                && difference.only_replies()
                && difference.linux.replies.iter().all(|reply| reply.flags.contains(Flags::RST))
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
        name: "ack-before-number",
        is: |difference| {
            difference.before == Phase::SynReceived
                && difference.has(Flags::ACK)
                && (difference.has(Flags::SYN) || !difference.is_in_order())
                && difference.linux.is_one(Flags::RST)
        },
        when: "SYN-RECEIVED by passive open, a segment outside of the window with the wrong ACK, or a SYN in it",
        linux: "a reset: the ACK is looked at first",
        ours: "an ACK, or back to LISTEN: the number is looked at first",
        rule: "RFC 9293 §3.10.7.4, first: the sequence number",
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
        name: "crossed-syn-ack-with-text",
        is: |difference| {
            difference.before == Phase::SynReceived
                && difference.has(Flags::SYN | Flags::ACK)
                && difference.ends_behind_its_syn()
                && difference.linux.is_one(Flags::ACK)
                && difference.linux.state == Phase::SynReceived
                && difference.ours.is_one(Flags::ACK)
                && difference.ours.state == Phase::Established
        },
        when: "SYN-RECEIVED by simultaneous open, the peer's SYN-ACK with octets",
        linux: "an ACK, no more",
        ours: "its ACK counts, as that of a SYN-ACK without octets; the octets are left for the peer to send again",
        rule: "RFC 9293 §3.10.7.4, first and fifth: the SYN lies before the window and is trimmed off, the rest is acceptable",
        right: Right::Ours,
        goes_on: false,
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
        name: "close-in-syn-received",
        is: |difference| {
            difference.before == Phase::SynReceived
                && difference.call() == Some(Call::Close)
                && difference.linux.state == Phase::FinWait1
        },
        when: "SYN-RECEIVED by simultaneous open, the application closes",
        linux: "the FIN goes out at once: FIN-WAIT-1",
        ours: "the FIN goes out when our SYN is acknowledged",
        rule: "RFC 9293 §3.10.4, SYN-RECEIVED: form a FIN segment and send it",
        right: Right::Letter,
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
];
