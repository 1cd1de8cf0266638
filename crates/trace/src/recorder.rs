//! The observer inside the stack: it copies what it is told and hands it on.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cordial_stack::{Call, Fact, Observer, Tuple, What};
use cordial_tcp::{CloseCause, Instant, Refusal, Rule, Vars};
use cordial_wire::{Flags, Options, Segment, SeqNum};

use crate::event::{Fate, Head};

/// An [`Observer`] that copies facts into an [`Inbox`].
///
/// It runs inside the stack, so it does little: one copy of a fact, of fixed size, into a bounded queue. While the
/// queue is full, the connections that facts come from are given up whole, counted, and named in the next [`Batch`]:
/// the record has no connection with holes in it, and the stack is never held up. A clone feeds the same inbox.
#[derive(Clone, Debug)]
pub struct Recorder {
    shared: Arc<Mutex<Queue>>,
}

/// Where recorded facts wait for [`Trace`](crate::Trace).
#[derive(Debug)]
pub struct Inbox {
    shared: Arc<Mutex<Queue>>,
}

/// Facts in the order in which they happened.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub(crate) facts: Vec<Noted>,
    /// What befell segments on the path, each with the number of facts before it.
    pub(crate) incidents: Vec<(usize, NotedIncident)>,
    /// Connections that had to be given up.
    pub(crate) lost: Vec<Tuple>,
}

/// What befell a segment on the path between a stack and a peer that tells nothing. A path may lie in front of one that
/// is recorded with [`Vantage::OneEnd`](crate::Vantage::OneEnd).
#[derive(Clone, Copy, Debug)]
pub struct OnPath<'a> {
    /// Its connection, as the stack sees it.
    pub tuple: Tuple,
    /// The stack sent it; else its peer did.
    pub is_ours: bool,
    /// The segment.
    pub segment: &'a Segment<'a>,
    /// What befell it, each with a short reason; what it came under, `--fault` say, for all.
    pub fates: &'a [(Fate, &'static str)],
    /// Where the reasons come from.
    pub rule: &'static str,
}

impl Batch {
    /// True if nothing happened.
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty() && self.incidents.is_empty() && self.lost.is_empty()
    }
}

struct Queue {
    batch: Batch,
    capacity: usize,
    /// Connections given up whose end has not been told yet.
    given_up: BTreeSet<Tuple>,
    closed: bool,
    wake: Option<Box<dyn Fn() + Send>>,
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { batch, capacity, given_up, closed, wake: _ } = self;
        let mut out = f.debug_struct("Queue");
        out.field("batch", batch).field("capacity", capacity).field("given_up", given_up);
        out.field("closed", closed).finish_non_exhaustive()
    }
}

/// How many connections that were given up are remembered by name.
const GIVEN_UP: usize = 65_536;

impl Inbox {
    /// Facts that wait unless told otherwise: about 8 MB.
    pub const CAPACITY: usize = 16_384;

    /// An inbox in which `capacity` facts may wait.
    pub fn new(capacity: usize) -> Self {
        let given_up = BTreeSet::new();
        let queue = Queue { batch: Batch::default(), capacity, given_up, closed: false, wake: None };
        Self { shared: Arc::new(Mutex::new(queue)) }
    }

    /// An observer for one more stack.
    pub fn recorder(&self) -> Recorder {
        Recorder { shared: Arc::clone(&self.shared) }
    }

    /// Has `wake` called whenever something waits after nothing did, so that nobody has to look again and again. It
    /// runs inside the stack, under locks of both: it may send on a channel, and not much more.
    pub fn wake_by(&mut self, wake: impl Fn() + Send + 'static) {
        let mut queue = lock(&self.shared);
        if !queue.batch.is_empty() {
            wake();
        }
        queue.wake = Some(Box::new(wake));
    }

    /// Everything since the last call.
    pub fn take(&mut self) -> Batch {
        let mut queue = lock(&self.shared);
        let room = queue.batch.facts.len().min(1_024);
        let fresh = Batch { facts: Vec::with_capacity(room), ..Batch::default() };
        std::mem::replace(&mut queue.batch, fresh)
    }
}

impl Drop for Inbox {
    /// Nobody will read any more: recorders stop watching.
    fn drop(&mut self) {
        lock(&self.shared).closed = true;
    }
}

impl Observer for Recorder {
    const ON: bool = true;

    fn is_watching(&self) -> bool {
        !lock(&self.shared).closed
    }

    fn fact(&mut self, now: Instant, fact: &Fact<'_>) {
        lock(&self.shared).push(now, fact);
    }
}

impl Recorder {
    /// Notes what befell a segment on the path, between the facts before and after: that of the stack's own after the fact
    /// that it was sent.
    pub fn on_path(&mut self, now: Instant, happened: &OnPath<'_>) {
        lock(&self.shared).push_incident(now, happened);
    }
}

impl Queue {
    fn push(&mut self, now: Instant, fact: &Fact<'_>) {
        if self.admits(fact.tuple, matches!(fact.what, What::Ended(_))) {
            self.batch.facts.push(Noted::of(now, fact));
        }
    }

    fn push_incident(&mut self, now: Instant, happened: &OnPath<'_>) {
        if !self.closed && self.admits(happened.tuple, false) {
            let place = self.batch.facts.len();
            self.batch.incidents.push((place, NotedIncident::of(now, happened)));
        }
    }

    /// True if there is room for something of this connection, after which nothing comes if it has `ended`.
    fn admits(&mut self, tuple: Tuple, ended: bool) -> bool {
        if !self.given_up.is_empty() && self.given_up.contains(&tuple) {
            if ended {
                self.given_up.remove(&tuple);
            }
            return false;
        }
        if let Some(wake) = self.wake.as_ref().filter(|_| self.batch.is_empty()) {
            wake();
        }
        if self.batch.facts.len() + self.batch.incidents.len() < self.capacity {
            return true;
        }
        if self.batch.lost.len() < GIVEN_UP {
            self.batch.lost.push(tuple);
        }
        if !ended && self.given_up.len() < GIVEN_UP {
            self.given_up.insert(tuple);
        }
        false
    }
}

/// A panic elsewhere leaves the queue in order: every change to it is whole.
fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A fact that owns what it says.
#[derive(Clone, Debug)]
pub(crate) struct Noted {
    pub(crate) time: Instant,
    pub(crate) tuple: Tuple,
    pub(crate) what: NotedWhat,
    pub(crate) why: Rule,
    pub(crate) before: Vars,
    pub(crate) after: Vars,
}

/// [`OnPath`] that owns what it says.
#[derive(Clone, Debug)]
pub(crate) struct NotedIncident {
    pub(crate) time: Instant,
    pub(crate) tuple: Tuple,
    pub(crate) is_ours: bool,
    pub(crate) segment: NotedSegment,
    pub(crate) fates: Box<[(Fate, &'static str)]>,
    pub(crate) rule: &'static str,
}

impl NotedIncident {
    fn of(time: Instant, happened: &OnPath<'_>) -> Self {
        let &OnPath { tuple, is_ours, segment, fates, rule } = happened;
        let segment = NotedSegment::new(segment, segment.payload.len(), Head::of([segment.payload]));
        Self { time, tuple, is_ours, segment, fates: fates.into(), rule }
    }

    /// True if one of `fates` befell it.
    pub(crate) fn has(&self, is_it: impl Fn(Fate) -> bool) -> bool {
        self.fates.iter().any(|(fate, _)| is_it(*fate))
    }
}

/// [`What`] with the segment copied: its header, and the first octets of its data.
#[derive(Clone, Debug)]
pub(crate) enum NotedWhat {
    Received(NotedSegment, Option<Refusal>),
    Sent(NotedSegment, bool),
    Timer,
    Call(Call),
    Icmp { kind: u8, code: u8 },
    Queues { syn: (u32, u32), accept: (u32, u32) },
    Ended(CloseCause),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct NotedSegment {
    pub(crate) seq: SeqNum,
    pub(crate) ack: Option<SeqNum>,
    pub(crate) flags: Flags,
    pub(crate) window: u16,
    pub(crate) options: Options,
    pub(crate) payload_len: u32,
    pub(crate) head: Head,
}

impl NotedSegment {
    pub(crate) fn new(header: &Segment<'_>, payload_len: usize, head: Head) -> Self {
        Self {
            seq: header.seq,
            ack: header.ack(),
            flags: header.flags,
            window: header.window,
            options: header.options,
            payload_len: u32::try_from(payload_len).unwrap_or(u32::MAX),
            head,
        }
    }

    /// Positions taken in sequence space.
    pub(crate) fn len(&self) -> u32 {
        self.payload_len
            + u32::from(self.flags.contains(Flags::SYN))
            + u32::from(self.flags.contains(Flags::FIN))
    }
}

impl Noted {
    fn of(time: Instant, fact: &Fact<'_>) -> Self {
        let what = match fact.what {
            What::Received { segment, refused } => {
                let head = Head::of([segment.payload]);
                NotedWhat::Received(NotedSegment::new(segment, segment.payload.len(), head), refused)
            }
            What::Sent { header, body, again } => {
                NotedWhat::Sent(NotedSegment::new(header, body.len(), Head::of(body)), again)
            }
            What::Timer => NotedWhat::Timer,
            What::Call(call) => NotedWhat::Call(call),
            What::Icmp { kind, code } => NotedWhat::Icmp { kind, code },
            What::Queues { syn, accept } => NotedWhat::Queues { syn, accept },
            What::Ended(cause) => NotedWhat::Ended(cause),
        };
        Self { time, tuple: fact.tuple, what, why: fact.why, before: fact.before, after: fact.after }
    }
}
