//! The command with real programs inside and real servers outside.
//!
//! Everything lives in the module `with_peers`, by whose name `cargo xtask test` leaves it out. A program that is
//! missing fails its test: `cargo xtask peers` installs them all. The tests need root or a user that may open
//! `/dev/net/tun`.

mod with_peers;
