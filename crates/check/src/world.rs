//! A state of a run: both hosts, the network, and what may still happen.
//!
//! # Time
//!
//! A segment that is not held takes no time, and applications call within the moment: so the scenarios have it. A held
//! segment may arrive at any moment of its life, and time is dense; yet it is cut into [`GRAIN`]s, and no order of events is
//! lost by it. A run in which things happen between the grains has one with the same events in the same order and all of
//! them at grains, as closed timed systems have (Henzinger, Manna, Pnueli, "What good are digital clocks?", 1992), since
//!
//! * every wait of both ends, and the segments' life, is a whole number of grains: time passing asserts it;
//! * nothing asks whether a moment is *strictly* before another: a timer comes due at its moment, what arrives at that moment
//!   comes before it or after it, of two timers due at one moment either comes first, and a segment arrives up to the age of an
//!   MSL, that moment included. All these are tried;
//! * no property asks for moments, but for the limit of P12, which is a whole number of grains too.
//!
//! Three clocks of the engine are finer, so for what hangs on them the grains are a choice and not a proof: timestamps
//! (milliseconds; `no-paws` and the form `round-the-circle` have them), the throttles of challenge ACKs and of answers without a
//! connection (ten and twenty a second here: only an exchange that goes on and on comes up against them), and the age of a
//! SYN cookie (64 s; no run lasts as long). While nothing is held time goes from timer to timer: between two of them nothing can
//! happen.

mod judge;

use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use cordial_stack::{CloseCause, Instant, Phase};
use cordial_trace::Recorder;
use cordial_trace::event::Side;
use cordial_wire::Flags;
use siphasher::sip128::{Hasher128, SipHasher13};

use crate::action::Action;
use crate::budget::{Budget, GRAIN};
use crate::eye::Note;
use crate::host::{Host, Opened};
use crate::message::{Message, packet, segment_in};
use crate::network::Network;
use crate::property::{Broken, Property, Sometimes};
use crate::run::ORIGIN;
use crate::scenario::{Setting, address};
use crate::script::Call;

/// A state of a run.
#[derive(Clone, Debug)]
pub struct World {
    setting: Setting,
    now: Instant,
    /// Shared with the states around: a step changes one end, mostly.
    hosts: [Arc<Host>; 2],
    /// Their fingerprints as of now.
    prints: [u128; 2],
    network: Network,
    budget: Budget,
    /// The longest that a half-open connection may last.
    half_open_limit: Duration,
    /// The client's attempts so far.
    era: u8,
    /// The client heard the half-open server's SYN-ACK, and nothing was lost or held since: whatever it says to it will be
    /// heard. False where nothing is half-open.
    heard_syn_ack: bool,
    /// Attempts that both ends opened, a bit each. It decides nothing: what the guards of
    /// [`Sometimes`] go by is one run that leads here.
    open_eras: u8,
    /// What the last step broke, and what it showed.
    step: Step,
}

/// What one step showed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Step {
    /// Properties that it broke.
    pub broken: Broken,
    /// What happened that has to happen sometimes, a bit each.
    pub happened: u32,
    /// Segments that went out.
    pub sent: u32,
    /// The call that was made.
    pub call: Option<Call>,
    /// Which ends it touched.
    touched: [bool; 2],
}

/// What an end was before a step.
#[derive(Clone, Copy, Debug)]
struct Before {
    phase: Phase,
    opened: Option<Opened>,
    ended: bool,
    failed: Option<CloseCause>,
}

/// The ends, in the order in which everything asks them.
pub const SIDES: [Side; 2] = [Side::Client, Side::Server];

impl World {
    /// The beginning.
    pub fn new(setting: Setting) -> Self {
        Self::recorded(setting, [None, None])
    }

    /// The beginning, with recorders at the ends.
    pub fn recorded(setting: Setting, recorders: [Option<Recorder>; 2]) -> Self {
        let mut hosts = SIDES.map(|side| Host::new(side, &setting));
        if setting.scenario.opens_fast {
            let [client, server] = &mut hosts;
            client.meet(server, ORIGIN);
        }
        for (host, recorder) in hosts.iter_mut().zip(recorders) {
            host.record(recorder);
        }
        let mut world = Self {
            setting,
            // Not at the origin, so that "never" and "at the origin" are not the same.
            now: ORIGIN,
            hosts: hosts.map(Arc::new),
            prints: [0; 2],
            network: Network::default(),
            budget: setting.scenario.budget,
            half_open_limit: setting.half_open_limit(),
            era: 0,
            heard_syn_ack: false,
            open_eras: 0,
            step: Step::default(),
        };
        world.print([true; 2]);
        world
    }

    /// The time.
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// One end.
    pub fn host(&self, side: Side) -> &Host {
        &self.hosts[side as usize]
    }

    /// What is under way.
    pub const fn network(&self) -> &Network {
        &self.network
    }

    /// What the last step did at an end.
    pub fn notes(&self, side: Side) -> &[Note] {
        match self.step.touched[side as usize] {
            true => self.host(side).eye().notes(),
            false => &[],
        }
    }

    /// What the last step showed.
    pub const fn step(&self) -> &Step {
        &self.step
    }

    /// True if no run may stop here: an end still has a connection, in whatever table, or its application something to do
    /// other than to wait for a caller.
    pub fn is_unfinished(&self) -> bool {
        self.hosts.iter().any(|host| !host.is_free() || host.has_plans())
    }

    /// Everything that may happen next, in a fixed order; nothing at the end of a run. For time see the head of this module.
    ///
    /// Three things are left out, and no run is lost by it. A segment's fate is decided when it is next to arrive, not
    /// while it stands further back: until then nobody can tell. Of held segments that are the same in every octet and
    /// equally old only one is let go: the others would lead to the same state. And time does not pass while a segment
    /// is about to arrive, a timer due, or an application about to call.
    pub fn actions(&self) -> Vec<Action> {
        let mut actions = Vec::new();
        if let Some(side) = SIDES.into_iter().find(|&side| self.host(side).must_call()) {
            return vec![Action::Call(side)];
        }
        actions.extend(SIDES.into_iter().filter(|&side| self.host(side).may_call()).map(Action::Call));
        for side in SIDES.into_iter().filter(|&side| self.network.next(side).is_some()) {
            let fates = [
                (true, Action::Deliver(side)),
                (self.budget.losses > 0, Action::Drop(side)),
                (self.budget.duplicates > 0, Action::Duplicate(side)),
                (self.budget.delays > 0, Action::Hold(side)),
            ];
            actions.extend(fates.into_iter().filter(|&(may, _)| may).map(|(_, fate)| fate));
        }
        let held = self.network.held();
        let is_first = |at: usize| {
            at == 0 || held.get(at - 1).zip(held.get(at)).is_some_and(|(a, b)| a.identity() != b.identity())
        };
        actions.extend((0..held.len()).filter(|&at| is_first(at)).map(|at| Action::Release(at as u8)));
        if self.budget.crashes > 0 && self.host(Side::Client).app.conn.is_some() {
            actions.push(Action::Crash(Side::Client));
        }
        if self.next_forgery().is_some() {
            actions.push(Action::Forge);
        }
        let due = SIDES.into_iter().filter(|&side| self.is_due(side));
        actions.extend(due.map(Action::Timer));
        let nobody_hurries = !SIDES.into_iter().any(|side| self.host(side).may_call() || self.is_due(side));
        if self.network.is_quiet() && nobody_hurries && self.next_moment().is_some() {
            actions.push(Action::Wait);
        }
        actions
    }

    /// Does it. What it showed is [`step`](Self::step).
    pub fn apply(&mut self, action: Action) {
        let before = self.before();
        let was = self.now;
        self.step = Step::default();
        if action == Action::Wait {
            self.judge_half_open();
        }
        let arrived = self.perform(action);
        let attempt = arrived.as_ref().map(|message| message.era);
        for side in self.touched() {
            self.host_mut(side).note_attempt(attempt);
        }
        self.pump(arrived.as_ref());
        for side in self.touched() {
            self.host_mut(side).note_opening(attempt);
        }
        self.attend(action);
        self.pump(None);
        let now = self.now;
        for side in self.touched() {
            self.host_mut(side).note_waiting(now);
        }
        self.heard_syn_ack &= self.host(Side::Server).is_half_open();
        self.judge(&before, arrived.as_ref());
        self.look(&before, arrived.as_ref());
        let touched = self.step.touched;
        self.print(if was == self.now { touched } else { [true; 2] });
        self.pass_over_early_wakes();
    }

    /// What only ever goes one way: the scripts' lines, the numbers dealt, the budget, what is held, and the time while
    /// something is, since that grows old. All states of a cycle have it in common.
    pub fn progress(&self) -> ([(u8, u8); 2], Budget, usize, Option<Instant>) {
        let held = self.network.held().len();
        (SIDES.map(|side| self.host(side).progress()), self.budget, held, (held > 0).then_some(self.now))
    }

    /// 128 bits that tell two states with different futures apart.
    pub fn fingerprint(&self) -> u128 {
        let Self {
            setting: _,
            now,
            hosts: _,
            prints,
            network,
            budget,
            half_open_limit: _,
            era,
            heard_syn_ack,
            open_eras: _,
            step: _,
        } = self;
        let mut h = SipHasher13::new();
        prints.hash(&mut h);
        network.fingerprint(*now, &mut h);
        (budget, era, heard_syn_ack).hash(&mut h);
        h.finish128().as_u128()
    }

    /// An end that the step touches. What a step before did there is forgotten.
    fn host_mut(&mut self, side: Side) -> &mut Host {
        let host = Arc::make_mut(&mut self.hosts[side as usize]);
        if !std::mem::replace(&mut self.step.touched[side as usize], true) {
            host.forget();
        }
        host
    }

    /// The ends that the step touched.
    fn touched(&self) -> impl Iterator<Item = Side> + use<> {
        let touched = self.step.touched;
        SIDES.into_iter().filter(move |side| touched[*side as usize])
    }

    /// Takes the fingerprints of these ends.
    fn print(&mut self, which: [bool; 2]) {
        for side in SIDES.into_iter().filter(|side| which[*side as usize]) {
            self.prints[side as usize] = self.print_of(self.host(side));
        }
    }

    fn print_of(&self, host: &Host) -> u128 {
        let mut h = SipHasher13::new();
        host.fingerprint(self.now, &mut h);
        h.finish128().as_u128()
    }

    fn before(&self) -> [Before; 2] {
        SIDES.map(|side| self.host(side)).map(|host| Before {
            phase: host.phase(),
            opened: host.opened(),
            ended: host.app.ended,
            failed: host.app.failed,
        })
    }

    fn next_forgery(&self) -> Option<&'static crate::scenario::Forgery> {
        let done = self.setting.scenario.budget.forgeries - self.budget.forgeries;
        let has_more = self.budget.forgeries > 0;
        self.setting.scenario.forgeries.get(usize::from(done)).filter(|_| has_more)
    }

    /// When time next brings something: a timer, or the next grain while something is held.
    fn next_moment(&self) -> Option<Instant> {
        let grain = (!self.network.held().is_empty()).then_some(self.now + GRAIN);
        let timers = self.hosts.iter().filter_map(|host| host.next_deadline());
        timers.chain(grain).min()
    }

    /// Something is due at this end.
    fn is_due(&self, side: Side) -> bool {
        self.host(side).next_deadline().is_some_and(|due| due <= self.now)
    }

    /// Gives the message that arrived, if one did.
    fn perform(&mut self, action: Action) -> Option<Message> {
        match action {
            Action::Call(side) => self.call(side),
            Action::Deliver(side) => {
                let message = self.network.take(side)?;
                return Some(self.arrive(message));
            }
            Action::Drop(side) => {
                self.network.take(side)?;
                self.budget.losses -= 1;
                self.heard_syn_ack = false;
            }
            Action::Duplicate(side) => {
                let copy = self.network.next(side)?.clone();
                self.network.hold(copy);
                self.budget.duplicates -= 1;
            }
            Action::Hold(side) => {
                let message = self.network.take(side)?;
                self.network.hold(message);
                self.budget.delays -= 1;
                self.heard_syn_ack = false;
            }
            Action::Release(at) => {
                let message = self.network.release(usize::from(at))?;
                return Some(self.arrive(message));
            }
            Action::Wait => self.wait(),
            Action::Timer(side) => self.timer(side),
            Action::Crash(side) => {
                self.budget.crashes -= 1;
                let setting = self.setting;
                self.host_mut(side).reboot(&setting);
            }
            Action::Forge => return self.forge(),
        }
        None
    }

    fn call(&mut self, side: Side) {
        let now = self.now;
        let call = self.host_mut(side).call(now);
        if side == Side::Client {
            self.era = self.host(side).attempt();
        }
        self.step.call = call;
    }

    fn arrive(&mut self, message: Message) -> Message {
        let (setting, now) = (self.setting, self.now);
        self.host_mut(message.to).receive(&setting, now, &message.octets);
        let is_syn_ack = message.segment().flags.contains(Flags::SYN | Flags::ACK);
        if message.to == Side::Client && is_syn_ack && !message.forged {
            self.heard_syn_ack = true;
        }
        message
    }

    fn forge(&mut self) -> Option<Message> {
        let message = self.forgery()?;
        self.budget.forgeries -= 1;
        Some(self.arrive(message))
    }

    /// What the stranger sends next.
    pub fn forgery(&self) -> Option<Message> {
        let forgery = self.next_forgery()?;
        let (from, to) = (forgery.from.unwrap_or(address(forgery.to.other())), address(forgery.to));
        let segment = (forgery.segment)();
        let segment = cordial_wire::Segment { source: from.port(), destination: to.port(), ..segment };
        let octets = packet(from.ip(), to.ip(), &segment);
        let (born, era) = (self.now, self.era);
        Some(Message { to: forgery.to, octets, born, era, forged: true, late: false })
    }

    /// Time passes. Where only one end has something due and nothing is held, nothing else can happen first: so it does.
    ///
    /// # Panics
    ///
    /// If a setting has a wait that is no whole number of grains: then what happens between two of them is not tried.
    fn wait(&mut self) {
        let Some(next) = self.next_moment() else { return };
        self.now = self.now.max(next);
        let off = self.now.since(ORIGIN).as_nanos() % GRAIN.as_nanos();
        assert_eq!(off, 0, "every wait has to be a whole number of {GRAIN:?}");
        self.network.bury(self.now);
        let mut due = SIDES.into_iter().filter(|&side| self.is_due(side));
        if let (Some(side), None, true) = (due.next(), due.next(), self.network.is_empty()) {
            self.timer(side);
        }
    }

    /// A stack may ask to be called at a moment at which nothing comes due any more. That it was called changes nothing that
    /// counts, so it is no step.
    fn pass_over_early_wakes(&mut self) {
        for side in SIDES.into_iter().filter(|&side| self.is_due(side)).collect::<Vec<_>>() {
            let mut called = self.host(side).clone();
            called.on_timer(self.now);
            if self.print_of(&called) == self.prints[side as usize] {
                self.hosts[side as usize] = Arc::new(called);
            }
        }
    }

    fn timer(&mut self, side: Side) {
        let now = self.now;
        self.host_mut(side).on_timer(now);
    }

    /// What the hosts have to send goes onto the network. `answered` is what it may be an answer to.
    ///
    /// A segment belongs to the attempt of the connection that sends it. A reset may come from no connection, or be about
    /// another one than the sender's: where it answers a segment it belongs to that segment's attempt.
    fn pump(&mut self, answered: Option<&Message>) {
        let (setting, now) = (self.setting, self.now);
        for side in self.touched() {
            let answered = answered.filter(|message| message.to == side);
            for octets in self.host_mut(side).poll(&setting, now) {
                let is_reset = segment_in(&octets).is_some_and(|segment| segment.flags.contains(Flags::RST));
                let of_answered = answered.filter(|_| is_reset).map(|message| message.era);
                let era = of_answered.unwrap_or(self.host(side).attempt());
                let is_of = |host: &Arc<Host>| host.opened().is_some_and(|opened| opened.era == era);
                let is_told_by_a_stranger = answered.is_some_and(|message| message.forged);
                let spoils = is_reset && !is_told_by_a_stranger && self.hosts.iter().any(is_of);
                self.step.broken.add_if(spoils, Property::P11);
                self.happens_if(is_reset, Sometimes::Reset);
                self.step.sent += 1;
                let to = side.other();
                self.network.send(Message { to, octets, born: now, era, forged: false, late: false });
            }
        }
    }

    fn attend(&mut self, action: Action) {
        let now = self.now;
        for side in self.touched() {
            let is_slow = self.setting.scenario.slow_reader == Some(side);
            let reads = action == Action::Call(side) && self.step.call == Some(Call::Read);
            let read = self.host(side).app.read;
            let broken = self.host_mut(side).attend(now, is_slow, reads);
            broken.iter().for_each(|property| self.step.broken.add(property));
            self.happens_if(read != self.host(side).app.read, Sometimes::OctetRead);
        }
    }
}
