//! The few requests to the kernel's routing socket that configure an interface (RFC 3549, in the
//! kernel's own octet order). Between fork and exec there is no runtime and no allocator, so they
//! are built in place.

use std::net::IpAddr;
use std::os::fd::{AsRawFd, BorrowedFd};

use cordial_device::{InterfaceName, MacAddress};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with};

use super::link::errno_of;

/// Index of the loopback interface in every namespace.
pub(super) const LOOPBACK: u32 = 1;

/// A routing socket of the calling thread's network namespace.
pub(super) struct Routing(OwnedFd);

impl Routing {
    pub(super) fn open() -> Result<Self, Errno> {
        // The default protocol, 0, is NETLINK_ROUTE.
        socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None).map(Self)
    }

    /// Brings an interface up.
    pub(super) fn up(&self, interface: u32) -> Result<(), Errno> {
        let up = libc::IFF_UP as u32;
        self.ask(&Request::new(libc::RTM_NEWLINK, 0).put(&link(interface, up, up)))
    }

    /// Brings an interface up on which the kernel neither asks nor answers who has an address.
    pub(super) fn up_without_arp(&self, interface: u32) -> Result<(), Errno> {
        let flags = (libc::IFF_UP | libc::IFF_NOARP) as u32;
        self.ask(&Request::new(libc::RTM_NEWLINK, 0).put(&link(interface, flags, flags)))
    }

    /// Makes a veth pair: `name` here, and `peer` with this address in another namespace.
    pub(super) fn add_veth(
        &self,
        name: InterfaceName,
        peer: InterfaceName,
        address: MacAddress,
        namespace: BorrowedFd<'_>,
    ) -> Result<(), Errno> {
        const PEER: u16 = 1;
        let peer = |data: Request| {
            data.put(&link(0, 0, 0))
                .attribute(libc::IFLA_IFNAME, peer.as_str().as_bytes())
                .attribute(libc::IFLA_ADDRESS, &address.0)
                .attribute(libc::IFLA_NET_NS_FD, &namespace.as_raw_fd().to_ne_bytes())
        };
        let request = Request::new(libc::RTM_NEWLINK, NEW).put(&link(0, 0, 0));
        self.ask(&request.attribute(libc::IFLA_IFNAME, name.as_str().as_bytes()).nest(
            libc::IFLA_LINKINFO,
            |info| {
                info.attribute(libc::IFLA_INFO_KIND, b"veth")
                    .nest(libc::IFLA_INFO_DATA, |data| data.nest(PEER, peer))
            },
        ))
    }

    /// Adds a neighbour whose place on the link is never in doubt.
    pub(super) fn add_neighbour(&self, interface: u32, address: IpAddr, at: MacAddress) -> Result<(), Errno> {
        let [i0, i1, i2, i3] = interface.to_ne_bytes();
        let [s0, s1] = libc::NUD_PERMANENT.to_ne_bytes();
        let header = [family(address), 0, 0, 0, i0, i1, i2, i3, s0, s1, 0, libc::RTN_UNICAST];
        let request = Request::new(libc::RTM_NEWNEIGH, NEW).put(&header);
        self.ask(&with_address(request, libc::NDA_DST, address).attribute(libc::NDA_LLADDR, &at.0))
    }

    pub(super) fn set_mtu(&self, interface: u32, mtu: u32) -> Result<(), Errno> {
        let request = Request::new(libc::RTM_NEWLINK, 0).put(&link(interface, 0, 0));
        self.ask(&request.attribute(libc::IFLA_MTU, &mtu.to_ne_bytes()))
    }

    /// Sets how many packets may wait in the interface for who reads them; what comes above that is lost.
    pub(super) fn set_queue_length(&self, interface: u32, packets: u32) -> Result<(), Errno> {
        let request = Request::new(libc::RTM_NEWLINK, 0).put(&link(interface, 0, 0));
        self.ask(&request.attribute(libc::IFLA_TXQLEN, &packets.to_ne_bytes()))
    }

    /// Sets how long the kernel may make super-segments for the interface.
    pub(super) fn set_gso_max_size(&self, interface: u32, octets: u32) -> Result<(), Errno> {
        let request = Request::new(libc::RTM_NEWLINK, 0).put(&link(interface, 0, 0));
        self.ask(&request.attribute(libc::IFLA_GSO_MAX_SIZE, &octets.to_ne_bytes()))
    }

    /// Keeps the kernel from giving the interface an IPv6 address of its own choice, which it
    /// would announce and ask routers about.
    pub(super) fn no_link_local(&self, interface: u32) -> Result<(), Errno> {
        const ADDR_GEN_MODE: u16 = 8;
        const MODE_NONE: u8 = 1;
        let [l0, l1] = 5_u16.to_ne_bytes();
        let [k0, k1] = ADDR_GEN_MODE.to_ne_bytes();
        let [m0, m1] = 12_u16.to_ne_bytes();
        let [f0, f1] = (libc::AF_INET6 as u16).to_ne_bytes();
        // AF_INET6 { IFLA_INET6_ADDR_GEN_MODE = none }
        let inet6 = [m0, m1, f0, f1, l0, l1, k0, k1, MODE_NONE, 0, 0, 0];
        let request = Request::new(libc::RTM_NEWLINK, 0).put(&link(interface, 0, 0));
        self.ask(&request.attribute(libc::IFLA_AF_SPEC, &inet6))
    }

    /// Adds an address that is valid at once: there is nobody on the link to own it already
    /// (`IFA_F_NODAD`, RFC 4862 §5.4).
    pub(super) fn add_address(&self, interface: u32, address: IpAddr, prefix: u8) -> Result<(), Errno> {
        let [i0, i1, i2, i3] = interface.to_ne_bytes();
        let header = [family(address), prefix, 0, libc::RT_SCOPE_UNIVERSE, i0, i1, i2, i3];
        let request = Request::new(libc::RTM_NEWADDR, NEW).put(&header);
        let request =
            with_address(with_address(request, libc::IFA_LOCAL, address), libc::IFA_ADDRESS, address);
        self.ask(&request.attribute(libc::IFA_FLAGS, &libc::IFA_F_NODAD.to_ne_bytes()))
    }

    /// Sends everything that has no better route to `gateway`.
    pub(super) fn add_default_route(&self, interface: u32, gateway: IpAddr) -> Result<(), Errno> {
        let scope = libc::RT_SCOPE_UNIVERSE;
        let (table, by, kind) = (libc::RT_TABLE_MAIN, libc::RTPROT_STATIC, libc::RTN_UNICAST);
        let header = [family(gateway), 0, 0, 0, table, by, scope, kind, 0, 0, 0, 0];
        let request = Request::new(libc::RTM_NEWROUTE, NEW).put(&header);
        let request = with_address(request, libc::RTA_GATEWAY, gateway);
        self.ask(&request.attribute(libc::RTA_OIF, &interface.to_ne_bytes()))
    }

    /// Sends a request and waits for the kernel's answer to it: an errno, 0 for done.
    fn ask(&self, request: &Request) -> Result<(), Errno> {
        let octets = request.octets().ok_or(Errno::MSGSIZE)?;
        sendto(&self.0, octets, SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
        let mut answer = [0_u8; 1024];
        let received = loop {
            match recv(&self.0, &mut answer[..], RecvFlags::empty()) {
                Err(Errno::INTR) => {}
                received => break received?.0,
            }
        };
        answer.get(..received).and_then(acknowledged).unwrap_or(Err(Errno::PROTO))
    }
}

/// `None` if the message is not an acknowledgment.
fn acknowledged(message: &[u8]) -> Option<Result<(), Errno>> {
    let (header, rest) = message.split_first_chunk::<HEADER>()?;
    let kind = u16::from_ne_bytes([header[4], header[5]]);
    let error = i32::from_ne_bytes(*rest.first_chunk()?);
    match (i32::from(kind), error) {
        (libc::NLMSG_ERROR, 0) => Some(Ok(())),
        (libc::NLMSG_ERROR, error) => Some(Err(errno_of(error.wrapping_neg())?)),
        _ => None,
    }
}

fn family(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => libc::AF_INET as u8,
        IpAddr::V6(_) => libc::AF_INET6 as u8,
    }
}

fn with_address(request: Request, kind: u16, address: IpAddr) -> Request {
    match address {
        IpAddr::V4(address) => request.attribute(kind, &address.octets()),
        IpAddr::V6(address) => request.attribute(kind, &address.octets()),
    }
}

/// `struct ifinfomsg`: the flags in `change` become those in `flags`.
fn link(interface: u32, flags: u32, change: u32) -> [u8; 16] {
    let [i0, i1, i2, i3] = interface.to_ne_bytes();
    let [f0, f1, f2, f3] = flags.to_ne_bytes();
    let [c0, c1, c2, c3] = change.to_ne_bytes();
    [0, 0, 0, 0, i0, i1, i2, i3, f0, f1, f2, f3, c0, c1, c2, c3]
}

/// Octets of `struct nlmsghdr`.
const HEADER: usize = 16;
/// The request makes something that is not there yet.
const NEW: i32 = libc::NLM_F_CREATE | libc::NLM_F_EXCL;

/// A message under construction: everything is padded to four octets.
struct Request {
    octets: [u8; 256],
    /// Octets in use; larger than there is room for once something did not fit.
    used: usize,
}

impl Request {
    fn new(kind: u16, flags: i32) -> Self {
        let [k0, k1] = kind.to_ne_bytes();
        let flags = (flags | libc::NLM_F_REQUEST | libc::NLM_F_ACK) as u16;
        let [f0, f1] = flags.to_ne_bytes();
        Self { octets: [0; 256], used: 0 }.put(&[0, 0, 0, 0, k0, k1, f0, f1, 0, 0, 0, 0, 0, 0, 0, 0])
    }

    fn put(mut self, octets: &[u8]) -> Self {
        let end = self.used + octets.len();
        if let Some(room) = self.octets.get_mut(self.used..end) {
            room.copy_from_slice(octets);
        }
        self.used = end.next_multiple_of(4);
        // The length comes first and counts everything so far.
        if let Some(length) = self.octets.first_chunk_mut() {
            *length = (self.used as u32).to_ne_bytes();
        }
        self
    }

    fn attribute(self, kind: u16, value: &[u8]) -> Self {
        let [l0, l1] = ((4 + value.len()) as u16).to_ne_bytes();
        let [k0, k1] = kind.to_ne_bytes();
        self.put(&[l0, l1, k0, k1]).put(value)
    }

    /// An attribute that holds what `fill` adds.
    fn nest(self, kind: u16, fill: impl FnOnce(Self) -> Self) -> Self {
        let start = self.used;
        let mut filled = fill(self.attribute(kind, &[]));
        let length = (filled.used - start) as u16;
        if let Some(field) = filled.octets.get_mut(start..start + 2) {
            field.copy_from_slice(&length.to_ne_bytes());
        }
        filled
    }

    /// The finished message, or `None` if it did not fit.
    fn octets(&self) -> Option<&[u8]> {
        self.octets.get(..self.used)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_padded_and_their_length_is_not() {
        let request = Request::new(libc::RTM_NEWLINK, 0).attribute(7, &[1, 2, 3, 4, 5]);
        let octets = request.octets().expect("it fits");
        assert_eq!(octets.len(), HEADER + 12);
        assert_eq!(octets[..4], (octets.len() as u32).to_ne_bytes());
        assert_eq!(octets[HEADER..HEADER + 2], 9_u16.to_ne_bytes());
        assert_eq!(octets[HEADER + 4..], [1, 2, 3, 4, 5, 0, 0, 0]);
    }

    #[test]
    fn an_attribute_in_an_attribute_counts_for_both() {
        let request = Request::new(libc::RTM_NEWLINK, 0).nest(7, |inner| inner.attribute(9, &[1]));
        let octets = request.octets().expect("it fits");
        assert_eq!(octets[..4], (octets.len() as u32).to_ne_bytes());
        assert_eq!(octets[HEADER..HEADER + 4], [12_u16.to_ne_bytes(), 7_u16.to_ne_bytes()].concat());
        assert_eq!(octets[HEADER + 4..HEADER + 8], [5_u16.to_ne_bytes(), 9_u16.to_ne_bytes()].concat());
        assert_eq!(octets[HEADER + 8..], [1, 0, 0, 0]);
    }

    #[test]
    fn a_request_that_does_not_fit_is_not_sent_cut_off() {
        assert!(Request::new(0, 0).put(&[0; 300]).octets().is_none());
    }

    #[test]
    fn the_kernels_answer_is_an_errno() {
        let mut message = [0; 36];
        message[4..6].copy_from_slice(&(libc::NLMSG_ERROR as u16).to_ne_bytes());
        assert_eq!(acknowledged(&message), Some(Ok(())));
        message[16..20].copy_from_slice(&(-1_i32).to_ne_bytes());
        assert_eq!(acknowledged(&message), Some(Err(Errno::PERM)));
        message[4] = 99;
        assert_eq!(acknowledged(&message), None);
        assert_eq!(acknowledged(&message[..10]), None);
    }
}
