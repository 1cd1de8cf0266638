//! Runs a program in a namespace of its own whose network is a Cordial stack.
//!
//! ```text
//!   program ◀─ its namespace's interface ─▶ Wire ◀─▶ cordial::Host ◀─▶ Gateway ◀─▶ the host's sockets
//!      ▲                                                                │
//!   Spawner, Child, Signals                                   name server, hello service
//! ```
//!
//! [`Spawner::prepare`] forks a process that builds the namespaces and waits; what its network
//! interface sends arrives at a [`Wire`] here: a TUN device or a veth pair. [`Prepared::start`] lets it become
//! the program, and the [`Child`] says how the program ended. Between the two, give the device to a
//! [`cordial::Host`] and the host to a [`Gateway`].
//!
//! ```no_run
//! use cordial_gateway::Spawner;
//!
//! let (prepared, wire) = Spawner::new(["curl", "-s", "http://hello.cordial/"]).prepare()?;
//! // ... serve `wire` from another thread ...
//! let mut child = prepared.start()?;
//! let exit = child.wait()?;
//! std::process::exit(exit.code().into());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod attend;
mod child;
mod descriptors;
mod exit;
mod guardian;
mod namespace;
mod owner;
mod signals;
mod spawn;

pub mod doctor;

mod gateway;
mod names;
mod own_address;
mod places;

mod dns;
mod echo;
mod flows;
mod hello;
mod notice;
mod publish;
mod recency;
mod relay;
mod udp;

pub use attend::Stop;
pub use child::Child;
pub use dns::{AddedHost, AddedHostError, Resolver};
pub use exit::Exit;
pub use gateway::{Gateway, GatewayConfig};
pub use names::Names;
pub use namespace::{DeviceChoice, Namespace, Network};
pub use notice::{Notice, Notices};
pub use own_address::{AddressHolder, OwnAddress, OwnAddressError};
pub use owner::{Ends, Listeners, Owner, Owners};
pub use places::{Place, Places};
pub use publish::{Publish, PublishError, Published, Transport, Unpublished};
pub use signals::{Heard, Sender, Signals};
pub use spawn::{Advice, Prepared, SpawnError, Spawner, Step, Warning, Wire};
