//! Frames as a pcapng file, for other tools.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};
use std::net::IpAddr;
use std::time::Duration;

use cordial_wire::Checksum;
use cordial_wire::checksum::Sum;
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::blocks::name_resolution::{Ipv4Record, Ipv6Record, NameResolutionBlock, Record};
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::{DataLink, Endianness, PcapError};

/// Writes IP packets as a pcapng file: one interface per link, link type raw IP, times in nanoseconds.
///
/// Packets are written as they were on the wire or should have been: a checksum that was left to the device is filled
/// in, and a super-segment is one packet whose length fields say how long it is. Every block goes to the writer in one
/// piece, so a file that was [flushed](Self::flush) is readable whatever happens next.
pub struct Pcapng<W> {
    out: W,
    blocks: PcapNgWriter<Vec<u8>>,
    /// Added to every time.
    epoch: Duration,
    packet: Vec<u8>,
}

/// A link's number in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LinkNumber(u32);

/// Which way a packet went, seen from the link's owner.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// It came from the link.
    In,
    /// It went out on the link.
    Out,
}

/// Why a packet could not be written.
#[derive(Debug)]
pub enum PcapngError {
    /// The writer failed.
    Io(io::Error),
    /// A block could not be put together.
    Block(String),
}

impl fmt::Display for PcapngError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "the capture cannot be written: {error}"),
            Self::Block(error) => write!(f, "a block of the capture cannot be put together: {error}"),
        }
    }
}

impl std::error::Error for PcapngError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Block(_) => None,
        }
    }
}

impl From<io::Error> for PcapngError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<PcapError> for PcapngError {
    fn from(error: PcapError) -> Self {
        match error {
            PcapError::IoError(error) => Self::Io(error),
            error => Self::Block(error.to_string()),
        }
    }
}

impl<W> fmt::Debug for Pcapng<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pcapng").field("links", &self.blocks.interfaces().len()).finish_non_exhaustive()
    }
}

impl<W: Write> Pcapng<W> {
    /// Begins a file. `epoch` is what the times of packets count from, since 1970-01-01 UTC; `comment` says what was
    /// recorded.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn new(out: W, epoch: Duration, comment: &str) -> Result<Self, PcapngError> {
        let options = vec![
            SectionHeaderOption::UserApplication(Cow::Borrowed("cordial")),
            SectionHeaderOption::Comment(Cow::Owned(comment.to_owned())),
        ];
        let section = SectionHeaderBlock { endianness: Endianness::native(), options, ..Default::default() };
        let blocks = PcapNgWriter::with_section_header(Vec::new(), section)?;
        let mut file = Self { out, blocks, epoch, packet: Vec::new() };
        file.hand_on()?;
        Ok(file)
    }

    /// Adds a link.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn link(&mut self, name: &str) -> Result<LinkNumber, PcapngError> {
        let number = LinkNumber(u32::try_from(self.blocks.interfaces().len()).unwrap_or(u32::MAX));
        let options = vec![
            InterfaceDescriptionOption::IfName(Cow::Owned(name.to_owned())),
            InterfaceDescriptionOption::IfTsResol(NANOSECONDS),
        ];
        let block = InterfaceDescriptionBlock { linktype: DataLink::RAW, snaplen: 0, options };
        self.blocks.write_pcapng_block(block)?;
        self.hand_on()?;
        Ok(number)
    }

    /// Says that `address` is called `name`.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn name(&mut self, address: IpAddr, name: &str) -> Result<(), PcapngError> {
        let names = vec![Cow::Borrowed(name)];
        let record = match address {
            IpAddr::V4(address) => {
                Record::Ipv4(Ipv4Record { ip_addr: Cow::Owned(address.octets().to_vec()), names })
            }
            IpAddr::V6(address) => {
                Record::Ipv6(Ipv6Record { ip_addr: Cow::Owned(address.octets().to_vec()), names })
            }
        };
        let block = NameResolutionBlock { records: vec![record, Record::End], options: Vec::new() };
        self.blocks.write_pcapng_block(block)?;
        self.hand_on()
    }

    /// Adds a packet: IP header first, in as many pieces as it has. `at` counts from the file's epoch.
    ///
    /// # Errors
    ///
    /// Those of the writer. The packet is then not in the file, or at most in part as its last block.
    pub fn packet<'a>(
        &mut self,
        at: Duration,
        link: LinkNumber,
        direction: Direction,
        pieces: impl IntoIterator<Item = &'a [u8]>,
        checksum: Checksum,
    ) -> Result<(), PcapngError> {
        self.packet.clear();
        pieces.into_iter().for_each(|piece| self.packet.extend_from_slice(piece));
        complete_lengths(&mut self.packet);
        if let Checksum::Partial { start, offset } = checksum {
            complete_checksum(&mut self.packet, start.into(), offset.into());
        }
        let flags = match direction {
            Direction::In => 1,
            Direction::Out => 2,
        };
        let block = EnhancedPacketBlock {
            interface_id: link.0,
            timestamp: self.epoch.saturating_add(at),
            original_len: u32::try_from(self.packet.len()).unwrap_or(u32::MAX),
            data: Cow::Borrowed(&self.packet),
            options: vec![EnhancedPacketOption::Flags(flags)],
        };
        self.blocks.write_pcapng_block(block)?;
        self.hand_on()
    }

    /// Hands what was written to the writer's sink. After every burst, so that a process that is killed leaves a
    /// readable file.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn flush(&mut self) -> Result<(), PcapngError> {
        Ok(self.out.flush()?)
    }

    /// The writer.
    pub fn into_inner(self) -> W {
        self.out
    }

    /// Writes the blocks that are put together.
    fn hand_on(&mut self) -> Result<(), PcapngError> {
        let octets = self.blocks.get_mut();
        let result = self.out.write_all(octets);
        octets.clear();
        Ok(result?)
    }
}

/// `if_tsresol`: ten to the minus ninth of a second.
const NANOSECONDS: u8 = 9;

/// Makes the IP header say how long the packet is, which a super-segment's may not.
fn complete_lengths(packet: &mut [u8]) {
    let len = packet.len();
    match packet.first().map(|octet| octet >> 4) {
        Some(4) => complete_v4(packet, len),
        Some(6) => {
            // A payload beyond 64 KiB would need a jumbogram; the field stays as it is then.
            if let (Some(field), Some(len)) = (packet.get_mut(4..6), len.checked_sub(40))
                && let Ok(len) = u16::try_from(len)
            {
                field.copy_from_slice(&len.to_be_bytes());
            }
        }
        _ => {}
    }
}

fn complete_v4(packet: &mut [u8], len: usize) {
    let header_len = packet.first().map_or(0, |octet| usize::from(octet & 0x0f) * 4);
    let Some(header) = packet.get_mut(..header_len) else { return };
    let Ok(len) = u16::try_from(len) else { return };
    let len = len.to_be_bytes();
    if header.len() < 20 || header.get(2..4) == Some(&len[..]) {
        return;
    }
    header[2..4].copy_from_slice(&len);
    header[10..12].fill(0);
    let mut sum = Sum::new();
    sum.add(header);
    header[10..12].copy_from_slice(&sum.finish().to_be_bytes());
}

/// Computes the transport checksum anew and stores it at `start + offset`.
///
/// The partial sum in the field is not relied on: of a super-segment's, devices disagree on which length it holds.
fn complete_checksum(packet: &mut [u8], start: usize, offset: usize) {
    let protocol = if offset == TCP_CHECKSUM_OFFSET { TCP } else { UDP };
    let Some(pseudo) = pseudo_header(packet, start, protocol) else { return };
    let Some(octets) = packet.get_mut(start..) else { return };
    let Some(field) = octets.get_mut(offset..offset + 2) else { return };
    field.fill(0);
    let mut sum = pseudo;
    sum.add(octets);
    let checksum = match sum.finish() {
        // A UDP checksum of 0 would say that there is none (RFC 768).
        0 if protocol == UDP => u16::MAX,
        checksum => checksum,
    };
    if let Some(field) = octets.get_mut(offset..offset + 2) {
        field.copy_from_slice(&checksum.to_be_bytes());
    }
}

fn pseudo_header(packet: &[u8], start: usize, protocol: u8) -> Option<Sum> {
    let len = u32::try_from(packet.len().checked_sub(start)?).ok()?;
    match packet.first()? >> 4 {
        4 => {
            let (source, destination) = packet.get(12..20)?.split_first_chunk::<4>()?;
            Some(Sum::pseudo_v4(*source, destination.try_into().ok()?, protocol, len))
        }
        6 => {
            let (source, destination) = packet.get(8..40)?.split_first_chunk::<16>()?;
            Some(Sum::pseudo_v6(*source, destination.try_into().ok()?, protocol, len))
        }
        _ => None,
    }
}

const TCP: u8 = 6;
const UDP: u8 = 17;
const TCP_CHECKSUM_OFFSET: usize = cordial_wire::Segment::CHECKSUM_OFFSET;
