//! A packet cut up for a link that does not carry it whole.

use alloc::vec::Vec;
use core::net::IpAddr;

use cordial_wire::checksum::Sum;

use super::{FRAGMENT_LEN, UNIT, V4_LEN, V6_LEN, next};
use crate::Packet;

/// Cuts a packet of ours, as [`Header`](crate::Header) begins one, into fragments of at most `mtu` octets each, all
/// under this number. None if it is not such a packet, or `mtu` has no room for eight octets of it.
///
/// Whoever cuts up says that routers may too: DF is off (RFC 791 §2.3).
pub fn split(packet: &[u8], mtu: usize, identification: u32) -> Option<Fragments<'_>> {
    let parsed = Packet::parse(packet).ok()?;
    let header_len = match parsed.source {
        IpAddr::V4(_) => V4_LEN,
        IpAddr::V6(_) => V6_LEN,
    };
    let (header, payload) = packet.split_at_checked(header_len)?;
    if parsed.payload.len() != payload.len() {
        return None;
    }
    let extra = if header_len == V6_LEN { FRAGMENT_LEN } else { 0 };
    let piece = mtu.checked_sub(header_len + extra)? / UNIT * UNIT;
    (piece > 0).then_some(Fragments { header, rest: payload, offset: 0, piece, identification })
}

/// The fragments of a packet, first to last.
#[derive(Clone, Debug)]
pub struct Fragments<'a> {
    header: &'a [u8],
    rest: &'a [u8],
    offset: u16,
    /// Octets in each but the last.
    piece: usize,
    identification: u32,
}

impl Iterator for Fragments<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let (now, rest) = self.rest.split_at(self.piece.min(self.rest.len()));
        if now.is_empty() {
            return None;
        }
        let mut fragment = Vec::with_capacity(self.header.len() + FRAGMENT_LEN + now.len());
        match self.header.first_chunk::<V4_LEN>().filter(|_| self.header.len() == V4_LEN) {
            Some(header) => fragment.extend_from_slice(&self.head_v4(header, now.len(), !rest.is_empty())),
            None => self.put_head_v6(&mut fragment, now.len(), !rest.is_empty()),
        }
        fragment.extend_from_slice(now);
        self.rest = rest;
        self.offset = self.offset.saturating_add(now.len() as u16);
        Some(fragment)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let count = self.rest.len().div_ceil(self.piece);
        (count, Some(count))
    }
}

impl ExactSizeIterator for Fragments<'_> {}

impl Fragments<'_> {
    fn head_v4(&self, header: &[u8; V4_LEN], len: usize, more: bool) -> [u8; V4_LEN] {
        let mut head = *header;
        let [_, _, l0, l1, i0, i1, f0, f1, _, _, c0, c1, ..] = &mut head;
        [*l0, *l1] = ((V4_LEN + len) as u16).to_be_bytes();
        [*i0, *i1] = (self.identification as u16).to_be_bytes();
        [*f0, *f1] = ((self.offset >> 3) | u16::from(more) << 13).to_be_bytes();
        [*c0, *c1] = [0; 2];
        let mut sum = Sum::new();
        sum.add(&head);
        if let Some(field) = head.get_mut(10..12) {
            field.copy_from_slice(&sum.finish().to_be_bytes());
        }
        head
    }

    fn put_head_v6(&self, out: &mut Vec<u8>, len: usize, more: bool) {
        let Some(&[a, b, c, d, _, _, carries, hops]) = self.header.first_chunk::<8>() else { return };
        let [l0, l1] = ((FRAGMENT_LEN + len) as u16).to_be_bytes();
        out.extend_from_slice(&[a, b, c, d, l0, l1, next::FRAGMENT, hops]);
        out.extend_from_slice(self.header.get(8..).unwrap_or_default());
        let [o0, o1] = (self.offset | u16::from(more)).to_be_bytes();
        let [i0, i1, i2, i3] = self.identification.to_be_bytes();
        out.extend_from_slice(&[carries, 0, o0, o1, i0, i1, i2, i3]);
    }
}
