//! Connections put together fact by fact, as a stack would tell them.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::net::SocketAddr;
use std::time::Duration;

use cordial_stack::{Call, Fact, Observer, Tuple, What};
use cordial_tcp::{CloseCause, Deadline, Instant, Phase, Refusal, Rule, Slices, Vars};
use cordial_trace::event::{Fate, Side};
use cordial_trace::{Event, Inbox, Limits, OnPath, Recorder, Trace, Vantage};
use cordial_wire::{Flags, Options, Segment, SeqNum};

pub const CLIENT_ISS: u32 = 1_000;
pub const SERVER_ISS: u32 = 5_000;

/// A connection in the making. Times are milliseconds, numbers relative.
pub struct Scene {
    pub inbox: Inbox,
    recorder: Recorder,
    pub trace: Trace,
    pub now: Instant,
    vars: [Vars; 2],
    before: [Vars; 2],
    pub tuple: Tuple,
    pub events: Vec<Event>,
}

/// A segment by relative numbers.
#[derive(Clone, Copy)]
pub struct Seg {
    pub flags: Flags,
    pub seq: u32,
    pub ack: Option<u32>,
    pub data: &'static [u8],
    pub again: bool,
    pub options: Options,
    pub window: u16,
}

pub fn seg(names: &str, seq: u32) -> Seg {
    let mut flags = Flags::NONE;
    for name in names.split('+') {
        flags |= match name {
            "SYN" => Flags::SYN,
            "FIN" => Flags::FIN,
            "RST" => Flags::RST,
            "PSH" => Flags::PSH,
            _ => Flags::ACK,
        };
    }
    Seg { flags, seq, ack: None, data: &[], again: false, options: Options::default(), window: 65_535 }
}

impl Seg {
    pub fn ack(self, ack: u32) -> Self {
        Self { ack: Some(ack), ..self }
    }
    pub fn data(self, data: &'static [u8]) -> Self {
        Self { data, ..self }
    }
    pub fn again(self) -> Self {
        Self { again: true, ..self }
    }
    pub fn window(self, window: u16) -> Self {
        Self { window, ..self }
    }
}

/// The first SYN, with the options a kernel sends.
pub fn syn() -> Seg {
    let options =
        Options { mss: Some(1460), window_scale: Some(7), sack_permitted: true, ..Options::default() };
    Seg { options, ..seg("SYN", 0) }
}

impl Scene {
    pub fn new(vantage: Vantage) -> Self {
        let inbox = Inbox::new(Inbox::CAPACITY);
        let recorder = inbox.recorder();
        Self {
            inbox,
            recorder,
            trace: Trace::new(vantage, Limits::default()),
            now: Instant::ZERO,
            vars: [Vars::default(); 2],
            before: [Vars::default(); 2],
            tuple: Tuple { local: address("10.0.0.2:51514"), peer: address("10.0.0.1:8080") },
            events: Vec::new(),
        }
    }

    pub fn use_recorder(&mut self, recorder: Recorder) {
        self.recorder = recorder;
    }

    pub fn at(&mut self, millis: u64) -> &mut Self {
        self.now = Instant::from_millis(millis);
        self
    }

    /// Changes the variables with the next fact of `side`.
    pub fn with(&mut self, side: Side, change: impl FnOnce(&mut Vars, Instant)) -> &mut Self {
        change(&mut self.vars[side.index()], self.now);
        self
    }

    /// Sets or clears the retransmission timer of `side` with its next fact.
    pub fn rto(&mut self, side: Side, millis: Option<u64>) -> &mut Self {
        self.with(side, |vars, now| vars.timers.retransmit = deadline(now, millis))
    }

    pub fn synack_timer(&mut self, side: Side, millis: Option<u64>) -> &mut Self {
        self.with(side, |vars, now| vars.timers.syn_ack = deadline(now, millis))
    }

    pub fn time_wait(&mut self, side: Side, millis: Option<u64>) -> &mut Self {
        self.with(side, |vars, now| vars.timers.time_wait = deadline(now, millis))
    }

    pub fn sent(&mut self, side: Side, seg: Seg, phase: Phase, why: Rule) -> &mut Self {
        let header = self.header(side, &seg);
        let what = What::Sent { header: &header, body: Slices::plain(seg.data), again: seg.again };
        self.fact(side, what, phase, why)
    }

    pub fn got(&mut self, side: Side, seg: Seg, phase: Phase, why: Rule) -> &mut Self {
        self.got_refused(side, seg, None, phase, why)
    }

    pub fn got_refused(
        &mut self,
        side: Side,
        seg: Seg,
        refused: Option<Refusal>,
        phase: Phase,
        why: Rule,
    ) -> &mut Self {
        let header = Segment { payload: seg.data, ..self.header(side.other(), &seg) };
        self.fact(side, What::Received { segment: &header, refused }, phase, why)
    }

    pub fn lost(&mut self, from: Side, seg: Seg) -> &mut Self {
        self.drain();
        let segment = Segment { payload: seg.data, ..self.header(from, &seg) };
        self.trace.lost(self.now, self.tuple_of(from), &segment, &mut self.events);
        self
    }

    /// A path between the server, which is our engine, and the client does this to a segment.
    pub fn path(
        &mut self,
        from: Side,
        seg: Seg,
        fates: &[(Fate, &'static str)],
        rule: &'static str,
    ) -> &mut Self {
        let segment = Segment { payload: seg.data, ..self.header(from, &seg) };
        let tuple = self.tuple_of(Side::Server);
        let happened = OnPath { tuple, is_ours: from == Side::Server, segment: &segment, fates, rule };
        self.recorder.on_path(self.now, &happened);
        self
    }

    pub fn timer(&mut self, side: Side, phase: Phase, why: Rule) -> &mut Self {
        self.fact(side, What::Timer, phase, why)
    }

    pub fn icmp(&mut self, side: Side, kind: u8, code: u8, phase: Phase) -> &mut Self {
        self.fact(side, What::Icmp { kind, code }, phase, Rule::IcmpHard)
    }

    /// A gateway answers a SYN by ICMP.
    pub fn icmp_answer(&mut self, kind: u8, code: u8) -> &mut Self {
        self.fact(Side::Server, What::Icmp { kind, code }, Phase::Closed, Rule::ListenerRefused)
    }

    pub fn call(&mut self, side: Side, call: Call, phase: Phase, why: Rule) -> &mut Self {
        self.fact(side, What::Call(call), phase, why)
    }

    pub fn queues(&mut self, side: Side, syn: (u32, u32), accept: (u32, u32)) -> &mut Self {
        let fact = Fact {
            tuple: self.tuple_of(side),
            what: What::Queues { syn, accept },
            why: Rule::ListenSyn,
            before: Vars::default(),
            after: Vars::default(),
        };
        self.recorder.fact(self.now, &fact);
        self
    }

    pub fn ended(&mut self, side: Side, cause: CloseCause) -> &mut Self {
        let phase = self.vars[side.index()].phase;
        self.fact(side, What::Ended(cause), phase, Rule::Accepted)
    }

    /// Moves what was told into events.
    pub fn drain(&mut self) -> &mut Self {
        let batch = self.inbox.take();
        self.trace.take(batch, &mut self.events);
        self
    }

    /// The record, finished `millis` after its beginning.
    pub fn finish(&mut self, millis: u64) -> Vec<Event> {
        self.drain();
        self.at(millis);
        self.trace.settle(self.now, &mut self.events);
        self.trace.finish(self.now, &mut self.events);
        std::mem::take(&mut self.events)
    }

    fn fact(&mut self, side: Side, what: What<'_>, phase: Phase, why: Rule) -> &mut Self {
        let i = side.index();
        self.vars[i].phase = phase;
        let fact =
            Fact { tuple: self.tuple_of(side), what, why, before: self.before[i], after: self.vars[i] };
        self.recorder.fact(self.now, &fact);
        self.before[i] = self.vars[i];
        self
    }

    fn tuple_of(&self, side: Side) -> Tuple {
        match side {
            Side::Client => self.tuple,
            Side::Server => Tuple { local: self.tuple.peer, peer: self.tuple.local },
        }
    }

    fn header(&self, sender: Side, seg: &Seg) -> Segment<'static> {
        let (own, other) = match sender {
            Side::Client => (CLIENT_ISS, SERVER_ISS),
            Side::Server => (SERVER_ISS, CLIENT_ISS),
        };
        let tuple = self.tuple_of(sender);
        Segment {
            source: tuple.local.port(),
            destination: tuple.peer.port(),
            seq: SeqNum(own + seg.seq),
            ack_number: SeqNum(seg.ack.map_or(0, |ack| other + ack)),
            flags: seg.flags,
            window: seg.window,
            options: seg.options,
            ..Segment::default()
        }
    }
}

fn deadline(now: Instant, millis: Option<u64>) -> Deadline {
    millis.map_or(Deadline::NONE, |millis| Deadline::after(now, Duration::from_millis(millis)))
}

pub fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

use Phase as P;
use Side::Server;

/// A handshake with the server as our engine, its queues shown.
pub fn handshake(scene: &mut Scene) {
    scene.at(0).synack_timer(Server, Some(1_000)).got(Server, syn(), P::SynReceived, Rule::ListenSyn);
    scene.queues(Server, (1, 4), (0, 4));
    scene.at(10).sent(Server, seg("SYN+ACK", 0).ack(1), P::SynReceived, Rule::ListenSyn);
    scene.at(20).synack_timer(Server, None);
    scene.got(Server, seg("ACK", 1).ack(1), P::Established, Rule::HandshakeAck);
    scene.queues(Server, (0, 4), (1, 4));
    scene.at(31).call(Server, Call::Accept, P::Established, Rule::Accept);
    scene.queues(Server, (0, 4), (0, 4));
}

/// A request and its answer.
pub fn exchange(scene: &mut Scene) {
    const REQUEST: &[u8] = &request();
    const ANSWER: &[u8] = &answer();
    scene.at(50).got(Server, seg("PSH+ACK", 1).ack(1).data(REQUEST), P::Established, Rule::Text);
    scene.at(50).sent(Server, seg("ACK", 1).ack(79), P::Established, Rule::SendAck);
    scene.at(60).rto(Server, Some(200));
    scene.sent(Server, seg("PSH+ACK", 1).ack(79).data(ANSWER), P::Established, Rule::SendText);
    scene.at(70).rto(Server, None);
    scene.got(Server, seg("ACK", 79).ack(121), P::Established, Rule::Accepted);
}

/// The client says goodbye first.
pub fn goodbye(scene: &mut Scene) {
    scene.at(100).got(Server, seg("FIN+ACK", 79).ack(121), P::CloseWait, Rule::Fin);
    scene.at(110).sent(Server, seg("ACK", 121).ack(80), P::CloseWait, Rule::SendAck);
    scene.at(130).call(Server, Call::Release, P::LastAck, Rule::Close);
    scene.rto(Server, Some(200)).sent(Server, seg("FIN+ACK", 121).ack(80), P::LastAck, Rule::SendFin);
    scene.at(140).rto(Server, None).got(Server, seg("ACK", 80).ack(122), P::Closed, Rule::FinAcked);
    scene.ended(Server, CloseCause::Graceful);
}

/// All three: a healthy connection.
pub fn whole(scene: &mut Scene) {
    handshake(scene);
    exchange(scene);
    goodbye(scene);
}

/// A call from port 40000 to a port where nothing listens.
pub fn refused(scene: &mut Scene) {
    scene.tuple.local.set_port(40_000);
    scene.got(Server, syn(), P::Closed, Rule::NoConnection);
    scene.sent(Server, seg("RST+ACK", 0).ack(1), P::Closed, Rule::NoConnection);
}

/// A connection from port 40001 whose server is told goodbye at 200 ms and says none.
pub fn left_in_close_wait(scene: &mut Scene) {
    scene.tuple.local.set_port(40_001);
    handshake(scene);
    scene.at(200).got(Server, seg("FIN+ACK", 1).ack(1), P::CloseWait, Rule::Fin);
}

/// A healthy connection, then one that is refused at 150 ms.
pub fn healthy_and_refused() -> Scene {
    let mut scene = Scene::new(Vantage::OneEnd);
    whole(&mut scene);
    refused(scene.at(150));
    scene
}

const fn request() -> [u8; 78] {
    fill(*b"GET /hello HTTP/1.1\r\n")
}

const fn answer() -> [u8; 120] {
    fill(*b"HTTP/1.1 200 OK\r\n")
}

const fn fill<const N: usize, const M: usize>(front: [u8; M]) -> [u8; N] {
    let mut octets = [b'x'; N];
    let mut i = 0;
    while i < M {
        octets[i] = front[i];
        i += 1;
    }
    octets
}
