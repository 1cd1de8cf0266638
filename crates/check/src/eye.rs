//! The observer inside a host: what the properties are judged by.

use std::hash::{Hash, Hasher};

use cordial_stack::{CloseCause, Fact, Instant, Observer, Phase, Tuple, Vars, What};
use cordial_tcp::Rule;
use cordial_trace::Recorder;

/// Keeps what one step did to the watched connection, and its variables as last told.
#[derive(Clone, Debug)]
pub struct Eye {
    /// The pair of ends that matters; strangers are not judged.
    tuple: Tuple,
    notes: Vec<Note>,
    vars: Vars,
    /// In a replay, for the record.
    recorder: Option<Recorder>,
}

/// One fact, as far as a property asks about it.
#[derive(Clone, Copy, Debug)]
pub struct Note {
    /// What happened.
    pub kind: Kind,
    /// The rule it came under.
    pub rule: Rule,
    /// The state before.
    pub before: Phase,
    /// The connection's variables after.
    pub after: Vars,
    /// A timer came due.
    pub is_timer: bool,
}

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A segment arrived and was taken.
    Taken,
    /// A segment arrived and changed nothing.
    Refused,
    /// A segment went out.
    Sent {
        /// Its positions had gone out before.
        again: bool,
    },
    /// The connection ended.
    Ended(CloseCause),
    /// Anything else: a call, a timer.
    Other,
}

impl Note {
    /// It brought the connection into ESTABLISHED or beyond.
    pub fn opens(&self) -> bool {
        self.before < Phase::Established && self.after.phase >= Phase::Established
    }

    /// It made a connection of a SYN and what rode on it.
    pub fn opens_early(&self) -> bool {
        self.rule == Rule::FastOpen && self.kind == Kind::Taken
    }

    /// An open connection is over by a reset, or because somebody gave up.
    pub fn ends_badly(&self) -> bool {
        let was_open = self.before >= Phase::Established && self.before != Phase::TimeWait;
        let by = match self.rule {
            Rule::Reset => self.kind == Kind::Taken,
            Rule::GiveUpData | Rule::GiveUpKeepalive | Rule::GiveUpFinWait2 => true,
            _ => false,
        };
        was_open && by && self.after.phase == Phase::Closed
    }
}

impl Eye {
    /// An eye on the connection between these ends.
    pub fn new(tuple: Tuple, recorder: Option<Recorder>) -> Self {
        Self { tuple, notes: Vec::new(), vars: Vars::default(), recorder }
    }

    /// Facts go to this recorder from now on.
    pub fn record(&mut self, recorder: Option<Recorder>) {
        self.recorder = recorder;
    }

    /// The same of a host that was switched off and on.
    pub fn rebooted(&self) -> Self {
        Self::new(self.tuple, self.recorder.clone())
    }

    /// The connection's variables as last told.
    pub fn vars(&self) -> &Vars {
        &self.vars
    }

    /// What happened since [`forget`](Self::forget).
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Begins a new step.
    pub fn forget(&mut self) {
        self.notes.clear();
    }

    /// Feeds what a harness may go by into `h`.
    pub fn fingerprint(&self, h: &mut impl Hasher) {
        let Vars { phase, iss, irs, snd_una, snd_nxt, rcv_nxt, .. } = self.vars;
        (phase, iss, irs, snd_una, snd_nxt, rcv_nxt).hash(h);
    }
}

impl Observer for Eye {
    const ON: bool = true;

    fn fact(&mut self, now: Instant, fact: &Fact<'_>) {
        if let Some(recorder) = &mut self.recorder {
            recorder.fact(now, fact);
        }
        if fact.tuple != self.tuple {
            return;
        }
        let kind = match fact.what {
            What::Received { refused: None, .. } => Kind::Taken,
            What::Received { refused: Some(_), .. } => Kind::Refused,
            What::Sent { again, .. } => Kind::Sent { again },
            What::Ended(cause) => Kind::Ended(cause),
            What::Queues { .. } => return,
            What::Timer | What::Call(_) | What::Icmp { .. } => Kind::Other,
        };
        self.vars = fact.after;
        let is_timer = matches!(fact.what, What::Timer);
        self.notes.push(Note {
            kind,
            rule: fact.why,
            before: fact.before.phase,
            after: fact.after,
            is_timer,
        });
    }
}
