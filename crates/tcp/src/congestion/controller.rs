//! The congestion control of one connection, most often in place.

use alloc::boxed::Box;
use core::hash::Hasher;

use super::{AckSample, CongestionControl, NewReno, Sent, Signal};
use crate::Instant;

/// One of ours without a detour, or anybody's.
#[derive(Debug)]
pub enum Controller {
    /// RFC 5681, as amended by RFC 6582.
    NewReno(NewReno),
    /// Whatever else is a [`CongestionControl`].
    Other(Box<dyn CongestionControl>),
}

/// Asks whichever it is.
macro_rules! ask {
    ($self:ident, $inner:ident => $answer:expr) => {
        match $self {
            Self::NewReno($inner) => $answer,
            Self::Other($inner) => $answer,
        }
    };
}

/// As [`CongestionControl`] has them.
impl Controller {
    /// See [`CongestionControl::on_sent`].
    #[inline]
    pub fn on_sent(&mut self, now: Instant, sent: &Sent) {
        ask!(self, inner => inner.on_sent(now, sent))
    }

    /// See [`CongestionControl::on_ack`].
    #[inline]
    pub fn on_ack(&mut self, now: Instant, ack: &AckSample) {
        ask!(self, inner => inner.on_ack(now, ack))
    }

    /// See [`CongestionControl::on_signal`].
    #[inline]
    pub fn on_signal(&mut self, now: Instant, signal: Signal) {
        ask!(self, inner => inner.on_signal(now, signal))
    }

    /// See [`CongestionControl::set_mss`].
    #[inline]
    pub fn set_mss(&mut self, mss: u32) {
        ask!(self, inner => inner.set_mss(mss))
    }

    /// See [`CongestionControl::name`].
    pub fn name(&self) -> &'static str {
        ask!(self, inner => inner.name())
    }

    /// See [`CongestionControl::window`].
    #[inline]
    pub fn window(&self) -> u32 {
        ask!(self, inner => inner.window())
    }

    /// See [`CongestionControl::ssthresh`].
    #[inline]
    pub fn ssthresh(&self) -> u32 {
        ask!(self, inner => inner.ssthresh())
    }

    /// See [`CongestionControl::pacing`].
    #[inline]
    pub fn pacing(&self) -> Option<u64> {
        ask!(self, inner => inner.pacing())
    }

    /// See [`CongestionControl::fingerprint`].
    pub fn fingerprint(&self, now: Instant, hasher: &mut dyn Hasher) {
        ask!(self, inner => inner.fingerprint(now, hasher))
    }
}

impl Default for Controller {
    /// NewReno, before the handshake told how large a segment is.
    fn default() -> Self {
        Self::NewReno(NewReno::default())
    }
}

impl Clone for Controller {
    fn clone(&self) -> Self {
        match self {
            Self::NewReno(reno) => Self::NewReno(*reno),
            Self::Other(other) => Self::Other(other.boxed_clone()),
        }
    }
}
