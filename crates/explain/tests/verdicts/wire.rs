//! A capture in writing: one line a segment, as someone at one point between the ends would note it.
//!
//! ```text
//! 0     > SYN 0
//! 20    < SYN+ACK 0 ack 1
//! 20.1  > ACK 1 ack 1
//! 21    > ACK 1..101 ack 1 id 7
//! ```
//!
//! Milliseconds, who speaks (`>` the client), flags, relative numbers; then, in any order, `ack N`, `win N`, `sack A..B`,
//! `id N` (IPv4), `ts N` (TSval), `opts none|no-sack|...`, `copies N`, `sum partial`, `cut yes`, `len N` (of the IP packet).

use std::net::SocketAddr;
use std::time::Duration;

use cordial_explain::{Explainer, Story, Verdict};
use cordial_tcp::{CloseCause, Instant, Phase};
use cordial_trace::event::{
    At, Basis, End, Ends, Event, Fate, Group, Head, LastSeen, OnWire, Predecessor, Segment, SegmentId, Side,
    SumState, What,
};
use cordial_wire::{Flags, Options, SackBlocks, SeqNum, Timestamps};

const ISS: [u32; 2] = [4_294_967_000, 5_000];

/// What was captured, and how.
pub struct Capture<'a> {
    pub lines: &'a str,
    pub before: Option<Predecessor>,
    pub client: &'a str,
    pub server: &'a str,
    /// How long the capture went on after the last segment.
    pub then: Duration,
    pub cause: Option<CloseCause>,
    /// Why the record of it was complete.
    pub why: &'static str,
    pub icmp: Option<(u8, u8)>,
}

impl<'a> Capture<'a> {
    pub fn of(lines: &'a str) -> Self {
        Self {
            lines,
            before: None,
            client: "10.0.0.2:40000",
            server: "10.0.0.1:80",
            then: Duration::ZERO,
            cause: None,
            why: "",
            icmp: None,
        }
    }

    /// The capture went on for so many seconds.
    pub fn then(self, seconds: u64) -> Self {
        Self { then: Duration::from_secs(seconds), ..self }
    }

    /// The same addresses had a connection before, which stood like this.
    pub fn after(self, client: Phase, server: Phase) -> Self {
        let end = |state| LastSeen { state: Some(state), next: None, timestamp: None };
        let quiet = Duration::from_secs(5);
        let before = Predecessor { group: Group(1), quiet, client: end(client), server: end(server) };
        Self { before: Some(before), ..self }
    }

    pub fn story(&self) -> Story {
        let mut explainer = Explainer::new();
        let mut stories: Vec<Story> =
            self.events().iter().filter_map(|event| explainer.event(event)).collect();
        assert_eq!(stories.len(), 1);
        stories.remove(0)
    }

    /// Ids of what is said.
    pub fn says(&self) -> Vec<&'static str> {
        self.story().verdicts.iter().map(Verdict::id).collect()
    }

    fn events(&self) -> Vec<Event> {
        let address = |text: &str| text.parse::<SocketAddr>().expect("an address");
        let (client, server) = (address(self.client), address(self.server));
        let mut events = vec![event(Instant::ZERO, What::Started { client, server, before: self.before })];
        let mut counts = [0; 2];
        let mut now = Instant::ZERO;
        for (number, line) in (1..).zip(self.lines.lines().filter(|line| !line.trim().is_empty())) {
            let (time, segment) = parse(line, number, &mut counts);
            now = time;
            let at = At::End(segment.id.sender);
            events.push(Event {
                at,
                ends: Some(ENDS),
                ..event(now, What::Segment { fate: Fate::Sent, segment })
            });
        }
        if let Some((kind, code)) = self.icmp {
            events.push(Event { at: At::End(Side::Client), ..event(now, What::Icmp { kind, code }) });
        }
        let closed = event(now + self.then, What::Closed { cause: self.cause });
        events.push(Event { trigger: self.why, ..closed });
        for (id, event) in (1..).zip(&mut events) {
            event.id = id;
        }
        events
    }
}

/// What is said of these segments.
pub fn says(lines: &str) -> Vec<&'static str> {
    Capture::of(lines).says()
}

/// The same segments behind a handshake of 20 ms that was captured near the client.
pub fn opened(lines: &str) -> String {
    format!("0 > SYN 0\n20 < SYN+ACK 0 ack 1\n20.1 > ACK 1 ack 1\n{lines}")
}

/// A goodbye of the client at `millis`, in four steps, after these octets of each.
pub fn goodbye(millis: u64, up: u32, down: u32) -> String {
    let (c, s) = (up + 1, down + 1);
    format!(
        "{millis} > FIN+ACK {c} ack {s}\n{} < ACK {s} ack {}\n{} < FIN+ACK {s} ack {}\n{}.1 > ACK {} ack {}\n",
        millis + 20,
        c + 1,
        millis + 30,
        c + 1,
        millis + 30,
        c + 1,
        s + 1,
    )
}

const INFERRED: End = End { before: None, after: None, basis: Basis::Inferred };
const ENDS: Ends = Ends { client: INFERRED, server: INFERRED };

fn event(time: Instant, what: What) -> Event {
    Event::new(time, Group(2), At::Observer, what)
}

fn parse(line: &str, number: u32, counts: &mut [u32; 2]) -> (Instant, Segment) {
    let mut words = line.split_whitespace();
    let mut next = || words.next();
    let millis: f64 = next().and_then(|word| word.parse().ok()).expect("a time");
    let sender = match next() {
        Some(">") => Side::Client,
        _ => Side::Server,
    };
    let flags = next().expect("flags").split('+').fold(Flags::NONE, |flags, name| flags | flag(name));
    let (start, end) = range(next().expect("a number"));
    let (own, other) = if sender == Side::Client { (ISS[0], ISS[1]) } else { (ISS[1], ISS[0]) };
    let count = &mut counts[sender.index()];
    *count += 1;
    let mut segment = Segment {
        id: SegmentId { sender, count: *count },
        number,
        copy_of: None,
        again: false,
        flags,
        seq: SeqNum(own.wrapping_add(start)),
        ack: None,
        rel: (start.into(), None),
        window: 512,
        options: if flags.contains(Flags::SYN) { offer() } else { Options::default() },
        payload_len: end - start,
        head: Head::default(),
        on_wire: Some(on_wire(number)),
    };
    while let Some(word) = next() {
        let value = next().expect("each has a value");
        detail(&mut segment, other, word, value);
    }
    (Instant::from_nanos((millis * 1e6) as u64), segment)
}

fn detail(segment: &mut Segment, other: u32, word: &str, value: &str) {
    let on_wire = segment.on_wire.as_mut().expect("it was captured");
    let number = || value.parse::<u32>().expect("a number");
    match word {
        "ack" => {
            segment.ack = Some(SeqNum(other.wrapping_add(number())));
            segment.rel.1 = Some(number().into());
        }
        "win" => segment.window = number() as u16,
        "id" => on_wire.ip_id = Some(number() as u16),
        "ts" => segment.options.timestamps = Some(Timestamps { value: number(), echo: 0 }),
        "len" => on_wire.ip_len = number(),
        "copies" => on_wire.copies = number() as u8,
        "sum" => on_wire.checksum = SumState::PseudoOnly,
        "cut" => on_wire.header_cut = true,
        "sack" => {
            let (from, to) = range(value);
            let mut sack: SackBlocks = segment.options.sack;
            sack.push(SeqNum(other.wrapping_add(from)), SeqNum(other.wrapping_add(to)));
            segment.options.sack = sack;
        }
        "opts" if value == "no-sack" => segment.options.sack_permitted = false,
        "opts" if value == "clock" => {
            segment.options.timestamps = Some(Timestamps { value: 1, echo: 0 });
        }
        "opts" if value == "no-scale" => segment.options.window_scale = None,
        "opts" if value == "none" => segment.options = Options::default(),
        _ => panic!("{word} {value}"),
    }
}

fn offer() -> Options {
    Options { mss: Some(1460), window_scale: Some(7), sack_permitted: true, ..Options::default() }
}

fn on_wire(packet: u32) -> OnWire {
    OnWire {
        packet: packet.into(),
        ttl: 64,
        ip_id: None,
        dont_fragment: true,
        ecn: 0,
        ip_len: 52,
        missing: 0,
        header_cut: false,
        checksum: SumState::Good,
        copies: 0,
        interface: 0,
        vlan: None,
    }
}

fn range(word: &str) -> (u32, u32) {
    let number = |text: &str| text.parse::<u32>().expect("a number");
    match word.split_once("..") {
        Some((from, to)) => (number(from), number(to)),
        None => (number(word), number(word)),
    }
}

fn flag(name: &str) -> Flags {
    match name {
        "SYN" => Flags::SYN,
        "FIN" => Flags::FIN,
        "RST" => Flags::RST,
        "ACK" => Flags::ACK,
        _ => panic!("{name}"),
    }
}
