//! The device at our end of the program's network.

use std::io;
use std::os::fd::OwnedFd;

use cordial_device::{Device, Offload, Outgoing, Readiness, Received, Tun, TunConfig, Veth};
use rustix::fs::{FileType, fstat};

use crate::Network;

/// What the program's packets come out of: whichever there is here, as
/// [`DeviceChoice`](crate::DeviceChoice) asks.
#[derive(Debug)]
pub enum Wire {
    /// A TUN device.
    Tun(Tun),
    /// One end of a veth pair.
    Veth(Veth),
}

impl Wire {
    /// Takes over the descriptor that the new process handed us: a socket or `/dev/net/tun`. The gateways are ours, and
    /// the program's kernel does not get them.
    pub(super) fn from_fd(fd: OwnedFd, network: &Network) -> io::Result<Self> {
        let kind = FileType::from_raw_mode(fstat(&fd)?.st_mode);
        if kind != FileType::Socket {
            return Tun::from_fd(fd, network.device).map(Self::Tun);
        }
        let mut veth = Veth::from_fd(fd, network.device)?;
        veth.hold(network.gateway4.into());
        veth.hold(network.gateway6.into());
        Ok(Self::Veth(veth))
    }

    /// What it was set up with.
    pub fn config(&self) -> TunConfig {
        match self {
            Self::Tun(tun) => tun.config(),
            Self::Veth(veth) => veth.config(),
        }
    }
}

impl Device for Wire {
    fn mtu(&self) -> usize {
        match self {
            Self::Tun(tun) => tun.mtu(),
            Self::Veth(veth) => veth.mtu(),
        }
    }

    fn offload(&self) -> Offload {
        match self {
            Self::Tun(tun) => tun.offload(),
            Self::Veth(veth) => veth.offload(),
        }
    }

    fn receive<'a>(&'a mut self, buffer: &'a mut [u8]) -> io::Result<Option<Received<'a>>> {
        match self {
            Self::Tun(tun) => tun.receive(buffer),
            Self::Veth(veth) => veth.receive(buffer),
        }
    }

    fn has_room(&mut self) -> bool {
        match self {
            Self::Tun(tun) => tun.has_room(),
            Self::Veth(veth) => veth.has_room(),
        }
    }

    fn send(&mut self, packet: &Outgoing<'_>) -> io::Result<()> {
        match self {
            Self::Tun(tun) => tun.send(packet),
            Self::Veth(veth) => veth.send(packet),
        }
    }

    fn readiness(&self) -> Readiness<'_> {
        match self {
            Self::Tun(tun) => tun.readiness(),
            Self::Veth(veth) => veth.readiness(),
        }
    }
}
