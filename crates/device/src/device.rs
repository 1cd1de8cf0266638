//! What every device can do.

use std::io;
use std::num::NonZeroU16;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use cordial_wire::{Checksum, Gso};

use crate::Bell;

/// Octets of the largest packet there is: an IPv6 header and 65,535 octets behind it. A buffer of
/// this size takes whatever [`Device::receive`] has.
pub const MAX_PACKET: usize = 40 + 65_535;

/// Slices that the body of one [`Outgoing`] may have: Linux takes 1,024 per call, of which two are
/// the device's header and the packet's head.
pub const MAX_SLICES: usize = 1_022;

/// A source and a sink of raw IP packets that never blocks.
///
/// One round of a loop reads until [`receive`](Self::receive) gives `None`, then sends while
/// [`has_room`](Self::has_room), then calls [`flush`](Self::flush). The trait says nothing of link
/// layers: a device that has one (AF_PACKET on a veth pair) strips and adds it itself.
pub trait Device {
    /// Octets of the largest packet that goes out whole, IP header included.
    fn mtu(&self) -> usize;

    /// What may be left to the device when sending.
    fn offload(&self) -> Offload;

    /// Takes the next packet that has arrived, or `None` when none is waiting.
    ///
    /// The packet lies in `buffer` or in memory of the device's own, until the next call.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the device needs the buffer and it is shorter than [`MAX_PACKET`]. Any
    /// other error means that the device is gone (unplugged, its namespace ended) and stays so.
    fn receive<'a>(&'a mut self, buffer: &'a mut [u8]) -> io::Result<Option<Received<'a>>>;

    /// True if a packet may be sent now. False until [`readiness`](Self::readiness) says otherwise.
    fn has_room(&mut self) -> bool;

    /// Sends one packet, whole or not at all. Its octets are not needed after the call.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is no room: try again, or let it count as lost. `InvalidInput` if the
    /// packet asks for more than [`mtu`](Self::mtu) and [`offload`](Self::offload) promise. Any
    /// other error means that the device is gone.
    fn send(&mut self, packet: &Outgoing<'_>) -> io::Result<()>;

    /// Ends a burst of sends: what a device gathers or holds back goes out now.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// How to learn that a packet has arrived, or that there is room again.
    fn readiness(&self) -> Readiness<'_>;

    /// Tells a device that holds packets back what time it is, counted from an origin of the
    /// caller's: before a round of calls, and when [`next_deadline`](Self::next_deadline) has come.
    /// What is due goes out. True if there may be something to receive, whatever
    /// [`readiness`](Self::readiness) says.
    fn on_time(&mut self, _now: Duration) -> bool {
        false
    }

    /// When to call [`on_time`](Self::on_time) next, if nothing happens before.
    fn next_deadline(&self) -> Option<Duration> {
        None
    }
}

impl<D: Device + ?Sized> Device for Box<D> {
    fn mtu(&self) -> usize {
        (**self).mtu()
    }

    fn offload(&self) -> Offload {
        (**self).offload()
    }

    fn receive<'a>(&'a mut self, buffer: &'a mut [u8]) -> io::Result<Option<Received<'a>>> {
        (**self).receive(buffer)
    }

    fn has_room(&mut self) -> bool {
        (**self).has_room()
    }

    fn send(&mut self, packet: &Outgoing<'_>) -> io::Result<()> {
        (**self).send(packet)
    }

    fn flush(&mut self) -> io::Result<()> {
        (**self).flush()
    }

    fn readiness(&self) -> Readiness<'_> {
        (**self).readiness()
    }

    fn on_time(&mut self, now: Duration) -> bool {
        (**self).on_time(now)
    }

    fn next_deadline(&self) -> Option<Duration> {
        (**self).next_deadline()
    }
}

/// Which way a packet goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the device to us.
    In,
    /// From us to the device.
    Out,
}

/// How to sleep until a device can go on.
#[derive(Debug, Clone, Copy)]
pub enum Readiness<'a> {
    /// Poll this descriptor: readable when a packet waits, writable when there is room.
    Descriptor(BorrowedFd<'a>),
    /// Leave a waker at this bell; it rings for either.
    Bell(&'a Bell),
}

/// What may be left to a device when sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offload {
    /// Packets may leave with [`Checksum::Partial`].
    pub partial_checksum: bool,
    /// Octets of the largest packet it takes with [`Gso`] set; equal to the MTU where
    /// super-segments are not taken.
    pub max_packet: usize,
}

impl Offload {
    /// Nothing may be left to the device: finished packets of at most `mtu` octets.
    pub const fn none(mtu: usize) -> Self {
        Self { partial_checksum: false, max_packet: mtu }
    }

    /// Everything may be: partial checksums and super-segments as long as an IP packet can be.
    pub const fn full() -> Self {
        Self { partial_checksum: true, max_packet: 65_535 }
    }
}

/// A packet that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received<'a> {
    /// From the first octet of the IP header on.
    pub octets: &'a [u8],
    /// What is known of its transport checksum.
    pub checksum: Checksum,
    /// For a super-segment: octets of payload that each of its segments would carry.
    pub gso: Option<NonZeroU16>,
}

/// A packet to send, gathered from where its parts lie.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// The headers, from the first octet of the IP header on.
    pub head: &'a [u8],
    /// What follows, in order; at most [`MAX_SLICES`].
    pub body: &'a [&'a [u8]],
    /// Whether the device still has to finish the transport checksum.
    pub checksum: Checksum,
    /// For a super-segment: how to cut it up. The checksum must then be partial.
    pub gso: Option<Gso>,
}

impl<'a> Outgoing<'a> {
    /// A finished packet in one piece.
    pub const fn plain(octets: &'a [u8]) -> Self {
        Self { head: octets, body: &[], checksum: Checksum::Done, gso: None }
    }

    /// Octets of the whole packet.
    pub fn octets(&self) -> usize {
        self.head.len() + self.body.iter().map(|slice| slice.len()).sum::<usize>()
    }

    /// Appends the whole packet to `out`.
    pub fn copy_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.head);
        for slice in self.body {
            out.extend_from_slice(slice);
        }
    }

    /// Checks the packet against what a device of this MTU promises: for implementors of
    /// [`Device::send`].
    ///
    /// # Errors
    ///
    /// `InvalidInput`, and which promise was exceeded.
    pub fn check(&self, mtu: usize, offload: Offload) -> io::Result<()> {
        let partial = matches!(self.checksum, Checksum::Partial { .. });
        let limit = if self.gso.is_some() { offload.max_packet } else { mtu };
        let complaint = if self.octets() > limit {
            "the packet is longer than the device takes"
        } else if partial && !offload.partial_checksum {
            "the device does not finish checksums"
        } else if self.gso.is_some() && !partial {
            "a super-segment has a checksum per segment: it must be partial"
        } else if self.body.len() > MAX_SLICES {
            "the packet has more slices than one call takes"
        } else {
            return Ok(());
        };
        Err(io::Error::new(io::ErrorKind::InvalidInput, complaint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cordial_wire::GsoKind;

    const PARTIAL: Checksum = Checksum::Partial { start: 20, offset: 16 };

    fn gso() -> Option<Gso> {
        let size = NonZeroU16::new(1460)?;
        Some(Gso { size, kind: GsoKind::Tcp4, header_len: 40 })
    }

    #[test]
    fn a_packet_is_checked_against_what_the_device_promises() {
        let kind = |octets: usize, checksum, gso, offload| {
            let octets = vec![0; octets];
            let packet = Outgoing { checksum, gso, ..Outgoing::plain(&octets) };
            packet.check(1500, offload).map_err(|e| e.kind())
        };
        let refused = Err(io::ErrorKind::InvalidInput);

        assert_eq!(kind(1500, Checksum::Done, None, Offload::none(1500)), Ok(()));
        assert_eq!(kind(1501, Checksum::Done, None, Offload::none(1500)), refused);
        assert_eq!(kind(1501, PARTIAL, None, Offload::full()), refused);
        assert_eq!(kind(1500, PARTIAL, None, Offload::none(1500)), refused);
        assert_eq!(kind(65_535, PARTIAL, gso(), Offload::full()), Ok(()));
        assert_eq!(kind(65_536, PARTIAL, gso(), Offload::full()), refused);
        assert_eq!(kind(3000, PARTIAL, gso(), Offload::none(1500)), refused);
        assert_eq!(kind(3000, Checksum::Done, gso(), Offload::full()), refused);
    }

    #[test]
    fn more_slices_than_a_call_takes_are_refused() {
        let body = vec![&b"x"[..]; MAX_SLICES + 1];
        let mut packet = Outgoing { body: &body, ..Outgoing::plain(b"head") };
        assert!(packet.check(1500, Offload::full()).is_err());
        packet.body = &body[1..];
        assert!(packet.check(1500, Offload::full()).is_ok());
    }

    #[test]
    fn head_and_body_make_one_packet() {
        let packet = Outgoing { body: &[b"bc", b"", b"d"], ..Outgoing::plain(b"a") };
        let mut out = Vec::new();
        packet.copy_to(&mut out);
        assert_eq!(out, b"abcd");
        assert_eq!(packet.octets(), 4);
    }
}
