//! A device at the end of a path: packets take time on it, queue for it, and worse may befall them.

mod lane;

use std::io;
use std::time::Duration;

use crate::memory::Packet;
use crate::{Checksum, Device, Direction, Offload, Outgoing, Readiness, Received};
use lane::{Flight, Lane};

/// Packets taken from the device in one call of [`Device::receive`] before it returns: a flood of
/// packets that are all under way keeps nobody from doing anything else.
const BURST: usize = 256;

/// How soon a packet is offered again to a device that had no room for it.
const RETRY: Duration = Duration::from_millis(1);

/// What a [`Path`] is like, the same both ways. The default is a path that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PathConfig {
    /// How long a packet is under way.
    pub delay: Duration,
    /// Bits per second; none: as many as there are. What comes faster waits in a queue of a tenth
    /// of a second, or 64 KiB where that is more; what finds it full is lost.
    pub rate: Option<u64>,
}

/// What becomes of one packet. The default is that it goes its way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Passage {
    /// It does not arrive. What else is said of it is without meaning, but for `forged`.
    pub is_lost: bool,
    /// Further copies that arrive right behind it.
    pub copies: u8,
    /// Time that it takes besides the path's own.
    pub late: Duration,
    /// It is held until this many packets of its stream have gone by, or for 50 ms.
    pub behind: u16,
    /// The stream it belongs to, for `behind`; none for what belongs to none.
    pub stream: Option<u64>,
    /// A bit that arrives turned over, counted from the first of the packet.
    pub flipped_bit: Option<usize>,
    /// Packets that nobody sent and that arrive behind it, each its own way.
    pub forged: Vec<(Direction, Vec<u8>)>,
}

/// Decides what becomes of the packets on a path.
pub trait Judge {
    /// A packet enters the path; `now` is as told to [`Device::on_time`].
    fn judge(&mut self, now: Duration, direction: Direction, packet: &[u8]) -> Passage;

    /// A packet found the path's queue full and is lost.
    fn overflowed(&mut self, now: Duration, direction: Direction, packet: &[u8]);
}

/// Lets every packet go its way.
impl Judge for () {
    fn judge(&mut self, _: Duration, _: Direction, _: &[u8]) -> Passage {
        Passage::default()
    }

    fn overflowed(&mut self, _: Duration, _: Direction, _: &[u8]) {}
}

/// Any device, with a path between it and us: [`PathConfig`] says how long and how wide it is, and a
/// [`Judge`] what becomes of each packet.
///
/// What is under way comes out by [`Device::next_deadline`]; nothing here sleeps. Use it over a
/// device without super-segments: what befalls a packet is to befall one segment.
#[derive(Debug)]
pub struct Path<D, J> {
    device: D,
    judge: J,
    now: Duration,
    inbound: Lane,
    outbound: Lane,
    /// The device may have more to receive.
    is_cut_short: bool,
    /// The device had no room for what is due.
    is_blocked: bool,
    /// The packet lent out by the last `receive`.
    current: Packet,
}

impl<D: Device, J: Judge> Path<D, J> {
    /// Puts a path in front of `device`.
    pub fn new(device: D, config: PathConfig, judge: J) -> Self {
        Self {
            device,
            judge,
            now: Duration::ZERO,
            inbound: Lane::new(config),
            outbound: Lane::new(config),
            is_cut_short: false,
            is_blocked: false,
            current: Packet::default(),
        }
    }

    /// Whoever decides.
    pub fn judge(&self) -> &J {
        &self.judge
    }

    /// A packet enters the path.
    fn enter(&mut self, direction: Direction, packet: Packet) {
        let mut passage = self.judge.judge(self.now, direction, &packet.octets);
        let forged = std::mem::take(&mut passage.forged);
        if !passage.is_lost {
            self.admit(direction, packet, &passage);
        }
        for (direction, octets) in forged {
            let packet = Packet { octets, ..Packet::default() };
            self.admit(direction, packet, &Passage::default());
        }
    }

    /// A packet takes its place in its lane.
    fn admit(&mut self, direction: Direction, mut packet: Packet, passage: &Passage) {
        if let Some(bit) = passage.flipped_bit {
            // A sum that is yet to be made would be made over the damage.
            if matches!(packet.checksum, Checksum::Partial { .. }) {
                return;
            }
            // Nobody has verified what it is now.
            packet.checksum = Checksum::Unknown;
            if let Some(octet) = packet.octets.get_mut(bit / 8) {
                *octet ^= 0x80 >> (bit % 8);
            }
        }
        let lane = match direction {
            Direction::In => &mut self.inbound,
            Direction::Out => &mut self.outbound,
        };
        let flight = Flight { late: passage.late, behind: passage.behind, stream: passage.stream };
        for _ in 0..passage.copies {
            if let Err(refused) = lane.enter(self.now, packet.clone(), flight) {
                self.judge.overflowed(self.now, direction, &refused.octets);
            }
        }
        if let Err(refused) = lane.enter(self.now, packet, flight) {
            self.judge.overflowed(self.now, direction, &refused.octets);
        }
        lane.pass(self.now, passage.stream, flight.behind > 0);
    }

    /// Sends on what has come to the end of the path.
    fn drain(&mut self) -> io::Result<()> {
        self.is_blocked = false;
        while let Some(packet) = self.outbound.first_due(self.now) {
            // What is sent here is finished: a path promises no offload.
            let packet = Outgoing::plain(&packet.octets);
            match self.device.send(&packet) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.is_blocked = true;
                    return Ok(());
                }
                done => done?,
            }
            self.outbound.take_due(self.now);
        }
        self.device.flush()
    }
}

impl<D: Device, J: Judge> Device for Path<D, J> {
    fn mtu(&self) -> usize {
        self.device.mtu()
    }

    /// Nothing, whatever the device takes: each packet is judged as it would be on a wire.
    fn offload(&self) -> Offload {
        Offload::none(self.device.mtu())
    }

    fn receive<'a>(&'a mut self, buffer: &'a mut [u8]) -> io::Result<Option<Received<'a>>> {
        self.is_cut_short = false;
        for _ in 0..BURST {
            if let Some(packet) = self.inbound.take_due(self.now) {
                self.current = packet;
                return Ok(Some(self.current.lend()));
            }
            let Some(Received { octets, checksum, gso }) = self.device.receive(buffer)? else {
                return Ok(None);
            };
            let packet = Packet { octets: octets.to_vec(), checksum, gso };
            self.enter(Direction::In, packet);
        }
        self.is_cut_short = true;
        Ok(None)
    }

    fn has_room(&mut self) -> bool {
        !self.is_blocked && self.device.has_room()
    }

    fn send(&mut self, packet: &Outgoing<'_>) -> io::Result<()> {
        packet.check(self.mtu(), self.offload())?;
        if !self.has_room() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let mut octets = Vec::with_capacity(packet.octets());
        packet.copy_to(&mut octets);
        self.enter(Direction::Out, Packet { octets, checksum: packet.checksum, gso: None });
        self.drain()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.drain()
    }

    fn readiness(&self) -> Readiness<'_> {
        self.device.readiness()
    }

    fn on_time(&mut self, now: Duration) -> bool {
        self.now = self.now.max(now);
        self.inbound.release_late(self.now);
        self.outbound.release_late(self.now);
        // An error shows when the device is asked for packets.
        let _ = self.drain();
        let inner = self.device.on_time(now);
        inner || self.is_cut_short || self.inbound.first_due(self.now).is_some()
    }

    fn next_deadline(&self) -> Option<Duration> {
        let outbound = match self.is_blocked {
            true => Some(self.now + RETRY),
            false => self.outbound.next_deadline(),
        };
        let again = self.is_cut_short.then_some(self.now);
        let ours = [again, self.inbound.next_deadline(), outbound];
        ours.into_iter().chain([self.device.next_deadline()]).flatten().min()
    }
}

#[cfg(test)]
mod tests;
