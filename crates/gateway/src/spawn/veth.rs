//! A veth pair between the program's namespace and one that nobody lives in.
//!
//! ```text
//!   the program's namespace          another, kept by our socket
//!   ┌────────────────────────┐      ┌───────────────────────────┐
//!   │ program ─ TCP ─ cordial0│═════│wire0 ─ packet socket ─────┼─▶ us
//!   └────────────────────────┘      └───────────────────────────┘
//! ```
//!
//! Both ends could be in one namespace, but the program would see ours, and its kernel would have
//! to be kept from answering on it. In the other there is no address, no route and no neighbour,
//! and the last descriptor takes it away, interfaces and all.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use cordial_device::{InterfaceName, Veth};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space};

use super::device::errno_of;
use super::inside::index_of;
use super::netlink::Routing;
use super::offload;
use crate::Network;

/// Our end's name, which nobody sees.
const WIRE: &str = "wire0";

/// Makes the pair, the program's end in the namespace we are in, and opens a packet socket on the
/// other. Makes system calls and nothing else.
pub(super) fn open(network: &Network) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let here = rustix::fs::open(c"/proc/self/ns/net", flags, Mode::empty())?;
    // SAFETY: this separates the network namespace and nothing that Rust relies on.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET) }?;
    let opened = open_from_outside(network, here.as_fd());
    move_into_link_name_space(here.as_fd(), Some(LinkNameSpaceType::Network))?;
    let socket = opened?;
    offload::restrict(network.interface, network.device.offload)?;
    let interface = index_of(network.interface.as_str())?;
    Routing::open()?.set_gso_max_size(interface, Veth::GSO_MAX_SIZE)?;
    Ok(socket)
}

/// The same from the other namespace. Our end is up when this returns; with the program's end up
/// as well the pair works.
fn open_from_outside(network: &Network, program: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    let routing = Routing::open()?;
    let wire = InterfaceName::new(WIRE).ok_or(Errno::INVAL)?;
    routing.add_veth(wire, network.interface, Veth::PEER, program)?;
    let index = index_of(WIRE)?;
    let mtu = u32::try_from(network.device.mtu).unwrap_or(u32::MAX);
    routing.set_mtu(index, mtu)?;
    // A kernel without IPv6 has nothing to refuse.
    let _ = routing.no_link_local(index);
    routing.up_without_arp(index)?;
    Veth::open(index).map_err(|error| errno_of(&error))
}

/// Tells the program's kernel where its gateways are, for good. It could ask; but without a
/// link-local address it could not check later on whether an IPv6 neighbour is still there, and
/// would give up on it for a moment (RFC 4861 §7.3.3).
pub(super) fn introduce_gateways(network: &Network, routing: &Routing, interface: u32) -> Result<(), Errno> {
    routing.add_neighbour(interface, network.gateway4.into(), Veth::OWN)?;
    // Without IPv6 there is nobody to introduce.
    let _ = routing.add_neighbour(interface, network.gateway6.into(), Veth::OWN);
    Ok(())
}
