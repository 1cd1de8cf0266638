//! Who is on the link.
//!
//! Over Ethernet asked for and told by ARP (RFC 826) and NDP (RFC 4861).

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::MacAddress;
use crate::address::is_unicast;
use crate::arp;
use crate::ndp::{self, Solicitation};

/// A link with two stations: we, who stand for every address there is, and one peer.
///
/// Whoever the peer asks for, we have that address and take what is sent there; except for its own, which it asks for
/// only to find out whether anybody else has them. So a question for the address it is asked from, or was last asked
/// from, is not answered. A probe (RFC 5227 §2.1.1, RFC 4862 §5.4) is answered where it is for an address that we
/// [`hold`](Self::hold), so that the peer lets it be. Any other it may have: nobody on the link is in the way.
///
/// There is one peer and there is no cache: the state is one address per family and one of the link's, however much
/// is asked. It never has to be asked itself: it is known from the start, and by every frame that it sends.
#[derive(Clone, Copy, Debug)]
pub struct Neighbours {
    own: MacAddress,
    /// What is ours by configuration, and stays ours.
    held_v4: Option<Ipv4Addr>,
    held_v6: Option<Ipv6Addr>,
    peer: MacAddress,
    peer_v4: Option<Ipv4Addr>,
    peer_v6: Option<Ipv6Addr>,
}

impl Neighbours {
    /// Us at `own` and the peer at `peer`, until it is heard from another address.
    pub const fn new(own: MacAddress, peer: MacAddress) -> Self {
        Self { own, held_v4: None, held_v6: None, peer, peer_v4: None, peer_v6: None }
    }

    /// From now on this address of ours is not for the peer to take; one of each family, and the last one counts. One
    /// that is no host's is held by nobody.
    pub fn hold(&mut self, address: IpAddr) {
        match address {
            _ if !is_unicast(address) => {}
            IpAddr::V4(address) => self.held_v4 = Some(address),
            IpAddr::V6(address) => self.held_v6 = Some(address),
        }
    }

    /// Our address on the link.
    pub const fn own(&self) -> MacAddress {
        self.own
    }

    /// Where frames to the peer go.
    pub const fn peer(&self) -> MacAddress {
        self.peer
    }

    /// A frame came from this address: the peer has it now. A group's address, or ours, is nobody's.
    #[inline]
    pub fn heard_from(&mut self, source: MacAddress) {
        if source != self.peer && source != self.own && source.is_individual() {
            self.peer = source;
        }
    }

    /// Takes an ARP packet and gives the one to answer with, if one is due.
    pub fn on_arp(&mut self, octets: &[u8]) -> Option<[u8; arp::LEN]> {
        let request = arp::Request::parse(octets)?;
        let (source, target) = (request.source, request.target);
        if is_unicast(source.into()) && self.held_v4 != Some(source) {
            self.peer_v4 = Some(source);
        }
        self.answers(source.into(), target.into()).then(|| request.reply(self.own))
    }

    /// Takes an IPv6 packet and, if it is a solicitation, gives the packet to answer with, if one is due.
    pub fn on_solicitation(&mut self, packet: &[u8]) -> Option<[u8; ndp::LEN]> {
        let asked = Solicitation::parse(packet)?;
        if is_unicast(asked.source.into()) && self.held_v6 != Some(asked.source) {
            self.peer_v6 = Some(asked.source);
        }
        let is_due = self.answers(asked.source.into(), asked.target.into());
        is_due.then(|| asked.advertisement(self.own)).flatten()
    }

    /// True if the peer, asking from `source`, is to hear that we have `target`.
    fn answers(&self, source: IpAddr, target: IpAddr) -> bool {
        let (is_peers, is_held) = match target {
            IpAddr::V4(target) => (self.peer_v4 == Some(target), self.held_v4 == Some(target)),
            IpAddr::V6(target) => (self.peer_v6 == Some(target), self.held_v6 == Some(target)),
        };
        // Who asks from nowhere makes sure that nobody has the address (RFC 4861 §7.2.4, RFC 5227 §2.1.1).
        let is_probe = source.is_unspecified();
        let is_asked = if is_probe { is_held } else { is_unicast(source) && source != target };
        is_asked && is_unicast(target) && !is_peers
    }
}
