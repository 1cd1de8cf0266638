//! Segments as octets, right and wrong ones.

use std::net::SocketAddr;

use cordial_ip::{Header, Protocol};
use cordial_wire::{Flags, Segment, SeqNum};

use crate::shape::Flaw;

/// The fields of a segment, before they are octets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fields {
    /// SEG.SEQ.
    pub seq: SeqNum,
    /// SEG.ACK.
    pub ack: SeqNum,
    /// The control bits.
    pub flags: Flags,
    /// The window field.
    pub window: u16,
    /// The urgent pointer.
    pub urgent: u16,
    /// The option area, whatever it says; at most 40 octets of it are sent.
    pub options: Vec<u8>,
    /// Octets of data.
    pub payload: usize,
    /// What is wrong.
    pub flaw: Option<Flaw>,
}

/// The most octets of options a header has room for.
const MOST_OPTIONS: usize = 40;

impl Fields {
    /// The packet that carries the segment.
    pub fn packet(&self, from: SocketAddr, to: SocketAddr) -> Vec<u8> {
        let fixed = Segment {
            source: from.port(),
            destination: to.port(),
            seq: self.seq,
            ack_number: self.ack,
            flags: self.flags,
            window: self.window,
            urgent: self.urgent,
            ..Segment::default()
        };
        let mut segment = vec![0; Segment::MIN_HEADER_LEN];
        fixed.emit_header(&mut segment).expect("a header without options fits");
        segment.extend(self.options.iter().take(MOST_OPTIONS));
        // Padded with the end-of-options mark.
        segment.resize(segment.len().next_multiple_of(4), 0);
        let words = match self.flaw {
            Some(Flaw::Offset(words)) => words,
            _ => (segment.len() / 4) as u8,
        };
        segment[12] = words << 4 | segment[12] & 0x0f;
        segment.extend((0..self.payload).map(|at| b'a' + (at % 26) as u8));
        let header = Header {
            source: from.ip(),
            destination: to.ip(),
            protocol: Protocol::Tcp,
            payload_len: segment.len(),
            identification: 0,
        };
        let mut sum = header.pseudo_sum();
        sum.add(&segment);
        let spoilt = if self.flaw == Some(Flaw::Checksum) { 1 } else { 0 };
        let sum = sum.finish() ^ spoilt;
        segment[Segment::CHECKSUM_OFFSET..Segment::CHECKSUM_OFFSET + 2].copy_from_slice(&sum.to_be_bytes());
        let mut packet = vec![0; Header::len_to(to.ip())];
        header.emit(&mut packet).expect("a header fits");
        packet.extend(segment);
        packet
    }
}
