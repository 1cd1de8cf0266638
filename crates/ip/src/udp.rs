//! UDP datagrams (RFC 768).

use alloc::vec::Vec;
use core::net::SocketAddr;

use cordial_wire::checksum;
use etherparse::{UdpHeader, UdpHeaderSlice};

use crate::{Header, Packet, Protocol};

/// Octets of a UDP header.
pub const HEADER_LEN: usize = 8;

/// A datagram that arrived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Datagram<'a> {
    /// The port it came from; 0 if no answer is wanted.
    pub source: u16,
    /// The port it is for.
    pub destination: u16,
    /// Its octets.
    pub octets: &'a [u8],
}

/// Why a packet has no datagram in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UdpError {
    /// No whole header, or a length that the packet does not have.
    Length,
    /// The checksum is wrong, or missing over IPv6 (RFC 8200 §8.1).
    Checksum,
}

/// Reads the datagram in `packet`; its checksum is looked at where `verify` says so.
///
/// # Errors
///
/// [`UdpError`] if it is malformed or damaged.
pub fn parse<'a>(packet: &Packet<'a>, verify: bool) -> Result<Datagram<'a>, UdpError> {
    let header = UdpHeaderSlice::from_slice(packet.payload).map_err(|_| UdpError::Length)?;
    let length = usize::from(header.length());
    let whole = packet.payload.get(..length).ok_or(UdpError::Length)?;
    let octets = whole.get(HEADER_LEN..).ok_or(UdpError::Length)?;
    if verify && !is_intact(packet, header.checksum(), whole) {
        return Err(UdpError::Checksum);
    }
    Ok(Datagram { source: header.source_port(), destination: header.destination_port(), octets })
}

fn is_intact(packet: &Packet<'_>, field: u16, whole: &[u8]) -> bool {
    // Zero: the sender took none, which only IPv4 allows.
    if field == 0 {
        return packet.source.is_ipv4();
    }
    let pseudo = Packet { payload: whole, ..*packet }.pseudo_sum();
    checksum::verify(pseudo, whole)
}

/// The IP packet that takes `octets` from one place to another; none if it would be longer than IP allows, or the
/// families differ.
pub fn packet(source: SocketAddr, destination: SocketAddr, octets: &[u8]) -> Option<Vec<u8>> {
    let header = Header {
        source: source.ip(),
        destination: destination.ip(),
        protocol: Protocol::Udp,
        payload_len: HEADER_LEN + octets.len(),
        identification: 0,
    };
    let ip_len = Header::len_to(destination.ip());
    let mut out = Vec::with_capacity(ip_len + header.payload_len);
    out.resize(ip_len, 0);
    header.emit(&mut out)?;
    let mut udp = UdpHeader {
        source_port: source.port(),
        destination_port: destination.port(),
        length: u16::try_from(header.payload_len).ok()?,
        checksum: 0,
    };
    let mut sum = header.pseudo_sum();
    sum.add(&udp.to_bytes());
    sum.add(octets);
    // Zero would say that none was taken.
    udp.checksum = if sum.finish() == 0 { u16::MAX } else { sum.finish() };
    out.extend_from_slice(&udp.to_bytes());
    out.extend_from_slice(octets);
    Some(out)
}
