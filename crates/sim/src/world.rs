//! A network of hosts, in virtual time.

mod action;
mod agenda;
mod calls;
mod endless;
mod host;
mod network;
mod programs;
mod record;
mod routes;
mod sockets;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use cordial_stack::{Answer, Config, Event as StackEvent, Frame, Instant, LinkId, Stack, SynId};
use cordial_trace::Event;
use cordial_wire::Flags;

pub use action::{Action, Forged};
pub use endless::{Bound, Endless};
pub(crate) use host::Host;
pub use record::{KeptPacket, PacketDirection};
pub use sockets::{Socket, SocketInfo};
pub(crate) use sockets::{Sockets, State};

use crate::chance::rng;
use crate::fault::{Rule, TargetError};
use crate::journey::Journey;
use crate::nat::Nat;
use crate::oracle::{Oracles, Patience, Reset, Scene};
use crate::packet::{self, Packets};
use crate::tap::{Seen, Tap};
use crate::task::Decision;
use crate::topology::Kind;
use crate::wire::Wire;
use crate::{Dealt, Fate, HostId, Link, NodeId, Passing, Target, Topology, TopologyError, Violation, Way};
use agenda::{Agenda, Item};
use network::Detained;
use programs::Programs;
use record::Record;
use routes::Routes;

/// Hosts have one wire each.
const LINK: LinkId = LinkId(0);

/// Hosts, wires and what runs on them, at one moment of virtual time. The first moment is zero.
///
/// ```
/// use std::time::Duration;
/// use cordial_sim::{CLIENT, Link, SERVER, World};
///
/// let mut world = World::pair(1, Link::with_delay(Duration::from_millis(10)));
/// world.listen(SERVER, 80, Some(4)).unwrap();
/// let client = world.connect(CLIENT, None, (SERVER, 80)).unwrap();
/// world.run_for(Duration::from_millis(30)).unwrap();
/// let server = world.accept(SERVER, 80).unwrap();
/// world.write(client, 1_000).unwrap();
/// world.run_for(Duration::from_millis(30)).unwrap();
/// assert_eq!(world.read(server, u64::MAX), Ok(1_000));
/// ```
pub struct World {
    seed: u64,
    now: Instant,
    steps: u64,
    bound: Bound,
    hosts: Vec<Host>,
    nodes: Vec<NodeState>,
    wires: Vec<Wire>,
    routes: Routes,
    /// Addresses that NATs have given out, and whose they are.
    aliases: Vec<(SocketAddr, SocketAddr)>,
    agenda: Agenda,
    packets: Packets,
    rules: Vec<Rule>,
    detained: Vec<Detained>,
    record: Record,
    sockets: Sockets,
    programs: Programs,
    oracles: Oracles,
    journeys: Vec<Journey>,
    scratch: Vec<u8>,
}

/// What a node does with packets.
enum NodeState {
    Host(HostId),
    Router,
    Nat { outside: IpAddr, nat: Nat },
}

impl World {
    /// A world in which nothing has happened. Everything that will follows from `seed` and from what is asked of it.
    ///
    /// # Errors
    ///
    /// See [`TopologyError`].
    pub fn new(seed: u64, topology: Topology) -> Result<Self, TopologyError> {
        let routes = Routes::new(&topology)?;
        let mut record = Record::new();
        topology.hosts.iter().for_each(|setup| record.listens(setup.address, []));
        let hosts = topology.hosts.iter().enumerate().map(|(i, setup)| {
            let name = topology.nodes.get(usize::from(setup.node.0)).map_or("", |node| &node.name);
            Host::new(seed, HostId(i as u16), name, setup, record.recorder())
        });
        let wires = topology.wires.iter().enumerate();
        let lane = |wire: usize, way: Way| rng(seed, 1 << 48 | (wire as u64) << 1 | way.index() as u64);
        let nodes = topology.nodes.iter().map(|node| match node.kind {
            Kind::Host(host) => NodeState::Host(host),
            Kind::Router => NodeState::Router,
            Kind::Nat { outside, config } => NodeState::Nat { outside, nat: Nat::new(outside, config) },
        });
        Ok(Self {
            seed,
            now: Instant::ZERO,
            steps: 0,
            bound: Bound::default(),
            hosts: hosts.collect(),
            nodes: nodes.collect(),
            wires: wires.map(|(i, setup)| Wire::new(setup, |way| lane(i, way))).collect(),
            routes,
            aliases: Vec::new(),
            agenda: Agenda::default(),
            packets: Packets::default(),
            rules: Vec::new(),
            detained: Vec::new(),
            record,
            sockets: Sockets::default(),
            programs: Programs::default(),
            oracles: Oracles::default(),
            journeys: Vec::new(),
            scratch: vec![0; 70_000],
        })
    }

    /// [`Topology::pair`]: a client and a server.
    pub fn pair(seed: u64, link: Link) -> Self {
        Self::new(seed, Topology::pair(link)).expect("two hosts and a wire are a network")
    }

    /// What its chance follows from.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The time.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// How often something has happened.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Sets when a run that does not end is stopped.
    pub fn set_bound(&mut self, bound: Bound) {
        self.bound = bound;
    }

    /// Sets how long oracles wait for things to end, if that is to be less than the retries of the hosts take.
    pub fn set_patience(&mut self, patience: Patience) {
        self.oracles.patience = patience;
    }

    /// Has a host choose these initial sequence numbers next, in this order.
    pub fn deal(&mut self, host: HostId, numbers: &[u32]) {
        self.host_mut(host).deal(numbers);
    }

    /// The hosts.
    pub fn hosts(&self) -> impl Iterator<Item = HostId> + use<> {
        (0..self.hosts.len() as u16).map(HostId)
    }

    /// What a host is called.
    pub fn name(&self, host: HostId) -> &str {
        &self.host(host).name
    }

    /// A host's address.
    pub fn address(&self, host: HostId) -> IpAddr {
        self.host(host).address
    }

    /// The address and a port under which others reach a host.
    pub fn at_port(&self, (host, port): (HostId, u16)) -> SocketAddr {
        SocketAddr::new(self.address(host), port)
    }

    /// True unless it has crashed and not been rebooted.
    pub fn is_up(&self, host: HostId) -> bool {
        self.host(host).is_up
    }

    /// A host's stack, to look at.
    pub fn stack(&self, host: HostId) -> &Stack<Dealt, Tap> {
        &self.host(host).stack
    }

    /// Connections that wait to be accepted at a host, all its listeners together.
    pub fn queued(&self, host: HostId) -> usize {
        let host = self.host(host);
        host.listeners.iter().map(|&(_, listener)| host.stack.queued(listener)).sum()
    }

    /// The settings of a host.
    pub fn config(&self, host: HostId) -> &Config {
        self.host(host).stack.config()
    }

    /// Which of the engine's rules and refusals were seen, at all hosts in all their lives.
    pub fn seen(&self) -> Seen {
        self.hosts.iter().map(|host| host.seen()).fold(Seen::default(), Seen::and)
    }

    /// Packets on their way, and those that are held.
    pub fn under_way(&self) -> usize {
        self.packets.len()
    }

    /// Has `rule` decide on every segment that leaves a host, once. Of several rules the first that does anything else
    /// than let it [pass](Fate::Pass) counts.
    pub fn fault(&mut self, rule: impl FnMut(&Passing<'_>) -> Fate + 'static) {
        self.rules.push(Box::new(rule));
    }

    /// Has this befall the segment of that name: `c6`, `s2`, `c2:s1`.
    ///
    /// # Errors
    ///
    /// [`TargetError`] if that is no name.
    pub fn fault_at(&mut self, name: &str, fate: Fate) -> Result<(), TargetError> {
        let target: Target = name.parse()?;
        let mut fate = Some(fate);
        self.fault(move |passing| match target.is(passing) {
            true => fate.take().unwrap_or_default(),
            false => Fate::Pass,
        });
        Ok(())
    }

    /// When something happens next; none: never again, unless a call is made.
    pub fn next_moment(&self) -> Option<Instant> {
        let timers = self.hosts.iter().filter_map(|host| host.deadline).min();
        [self.agenda.next(), timers].into_iter().flatten().min().map(|at| at.max(self.now))
    }

    /// Goes on to the next thing that happens: a packet arrives, an action or a call is due, or timers are. False if there
    /// is nothing.
    pub fn step(&mut self) -> bool {
        let Some(next) = self.next_moment() else { return false };
        self.now = next;
        self.steps += 1;
        match self.agenda.pop(next) {
            Some(item) => self.happens(item),
            None => self.timers(),
        }
        true
    }

    /// Goes on to this moment. What is due at it has happened then.
    ///
    /// # Errors
    ///
    /// [`Endless`] if the bound on steps is reached before.
    pub fn run_until(&mut self, end: Instant) -> Result<(), Endless> {
        while self.next_moment().is_some_and(|next| next <= end) {
            self.check_bound(false)?;
            self.step();
        }
        self.now = self.now.max(end);
        Ok(())
    }

    /// Goes on for this long.
    ///
    /// # Errors
    ///
    /// See [`run_until`](Self::run_until).
    pub fn run_for(&mut self, span: Duration) -> Result<(), Endless> {
        self.run_until(self.now + span)
    }

    /// Goes on until nothing will ever happen again.
    ///
    /// # Errors
    ///
    /// [`Endless`] if a bound is reached before.
    pub fn run_out(&mut self) -> Result<(), Endless> {
        while self.next_moment().is_some() {
            self.check_bound(true)?;
            self.step();
        }
        Ok(())
    }

    /// The end of the run: the record is completed, and the oracles say all that they object to. They judge the world as
    /// it stands, so let it [run out](Self::run_out) before.
    pub fn finish(&mut self) -> Vec<Violation> {
        let is_out = self.next_moment().is_none();
        let has_nat = self.nodes.iter().any(|node| matches!(node, NodeState::Nat { .. }));
        let (now, hosts, sockets, journeys) = (self.now, &self.hosts, &self.sockets, &self.journeys);
        let scene = Scene { now, hosts, sockets, journeys, has_nat, is_out };
        self.oracles.finish(&scene);
        self.record.finish(self.now);
        self.oracles.violations().to_vec()
    }

    /// What became of each segment that was sent, in the order in which they were.
    pub fn journeys(&self) -> &[Journey] {
        &self.journeys
    }

    /// What the oracles have objected to so far.
    pub fn violations(&self) -> &[Violation] {
        self.oracles.violations()
    }

    /// The events of the run so far, if it [keeps a record](Self::keep_record).
    pub fn events(&self) -> &[Event] {
        self.record.events()
    }

    fn check_bound(&self, also_time: bool) -> Result<(), Endless> {
        let is_over =
            self.steps >= self.bound.steps || also_time && self.now.since(Instant::ZERO) > self.bound.time;
        if is_over { Err(self.endless()) } else { Ok(()) }
    }

    fn happens(&mut self, item: Item) {
        match item {
            Item::Arrives { wire, way, epoch, packet } => self.arrives(wire, way, epoch, packet),
            Item::Enters { host, packet } => self.enters(host, packet),
            Item::Wakes(task) => self.wakes(task),
            Item::Decides { host, life, syn, answer } => {
                self.decides(host, life, syn, answer);
                self.pump(host);
            }
            Item::Acts(action) => self.acts(*action),
        }
    }

    fn timers(&mut self) {
        let now = self.now;
        for i in 0..self.hosts.len() {
            let Some(host) = self.hosts.get_mut(i) else { return };
            if host.deadline.is_some_and(|due| due <= now) {
                host.stack.on_timer(now);
                self.pump(HostId(i as u16));
            }
        }
    }

    /// A packet reaches a host.
    fn deliver(&mut self, host: HostId, packet: u32) {
        let Some(packet) = self.packets.take(packet) else { return };
        let now = self.now;
        if !self.is_up(host) {
            self.record.lost(now, packet.sent.as_ref(), "host_down");
            return self.packets.recycle(packet);
        }
        self.record.keep(now, host, PacketDirection::In, &packet.octets);
        let journey = self.arrived(host, &packet);
        let acknowledged = self.oracles.acknowledged(&packet);
        self.record.drain(None);
        self.host_mut(host).stack.on_frame(now, LINK, Frame::new(&packet.octets));
        self.record.drain(packet.sent.as_ref());
        self.packets.recycle(packet);
        if let Some(journey) = journey.filter(|journey| journey.flags.contains(Flags::RST)) {
            self.hears(host);
            let reset = Reset { now, host, journey: &journey, acknowledged };
            self.oracles.dealt(&reset, &self.sockets, &self.journeys);
        }
        self.pump(host);
    }

    /// Notes that a packet came whole to a host: the end of its journey, if it is known.
    fn arrived(&mut self, id: HostId, packet: &packet::Packet) -> Option<Journey> {
        let now = self.now;
        if !self.oracles.arrives(packet) {
            return None;
        }
        let journey = packet.journey.and_then(|at| self.journeys.get_mut(at as usize))?;
        journey.arrived.get_or_insert(now);
        journey.last_arrived = Some(now);
        let journey = *journey;
        let is_call = journey.flags.contains(Flags::SYN) && !journey.flags.contains(Flags::ACK);
        if is_call && !journey.is_forged() && self.host(id).has_room(journey.tuple.peer.port()) {
            self.oracles.calls(now, id, packet);
        }
        Some(journey)
    }

    /// After anything was done with a host's stack: tells its programs, sends what is to be sent.
    fn pump(&mut self, id: HostId) {
        loop {
            let mut is_news = false;
            self.hears(id);
            while let Some(event) = self.host_mut(id).stack.poll_event() {
                is_news = true;
                match event {
                    StackEvent::Opened(conn) => self.sockets.opened(id, conn),
                    StackEvent::Ended(conn, cause) => self.sockets.ended(id, conn, cause, self.now),
                    StackEvent::Incoming(listener, syn, _) => {
                        if let Some(Decision { answer, after }) = self.host(id).decision(listener) {
                            self.decides_in(after, id, syn, answer);
                        }
                    }
                    _ => {}
                }
            }
            // What a stack has to say leaves before its programs have heard of anything, as it does from a kernel.
            self.transmit(id);
            let has_called = self.run_programs(id);
            self.transmit(id);
            if !is_news && !has_called {
                break;
            }
        }
        self.hears(id);
        self.record.drain(None);
        let host = &mut self.hosts[usize::from(id.0)];
        host.deadline = if host.is_up { host.stack.next_deadline() } else { None };
        self.oracles.looks(self.now, id, &host.stack);
    }

    /// A host takes so long to decide on a SYN.
    fn decides_in(&mut self, after: Duration, host: HostId, syn: SynId, answer: Answer) {
        let life = self.host(host).life;
        if after.is_zero() {
            return self.decides(host, life, syn, answer);
        }
        self.agenda.add(self.now + after, Item::Decides { host, life, syn, answer });
    }

    /// A host has decided on a SYN, unless it has lost its memory since.
    fn decides(&mut self, id: HostId, life: u32, syn: SynId, answer: Answer) {
        let (now, host) = (self.now, self.host_mut(id));
        if host.is_up && host.life == life {
            // Whoever called may have gone in the meantime.
            let _ = host.stack.answer(now, syn, answer);
        }
    }

    /// The record knows where somebody listens.
    fn tell_listeners(&mut self, id: HostId) {
        let host = &self.hosts[usize::from(id.0)];
        self.record.listens(host.address, host.listeners.iter().map(|&(port, _)| port));
    }

    /// Notes which connections of a host have begun and ended.
    fn hears(&mut self, id: HostId) {
        let tap = self.hosts[usize::from(id.0)].stack.observer_mut();
        for born in tap.take_born() {
            self.sockets.born(id, born);
        }
        for ended in tap.take_ended() {
            self.sockets.ended_as(id, &ended);
        }
    }

    fn host(&self, id: HostId) -> &Host {
        &self.hosts[usize::from(id.0)]
    }

    fn host_mut(&mut self, id: HostId) -> &mut Host {
        &mut self.hosts[usize::from(id.0)]
    }

    fn node_of(&self, id: HostId) -> NodeId {
        self.host(id).node
    }
}
