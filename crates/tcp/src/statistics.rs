//! What passed on a connection, and how its path looks: for those who ask, and never for the connection itself.

use alloc::boxed::Box;
use core::num::NonZeroU16;
use core::time::Duration;

use cordial_wire::{Segment, SeqNum};

use crate::send::Acked;
use crate::state::State;
use crate::{Connection, Instant, TcpConfig};

/// What passed since the connection began: what a kernel's `TCP_INFO` counts (RFC 4898 has most of it). Kept only where
/// [`TcpConfig::statistics`] asks for it. Of a passive open's handshake the ACK that ends it is the first that counts. A
/// super-segment that arrives counts as one segment, one that is sent as those it is cut into.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Statistics {
    /// Segments that arrived, refused ones included.
    pub segs_in: u64,
    /// Segments sent, resets included.
    pub segs_out: u64,
    /// Of `segs_in`, those with octets of data.
    pub data_segs_in: u64,
    /// Of `segs_out`, those with octets of data.
    pub data_segs_out: u64,
    /// Of `segs_out`, those whose positions went out before.
    pub retrans_segs: u64,
    /// Octets of data sent, again or not.
    pub bytes_sent: u64,
    /// Of those, the ones sent again.
    pub bytes_retrans: u64,
    /// Octets of data that the peer acknowledged.
    pub bytes_acked: u64,
    /// Octets of data that arrived in order.
    pub bytes_received: u64,
    /// Octets, SYN and FIN included, that are known to have arrived, in order or not.
    pub bytes_delivered: u64,
    /// The shortest round trip that was measured.
    pub min_rtt: Option<Duration>,
    /// When octets of data went out last.
    pub last_data_sent: Option<Instant>,
    /// When octets of data arrived last.
    pub last_data_received: Option<Instant>,
    /// When a segment with an ACK arrived last.
    pub last_ack_received: Option<Instant>,
}

/// How the path looks to a connection, beyond its [`Vars`](crate::Vars). Of one that is over, how it looked at the end,
/// where statistics are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Path {
    /// The shifts of windows, the peer's and ours, where both offered one (RFC 7323 §2).
    pub window_scale: Option<(u8, u8)>,
    /// Timestamps are in use.
    pub timestamps: bool,
    /// Selective acknowledgments are.
    pub sack: bool,
    /// The congestion controller.
    pub controller: &'static str,
    /// The MSS we offered: what the link to the peer carries.
    pub advertised_mss: u16,
    /// Octets of options and data in the longest segment that the path is taken to carry: as many as our MSS, or what a
    /// router or a probe told since.
    pub largest: u16,
    /// The longest payload of a segment that arrived.
    pub received_mss: u16,
    /// Octets of data in a segment of ours.
    pub mss: u16,
    /// Octets of the receive buffer as it is now; it grows with its reader.
    pub receive_limit: u32,
    /// Positions sent and not acknowledged.
    pub unacknowledged: u32,
    /// Of those, selectively acknowledged ones.
    pub sacked: u32,
    /// Of those, the ones believed lost.
    pub lost: u32,
    /// Of the lost, those that went out again and are on their way.
    pub resent: u32,
    /// Octets written and never sent.
    pub unsent: u32,
    /// Smoothed round-trip time, once measured, and its variation.
    pub rtt: Option<(Duration, Duration)>,
    /// Retransmission timeout, backing off included.
    pub rto: Duration,
    /// Congestion window, octets.
    pub cwnd: u32,
    /// Slow-start threshold, octets.
    pub ssthresh: u32,
    /// SND.WND, octets.
    pub send_window: u32,
}

/// Statistics being kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counting {
    statistics: Statistics,
    /// Up to where octets were counted as acknowledged, and as received.
    acked_to: Option<SeqNum>,
    received_to: Option<SeqNum>,
    /// How it looked before it ended.
    last: Option<Path>,
}

impl Counting {
    /// The beginning, where it is asked for.
    pub(crate) fn begin(config: &TcpConfig) -> Option<Box<Self>> {
        config.statistics.then(Box::default)
    }

    /// The peer acknowledged something.
    pub(crate) fn acked(&mut self, acked: &Acked) {
        self.statistics.bytes_delivered += u64::from(acked.delivered);
        if let Some(sample) = acked.round_trip {
            let least = self.statistics.min_rtt.map_or(sample, |least| least.min(sample));
            self.statistics.min_rtt = Some(least);
        }
    }

    /// A segment goes out.
    pub(crate) fn sent(&mut self, now: Instant, len: u32, gso: Option<NonZeroU16>, again: bool) {
        let counts = &mut self.statistics;
        let len = u64::from(len);
        let pieces = gso.map_or(1, |size| len.div_ceil(u64::from(size.get())));
        counts.segs_out += pieces;
        counts.bytes_sent += len;
        if len > 0 {
            counts.data_segs_out += pieces;
            counts.last_data_sent = Some(now);
        }
        if again {
            counts.retrans_segs += pieces;
            counts.bytes_retrans += len;
        }
    }

    /// A segment without data that no poll gave goes out: a reset, or the last ACK.
    pub(crate) fn replied(&mut self) {
        self.statistics.segs_out += 1;
    }

    fn arrived(&mut self, now: Instant, segment: &Segment<'_>) {
        let counts = &mut self.statistics;
        counts.segs_in += 1;
        if segment.ack().is_some() {
            counts.last_ack_received = Some(now);
        }
        if !segment.payload.is_empty() {
            counts.data_segs_in += 1;
            counts.last_data_received = Some(now);
        }
    }

    /// Octets that were acknowledged or received since the last time; no more than a window of either.
    fn catch_up(&mut self, state: &State) {
        let State::Open { send, recv } = state else { return };
        let acked = send.text_acked();
        let from = self.acked_to.replace(acked).unwrap_or(send.iss + 1);
        self.statistics.bytes_acked += u64::from(acked.since(from));
        let Some(recv) = recv else { return };
        let received = recv.text_received();
        let from = self.received_to.replace(received).unwrap_or(recv.irs + 1);
        self.statistics.bytes_received += u64::from(received.since(from));
    }
}

impl Connection {
    /// What passed so far; none where [`TcpConfig::statistics`] is off.
    pub fn statistics(&self) -> Option<Statistics> {
        let mut counting = self.counting.as_deref()?.clone();
        counting.catch_up(&self.state);
        Some(counting.statistics)
    }

    /// How its path looks now.
    pub fn path(&self) -> Path {
        self.path_now().or_else(|| self.counting.as_ref()?.last).unwrap_or_default()
    }

    fn path_now(&self) -> Option<Path> {
        let State::Open { send, recv } = &self.state else { return None };
        let (sacked, lost, resent) = send.flight.as_ref().map_or((0, 0, 0), |flight| flight.counts());
        let scaled = recv.as_ref().filter(|recv| recv.shift > 0);
        Some(Path {
            window_scale: scaled.map(|recv| (send.shift, recv.shift)),
            timestamps: self.agreed.timestamps,
            sack: self.agreed.sack,
            controller: send.controller.name(),
            advertised_mss: self.mss,
            largest: send.path_limit().map_or(self.mss, |limit| limit.min(self.mss)),
            received_mss: recv.as_ref().map_or(0, |recv| recv.longest_payload()),
            mss: send.mss,
            receive_limit: recv.as_ref().map_or(self.config.receive_buffer, |recv| recv.limit),
            unacknowledged: send.outstanding(),
            sacked,
            lost,
            resent,
            unsent: send.unsent(),
            rtt: send.rtt.srtt().map(|srtt| (srtt, send.rtt.rttvar())),
            rto: send.rto(&self.config),
            cwnd: send.controller.window(),
            ssthresh: send.controller.ssthresh(),
            send_window: send.wnd,
        })
    }

    /// A segment arrived, and was dealt with.
    #[inline]
    pub(crate) fn count_arrival(&mut self, now: Instant, segment: &Segment<'_>) {
        if let Some(counting) = self.counting.as_deref_mut() {
            counting.arrived(now, segment);
            counting.catch_up(&self.state);
        }
    }

    /// The halves are about to be given up: what they know of the path is kept, where anybody wants to know.
    pub(crate) fn count_end(&mut self) {
        let path = self.counting.as_ref().and_then(|_| self.path_now());
        if let Some(counting) = self.counting.as_deref_mut() {
            counting.catch_up(&self.state);
            counting.last = path.or(counting.last);
        }
    }
}
