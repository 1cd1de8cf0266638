//! The newer format, pcapng: sections of blocks.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use cordial_trace::event::readable;
use pcap_parser::pcapng::{
    Block, InterfaceDescriptionBlock, NameRecord, NameRecordType, NameResolutionBlock, parse_block_be,
    parse_block_le,
};

use super::damage::DamageKind;
use super::frame::Link;
use super::reader::Found;

/// What a section begins with, the same in both orders.
pub(super) const SECTION: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
/// Octets that say how long a block is, and in which order a section's numbers are.
pub(super) const HEAD_LEN: usize = 12;
/// Octets of the longest block that is read.
const LONGEST: usize = 1 << 24;
/// Interfaces of one section, and names of a file, that are kept.
const INTERFACES: usize = 4_096;
const NAMES: usize = 16_384;
/// Octets of the longest name in the domain name system (RFC 1035 §2.3.4): what is longer is cut there.
const LONGEST_NAME: usize = 255;
/// The packet block of the format's first version.
const OLD_PACKET: u32 = 2;

/// What the blocks so far say of those to come.
#[derive(Clone, Debug, Default)]
pub(super) struct PcapNg {
    big_endian: bool,
    /// Interfaces of the section.
    interfaces: Vec<Interface>,
    /// Interfaces of the sections before it.
    before: u32,
    names: BTreeMap<IpAddr, String>,
}

#[derive(Clone, Copy, Debug)]
struct Interface {
    link: Link,
    /// Octets it captured of a packet at most; 0 is no bound.
    snap_len: u32,
    resolution: Resolution,
    /// Seconds to be added to its times.
    offset: i64,
}

/// The unit of an interface's times.
#[derive(Clone, Copy, Debug)]
enum Resolution {
    /// 10⁻ⁿ seconds.
    Decimal(u32),
    /// 2⁻ⁿ seconds.
    Binary(u32),
}

impl PcapNg {
    /// What addresses are called, as far as the file has said.
    pub(super) fn names(&self) -> &BTreeMap<IpAddr, String> {
        &self.names
    }

    /// How long the block is that begins with `head`. A new section may change the order of its numbers.
    pub(super) fn block_len(&mut self, head: &[u8]) -> Result<usize, DamageKind> {
        let Some(&[t0, t1, t2, t3, l0, l1, l2, l3, m0, m1, m2, m3]) = head.first_chunk::<HEAD_LEN>() else {
            return Err(DamageKind::CutOff);
        };
        if [t0, t1, t2, t3] == SECTION {
            self.big_endian = match [m0, m1, m2, m3] {
                [0x1a, 0x2b, 0x3c, 0x4d] => true,
                [0x4d, 0x3c, 0x2b, 0x1a] => false,
                _ => return Err(DamageKind::Length),
            };
        }
        let len = self.u32([l0, l1, l2, l3]) as usize;
        if (HEAD_LEN..=LONGEST).contains(&len) { Ok(len) } else { Err(DamageKind::Length) }
    }

    /// Takes a whole block; a packet's gives the packet.
    pub(super) fn block(&mut self, octets: &[u8]) -> Result<Option<Found>, DamageKind> {
        let (head, tail) = (octets.get(4..8), octets.last_chunk::<4>());
        if head.is_none() || head != tail.map(|tail| &tail[..]) {
            return Err(DamageKind::Length);
        }
        let parse = if self.big_endian { parse_block_be } else { parse_block_le };
        let (_, block) = parse(octets).map_err(|_| DamageKind::Block)?;
        match block {
            Block::SectionHeader(_) => {
                self.before = self.before.saturating_add(self.interfaces.len() as u32);
                self.interfaces.clear();
                Ok(None)
            }
            Block::InterfaceDescription(block) => self.interface(&block).map(|()| None),
            Block::NameResolution(block) => {
                self.name(&block);
                Ok(None)
            }
            Block::EnhancedPacket(block) => {
                let time = u64::from(block.ts_high) << 32 | u64::from(block.ts_low);
                self.packet(block.if_id, time, block.caplen, block.origlen, 28).map(Some)
            }
            Block::SimplePacket(block) => self.simple_packet(block.origlen, block.data.len()).map(Some),
            // The library reads an unknown block's type in one order only.
            Block::Unknown(_) if self.kind(octets) == Some(OLD_PACKET) => self.old_packet(octets).map(Some),
            _ => Ok(None),
        }
    }

    fn interface(&mut self, block: &InterfaceDescriptionBlock<'_>) -> Result<(), DamageKind> {
        if self.interfaces.len() >= INTERFACES {
            return Err(DamageKind::Interfaces);
        }
        let exponent = u32::from(block.if_tsresol & 0x7f);
        let is_binary = block.if_tsresol & 0x80 != 0;
        self.interfaces.push(Interface {
            link: Link::from_number(block.linktype.0 as u32),
            snap_len: block.snaplen,
            resolution: if is_binary { Resolution::Binary(exponent) } else { Resolution::Decimal(exponent) },
            // The library reads it in one order only.
            offset: if self.big_endian { block.if_tsoffset.swap_bytes() } else { block.if_tsoffset },
        });
        Ok(())
    }

    fn name(&mut self, block: &NameResolutionBlock<'_>) {
        for record in &block.nr {
            if let Some((address, name)) = named(record)
                && self.names.len() < NAMES
            {
                self.names.insert(address, name);
            }
        }
    }

    fn packet(
        &self,
        interface: u32,
        time: u64,
        captured: u32,
        wire_len: u32,
        start: usize,
    ) -> Result<Found, DamageKind> {
        let known = self.interfaces.get(interface as usize).ok_or(DamageKind::Block)?;
        Ok(Found {
            time: known.nanos(time),
            link: known.link,
            interface: self.before.saturating_add(interface),
            wire_len: wire_len.max(captured),
            octets: start..start + captured as usize,
        })
    }

    /// One without a time, on the first interface; how much of it is there follows from what that captures at most.
    fn simple_packet(&self, wire_len: u32, room: usize) -> Result<Found, DamageKind> {
        let snap_len = self.interfaces.first().map_or(0, |first| first.snap_len);
        let captured = if snap_len == 0 { wire_len } else { wire_len.min(snap_len) };
        if captured as usize > room {
            return Err(DamageKind::Block);
        }
        self.packet(0, 0, captured, wire_len, HEAD_LEN)
    }

    fn old_packet(&self, octets: &[u8]) -> Result<Found, DamageKind> {
        let words = octets.get(8..28).ok_or(DamageKind::Block)?;
        let (interface, words) = words.split_first_chunk::<4>().ok_or(DamageKind::Block)?;
        let [i0, i1, _, _] = *interface;
        let interface =
            if self.big_endian { u16::from_be_bytes([i0, i1]) } else { u16::from_le_bytes([i0, i1]) };
        let (words, _) = words.as_chunks::<4>();
        let &[high, low, captured, wire_len] = words else { return Err(DamageKind::Block) };
        let time = u64::from(self.u32(high)) << 32 | u64::from(self.u32(low));
        let captured = self.u32(captured);
        if captured as usize > octets.len().saturating_sub(32) {
            return Err(DamageKind::Block);
        }
        self.packet(interface.into(), time, captured, self.u32(wire_len), 28)
    }

    /// A block's type.
    fn kind(&self, octets: &[u8]) -> Option<u32> {
        octets.first_chunk::<4>().map(|kind| self.u32(*kind))
    }

    fn u32(&self, octets: [u8; 4]) -> u32 {
        if self.big_endian { u32::from_be_bytes(octets) } else { u32::from_le_bytes(octets) }
    }
}

impl Interface {
    /// A time of it in nanoseconds since 1970; 0 for those before, the last there is for those too late.
    fn nanos(&self, time: u64) -> u64 {
        const SECOND: u128 = 1_000_000_000;
        let time = u128::from(time);
        let nanos = match self.resolution {
            Resolution::Decimal(n @ 0..=9) => time * 10_u128.pow(9 - n),
            Resolution::Decimal(n) => time / 10_u128.saturating_pow(n - 9),
            // 2⁶⁴ units of any size below 2⁻⁶⁴ s are less than a second.
            Resolution::Binary(n) => (time * SECOND).checked_shr(n).unwrap_or(0),
        };
        let nanos = i128::try_from(nanos).unwrap_or(i128::MAX);
        let nanos = nanos.saturating_add(i128::from(self.offset) * SECOND as i128);
        u64::try_from(nanos.max(0)).unwrap_or(u64::MAX)
    }
}

/// An address and its first name, if the record has both.
fn named(record: &NameRecord<'_>) -> Option<(IpAddr, String)> {
    let (address, name) = match record.record_type {
        NameRecordType::Ipv4 => {
            let (address, name) = record.record_value.split_first_chunk::<4>()?;
            (IpAddr::V4(Ipv4Addr::from(*address)), name)
        }
        NameRecordType::Ipv6 => {
            let (address, name) = record.record_value.split_first_chunk::<16>()?;
            (IpAddr::V6(Ipv6Addr::from(*address)), name)
        }
        _ => return None,
    };
    let name = name.split(|&octet| octet == 0).next().filter(|name| !name.is_empty())?;
    let name = name.get(..LONGEST_NAME).unwrap_or(name);
    Some((address, readable(&String::from_utf8_lossy(name))))
}
