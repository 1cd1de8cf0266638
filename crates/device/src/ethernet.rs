//! The header of an Ethernet II frame.

use cordial_ip::MacAddress;

/// Octets of the header.
pub(crate) const LEN: usize = 14;

/// What a frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EtherType {
    Ipv4,
    Ipv6,
    Arp,
    /// None of ours: VLANs, LLDP, whatever else is about.
    Other,
}

impl EtherType {
    const IPV4: [u8; 2] = [0x08, 0x00];
    const IPV6: [u8; 2] = [0x86, 0xdd];
    const ARP: [u8; 2] = [0x08, 0x06];

    /// The type for a raw IP packet, by its version. None if it is neither.
    pub(crate) fn of_packet(packet: &[u8]) -> Option<Self> {
        match packet.first()? >> 4 {
            4 => Some(Self::Ipv4),
            6 => Some(Self::Ipv6),
            _ => None,
        }
    }

    fn parse(octets: [u8; 2]) -> Self {
        match octets {
            Self::IPV4 => Self::Ipv4,
            Self::IPV6 => Self::Ipv6,
            Self::ARP => Self::Arp,
            _ => Self::Other,
        }
    }

    fn octets(self) -> [u8; 2] {
        match self {
            Self::Ipv4 => Self::IPV4,
            Self::Ipv6 => Self::IPV6,
            Self::Arp => Self::ARP,
            Self::Other => [0; 2],
        }
    }
}

/// The header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ethernet {
    pub(crate) destination: MacAddress,
    pub(crate) source: MacAddress,
    pub(crate) kind: EtherType,
}

impl Ethernet {
    pub(crate) fn parse(octets: [u8; LEN]) -> Self {
        let [d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, k0, k1] = octets;
        Self {
            destination: MacAddress([d0, d1, d2, d3, d4, d5]),
            source: MacAddress([s0, s1, s2, s3, s4, s5]),
            kind: EtherType::parse([k0, k1]),
        }
    }

    /// True if the frame went to many and the packet in it is for one, so that it is to be dropped (RFC 1122 §3.3.6). An
    /// address that stands for all of one network looks like one here; neither TCP nor UDP takes what is sent to it.
    pub(crate) fn is_misaddressed(&self, packet: &[u8]) -> bool {
        let is_for_one = match self.kind {
            EtherType::Ipv4 => packet.get(16).is_some_and(|&first| first < 224),
            EtherType::Ipv6 => packet.get(24).is_some_and(|&first| first != 0xff),
            EtherType::Arp | EtherType::Other => false,
        };
        let [first, ..] = self.destination.0;
        first & 1 == 1 && is_for_one
    }

    pub(crate) fn emit(self) -> [u8; LEN] {
        let [d0, d1, d2, d3, d4, d5] = self.destination.0;
        let [s0, s1, s2, s3, s4, s5] = self.source.0;
        let [k0, k1] = self.kind.octets();
        [d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, k0, k1]
    }
}

/// Where a packet for many goes on the link. None for one host's, and where there are no groups (RFC 2464 §7).
pub(crate) fn group(packet: &[u8], kind: EtherType) -> Option<MacAddress> {
    match (kind, packet.get(24..40)?) {
        (EtherType::Ipv6, &[0xff, .., a, b, c, d]) => Some(MacAddress([0x33, 0x33, a, b, c, d])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_emitted_is_parsed() {
        for kind in [EtherType::Ipv4, EtherType::Ipv6, EtherType::Arp] {
            let header = Ethernet {
                destination: MacAddress([1, 2, 3, 4, 5, 6]),
                source: MacAddress([7, 8, 9, 10, 11, 12]),
                kind,
            };
            assert_eq!(Ethernet::parse(header.emit()), header);
        }
        let octets = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x08, 0x06];
        assert_eq!(Ethernet::parse(octets).kind, EtherType::Arp);
        let vlan = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x81, 0x00];
        assert_eq!(Ethernet::parse(vlan).kind, EtherType::Other);
    }

    /// RFC1122-3.3.6-a: a packet for one host does not come in a frame to all or to a group; one for many does, and so do
    /// questions who has an address.
    #[test]
    fn packets_for_one_in_frames_for_many_are_misaddressed() {
        let is_misaddressed = |destination: [u8; 6], kind, at: usize, first: u8| {
            let (destination, source) = (MacAddress(destination), MacAddress([2, 0, 0, 0, 0, 2]));
            let mut packet = [0; 40];
            packet[at] = first;
            Ethernet { destination, source, kind }.is_misaddressed(&packet)
        };
        let one = [2, 0, 0, 0, 0, 1];
        for many in [[0xff; 6], [1, 0, 0x5e, 0, 0, 1], [0x33, 0x33, 0, 0, 0, 1]] {
            for (kind, at, single, group) in
                [(EtherType::Ipv4, 16, 10, 224), (EtherType::Ipv6, 24, 0xfd, 0xff)]
            {
                assert!(is_misaddressed(many, kind, at, single), "{many:x?} {kind:?}");
                assert!(!is_misaddressed(many, kind, at, group), "{many:x?} {kind:?}");
                assert!(!is_misaddressed(one, kind, at, single) && !is_misaddressed(one, kind, at, group));
            }
            assert!(!is_misaddressed(many, EtherType::Ipv4, 16, 255), "broadcast");
            assert!(!is_misaddressed(many, EtherType::Arp, 16, 10));
        }
    }

    #[test]
    fn an_ipv6_group_has_an_address_on_the_link() {
        let mut packet = [0; 40];
        (packet[24], packet[39]) = (0xff, 1);
        assert_eq!(group(&packet, EtherType::Ipv6), Some(MacAddress([0x33, 0x33, 0, 0, 0, 1])));
        assert_eq!(group(&packet, EtherType::Arp), None);
        assert_eq!(group(&packet[..39], EtherType::Ipv6), None);
        packet[24] = 0xfd;
        assert_eq!(group(&packet, EtherType::Ipv6), None);
    }

    #[test]
    fn a_packets_version_is_its_type() {
        assert_eq!(EtherType::of_packet(&[0x45]), Some(EtherType::Ipv4));
        assert_eq!(EtherType::of_packet(&[0x60, 0]), Some(EtherType::Ipv6));
        assert_eq!(EtherType::of_packet(&[0x00]), None);
        assert_eq!(EtherType::of_packet(&[]), None);
    }
}
