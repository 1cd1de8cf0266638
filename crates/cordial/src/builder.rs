//! Setting a host up.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use cordial_device::{Device, Offload};
use cordial_stack::{LinkId, OwnAddress, Prefix, Seeded, Stack};
use rustix::rand::{GetRandomFlags, getrandom};
use tokio::runtime::Handle;

use crate::driver::{Driver, Line};
use crate::engine::{Engine, Shared};
use crate::watch::Watch;
use crate::{Config, Host, Limits, LinkConfig, Observe, Tap, TcpConfig};

/// Octets of headers in front of a super-segment's data at most: IPv6 and TCP with all its options.
const MOST_HEADERS: usize = 40 + 60;

/// The settings of a [`Host`], from [`Host::builder`].
///
/// ```
/// # use cordial::{Host, Limits, device::{MemoryConfig, MemoryLink}};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// # let (device, _other_end) = MemoryLink::pair(MemoryConfig::default());
/// let host = Host::builder()
///     .address([10, 0, 0, 1])
///     .prefix("fd00::1".parse().unwrap(), 48)
///     .limits(Limits { connections: 1000, ..Limits::default() })
///     .start(device)?;
/// assert_eq!(host.connections(), 0);
/// # Ok(())
/// # }
/// ```
#[must_use = "a host begins with `start`"]
#[derive(Default)]
pub struct HostBuilder {
    config: Config,
    seed: Option<[u8; 32]>,
    watch: Watch,
    tap: Option<Box<dyn Tap>>,
}

impl HostBuilder {
    /// Takes all settings of the stack at once, in place of those made so far. The link's are replaced by what the
    /// device says of itself.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Adds an address; its neighbours are its /24 or /64.
    pub fn address(self, address: impl Into<IpAddr>) -> Self {
        let address = address.into();
        let bits = if address.is_ipv4() { 24 } else { 64 };
        self.prefix(address, bits)
    }

    /// Adds an address that shares its first `bits` bits with its neighbours.
    pub fn prefix(mut self, address: IpAddr, bits: u8) -> Self {
        self.config.addresses.push(OwnAddress { prefix: Prefix::new(address, bits), link: LinkId(0) });
        self
    }

    /// Lets the host answer for every address there is.
    pub fn gateway(mut self) -> Self {
        self.config.any_address = true;
        self
    }

    /// What connections start from.
    pub fn tcp(mut self, tcp: TcpConfig) -> Self {
        self.config.tcp = Arc::new(tcp);
        self
    }

    /// Counts what passes on every connection ([`Info::statistics`](crate::Info::statistics)), or does not: 300 octets
    /// more for each.
    pub fn statistics(mut self, statistics: bool) -> Self {
        Arc::make_mut(&mut self.config.tcp).statistics = statistics;
        self
    }

    /// The bounds of tables and queues.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.config.limits = limits;
        self
    }

    /// Where sequence numbers and ports are drawn from. Without it the operating system is asked, which is what
    /// keeps strangers from guessing them; a fixed seed is for tests.
    pub fn seed(mut self, seed: [u8; 32]) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Who is told every fact from the beginning on.
    pub fn observer(mut self, observer: impl Observe + 'static) -> Self {
        self.watch = Watch(Some(Box::new(observer)));
        self
    }

    /// Who sees every packet from the beginning on.
    pub fn tap(mut self, tap: impl Tap + 'static) -> Self {
        self.tap = Some(Box::new(tap));
        self
    }

    /// Starts the host over `device`: spawns its driver on the current tokio runtime, which needs time enabled, and
    /// for devices with a file descriptor, I/O.
    ///
    /// # Errors
    ///
    /// `Unsupported` outside a runtime; what the system says when it gives no random seed or cannot watch the
    /// device's descriptor.
    ///
    /// # Panics
    ///
    /// As tokio's own sockets, if the device has a file descriptor and the runtime no I/O enabled; the driver, if the
    /// runtime has no time enabled.
    pub fn start(self, device: impl Device + Send + 'static) -> io::Result<Host> {
        let runtime = Handle::try_current().map_err(|_| {
            io::Error::new(io::ErrorKind::Unsupported, "a host needs a tokio runtime to run on")
        })?;
        let Self { mut config, seed, watch, tap } = self;
        config.links = vec![link_of(device.mtu(), device.offload())];
        let chance = Seeded::new(seed.map_or_else(seed_of_system, Ok)?);
        let line = Line::of(&device)?;
        let engine = Engine::new(Stack::new(config, chance, watch), Box::new(device), tap);
        let shared = Arc::new(Shared::new(engine));
        runtime.spawn(Driver::new(Arc::clone(&shared), line));
        Ok(Host::new(shared))
    }
}

/// What the stack is to know of a link.
fn link_of(mtu: usize, offload: Offload) -> LinkConfig {
    let max_super = match offload.max_packet.checked_sub(MOST_HEADERS) {
        Some(data) if offload.max_packet > mtu && offload.partial_checksum => data,
        _ => 0,
    };
    LinkConfig {
        mtu: u16::try_from(mtu).unwrap_or(u16::MAX),
        max_super: u32::try_from(max_super).unwrap_or(u32::MAX),
        checksum_offload: offload.partial_checksum,
    }
}

/// From the operating system, which waits until it has some itself: what is guessed of it is guessed of every sequence
/// number (RFC 6528 §4).
fn seed_of_system() -> io::Result<[u8; 32]> {
    seed_from(|octets| Ok(getrandom(octets, GetRandomFlags::empty())?))
}

/// All of it from `draw`, which says how many octets it gave. An error, or nothing, is none: a seed that lacks a part is
/// no secret.
fn seed_from(mut draw: impl FnMut(&mut [u8]) -> io::Result<usize>) -> io::Result<[u8; 32]> {
    let mut seed = [0; 32];
    let mut filled = 0;
    while let Some(rest) = seed.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match draw(rest)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            octets => filled += octets,
        }
    }
    Ok(seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_what_its_device_promises() {
        let plain = link_of(1500, Offload::none(1500));
        assert_eq!((plain.mtu, plain.max_super, plain.checksum_offload), (1500, 0, false));
        let full = link_of(1500, Offload::full());
        assert_eq!((full.max_super, full.checksum_offload), (65_435, true));
        let checksums = link_of(9000, Offload { partial_checksum: true, max_packet: 9000 });
        assert_eq!((checksums.mtu, checksums.max_super, checksums.checksum_offload), (9000, 0, true));
    }

    #[test]
    fn seeds_of_the_system_differ() {
        assert_ne!(seed_of_system().unwrap(), seed_of_system().unwrap());
    }

    /// RFC6528-4-a: it takes all 32 octets, however few come at a time; where none come there is no seed, and no host.
    #[test]
    fn there_is_no_seed_without_randomness() {
        let mut next = 0_u8..;
        let few = |octets: &mut [u8]| {
            let few = octets.len().min(5);
            octets[..few].fill_with(|| next.next().expect("not so many"));
            Ok(few)
        };
        let expected: Vec<u8> = (0..32).collect();
        assert_eq!(seed_from(few).expect("enough").to_vec(), expected);

        let mut calls = 0;
        let dries_up = |octets: &mut [u8]| {
            calls += 1;
            Ok(if calls < 3 { octets.len().min(5) } else { 0 })
        };
        assert_eq!(seed_from(dries_up).expect_err("not enough").kind(), io::ErrorKind::UnexpectedEof);
        let refused = seed_from(|_| Err(io::ErrorKind::PermissionDenied.into()));
        assert_eq!(refused.expect_err("none").kind(), io::ErrorKind::PermissionDenied);
    }

    #[test]
    fn no_runtime_is_an_error_and_no_panic() {
        let (device, _other) = cordial_device::MemoryLink::pair(cordial_device::MemoryConfig::default());
        let refused = Host::builder().start(device).map(drop).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::Unsupported);
    }
}
