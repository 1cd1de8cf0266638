//! The name server at the gateway: our own names answered here, everything else by the host's servers.
//!
//! ```text
//!   program ── query ──▶ Server ── decide ──▶ LocalNames        ours: answered here
//!                                  └────────▶ Forwarder ──▶ the host's servers, in their order
//!   program ◀─ answer ── fitting ◀───────────── worth ◀────── what they say, if it is an answer
//! ```

mod answer;
mod local;

mod forward;
mod reply;
mod upstream;
mod upstreams;

mod resolver;
mod server;

pub(crate) use forward::{AT_ONCE, Forwarder};
pub(crate) use local::LocalNames;
pub use local::{AddedHost, AddedHostError};
pub use resolver::Resolver;
pub(crate) use server::Server;

/// The port of the domain name service.
pub(crate) const PORT: u16 = 53;
