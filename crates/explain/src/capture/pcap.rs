//! The older format, pcap: one header, then packets.

use pcap_parser::{
    LegacyPcapBlock, PcapHeader, parse_pcap_frame, parse_pcap_frame_be, parse_pcap_frame_modified,
    parse_pcap_header,
};

use super::damage::DamageKind;
use super::frame::Link;
use super::reader::Found;

/// Octets of the file header.
pub(super) const HEADER_LEN: usize = 24;
/// Octets before a packet that say how long it is.
pub(super) const HEAD_LEN: usize = 16;
/// Octets of the longest packet that is believed; what tools write at most is 256 KiB.
const LONGEST: u32 = 1 << 24;

/// What the file header says of all packets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pcap {
    big_endian: bool,
    /// A variant with eight more octets before each packet.
    modified: bool,
    /// Nanoseconds per unit of a time's fraction.
    unit: u64,
    link: Link,
}

impl Pcap {
    /// Reads the file header; none if it is none.
    pub(super) fn open(data: &[u8]) -> Option<Self> {
        let (_, header) = parse_pcap_header(data).ok()?;
        let big_endian = header.is_bigendian();
        let unit = if header.is_nanosecond_precision() { 1 } else { 1_000 };
        let link = Link::from_number(header.network.0 as u32);
        Some(Self { big_endian, modified: PcapHeader::is_modified_format(&header), unit, link })
    }

    /// How long the record is that begins with `head`.
    pub(super) fn record_len(&self, head: &[u8]) -> Result<usize, DamageKind> {
        let captured = head.get(8..12).and_then(<[u8]>::first_chunk::<4>).copied().unwrap_or_default();
        let captured =
            if self.big_endian { u32::from_be_bytes(captured) } else { u32::from_le_bytes(captured) };
        if captured > LONGEST {
            return Err(DamageKind::Length);
        }
        Ok(self.head_len() + captured as usize)
    }

    /// The packet in a whole record.
    pub(super) fn record(&self, record: &[u8]) -> Option<Found> {
        let parse = match (self.modified, self.big_endian) {
            (true, _) => parse_pcap_frame_modified,
            (false, true) => parse_pcap_frame_be,
            (false, false) => parse_pcap_frame,
        };
        let (_, LegacyPcapBlock { ts_sec, ts_usec, caplen, origlen, .. }) = parse(record).ok()?;
        let start = self.head_len();
        Some(Found {
            time: u64::from(ts_sec) * 1_000_000_000 + u64::from(ts_usec) * self.unit,
            link: self.link,
            interface: 0,
            wire_len: origlen.max(caplen),
            octets: start..start + caplen as usize,
        })
    }

    fn head_len(&self) -> usize {
        if self.modified { 24 } else { HEAD_LEN }
    }
}
