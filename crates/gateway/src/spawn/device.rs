//! The program's network interface, and our end of it: made by the forked process with system calls
//! and nothing else.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use cordial_device::Tun;
use rustix::io::Errno;

use super::netlink::Routing;
use super::{Step, veth};
use crate::{DeviceChoice, Network};

/// Packets of the program's that may wait in a TUN device until we read them. By default 500 do, and of a thousand SYNs
/// at one moment half would be sent again a second later. It costs eight octets each; what waits in them is bounded by
/// the send buffers of the program's sockets.
const QUEUE: u32 = 10_000;

/// Our end, to be handed over; the program's end has the network's name and is down.
pub(super) enum Opened {
    Tun(Tun),
    Veth(OwnedFd),
}

/// Why there is none.
pub(super) struct Refused {
    /// What was tried last, and what the system said.
    pub(super) last: (Step, Errno),
    /// What it said of the TUN device, if that was tried before.
    pub(super) tun: Option<Errno>,
}

impl Opened {
    /// Makes the interface as the network says.
    pub(super) fn open(network: &Network) -> Result<Self, Refused> {
        match network.choice {
            DeviceChoice::Tun => {
                tun(network).map_err(|errno| Refused { last: (Step::Tun, errno), tun: None })
            }
            DeviceChoice::Veth => pair(network, None),
            DeviceChoice::Auto => tun(network).or_else(|no_tun| pair(network, Some(no_tun))),
        }
    }

    /// What is left to do once the interface has its addresses.
    pub(super) fn complete(&self, network: &Network, routing: &Routing, interface: u32) -> Result<(), Errno> {
        match self {
            // A kernel that keeps its shorter queue makes nothing impossible.
            Self::Tun(_) => {
                let _ = routing.set_queue_length(interface, QUEUE);
                Ok(())
            }
            Self::Veth(_) => veth::introduce_gateways(network, routing, interface),
        }
    }
}

impl AsFd for Opened {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tun(tun) => tun.as_fd(),
            Self::Veth(socket) => socket.as_fd(),
        }
    }
}

fn tun(network: &Network) -> Result<Opened, Errno> {
    Tun::open(network.interface, network.device).map(Opened::Tun).map_err(|error| errno_of(&error))
}

fn pair(network: &Network, no_tun: Option<Errno>) -> Result<Opened, Refused> {
    let refused = |errno| Refused { last: (Step::Veth, errno), tun: no_tun };
    veth::open(network).map(Opened::Veth).map_err(refused)
}

/// The system's number for an error of a device.
pub(super) fn errno_of(error: &io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}
