//! A host of ours and the kernel's TCP, with a TUN interface between them.
//!
//! Each test runs itself again as a process in user and network namespaces of its own; the machine's network is not
//! touched, and nothing is left behind. In there the kernel has [`KERNEL`] and our host [`OURS`], both also over
//! IPv6, and the kernel's sockets are tokio's. That takes root, or user namespaces and a `/dev/net/tun` that the
//! caller may open; and `unshare` (util-linux) and `ip` and `ss` (iproute2).
#[path = "../../../device/tests/common/again.rs"]
mod again;
mod bulk;
mod close;
mod fast_open;
mod loss;
mod options;

pub mod pair;
pub mod socket;
pub mod speech;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::process::Command;
use std::time::Duration;

use cordial::device::{Device, InterfaceName, Tun, TunConfig};
use cordial::{Host, HostBuilder};

const INTERFACE: &str = "cordial0";

/// The longest a test may take: what hangs fails, what is slow on a busy machine does not.
const PATIENCE: Duration = Duration::from_secs(120);

/// Which IP a connection goes over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Family {
    V4,
    V6,
}

impl Family {
    pub const BOTH: [Self; 2] = [Self::V4, Self::V6];

    /// The kernel's address.
    pub fn kernel(self) -> IpAddr {
        match self {
            Self::V4 => Ipv4Addr::new(10, 9, 8, 1).into(),
            Self::V6 => Ipv6Addr::new(0xfd09, 0, 0, 0, 0, 0, 0, 1).into(),
        }
    }

    /// Our host's address.
    pub fn ours(self) -> IpAddr {
        match self {
            Self::V4 => Ipv4Addr::new(10, 9, 8, 2).into(),
            Self::V6 => Ipv6Addr::new(0xfd09, 0, 0, 0, 0, 0, 0, 2).into(),
        }
    }
}

/// Runs `test` in namespaces of its own, on a runtime, in at most two minutes.
///
/// A test calls this with a closure and does nothing else: the closure's path is how the test is found again.
pub fn in_a_namespace<F: AsyncFnOnce()>(test: F) {
    if !again::is_inside() {
        return again::in_a_network(&name_of::<F>());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let done = runtime.expect("a runtime").block_on(async { tokio::time::timeout(PATIENCE, test()).await });
    done.unwrap_or_else(|_| panic!("not done after {PATIENCE:?}"));
}

/// The test that a closure stands in: its path without the crate in front and what the compiler puts behind.
fn name_of<F>() -> String {
    let path = std::any::type_name::<F>();
    path.split("::").skip(1).take_while(|part| !part.starts_with('{')).collect::<Vec<_>>().join("::")
}

/// Our host, beside the kernel, over a TUN interface.
pub fn host(offload: bool) -> Host {
    host_with(offload, |tun| tun, |builder| builder)
}

/// Our host, with something in front of the interface, and with settings.
pub fn host_with<D: Device + Send + 'static>(
    offload: bool,
    wrap: impl FnOnce(Tun) -> D,
    settings: impl FnOnce(HostBuilder) -> HostBuilder,
) -> Host {
    let name = InterfaceName::new(INTERFACE).expect("a fine name");
    let config = TunConfig { offload, ..TunConfig::default() };
    let tun = Tun::open(name, config).unwrap_or_else(|error| {
        panic!("/dev/net/tun cannot be used: {error}. It takes root, or a user that may open it.")
    });
    ip("link set lo up");
    ip(&format!("link set {INTERFACE} mtu {} up", config.mtu));
    ip(&format!("addr add {}/24 dev {INTERFACE}", Family::V4.kernel()));
    // No duplicate address detection: nobody answers it, and it takes a second.
    ip(&format!("addr add {}/64 dev {INTERFACE} nodad", Family::V6.kernel()));
    let builder = Host::builder().address(Family::V4.ours()).address(Family::V6.ours()).seed([9; 32]);
    settings(builder).start(wrap(tun)).expect("starts")
}

fn ip(arguments: &str) {
    let done = Command::new("ip").args(arguments.split(' ')).status();
    let done = done.unwrap_or_else(|error| panic!("ip (package iproute2) cannot be run: {error}"));
    assert!(done.success(), "ip {arguments}: {done}");
}

/// Waits for `what` to become true of the hosts, within a minute.
pub async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..12_000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("not within a minute: {what}");
}
