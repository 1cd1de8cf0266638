//! Resets that nobody sent.

use std::net::SocketAddr;

use cordial_ip::{Header, Protocol};
use cordial_tcp::reset_for;
use cordial_wire::checksum::Sum;
use cordial_wire::{Flags, Segment};

/// A segment made up on the path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Forgery {
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) segment: Segment<'static>,
}

impl Forgery {
    /// The reset that follows a segment to its receiver: at the position that comes next (RFC 5961 §3.2 takes no other).
    pub(crate) fn behind(source: SocketAddr, destination: SocketAddr, segment: &Segment<'_>) -> Self {
        let reset = Segment { seq: segment.end(), flags: Flags::RST, ..Segment::default() };
        Self { source, destination, segment: reset }.with_ports()
    }

    /// The reset that answers a segment; none answers a reset.
    pub(crate) fn answer(source: SocketAddr, destination: SocketAddr, segment: &Segment<'_>) -> Option<Self> {
        let segment = reset_for(segment)?;
        Some(Self { source: destination, destination: source, segment }.with_ports())
    }

    fn with_ports(mut self) -> Self {
        self.segment.source = self.source.port();
        self.segment.destination = self.destination.port();
        self
    }

    /// It as an IP packet; none if its ends are of different families.
    pub(crate) fn packet(&self) -> Option<Vec<u8>> {
        let payload_len = self.segment.header_len();
        let header = Header {
            source: self.source.ip(),
            destination: self.destination.ip(),
            protocol: Protocol::Tcp,
            payload_len,
            identification: 0,
        };
        let mut octets = vec![0; Header::MAX_LEN + Segment::MAX_HEADER_LEN];
        let head = header.emit(&mut octets)?;
        octets.truncate(head + payload_len);
        let transport = octets.get_mut(head..)?;
        self.segment.emit_header(transport).ok()?;
        let mut sum: Sum = header.pseudo_sum();
        sum.add(transport);
        let field = transport.get_mut(Segment::CHECKSUM_OFFSET..)?.first_chunk_mut()?;
        *field = sum.finish().to_be_bytes();
        Some(octets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cordial_ip::Packet;
    use cordial_wire::{SeqNum, checksum};

    fn ends(v6: bool) -> (SocketAddr, SocketAddr) {
        let [a, b] = if v6 { ["[fd00::1]:1", "[fd00::2]:2"] } else { ["10.0.0.1:1", "10.0.0.2:2"] };
        (a.parse().expect("an address"), b.parse().expect("an address"))
    }

    #[test]
    fn a_reset_is_a_packet_that_is_right_in_both_families() {
        for v6 in [false, true] {
            let (source, destination) = ends(v6);
            let data = Segment { seq: SeqNum(100), payload: b"data", ..Segment::default() };
            let octets = Forgery::behind(source, destination, &data).packet().expect("a packet");
            let packet = Packet::parse(&octets).expect("an IP packet");
            assert_eq!((packet.source, packet.destination), (source.ip(), destination.ip()));
            assert!(checksum::verify(packet.pseudo_sum(), packet.payload));
            let reset = Segment::parse(packet.payload).expect("a segment");
            assert_eq!((reset.source, reset.destination), (1, 2));
            assert_eq!((reset.flags, reset.seq), (Flags::RST, SeqNum(104)));
        }
    }

    #[test]
    fn the_answer_goes_back_at_the_number_that_is_awaited() {
        let (source, destination) = ends(false);
        let flags = Flags::ACK;
        let ack = Segment { seq: SeqNum(100), ack_number: SeqNum(7), flags, ..Segment::default() };
        let answer = Forgery::answer(source, destination, &ack).expect("an answer");
        assert_eq!((answer.source, answer.destination), (destination, source));
        assert_eq!((answer.segment.seq, answer.segment.source), (SeqNum(7), 2));
        let reset = Segment { flags: Flags::RST, ..ack };
        assert!(Forgery::answer(source, destination, &reset).is_none());
    }
}
