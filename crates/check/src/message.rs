//! What is under way.

use std::net::IpAddr;
use std::sync::Arc;

use cordial_ip::{Header, Packet, Protocol};
use cordial_stack::Instant;
use cordial_trace::event::Side;
use cordial_wire::Segment;

/// A packet between the two ends.
#[derive(Clone, Debug)]
pub struct Message {
    /// Whom it is for.
    pub to: Side,
    /// The packet. Its checksum is not filled in; nothing here spoils octets.
    pub octets: Arc<[u8]>,
    /// When it was sent.
    pub born: Instant,
    /// Which of the client's attempts was under way when it was sent.
    pub era: u8,
    /// A stranger made it.
    pub forged: bool,
    /// It was held up, or is a copy: what it says is old news.
    pub late: bool,
}

impl Message {
    /// All that tells two apart that are held: whom it is for, when it was sent, what it says, and on whose account.
    pub fn identity(&self) -> (Side, Instant, &[u8], u8, bool) {
        let Self { to, octets, born, era, forged, late: _ } = self;
        (*to, *born, octets, *era, *forged)
    }

    /// The segment in it.
    pub fn segment(&self) -> Segment<'_> {
        segment_in(&self.octets).unwrap_or_default()
    }
}

/// The TCP segment in a packet.
pub fn segment_in(octets: &[u8]) -> Option<Segment<'_>> {
    Segment::parse(Packet::parse(octets).ok()?.payload).ok()
}

/// A segment as a packet between two addresses.
pub fn packet(source: IpAddr, destination: IpAddr, segment: &Segment<'_>) -> Arc<[u8]> {
    let payload_len = segment.header_len() + segment.payload.len();
    let header = Header { source, destination, protocol: Protocol::Tcp, payload_len, identification: 0 };
    let mut out = vec![0; Header::len_to(destination) + payload_len];
    let ip_len = header.emit(&mut out).unwrap_or_default();
    if let Some(rest) = out.get_mut(ip_len..)
        && let Ok(tcp_len) = segment.emit_header(rest)
        && let Some(place) = rest.get_mut(tcp_len..)
    {
        place.copy_from_slice(segment.payload);
    }
    out.into()
}
