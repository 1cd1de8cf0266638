//! Runs a program in a namespace of its own whose network is a Cordial stack.
//!
//! [`Spawner::prepare`] forks a process that builds the namespaces and waits; what its network
//! interface sends arrives at a [`cordial_device::Tun`] here. [`Prepared::start`] lets it become
//! the program, and the [`Child`] says how the program ended.
//!
//! ```no_run
//! use cordial_gateway::Spawner;
//!
//! let (prepared, tun) = Spawner::new(["curl", "-s", "http://hello.cordial/"]).prepare()?;
//! // ... serve `tun` from another thread ...
//! let mut child = prepared.start()?;
//! let exit = child.wait()?;
//! std::process::exit(exit.code().into());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod child;
mod exit;
mod namespace;
mod signals;
mod spawn;

pub use child::Child;
pub use exit::Exit;
pub use namespace::{Namespace, Network};
pub use signals::{Action, Heard, Policy, Signals};
pub use spawn::{Advice, Prepared, SpawnError, Spawner, Step, Warning};
