//! A packet that is being put together.

use alloc::vec;
use alloc::vec::Vec;

use super::{Fragment, FragmentKey};
use crate::{Header, Protocol};

/// Holes a packet may have while it is put together. Fragments that come in order, or in reverse, make one.
const MOST_HOLES: usize = 64;

/// A packet of which some fragments have arrived.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Reassembly {
    key: FragmentKey,
    /// Of the whole packet; known from the first fragment on.
    protocol: Option<u8>,
    /// The payload as far as the last octet that has arrived; zeros in the holes.
    octets: Vec<u8>,
    /// What is there, in order; no two touch.
    there: Vec<(usize, usize)>,
    /// Octets of the payload; known from the last fragment on.
    len: Option<usize>,
    /// Its fragments contradicted each other: nothing more is taken.
    is_refused: bool,
}

/// What a fragment brought about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Some are still missing.
    Waiting,
    /// This is the packet, its header put together anew.
    Whole(Vec<u8>),
    /// Fragments overlap, or disagree about the end, or leave too many holes: none of the packet's is taken any more
    /// (RFC 5722 §4, RFC 8200 §4.5; over IPv4 for the same reason). To be kept, refused, until its time is over.
    Refused,
}

impl Reassembly {
    /// A packet of which nothing has arrived.
    pub const fn new(key: FragmentKey) -> Self {
        Self { key, protocol: None, octets: Vec::new(), there: Vec::new(), len: None, is_refused: false }
    }

    /// Which packet it is.
    pub const fn key(&self) -> &FragmentKey {
        &self.key
    }

    /// Octets of memory it takes.
    pub fn cost(&self) -> usize {
        size_of::<Self>() + self.octets.capacity() + self.there.capacity() * size_of::<(usize, usize)>()
    }

    /// Takes a fragment of this packet.
    pub fn add(&mut self, fragment: &Fragment<'_>) -> Progress {
        if self.is_refused || !self.accept(fragment) {
            *self = Self { is_refused: true, ..Self::new(self.key) };
            return Progress::Refused;
        }
        match self.emit() {
            Some(packet) => Progress::Whole(packet),
            None => Progress::Waiting,
        }
    }

    /// False if it contradicts what is there.
    fn accept(&mut self, fragment: &Fragment<'_>) -> bool {
        let (start, end) = (usize::from(fragment.offset), fragment.end());
        if !self.accept_end(end, fragment.more) {
            return false;
        }
        let at = self.there.partition_point(|&(_, until)| until < start);
        match self.there.get(at) {
            // All of it is there: the same once more is ignored, as RFC 8200 lets us.
            Some(&(from, until)) if from <= start && end <= until => {
                return self.octets.get(start..end) == Some(fragment.octets);
            }
            Some(&(from, until)) if from < end && start < until => return false,
            _ => {}
        }
        // The one behind, where the one before only touches.
        if self.there.get(at + 1).is_some_and(|&(from, _)| from < end) {
            return false;
        }
        self.put(start, end, fragment.octets);
        self.mark(at, start, end);
        if start == 0 {
            self.protocol = Some(fragment.protocol.number());
        }
        self.there.len() <= MOST_HOLES
    }

    /// The end is where the last fragment ends, and nothing is behind it.
    fn accept_end(&mut self, end: usize, more: bool) -> bool {
        if !more {
            let known = *self.len.get_or_insert(end);
            return known == end && self.octets.len() <= end;
        }
        self.len.is_none_or(|len| end <= len)
    }

    fn put(&mut self, start: usize, end: usize, octets: &[u8]) {
        if self.octets.len() < start {
            self.octets.resize(start, 0);
        }
        if self.octets.len() == start {
            return self.octets.extend_from_slice(octets);
        }
        if let Some(place) = self.octets.get_mut(start..end) {
            place.copy_from_slice(octets);
        }
    }

    /// Enters a range that overlaps none; `at` is the first that ends at its start or later.
    fn mark(&mut self, at: usize, mut start: usize, mut end: usize) {
        if let Some(&(from, until)) = self.there.get(at)
            && until == start
        {
            start = from;
            self.there.remove(at);
        }
        if let Some(&(from, until)) = self.there.get(at)
            && from == end
        {
            end = until;
            self.there.remove(at);
        }
        self.there.insert(at, (start, end));
    }

    /// The packet, once all of it is there.
    fn emit(&self) -> Option<Vec<u8>> {
        let len = self.len?;
        if self.there.as_slice() != [(0, len)] {
            return None;
        }
        let FragmentKey { source, destination, .. } = self.key;
        let protocol = Protocol::from_number(self.protocol?);
        let header = Header { source, destination, protocol, payload_len: len, identification: 0 };
        let mut packet = vec![0; Header::len_to(destination)];
        packet.reserve_exact(len);
        header.emit(&mut packet)?;
        packet.extend_from_slice(&self.octets);
        Some(packet)
    }
}
