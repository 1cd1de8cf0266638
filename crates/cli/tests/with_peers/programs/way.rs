//! How a program reaches its server.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::harness::{Ended, Scratch};

/// A program's way to its server: the family of its addresses, and the device it leaves by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// True for IPv6.
    pub six: bool,
    /// True for a veth pair in place of the TUN device.
    veth: bool,
}

impl Way {
    /// Every way there is.
    pub const ALL: [Self; 4] = [
        Self { six: false, veth: false },
        Self { six: true, veth: false },
        Self { six: false, veth: true },
        Self { six: true, veth: true },
    ];

    /// The option by which most programs are told the family.
    pub fn flag(self) -> &'static str {
        if self.six { "-6" } else { "-4" }
    }

    /// The host's loopback, from inside.
    pub fn host(self) -> &'static str {
        if self.six { "fd77::fe" } else { "10.77.0.254" }
    }

    /// The same as it stands in a URL.
    pub fn host_in_url(self) -> &'static str {
        if self.six { "[fd77::fe]" } else { "10.77.0.254" }
    }

    /// The host's loopback, from outside.
    pub fn loopback(self) -> IpAddr {
        if self.six { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() }
    }

    /// The same as it stands in a URL.
    pub fn loopback_in_url(self) -> &'static str {
        if self.six { "[::1]" } else { "127.0.0.1" }
    }

    /// Options of `cordial run`: this device, and no ladders.
    pub fn options(self) -> Vec<&'static str> {
        let device: &[_] = if self.veth { &["--device", "veth"] } else { &[] };
        [&["--ladder=none"], device].concat()
    }

    /// Runs a shell script inside, which has to succeed.
    #[track_caller]
    pub fn run(self, scratch: &Scratch, script: &str) -> Ended {
        let ended = scratch.run(&self.options(), script);
        assert!(ended.status.success(), "{self}: {ended}");
        ended
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let device = if self.veth { "veth" } else { "TUN" };
        write!(f, "IPv{} over {device}", if self.six { 6 } else { 4 })
    }
}
