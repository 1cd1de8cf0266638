//! Captures in the eyes of others.

mod packets;
mod with_peers;
