//! A state of a run: both hosts, the network, and what may still happen.

use std::hash::Hash;
use std::sync::Arc;

use cordial_stack::{CloseCause, Instant, Phase};
use cordial_trace::Recorder;
use cordial_trace::event::Side;
use cordial_wire::Flags;
use siphasher::sip128::{Hasher128, SipHasher13};

use crate::action::Action;
use crate::budget::Budget;
use crate::eye::{Kind, Note};
use crate::host::{Host, Opened};
use crate::message::{Message, packet, segment_in};
use crate::network::Network;
use crate::property::{Broken, Property, Sometimes};
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
    /// The client's attempts so far.
    era: u8,
    /// The client heard a SYN-ACK, and nothing was lost or held since: whatever it says to it will be heard.
    heard_syn_ack: bool,
    /// Octets the step could not help breaking, and what it showed.
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
        let [client, server] = recorders;
        let hosts = [(Side::Client, client), (Side::Server, server)];
        let mut world = Self {
            setting,
            // Not at the origin, so that "never" and "at the origin" are not the same.
            now: crate::run::ORIGIN,
            hosts: hosts.map(|(side, recorder)| Arc::new(Host::new(side, &setting, recorder))),
            prints: [0; 2],
            network: Network::default(),
            budget: setting.scenario.budget,
            era: 0,
            heard_syn_ack: false,
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

    /// True if somebody still holds a connection: no run may stop here.
    pub fn is_unfinished(&self) -> bool {
        self.hosts.iter().any(|host| host.app.conn.is_some())
    }

    /// Everything that may happen next, in a fixed order; nothing at the end of a run.
    ///
    /// Three things are left out, and no run is lost by it. A segment's fate is decided when it is next to arrive, not
    /// while it stands further back: until then nobody can tell. Of held segments that are the same in every octet and
    /// equally old only one is let go: the others would lead to the same state. And time does not pass while a segment
    /// is about to arrive or an application about to call: so the scenario has it, whose network takes no time unless it
    /// holds a segment up, which takes from the budget, and whose applications call within the moment. What is due at
    /// one moment comes due at both ends.
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
            let same = |a: &Message, b: &Message| (a.to, a.born, &a.octets) == (b.to, b.born, &b.octets);
            at == 0 || held.get(at - 1).zip(held.get(at)).is_some_and(|(a, b)| !same(a, b))
        };
        actions.extend((0..held.len()).filter(|&at| is_first(at)).map(|at| Action::Release(at as u8)));
        if self.budget.crashes > 0 && self.host(Side::Client).app.conn.is_some() {
            actions.push(Action::Crash(Side::Client));
        }
        if self.next_forgery().is_some() {
            actions.push(Action::Forge);
        }
        let nobody_hurries = !self.hosts.iter().any(|host| host.may_call());
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
        self.pump();
        // The client opens in its own attempt; the server in that whose segment opens it.
        let opened_by = arrived.as_ref().map_or(self.era, |message| message.era);
        let era = self.era;
        for side in self.touched() {
            let era = if side == Side::Client { era } else { opened_by };
            self.host_mut(side).note_opening(era);
        }
        self.attend(action);
        self.pump();
        self.judge(&before, arrived.as_ref());
        self.look(arrived.as_ref());
        let touched = self.step.touched;
        self.print(if was == self.now { touched } else { [true; 2] });
    }

    /// 128 bits that tell two states with different futures apart.
    pub fn fingerprint(&self) -> u128 {
        let Self { setting: _, now, hosts: _, prints, network, budget, era, heard_syn_ack, step: _ } = self;
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
            let mut h = SipHasher13::new();
            self.host(side).fingerprint(self.now, &mut h);
            self.prints[side as usize] = h.finish128().as_u128();
        }
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

    /// When time next brings something.
    fn next_moment(&self) -> Option<Instant> {
        let timers = self.hosts.iter().filter_map(|host| host.next_deadline());
        timers.chain(self.network.next_death()).min()
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
        let (now, era) = (self.now, self.era);
        let call = self.host_mut(side).call(now, era);
        if call == Some(Call::Connect) && side == Side::Client {
            self.era += 1;
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

    /// Both clocks agree: what is due at one moment comes due at both ends.
    fn wait(&mut self) {
        let Some(next) = self.next_moment() else { return };
        self.now = self.now.max(next);
        self.network.bury(self.now);
        let now = self.now;
        for side in SIDES {
            if self.host(side).next_deadline().is_some_and(|due| due <= now) {
                self.host_mut(side).on_timer(now);
            }
        }
    }

    /// What the hosts have to send goes onto the network.
    fn pump(&mut self) {
        let (setting, now) = (self.setting, self.now);
        for side in self.touched() {
            for octets in self.host_mut(side).poll(&setting, now) {
                let is_reset = segment_in(&octets).is_some_and(|segment| segment.flags.contains(Flags::RST));
                self.step.broken.add_if(is_reset, Property::P11);
                self.happens_if(is_reset, Sometimes::Reset);
                self.step.sent += 1;
                let (to, era) = (side.other(), self.era);
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

    /// Nothing is about to arrive, and time is about to pass: whoever answered has been heard.
    fn judge_half_open(&mut self) {
        let stays = self.heard_syn_ack && self.host(Side::Server).half_open() > 0;
        self.step.broken.add_if(stays, Property::P12);
    }

    fn judge(&mut self, before: &[Before; 2], arrived: Option<&Message>) {
        let mut broken = self.step.broken;
        for side in SIDES {
            let (host, peer, was) = (self.host(side), self.host(side.other()), &before[side as usize]);
            let is_ghost = |irs: Option<cordial_wire::SeqNum>| irs.is_some_and(|irs| !peer.has_asked(irs.0));
            let mut opens = self.notes(side).iter().filter(|note| note.opens());
            broken.add_if(opens.any(|note| is_ghost(note.after.irs)), Property::P1);
            broken.add_if(self.is_cut_short(side, was), Property::P4);
            broken.add_if(self.notes(side).iter().any(Note::ends_badly), Property::P5);
            let failed = host.app.failed.filter(|_| was.failed.is_none());
            let gave_up = matches!(
                failed,
                Some(CloseCause::Unanswered | CloseCause::TimedOut | CloseCause::KeepaliveTimeout)
            );
            broken.add_if(gave_up, Property::P6);
            broken.add_if(host.alive() > 1, Property::P7);
            let stays_out = matches!(failed, Some(CloseCause::Unanswered | CloseCause::Refused));
            broken.add_if(side == Side::Client && stays_out && peer.is_listening(), Property::P9);
        }
        broken.add_if(self.disagree(), Property::P2);
        if let Some(message) = arrived {
            let (host, was) = (self.host(message.to), &before[message.to as usize]);
            let is_over = host.phase() <= Phase::Listen;
            broken.add_if(message.forged && was.phase > Phase::Listen && is_over, Property::P8);
            let is_dead = was.opened.is_some_and(|opened| message.era < opened.era) && !message.forged;
            let moved = was.phase == Phase::Established && host.phase() != Phase::Established;
            broken.add_if(is_dead && moved, Property::P10);
        }
        self.step.broken = broken;
    }

    /// P2: both are ESTABLISHED, each with numbers the other does not have.
    fn disagree(&self) -> bool {
        let [client, server] = &self.hosts;
        let are_open = client.phase() == Phase::Established && server.phase() == Phase::Established;
        let numbers = client.opened().zip(server.opened());
        are_open && numbers.is_some_and(|(c, s)| (c.iss, c.irs) != (s.irs, s.iss))
    }

    /// P4: the end of the stream came before its octets, or the connection is over, and what was written on it neither
    /// arrived nor can, and nobody was told.
    fn is_cut_short(&self, side: Side, was: &Before) -> bool {
        let (host, peer) = (self.host(side), self.host(side.other()));
        let Some(Opened { era, .. }) = host.held() else { return false };
        let of = |counts: &[u8]| counts.get(usize::from(era)).copied().unwrap_or_default();
        let ends_early = host.app.ended && !was.ended && of(&host.app.read) < of(&peer.app.written);
        let is_over = matches!(host.phase(), Phase::Closed | Phase::Listen | Phase::TimeWait);
        let is_told = host.app.failed.is_some() || peer.app.failed.is_some();
        let is_missing = of(&host.app.written) > of(&peer.app.read);
        let is_slow = self.setting.scenario.slow_reader == Some(side.other());
        let carries = |message: &Message| message.to == side.other() && !message.segment().payload.is_empty();
        let is_lost = is_over && !is_told && is_missing && !is_slow && !self.network.iter().any(carries);
        ends_early || is_lost
    }

    fn happens_if(&mut self, happens: bool, what: Sometimes) {
        if happens {
            self.step.happened |= what.bit();
        }
    }

    /// Notes what has to happen sometimes.
    fn look(&mut self, arrived: Option<&Message>) {
        let phases = SIDES.map(|side| self.host(side).phase());
        let are_open = phases == [Phase::Established; 2];
        self.happens_if(are_open, Sometimes::BothEstablished);
        self.happens_if(are_open && self.era > 1, Sometimes::SecondConnection);
        self.happens_if(phases.contains(&Phase::TimeWait), Sometimes::TimeWait);
        for side in SIDES {
            let host = self.host(side);
            let again = self.notes(side).iter().any(|note| note.kind == Kind::Sent { again: true });
            let fin_again =
                again && matches!(host.phase(), Phase::FinWait1 | Phase::Closing | Phase::LastAck);
            let refused = self.notes(side).iter().any(|note| note.kind == Kind::Refused);
            let vars = *host.vars();
            let closed = vars.phase >= Phase::Established && vars.snd_wnd == 0 && vars.queued > 0;
            self.happens_if(again, Sometimes::SentAgain);
            self.happens_if(fin_again, Sometimes::FinAgain);
            self.happens_if(refused, Sometimes::Refused);
            self.happens_if(closed, Sometimes::WindowClosed);
        }
        let over = self.hosts.iter().all(|host| host.app.line().is_none() && host.app.conn.is_none());
        let rests = phases.iter().all(|phase| *phase <= Phase::Listen);
        self.happens_if(over && rests && self.era > 0, Sometimes::BothClosed);
        if let Some(message) = arrived {
            let is_old = message.era != self.era && !message.forged;
            let at_open = self.host(message.to).phase() == Phase::Established;
            self.happens_if(message.forged, Sometimes::Forged);
            self.happens_if(is_old, Sometimes::OldSegment);
            self.happens_if(is_old && at_open, Sometimes::OldSegmentAtEstablished);
        }
    }
}
