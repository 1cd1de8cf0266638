//! Where the kernel's side lives.

use std::os::unix::process::CommandExt;
use std::process::Command;

use cordial_device::{InterfaceName, Tun, TunConfig};
use nix::sched::{CloneFlags, unshare};

use super::settings::{ROUTE, SETTINGS};
use crate::view::HOST;

/// Set in the environment of the program that was started again.
const INSIDE: &str = "CORDIAL_BESIDE_INSIDE";

/// Starts this program again as root of a user namespace of its own, if that was not done yet. Returns where it was.
///
/// # Errors
///
/// As the system says why `unshare` (util-linux) cannot be run.
pub fn enter() -> std::io::Result<()> {
    if std::env::var_os(INSIDE).is_some() {
        return Ok(());
    }
    let me = std::env::current_exe()?;
    let prefix = ["--user", "--map-root-user", "--net", "--"];
    let error = Command::new("unshare")
        .args(prefix)
        .arg(me)
        .args(std::env::args_os().skip(1))
        .env(INSIDE, "1")
        .exec();
    Err(std::io::Error::other(format!("unshare (package util-linux): {error}")))
}

/// Gives this thread a network of its own, and makes the device in it. What was there before goes with the thread.
///
/// # Panics
///
/// If the caller may not do that: this is a tool for those who run tests.
pub fn make() -> Tun {
    unshare(CloneFlags::CLONE_NEWNET).expect("root of a user namespace may make network namespaces");
    let name = InterfaceName::new("beside0").expect("a fine name");
    let config = TunConfig { mtu: 1500, offload: false };
    let tun = Tun::open(name, config).expect("/dev/net/tun may be opened");
    // Nothing but what is asked is said.
    write("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
    for (name, value, _) in SETTINGS {
        write(&format!("/proc/sys/net/ipv4/{name}"), value);
    }
    ip("link set lo up");
    ip("link set beside0 mtu 1500 txqueuelen 10000 up");
    ip(&format!("addr add {HOST}/32 dev beside0"));
    ip(&format!("route add 10.8.0.0/24 dev beside0 src {HOST} {ROUTE}"));
    tun
}

fn write(path: &str, value: &str) {
    std::fs::write(path, value).unwrap_or_else(|error| panic!("{path}: {error}"));
}

fn ip(arguments: &str) {
    let done = Command::new("ip").args(arguments.split(' ')).status();
    assert!(done.expect("ip (package iproute2) runs").success(), "ip {arguments}");
}
