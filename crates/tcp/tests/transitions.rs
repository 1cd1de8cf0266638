//! Only the eleven states, and only the changes of RFC 9293 §3.3.2, figure 5, with its notes and what §3.10 adds.

mod common;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use common::notation::parse;
use common::solo::plain;
use cordial_tcp::{
    Connection, Half, HalfOpen, HalfOpenNext, Instant, Phase, Pool, Room, TcpConfig, TimeWait, TimeWaitNext,
    listen,
};
use cordial_wire::{Segment, SeqNum};

/// What a change is due to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Why {
    Segment,
    Call,
    Timer,
}

use Phase::{
    CloseWait, Closed, Closing, Established, FinWait1, FinWait2, LastAck, Listen, SynReceived, SynSent,
    TimeWait as Wait,
};
use Why::{Call, Segment as Arrives, Timer};

/// Every change there is. Staying is always one.
const CHANGES: &[(Phase, Why, Phase)] = &[
    // Figure 5.
    (Listen, Arrives, SynReceived),
    (SynSent, Arrives, SynReceived),
    (SynSent, Arrives, Established),
    (SynReceived, Arrives, Established),
    (Established, Call, FinWait1),
    (Established, Arrives, CloseWait),
    (FinWait1, Arrives, FinWait2),
    (FinWait1, Arrives, Closing),
    (FinWait2, Arrives, Wait),
    (Closing, Arrives, Wait),
    (CloseWait, Call, LastAck),
    (LastAck, Arrives, Closed),
    (Wait, Timer, Closed),
    (SynSent, Call, Closed),
    // Its notes: a reset in SYN-RECEIVED returns to LISTEN, and FIN-WAIT-1 goes to TIME-WAIT where a FIN brings the ACK
    // of ours.
    (SynReceived, Arrives, Listen),
    (FinWait1, Arrives, Wait),
    // §3.10.7: octets and a FIN that come with the ACK that opens.
    (SynSent, Arrives, CloseWait),
    (SynReceived, Arrives, CloseWait),
    // §3.10.4: closed before the SYN was acknowledged, so that the ACK opens into FIN-WAIT-1, or beyond where the
    // segment has a FIN.
    (SynReceived, Arrives, FinWait1),
    (SynReceived, Arrives, Closing),
    (SynSent, Arrives, FinWait1),
    (SynSent, Arrives, Closing),
    // §3.10.7.3 and §3.10.7.4: resets.
    (SynSent, Arrives, Closed),
    (SynReceived, Arrives, Closed),
    (Established, Arrives, Closed),
    (FinWait1, Arrives, Closed),
    (FinWait2, Arrives, Closed),
    (CloseWait, Arrives, Closed),
    (Closing, Arrives, Closed),
    // RFC 6191 §2: a newer SYN takes the place.
    (Wait, Arrives, Listen),
    // §3.10.5: ABORT.
    (SynReceived, Call, Closed),
    (Established, Call, Closed),
    (FinWait1, Call, Closed),
    (FinWait2, Call, Closed),
    (CloseWait, Call, Closed),
    (Closing, Call, Closed),
    (LastAck, Call, Closed),
    (Wait, Call, Closed),
    // §3.10.8: timeouts.
    (SynSent, Timer, Closed),
    (SynReceived, Timer, Listen),
    (SynReceived, Timer, Closed),
    (Established, Timer, Closed),
    (FinWait1, Timer, Closed),
    (CloseWait, Timer, Closed),
    (Closing, Timer, Closed),
    (LastAck, Timer, Closed),
];

/// Whatever has a state.
#[derive(Clone)]
enum Subject {
    Listener,
    Half(HalfOpen),
    Open(Box<Connection>),
    Waiting(Box<Connection>, TimeWait),
}

/// One place in the search: everything needed to go on from there.
#[derive(Clone)]
struct Place {
    subject: Subject,
    pool: Pool,
    now: Instant,
    /// The user closed: that shows in the state only once the SYN is acknowledged.
    closed: bool,
}

const INPUTS: &[&str] = &[
    "SYN seq=100",
    "SYN seq=5000",
    "SYN+ACK seq=100 ack=301",
    "SYN+FIN+ACK seq=100 ack=301",
    "ACK seq=101 ack=301",
    "ACK seq=101 ack=302",
    "ACK seq=102 ack=302",
    "ACK seq=102 ack=303",
    "DATA seq=101..102 ack=301",
    "FIN+ACK seq=101 ack=301",
    "FIN+ACK seq=101 ack=302",
    "RST seq=101",
    "RST seq=102",
    "RST+ACK seq=0 ack=301",
    "null seq=101",
];

fn config() -> Arc<TcpConfig> {
    Arc::new(TcpConfig { syn_retries: 1, syn_ack_retries: 1, ..plain() })
}

impl Place {
    fn phase(&self) -> Phase {
        match &self.subject {
            Subject::Listener => Listen,
            Subject::Half(_) => SynReceived,
            Subject::Open(connection) => connection.phase(),
            Subject::Waiting(..) => Wait,
        }
    }

    /// Lets out all that may go, so that positions count as sent.
    fn poll(&mut self) {
        if let Subject::Open(connection) = &mut self.subject {
            while connection.poll_segment(self.now, Room { super_segment: 1000 }, &self.pool).is_some() {}
            if let Some(kept) = connection.take_time_wait(self.now) {
                self.subject = Subject::Waiting(connection.clone(), kept);
            }
        }
    }

    fn arrive(&mut self, segment: &Segment<'_>) {
        let (now, config) = (self.now, config());
        match &mut self.subject {
            Subject::Listener => {
                if listen(segment).is_ok() {
                    self.subject = Subject::Half(HalfOpen::new(now, segment, SeqNum(300), 0, &config));
                }
            }
            Subject::Half(half) => match half.on_segment(now, segment, 1000, &config).next {
                HalfOpenNext::Stay => {}
                HalfOpenNext::Forget => self.subject = Subject::Listener,
                HalfOpenNext::Promote => {
                    let mut connection = Connection::from_half_open(now, half, segment, 1000, &config);
                    connection.on_segment(now, segment, &mut self.pool);
                    self.subject = Subject::Open(Box::new(connection));
                }
            },
            Subject::Open(connection) => drop(connection.on_segment(now, segment, &mut self.pool)),
            Subject::Waiting(connection, kept) => match kept.on_segment(now, segment, &config).next {
                TimeWaitNext::Reopen { .. } => self.subject = Subject::Listener,
                TimeWaitNext::Forget => self.subject = Subject::Open(connection.clone()),
                TimeWaitNext::Stay | TimeWaitNext::Restarted => {}
            },
        }
    }

    /// The calls: write, close, abort.
    fn call(&mut self, which: usize) -> bool {
        let (Subject::Open(connection) | Subject::Waiting(connection, _)) = &mut self.subject else {
            return false;
        };
        match which {
            0 => drop(connection.write(self.now, &[&[7]], &mut self.pool)),
            1 | 2 if self.closed => return false,
            1 => drop(connection.shutdown(self.now, Half::Write, &mut self.pool)),
            2 => drop(connection.release(self.now, &mut self.pool)),
            _ => {
                connection.abort(self.now, &mut self.pool);
                self.subject = Subject::Open(connection.clone());
            }
        }
        self.closed |= matches!(which, 1 | 2);
        true
    }

    /// Time passes until the state is another, or nothing more is due.
    fn time(&mut self) -> bool {
        let before = self.phase();
        for _ in 0..100 {
            if !self.due() {
                return false;
            }
            if self.phase() != before {
                return true;
            }
            self.poll();
        }
        false
    }

    /// The next moment at which something is due.
    fn due(&mut self) -> bool {
        let now = self.now;
        let due = match &self.subject {
            Subject::Listener => None,
            Subject::Half(half) => half.deadline().instant(now),
            Subject::Open(connection) => connection.deadline(now).instant(now),
            Subject::Waiting(_, kept) => kept.deadline().instant(now),
        };
        let Some(due) = due else { return false };
        self.now = due.max(now);
        match &mut self.subject {
            Subject::Half(half) => {
                if half.on_timer(self.now, 1000, &config()).next == HalfOpenNext::Forget {
                    self.subject = Subject::Listener;
                }
            }
            Subject::Open(connection) => drop(connection.on_timer(self.now, &mut self.pool)),
            Subject::Waiting(connection, kept) if kept.is_over(self.now) => {
                self.subject = Subject::Open(connection.clone());
            }
            Subject::Waiting(..) | Subject::Listener => {}
        }
        true
    }

    /// Everything that may happen next.
    fn next(&self) -> Vec<(Why, Self)> {
        let with = |change: &dyn Fn(&mut Self) -> bool| {
            let mut place = self.clone();
            change(&mut place).then_some(place)
        };
        let segments = INPUTS.iter().filter_map(|input| {
            with(&|place| {
                place.arrive(&parse(input));
                true
            })
            .map(|place| (Arrives, place))
        });
        let calls = (0..4).filter_map(|which| with(&|place| place.call(which)).map(|place| (Call, place)));
        let timer = with(&Self::time).map(|place| (Timer, place));
        segments.chain(calls).chain(timer).collect()
    }

    /// What tells one place from another, as far as states go: numbers and halves, not times.
    fn name(&self) -> String {
        match &self.subject {
            Subject::Listener => "listener".into(),
            Subject::Half(half) => format!("half {}", half.retries()),
            Subject::Open(connection) => {
                let vars = connection.vars();
                let closed = self.closed;
                format!(
                    "{} {:?} {:?} {:?} {} {closed}",
                    vars.phase, vars.snd_una, vars.snd_nxt, vars.rcv_nxt, vars.queued
                )
            }
            Subject::Waiting(..) => "waiting".into(),
        }
    }
}

/// Shows RFC9293-3.3.2-a: a search from LISTEN and from a call, through every input in every order up to so many, makes
/// all of these changes and no other.
#[test]
fn only_the_changes_of_figure_5_and_all_of_them() {
    let now = Instant::from_millis(1_000);
    let calling = Connection::connect(now, SeqNum(300), 0, 1000, &config());
    let mut open = VecDeque::new();
    let mut seen = BTreeSet::new();
    for subject in [Subject::Listener, Subject::Open(Box::new(calling))] {
        let mut place = Place { subject, pool: Pool::new(1 << 20), now, closed: false };
        place.poll();
        open.push_back((0, place));
    }
    let mut made = BTreeMap::<(Phase, Why, Phase), String>::new();
    while let Some((depth, place)) = open.pop_front() {
        let before = place.phase();
        for (why, mut next) in place.next() {
            let after = next.phase();
            if after != before {
                made.entry((before, why, after)).or_insert_with(|| place.name());
            }
            next.poll();
            let later = next.phase();
            assert!(later == after || later == Wait, "{before} {after} {later}: sending changes no state");
            if depth < 24 && seen.insert(next.name()) {
                open.push_back((depth + 1, next));
            }
        }
    }
    let allowed: BTreeSet<_> = CHANGES.iter().copied().collect();
    let wrong: Vec<_> = made.iter().filter(|(change, _)| !allowed.contains(change)).collect();
    assert!(wrong.is_empty(), "no such change: {wrong:?}");
    let missing: Vec<_> = allowed.iter().filter(|change| !made.contains_key(change)).collect();
    assert!(missing.is_empty(), "never made: {missing:?}");
}
