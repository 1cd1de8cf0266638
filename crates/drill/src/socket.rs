//! A socket as a program holds it: what was asked for before there was a connection, and the connection.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use cordial_stack::{CloseCause, ConnId, ListenerId, TcpConfig};
use cordial_tcp::Keepalive;

use crate::settings::Settings;

/// A socket.
#[derive(Clone, Debug)]
pub(crate) struct Socket {
    pub(crate) kind: Kind,
    pub(crate) is_nonblocking: bool,
    pub(crate) bound: Option<SocketAddr>,
    pub(crate) asked: Asked,
    /// The error that ended the connection was told once: from then on reads find the end and writes a broken pipe.
    pub(crate) is_error_told: bool,
}

/// What a socket is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Neither listening nor connected.
    Fresh,
    /// Listening.
    Listener(ListenerId),
    /// Connected, or on the way to or from it.
    Connection(ConnId),
}

/// Options that were set, for the connections that will come of the socket.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) receive_buffer: Option<u32>,
    pub(crate) send_buffer: Option<u32>,
    pub(crate) nodelay: Option<bool>,
    /// Whether an idle peer is probed.
    pub(crate) keepalive: bool,
    pub(crate) keep_idle: Option<Duration>,
    pub(crate) keep_interval: Option<Duration>,
    pub(crate) keep_count: Option<u8>,
    pub(crate) user_timeout: Option<Duration>,
    pub(crate) fin_wait_2: Option<Duration>,
    pub(crate) syn_retries: Option<u8>,
    pub(crate) quick_ack: bool,
    /// TCP_FASTOPEN: how many callers a listener trusts at once.
    pub(crate) fast_open: Option<NonZeroU32>,
    pub(crate) mss: Option<u16>,
    /// SO_LINGER: for how long; none is off.
    pub(crate) linger: Option<Duration>,
    /// TCP_INQ: a message that is received tells how much more there is to read.
    pub(crate) tells_unread: bool,
    /// SO_REUSEADDR, which changes nothing.
    pub(crate) reuses_address: bool,
}

impl Socket {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, is_nonblocking: false, bound: None, asked: Asked::default(), is_error_told: false }
    }

    /// What its connections start from.
    pub(crate) fn config(&self, settings: &Settings) -> TcpConfig {
        let mut tcp = settings.tcp.clone();
        let Asked {
            receive_buffer,
            send_buffer,
            nodelay,
            user_timeout,
            fin_wait_2,
            syn_retries,
            quick_ack,
            ..
        } = self.asked;
        if let Some(octets) = receive_buffer {
            (tcp.receive_buffer, tcp.receive_buffer_max) = (octets, octets);
        }
        tcp.send_buffer = send_buffer.unwrap_or(tcp.send_buffer);
        tcp.nodelay = nodelay.unwrap_or(tcp.nodelay);
        tcp.user_timeout = user_timeout.or(tcp.user_timeout);
        tcp.orphan_fin_wait_2 = fin_wait_2.unwrap_or(tcp.orphan_fin_wait_2);
        tcp.syn_retries = syn_retries.unwrap_or(tcp.syn_retries);
        if quick_ack {
            tcp.delayed_ack = Duration::ZERO;
        }
        tcp.keepalive = self.keepalive(settings);
        tcp
    }

    /// How an idle peer is probed, if it is.
    pub(crate) fn keepalive(&self, settings: &Settings) -> Option<Keepalive> {
        let Asked { keepalive, keep_idle, keep_interval, keep_count, .. } = self.asked;
        let usual = settings.keepalive;
        keepalive.then(|| Keepalive {
            idle: keep_idle.unwrap_or(usual.idle),
            interval: keep_interval.unwrap_or(usual.interval),
            probes: keep_count.unwrap_or(usual.probes),
        })
    }
}

/// What a program is told of how a connection ended.
pub(crate) const fn errno(cause: CloseCause) -> &'static str {
    match cause {
        CloseCause::Refused => "ECONNREFUSED",
        CloseCause::Reset => "ECONNRESET",
        CloseCause::Unanswered
        | CloseCause::TimedOut
        | CloseCause::KeepaliveTimeout
        | CloseCause::OrphanTimeout => "ETIMEDOUT",
        CloseCause::Unreachable => "EHOSTUNREACH",
        CloseCause::Graceful | CloseCause::UnreadData | CloseCause::Aborted => "ECONNABORTED",
    }
}
