//! Echo messages as the host's sockets take and give them (RFC 792, RFC 4443 §4).

use etherparse::{
    IcmpEchoHeader, Icmpv4Header, Icmpv4Slice, Icmpv4Type, Icmpv6Header, Icmpv6Slice, Icmpv6Type,
};

/// An echo request. Over IPv6 the kernel puts the checksum in.
pub(super) fn request(is_v4: bool, id: u16, sequence: u16, octets: &[u8]) -> Vec<u8> {
    let echo = IcmpEchoHeader { id, seq: sequence };
    let mut message = match is_v4 {
        true => Icmpv4Header::with_checksum(Icmpv4Type::EchoRequest(echo), octets).to_bytes().to_vec(),
        false => Icmpv6Header { icmp_type: Icmpv6Type::EchoRequest(echo), checksum: 0 }.to_bytes().to_vec(),
    };
    message.extend_from_slice(octets);
    message
}

/// Number, sequence number and octets of an echo reply; none if it is something else.
pub(super) fn reply(is_v4: bool, message: &[u8]) -> Option<(u16, u16, &[u8])> {
    let (echo, octets) = match is_v4 {
        true => {
            let slice = Icmpv4Slice::from_slice(message).ok()?;
            let Icmpv4Type::EchoReply(echo) = slice.icmp_type() else { return None };
            (echo, slice.payload())
        }
        false => {
            let slice = Icmpv6Slice::from_slice(message).ok()?;
            let Icmpv6Type::EchoReply(echo) = slice.icmp_type() else { return None };
            (echo, slice.payload())
        }
    };
    Some((echo.id, echo.seq, octets))
}

/// What is behind the IPv4 header that raw sockets give along.
pub(super) fn behind_ip(packet: &[u8]) -> &[u8] {
    let header_len = packet.first().map_or(0, |first| usize::from(first & 0x0f) * 4);
    packet.get(header_len..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_what_ping_sends() {
        let message = request(true, 7, 9, b"ab");
        assert_eq!((message[0], &message[4..]), (8, &[0, 7, 0, 9, b'a', b'b'][..]));
        let sum: u32 = message.chunks(2).map(|word| u32::from(word[0]) << 8 | u32::from(word[1])).sum();
        assert_eq!((sum & 0xffff) + (sum >> 16), 0xffff);
        assert_eq!(request(false, 7, 9, b"")[..], [128, 0, 0, 0, 0, 7, 0, 9]);
    }

    #[test]
    fn only_replies_are_read() {
        let mut message = request(true, 7, 9, b"ab");
        assert_eq!(reply(true, &message), None);
        message[0] = 0;
        assert_eq!(reply(true, &message), Some((7, 9, &b"ab"[..])));
        for len in 0..8 {
            assert_eq!(reply(true, &message[..len]), None);
            assert_eq!(reply(false, &message[..len]), None);
        }
        assert_eq!(reply(false, &[129, 0, 0, 0, 0, 7, 0, 9, 1]), Some((7, 9, &[1][..])));
    }

    #[test]
    fn the_ip_header_of_a_raw_socket_is_skipped_however_long_it_says_it_is() {
        assert_eq!(behind_ip(&[0x45; 21]), [0x45]);
        assert_eq!(behind_ip(&[0x4f; 21]), []);
        assert_eq!(behind_ip(&[]), []);
    }
}
