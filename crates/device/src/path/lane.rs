//! One direction of a path: what is under way on it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::PathConfig;
use crate::memory::Packet;

/// How long a packet is held for others to overtake it. Shorter than any retransmission timer: a
/// packet that is only late is not to be sent again.
const HOLD: Duration = Duration::from_millis(50);

/// What may wait for a narrow path: as long as this, or as much as that.
const QUEUE_TIME: Duration = Duration::from_millis(100);
const QUEUE_OCTETS: u64 = 64 << 10;

/// Octets under way at once: what a fast path of a second holds. A bound of memory.
const MOST: usize = 128 << 20;

/// How a packet goes its way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flight {
    /// Time besides the lane's own.
    pub(super) late: Duration,
    /// Packets of its stream that are to overtake it.
    pub(super) behind: u16,
    pub(super) stream: Option<u64>,
}

/// One direction.
#[derive(Debug)]
pub(super) struct Lane {
    config: PathConfig,
    /// When the last octet of what was taken so far is on the line.
    busy_until: Duration,
    /// What is on the line, by the time of its arrival, then in order.
    under_way: BTreeMap<(Duration, u64), Packet>,
    held: Vec<Held>,
    entered: u64,
    octets: usize,
}

/// A packet that others are to overtake.
#[derive(Debug)]
struct Held {
    packet: Packet,
    stream: Option<u64>,
    late: Duration,
    /// How many have still to go by.
    left: u16,
    /// When it goes on all the same.
    until: Duration,
}

impl Lane {
    pub(super) fn new(config: PathConfig) -> Self {
        Self {
            config,
            busy_until: Duration::ZERO,
            under_way: BTreeMap::new(),
            held: Vec::new(),
            entered: 0,
            octets: 0,
        }
    }

    /// Takes a packet, or gives it back if there is no room for it.
    pub(super) fn enter(&mut self, now: Duration, packet: Packet, flight: Flight) -> Result<(), Packet> {
        if self.octets + packet.octets.len() > MOST {
            return Err(packet);
        }
        match flight.behind {
            0 => self.depart(now, packet, flight.late),
            left => {
                self.octets += packet.octets.len();
                let (stream, late, until) = (flight.stream, flight.late, now + HOLD);
                self.held.push(Held { packet, stream, late, left, until });
                Ok(())
            }
        }
    }

    /// One of `stream` went by: it overtakes those held before it, not itself if it is `is_held`.
    pub(super) fn pass(&mut self, now: Duration, stream: Option<u64>, is_held: bool) {
        if is_held || stream.is_none() {
            return;
        }
        for held in self.held.iter_mut().filter(|held| held.stream == stream) {
            held.left = held.left.saturating_sub(1);
        }
        self.release(now, |held| held.left == 0);
    }

    /// Nobody overtook these in time.
    pub(super) fn release_late(&mut self, now: Duration) {
        self.release(now, |held| held.until <= now);
    }

    fn release(&mut self, now: Duration, is_free: impl Fn(&Held) -> bool) {
        let free: Vec<Held> = self.held.extract_if(.., |held| is_free(held)).collect();
        for held in free {
            self.octets -= held.packet.octets.len();
            // One that now finds the queue full is lost, as on any narrow path.
            let _ = self.depart(now, held.packet, held.late);
        }
    }

    /// Puts a packet on the line.
    fn depart(&mut self, now: Duration, packet: Packet, late: Duration) -> Result<(), Packet> {
        let on_line = match self.config.rate {
            None => now,
            Some(rate) => {
                let begins = self.busy_until.max(now);
                if begins - now > longest_wait(rate) {
                    return Err(packet);
                }
                self.busy_until = begins + time_for(packet.octets.len() as u64, rate);
                self.busy_until
            }
        };
        self.entered += 1;
        self.octets += packet.octets.len();
        self.under_way.insert((on_line + self.config.delay + late, self.entered), packet);
        Ok(())
    }

    /// The first that has arrived by `now`.
    pub(super) fn first_due(&self, now: Duration) -> Option<&Packet> {
        let ((due, _), packet) = self.under_way.first_key_value()?;
        (*due <= now).then_some(packet)
    }

    /// Takes the first that has arrived by `now`.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<Packet> {
        self.first_due(now)?;
        let (_, packet) = self.under_way.pop_first()?;
        self.octets -= packet.octets.len();
        Some(packet)
    }

    /// When the next arrives, or goes on.
    pub(super) fn next_deadline(&self) -> Option<Duration> {
        let arrives = self.under_way.first_key_value().map(|((due, _), _)| *due);
        let goes_on = self.held.iter().map(|held| held.until).min();
        arrives.into_iter().chain(goes_on).min()
    }
}

/// How long `octets` take at `rate` bits per second.
fn time_for(octets: u64, rate: u64) -> Duration {
    let nanos = u128::from(octets) * 8 * 1_000_000_000 / u128::from(rate.max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// How long the last in the queue waits.
fn longest_wait(rate: u64) -> Duration {
    QUEUE_TIME.max(time_for(QUEUE_OCTETS, rate))
}
