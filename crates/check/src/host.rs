//! One end: a stack, its application, and what a harness keeps there.

mod calls;
mod meeting;

use std::collections::VecDeque;
use std::hash::{Hash, Hasher};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use cordial_stack::{Bind, Frame, Instant, LinkId, ListenConfig, ListenerId, Phase, Stack, Tuple, Vars};
use cordial_trace::Recorder;
use cordial_trace::event::Side;
use cordial_wire::{Checksum, Segment, SeqNum};

use crate::app::App;
use crate::chance::Dealt;
use crate::eye::{Eye, Note};
use crate::harness::{Memory, Passage};
use crate::message::{packet, segment_in};
use crate::scenario::{Setting, address};

/// One end.
#[derive(Clone, Debug)]
pub struct Host {
    side: Side,
    stack: Stack<Dealt, Eye>,
    listener: Option<ListenerId>,
    /// Its application.
    pub app: App,
    /// What a harness remembers here.
    pub memory: Memory,
    /// Initial numbers that it asked for a connection with and has not taken back.
    asked: Vec<u32>,
    /// The client's attempt that its connection belongs to, or belonged to last, half-open or in TIME-WAIT as it may be.
    attempt: u8,
    /// Since when there is a half-open connection.
    half_since: Option<Instant>,
    /// Octets that arrived and were not read: their numbers, and what they are, in the order of arrival. A stack tells
    /// only which numbers it keeps, and with equal initial numbers an old octet has a new one's.
    unread: Vec<(SeqNum, u8)>,
    /// The connection that became ESTABLISHED last.
    opened: Option<Opened>,
    /// Those that wait to be accepted, in order.
    waiting: VecDeque<Opened>,
    /// The one that the application has, or had last.
    held: Option<Opened>,
    /// The connection that was made last of a SYN and what rode on it, until its third segment comes.
    early: Option<Opened>,
}

/// A connection that is, or was, ESTABLISHED at this end, or was made of a SYN and what rode on it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Opened {
    /// The client's attempt that was under way.
    pub era: u8,
    /// ISS.
    pub iss: u32,
    /// IRS.
    pub irs: u32,
}

const LINK: LinkId = LinkId(0);

/// More callers than a scenario has, whose third segment may be missing.
const TRUSTED: NonZeroU32 = NonZeroU32::new(16).unwrap();

impl Host {
    /// A host that was just switched on.
    pub fn new(side: Side, setting: &Setting) -> Self {
        let tuple = Tuple { local: address(side), peer: address(side.other()) };
        let chance = Dealt::new(setting.numbers(side));
        let eye = Eye::new(tuple, None);
        let script = match side {
            Side::Client => setting.scenario.client,
            Side::Server => setting.scenario.server,
        };
        let mut host = Self {
            side,
            stack: Stack::new(setting.config(side), chance, eye),
            listener: None,
            app: App::new(script),
            memory: Memory::default(),
            asked: Vec::new(),
            attempt: 0,
            half_since: None,
            unread: Vec::new(),
            opened: None,
            waiting: VecDeque::new(),
            held: None,
            early: None,
        };
        if side == Side::Server && setting.scenario.listens {
            let fast_open = setting.scenario.opens_fast.then_some(TRUSTED);
            let config = ListenConfig { fast_open, ..ListenConfig::default() };
            host.listener = host.stack.listen(Bind::Port(address(side).port()), config).ok();
        }
        host
    }

    /// What happens here is recorded from now on.
    pub fn record(&mut self, recorder: Option<Recorder>) {
        self.stack.observer_mut().record(recorder);
    }

    /// Which end it is.
    pub const fn side(&self) -> Side {
        self.side
    }

    /// The connection's variables, as last told.
    pub fn vars(&self) -> &Vars {
        self.stack.observer().vars()
    }

    /// The RFC's name for the state of its end.
    pub fn phase(&self) -> Phase {
        match self.vars().phase {
            Phase::Closed | Phase::Listen if self.stack.time_wait() > 0 => Phase::TimeWait,
            Phase::Closed if self.listener.is_some() => Phase::Listen,
            phase => phase,
        }
    }

    /// What the last step did here.
    pub fn eye(&self) -> &Eye {
        self.stack.observer()
    }

    /// Begins a new step.
    pub fn forget(&mut self) {
        self.stack.observer_mut().forget();
    }

    /// The connection that became ESTABLISHED here last.
    pub const fn opened(&self) -> Option<Opened> {
        self.opened
    }

    /// The connection that the application has, or had last, if that was ever ESTABLISHED.
    pub const fn held(&self) -> Option<Opened> {
        self.held
    }

    /// The client's attempt that its connection belongs to, or belonged to last.
    pub const fn attempt(&self) -> u8 {
        self.attempt
    }

    /// True for the end that calls and whose attempts are counted.
    pub fn is_client(&self) -> bool {
        self.side == Side::Client
    }

    /// The numbers of its connection, from ESTABLISHED to LAST-ACK.
    pub fn synchronized(&self) -> Option<Opened> {
        let Vars { phase, iss, irs, .. } = *self.vars();
        let has_both = (Phase::Established..=Phase::LastAck).contains(&phase);
        irs.filter(|_| has_both).map(|irs| Opened { era: self.attempt, iss: iss.0, irs: irs.0 })
    }

    /// True if somebody called and has not answered yet.
    pub fn is_half_open(&self) -> bool {
        self.is_passive() && self.vars().phase == Phase::SynReceived
    }

    /// For how long it has been.
    pub fn half_open_for(&self, now: Instant) -> Duration {
        self.half_since.map_or(Duration::ZERO, |since| now.since(since))
    }

    /// True if it asked for a connection with this initial number.
    pub fn has_asked(&self, number: u32) -> bool {
        self.asked.contains(&number)
    }

    /// Half-open connections.
    pub fn half_open(&self) -> usize {
        self.stack.half_open()
    }

    /// True if somebody listens.
    pub const fn is_listening(&self) -> bool {
        self.listener.is_some()
    }

    /// Connections that are alive in some way between the two ends.
    pub fn alive(&self) -> usize {
        let held = self.app.conn.and_then(|conn| self.stack.info(conn));
        let is_open = held.is_some_and(|info| !matches!(info.phase, Phase::Closed | Phase::TimeWait));
        let waits = self.listener.map_or(0, |listener| self.stack.queued(listener));
        usize::from(is_open) + waits + usize::from(self.half_open() > 0) + self.stack.time_wait()
    }

    /// How far its application and its chance have come: neither goes back.
    pub fn progress(&self) -> (u8, u8) {
        (self.app.at(), self.stack.chance().drawn())
    }

    /// When its next timer comes due.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.stack.next_deadline()
    }

    /// Timers that are due come due.
    pub fn on_timer(&mut self, now: Instant) {
        self.stack.on_timer(now);
    }

    /// A segment from the watched peer arrives. `from` is the peer's address as the packet says it.
    pub fn receive(&mut self, setting: &Setting, now: Instant, octets: &Arc<[u8]>) {
        let Some(segment) = segment_in(octets) else { return };
        let harness = setting.harness.filter(|_| segment.source == address(self.side.other()).port());
        match harness.map_or(Passage::Pass, |harness| harness.incoming(self, &segment)) {
            Passage::Pass => self.enter(now, octets),
            Passage::Keep => {}
            Passage::Instead(others) => others.iter().for_each(|octets| self.enter(now, octets)),
        }
        if let Some(harness) = harness {
            harness.entered(self, now, &segment);
        }
    }

    /// Puts a packet into the stack as if it had come from the wire.
    pub fn enter(&mut self, now: Instant, octets: &[u8]) {
        if let Some(segment) = segment_in(octets) {
            let first = segment.seq + u32::from(segment.flags.contains(cordial_wire::Flags::SYN));
            let numbered = segment.payload.iter().zip(0..).map(|(octet, at)| (first + at, *octet));
            for octet in numbered.collect::<Vec<_>>() {
                if !self.unread.contains(&octet) {
                    self.unread.push(octet);
                }
            }
        }
        self.stack.on_frame(now, LINK, Frame { octets, checksum: Checksum::Verified, gso: None });
    }

    /// A segment from this host to its peer, as a packet.
    pub fn packet_out(&self, segment: &Segment<'_>) -> Arc<[u8]> {
        between(self.side, segment)
    }

    /// A segment from its peer to this host, as a packet.
    pub fn packet_in(&self, segment: &Segment<'_>) -> Arc<[u8]> {
        between(self.side.other(), segment)
    }

    /// Everything it has to send, in order.
    pub fn poll(&mut self, setting: &Setting, now: Instant) -> Vec<Arc<[u8]>> {
        let mut sent = Vec::new();
        let mut room = [0; 256];
        while let Some(transmit) = self.stack.poll_transmit(now, LINK) {
            let len = transmit.write_to(&mut room);
            let octets: Arc<[u8]> = room.get(..len).unwrap_or_default().into();
            let Some(segment) = segment_in(&octets) else { continue };
            // What is for a stranger is lost on everyone here.
            if segment.destination != address(self.side.other()).port() {
                continue;
            }
            match setting.harness.map_or(Passage::Pass, |harness| harness.outgoing(self, now, &segment)) {
                Passage::Pass => sent.push(octets),
                Passage::Keep => {}
                Passage::Instead(others) => sent.extend(others),
            }
        }
        while self.stack.poll_event().is_some() {}
        for segment in sent.iter().filter_map(|octets| segment_in(octets)) {
            self.note_sent(&segment);
        }
        sent
    }

    fn note_sent(&mut self, segment: &Segment<'_>) {
        let is_syn = segment.flags.contains(cordial_wire::Flags::SYN);
        if is_syn && !self.asked.contains(&segment.seq.0) {
            self.asked.push(segment.seq.0);
        }
    }

    /// Nobody holds the two ports.
    pub fn is_free(&self) -> bool {
        self.stack.connections() == 0 && self.stack.half_open() == 0 && self.stack.time_wait() == 0
    }

    /// The attempt that the application's connection belongs to.
    fn era(&self) -> u8 {
        self.held.map_or(self.attempt, |held| held.era)
    }

    /// Gives the connection up without a word to anybody: the harness's doing.
    pub fn cut(&mut self, now: Instant) {
        if let Some(conn) = self.app.conn {
            self.memory.cut = true;
            self.stack.abort(now, conn);
        }
    }

    /// Gives the connection up.
    pub fn abort(&mut self, now: Instant) {
        if let Some(conn) = self.app.conn {
            self.stack.abort(now, conn);
        }
    }

    /// Takes in which attempt its connection belongs to from now on: where a SYN began it, that of the segment that
    /// arrived. The client's is known from its call.
    pub fn note_attempt(&mut self, arrived: Option<u8>) {
        let begins = |note: &Note| {
            let is_new = note.before <= Phase::Listen || note.before == Phase::TimeWait;
            is_new && note.after.phase > Phase::Listen && note.after.phase != Phase::TimeWait
        };
        if self.is_passive()
            && let Some(era) = arrived.filter(|_| self.eye().notes().iter().any(begins))
        {
            self.attempt = era;
        }
    }

    /// Takes in since when a connection is half-open, and which octets wait to be read.
    pub fn note_waiting(&mut self, now: Instant) {
        let begins =
            |note: &Note| note.before != Phase::SynReceived && note.after.phase == Phase::SynReceived;
        let is_new = self.half_since.is_none() || self.eye().notes().iter().any(begins);
        self.half_since = if is_new { Some(now) } else { self.half_since }.filter(|_| self.is_half_open());
        let Vars { phase, rcv_nxt, unread, .. } = *self.vars();
        match phase > Phase::SynSent {
            true => self.unread.retain(|(at, _)| (*at + unread).at_or_after(rcv_nxt)),
            false => self.unread.clear(),
        }
    }

    /// Takes in what the step opened. The client opens in its own attempt; the server in that whose segment opens it.
    pub fn note_opening(&mut self, arrived: Option<u8>) {
        if let Some(note) = self.eye().notes().iter().rfind(|note| note.opens_early()) {
            let early = opened(self.attempt, note);
            self.early = Some(early);
            self.waiting.push_back(early);
        }
        let opens = self.eye().notes().iter().rfind(|note| note.opens());
        if let Some(note) = opens {
            let opened = opened(arrived.filter(|_| self.is_passive()).unwrap_or(self.attempt), note);
            self.attempt = opened.era;
            self.opened = Some(opened);
            if self.early.take_if(|early| (early.iss, early.irs) == (opened.iss, opened.irs)).is_some() {
                // It waits already, or is held and perhaps read from.
                return self.note_third_segment(opened);
            }
            // What was opened actively is the application's already.
            match self.app.conn.is_some() && self.held.is_none() && !self.is_passive() {
                true => self.held = Some(opened),
                false => self.waiting.push_back(opened),
            }
        }
    }

    /// What was read of the SYN was read on a connection that is open.
    fn note_third_segment(&mut self, opened: Opened) {
        if self.held == Some(opened) {
            self.app.deliver(opened.era);
        }
    }

    /// True if the application has a connection whose third segment has not come, or never came.
    pub fn is_early(&self) -> bool {
        self.early.is_some() && self.early == self.held
    }

    /// True if the application has a connection that repeats one: a SYN came once more, with what rode on it, when the
    /// connection that it had begun was over (RFC 7413 §2.1).
    pub fn repeats(&self) -> bool {
        self.is_early() && self.app.repeats
    }

    /// Its connections come from a listener.
    const fn is_passive(&self) -> bool {
        self.listener.is_some()
    }

    /// The host is switched off and on: the stack forgets everything; chance goes on; the application begins its next
    /// connection.
    pub fn reboot(&mut self, setting: &Setting) {
        let chance = self.stack.chance().rebooted();
        let eye = self.stack.observer().rebooted();
        self.stack = Stack::new(setting.config(self.side), chance, eye);
        self.asked.clear();
        (self.opened, self.held, self.early, self.half_since) = (None, None, None, None);
        self.waiting.clear();
        self.unread.clear();
        self.app.move_on();
        self.app.ended = false;
        self.memory = Memory::default();
    }

    /// Feeds everything that decides the future into `h`.
    ///
    /// A stack's own fingerprint counts from its initial numbers, since two connections that differ in those alone go on
    /// alike. Here segments of one connection meet another, so the numbers themselves are added.
    pub fn fingerprint(&self, now: Instant, h: &mut impl Hasher) {
        let Self {
            side: _,
            stack,
            listener,
            app,
            memory,
            asked,
            attempt,
            half_since,
            unread,
            opened,
            waiting,
            held,
            early,
        } = self;
        stack.fingerprint(now, h);
        stack.chance().drawn().hash(h);
        stack.observer().fingerprint(h);
        listener.is_some().hash(h);
        app.fingerprint(h);
        (memory, asked, attempt, opened, waiting, held, early).hash(h);
        half_since.map(|since| now.since(since)).hash(h);
        unread.iter().for_each(|(at, octet)| (at.0, octet).hash(h));
    }
}

/// What a note tells of a connection of an attempt.
fn opened(era: u8, note: &Note) -> Opened {
    Opened { era, iss: note.after.iss.0, irs: note.after.irs.map_or(0, |irs| irs.0) }
}

fn between(from: Side, segment: &Segment<'_>) -> Arc<[u8]> {
    let (source, destination) = (address(from), address(from.other()));
    let segment = Segment { source: source.port(), destination: destination.port(), ..*segment };
    packet(source.ip(), destination.ip(), &segment)
}
