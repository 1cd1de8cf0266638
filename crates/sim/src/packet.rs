//! Packets under way, and changing them.

use std::net::{IpAddr, SocketAddr};

use cordial_ip::{Header, Packet as IpPacket, Protocol};
use cordial_trace::event::Transmission;
use cordial_wire::Segment;
use cordial_wire::checksum::Sum;

use crate::Edit;

/// A packet under way.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub octets: Vec<u8>,
    /// What the record calls it.
    pub sent: Option<Transmission>,
    /// Its journey, by number.
    pub journey: Option<u32>,
}

/// Packets by number, and room for more: nothing is allocated once a run has had its fill.
#[derive(Debug, Default)]
pub(crate) struct Packets {
    packets: Vec<Option<Packet>>,
    free: Vec<u32>,
    spare: Vec<Vec<u8>>,
}

impl Packets {
    pub fn put(&mut self, packet: Packet) -> u32 {
        if let Some(at) = self.free.pop()
            && let Some(place) = self.packets.get_mut(at as usize)
        {
            *place = Some(packet);
            return at;
        }
        self.packets.push(Some(packet));
        self.packets.len() as u32 - 1
    }

    pub fn take(&mut self, at: u32) -> Option<Packet> {
        let packet = self.packets.get_mut(at as usize)?.take()?;
        self.free.push(at);
        Some(packet)
    }

    /// Room for a packet, with these octets in it.
    pub fn octets(&mut self, from: &[u8]) -> Vec<u8> {
        let mut octets = self.spare.pop().unwrap_or_default();
        octets.clear();
        octets.extend_from_slice(from);
        octets
    }

    /// A packet has come to its end.
    pub fn recycle(&mut self, packet: Packet) {
        if self.spare.len() < 64 {
            self.spare.push(packet.octets);
        }
    }

    /// How many are under way.
    pub fn len(&self) -> usize {
        self.packets.len() - self.free.len()
    }
}

/// The IP packet with this segment from one end to another, checksum in place; none if it is longer than IP allows, or
/// the families differ.
pub(crate) fn tcp(
    source: IpAddr,
    destination: IpAddr,
    segment: &Segment<'_>,
    payload: &[u8],
) -> Option<Vec<u8>> {
    let tcp_len = segment.header_len();
    let payload_len = tcp_len + payload.len();
    let header = Header { source, destination, protocol: Protocol::Tcp, payload_len, identification: 0 };
    let ip_len = Header::len_to(destination);
    let mut out = vec![0; ip_len + payload_len];
    header.emit(&mut out)?;
    let tcp = out.get_mut(ip_len..)?;
    segment.emit_header(tcp).ok()?;
    tcp.get_mut(tcp_len..)?.copy_from_slice(payload);
    tcp.get_mut(Segment::CHECKSUM_OFFSET..)?.first_chunk_mut::<2>()?.fill(0);
    let mut sum = header.pseudo_sum();
    sum.add(tcp);
    *tcp.get_mut(Segment::CHECKSUM_OFFSET..)?.first_chunk_mut()? = sum.finish().to_be_bytes();
    Some(out)
}

/// Lets `change` rewrite the segment in a packet; false, and nothing changed, if there is none.
pub(crate) fn rewrite(octets: &mut Vec<u8>, change: impl FnOnce(&mut Edit)) -> bool {
    let Ok(packet) = IpPacket::parse(octets) else { return false };
    let Ok(segment) = Segment::parse(packet.payload) else { return false };
    let mut edit = Edit { header: header_of(&segment), payload: segment.payload.to_vec() };
    let (source, destination) = (packet.source, packet.destination);
    change(&mut edit);
    let Some(rewritten) = tcp(source, destination, &edit.header, &edit.payload) else { return false };
    *octets = rewritten;
    true
}

/// Gives a TCP packet other ends; false if it is none.
pub(crate) fn readdress(octets: &mut Vec<u8>, source: SocketAddr, destination: SocketAddr) -> bool {
    let Ok(packet) = IpPacket::parse(octets) else { return false };
    let Ok(segment) = Segment::parse(packet.payload) else { return false };
    if !is_whole(&packet) {
        // A NAT does not repair what the road has damaged.
        return false;
    }
    let header = Segment { source: source.port(), destination: destination.port(), ..header_of(&segment) };
    let payload = segment.payload.to_vec();
    let Some(rewritten) = tcp(source.ip(), destination.ip(), &header, &payload) else { return false };
    *octets = rewritten;
    true
}

/// A segment without its octets of data, which are borrowed.
pub(crate) fn header_of(segment: &Segment<'_>) -> Segment<'static> {
    let Segment { source, destination, seq, ack_number, flags, window, urgent, options, payload: _ } =
        *segment;
    Segment { source, destination, seq, ack_number, flags, window, urgent, options, payload: &[] }
}

/// True if the transport checksum holds.
pub(crate) fn is_whole(packet: &IpPacket<'_>) -> bool {
    let header = Header {
        source: packet.source,
        destination: packet.destination,
        protocol: packet.protocol,
        payload_len: packet.payload.len(),
        identification: 0,
    };
    let mut sum: Sum = header.pseudo_sum();
    sum.add(packet.payload);
    sum.fold() == u16::MAX
}

/// The reset that answers the segment in a packet (RFC 9293 §3.10.7.1), as from the one it was for.
pub(crate) fn reset_for(octets: &[u8]) -> Option<Vec<u8>> {
    let packet = IpPacket::parse(octets).ok()?;
    let segment = Segment::parse(packet.payload).ok()?;
    let reset = cordial_tcp::reset_for(&segment)?;
    let reset = Segment { source: segment.destination, destination: segment.source, ..reset };
    tcp(packet.destination, packet.source, &reset, &[])
}
