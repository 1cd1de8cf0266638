//! A connection at work, and what forged segments do to it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use cordial_stack::{
    Bind, Config, ConnId, Fact, Frame, Instant, LinkId, ListenConfig, Observer, Phase, Seeded, Stack,
    TcpConfig, Vars, What,
};
use cordial_wire::{Checksum, Segment, SeqNum};

use super::{Guess, Kind, Tally};
use crate::forge::Forger;
use crate::pair::{CLIENT, SERVER, SERVICE};

const LINK: LinkId = LinkId(0);
/// Octets of buffer each way, which is what a window may be.
const BUFFER: u32 = 64 << 10;
/// Octets of a window that the field's unit may add.
const UNIT: u32 = 128;
/// How long a turn takes: ten forged segments in it are a million a second.
const TURN: Duration = Duration::from_micros(10);
/// Octets each end writes in a turn.
const PIECE: usize = 1_000;
/// Every octet of the stream at a place that is this many further on is the same.
const PERIOD: usize = 251;

/// One end.
struct End {
    stack: Stack<Seeded, Witness>,
    conn: ConnId,
    address: Ipv4Addr,
    /// Octets written and read so far.
    written: usize,
    read: usize,
}

/// What the last segment did, and when it counts.
#[derive(Debug, Clone, Default)]
struct Witness {
    is_watching: bool,
    last: Option<Effect>,
}

/// What a segment did.
#[derive(Debug, Clone, Copy)]
struct Effect {
    accepted: bool,
    before: Vars,
    after: Vars,
}

impl Observer for Witness {
    const ON: bool = true;

    fn is_watching(&self) -> bool {
        self.is_watching
    }

    fn fact(&mut self, _: Instant, fact: &Fact<'_>) {
        if let What::Received { refused, .. } = fact.what {
            self.last = Some(Effect { accepted: refused.is_none(), before: fact.before, after: fact.after });
        }
    }
}

/// What the forger would have to know.
#[derive(Debug, Clone, Copy)]
pub struct Truth {
    /// Who it pretends to be, and whom it writes to.
    pub from: (Ipv4Addr, u16),
    /// See `from`.
    pub to: (Ipv4Addr, u16),
    /// RCV.NXT there.
    pub rcv_nxt: SeqNum,
    /// SND.UNA there.
    pub snd_una: SeqNum,
}

/// A connection between two hosts whose wire takes a turn.
pub struct Victim {
    now: Instant,
    client: End,
    server: End,
    pattern: Vec<u8>,
    packet: Vec<u8>,
}

impl Victim {
    /// Opens it.
    pub fn open(timestamps: bool) -> Self {
        let mut client = host(CLIENT, timestamps);
        let mut server = host(SERVER, timestamps);
        let listener =
            server.listen(Bind::Port(SERVICE.port()), ListenConfig::default()).expect("the port is free");
        let mut now = Instant::from_millis(1);
        let config = Arc::clone(client.tcp_config());
        let conn = client.connect(now, None, SocketAddr::V4(SERVICE), &config).expect("there is a port");
        let accepted = loop {
            let mut packet = Vec::new();
            pass(now, &mut client, &mut server, &mut packet);
            if let Some(accepted) = server.accept(now, listener) {
                break accepted;
            }
            pass(now, &mut server, &mut client, &mut packet);
            now = now + TURN;
        };
        let end = |stack, conn, address| End { stack, conn, address, written: 0, read: 0 };
        Self {
            now,
            client: end(client, conn, CLIENT),
            server: end(server, accepted, SERVER),
            pattern: (0..PIECE + PERIOD).map(|at| (at % PERIOD) as u8).collect(),
            packet: Vec::new(),
        }
    }

    /// What the forger would have to know to be heard by one end.
    pub fn truth(&self, at_server: bool) -> Truth {
        let (end, other) = self.ends(at_server);
        let info = end.stack.info(end.conn);
        let (local, peer) = info.map_or((0, 0), |info| (info.tuple.local.port(), info.tuple.peer.port()));
        let vars = info.map(|info| info.vars).unwrap_or_default();
        Truth {
            from: (other.address, peer),
            to: (end.address, local),
            rcv_nxt: vars.rcv_nxt,
            snd_una: vars.snd_una,
        }
    }

    fn ends(&self, at_server: bool) -> (&End, &End) {
        if at_server { (&self.server, &self.client) } else { (&self.client, &self.server) }
    }

    /// Both ends still have it.
    pub fn is_alive(&self) -> bool {
        [&self.client, &self.server]
            .iter()
            .all(|end| end.stack.info(end.conn).is_some_and(|info| info.phase == Phase::Established))
    }

    /// Octets delivered, both ways.
    pub fn delivered(&self) -> u64 {
        (self.client.read + self.server.read) as u64
    }

    /// A forged segment reaches one end; what came of it is counted.
    pub fn inject(
        &mut self,
        at_server: bool,
        forger: &mut Forger,
        kind: Kind,
        segment: &Segment<'_>,
        tally: &mut Tally,
        guess: Guess,
    ) {
        let (end, other) = match at_server {
            true => (&mut self.server, &self.client),
            false => (&mut self.client, &self.server),
        };
        let packet = forger.packet(other.address, end.address, segment);
        *end.stack.observer_mut() = Witness { is_watching: true, last: None };
        let frame = Frame { checksum: Checksum::Verified, ..Frame::new(packet) };
        end.stack.on_frame(self.now, LINK, frame);
        end.stack.observer_mut().is_watching = false;
        let count = tally.of_mut(kind);
        count.sent += 1;
        // A connection that died in this turn hears nothing any more.
        let Some(effect) = end.stack.observer().last else { return };
        if effect.before.phase != Phase::Established {
            return;
        }
        count.expected += odds(kind, &effect.before, guess, segment.options.timestamps.is_some());
        count.accepted += u64::from(effect.accepted);
        count.effective += u64::from(effect.changed());
        let is_let_through = may_pass(kind, segment, &effect.before);
        tally.beyond += u64::from((effect.accepted || effect.changed()) && !is_let_through);
    }

    /// The connection's own business: what was written arrives, more is written, time goes on.
    pub fn turn(&mut self, tally: &mut Tally) {
        pass(self.now, &mut self.client.stack, &mut self.server.stack, &mut self.packet);
        pass(self.now, &mut self.server.stack, &mut self.client.stack, &mut self.packet);
        self.now = self.now + TURN;
        for end in [&mut self.client, &mut self.server] {
            end.stack.on_timer(self.now);
            while end.stack.poll_event().is_some() {}
            let from = end.written % PERIOD;
            let piece = &self.pattern[from..from + PIECE];
            end.written += end.stack.write(self.now, end.conn, &[piece]).unwrap_or(0);
            let expected = &self.pattern[end.read % PERIOD..];
            let mut wrong = 0;
            let read = end.stack.read_with(self.now, end.conn, |slices| {
                let octets = slices.iter().copied().flatten().take(PIECE);
                let pairs = octets.zip(expected);
                let count = pairs.clone().count();
                wrong = pairs.filter(|(got, expected)| got != expected).count();
                (count, count)
            });
            end.read += read.unwrap_or(0);
            tally.forged_octets += wrong as u64;
        }
    }
}

impl Effect {
    /// A number or state of the connection is another than before.
    fn changed(&self) -> bool {
        let (before, after) = (&self.before, &self.after);
        before.phase != after.phase
            || before.rcv_nxt != after.rcv_nxt
            || before.snd_una != after.snd_una
            || before.snd_wnd != after.snd_wnd
    }
}

fn host(address: Ipv4Addr, timestamps: bool) -> Stack<Seeded, Witness> {
    let tcp =
        TcpConfig { timestamps, receive_buffer: BUFFER, receive_buffer_max: BUFFER, ..TcpConfig::default() };
    let config = Config { tcp: Arc::new(tcp), ..Config::host(&[IpAddr::V4(address)]) };
    Stack::new(config, Seeded::new([address.octets()[3]; 32]), Witness::default())
}

/// What one host has to send reaches the other.
fn pass<O: Observer>(
    now: Instant,
    from: &mut Stack<Seeded, O>,
    to: &mut Stack<Seeded, O>,
    packet: &mut Vec<u8>,
) {
    while let Some(out) = from.poll_transmit(now, LINK) {
        packet.resize(out.len(), 0);
        out.write_to(packet);
        to.on_frame(now, LINK, Frame { checksum: Checksum::Verified, ..Frame::new(packet) });
    }
}

/// Whether RFC 9293 §3.10.7.4 with RFC 5961 lets the segment do anything but draw an ACK. What the largest window was is
/// taken to be all that it can have been.
fn may_pass(kind: Kind, segment: &Segment<'_>, vars: &Vars) -> bool {
    let right = vars.rcv_nxt + vars.rcv_wnd;
    let in_window = segment.seq.at_or_after(vars.rcv_nxt) && segment.seq.at_or_before(right);
    let oldest = vars.snd_una - (BUFFER + UNIT);
    let acks = segment.ack_number.at_or_after(oldest) && segment.ack_number.at_or_before(vars.snd_nxt);
    match kind {
        // RFC 5961 §3.2: exactly RCV.NXT.
        Kind::Rst | Kind::RstAck => segment.seq == vars.rcv_nxt,
        // §4.2: never.
        Kind::Syn => false,
        Kind::Data => {
            let end = segment.seq + segment.payload.len() as u32;
            segment.seq.before(right) && end.after(vars.rcv_nxt) && acks
        }
        Kind::Ack | Kind::Fin => in_window && acks,
    }
}

/// How likely such a segment is to be let through, numbers drawn as the forger draws them.
fn odds(kind: Kind, vars: &Vars, guess: Guess, timestamps: bool) -> f64 {
    let space = 2_f64.powi(guess.bits as i32);
    let hits = |positions: u32| (f64::from(positions) / space).min(1.0);
    // Half of all timestamps are older than the last.
    let timely = if timestamps { 0.5 } else { 1.0 };
    // As old as a window of the peer's, and no older than the connection (RFC 5961 §5.2).
    let old = vars.snd_una.since(vars.iss).min(BUFFER);
    let acks = hits(vars.snd_nxt.since(vars.snd_una) + old + 1);
    match kind {
        Kind::Rst | Kind::RstAck => hits(1),
        Kind::Syn => 0.0,
        Kind::Data => hits(vars.rcv_wnd + super::FORGED.len() as u32 - 1) * acks * timely,
        Kind::Ack | Kind::Fin => hits(vars.rcv_wnd + 1) * acks * timely,
    }
}
