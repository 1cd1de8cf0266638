//! Settings of a host that are not as usual.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cordial_stack::Config;
use cordial_tcp::MtuProbing;

/// One of them. It is written as scenario files write it: `timestamps=off`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Setting {
    /// Octets of the longest packet it sends.
    Mtu(u16),
    /// No timestamps.
    NoTimestamps,
    /// No selective acknowledgments.
    NoSack,
    /// No window scaling.
    NoWindowScaling,
    /// Small segments are sent at once.
    NoDelay,
    /// How long acknowledgments are held back.
    DelayedAck(Duration),
    /// Octets of receive buffer, which does not grow.
    ReceiveBuffer(u32),
    /// Octets that may wait to be sent.
    SendBuffer(u32),
    /// Half-open connections at most.
    SynQueue(u32),
    /// No cookies when there are more.
    NoCookies,
    /// SYNs that wait for a decision at most.
    Undecided(u32),
    /// How many ports there are to connect from.
    Ports(u16),
    /// Maximum segment lifetime.
    Msl(Duration),
    /// Connections in TIME-WAIT end on a reset.
    ResetEndsTimeWait,
    /// What belongs to nothing is not answered.
    Silent,
    /// What its programs write at once rides on the SYN, where the server's cookie is known (RFC 7413).
    FastOpen,
    /// Segments are tried that may be too long, once longer ones vanish, or always (RFC 4821).
    Probing {
        /// From the opening on.
        always: bool,
    },
    /// Chunks of memory for all buffers together, in octets.
    Memory(u32),
}

/// The first ephemeral port where their number is set.
const FIRST_PORT: u16 = 32_768;

impl Setting {
    /// Sets it.
    pub(crate) fn apply(self, config: &mut Config) {
        let tcp = Arc::make_mut(&mut config.tcp);
        match self {
            Self::Mtu(mtu) => config.links.iter_mut().for_each(|link| link.mtu = mtu),
            Self::NoTimestamps => tcp.timestamps = false,
            Self::NoSack => tcp.sack = false,
            Self::NoWindowScaling => tcp.window_scaling = false,
            Self::NoDelay => tcp.nodelay = true,
            Self::DelayedAck(delay) => tcp.delayed_ack = delay,
            Self::ReceiveBuffer(octets) => (tcp.receive_buffer, tcp.receive_buffer_max) = (octets, octets),
            Self::SendBuffer(octets) => tcp.send_buffer = octets,
            Self::SynQueue(most) => config.limits.syn_cache = most,
            Self::Undecided(most) => config.limits.undecided = most,
            Self::NoCookies => config.syn_cookies = false,
            Self::Ports(count) => config.ephemeral_ports = FIRST_PORT..=FIRST_PORT + (count.max(1) - 1),
            Self::Msl(msl) => tcp.msl = msl,
            Self::ResetEndsTimeWait => tcp.ignore_rst_in_time_wait = false,
            Self::Silent => config.refuse = false,
            Self::FastOpen => tcp.fast_open = true,
            Self::Probing { always: true } => tcp.mtu_probing = MtuProbing::Always,
            Self::Probing { always: false } => tcp.mtu_probing = MtuProbing::AfterBlackHole,
            Self::Memory(octets) => config.limits.memory = octets as usize,
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mtu(mtu) => write!(f, "mtu={mtu}"),
            Self::NoTimestamps => f.write_str("timestamps=off"),
            Self::NoSack => f.write_str("sack=off"),
            Self::NoWindowScaling => f.write_str("window_scaling=off"),
            Self::NoDelay => f.write_str("nodelay=on"),
            Self::DelayedAck(delay) if delay.is_zero() => f.write_str("delayed_ack=off"),
            Self::DelayedAck(delay) => write!(f, "delayed_ack={}ms", delay.as_millis()),
            Self::ReceiveBuffer(octets) => write!(f, "receive_buffer={octets}"),
            Self::SendBuffer(octets) => write!(f, "send_buffer={octets}"),
            Self::SynQueue(most) => write!(f, "syn_queue={most}"),
            Self::Undecided(most) => write!(f, "undecided={most}"),
            Self::NoCookies => f.write_str("cookies=off"),
            Self::Ports(count) => write!(f, "ports={count}"),
            Self::Msl(msl) => write!(f, "msl={}ms", msl.as_millis()),
            Self::ResetEndsTimeWait => f.write_str("rst_ends_time_wait=on"),
            Self::Silent => f.write_str("refuse=off"),
            Self::FastOpen => f.write_str("fast_open=on"),
            Self::Probing { always: true } => f.write_str("mtu_probing=always"),
            Self::Probing { always: false } => f.write_str("mtu_probing=black_hole"),
            Self::Memory(octets) => write!(f, "memory={octets}"),
        }
    }
}
