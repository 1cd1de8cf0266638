//! A connection in a given state, and tables of what segments do to it.

use std::fmt::Write as _;
use std::sync::Arc;

use cordial_tcp::{
    Connection, Half, HalfOpen, HalfOpenNext, Instant, Outcome, Phase, Pool, Refusal, Room, Rule, TcpConfig,
    TimeWait, TimeWaitNext, listen, reset_for,
};
use cordial_wire::{Segment, SeqNum};

use crate::notation::parse;

pub const OURS: SeqNum = SeqNum(300);
pub const NOW: Instant = Instant::from_millis(10_000);
const MSS: u16 = 1000;

/// Whatever a segment can arrive at.
pub enum Subject {
    Nobody,
    Listener,
    HalfOpen(HalfOpen),
    Connection(Box<Connection>),
    TimeWait(TimeWait),
}

pub struct Bench {
    pub subject: Subject,
    pub pool: Pool,
    pub config: Arc<TcpConfig>,
}

/// No options but the MSS, a window of 1,000.
pub fn plain() -> TcpConfig {
    TcpConfig {
        receive_buffer: 1000,
        receive_buffer_max: 1000,
        window_scaling: false,
        timestamps: false,
        sack: false,
        ..TcpConfig::default()
    }
}

/// Checks every line of `rows` on a bench of its own.
pub fn table(make: impl Fn() -> Bench, rows: &str) {
    let mut wrong = String::new();
    for row in rows.lines().map(str::trim).filter(|row| !row.is_empty() && !row.starts_with('#')) {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let [segment, expected @ ..] = cells.as_slice() else { continue };
        let found = make().arrive(segment);
        if expected != found {
            let _ =
                writeln!(wrong, "{segment} | {}   instead of   {}", found.join(" | "), expected.join(" | "));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

impl Bench {
    pub fn new(subject: Subject, config: TcpConfig) -> Self {
        Self { subject, pool: Pool::new(1 << 20), config: Arc::new(config) }
    }

    /// SYN-SENT, the SYN sent.
    pub fn syn_sent(config: TcpConfig) -> Self {
        let mut bench = Self::new(Subject::Nobody, config);
        let connection = Connection::connect(NOW, OURS, 0, MSS, &bench.config);
        bench.subject = Subject::Connection(Box::new(connection));
        bench.polled();
        bench
    }

    /// ESTABLISHED by active open, everything acknowledged.
    pub fn established() -> Self {
        let mut bench = Self::syn_sent(plain());
        bench.arrive("SYN+ACK seq=100 ack=301");
        bench
    }

    pub fn then(mut self, inputs: &[&str]) -> Self {
        for input in inputs {
            self.arrive(input);
        }
        self
    }

    pub fn write(mut self, octets: usize) -> Self {
        let Subject::Connection(connection) = &mut self.subject else { panic!("no connection") };
        connection.write(NOW, &[&vec![7; octets]], &mut self.pool).expect("room");
        self.polled();
        self
    }

    pub fn close(mut self) -> Self {
        let Subject::Connection(connection) = &mut self.subject else { panic!("no connection") };
        connection.shutdown(NOW, Half::Write, &mut self.pool);
        self.polled();
        self
    }

    pub fn connection(&mut self) -> &mut Connection {
        let Subject::Connection(connection) = &mut self.subject else { panic!("no connection") };
        connection
    }

    /// The state, what was sent, and the rule.
    pub fn arrive(&mut self, segment: &str) -> [String; 3] {
        let segment = parse(segment);
        let (did, reply, note) = match &mut self.subject {
            Subject::Nobody => ("".into(), reset_for(&segment), ""),
            Subject::Listener => match listen(&segment) {
                Err(refusal) => {
                    let reply = if refusal == Refusal::NotSyn { reset_for(&segment) } else { None };
                    (refusal.to_string(), reply, "")
                }
                Ok(()) => {
                    let half = HalfOpen::new(NOW, &segment, OURS, 0, &self.config);
                    self.subject = Subject::HalfOpen(half);
                    ("listen".into(), Some(half.syn_ack(NOW, MSS, &self.config)), "")
                }
            },
            Subject::HalfOpen(half) => {
                let outcome = half.on_segment(NOW, &segment, MSS, &self.config);
                match outcome.next {
                    HalfOpenNext::Stay => {}
                    HalfOpenNext::Forget => self.subject = Subject::Listener,
                    HalfOpenNext::Promote => {
                        let half = *half;
                        let mut connection =
                            Connection::from_half_open(NOW, &half, &segment, MSS, &self.config);
                        connection.on_segment(NOW, &segment, &mut self.pool);
                        self.subject = Subject::Connection(Box::new(connection));
                    }
                }
                (name(outcome.did), outcome.reply, "")
            }
            Subject::Connection(connection) => {
                let Outcome { did, reply, .. } = connection.on_segment(NOW, &segment, &mut self.pool);
                if let Some(kept) = connection.take_time_wait(NOW) {
                    self.subject = Subject::TimeWait(kept);
                }
                (name(did), reply, "")
            }
            Subject::TimeWait(kept) => {
                let outcome = kept.on_segment(NOW, &segment, &self.config);
                let note = match outcome.next {
                    TimeWaitNext::Restarted => "2MSL",
                    TimeWaitNext::Stay => "",
                    TimeWaitNext::Forget => {
                        self.subject = Subject::Nobody;
                        ""
                    }
                    TimeWaitNext::Reopen { above } => {
                        assert_eq!(above, kept.vars().snd_nxt);
                        self.subject = Subject::Listener;
                        ""
                    }
                };
                (name(outcome.did), outcome.reply, note)
            }
        };
        let mut sent: Vec<_> = reply.iter().map(Segment::to_string).collect();
        sent.extend(self.polled());
        if !note.is_empty() {
            sent.push(note.into());
        }
        if let Subject::Connection(connection) = &self.subject
            && connection.vars().timers.delayed_ack.is_set()
        {
            sent.push("ACK later".into());
        }
        [self.phase().to_string(), sent.join(", "), did]
    }

    pub fn phase(&self) -> Phase {
        match &self.subject {
            Subject::Nobody => Phase::Closed,
            Subject::Listener => Phase::Listen,
            Subject::HalfOpen(_) => Phase::SynReceived,
            Subject::Connection(connection) => connection.phase(),
            Subject::TimeWait(_) => Phase::TimeWait,
        }
    }

    fn polled(&mut self) -> Vec<String> {
        let mut sent = Vec::new();
        if let Subject::Connection(connection) = &mut self.subject {
            while let Some(out) = connection.poll_segment(NOW, Room { super_segment: 1 << 16 }, &self.pool) {
                let body: Vec<u8> = out.body.flatten().copied().collect();
                sent.push(Segment { payload: &body, ..out.header }.to_string());
            }
        }
        sent
    }
}

fn name(did: Result<Rule, Refusal>) -> String {
    did.map_or_else(|refusal| refusal.to_string(), |rule| rule.to_string())
}
