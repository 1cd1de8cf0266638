//! What holds whatever arrives, whatever is called, and whenever.

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::solo::{Solo, plain};
use cordial_tcp::{
    Connection, Deadline, Half, HalfOpen, Instant, Keepalive, MtuProbing, Phase, Pool, Room, TcpConfig, Vars,
};
use cordial_wire::{Flags, Options, SackBlocks, Segment, SeqNum, Timestamps};
use proptest::prelude::*;

/// Something that happens to a connection.
#[derive(Clone, Debug)]
enum Event {
    /// A segment: flags, SEQ from RCV.NXT, ACK from SND.UNA, octets, window, timestamp back in time, a SACK block.
    Segment {
        flags: u16,
        seq: i32,
        ack: i32,
        len: usize,
        window: u16,
        age: Option<u32>,
        sack: Option<(i32, i32)>,
    },
    Poll {
        room: u32,
        at_most: usize,
    },
    Timer,
    /// Time passes, with its timers or without.
    Pass {
        millis: u32,
        timers: bool,
    },
    Write(usize),
    Read(usize),
    Shutdown(Half),
    Release,
    Abort,
    Unreachable {
        seq: i32,
        hard: bool,
    },
    /// A router says that what lies there was too long, and that so much passes.
    TooBig {
        seq: i32,
        size: u16,
    },
    Nodelay(bool),
    Keepalive(bool),
    TakeTimeWait,
}

/// Near the edges more often than anywhere else.
fn offset() -> impl Strategy<Value = i32> {
    prop_oneof![
        6 => Just(0),
        3 => -2..=2,
        3 => -3000..70_000,
        1 => any::<i32>(),
    ]
}

fn flags() -> impl Strategy<Value = u16> {
    prop_oneof![
        24 => Just(Flags::ACK.bits()),
        6 => Just((Flags::ACK | Flags::PSH).bits()),
        6 => Just((Flags::ACK | Flags::FIN).bits()),
        2 => Just((Flags::ACK | Flags::SYN).bits()),
        3 => Just(Flags::SYN.bits()),
        1 => Just(Flags::RST.bits()),
        1 => Just((Flags::ACK | Flags::RST).bits()),
        1 => 0_u16..512,
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let len = prop_oneof![4 => Just(0_usize), 2 => 1..20_usize, 2 => Just(1000_usize), 1 => 0..70_000_usize];
    let window = prop_oneof![Just(0_u16), 0..100_u16, any::<u16>()];
    let age = prop::option::weighted(0.9, prop_oneof![5 => 0..20_u32, 1 => any::<u32>()]);
    let sack = prop::option::weighted(0.3, (offset(), offset()));
    prop_oneof![
        12 => (flags(), offset(), offset(), len, window, age, sack).prop_map(
            |(flags, seq, ack, len, window, age, sack)| Event::Segment { flags, seq, ack, len, window, age, sack }
        ),
        6 => (prop_oneof![Just(1000_u32), Just(65_000), 0..5000_u32], 1..20_usize)
            .prop_map(|(room, at_most)| Event::Poll { room, at_most }),
        2 => Just(Event::Timer),
        3 => (prop_oneof![0..50_u32, 0..5_000_u32, 0..500_000_u32], any::<bool>())
            .prop_map(|(millis, timers)| Event::Pass { millis, timers }),
        4 => prop_oneof![1..50_usize, 1..20_000_usize].prop_map(Event::Write),
        4 => (0..20_000_usize).prop_map(Event::Read),
        1 => prop_oneof![Just(Half::Read), Just(Half::Write), Just(Half::Both)].prop_map(Event::Shutdown),
        1 => prop_oneof![20 => Just(Event::TakeTimeWait), 1 => Just(Event::Abort), 3 => Just(Event::Release)],
        1 => (offset(), any::<bool>()).prop_map(|(seq, hard)| Event::Unreachable { seq, hard }),
        2 => (prop_oneof![0..5_000_i32, offset()], prop_oneof![500..1_000_u16, any::<u16>()])
            .prop_map(|(seq, size)| Event::TooBig { seq, size }),
        1 => any::<bool>().prop_map(Event::Nodelay),
        1 => any::<bool>().prop_map(Event::Keepalive),
    ]
}

fn config() -> impl Strategy<Value = TcpConfig> {
    let buffer = prop_oneof![Just(1_u32), Just(100), Just(5_000), Just(128 << 10)];
    let probing =
        prop_oneof![Just(MtuProbing::Never), Just(MtuProbing::AfterBlackHole), Just(MtuProbing::Always)];
    let send_buffer = prop_oneof![Just(100_u32), Just(10_000), Just(1 << 20)];
    (buffer, any::<[bool; 5]>(), send_buffer, probing).prop_map(
        |(buffer, [scaling, timestamps, sack, nodelay, lazy], send_buffer, mtu_probing)| TcpConfig {
            mtu_probing,
            mtu_probe_base: 600,
            receive_buffer: buffer,
            receive_buffer_max: buffer * 8,
            send_buffer,
            window_scaling: scaling,
            timestamps,
            sack,
            nodelay,
            delayed_ack: if lazy { Duration::from_millis(40) } else { Duration::ZERO },
            ..TcpConfig::default()
        },
    )
}

/// A connection, and what has to stay true of it.
struct Subject {
    connection: Connection,
    pool: Pool,
    now: Instant,
    before: Vars,
    /// The furthest right edge the peer was ever told of.
    told: Option<SeqNum>,
}

fn at(base: SeqNum, offset: i32) -> SeqNum {
    base + offset as u32
}

impl Subject {
    fn new(config: TcpConfig, iss: u32, start: Duration) -> Self {
        let now = Instant::from_millis(1) + start;
        let connection = Connection::connect(now, SeqNum(iss), 77, 1000, &Arc::new(config));
        let before = connection.vars();
        Self { connection, pool: Pool::new(300_000), now, before, told: None }
    }

    /// A server that may answer before the third segment has come: its caller is known by a cookie.
    fn answering_early(mut self) -> Self {
        let syn = Segment {
            seq: SeqNum(7),
            flags: Flags::SYN,
            window: 60_000,
            options: Options {
                mss: Some(1000),
                window_scale: Some(7),
                sack_permitted: true,
                ..Options::default()
            },
            payload: &[9; 50],
            ..Segment::default()
        };
        let (now, config) = (self.now, Arc::new(self.connection.config().clone()));
        let half = HalfOpen::new(now, &syn, self.before.iss, 77, &config);
        self.connection = Connection::from_fast_open(now, &half, &syn, None, 1000, &config, &mut self.pool);
        self.before = self.connection.vars();
        self
    }

    fn happen(&mut self, event: &Event) {
        let now = self.now;
        match *event {
            Event::Segment { flags, seq, ack, len, window, age, sack } => {
                self.arrive(flags, seq, ack, len, window, age, sack);
            }
            Event::Poll { room, at_most } => self.poll(room, at_most),
            Event::Timer => drop(self.connection.on_timer(now, &mut self.pool)),
            Event::Pass { millis, timers } => self.pass(Duration::from_millis(u64::from(millis)), timers),
            Event::Write(len) => {
                let _ =
                    self.connection.write(now, &[&vec![1; len / 2], &vec![2; len - len / 2]], &mut self.pool);
            }
            Event::Read(most) => {
                let _ = self.connection.read_with(now, &mut self.pool, |slices| {
                    let there: usize = slices.iter().map(|slice| slice.len()).sum();
                    // More than was handed out may be claimed.
                    (most.min(there.max(most / 2)), ())
                });
            }
            Event::Shutdown(half) => drop(self.connection.shutdown(now, half, &mut self.pool)),
            Event::Release => drop(self.connection.release(now, &mut self.pool)),
            Event::Abort => drop(self.connection.abort(now, &mut self.pool)),
            Event::Unreachable { seq, hard } => {
                let quoted = at(self.connection.vars().snd_una, seq);
                self.connection.on_unreachable(now, quoted, hard, &mut self.pool);
            }
            Event::TooBig { seq, size } => {
                let quoted = at(self.connection.vars().snd_una, seq);
                self.connection.on_too_big(now, quoted, size, &mut self.pool);
            }
            Event::Nodelay(on) => self.connection.set_nodelay(on),
            Event::Keepalive(on) => self.connection.set_keepalive(now, on.then(Keepalive::default)),
            Event::TakeTimeWait => drop(self.connection.take_time_wait(now)),
        }
        self.check();
    }

    #[allow(clippy::too_many_arguments)]
    fn arrive(
        &mut self,
        flags: u16,
        seq: i32,
        ack: i32,
        len: usize,
        window: u16,
        age: Option<u32>,
        sack: Option<(i32, i32)>,
    ) {
        let vars = self.connection.vars();
        // An ACK of everything, and a SYN-ACK that opens, come more often than chance would have it.
        let opening = vars.phase == Phase::SynSent;
        let base = if opening || len.is_multiple_of(2) { vars.snd_nxt } else { vars.snd_una };
        let ack_number = at(base, ack);
        let mut blocks = SackBlocks::default();
        if let Some((start, end)) = sack {
            blocks.push(at(vars.snd_una, start), at(vars.snd_una, end));
        }
        let clock = (self.now.as_millis() as u32).wrapping_add(77);
        let timestamps = age.map(|age| Timestamps {
            value: (self.now.as_millis() as u32).wrapping_sub(age),
            echo: clock.wrapping_sub(age),
        });
        let payload = vec![9; len];
        let flags = match Flags::from_bits(flags) {
            flags if opening && flags.without(Flags::PSH) == Flags::ACK => Flags::SYN | Flags::ACK,
            flags => flags,
        };
        let segment = Segment {
            seq: at(vars.rcv_nxt, seq),
            ack_number,
            flags,
            window,
            options: Options {
                mss: Some(1000),
                timestamps,
                sack: blocks,
                sack_permitted: true,
                window_scale: Some(7),
                ..Options::default()
            },
            payload: &payload,
            ..Segment::default()
        };
        let outcome = self.connection.on_segment(self.now, &segment, &mut self.pool);
        if let Some(reply) = outcome.reply {
            assert!(reply.payload.is_empty());
            assert!(
                !segment.flags.contains(Flags::RST) || !reply.flags.contains(Flags::RST),
                "a reset for a reset"
            );
        }
    }

    fn poll(&mut self, room: u32, at_most: usize) {
        for _ in 0..at_most {
            let shift = self.window_shift();
            let Some(out) = self.connection.poll_segment(self.now, Room { super_segment: room }, &self.pool)
            else {
                return;
            };
            let octets: usize = out.body.map(<[u8]>::len).sum();
            let header = out.header;
            assert!(octets as u32 <= room.max(1000), "{octets} octets in room of {room}");
            assert!(out.gso.is_some() || octets <= 1000, "{octets} octets and no super-segment");
            if header.flags.contains(Flags::ACK) {
                let shift = if header.flags.contains(Flags::SYN) { 0 } else { shift };
                let edge = header.ack_number + (u32::from(header.window) << shift);
                if let Some(told) = self.told.filter(|_| !header.flags.contains(Flags::SYN)) {
                    // By less than the window's unit it may (RFC 7323 §2.4); what was told is still taken.
                    let unit = 1 << shift;
                    assert!(
                        (edge + (unit - 1)).at_or_after(told),
                        "the right edge went back from {told} to {edge}"
                    );
                }
                self.told = Some(self.told.map_or(edge, |told| told.max(edge)));
            }
        }
    }

    /// Our shift: the window of vars() is exact, the header's is in units of the shift.
    fn window_shift(&self) -> u8 {
        if self.connection.config().window_scaling { cordial_tcp::WINDOW_SHIFT } else { 0 }
    }

    fn pass(&mut self, span: Duration, timers: bool) {
        let until = self.now + span;
        let mut turns = 0;
        let due = |subject: &Self| {
            let due = subject.connection.deadline(subject.now).instant(subject.now);
            due.filter(|&due| timers && due <= until)
        };
        while let Some(due) = due(self) {
            self.now = self.now.max(due);
            self.connection.on_timer(self.now, &mut self.pool);
            self.not_overdue();
            self.poll(1000, 100);
            self.not_overdue();
            self.check();
            turns += 1;
            assert!(turns < 20_000, "timers that never rest: {:?}", self.connection.vars());
        }
        self.now = until;
    }

    fn not_overdue(&self) {
        let deadline: Deadline = self.connection.deadline(self.now);
        assert!(!deadline.is_due(self.now), "due and not dealt with: {:?}", self.connection.vars().timers);
    }

    fn check(&mut self) {
        let vars = self.connection.vars();
        let before = std::mem::replace(&mut self.before, vars);
        if vars.phase == Phase::Closed {
            assert!(
                !self.connection.deadline(self.now).is_set(),
                "CLOSED and yet something is due: {:?}",
                vars.timers
            );
            assert!(!self.connection.has_output());
            return;
        }
        assert!(vars.snd_una.at_or_before(vars.snd_nxt), "{vars:?}");
        assert!(vars.snd_una.at_or_after(before.snd_una), "SND.UNA went back: {before:?} {vars:?}");
        assert!(vars.snd_nxt.at_or_after(before.snd_nxt), "SND.NXT went back: {before:?} {vars:?}");
        assert!(vars.snd_nxt.since(vars.snd_una) <= vars.queued + 2, "{vars:?}");
        assert!(vars.in_flight <= vars.snd_nxt.since(vars.snd_una) + vars.queued, "{vars:?}");
        if before.irs.is_some() && before.irs == vars.irs {
            assert!(vars.rcv_nxt.at_or_after(before.rcv_nxt), "RCV.NXT went back: {before:?} {vars:?}");
            let (edge, was) = (vars.rcv_nxt + vars.rcv_wnd, before.rcv_nxt + before.rcv_wnd);
            assert!(edge.at_or_after(was), "the right edge went back: {before:?} {vars:?}");
        }
        let outstanding = vars.snd_nxt != vars.snd_una;
        assert!(!outstanding || vars.timers.retransmit.is_set(), "in flight without a timer: {vars:?}");
    }

    /// Nothing is left behind.
    fn end(mut self) {
        self.connection.clear(&mut self.pool);
        assert_eq!(self.pool.in_use(), 0, "chunks that nobody gave back");
        assert!(!self.connection.deadline(self.now).is_set());
        assert_eq!(self.connection.phase(), Phase::Closed);
    }
}

fn cases() -> ProptestConfig {
    // The seed is printed with the case that fails; nothing is written into the tree.
    ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn whatever_happens_the_connection_stays_consistent(
        config in config(),
        iss in prop_oneof![Just(300_u32), Just(u32::MAX - 5), any::<u32>()],
        start in 0..500_u64,
        early in prop::bool::weighted(0.2),
        events in prop::collection::vec(event(), 1..120),
    ) {
        // Hours apart: deadlines live on a circle of 76 of them.
        let mut subject = Subject::new(config, iss, Duration::from_secs(start * 3600));
        if early {
            subject = subject.answering_early();
        }
        subject.check();
        for event in &events {
            subject.happen(event);
        }
        subject.pass(Duration::from_secs(600), true);
        subject.end();
    }

    /// Without segments only timers are left, and they come to rest or to an end.
    #[test]
    fn left_alone_a_connection_comes_to_rest(events in prop::collection::vec(event(), 1..40)) {
        let mut subject = Subject::new(TcpConfig::default(), 5, Duration::ZERO);
        for event in &events {
            subject.happen(event);
        }
        subject.connection.set_keepalive(subject.now, None);
        subject.pass(Duration::from_secs(3600), true);
        let vars = subject.connection.vars();
        prop_assert!(vars.snd_una == vars.snd_nxt, "nobody answers, and still waiting: {vars:?}");
        prop_assert!(!subject.connection.deadline(subject.now).is_set(), "{:?}", vars.timers);
        subject.end();
    }
}

/// The same inputs, the same connection; another input, most likely another.
#[test]
fn fingerprints_tell_connections_apart() {
    use std::hash::{DefaultHasher, Hasher};
    let print = |solo: &Solo| {
        let mut hasher = DefaultHasher::new();
        solo.connection.fingerprint(solo.now, &mut hasher);
        hasher.finish()
    };
    let states = Phase::ALL.into_iter().filter(|&phase| phase != Phase::Listen);
    let prints: Vec<_> =
        states.map(|phase| (print(&Solo::in_state(phase)), print(&Solo::in_state(phase)))).collect();
    for (i, (first, second)) in prints.iter().enumerate() {
        assert_eq!(first, second);
        assert!(prints[..i].iter().all(|(other, _)| other != first));
    }
    let mut solo = Solo::established(plain());
    let before = print(&solo);
    solo.write(1);
    assert_ne!(print(&solo), before);
}
