//! Two connections on a wire in virtual time, with faults by seed.
#![allow(dead_code)]

pub mod notation;
pub mod solo;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cordial_tcp::{
    Connection, Effects, Half, HalfOpen, HalfOpenNext, Instant, Phase, Pool, ReadError, Room, TcpConfig,
    TimeWait, listen,
};
use cordial_wire::{Segment, SeqNum};

pub const MSS: u16 = 1460;

/// What may befall a segment, in parts of a thousand.
#[derive(Clone, Copy, Default, Debug)]
pub struct Faults {
    pub lose: u32,
    pub duplicate: u32,
    pub reorder: u32,
}

/// A small generator, the same for everyone who knows the seed.
#[derive(Clone)]
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn chance(&mut self, per_mille: u32) -> bool {
        self.roll() % 1000 < u64::from(per_mille)
    }
}

/// One end: a connection at whatever stage.
pub enum Socket {
    Listening,
    HalfOpen(HalfOpen),
    Open(Box<Connection>),
    TimeWait(Box<Connection>, TimeWait),
    /// CLOSED; what was received can still be read.
    Gone(Box<Connection>),
}

/// When an end closes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Close {
    /// Once everything is written.
    Written,
    /// Once everything is written and the peer has closed.
    Answering,
    Never,
}

/// How fast an end reads.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub octets: usize,
    pub every: Duration,
}

pub struct End {
    pub socket: Socket,
    pub pool: Pool,
    pub config: Arc<TcpConfig>,
    pub iss: SeqNum,
    pub to_write: usize,
    pub written: usize,
    pub read: usize,
    pub close: Close,
    /// Reads at once whatever there is, unless set.
    pub pace: Option<Pace>,
    next_read: Instant,
    pub saw_end: bool,
    pub failed: Option<ReadError>,
}

/// Octets that repeat after a prime number of them, so that any misplaced one shows: `from..from + len` of every stream.
pub fn octets(from: usize, len: usize) -> &'static [u8] {
    const PERIOD: usize = 65_521;
    const MOST: usize = 1 << 16;
    static PATTERN: OnceLock<Vec<u8>> = OnceLock::new();
    let pattern = PATTERN.get_or_init(|| {
        let mut dice = Dice(7);
        let once: Vec<u8> = (0..PERIOD).map(|_| dice.roll() as u8).collect();
        once.iter().chain(&once).chain(&once).copied().collect()
    });
    assert!(len <= MOST);
    &pattern[from % PERIOD..][..len]
}

impl End {
    pub fn new(socket: Socket, iss: u32, config: TcpConfig) -> Self {
        Self {
            socket,
            pool: Pool::new(64 << 20),
            config: Arc::new(config),
            iss: SeqNum(iss),
            to_write: 0,
            written: 0,
            read: 0,
            close: Close::Written,
            pace: None,
            next_read: Instant::ZERO,
            saw_end: false,
            failed: None,
        }
    }

    pub fn phase(&self) -> Phase {
        match &self.socket {
            Socket::Listening => Phase::Listen,
            Socket::HalfOpen(_) => Phase::SynReceived,
            Socket::Open(c) | Socket::Gone(c) => c.phase(),
            Socket::TimeWait(..) => Phase::TimeWait,
        }
    }

    pub fn connection(&mut self) -> Option<&mut Connection> {
        match &mut self.socket {
            Socket::Open(c) | Socket::TimeWait(c, _) | Socket::Gone(c) => Some(c),
            Socket::Listening | Socket::HalfOpen(_) => None,
        }
    }

    fn deadline(&self, now: Instant) -> Option<Instant> {
        let waits_to_read = self.pace.is_some() && !self.has_read_all();
        let timer = match &self.socket {
            Socket::Listening | Socket::Gone(_) => None,
            Socket::HalfOpen(h) => h.deadline().instant(now),
            Socket::Open(c) => c.deadline(now).instant(now),
            Socket::TimeWait(_, t) => t.deadline().instant(now),
        };
        let read = Some(self.next_read).filter(|&at| waits_to_read && at > now);
        timer.into_iter().chain(read).min()
    }

    /// Writes and reads what can be, and closes when it is time to.
    fn work(&mut self, now: Instant) {
        let (Socket::Open(connection) | Socket::TimeWait(connection, _) | Socket::Gone(connection)) =
            &mut self.socket
        else {
            return;
        };
        while self.written < self.to_write {
            let piece = octets(self.written, (16 << 10).min(self.to_write - self.written));
            match connection.write(now, &[piece], &mut self.pool) {
                Ok(0) | Err(_) => break,
                Ok(n) => self.written += n,
            }
        }
        if self.pace.is_none() || now >= self.next_read {
            self.read(now);
        }
        let closes = match self.close {
            Close::Written => true,
            Close::Answering => self.saw_end,
            Close::Never => false,
        };
        if let Socket::Open(connection) = &mut self.socket
            && closes
            && self.written == self.to_write
        {
            connection.shutdown(now, Half::Write, &mut self.pool);
        }
    }

    fn read(&mut self, now: Instant) {
        let mut left = self.pace.map_or(usize::MAX, |pace| pace.octets);
        self.next_read = now + self.pace.map_or(Duration::ZERO, |pace| pace.every);
        while left > 0 && !self.has_read_all() {
            let at = self.read;
            let (Socket::Open(connection) | Socket::TimeWait(connection, _) | Socket::Gone(connection)) =
                &mut self.socket
            else {
                return;
            };
            let outcome = connection.read_with(now, &mut self.pool, |slices| {
                let mut taken = 0;
                for slice in slices {
                    let slice = &slice[..slice.len().min(left - taken)];
                    assert!(slice == octets(at + taken, slice.len()), "octets from {}", at + taken);
                    taken += slice.len();
                }
                (taken, taken)
            });
            match outcome {
                Ok(taken) => {
                    self.read += taken;
                    left -= taken;
                }
                Err(ReadError::WouldBlock) => break,
                Err(ReadError::End) => self.saw_end = true,
                Err(error) => self.failed = Some(error),
            }
        }
    }

    /// Gives back every chunk.
    pub fn clear(&mut self) {
        if let Socket::Open(connection) | Socket::Gone(connection) = &mut self.socket {
            connection.clear(&mut self.pool);
        }
    }

    /// Nothing more will ever come.
    pub fn has_read_all(&self) -> bool {
        self.saw_end || self.failed.is_some()
    }

    /// Gives a segment to whatever is there; what is sent back at once.
    pub fn receive(&mut self, now: Instant, segment: &Segment<'_>) -> Option<Segment<'static>> {
        match &mut self.socket {
            Socket::Listening => {
                if listen(segment).is_err() {
                    return cordial_tcp::reset_for(segment);
                }
                let half = HalfOpen::new(now, segment, self.iss, 7, &self.config);
                self.socket = Socket::HalfOpen(half);
                Some(half.syn_ack(now, MSS, &self.config))
            }
            Socket::HalfOpen(half) => {
                let outcome = half.on_segment(now, segment, MSS, &self.config);
                match outcome.next {
                    HalfOpenNext::Stay => {}
                    HalfOpenNext::Forget => self.socket = Socket::Listening,
                    HalfOpenNext::Promote => {
                        let connection = Connection::from_half_open(now, half, segment, MSS, &self.config);
                        self.socket = Socket::Open(Box::new(connection));
                        return self.receive(now, segment);
                    }
                }
                outcome.reply
            }
            Socket::Open(connection) => {
                let outcome = connection.on_segment(now, segment, &mut self.pool);
                self.after(now, outcome.effects);
                outcome.reply
            }
            Socket::TimeWait(_, kept) => kept.on_segment(now, segment, &self.config).reply,
            Socket::Gone(_) => cordial_tcp::reset_for(segment),
        }
    }

    fn after(&mut self, now: Instant, effects: Effects) {
        if effects.contains(Effects::TIME_WAIT)
            && let Socket::Open(connection) = &mut self.socket
            && !connection.has_output()
            && let Some(kept) = connection.take_time_wait(now)
        {
            let Socket::Open(connection) = std::mem::replace(&mut self.socket, Socket::Listening) else {
                return;
            };
            self.socket = Socket::TimeWait(connection, kept);
        }
    }

    fn on_timer(&mut self, now: Instant) -> Option<Segment<'static>> {
        match &mut self.socket {
            Socket::Listening | Socket::Gone(_) => None,
            Socket::TimeWait(_, kept) if !kept.is_over(now) => None,
            Socket::TimeWait(..) => {
                let before = std::mem::replace(&mut self.socket, Socket::Listening);
                if let Socket::TimeWait(connection, _) = before {
                    self.socket = Socket::Gone(connection);
                }
                None
            }
            Socket::HalfOpen(half) => {
                let outcome = half.on_timer(now, MSS, &self.config);
                if outcome.next == HalfOpenNext::Forget {
                    self.socket = Socket::Listening;
                }
                outcome.reply
            }
            Socket::Open(connection) => connection.on_timer(now, &mut self.pool).reply,
        }
    }

    pub fn is_over(&self) -> bool {
        matches!(self.phase(), Phase::Closed | Phase::TimeWait)
    }
}

/// Told the sender, how many it sent, and the segment: true if it is to be lost.
pub type Drop = dyn FnMut(usize, u64, &Segment<'_>) -> bool;

/// A segment on its way.
#[derive(Clone, Debug)]
pub struct Flying {
    pub to: usize,
    pub header: Segment<'static>,
    pub payload: Vec<u8>,
}

pub struct Pair {
    pub ends: [End; 2],
    pub now: Instant,
    pub delay: Duration,
    pub faults: Faults,
    pub super_segments: u32,
    dice: Dice,
    wire: BTreeMap<(Instant, u64), Flying>,
    count: u64,
    /// Decides for each segment whether it is lost: given its sender and its number there.
    pub drop: Box<Drop>,
    sent: [u64; 2],
    /// Which ends came through TIME-WAIT.
    pub waited: [bool; 2],
    pub log: Vec<String>,
    /// Every segment by numbers relative to both ISSs: sender, flags, SEQ, ACK, octets.
    pub passed: Vec<(usize, u16, u32, u32, usize)>,
    pub keep_log: bool,
}

impl Pair {
    pub fn new(seed: u64) -> Self {
        Self::with(seed, TcpConfig::default(), TcpConfig::default())
    }

    pub fn with(seed: u64, a: TcpConfig, b: TcpConfig) -> Self {
        let mut dice = Dice(seed);
        let (x, y) = (dice.roll() as u32, dice.roll() as u32);
        let a = End::new(Socket::Listening, x, a);
        let b = End::new(Socket::Listening, y, b);
        Self {
            ends: [a, b],
            now: Instant::from_millis(1),
            delay: Duration::from_millis(10),
            faults: Faults::default(),
            super_segments: u32::from(MSS),
            dice,
            wire: BTreeMap::new(),
            count: 0,
            drop: Box::new(|_, _, _| false),
            sent: [0; 2],
            waited: [false; 2],
            log: Vec::new(),
            passed: Vec::new(),
            keep_log: false,
        }
    }

    pub fn connect(&mut self, who: usize) {
        let end = &mut self.ends[who];
        let connection = Connection::connect(self.now, end.iss, 3, MSS, &end.config);
        end.socket = Socket::Open(Box::new(connection));
    }

    fn send(&mut self, from: usize, header: Segment<'static>, payload: Vec<u8>) {
        self.sent[from] += 1;
        let segment = Segment { payload: &payload, ..header };
        let lost = (self.drop)(from, self.sent[from], &segment) || self.dice.chance(self.faults.lose);
        if self.keep_log {
            let ack = segment.ack().map_or(0, |ack| ack.since(self.ends[1 - from].iss));
            let seq = segment.seq.since(self.ends[from].iss);
            self.passed.push((from, segment.flags.bits(), seq, ack, segment.payload.len()));
            let arrow = if from == 0 { "-->" } else { "<--" };
            let mark = if lost { " lost" } else { "" };
            let (a, b) = (self.ends[0].phase(), self.ends[1].phase());
            self.log.push(format!("{:?} {a} {arrow} {segment}{mark} {b}", self.now));
        }
        let mut copies = if lost { 0 } else { 1 };
        if self.dice.chance(self.faults.duplicate) {
            copies += 1;
        }
        for _ in 0..copies {
            let mut delay = self.delay;
            if self.dice.chance(self.faults.reorder) {
                delay += Duration::from_micros(self.dice.roll() % 20_000);
            }
            self.count += 1;
            let flying = Flying { to: 1 - from, header, payload: payload.clone() };
            self.wire.insert((self.now + delay, self.count), flying);
        }
    }

    /// Lets both ends work and send until nothing more comes out at this moment.
    pub fn pump(&mut self) {
        for who in 0..2 {
            self.ends[who].work(self.now);
            let mut out = VecDeque::new();
            let room = Room { super_segment: self.super_segments };
            let end = &mut self.ends[who];
            if let Socket::Open(connection) = &mut end.socket {
                while let Some(segment) = connection.poll_segment(self.now, room, &end.pool) {
                    let mut payload = Vec::new();
                    segment.body.for_each(|piece| payload.extend_from_slice(piece));
                    out.push_back((segment.header, payload));
                }
                end.after(self.now, Effects::TIME_WAIT);
            }
            for (header, payload) in out {
                self.send(who, header, payload);
            }
        }
    }

    /// One step of virtual time; false when nothing is left to happen.
    pub fn step(&mut self) -> bool {
        self.pump();
        for who in 0..2 {
            self.waited[who] |= self.ends[who].phase() == Phase::TimeWait;
        }
        let arrival = self.wire.first_key_value().map(|(&(at, _), _)| at);
        let timers = self.ends.iter().filter_map(|end| end.deadline(self.now)).min();
        let Some(next) = arrival.into_iter().chain(timers).min() else { return false };
        self.now = self.now.max(next);
        while let Some(entry) = self.wire.first_entry() {
            if entry.key().0 > self.now {
                break;
            }
            let flying = entry.remove();
            let segment = Segment { payload: &flying.payload, ..flying.header };
            if let Some(reply) = self.ends[flying.to].receive(self.now, &segment) {
                self.send(flying.to, reply, Vec::new());
            }
            self.pump();
        }
        for who in 0..2 {
            let due = self.ends[who].deadline(self.now).is_some_and(|at| at <= self.now);
            if due && let Some(reply) = self.ends[who].on_timer(self.now) {
                self.send(who, reply, Vec::new());
            }
        }
        true
    }

    /// Runs until both ends are over and have read everything, or `limit` has passed; true if they are.
    pub fn run(&mut self, limit: Duration) -> bool {
        self.run_until(limit, |end| end.is_over() && end.has_read_all())
    }

    /// Runs until both ends are CLOSED, TIME-WAIT over, or `limit` has passed; true if they are.
    pub fn run_out(&mut self, limit: Duration) -> bool {
        self.run_until(limit, |end| end.phase() == Phase::Closed)
    }

    pub fn run_until(&mut self, limit: Duration, is_done: impl Fn(&End) -> bool) -> bool {
        let end = self.now + limit;
        while self.now < end && !self.ends.iter().all(&is_done) && self.step() {}
        self.pump();
        self.ends.iter().all(is_done)
    }
}
