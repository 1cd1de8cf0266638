//! Our host and the kernel's TCP.

mod with_peers;
