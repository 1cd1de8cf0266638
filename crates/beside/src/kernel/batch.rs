//! Many sequences at once in one kernel: a step of each, then one silence.

use std::time::{Duration, Instant};

use cordial_device::{Device, MAX_PACKET, Outgoing, Readiness, Tun};
use cordial_ip::Packet;
use cordial_tcp::Phase;
use cordial_wire::{Flags, Segment};
use rustix::event::{PollFd, PollFlags, Timespec};

use super::application::Application;
use super::{namespace, states};
use crate::reply::{Heard, Observed, Reply};
use crate::sequence::Step;
use crate::{Sequence, View};

/// How long nothing may come before a step counts as answered.
const SILENCE: Duration = Duration::from_millis(50);
/// The longest a step may take: what still talks then is talking to itself.
const LONGEST: Duration = Duration::from_secs(2);
/// A SYN that is as old as this may be sent again by its timer, the one that cannot be set.
const SYN_TIMER: Duration = Duration::from_millis(900);

/// What each step of each sequence draws from the kernel, in a namespace made for it; at most 10,000 of them.
///
/// # Panics
///
/// If no namespace can be made, or its device fails.
pub fn observe(sequences: &[&Sequence]) -> Vec<Vec<Observed>> {
    std::thread::scope(|scope| {
        let inside = scope.spawn(|| {
            let mut batch = Batch::new(namespace::make(), sequences);
            let most = sequences.iter().map(|sequence| sequence.steps.len()).max().unwrap_or(0);
            batch.open();
            for at in 0..most {
                batch.step(at);
            }
            batch.lanes.into_iter().map(|lane| lane.observed).collect()
        });
        inside.join().expect("the kernel's side works")
    })
}

struct Batch<'a> {
    tun: Tun,
    lanes: Vec<Lane<'a>>,
}

/// One sequence.
struct Lane<'a> {
    sequence: &'a Sequence,
    view: View,
    application: Application,
    observed: Vec<Observed>,
    replies: Vec<Reply>,
    read: Option<Heard>,
    /// When the kernel's SYN went out first.
    syn_at: Option<Instant>,
    /// The step sends a SYN: another one may be its answer.
    asks: bool,
}

impl<'a> Batch<'a> {
    fn new(tun: Tun, sequences: &[&'a Sequence]) -> Self {
        let lane = |(index, &sequence): (usize, &&'a Sequence)| Lane {
            sequence,
            view: View::new(sequence, index as u16),
            application: Application::default(),
            observed: Vec::new(),
            replies: Vec::new(),
            read: None,
            syn_at: None,
            asks: false,
        };
        Self { tun, lanes: sequences.iter().enumerate().map(lane).collect() }
    }

    fn open(&mut self) {
        for at in 0..self.lanes.len() {
            let lane = &mut self.lanes[at];
            lane.application = Application::open(lane.sequence, lane.view.host(), lane.view.peer());
            self.drain();
        }
        self.settle(0);
    }

    fn step(&mut self, number: usize) {
        for at in 0..self.lanes.len() {
            let lane = &mut self.lanes[at];
            lane.view.step();
            match lane.sequence.steps.get(number) {
                None => {}
                Some(Step::Call(call)) => lane.read = lane.application.call(*call),
                Some(Step::Segment(shape)) => {
                    lane.asks = shape.flags.contains(Flags::SYN);
                    for packet in lane.view.packets(shape) {
                        send(&mut self.tun, &packet);
                    }
                }
            }
            self.drain();
        }
        self.settle(number + 1);
    }

    /// Waits until the kernel is silent, and closes the step with this number; step 0 is the opening.
    fn settle(&mut self, number: usize) {
        let end = Instant::now() + LONGEST;
        while Instant::now() < end && self.wait() {
            self.drain();
        }
        let states = states::by_port();
        for lane in &mut self.lanes {
            lane.application.accept();
            let (replies, read) = (std::mem::take(&mut lane.replies), lane.read.take());
            lane.asks = false;
            if number <= lane.sequence.steps.len() {
                let state = states.get(&lane.view.host().port()).copied().unwrap_or(Phase::Closed);
                lane.observed.push(Observed { replies, state, read });
            }
        }
    }

    /// True if a packet came before the silence was long enough.
    fn wait(&self) -> bool {
        let Readiness::Descriptor(fd) = self.tun.readiness() else { return false };
        let time = Timespec { tv_sec: 0, tv_nsec: SILENCE.as_nanos() as _ };
        rustix::event::poll(&mut [PollFd::from_borrowed_fd(fd, PollFlags::IN)], Some(&time))
            .is_ok_and(|n| n > 0)
    }

    fn drain(&mut self) {
        let mut buffer = vec![0; MAX_PACKET];
        while let Some(received) = self.tun.receive(&mut buffer).expect("the device is there") {
            let Ok(packet) = Packet::parse(received.octets) else { continue };
            let Ok(segment) = Segment::parse(packet.payload) else { continue };
            let index = usize::from(segment.source.wrapping_sub(10_000));
            if let Some(lane) = self.lanes.get_mut(index) {
                lane.hear(&segment);
            }
        }
    }
}

impl Lane<'_> {
    fn hear(&mut self, segment: &Segment<'_>) {
        let reply = self.view.heard(segment);
        if segment.flags.contains(Flags::SYN) {
            let first = *self.syn_at.get_or_insert_with(Instant::now);
            if first.elapsed() > SYN_TIMER && !self.asks {
                return;
            }
        }
        self.replies.push(reply);
    }
}

fn send(tun: &mut Tun, packet: &[u8]) {
    tun.send(&Outgoing::plain(packet)).expect("the device takes a packet");
}
