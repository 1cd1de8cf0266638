//! A wire while the world runs: one lane each way.

use std::collections::VecDeque;
use std::time::Duration;

use cordial_stack::Instant;
use fastrand::Rng;

use crate::topology::{NodeId, WireSetup};
use crate::{Link, TooBig, Way};

/// A wire between two nodes.
#[derive(Debug)]
pub(crate) struct Wire {
    pub ends: [NodeId; 2],
    pub lanes: [Lane; 2],
}

/// One direction of a wire.
#[derive(Debug)]
pub(crate) struct Lane {
    pub link: Link,
    rng: Rng,
    /// The cable is in, and this direction of it is whole.
    is_plugged: bool,
    is_cut: bool,
    /// What left under an earlier number was on the cable when it was pulled.
    epoch: u32,
    /// When the packets that wait or are being sent will have left, and their octets.
    leaving: VecDeque<(Instant, u32)>,
    /// When the last packet arrives that keeps its place.
    last_arrival: Instant,
}

/// What becomes of a packet on a lane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Passage {
    Lost(&'static str),
    /// Longer than the lane carries.
    TooBig {
        mtu: u16,
        tell: TooBig,
    },
    Arrives(Arrival),
}

/// When a packet arrives, and in which shape.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Arrival {
    pub at: Instant,
    pub epoch: u32,
    pub is_overtaken: bool,
    /// When a second one of it arrives.
    pub again: Option<Instant>,
    /// Which bit of what the IP packet carries is turned over; to be taken modulo their number.
    pub flipped: Option<u64>,
    /// It met a queue that is nearly full.
    pub marked: bool,
}

/// The least by which a packet is overtaken, or its second comes later.
const LEAST: Duration = Duration::from_millis(1);
const MILLION: u64 = 1_000_000;

impl Wire {
    pub fn new(setup: &WireSetup, rng: impl Fn(Way) -> Rng) -> Self {
        let [there, back] = Way::BOTH.map(rng);
        let [out, home] = setup.links;
        Self { ends: setup.ends, lanes: [Lane::new(out, there), Lane::new(home, back)] }
    }
}

impl Lane {
    fn new(link: Link, rng: Rng) -> Self {
        Self {
            link,
            rng,
            is_plugged: true,
            is_cut: false,
            epoch: 0,
            leaving: VecDeque::new(),
            last_arrival: Instant::ZERO,
        }
    }

    /// The cable is pulled: what is on it is lost.
    pub fn pull(&mut self) {
        self.is_plugged = false;
        self.epoch += 1;
        self.leaving.clear();
        self.last_arrival = Instant::ZERO;
    }

    pub fn plug(&mut self) {
        self.is_plugged = true;
    }

    /// From here on nothing gets through, while what is under way arrives.
    pub fn cut(&mut self) {
        self.is_cut = true;
    }

    pub fn mend(&mut self) {
        self.is_cut = false;
    }

    /// Becomes a wire that does no harm: it keeps its rate, its delay and its MTU.
    pub fn heal(&mut self) {
        (self.is_plugged, self.is_cut) = (true, false);
        let Link { rate, delay, mtu, too_big, queue, .. } = self.link;
        self.link = Link { rate, delay, mtu, too_big, queue, ..Link::PERFECT };
    }

    /// True if what left under this number was not lost with the cable.
    pub fn carries(&self, epoch: u32) -> bool {
        self.epoch == epoch
    }

    /// Takes a packet of this many octets.
    pub fn send(&mut self, now: Instant, octets: u32) -> Passage {
        // As many draws for every packet, whatever comes of it: one chance less changes nothing about the others.
        let [loss, duplicate, reorder, corrupt, jitter, spread] = std::array::from_fn(|_| self.rng.u64(..));
        if !self.is_plugged || self.is_cut {
            return Passage::Lost(if self.is_cut { "cut" } else { "cable_out" });
        }
        if let Some(mtu) = self.link.mtu.filter(|&mtu| octets > u32::from(mtu)) {
            return Passage::TooBig { mtu, tell: self.link.too_big };
        }
        let Some((left, marked)) = self.leave(now, octets) else { return Passage::Lost("queue_full") };
        let happens = |draw: u64, chance: u32| draw % MILLION < u64::from(chance);
        if happens(loss, self.link.loss) {
            return Passage::Lost("loss");
        }
        let mut at = left + self.link.delay + share(self.link.jitter, jitter);
        let is_overtaken = happens(reorder, self.link.reorder);
        if is_overtaken {
            at = at + LEAST + share(self.link.delay.max(LEAST), spread);
        } else {
            at = at.max(self.last_arrival);
            self.last_arrival = at;
        }
        let is_twice = happens(duplicate, self.link.duplicate);
        let again = is_twice.then(|| at + share(self.link.jitter + LEAST, spread.rotate_left(32)));
        let flipped = happens(corrupt, self.link.corrupt).then_some(corrupt / MILLION);
        Passage::Arrives(Arrival { at, epoch: self.epoch, is_overtaken, again, flipped, marked })
    }

    /// When a packet has left, and whether it is marked; none if there is no room for it to wait.
    fn leave(&mut self, now: Instant, octets: u32) -> Option<(Instant, bool)> {
        let Some(rate) = self.link.rate else { return Some((now, false)) };
        while self.leaving.front().is_some_and(|&(left, _)| left <= now) {
            self.leaving.pop_front();
        }
        // The first is being sent; the others wait.
        let waiting: u32 = self.leaving.iter().skip(1).map(|&(_, octets)| octets).sum();
        let queue = self.link.queue;
        let is_full = |room: u32| !self.leaving.is_empty() && waiting + octets > room;
        if queue.is_some_and(|queue| is_full(queue.octets)) {
            return None;
        }
        let marked = queue.and_then(|queue| queue.mark).is_some_and(|mark| waiting >= mark);
        let begins = self.leaving.back().map_or(now, |&(left, _)| left);
        let takes = u64::from(octets) * 1_000_000_000 / rate;
        let left = begins + Duration::from_nanos(takes);
        self.leaving.push_back((left, octets));
        Some((left, marked))
    }
}

/// An even share of a span.
fn share(span: Duration, draw: u64) -> Duration {
    let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(((u128::from(nanos) * u128::from(draw)) >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(link: Link) -> Lane {
        Lane::new(link, Rng::with_seed(1))
    }

    fn ms(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    #[test]
    fn a_rate_lets_packets_go_one_after_the_other_and_the_queue_drops_its_tail() {
        let mut lane = lane(Link::with_delay(Duration::from_millis(5)).rated(100_000).queueing(2_000));
        let at = |passage: Passage| match passage {
            Passage::Arrives(arrival) => Some(arrival.at.as_millis()),
            _ => None,
        };
        // 1,000 octets take 10 ms; two may wait behind the one that leaves.
        let sent: Vec<_> = (0..4).map(|_| at(lane.send(ms(0), 1_000))).collect();
        assert_eq!(sent, [Some(15), Some(25), Some(35), None]);
        assert_eq!(at(lane.send(ms(10), 1_000)), Some(45));
    }

    #[test]
    fn a_queue_marks_from_a_depth_on() {
        let queue = Some(crate::Queue { octets: 10_000, mark: Some(1_500) });
        let mut lane = lane(Link { queue, ..Link::PERFECT.rated(100_000) });
        let marked = |passage: Passage| matches!(passage, Passage::Arrives(Arrival { marked: true, .. }));
        // The first is on its way at once; the others wait.
        let marks: Vec<_> = (0..5).map(|_| marked(lane.send(ms(0), 1_000))).collect();
        assert_eq!(marks, [false, false, false, true, true]);
    }

    #[test]
    fn without_reordering_packets_keep_their_order_whatever_the_jitter() {
        let mut lane = lane(Link::with_delay(Duration::from_millis(5)).jittering(Duration::from_millis(50)));
        let mut last = Instant::ZERO;
        for now in 0..1_000 {
            let Passage::Arrives(arrival) = lane.send(ms(now), 100) else { panic!("nothing is lost here") };
            assert!(arrival.at >= last && arrival.at >= ms(now + 5));
            last = arrival.at;
        }
    }

    #[test]
    fn chances_come_true_about_as_often_as_they_say() {
        let link = Link::PERFECT.lossy(10.0).duplicating(20.0).reordering(30.0).corrupting(40.0);
        let mut lane = lane(link);
        let (mut lost, mut twice, mut overtaken, mut flipped) = (0, 0, 0, 0);
        for now in 0..10_000 {
            match lane.send(ms(now), 100) {
                Passage::Lost(why) => {
                    assert_eq!(why, "loss");
                    lost += 1;
                }
                Passage::Arrives(arrival) => {
                    twice += u32::from(arrival.again.is_some());
                    overtaken += u32::from(arrival.is_overtaken);
                    flipped += u32::from(arrival.flipped.is_some());
                }
                Passage::TooBig { .. } => panic!("there is no MTU"),
            }
        }
        for (count, expected) in [(lost, 1_000), (twice, 1_800), (overtaken, 2_700), (flipped, 3_600)] {
            assert!(count > expected * 9 / 10 && count < expected * 11 / 10, "{count} of {expected}");
        }
    }

    #[test]
    fn a_pulled_cable_loses_what_is_on_it_and_a_cut_does_not() {
        let mut lane = lane(Link::PERFECT);
        let Passage::Arrives(on_it) = lane.send(ms(0), 100) else { panic!("whole") };
        lane.cut();
        assert_eq!(lane.send(ms(1), 100), Passage::Lost("cut"));
        assert!(lane.carries(on_it.epoch));
        lane.mend();
        lane.pull();
        assert_eq!(lane.send(ms(2), 100), Passage::Lost("cable_out"));
        lane.plug();
        assert!(!lane.carries(on_it.epoch), "it was on the cable");
        assert!(matches!(lane.send(ms(3), 100), Passage::Arrives(_)));
    }
}
