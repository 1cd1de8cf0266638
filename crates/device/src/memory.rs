//! A wire inside the process.

use std::collections::VecDeque;
use std::io;
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cordial_wire::Checksum;

use crate::{Bell, Device, Offload, Outgoing, Readiness, Received};

/// What a [`MemoryLink`] is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryConfig {
    /// Octets of the largest packet that goes over it whole. 1,500 by default.
    pub mtu: usize,
    /// Packets under way in each direction before there is no more room. 1,024 by default.
    pub queue: usize,
    /// What may be sent unfinished. Nothing by default; [`Offload::full`] lets super-segments and
    /// partial checksums through as they are.
    pub offload: Offload,
}

impl Default for MemoryConfig {
    fn default() -> Self {
        Self { mtu: 1500, queue: 1024, offload: Offload::none(1500) }
    }
}

impl MemoryConfig {
    /// A link of this MTU without offload.
    pub fn with_mtu(mtu: usize) -> Self {
        Self { mtu, offload: Offload::none(mtu), ..Self::default() }
    }
}

/// One end of a wire inside the process: what is sent here arrives, at once and in order, there.
///
/// The buffers of packets that were read are used again, so that a link which has reached its
/// usual depth does not allocate. It can be driven by plain calls; a task may sleep at its
/// [`Bell`].
#[derive(Debug)]
pub struct MemoryLink {
    config: MemoryConfig,
    inbound: Arc<Direction>,
    outbound: Arc<Direction>,
    /// The packet lent out by the last `receive`.
    current: Packet,
}

impl MemoryLink {
    /// The two ends of a new link.
    pub fn pair(config: MemoryConfig) -> (Self, Self) {
        let (a, b) = (Bell::new(), Bell::new());
        let to_a = Arc::new(Direction::new(a.clone(), b.clone()));
        let to_b = Arc::new(Direction::new(b, a));
        let end = |inbound: &Arc<Direction>, outbound: &Arc<Direction>| Self {
            config,
            inbound: Arc::clone(inbound),
            outbound: Arc::clone(outbound),
            current: Packet::default(),
        };
        (end(&to_a, &to_b), end(&to_b, &to_a))
    }

    /// Packets that wait to be received here.
    pub fn waiting(&self) -> usize {
        self.inbound.lock().packets.len()
    }
}

impl Device for MemoryLink {
    fn mtu(&self) -> usize {
        self.config.mtu
    }

    fn offload(&self) -> Offload {
        self.config.offload
    }

    /// As [`Device::receive`]; the packet is lent from the link's own memory and `buffer` is not
    /// used. `BrokenPipe` once the other end is gone and everything it sent was read.
    fn receive<'a>(&'a mut self, _buffer: &'a mut [u8]) -> io::Result<Option<Received<'a>>> {
        let mut queue = self.inbound.lock();
        let Some(packet) = queue.packets.pop_front() else {
            return if queue.cut { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(None) };
        };
        let read = std::mem::replace(&mut self.current, packet);
        let was_full = queue.packets.len() + 1 >= self.config.queue;
        queue.spare.push(read.octets);
        drop(queue);
        if was_full {
            self.inbound.sender.ring();
        }
        Ok(Some(self.current.lend()))
    }

    fn has_room(&mut self) -> bool {
        let queue = self.outbound.lock();
        // A cut link has "room", so that the next send says so.
        queue.cut || queue.packets.len() < self.config.queue
    }

    /// As [`Device::send`]. `BrokenPipe` once the other end is gone.
    fn send(&mut self, packet: &Outgoing<'_>) -> io::Result<()> {
        packet.check(self.config.mtu, self.config.offload)?;
        let mut queue = self.outbound.lock();
        if queue.cut {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if queue.packets.len() >= self.config.queue {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let mut octets = queue.spare.pop().unwrap_or_default();
        octets.clear();
        packet.copy_to(&mut octets);
        let gso = packet.gso.map(|gso| gso.size);
        queue.packets.push_back(Packet { octets, checksum: packet.checksum, gso });
        drop(queue);
        self.outbound.receiver.ring();
        Ok(())
    }

    fn readiness(&self) -> Readiness<'_> {
        Readiness::Bell(&self.inbound.receiver)
    }
}

impl Drop for MemoryLink {
    fn drop(&mut self) {
        for direction in [&self.inbound, &self.outbound] {
            direction.lock().cut = true;
        }
        // The other end sends on our inbound and receives from our outbound.
        self.inbound.sender.ring();
    }
}

/// One direction: its packets, and who is to be woken for them.
#[derive(Debug)]
struct Direction {
    queue: Mutex<Queue>,
    receiver: Bell,
    sender: Bell,
}

#[derive(Debug, Default)]
struct Queue {
    packets: VecDeque<Packet>,
    /// Buffers to use again.
    spare: Vec<Vec<u8>>,
    /// One of the ends was dropped.
    cut: bool,
}

impl Direction {
    fn new(receiver: Bell, sender: Bell) -> Self {
        Self { queue: Mutex::default(), receiver, sender }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A packet in memory of its own, as a receiver sees it.
#[derive(Debug, Clone)]
pub(crate) struct Packet {
    pub(crate) octets: Vec<u8>,
    pub(crate) checksum: Checksum,
    pub(crate) gso: Option<NonZeroU16>,
}

impl Default for Packet {
    fn default() -> Self {
        Self { octets: Vec::new(), checksum: Checksum::Unknown, gso: None }
    }
}

impl Packet {
    pub(crate) fn lend(&self) -> Received<'_> {
        Received { octets: &self.octets, checksum: self.checksum, gso: self.gso }
    }
}

#[cfg(test)]
mod tests;
