//! The settings of a connection, and why each default is what it is.

use core::time::Duration;

use crate::congestion::Controller;
use crate::send::{MtuProbing, RtoLimits};
use crate::user_timeout::UserTimeoutOption;
use crate::{Deadline, Dscp};

/// Settings that connections share; changing one connection's copies them first.
#[derive(Clone, Debug)]
pub struct TcpConfig {
    /// Octets of receive buffer a connection starts with: the first window. 128 KiB.
    pub receive_buffer: u32,
    /// The most a receive buffer may grow to, octets. 6 MiB; above 8 MiB less a little no window could say it with
    /// the shift of 7 that is offered.
    pub receive_buffer_max: u32,
    /// Octets a connection accepts for sending before the peer acknowledged them. 4 MiB at most; memory is taken
    /// as octets are written.
    pub send_buffer: u32,
    /// The most octets of data a segment may have either way, whatever the link carries: TCP_MAXSEG. It is what we offer,
    /// and what we send. 65,535: the link decides. Below [`LEAST_MSS`] it counts as that.
    pub max_segment: u16,
    /// Offer and accept window scaling (RFC 7323 §2).
    pub window_scaling: bool,
    /// Offer and accept timestamps (RFC 7323 §3).
    pub timestamps: bool,
    /// Offer and accept selective acknowledgments (RFC 2018).
    pub sack: bool,
    /// Open fast (RFC 7413): ask servers for a cookie, and let what was written by then ride on the SYN where one is known.
    /// Off: octets on a SYN may be delivered twice, which only the application can know to be harmless (§2, §6.1).
    pub fast_open: bool,
    /// Send small segments at once instead of waiting for outstanding ones (Nagle off, RFC 9293 §3.7.4).
    pub nodelay: bool,
    /// The codepoint that its segments have in the IP header (RFC 9293 §3.9.2, MUST-48). Zero.
    pub dscp: Dscp,
    /// How long an acknowledgment may be held back (RFC 9293 §3.8.6.3 allows 500 ms). 40 ms.
    pub delayed_ack: Duration,
    /// Bounds of the retransmission timeout.
    pub rto: RtoLimits,
    /// How often a SYN is sent again before the open fails: 7, after 255 s (MUST-23 asks for 180 s or more).
    pub syn_retries: u8,
    /// How often a SYN-ACK is sent again: 5, after 63 s.
    pub syn_ack_retries: u8,
    /// Tell the application of troubles that end nothing (RFC 9293 §3.9.1.8, MUST-47): the path in doubt, the peer said to
    /// be unreachable. On; off for one that does not want to hear of them (SHLD-20).
    pub tell_soft_errors: bool,
    /// How often the same octets, or the SYN, are sent again before the path is in doubt: R1, 3 (RFC 9293 §3.8.3,
    /// SHLD-10). Those around the connection are told then ([`Effects::DOUBT`](crate::Effects::DOUBT)); 0 never.
    pub doubt_after: u8,
    /// How long octets may go unacknowledged before the connection is given up: R2, 100 s (RFC 9293 §3.8.3, SHLD-11).
    /// Not before R1, however long the timeouts have grown. `Duration::MAX` never gives up (MUST-21).
    pub give_up_after: Duration,
    /// The application's own bound in place of R2 (RFC 9293 §3.10.1, RFC 5482): exact, and whatever R1 says; 0 is
    /// none. None.
    pub user_timeout: Option<Duration>,
    /// Tell the peer how long we mean to wait, and heed what it tells (RFC 5482). Off: ENABLED is false unless asked for.
    pub user_timeout_option: Option<UserTimeoutOption>,
    /// Octets written and not yet sent from which on a writer waits, however much the send buffer would take
    /// (`TCP_NOTSENT_LOWAT`). None: only the send buffer counts.
    pub not_sent_low_water: Option<u32>,
    /// How often a closed connection that nobody holds any more sends again: 8.
    pub orphan_retries: u8,
    /// How long a connection that nobody holds may stay in FIN-WAIT-2: 60 s. The RFC has no limit; every deployed
    /// stack has one, since a peer that never closes would keep the entry for ever.
    pub orphan_fin_wait_2: Duration,
    /// Maximum segment lifetime; TIME-WAIT lasts twice that. 30 s.
    pub msl: Duration,
    /// Ignore RST in TIME-WAIT (RFC 1337 §3, fix F1).
    pub ignore_rst_in_time_wait: bool,
    /// How often segments that must prove themselves are answered.
    pub challenge_acks: ChallengeAcks,
    /// An active open may take the place of a connection in TIME-WAIT between the same ends, once that had timestamps and
    /// has waited for a second: then every segment of the new one has a newer timestamp than any of the old. Off, as RFC
    /// 9293 §3.10.1 has it; for hosts that call one peer more often than ports come back.
    pub reuse_time_wait: bool,
    /// Probe an idle peer. Off (MUST-25).
    pub keepalive: Option<Keepalive>,
    /// Count what passes ([`Connection::statistics`](crate::Connection::statistics)). Off: it decides nothing, and takes
    /// 272 octets more for each connection.
    pub statistics: bool,
    /// Hops a packet may take: 64 (RFC 9293 §3.9.2, MUST-49). Of what a host sends for no open connection, its own
    /// settings decide.
    pub hop_limit: u8,
    /// How long a path is taken to carry no more than a router said, or than was found out: 10 min (RFC 1191 §6.3 and RFC
    /// 8201 §4 ask for 5 at least).
    pub path_mtu_age: Duration,
    /// When the path is probed for what it carries.
    pub mtu_probing: MtuProbing,
    /// Octets of options and data in a segment that most paths carry: 984, for 1,024 octets with both headers of IPv4
    /// (RFC 4821 §7.2). Over IPv6 no less than its least MTU has room for.
    pub mtu_probe_base: u16,
    /// The congestion controller a connection starts with.
    pub controller: Controller,
}

/// How many challenge ACKs, and answers to segments without octets that do not fit, one connection sends (RFC 5961 §7 and
/// §10): so many at once, then as many in each span, evenly.
///
/// Each connection counts for itself, so that nobody can read off one connection what happened on another (CVE-2016-5696).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChallengeAcks {
    /// How many. 10; with 0 nothing is answered.
    pub count: u8,
    /// In what span. 1 s; none at all is no limit.
    pub per: Duration,
}

impl ChallengeAcks {
    /// Ticks of [`Deadline`] that make up for one.
    pub(crate) fn ticks_each(self) -> u32 {
        let each = self.per.as_nanos() / u128::from(self.count.max(1));
        u32::try_from(each / Deadline::TICK.as_nanos()).unwrap_or(u32::MAX)
    }
}

impl Default for ChallengeAcks {
    fn default() -> Self {
        Self { count: 10, per: Duration::from_secs(1) }
    }
}

/// When and how often an idle peer is probed (RFC 9293 §3.8.4). A time below a second counts as one, and a silence above
/// 36 h as that.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Keepalive {
    /// Silence before the first probe: 2 h.
    pub idle: Duration,
    /// Between probes: 75 s (RFC 2525 §2.11).
    pub interval: Duration,
    /// Unanswered probes before the connection is given up: 9.
    pub probes: u8,
}

impl Keepalive {
    /// The times as they are used: what deadlines can tell apart and nobody's network suffers from.
    pub(crate) fn in_bounds(self) -> Self {
        let (least, most) = (Duration::from_secs(1), Duration::from_secs(36 * 3600));
        Self { idle: self.idle.clamp(least, most), interval: self.interval.clamp(least, most), ..self }
    }
}

impl Default for Keepalive {
    fn default() -> Self {
        Self { idle: Duration::from_secs(7200), interval: Duration::from_secs(75), probes: 9 }
    }
}

/// The least MSS that is believed, or offered. A peer that names next to nothing, or 0, would have us send a header for
/// every octet or two; each IPv4 link carries 68 octets (RFC 791 §3.2), and none in use less than 64 of data.
pub const LEAST_MSS: u16 = 64;

/// The shift offered with every SYN: 65,535 × 2⁷ covers a buffer of 8 MiB.
pub const WINDOW_SHIFT: u8 = 7;

impl Default for TcpConfig {
    fn default() -> Self {
        Self {
            receive_buffer: 128 << 10,
            receive_buffer_max: 6 << 20,
            send_buffer: 4 << 20,
            max_segment: u16::MAX,
            window_scaling: true,
            timestamps: true,
            sack: true,
            fast_open: false,
            nodelay: false,
            dscp: Dscp::default(),
            delayed_ack: Duration::from_millis(40),
            rto: RtoLimits::default(),
            syn_retries: 7,
            syn_ack_retries: 5,
            tell_soft_errors: true,
            doubt_after: 3,
            give_up_after: Duration::from_secs(100),
            user_timeout: None,
            user_timeout_option: None,
            not_sent_low_water: None,
            orphan_retries: 8,
            orphan_fin_wait_2: Duration::from_secs(60),
            msl: Duration::from_secs(30),
            ignore_rst_in_time_wait: true,
            challenge_acks: ChallengeAcks::default(),
            reuse_time_wait: false,
            keepalive: None,
            statistics: false,
            hop_limit: 64,
            path_mtu_age: Duration::from_secs(600),
            mtu_probing: MtuProbing::Never,
            mtu_probe_base: 984,
            controller: Controller::default(),
        }
    }
}

impl TcpConfig {
    /// The shift we offer, if we offer one.
    pub(crate) fn window_shift(&self) -> Option<u8> {
        self.window_scaling.then_some(WINDOW_SHIFT)
    }

    /// The MSS that is offered where the link carries `mss`.
    pub(crate) fn segment_limit(&self, mss: u16) -> u16 {
        mss.min(self.max_segment.max(LEAST_MSS))
    }

    /// The window a SYN or SYN-ACK carries: never scaled (RFC 7323 §2.2).
    pub(crate) fn first_window(&self) -> u16 {
        self.receive_buffer.min(u32::from(u16::MAX)) as u16
    }
}
