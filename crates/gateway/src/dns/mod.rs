//! The name server at the gateway: our own names answered here, everything else by the host's.

mod answer;
mod forward;
mod resolver;

pub(crate) use answer::{Decision, decide, server_failure};
pub(crate) use forward::Forwarder;
pub use resolver::host_resolver;

/// The port of the domain name service.
pub(crate) const PORT: u16 = 53;
