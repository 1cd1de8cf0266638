//! A soak: `cordial run` carries connections of every kind, a hundred a second, with programs killed at random, for as
//! long as asked. Every octet is checked, and at the end nothing may be left: no entry in a table, no descriptor, no
//! memory that grew.
//!
//! ```text
//!   outside (this process)                       inside (started through `cordial run`)
//!     servers on loopback      ◀── relay ───       clients of every kind, victims that are killed
//!     clients of `-p`          ─── relay ──▶       an echo server
//!     watch: memory, descriptors of `cordial`
//! ```
//!
//! `cargo xtask soak --minutes 30`

mod inside;
mod kinds;
mod octets;
mod outside;
mod servers;
mod tally;
mod watch;

use std::net::{Ipv4Addr, Ipv6Addr};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

/// A failure in words.
type Error = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, Parser)]
#[command(about = "Many connections of every kind through `cordial run`, every octet checked")]
struct Cli {
    #[command(subcommand)]
    role: Option<Role>,
    #[command(flatten)]
    load: Load,
}

/// Internal: what is run inside.
#[derive(Debug, Subcommand)]
enum Role {
    /// The clients, inside
    #[command(hide = true)]
    Inside {
        #[command(flatten)]
        load: Load,
        #[command(flatten)]
        ports: Ports,
    },
    /// A client that will be killed
    #[command(hide = true)]
    Victim {
        #[arg(long)]
        seed: u64,
        #[command(flatten)]
        ports: Ports,
    },
}

/// How much, for how long.
#[derive(Debug, Clone, Copy, Args)]
struct Load {
    /// Minutes of load
    #[arg(long, default_value_t = 1.0)]
    minutes: f64,
    /// Connections begun per second
    #[arg(long, default_value_t = 100)]
    rate: u32,
    /// Seconds of rest at the end: TIME-WAIT and flows of datagrams are over by then
    #[arg(long, default_value_t = 130)]
    rest: u64,
    /// What chance begins with
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Load {
    /// By then all of it is over: the load, the rest, and time to begin and to end.
    fn at_most(&self) -> Duration {
        Duration::from_secs_f64(self.minutes * 60.0) + Duration::from_secs(self.rest + 120)
    }
}

/// Where the servers are.
#[derive(Debug, Clone, Copy, Args)]
struct Ports {
    /// Answers with what it hears, TCP and UDP
    #[arg(long, default_value_t = 0)]
    echo: u16,
    /// Sends what is asked for
    #[arg(long, default_value_t = 0)]
    source: u16,
    /// Takes and checks
    #[arg(long, default_value_t = 0)]
    sink: u16,
    /// Breaks off midway
    #[arg(long, default_value_t = 0)]
    rude: u16,
    /// Nobody
    #[arg(long, default_value_t = 0)]
    closed: u16,
}

/// The host's loopback, seen from inside.
const HOST: &str = "host.cordial";
/// And in figures.
const HOST4: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 254);
const HOST6: Ipv6Addr = Ipv6Addr::new(0xfd77, 0, 0, 0, 0, 0, 0, 0xfe);
/// Where the program inside listens, for connections that come in.
const INSIDE_PORT: u16 = 7007;

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { role, load } = Cli::parse();
    let done = match role {
        None => outside::run(load).await,
        Some(Role::Inside { load, ports }) => inside::run(load, ports).await,
        Some(Role::Victim { seed, ports }) => inside::victim(seed, ports).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("soak: {error}");
            ExitCode::FAILURE
        }
    }
}
