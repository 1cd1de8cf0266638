//! The forked process: builds its namespaces, then becomes the program.
//!
//! Everything here runs between fork and exec, possibly of a process that had many threads: it
//! makes system calls, and neither allocates nor takes a lock nor panics. What takes more is
//! prepared in the [`Plan`] before the fork.

use std::convert::Infallible;
use std::ffi::{CString, c_char};
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::mount::{MountPropagationFlags, mount_change};
use rustix::process::{Pid, Signal, geteuid, getppid, set_parent_process_death_signal};
use rustix::thread::UnshareFlags;

use super::device::Opened;
use super::environment::Environment;
use super::link::{Link, Order, Report};
use super::netlink::{self, Routing};
use super::overlay::Overlay;
use super::{Step, is_ready, maps};
use crate::descriptors::{Closed, close_others};
use crate::{Exit, Namespace, Network};

/// What the new process is to do.
pub(super) struct Plan<'a> {
    /// The program and its arguments, and the NULL that ends them.
    argv: Vec<*const c_char>,
    network: &'a Network,
    environment: Environment,
    overlay: Overlay,
    ping_groups: [String; 2],
    user_namespace: bool,
}

impl<'a> Plan<'a> {
    pub(super) fn new(argv: &'a [CString], network: &'a Network, user_namespace: bool) -> Self {
        let pointers = argv.iter().map(|word| word.as_ptr());
        Self {
            argv: pointers.chain([std::ptr::null()]).collect(),
            network,
            environment: Environment::of(network),
            overlay: Overlay::name_service(&network.resolv_conf),
            ping_groups: maps::ping_groups(),
            user_namespace,
        }
    }
}

/// Why the program could not be started.
struct Failure(Step, Errno);

/// A step of the list below, and what it is called when it fails.
trait AtStep<T> {
    fn at(self, step: Step) -> Result<T, Failure>;
}

impl<T> AtStep<T> for Result<T, Errno> {
    fn at(self, step: Step) -> Result<T, Failure> {
        self.map_err(|errno| Failure(step, errno))
    }
}

/// Does it all, as a child of `parent`. Returns to nobody.
pub(super) fn run(plan: &Plan<'_>, parent: Pid, socket: &OwnedFd) -> ! {
    let link = Link::new(socket.as_fd());
    let Err(Failure(step, errno)) = set_up_and_execute(plan, parent, socket, &link);
    // If nobody listens any more, nobody wants to know.
    let _ = link.say(Report::Failed(step, errno));
    // SAFETY: ends the process at once; no destructor or exit handler of the parent's runs here.
    unsafe { libc::_exit(Exit::SETUP.into()) }
}

fn set_up_and_execute(
    plan: &Plan<'_>,
    parent: Pid,
    socket: &OwnedFd,
    link: &Link<BorrowedFd<'_>>,
) -> Result<Infallible, Failure> {
    end_with_parent(parent).at(Step::Fork)?;
    close_others(Closed::OnExec, socket.as_fd()).at(Step::Fork)?;
    unshare(plan).at(Step::Unshare)?;
    if plan.user_namespace {
        link.say(Report::Unshared).at(Step::UserNamespace)?;
        link.await_order(Order::Mapped).at(Step::UserNamespace)?;
    }
    // Once more: new credentials clear it.
    end_with_parent(parent).at(Step::Fork)?;
    let flags = MountPropagationFlags::REC | MountPropagationFlags::DOWNSTREAM;
    mount_change(c"/", flags).at(Step::Mounts)?;

    let device = open_device(plan, link)?;
    configure_interface(plan, link, &device)?;
    // Root needs neither, and where /proc/sys is closed, in a container, it is not told of them.
    let for_users = |step, done: Result<(), Errno>| {
        if !geteuid().is_root() {
            optional(link, step, done);
        }
    };
    for_users(Step::LowPorts, allow_low_ports());
    for_users(Step::Ping, allow_ping(plan));
    optional(link, Step::NameService, plan.overlay.mount());

    // Without it nobody learns which program a connection belongs to; nothing else depends on it.
    if let Ok(sockets) = crate::owner::open_sockets() {
        link.hand_over(Report::Sockets, sockets.as_fd()).at(Step::HandOver)?;
    }
    let namespace = own_namespace().at(Step::HandOver)?;
    link.hand_over(Report::Ready(namespace), device.as_fd()).at(Step::HandOver)?;
    drop(device);
    link.await_order(Order::Go).at(Step::Ended)?;
    crate::signals::unblock();
    execute(plan).at(Step::Execute)
}

/// Goes on without it, and says so.
fn optional(link: &Link<BorrowedFd<'_>>, step: Step, done: Result<(), Errno>) {
    if let Err(errno) = done {
        let _ = link.say(Report::Warning(step, errno));
    }
}

/// Asks the kernel to end us when our parent ends, which may be in this moment.
fn end_with_parent(parent: Pid) -> Result<(), Errno> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    if getppid() == Some(parent) { Ok(()) } else { Err(Errno::SRCH) }
}

fn unshare(plan: &Plan<'_>) -> Result<(), Errno> {
    let mut flags = UnshareFlags::NEWNET | UnshareFlags::NEWNS;
    if plan.user_namespace {
        flags |= UnshareFlags::NEWUSER;
    }
    // SAFETY: neither of these flags separates the descriptor table, the one that Rust's
    // ownership of descriptors relies on.
    unsafe { rustix::thread::unshare_unsafe(flags) }
}

fn open_device(plan: &Plan<'_>, link: &Link<BorrowedFd<'_>>) -> Result<Opened, Failure> {
    Opened::open(plan.network).map_err(|refused| {
        if let Some(errno) = refused.tun {
            let _ = link.say(Report::Warning(Step::Tun, errno));
        }
        let (step, errno) = refused.last;
        Failure(step, errno)
    })
}

fn configure_interface(plan: &Plan<'_>, link: &Link<BorrowedFd<'_>>, device: &Opened) -> Result<(), Failure> {
    let network = plan.network;
    let routing = Routing::open().at(Step::Loopback)?;
    routing.up(netlink::LOOPBACK).at(Step::Loopback)?;

    let interface = index_of(network.interface.as_str()).at(Step::Interface)?;
    let mtu = u32::try_from(network.device.mtu).unwrap_or(u32::MAX);
    routing.set_mtu(interface, mtu).at(Step::Interface)?;
    // A kernel without IPv6 has nothing to refuse.
    let _ = routing.no_link_local(interface);
    routing.up(interface).at(Step::Interface)?;

    let (address, prefix) = network.ipv4;
    routing.add_address(interface, IpAddr::V4(address), prefix).at(Step::Ipv4)?;
    routing.add_default_route(interface, IpAddr::V4(network.gateway4)).at(Step::Ipv4)?;
    optional(link, Step::Ipv6, configure_ipv6(network, &routing, interface));
    device.complete(network, &routing, interface).at(Step::Veth)
}

pub(super) fn index_of(interface: &str) -> Result<u32, Errno> {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, netdevice, socket_with};
    let any = socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?;
    netdevice::name_to_index(&any, interface)
}

/// Hosts that have switched IPv6 off hand that down to new namespaces; inside there is no reason.
fn configure_ipv6(network: &Network, routing: &Routing, interface: u32) -> Result<(), Errno> {
    // If it cannot be switched on, the next line says so.
    let _ = write_file(c"/proc/sys/net/ipv6/conf/all/disable_ipv6", b"0");
    let (address, prefix) = network.ipv6;
    routing.add_address(interface, IpAddr::V6(address), prefix)?;
    routing.add_default_route(interface, IpAddr::V6(network.gateway6))?;
    is_ready::wait(address)
}

/// Lets a server that does not run as root listen on port 80.
fn allow_low_ports() -> Result<(), Errno> {
    write_file(c"/proc/sys/net/ipv4/ip_unprivileged_port_start", b"0")
}

/// Lets a program that is not root send echo requests.
fn allow_ping(plan: &Plan<'_>) -> Result<(), Errno> {
    let write = |groups: &String| write_file(c"/proc/sys/net/ipv4/ping_group_range", groups.as_bytes());
    let [everybody, own] = &plan.ping_groups;
    write(everybody).or_else(|_| write(own))
}

fn write_file(path: &std::ffi::CStr, text: &[u8]) -> Result<(), Errno> {
    let file = rustix::fs::open(path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::io::write(&file, text).map(|_| ())
}

fn own_namespace() -> Result<Namespace, Errno> {
    let found = rustix::fs::stat(c"/proc/self/ns/net")?;
    Ok(Namespace { device: found.st_dev, inode: found.st_ino })
}

/// Becomes the program; returns only if that fails.
fn execute(plan: &Plan<'_>) -> Result<Infallible, Errno> {
    let program = plan.argv.first().copied().unwrap_or(std::ptr::null());
    if program.is_null() {
        return Err(Errno::INVAL);
    }
    // SAFETY: both lists point at C strings that the plan keeps, and end with NULL.
    unsafe { libc::execvpe(program, plan.argv.as_ptr(), plan.environment.pointers().as_ptr()) };
    Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO))
}
