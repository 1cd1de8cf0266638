//! Names for what a stack holds: an index and a generation, so that a name outlived by its owner finds nothing.

use core::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $letter:literal),* $(,)?) => {$(
        $(#[$doc])*
        ///
        /// It stays a valid argument for ever; once its owner is gone it finds nothing, even if the place was taken
        /// by another since.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub(crate) u32, pub(crate) u32);

        impl $name {
            /// Where it lies in its table: small and dense, for a caller's own table beside it.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($letter, "{}.{}"), self.0, self.1)
            }
        }
    )*};
}

ids! {
    /// A connection, from [`connect`](crate::Stack::connect) or [`accept`](crate::Stack::accept) to
    /// [`release`](crate::Stack::release) or [`abort`](crate::Stack::abort).
    ConnId = "conn ",
    /// A SYN that waits for [`answer`](crate::Stack::answer).
    SynId = "syn ",
    /// A listener, until [`close_listener`](crate::Stack::close_listener).
    ListenerId = "listener ",
    /// A UDP socket, until [`udp_close`](crate::Stack::udp_close).
    UdpId = "udp ",
}

/// One of the links a stack stands on. Links are numbered by the caller, from 0; see
/// [`Config::links`](crate::Config::links).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct LinkId(pub u8);
