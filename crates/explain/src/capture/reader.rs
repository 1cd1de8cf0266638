//! Capture files, packet by packet.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::net::IpAddr;
use std::ops::Range;

use super::damage::{Damage, DamageKind};
use super::error::{CaptureError, Looks};
use super::frame::{Frame, Link};
use super::pcap::{self, Pcap};
use super::pcapng::{self, PcapNg};
use crate::input::Input;

/// Reads a pcap or pcapng file, or a stream of one, in bounded memory.
///
/// What it is shows in its first octets. A damaged file gives everything before the damage; [`damage`](Self::damage)
/// then says where and what that is.
#[derive(Debug)]
pub struct Reader<R> {
    input: Input<R>,
    format: Format,
    /// Octets of the record that was given last: they go when the next is wanted.
    given: usize,
    damage: Option<Damage>,
}

#[derive(Debug)]
enum Format {
    Pcap(Pcap),
    PcapNg(PcapNg),
}

/// A packet within its record.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) time: u64,
    pub(super) link: Link,
    pub(super) interface: u32,
    pub(super) wire_len: u32,
    pub(super) octets: Range<usize>,
}

impl<R: Read> Reader<R> {
    /// Begins to read.
    ///
    /// # Errors
    ///
    /// [`CaptureError`] if it cannot be read, or is no capture.
    pub fn new(input: R) -> Result<Self, CaptureError> {
        Self::of(Input::new(input))
    }

    pub(crate) fn of(mut input: Input<R>) -> Result<Self, CaptureError> {
        input.fill(pcap::HEADER_LEN)?;
        let head = input.data();
        if head.starts_with(&pcapng::SECTION) {
            let format = Format::PcapNg(PcapNg::default());
            return Ok(Self { input, format, given: 0, damage: None });
        }
        let Some(pcap) = Pcap::open(head) else {
            return Err(CaptureError::NotACapture(Looks::like(head)));
        };
        Ok(Self { input, format: Format::Pcap(pcap), given: pcap::HEADER_LEN, damage: None })
    }

    /// The next packet; none at the end, and where nothing more can be read.
    ///
    /// # Errors
    ///
    /// Those of the reader.
    #[allow(clippy::should_implement_trait, reason = "what it gives is borrowed from it")]
    pub fn next(&mut self) -> io::Result<Option<Frame<'_>>> {
        let Some(found) = self.find()? else { return Ok(None) };
        let octets = self.input.data().get(found.octets).unwrap_or_default();
        let Found { time, link, interface, wire_len, .. } = found;
        Ok(Some(Frame { time, link, interface, wire_len, octets }))
    }

    fn find(&mut self) -> io::Result<Option<Found>> {
        loop {
            self.input.consume(self.given);
            self.given = 0;
            if self.damage.is_some_and(|damage| damage.kind.is_end()) {
                return Ok(None);
            }
            match self.record()? {
                Ok(Some(found)) => return Ok(Some(found)),
                // A block that holds no packet.
                Ok(None) if self.given > 0 => {}
                Ok(None) => return Ok(None),
                Err(kind) => self.note(kind),
            }
        }
    }

    /// The packet in the next record, if it holds one. Nothing is given at the end of the input.
    fn record(&mut self) -> io::Result<Result<Option<Found>, DamageKind>> {
        let head_len = match self.format {
            Format::Pcap(_) => pcap::HEAD_LEN,
            Format::PcapNg(_) => pcapng::HEAD_LEN,
        };
        if !self.input.fill(head_len)? {
            let is_end = self.input.data().is_empty();
            return Ok(if is_end { Ok(None) } else { Err(DamageKind::CutOff) });
        }
        let len = match &mut self.format {
            Format::Pcap(pcap) => pcap.record_len(self.input.data()),
            Format::PcapNg(pcapng) => pcapng.block_len(self.input.data()),
        };
        let len = match len {
            Ok(len) => len,
            Err(kind) => return Ok(Err(kind)),
        };
        if !self.input.fill(len)? {
            return Ok(Err(DamageKind::CutOff));
        }
        self.given = len;
        let record = self.input.data().get(..len).unwrap_or_default();
        Ok(match &mut self.format {
            Format::Pcap(pcap) => pcap.record(record).map(Some).ok_or(DamageKind::Length),
            Format::PcapNg(pcapng) => pcapng.block(record),
        })
    }

    /// Damage is told once: the first, or the one that ends the reading.
    fn note(&mut self, kind: DamageKind) {
        if self.damage.is_none() || kind.is_end() {
            self.damage = Some(Damage { offset: self.input.offset(), kind });
        }
    }

    /// What was found wrong with the file so far.
    pub fn damage(&self) -> Option<Damage> {
        self.damage
    }

    /// Octets read so far.
    pub fn offset(&self) -> u64 {
        self.input.offset()
    }

    /// What addresses are called, as far as the file has said.
    pub fn names(&self) -> Option<&BTreeMap<IpAddr, String>> {
        match &self.format {
            Format::Pcap(_) => None,
            Format::PcapNg(pcapng) => Some(pcapng.names()),
        }
    }
}
