//! The variables of a connection, for those who watch.

use core::time::Duration;

use cordial_wire::SeqNum;

use crate::{Deadline, Phase};

/// The variables of a connection at one moment (RFC 9293 §3.3.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Vars {
    /// The RFC's name for the state.
    pub phase: Phase,
    /// ISS.
    pub iss: SeqNum,
    /// IRS, once the peer's SYN has come.
    pub irs: Option<SeqNum>,
    /// SND.UNA.
    pub snd_una: SeqNum,
    /// SND.NXT.
    pub snd_nxt: SeqNum,
    /// SND.WND, octets.
    pub snd_wnd: u32,
    /// Octets of data per segment.
    pub snd_mss: u16,
    /// RCV.NXT.
    pub rcv_nxt: SeqNum,
    /// RCV.WND, octets.
    pub rcv_wnd: u32,
    /// Congestion window, octets.
    pub cwnd: u32,
    /// Slow-start threshold, octets.
    pub ssthresh: u32,
    /// Octets believed to be in the network.
    pub in_flight: u32,
    /// Octets written and not yet acknowledged.
    pub queued: u32,
    /// Octets received in order and not yet read.
    pub unread: u32,
    /// Smoothed round-trip time, once measured.
    pub srtt: Option<Duration>,
    /// Round-trip time variation.
    pub rttvar: Option<Duration>,
    /// Retransmission timeout, backoff included.
    pub rto: Duration,
    /// How often the timeout came in a row.
    pub backoff: u8,
    /// R1 was reached: sent again and again, and nothing of it acknowledged (RFC 9293 §3.8.3).
    pub in_doubt: bool,
    /// Everything that may come due.
    pub timers: Timers,
}

/// One deadline per purpose, so that arming one never disarms another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Timers {
    /// What is in flight is sent again.
    pub retransmit: Deadline,
    /// The peer's closed window is probed.
    pub persist: Deadline,
    /// A held-back acknowledgment goes out.
    pub delayed_ack: Deadline,
    /// The idle peer is probed.
    pub keepalive: Deadline,
    /// A connection that nobody holds leaves FIN-WAIT-2.
    pub fin_wait_2: Deadline,
    /// A larger segment than the path carried is tried again.
    pub path_mtu: Deadline,
    /// A SYN-ACK is sent again (half-open connections only).
    pub syn_ack: Deadline,
    /// TIME-WAIT ends.
    pub time_wait: Deadline,
}
