//! A device with the faults of a real path.

use std::collections::VecDeque;
use std::io;

use cordial_wire::{Checksum, Gso};

use crate::memory::Packet;
use crate::{Device, Dice, Offload, Outgoing, Readiness, Received};

/// What happens to the packets of one direction. The chances are in packets per thousand and
/// independent of each other, except that a lost packet is neither repeated nor late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Faults {
    /// Lost.
    pub lose_per_mille: u16,
    /// Arrives twice, one copy right after the other.
    pub duplicate_per_mille: u16,
    /// Overtaken by later packets.
    pub reorder_per_mille: u16,
    /// The most packets that overtake one; how many is drawn from 1 on. Zero means 1.
    pub reorder_by: u16,
}

/// What happened to the packets of one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Packets that entered.
    pub packets: u64,
    /// Of these, lost.
    pub lost: u64,
    /// Of these, sent on twice.
    pub duplicated: u64,
    /// Of these, held back.
    pub reordered: u64,
}

/// Any device, with packets lost, repeated and overtaken both ways by seeded chance.
///
/// The same seed and the same packets give the same faults. A packet that is held back goes on
/// after the drawn number of later packets, or when the burst ends (`receive` finds nothing more,
/// or [`flush`](Device::flush)): nothing is held for ever, and no clock is needed.
///
/// Use it over a device without super-segments: losing one of those loses up to 64 KiB at once,
/// which no path does.
#[derive(Debug)]
pub struct Lossy<D> {
    device: D,
    inbound: Path<Packet>,
    outbound: Path<Unsent>,
    /// The packet lent out by the last `receive`.
    current: Packet,
}

impl<D: Device> Lossy<D> {
    /// Puts faults in front of `device`: `inbound` on what is received, `outbound` on what is sent.
    pub fn new(device: D, seed: u64, inbound: Faults, outbound: Faults) -> Self {
        Self {
            device,
            inbound: Path::new(inbound, seed),
            outbound: Path::new(outbound, !seed),
            current: Packet::default(),
        }
    }

    /// What happened so far to the packets received.
    pub fn inbound(&self) -> Tally {
        self.inbound.tally
    }

    /// What happened so far to the packets sent.
    pub fn outbound(&self) -> Tally {
        self.outbound.tally
    }

    /// The device without the faults. What was held back is lost.
    pub fn into_inner(self) -> D {
        self.device
    }

    /// Sends on what is due; what finds no room stays for later.
    fn drain(&mut self) -> io::Result<()> {
        while let Some(unsent) = self.outbound.due.front() {
            match self.device.send(&unsent.outgoing()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                done => done?,
            }
            self.outbound.due.pop_front();
        }
        Ok(())
    }
}

impl<D: Device> Device for Lossy<D> {
    fn mtu(&self) -> usize {
        self.device.mtu()
    }

    fn offload(&self) -> Offload {
        self.device.offload()
    }

    fn receive<'a>(&'a mut self, buffer: &'a mut [u8]) -> io::Result<Option<Received<'a>>> {
        while self.inbound.due.is_empty() {
            let Some(Received { octets, checksum, gso }) = self.device.receive(buffer)? else {
                self.inbound.release_all();
                break;
            };
            self.inbound.enter(|| Packet { octets: octets.to_vec(), checksum, gso });
        }
        let Some(packet) = self.inbound.due.pop_front() else { return Ok(None) };
        self.current = packet;
        Ok(Some(self.current.lend()))
    }

    fn has_room(&mut self) -> bool {
        self.outbound.due.is_empty() && self.device.has_room()
    }

    fn send(&mut self, packet: &Outgoing<'_>) -> io::Result<()> {
        packet.check(self.mtu(), self.offload())?;
        self.drain()?;
        if !self.has_room() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.outbound.enter(|| Unsent::from(packet));
        self.drain()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.outbound.release_all();
        self.drain()?;
        self.device.flush()
    }

    fn readiness(&self) -> Readiness<'_> {
        self.device.readiness()
    }
}

/// A packet of ours that is still here.
#[derive(Debug, Clone)]
struct Unsent {
    octets: Vec<u8>,
    checksum: Checksum,
    gso: Option<Gso>,
}

impl Unsent {
    fn outgoing(&self) -> Outgoing<'_> {
        Outgoing { head: &self.octets, body: &[], checksum: self.checksum, gso: self.gso }
    }
}

impl From<&Outgoing<'_>> for Unsent {
    fn from(packet: &Outgoing<'_>) -> Self {
        let mut octets = Vec::with_capacity(packet.octets());
        packet.copy_to(&mut octets);
        Self { octets, checksum: packet.checksum, gso: packet.gso }
    }
}

/// One direction: the packets held back and those due, in order.
#[derive(Debug)]
struct Path<P> {
    faults: Faults,
    dice: Dice,
    tally: Tally,
    /// Each with the number of packets that have still to overtake it.
    held: Vec<(u16, P)>,
    due: VecDeque<P>,
}

impl<P: Clone> Path<P> {
    fn new(faults: Faults, seed: u64) -> Self {
        let dice = Dice::new(seed);
        Self { faults, dice, tally: Tally::default(), held: Vec::new(), due: VecDeque::new() }
    }

    /// Decides what becomes of the next packet, which is only copied if something does.
    fn enter(&mut self, copy: impl FnOnce() -> P) {
        // All four numbers are drawn for every packet, so that changing one chance changes no
        // other fault.
        let mut happens = |per_mille: u16| self.dice.below(1000) < u64::from(per_mille);
        let lost = happens(self.faults.lose_per_mille);
        let duplicated = happens(self.faults.duplicate_per_mille);
        let reordered = happens(self.faults.reorder_per_mille);
        let behind = 1 + self.dice.below(self.faults.reorder_by.max(1).into()) as u16;

        self.tally.packets += 1;
        if lost {
            self.tally.lost += 1;
            return;
        }
        let packet = copy();
        if reordered {
            self.tally.reordered += 1;
            if duplicated {
                self.tally.duplicated += 1;
                self.held.push((behind, packet.clone()));
            }
            self.held.push((behind, packet));
            return;
        }
        if duplicated {
            self.tally.duplicated += 1;
            self.due.push_back(packet.clone());
        }
        self.due.push_back(packet);
        self.overtake();
    }

    /// A packet went by those held back.
    fn overtake(&mut self) {
        for (left, _) in &mut self.held {
            *left -= 1;
        }
        self.due.extend(self.held.extract_if(.., |(left, _)| *left == 0).map(|(_, packet)| packet));
    }

    fn release_all(&mut self) {
        self.due.extend(self.held.drain(..).map(|(_, packet)| packet));
    }
}

#[cfg(test)]
mod tests;
