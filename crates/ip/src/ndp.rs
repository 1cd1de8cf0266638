//! Neighbour discovery for IPv6, as far as one who only answers needs it (RFC 4861 §4.3, §4.4, §7): a solicitation
//! read, the advertisement that answers it written.

use core::net::{IpAddr, Ipv6Addr};

use cordial_wire::checksum;
use etherparse::icmpv6::NeighborAdvertisementHeader;
use etherparse::{Icmpv6Header, Icmpv6Type};

use crate::{Header, MacAddress, Packet, Protocol};

/// Octets of an advertisement with the sender's link-layer address, IPv6 header included.
pub const LEN: usize = Header::MAX_LEN + ICMP_LEN;

/// ICMP header, target, and an option of eight octets.
const ICMP_LEN: usize = 8 + 16 + 8;

/// Everyone on the link (RFC 4291 §2.7.1).
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// Such a packet has crossed no router, and so comes from the link itself (RFC 4861 §11.2).
const HOP_LIMIT: u8 = 255;

mod kind {
    pub(super) const SOLICITATION: u8 = 135;
}

mod option {
    pub(super) const SOURCE_LINK_ADDRESS: u8 = 1;
    pub(super) const TARGET_LINK_ADDRESS: u8 = 2;
}

/// Somebody asks who has an address, or whether who had it is still there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Solicitation {
    /// The address of the one who asks; unspecified where it wants the target for itself and makes sure that nobody
    /// has it (RFC 4862 §5.4).
    pub source: Ipv6Addr,
    /// The address in question.
    pub target: Ipv6Addr,
    /// Where the one who asks can be reached, if it says so.
    pub asker: Option<MacAddress>,
}

impl Solicitation {
    /// Reads an IPv6 packet that is a valid solicitation (RFC 4861 §7.1.1). None for everything else.
    pub fn parse(packet: &[u8]) -> Option<Self> {
        let &hop_limit = packet.get(7)?;
        let packet = Packet::parse(packet).ok()?;
        let (IpAddr::V6(source), IpAddr::V6(destination)) = (packet.source, packet.destination) else {
            return None;
        };
        let is_ours = packet.protocol == Protocol::Icmpv6 && hop_limit == HOP_LIMIT;
        if !is_ours || !checksum::verify(packet.pseudo_sum(), packet.payload) {
            return None;
        }
        let (&[kind::SOLICITATION, 0, _, _, _, _, _, _], rest) = packet.payload.split_first_chunk()? else {
            return None;
        };
        let (&target, options) = rest.split_first_chunk::<16>()?;
        let target = Ipv6Addr::from(target);
        let asker = source_link_address(options)?;
        let is_probe = source.is_unspecified();
        if is_probe && (asker.is_some() || destination != solicited_node(target)) {
            return None;
        }
        (!target.is_multicast() && !source.is_multicast()).then_some(Self { source, target, asker })
    }

    /// The packet that answers it: `owner` has the address, and forwards what is sent to others. Who asks from no
    /// address finds the answer among what is sent to all, where it is one to nobody's question (RFC 4861 §7.2.4).
    pub fn advertisement(&self, owner: MacAddress) -> Option<[u8; LEN]> {
        let is_probe = self.source.is_unspecified();
        let destination = if is_probe { ALL_NODES } else { self.source };
        let header = Header {
            source: self.target.into(),
            destination: destination.into(),
            protocol: Protocol::Icmpv6,
            payload_len: ICMP_LEN,
            identification: 0,
        };
        let mut packet = [0; LEN];
        let head_len = header.emit(&mut packet)?;
        let icmp = packet.get_mut(head_len..)?;
        let flags = NeighborAdvertisementHeader { router: true, solicited: !is_probe, r#override: true };
        let icmp_type = Icmpv6Type::NeighborAdvertisement(flags);
        let head = Icmpv6Header { icmp_type, checksum: 0 }.to_bytes();
        let (into, rest) = icmp.split_first_chunk_mut::<8>()?;
        into.copy_from_slice(head.get(..8)?);
        let (into, rest) = rest.split_first_chunk_mut::<16>()?;
        *into = self.target.octets();
        let (into, _) = rest.split_first_chunk_mut::<8>()?;
        let [a, b, c, d, e, f] = owner.0;
        *into = [option::TARGET_LINK_ADDRESS, 1, a, b, c, d, e, f];

        let mut sum = header.pseudo_sum();
        sum.add(packet.get(Header::MAX_LEN..)?);
        let [.., hop_limit] = packet.first_chunk_mut::<8>()?;
        *hop_limit = HOP_LIMIT;
        let [_, _, c0, c1] = packet.get_mut(Header::MAX_LEN..)?.first_chunk_mut::<4>()?;
        [*c0, *c1] = sum.finish().to_be_bytes();
        Some(packet)
    }
}

/// The group that everyone with `address` listens to (RFC 4291 §2.7.1).
fn solicited_node(address: Ipv6Addr) -> Ipv6Addr {
    Ipv6Addr::from_bits(0xff02_0000_0000_0000_0000_0001_ff00_0000 | (address.to_bits() & 0xff_ffff))
}

/// The link-layer address among the options. None if they are malformed: one of no length is (RFC 4861 §4.6).
/// Unknown ones are skipped.
fn source_link_address(mut options: &[u8]) -> Option<Option<MacAddress>> {
    let mut found = None;
    while let Some(&[kind, units]) = options.first_chunk() {
        let length = usize::from(units) * 8;
        if length == 0 {
            return None;
        }
        let (this, rest) = options.split_at_checked(length)?;
        if let (option::SOURCE_LINK_ADDRESS, &[_, _, a, b, c, d, e, f]) = (kind, this) {
            found = Some(MacAddress([a, b, c, d, e, f]));
        }
        options = rest;
    }
    options.is_empty().then_some(found)
}
