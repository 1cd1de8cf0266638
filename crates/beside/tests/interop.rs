//! Linux and us.

mod with_peers;
