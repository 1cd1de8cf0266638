//! One connection by itself, its peer played by the test, its timers by the clock.

use std::sync::Arc;
use std::time::Duration;

use cordial_tcp::{
    CloseCause, Connection, Half, HalfOpen, HalfOpenNext, Instant, Outcome, Phase, Pool, ReadError, Room,
    Rule, TcpConfig,
};
use cordial_wire::{Segment, SeqNum};

use super::notation::parse;

pub const MSS: u16 = 1000;

/// Our ISS is 300, the peer's 100 and its window 5,000.
pub struct Solo {
    pub connection: Connection,
    pub pool: Pool,
    pub now: Instant,
    began: Instant,
}

/// No options but the MSS, so that a test says every number itself.
pub fn plain() -> TcpConfig {
    TcpConfig { window_scaling: false, timestamps: false, sack: false, ..TcpConfig::default() }
}

impl Solo {
    /// The SYN waits to be sent.
    pub fn connecting(config: TcpConfig) -> Self {
        let now = Instant::from_millis(5_000);
        let connection = Connection::connect(now, SeqNum(300), 0, MSS, &Arc::new(config));
        Self { connection, pool: Pool::new(16 << 20), now, began: now }
    }

    /// ESTABLISHED, in no time.
    pub fn established(config: TcpConfig) -> Self {
        let mut solo = Self::connecting(config);
        solo.sent();
        solo.arrive("SYN+ACK seq=100 ack=301 mss=1000");
        assert_eq!(solo.sent(), ["ACK seq=301 ack=101"]);
        solo
    }

    /// A passive open: what the SYN left behind, made a connection by the third segment.
    pub fn passive(config: TcpConfig, syn: &str, third: &str) -> Self {
        let mut solo = Self::connecting(config);
        let (config, now) = (Arc::new(solo.connection.config().clone()), solo.now);
        let mut half = HalfOpen::new(now, &parse(syn), SeqNum(300), 0, &config);
        let third = parse(third);
        assert_eq!(half.on_segment(now, &third, MSS, &config).next, HalfOpenNext::Promote);
        solo.connection = Connection::from_half_open(now, &half, &third, MSS, &config);
        solo.connection.on_segment(now, &third, &mut solo.pool);
        solo
    }

    /// In any state a connection can be in, nothing left to be sent. Our FIN is at 301, the peer's at 101.
    pub fn in_state(phase: Phase) -> Self {
        let mut solo = match phase {
            Phase::SynSent | Phase::SynReceived => Self::connecting(plain()),
            _ => Self::established(plain()),
        };
        solo.sent();
        match phase {
            Phase::Closed => drop(solo.arrive("RST seq=101")),
            Phase::Listen => panic!("no connection listens"),
            Phase::SynSent | Phase::Established => {}
            Phase::SynReceived => drop(solo.arrive("SYN seq=100 mss=1000")),
            Phase::FinWait1 => drop(solo.shutdown()),
            Phase::FinWait2 => solo.shut_and("ACK seq=101 ack=302"),
            Phase::Closing => solo.shut_and("FIN+ACK seq=101 ack=301"),
            Phase::TimeWait => solo.shut_and("FIN+ACK seq=101 ack=302"),
            Phase::CloseWait => drop(solo.arrive("FIN+ACK seq=101 ack=301")),
            Phase::LastAck => {
                solo.arrive("FIN+ACK seq=101 ack=301");
                solo.shutdown();
            }
        }
        solo.pass(Duration::from_millis(50));
        assert_eq!(solo.phase(), phase);
        solo
    }

    fn shut_and(&mut self, segment: &str) {
        self.shutdown();
        self.sent();
        self.arrive(segment);
    }

    /// What a segment is answered with at once.
    pub fn answers(&mut self, text: &str) -> Vec<String> {
        let outcome = self.arrive(text);
        outcome.reply.iter().map(bare).chain(self.sent()).collect()
    }

    pub fn abort(&mut self) -> Option<String> {
        self.connection.abort(self.now, &mut self.pool).reply.as_ref().map(bare)
    }

    pub fn phase(&self) -> Phase {
        self.connection.phase()
    }

    pub fn cause(&self) -> Option<CloseCause> {
        self.connection.close_cause()
    }

    /// Since the test began.
    pub fn elapsed(&self) -> Duration {
        self.now - self.began
    }

    pub fn arrive(&mut self, text: &str) -> Outcome {
        self.connection.on_segment(self.now, &parse(text), &mut self.pool)
    }

    pub fn write(&mut self, octets: usize) -> usize {
        self.connection.write(self.now, &[&vec![7; octets]], &mut self.pool).expect("writable")
    }

    /// Reads up to so many octets; how many there were.
    pub fn read(&mut self, up_to: usize) -> Result<usize, ReadError> {
        self.connection.read_with(self.now, &mut self.pool, |slices| {
            let there: usize = slices.iter().map(|slice| slice.len()).sum();
            let taken = there.min(up_to);
            (taken, taken)
        })
    }

    pub fn shutdown(&mut self) -> Outcome {
        self.connection.shutdown(self.now, Half::Write, &mut self.pool)
    }

    pub fn release(&mut self) -> Outcome {
        self.connection.release(self.now, &mut self.pool)
    }

    /// Everything that may go out now.
    pub fn sent(&mut self) -> Vec<String> {
        let mut sent = Vec::new();
        while let Some(out) =
            self.connection.poll_segment(self.now, Room { super_segment: u32::from(MSS) }, &self.pool)
        {
            let body: Vec<u8> = out.body.flatten().copied().collect();
            sent.push(bare(&Segment { payload: &body, ..out.header }));
        }
        sent
    }

    /// Everything that may go out now: the header of each, and the octets of data behind it.
    pub fn headers(&mut self) -> Vec<(Segment<'static>, usize)> {
        let room = Room { super_segment: 0 };
        let sent = core::iter::from_fn(|| {
            let out = self.connection.poll_segment(self.now, room, &self.pool)?;
            Some((out.header, out.body.len()))
        });
        sent.collect()
    }

    /// ESTABLISHED by a SYN-ACK with these options, written as in the notation.
    pub fn established_with(config: TcpConfig, options: &str) -> Self {
        let mut solo = Self::connecting(config);
        solo.sent();
        solo.arrive(&format!("SYN+ACK seq=100 ack=301 {options}"));
        assert_eq!(solo.sent().len(), 1);
        solo
    }

    /// Everything that may go out now: where it begins, and by which rule it goes out.
    pub fn reasons(&mut self) -> Vec<(u32, Rule)> {
        let room = Room { super_segment: u32::from(MSS) };
        let sent = core::iter::from_fn(|| {
            let out = self.connection.poll_segment(self.now, room, &self.pool)?;
            Some((out.header.seq.0, out.why))
        });
        sent.collect()
    }

    /// Lets time pass, timers and all; what went out, each with its time in milliseconds since the test began.
    pub fn pass(&mut self, span: Duration) -> Vec<(u64, String)> {
        let until = self.now + span;
        let mut sent = self.stamped(None);
        while let Some(due) = self.connection.deadline(self.now).instant(self.now).filter(|&due| due <= until)
        {
            assert!(
                due > self.now,
                "a deadline that on_timer did not deal with: {:?}",
                self.connection.vars()
            );
            self.now = due;
            let outcome = self.connection.on_timer(self.now, &mut self.pool);
            let more = self.stamped(outcome.reply);
            sent.extend(more);
        }
        self.now = until;
        sent
    }

    fn stamped(&mut self, reply: Option<Segment<'static>>) -> Vec<(u64, String)> {
        let at = self.elapsed().as_millis() as u64;
        let reply = reply.map(|segment| bare(&segment));
        reply.into_iter().chain(self.sent()).map(|segment| (at, segment)).collect()
    }
}

/// As printed, without the options of a SYN.
pub fn bare(segment: &Segment<'_>) -> String {
    let options = cordial_wire::Options { sack: segment.options.sack, ..Default::default() };
    Segment { options, ..*segment }.to_string()
}

/// The times alone, in seconds.
pub fn seconds(sent: &[(u64, String)]) -> Vec<f64> {
    sent.iter().map(|&(at, _)| (at as f64 / 100.0).round() / 10.0).collect()
}
