//! The user timeout option (RFC 5482): each end says how long it means to wait for acknowledgments, so that both may wait
//! as long.

use alloc::sync::Arc;
use core::time::Duration;

use cordial_wire::UserTimeout;

use crate::state::State;
use crate::{Connection, Instant, Keepalive, TcpConfig};

/// How a connection uses the user timeout option. That there is one is ENABLED of RFC 5482 §3.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UserTimeoutOption {
    /// ADV_UTO: what the peer is told, in whole seconds, or minutes from nine hours on. 100 s; what the application set
    /// takes its place.
    pub advertised: Duration,
    /// CHANGEABLE: what the peer says may change how long we wait. True; and false, whatever is said here, once the
    /// application has set a timeout of its own ([`TcpConfig::user_timeout`]).
    pub changeable: bool,
    /// L_LIMIT: the shortest that a peer's word makes us wait. 100 s (§3.1), and in any case longer than the
    /// retransmission timeout of the moment.
    pub least: Duration,
    /// U_LIMIT: the longest. 30 minutes: a peer that is gone keeps what it wrote no longer than that.
    pub most: Duration,
}

impl Default for UserTimeoutOption {
    fn default() -> Self {
        Self {
            advertised: Duration::from_secs(100),
            changeable: true,
            least: Duration::from_secs(100),
            most: Duration::from_secs(1800),
        }
    }
}

impl UserTimeoutOption {
    /// USER_TIMEOUT = min(U_LIMIT, max(ADV_UTO, REMOTE_UTO, L_LIMIT)) (RFC 5482 §3.1).
    fn adopted(&self, theirs: Duration, rto: Duration) -> Duration {
        let least = self.least.max(rto.saturating_mul(2));
        self.advertised.max(theirs).max(least).min(self.most.max(least))
    }
}

impl TcpConfig {
    /// How long unacknowledged octets are borne: R2, or what the application said instead.
    pub(crate) fn patience(&self) -> Duration {
        self.timeout_set().unwrap_or(self.give_up_after)
    }

    /// What the application said; to say 0 is to say nothing, as `TCP_USER_TIMEOUT` has it.
    pub(crate) fn timeout_set(&self) -> Option<Duration> {
        self.user_timeout.filter(|timeout| !timeout.is_zero())
    }

    /// What the option of a segment says, if it is in use (RFC 5482 §3.3).
    pub(crate) fn told_timeout(&self) -> Option<UserTimeout> {
        let option = self.user_timeout_option?;
        Some(UserTimeout::new(self.timeout_set().unwrap_or(option.advertised)))
    }

    /// How an idle peer is probed. Beside the option not before the user timeout is over, or the probes would end what it
    /// was to keep (RFC 5482 §4.2).
    pub(crate) fn keepalive_in_bounds(&self) -> Option<Keepalive> {
        let mut keepalive = self.keepalive?;
        if self.user_timeout_option.is_some() {
            keepalive.idle = keepalive.idle.max(self.patience().saturating_add(Duration::from_secs(1)));
        }
        Some(keepalive.in_bounds())
    }
}

impl Connection {
    /// Sets how long octets may go unacknowledged before the connection is given up, in place of R2; `None`, or 0, leaves it
    /// to R2 again. Kept to the tick, also for what is outstanding (RFC 9293 §3.8.3). Where the user timeout option is in use
    /// the peer is told, with the next segment, and its own wishes do not count any more (RFC 5482 §3).
    pub fn set_user_timeout(&mut self, now: Instant, timeout: Option<Duration>) {
        Arc::make_mut(&mut self.config).user_timeout = timeout;
        self.tells_timeout = self.config.user_timeout_option.is_some();
        if let State::Open { send, .. } = &mut self.state {
            send.bound_retransmit(now, &self.config);
        }
    }

    /// How long octets may go unacknowledged: what the application set, or else R2, or what of the peer's wishes was
    /// adopted (RFC 5482 §3.1).
    pub fn user_timeout(&self) -> Duration {
        self.config.patience()
    }

    /// The peer tells its user timeout. It counts in synchronized states only (RFC 5482 §3.3).
    #[cold]
    pub(crate) fn note_user_timeout(&mut self, theirs: UserTimeout) {
        let State::Open { send, .. } = &self.state else { return };
        let Some(option) = self.config.user_timeout_option else { return };
        if !option.changeable || self.config.timeout_set().is_some() {
            return;
        }
        let adopted = option.adopted(theirs.duration(), send.rto(&self.config));
        if adopted != self.config.give_up_after {
            Arc::make_mut(&mut self.config).give_up_after = adopted;
        }
    }
}
