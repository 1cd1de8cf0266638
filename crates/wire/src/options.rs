//! What a segment's options said.

mod emit;
mod fast_open;
mod parse;

pub use fast_open::FastOpen;

use core::fmt;
use core::time::Duration;

use crate::SeqNum;

/// Option kinds, as assigned.
mod kind {
    pub(super) const END: u8 = 0;
    pub(super) const NOP: u8 = 1;
    pub(super) const MSS: u8 = 2;
    pub(super) const WINDOW_SCALE: u8 = 3;
    pub(super) const SACK_PERMITTED: u8 = 4;
    pub(super) const SACK: u8 = 5;
    pub(super) const TIMESTAMPS: u8 = 8;
    pub(super) const FAST_OPEN: u8 = 34;
    pub(super) const USER_TIMEOUT: u8 = 28;
}

/// The largest shift that means something (RFC 7323 §2.3).
const MAX_SHIFT: u8 = 14;

/// The options this stack understands; anything else on the wire is skipped (RFC 9293 MUST-6).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// Maximum segment size, octets of payload the sender of this SYN can take (kind 2).
    pub mss: Option<u16>,
    /// The shift the sender of this SYN will apply to its windows, as it stands (kind 3, RFC 7323 §2.3): see
    /// [`shift`](Self::shift).
    pub window_scale: Option<u8>,
    /// Selective acknowledgments may be sent (kind 4, RFC 2018 §2).
    pub sack_permitted: bool,
    /// Timestamps (kind 8, RFC 7323 §3).
    pub timestamps: Option<Timestamps>,
    /// Selective acknowledgments (kind 5, RFC 2018 §3; the first may be a D-SACK, RFC 2883).
    pub sack: SackBlocks,
    /// A cookie, or the request for one (kind 34, RFC 7413 §4.1.1). The experimental kind 254 that came before it is
    /// not understood: no stack of today sends it unless told to.
    pub fast_open: Option<FastOpen>,
    /// How long the sender means to wait for acknowledgments (kind 28, RFC 5482).
    pub user_timeout: Option<UserTimeout>,
    /// What arrived ends with an option whose length cannot be, which is to be logged (RFC 9293 MUST-7); never sent.
    pub malformed: bool,
}

impl Options {
    /// The shift as it counts: more than 14 is 14 (RFC 7323 §2.3).
    #[inline]
    pub fn shift(&self) -> Option<u8> {
        self.window_scale.map(|shift| shift.min(MAX_SHIFT))
    }

    /// True if the shift is larger than any may be, which is to be logged.
    #[inline]
    pub fn has_excess_shift(&self) -> bool {
        self.window_scale.is_some_and(|shift| shift > MAX_SHIFT)
    }
}

/// TSval and TSecr (RFC 7323 §3.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Timestamps {
    /// TSval: the sender's clock.
    pub value: u32,
    /// TSecr: the newest TSval the sender had from us; 0 without an ACK.
    pub echo: u32,
}

/// Up to four selective-acknowledgment blocks, each `start..end`, in the order they stand on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct SackBlocks {
    blocks: [(SeqNum, SeqNum); 4],
    len: u8,
}

impl SackBlocks {
    /// How many blocks fit when all forty octets of options are theirs.
    pub const MAX: usize = 4;

    /// Adds a block unless there are four already; true if it was added.
    #[inline]
    pub fn push(&mut self, start: SeqNum, end: SeqNum) -> bool {
        let Some(slot) = self.blocks.get_mut(usize::from(self.len)) else { return false };
        *slot = (start, end);
        self.len += 1;
        true
    }

    /// The blocks, first on the wire first.
    #[inline]
    pub fn as_slice(&self) -> &[(SeqNum, SeqNum)] {
        self.blocks.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// How many there are.
    #[inline]
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// True if there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Keeps the first `count` blocks.
    pub fn truncate(&mut self, count: usize) {
        self.len = self.len.min(count.min(Self::MAX) as u8);
    }
}

impl fmt::Debug for SackBlocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.as_slice()).finish()
    }
}

/// A user timeout as the option says it: 15 bits that count seconds or, with the first bit set, minutes (RFC 5482 §3.3).
/// Never zero, which is reserved (§3.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UserTimeout(u16);

impl UserTimeout {
    /// Set where minutes are counted: G.
    const MINUTES: u16 = 1 << 15;

    /// The timeout nearest to `timeout` from above: in seconds up to nine hours, else in minutes, 22 days at most; a second
    /// at least.
    pub fn new(timeout: Duration) -> Self {
        let seconds = timeout.as_secs() + u64::from(timeout.subsec_nanos() > 0);
        match u16::try_from(seconds.max(1)) {
            Ok(seconds) if seconds < Self::MINUTES => Self(seconds),
            _ => Self(Self::MINUTES | seconds.div_ceil(60).min(u64::from(Self::MINUTES - 1)) as u16),
        }
    }

    /// The timeout that two octets say; none for the values that are reserved.
    pub(crate) fn from_bits(bits: u16) -> Option<Self> {
        (bits & !Self::MINUTES != 0).then_some(Self(bits))
    }

    /// As it stands on the wire.
    pub(crate) fn bits(self) -> u16 {
        self.0
    }

    /// How long that is.
    pub fn duration(self) -> Duration {
        let count = u64::from(self.0 & !Self::MINUTES);
        Duration::from_secs(if self.0 & Self::MINUTES == 0 { count } else { 60 * count })
    }
}

/// Why an option area could not be read to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OptionsError {
    /// An option's length octet is 0 or 1, or points past the area (RFC 9293 MUST-7).
    Length {
        /// The option's kind.
        kind: u8,
    },
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { kind } => write!(f, "option of kind {kind} has an impossible length"),
        }
    }
}

impl core::error::Error for OptionsError {}
