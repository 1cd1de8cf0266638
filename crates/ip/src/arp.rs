//! Address resolution over Ethernet for IPv4 (RFC 826): a request read, its reply written.

use core::net::Ipv4Addr;

use etherparse::{ArpEthIpv4Packet, ArpOperation};

use crate::MacAddress;

/// Octets of a request or a reply, without the Ethernet header.
pub const LEN: usize = ArpEthIpv4Packet::LEN;

/// Somebody asks who has an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    /// Where the one who asks can be reached.
    pub asker: MacAddress,
    /// The address that one has; unspecified for a probe, whose sender wants the target for itself (RFC 5227 §2.1.1).
    pub source: Ipv4Addr,
    /// The address in question.
    pub target: Ipv4Addr,
}

impl Request {
    /// Reads a request. None for everything else: replies, other hardware or protocols, fewer octets than it takes, a
    /// sender that is not a single station. What follows it is a link's padding.
    pub fn parse(octets: &[u8]) -> Option<Self> {
        let (&octets, _) = octets.split_first_chunk::<LEN>()?;
        // Hardware Ethernet, protocol IPv4, their lengths, operation request.
        let [0, 1, 8, 0, 6, 4, 0, 1, rest @ ..] = octets else { return None };
        let [h0, h1, h2, h3, h4, h5, s0, s1, s2, s3, _, _, _, _, _, _, t0, t1, t2, t3] = rest;
        let asker = MacAddress([h0, h1, h2, h3, h4, h5]);
        let request =
            Self { asker, source: Ipv4Addr::new(s0, s1, s2, s3), target: Ipv4Addr::new(t0, t1, t2, t3) };
        asker.is_individual().then_some(request)
    }

    /// The reply: `owner` has the address.
    pub fn reply(&self, owner: MacAddress) -> [u8; LEN] {
        let reply = ArpEthIpv4Packet {
            operation: ArpOperation::REPLY,
            sender_mac: owner.0,
            sender_ipv4: self.target.octets(),
            target_mac: self.asker.0,
            target_ipv4: self.source.octets(),
        };
        reply.to_bytes()
    }
}
