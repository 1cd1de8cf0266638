//! Whatever arrives and whatever is called, a stack stays within its bounds and comes to rest.

mod common;

use std::sync::Arc;

use common::{LINK, packet, secs};
use cordial_stack::{
    Answer, Bind, Config, ConnId, Event, Frame, Half, IcmpCode, Instant, ListenConfig, ListenerId, Seeded,
    Stack, SynId,
};
use cordial_wire::{Flags, Options, Segment, SeqNum, Timestamps};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    /// A segment; numbers count from what the stack said last on that port, if it said anything.
    Segment {
        port: u8,
        to: bool,
        flags: u16,
        seq: i8,
        ack: i8,
        len: u8,
        timestamp: Option<u32>,
    },
    Octets(Vec<u8>),
    Wait(u32),
    Poll,
    Accept,
    Answer(u8),
    Connect(u8),
    Write(u8),
    Read,
    Shutdown,
    Release,
    Abort,
    CloseListener,
}

fn step() -> impl Strategy<Value = Step> {
    let segment =
        (0u8..3, any::<bool>(), 0u16..512, -3i8..3, -3i8..3, 0u8..20, proptest::option::of(any::<u32>()))
            .prop_map(|(port, to, flags, seq, ack, len, timestamp)| {
                // Mostly flags that mean something.
                let flags = if flags < 256 {
                    [0x02, 0x10, 0x11, 0x12, 0x18, 0x04][flags as usize % 6]
                } else {
                    flags
                };
                Step::Segment { port, to, flags, seq, ack, len, timestamp }
            });
    prop_oneof![
        12 => segment,
        1 => proptest::collection::vec(any::<u8>(), 0..80).prop_map(Step::Octets),
        3 => (0u32..200_000).prop_map(Step::Wait),
        4 => Just(Step::Poll),
        2 => Just(Step::Accept),
        2 => (0u8..5).prop_map(Step::Answer),
        2 => (0u8..3).prop_map(Step::Connect),
        2 => any::<u8>().prop_map(Step::Write),
        1 => Just(Step::Read),
        1 => Just(Step::Shutdown),
        1 => Just(Step::Release),
        1 => Just(Step::Abort),
        1 => Just(Step::CloseListener),
    ]
}

/// A stack, and what its application and a peer remember.
struct World {
    stack: Stack<Seeded>,
    now: Instant,
    connections: Vec<ConnId>,
    syns: Vec<SynId>,
    /// What the stack sent last from each local port to each peer port: its next number, and what it expects.
    heard: std::collections::BTreeMap<(u16, u16), (SeqNum, SeqNum)>,
    deciding: bool,
    listener: Option<ListenerId>,
}

impl World {
    fn new(deciding: bool) -> Self {
        let mut config = Config::host(&["10.0.0.2".parse().unwrap()]);
        config.limits.syn_cache = 2;
        config.limits.undecided = 2;
        config.limits.time_wait = 2;
        config.limits.connections = 6;
        config.limits.replies = 4;
        config.limits.memory = 1 << 16;
        let stack = Stack::new(config, Seeded::new([9; 32]), ());
        let now = Instant::from_millis(1);
        let heard = Default::default();
        let mut world =
            Self { stack, now, connections: vec![], syns: vec![], heard, deciding, listener: None };
        world.listen();
        world
    }

    fn listen(&mut self) {
        let config = ListenConfig { backlog: Some(2), decide: self.deciding, ..ListenConfig::default() };
        self.listener = self.stack.listen(Bind::Port(80), config).ok();
    }

    fn take(&mut self, step: Step) {
        let last = self.connections.last().copied();
        match step {
            Step::Segment { port, to, flags, seq, ack, len, timestamp } => {
                let (source, destination) = (1000 + u16::from(port), if to { 80 } else { 50_000 });
                let (next, expected) = self.heard.get(&(destination, source)).copied().unwrap_or_default();
                let near = |number: SeqNum, by: i8| SeqNum(number.0.wrapping_add_signed(i32::from(by)));
                let segment = Segment {
                    source,
                    destination,
                    seq: near(expected, seq),
                    ack_number: near(next, ack),
                    flags: Flags::from_bits(flags),
                    window: 100,
                    options: Options {
                        timestamps: timestamp.map(|value| Timestamps { value, echo: 0 }),
                        ..Options::default()
                    },
                    payload: &[7; 20][..usize::from(len)],
                    ..Segment::default()
                };
                let octets = packet("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap(), &segment);
                self.stack.on_frame(self.now, LINK, Frame::new(&octets));
            }
            Step::Octets(octets) => self.stack.on_frame(self.now, LINK, Frame::new(&octets)),
            Step::Wait(millis) => {
                self.now = self.now + common::ms(u64::from(millis));
                self.stack.on_timer(self.now);
            }
            Step::Poll => self.poll(),
            Step::Accept => {
                let event = self.stack.poll_event();
                if let Some(Event::Acceptable(listener)) = event {
                    self.connections.extend(self.stack.accept(self.now, listener));
                } else if let Some(Event::Incoming(_, syn, _)) = event {
                    self.syns.push(syn);
                }
            }
            Step::Answer(which) => {
                let Some(syn) = self.syns.pop() else { return };
                let answer = match which {
                    0 => Answer::Reset,
                    1 => Answer::Ignore,
                    2 => Answer::Unreachable(IcmpCode::Host),
                    _ => Answer::Accept,
                };
                let _ = self.stack.answer(self.now, syn, answer);
            }
            Step::Connect(port) => {
                let config = Arc::clone(self.stack.tcp_config());
                let (from, to) =
                    ("10.0.0.2:50000".parse().unwrap(), ([10, 0, 0, 1], 1000 + u16::from(port)).into());
                self.connections.extend(self.stack.connect(self.now, Some(from), to, &config));
            }
            Step::Write(count) => {
                let Some(id) = last else { return };
                let _ = self.stack.write(self.now, id, &[&[1; 255][..usize::from(count)]]);
            }
            Step::Read => {
                let Some(id) = last else { return };
                let _ =
                    self.stack.read_with(self.now, id, |slices| (slices.iter().map(|s| s.len()).sum(), ()));
            }
            Step::Shutdown => last.map_or((), |id| self.stack.shutdown(self.now, id, Half::Write)),
            Step::Abort => last.map_or((), |id| self.stack.abort(self.now, id)),
            Step::Release => self.connections.pop().map_or((), |id| self.stack.release(self.now, id)),
            Step::CloseListener => {
                if let Some(listener) = self.listener {
                    self.stack.close_listener(self.now, listener);
                }
                self.listen();
            }
        }
    }

    fn poll(&mut self) {
        let mut out = [0; 2000];
        while let Some(transmit) = self.stack.poll_transmit(self.now, LINK) {
            let len = transmit.write_to(&mut out);
            let packet = cordial_ip::Packet::parse(&out[..len]).expect("what is sent can be read");
            if packet.protocol == cordial_ip::Protocol::Tcp {
                assert!(
                    cordial_wire::checksum::verify(packet.pseudo_sum(), packet.payload),
                    "a right checksum"
                );
                let segment = Segment::parse(packet.payload).expect("what is sent can be read");
                self.heard.insert(
                    (segment.source, segment.destination),
                    (segment.end(), segment.ack().unwrap_or_default()),
                );
            }
        }
    }

    fn check(&self) {
        assert!(self.stack.half_open() <= 2 && self.stack.undecided() <= 2);
        assert!(self.stack.time_wait() <= 2 && self.stack.connections() <= 6);
    }

    /// Everybody goes home. Nothing is left in a day.
    fn end(mut self) {
        for id in core::mem::take(&mut self.connections) {
            self.stack.release(self.now, id);
        }
        let day = self.now + secs(86_400);
        let mut wakes = 0;
        loop {
            while let Some(event) = self.stack.poll_event() {
                match event {
                    Event::Acceptable(listener) => {
                        while let Some(id) = self.stack.accept(self.now, listener) {
                            self.stack.release(self.now, id);
                        }
                    }
                    Event::Incoming(_, syn, _) => self.stack.answer(self.now, syn, Answer::Ignore).unwrap(),
                    _ => {}
                }
            }
            self.poll();
            let Some(next) = self.stack.next_deadline() else { break };
            assert!(next < day, "something is due after a day: {next:?}");
            wakes += 1;
            assert!(wakes < 10_000, "it wakes for nothing");
            self.now = self.now.max(next);
            self.stack.on_timer(self.now);
        }
        let left = (
            self.stack.connections(),
            self.stack.half_open(),
            self.stack.time_wait(),
            self.stack.undecided(),
        );
        assert_eq!(left, (0, 0, 0, 0), "connections, half-open, TIME-WAIT, undecided");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_stack_stays_within_its_bounds_and_comes_to_rest(
        deciding in any::<bool>(),
        steps in proptest::collection::vec(step(), 0..60),
    ) {
        let mut world = World::new(deciding);
        for step in steps {
            world.take(step);
            world.check();
        }
        world.end();
    }
}
