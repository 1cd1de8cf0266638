//! One connection under faults: how often each rule has met it.

use std::time::Duration;

use cordial_device::{Dice, Passage};
use cordial_trace::event::Fate;

use crate::hits::{Cause, Hit};
use crate::rule::{Chance, Rule, Verb};
use crate::talk::{End, Meaning, Sight, Talk};

/// Octets of a TCP header before its sequence number. A bit that is turned over there would say that the segment is
/// another connection's: nobody could tell what was damaged.
const PORTS: usize = 4;

/// How long an end of a broken connection may go on before it is told again. What is in flight when it breaks is one
/// burst, and one reset answers it.
const PATIENCE: Duration = Duration::from_millis(100);

/// A connection, from its first SYN on.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The how-manieth it is.
    pub(crate) number: u64,
    pub(crate) talk: Talk,
    /// Segments of the kind that each rule counts.
    counts: Vec<u32>,
    /// The rule that broke it off.
    reset_by: Option<usize>,
    /// When each end was last told so.
    told: [Option<Duration>; 2],
    /// The goodbye is complete, or it was broken off, and that has arrived.
    is_settled: bool,
}

/// A segment on its way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Passing {
    /// What it is.
    pub(crate) sight: Sight,
    /// Octets of its packet, the IP header included.
    pub(crate) packet: usize,
    /// Octets of it, TCP header and data.
    pub(crate) segment: usize,
}

/// What the rules do to one segment.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) passage: Passage,
    pub(crate) hits: Vec<Hit>,
    /// The connection is broken off.
    pub(crate) reset: Option<Broken>,
}

/// How far breaking off has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// With this segment: both ends are to hear of it. By this rule.
    Now(usize),
    /// Before it: its sender has not heard.
    Before(usize),
}

impl Connection {
    pub(crate) fn new(number: u64, talk: Talk, rules: usize) -> Self {
        Self { number, talk, counts: vec![0; rules], reset_by: None, told: [None; 2], is_settled: false }
    }

    /// True if both ends have said goodbye and one does not know yet that it was heard.
    pub(crate) fn is_leaving(&self) -> bool {
        self.talk.is_leaving() && !self.is_settled
    }

    /// True if an end that sends something on a broken connection is to be told, and notes that it is.
    pub(crate) fn is_to_be_told(&mut self, end: End, now: Duration) -> bool {
        let told = &mut self.told[end as usize];
        let is_due = told.is_none_or(|told| now.saturating_sub(told) >= PATIENCE);
        if is_due {
            *told = Some(now);
        }
        is_due
    }

    /// What becomes of a segment. `dice` are those of the run.
    pub(crate) fn judge(&mut self, rules: &[Rule], dice: &Dice, passing: Passing) -> Verdict {
        let mut verdict = Verdict::default();
        if let Some(by) = self.reset_by {
            verdict.lose(by);
            verdict.reset = Some(Broken::Before(by));
            return verdict;
        }
        let dice = dice.at(self.number);
        for (place, rule) in rules.iter().enumerate() {
            if self.is_met(place, rule, &dice, &passing) {
                verdict.add(place, rule.verb, &passing, &dice);
            }
        }
        if let Some(Broken::Now(by)) = verdict.reset {
            self.reset_by = Some(by);
        }
        self.settle(&passing.sight, &verdict);
        verdict
    }

    /// True if the rule at this place hits the segment. It is counted for each rule alone, so that one rule more changes
    /// nothing about what the others do.
    fn is_met(&mut self, place: usize, rule: &Rule, dice: &Dice, passing: &Passing) -> bool {
        let (which, sight) = (&rule.which, &passing.sight);
        if let Verb::ResetAfter(octets) = rule.verb {
            let [client, server] = sight.octets;
            return octets <= which.sender.map_or(client + server, |sender| sight.octets[sender as usize]);
        }
        if !which.is_alike(sight)
            || matches!(rule.verb, Verb::BlackHole(most) if passing.packet as u64 <= most)
        {
            return false;
        }
        let Some(count) = self.counts.get_mut(place) else { return false };
        *count += 1;
        let Chance(chance) = which.chance;
        let mut dice = dice.at(place as u64).at(u64::from(*count));
        which.nth.is_met_by(*count) && dice.below(Chance::CERTAIN.0.into()) < u64::from(chance)
    }

    /// Notes what ends the connection, if it arrives.
    fn settle(&mut self, sight: &Sight, verdict: &Verdict) {
        let arrives = !verdict.passage.is_lost && verdict.passage.flipped_bit.is_none();
        let ends = sight.is(Meaning::LastAck) || sight.is(Meaning::Rst);
        self.is_settled |= (arrives && ends) || verdict.reset.is_some();
    }
}

impl Verdict {
    /// The segment is lost, whatever else befalls it.
    fn lose(&mut self, by: usize) {
        if !self.passage.is_lost {
            self.passage.is_lost = true;
            self.hits.clear();
            self.hit(Fate::Lost, by);
        }
    }

    fn add(&mut self, by: usize, verb: Verb, passing: &Passing, dice: &Dice) {
        if self.passage.is_lost && !matches!(verb, Verb::ResetAfter(_)) {
            return;
        }
        match verb {
            Verb::Drop | Verb::BlackHole(_) => self.lose(by),
            Verb::Delay(late) => {
                self.passage.late = self.passage.late.saturating_add(late);
                self.hit(Fate::Delayed(Some(late)), by);
            }
            Verb::Duplicate => {
                self.passage.copies = self.passage.copies.saturating_add(1);
                self.hit(Fate::Duplicated, by);
            }
            Verb::Reorder => {
                self.passage.behind = 1;
                self.hit(Fate::Reordered, by);
            }
            Verb::Corrupt => {
                self.passage.flipped_bit = Some(damaged_bit(passing, dice));
                self.hit(Fate::Corrupted, by);
            }
            Verb::ResetAfter(_) => self.reset = self.reset.or(Some(Broken::Now(by))),
        }
    }

    fn hit(&mut self, fate: Fate, by: usize) {
        self.hits.push(Hit { fate, cause: Cause::Rule(by) });
    }
}

/// A bit of the segment behind its ports, counted from the first of the packet.
fn damaged_bit(passing: &Passing, dice: &Dice) -> usize {
    let from = passing.packet - passing.segment + PORTS;
    let bits = passing.segment.saturating_sub(PORTS) * 8;
    let [client, server] = passing.sight.octets;
    let mut dice = dice.at(client).at(server);
    from * 8 + dice.below(bits as u64) as usize
}
