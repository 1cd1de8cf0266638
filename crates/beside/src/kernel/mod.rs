//! The kernel's side: sockets in a network namespace, and a TUN device whose other end we hold.

mod application;
mod batch;
mod namespace;
pub mod settings;
mod states;

pub use batch::observe;
pub use namespace::enter;
