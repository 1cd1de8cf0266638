//! The network that a program finds itself in, and the processes in it.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use cordial_device::{InterfaceName, TunConfig};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};

/// What a program sees of its network: one interface, one address of each family, and a gateway
/// that is our stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The interface's name. `cordial0` by default.
    pub interface: InterfaceName,
    /// The device's MTU and offload; the interface gets the same MTU.
    pub device: TunConfig,
    /// Which device it is.
    pub choice: DeviceChoice,
    /// The program's own IPv4 address and the length of its prefix. 10.77.0.2/24 by default.
    pub ipv4: (Ipv4Addr, u8),
    /// Where its IPv4 packets go. 10.77.0.1 by default.
    pub gateway4: Ipv4Addr,
    /// The program's own IPv6 address and the length of its prefix. fd77::2/64 by default.
    pub ipv6: (Ipv6Addr, u8),
    /// Where its IPv6 packets go. fd77::1 by default.
    pub gateway6: Ipv6Addr,
    /// What the program reads in `/etc/resolv.conf`. By default, that the gateway is the server.
    pub resolv_conf: String,
}

/// What carries the program's packets to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// A TUN device where we may have one, else a veth pair.
    #[default]
    Auto,
    /// A TUN device: takes a `/dev/net/tun` that is open to us.
    Tun,
    /// A veth pair: takes nothing but the namespaces.
    Veth,
}

impl Default for Network {
    fn default() -> Self {
        let gateway4 = Ipv4Addr::new(10, 77, 0, 1);
        Self {
            interface: InterfaceName::new("cordial0").expect("a name within the kernel's rules"),
            device: TunConfig::default(),
            choice: DeviceChoice::default(),
            ipv4: (Ipv4Addr::new(10, 77, 0, 2), 24),
            gateway4,
            ipv6: (Ipv6Addr::new(0xfd77, 0, 0, 0, 0, 0, 0, 2), 64),
            gateway6: Ipv6Addr::new(0xfd77, 0, 0, 0, 0, 0, 0, 1),
            resolv_conf: format!("nameserver {gateway4}\n"),
        }
    }
}

/// Passes over all processes before giving up on those that do not go away.
const PASSES: u32 = 100;
const BETWEEN_PASSES: Duration = Duration::from_millis(10);

/// A network namespace, as the kernel identifies it: what `stat` says of `/proc/PID/ns/net`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Namespace {
    pub(crate) device: u64,
    pub(crate) inode: u64,
}

impl Namespace {
    /// True if the process lives in this namespace. A process that has ended lives nowhere.
    pub fn has(self, pid: Pid) -> bool {
        fs::metadata(format!("/proc/{}/ns/net", pid.as_raw_pid()))
            .is_ok_and(|found| found.dev() == self.device && found.ino() == self.inode)
    }

    /// A descriptor that keeps the namespace, interfaces and all, while nobody lives in it. `pid`
    /// is a process that lives in it now.
    pub(crate) fn hold(self, pid: Pid) -> io::Result<OwnedFd> {
        let file = fs::File::open(format!("/proc/{}/ns/net", pid.as_raw_pid()))?;
        let found = file.metadata()?;
        match found.dev() == self.device && found.ino() == self.inode {
            true => Ok(file.into()),
            false => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Every process that lives in this namespace, in the order of `/proc`.
    ///
    /// # Errors
    ///
    /// Only if `/proc` cannot be read at all.
    pub fn processes(self) -> io::Result<Vec<Pid>> {
        let names = fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let pids = names.filter_map(|name| Pid::from_raw(name.parse().ok()?));
        Ok(pids.filter(|&pid| self.has(pid)).collect())
    }

    /// Ends every process in this namespace with SIGKILL and waits, for at most a second, until
    /// they are gone: what a program left running in the background has lost its network with us.
    pub(crate) fn end_all(self) {
        for _ in 0..PASSES {
            match self.processes() {
                Ok(pids) if !pids.is_empty() => pids.into_iter().for_each(|pid| self.end(pid)),
                _ => return,
            }
            std::thread::sleep(BETWEEN_PASSES);
        }
    }

    /// By descriptor where there are such: the number may belong to somebody else by now.
    fn end(self, pid: Pid) {
        // A process that is gone already, or not ours to end, is no error.
        let _ = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(process) if self.has(pid) => pidfd_send_signal(process, Signal::KILL),
            Ok(_) => Ok(()),
            Err(rustix::io::Errno::NOSYS) => kill_process(pid, Signal::KILL),
            Err(gone) => Err(gone),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_found_in_its_own_namespace_and_in_no_other() {
        let me = rustix::process::getpid();
        let own = fs::metadata("/proc/self/ns/net").expect("/proc is mounted");
        let own = Namespace { device: own.dev(), inode: own.ino() };
        assert!(own.processes().expect("/proc is mounted").contains(&me));
        assert!(!Namespace { inode: own.inode + 1, ..own }.has(me));
    }
}
