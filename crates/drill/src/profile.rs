//! Where a script was born: the policy that it takes for granted.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use cordial_tcp::{RtoLimits, TcpConfig};

/// A set of policies, as plain configuration of the stack. The protocol is the same in all of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Profile {
    /// This stack's own defaults: what the RFCs say, and where they leave a choice, what `TcpConfig` chose.
    #[default]
    Rfc,
    /// Linux: every segment is acknowledged at once (its quick ACKs, which last for the first sixteen and here for
    /// all), RST ends TIME-WAIT, six SYN retries.
    Linux,
    /// FreeBSD: 64 KiB of receive space that does not grow, and an RTO of 230 ms at least.
    FreeBsd,
}

impl Profile {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rfc, Self::Linux, Self::FreeBsd];

    /// Its name on a command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rfc => "rfc",
            Self::Linux => "linux",
            Self::FreeBsd => "freebsd",
        }
    }

    /// Names that `#ifdef` finds defined.
    pub(crate) const fn defines(self) -> &'static [&'static str] {
        match self {
            Self::Rfc => &["CORDIAL"],
            Self::Linux => &["linux", "__linux__"],
            Self::FreeBsd => &["FreeBSD", "__FreeBSD__"],
        }
    }

    /// What connections start from.
    pub fn tcp(self) -> TcpConfig {
        let ours = TcpConfig::default();
        match self {
            Self::Rfc => ours,
            Self::Linux => TcpConfig {
                receive_buffer: 64 << 10,
                delayed_ack: Duration::ZERO,
                syn_retries: 6,
                ignore_rst_in_time_wait: false,
                ..ours
            },
            Self::FreeBsd => TcpConfig {
                receive_buffer: 65_536,
                receive_buffer_max: 65_536,
                rto: RtoLimits { min: Duration::from_millis(230), ..RtoLimits::DEFAULT },
                ..ours
            },
        }
    }

    /// Whether it fixes the window field of every segment, or of those with SYN only. Both of the foreign stacks tell
    /// their windows in units, and round their buffers to sizes, that are their own.
    pub(crate) const fn fixes_every_window(self) -> bool {
        matches!(self, Self::Rfc)
    }

    /// Whether it fixes the window of a SYN: Linux sizes it by its memory.
    pub(crate) const fn fixes_first_window(self) -> bool {
        matches!(self, Self::Rfc | Self::FreeBsd)
    }

    /// Whether the shift that is offered is the profile's: this stack offers 7 whatever the profile.
    pub(crate) const fn fixes_shift(self) -> bool {
        matches!(self, Self::Rfc)
    }

    /// Whether a write waits for the connection to open, instead of being kept until it does.
    pub(crate) const fn write_waits_for_open(self) -> bool {
        matches!(self, Self::Linux)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Profile {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|profile| profile.name() == text).ok_or(())
    }
}
