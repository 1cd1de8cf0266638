//! What is done to the network and its hosts, now or at a moment.

use std::fmt;
use std::net::SocketAddr;

use cordial_stack::{Instant, Tuple};
use cordial_trace::Incident;
use cordial_wire::{Flags, Options, Segment};

use super::agenda::Item;
use super::network::segment_in;
use super::{Socket, World};
use crate::tap::Tap;
use crate::{Edit, HostId, Link, Target, Way, WireId, packet};

/// Something that is done from outside.
pub enum Action {
    /// Pulls a cable: what is on it is lost, and so is what comes after.
    Pull(WireId),
    /// Plugs it in again.
    Plug(WireId),
    /// Cuts one direction: what is under way arrives, nothing else does.
    Cut(WireId, Way),
    /// Makes it whole again.
    Mend(WireId, Way),
    /// Makes a direction another link.
    SetLink(WireId, Way, Link),
    /// A host loses its power: its connections are gone, and nobody is told.
    Crash(HostId),
    /// A host that crashed begins anew.
    Reboot(HostId),
    /// All programs of a host end, as processes do that are told to: their connections and listeners are closed, and what
    /// they had still to call is not called.
    Exit(HostId),
    /// Lets a segment go that is held.
    Release(Target),
    /// Puts a segment before a host that nobody sent.
    Inject(HostId, Forged),
    /// No fault any more: cables are in, wires are perfect but for rate, delay and MTU, no rule decides on segments.
    /// What is held stays so.
    Heal,
    /// Anything else.
    Call(Box<dyn FnOnce(&mut World)>),
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pull(wire) => f.debug_tuple("Pull").field(wire).finish(),
            Self::Plug(wire) => f.debug_tuple("Plug").field(wire).finish(),
            Self::Cut(wire, way) => f.debug_tuple("Cut").field(wire).field(way).finish(),
            Self::Mend(wire, way) => f.debug_tuple("Mend").field(wire).field(way).finish(),
            Self::SetLink(wire, way, link) => {
                f.debug_tuple("SetLink").field(wire).field(way).field(link).finish()
            }
            Self::Crash(host) => f.debug_tuple("Crash").field(host).finish(),
            Self::Reboot(host) => f.debug_tuple("Reboot").field(host).finish(),
            Self::Exit(host) => f.debug_tuple("Exit").field(host).finish(),
            Self::Release(target) => f.debug_tuple("Release").field(target).finish(),
            Self::Inject(host, forged) => f.debug_tuple("Inject").field(host).field(forged).finish(),
            Self::Heal => f.write_str("Heal"),
            Self::Call(_) => f.write_str("Call(..)"),
        }
    }
}

/// A segment that nobody sent.
#[derive(Clone, Debug)]
pub struct Forged {
    /// Whom it seems to come from.
    pub from: SocketAddr,
    /// Whom it is for.
    pub to: SocketAddr,
    /// Header and octets; the ports in it do not count.
    pub segment: Edit,
}

impl World {
    /// Has something done at a moment; at once if that is past.
    pub fn at(&mut self, moment: Instant, action: Action) {
        let moment = self.not_before_now(moment);
        self.agenda.add(moment, Item::Acts(Box::new(action)));
    }

    /// Does it now.
    pub fn act(&mut self, action: Action) {
        self.acts(action);
    }

    /// A segment such as the peer of a socket could send now, for somebody to change and [inject](Action::Inject): an ACK
    /// of everything, in order, with the timestamps of somebody who reads along. None if the connection is gone.
    pub fn forged(&self, socket: Socket) -> Option<Forged> {
        let info = self.info(socket)?;
        let (vars, Tuple { local, peer }) = (info.vars, info.tuple);
        let timestamps = self.oracles.timestamps(local, peer);
        let header = Segment {
            options: Options { timestamps, ..Options::default() },
            seq: vars.rcv_nxt,
            ack_number: vars.snd_nxt,
            flags: Flags::ACK,
            window: u16::MAX,
            ..Segment::default()
        };
        let segment = Edit { header, payload: Vec::new() };
        Some(Forged { from: peer, to: local, segment })
    }

    pub(super) fn acts(&mut self, action: Action) {
        match action {
            Action::Pull(wire) => self.each_lane(wire, "cable_pulled", |lane| lane.pull()),
            Action::Plug(wire) => self.each_lane(wire, "cable_plugged", |lane| lane.plug()),
            Action::Cut(wire, way) => self.on_lane(wire, way, "way_cut", |lane| lane.cut()),
            Action::Mend(wire, way) => self.on_lane(wire, way, "way_mended", |lane| lane.mend()),
            Action::SetLink(wire, way, link) => {
                self.on_lane(wire, way, "link_changed", |lane| lane.link = link);
            }
            Action::Crash(host) => self.crash(host),
            Action::Reboot(host) => self.reboot(host),
            Action::Exit(host) => self.exit(host),
            Action::Release(target) => {
                self.release(target);
            }
            Action::Inject(host, forged) => self.inject(host, &forged),
            Action::Heal => self.heal(),
            Action::Call(call) => call(self),
        }
    }

    fn each_lane(
        &mut self,
        wire: WireId,
        marker: &'static str,
        mut change: impl FnMut(&mut crate::wire::Lane),
    ) {
        self.record.incident(self.now, Incident::Network(marker));
        if let Some(wire) = self.wires.get_mut(usize::from(wire.0)) {
            wire.lanes.iter_mut().for_each(&mut change);
        }
        self.oracles.disturbed(self.now);
    }

    fn on_lane(
        &mut self,
        wire: WireId,
        way: Way,
        marker: &'static str,
        change: impl FnOnce(&mut crate::wire::Lane),
    ) {
        self.record.incident(self.now, Incident::Network(marker));
        if let Some(wire) = self.wires.get_mut(usize::from(wire.0)) {
            change(&mut wire.lanes[way.index()]);
        }
        self.oracles.disturbed(self.now);
    }

    fn heal(&mut self) {
        self.record.incident(self.now, Incident::Network("healed"));
        self.rules.clear();
        self.wires.iter_mut().flat_map(|wire| &mut wire.lanes).for_each(|lane| lane.heal());
        self.oracles.disturbed(self.now);
    }

    fn crash(&mut self, id: HostId) {
        if !self.is_up(id) {
            return;
        }
        let (now, seed) = (self.now, self.seed);
        let tap = Tap::new(self.record.recorder(), self.aliases.clone());
        let address = self.address(id);
        self.host_mut(id).crash(seed, tap);
        self.tell_listeners(id);
        self.sockets.crashed(id);
        self.programs_die(id);
        self.record.drain(None);
        self.record.never_sent(address);
        self.record.incident(now, Incident::Crash(address));
        self.oracles.crashed(now, id, address);
        // What waits at its door waits in its memory.
        let gone: Vec<_> = self.detained_of(id);
        for packet in gone {
            if let Some(packet) = self.packets.take(packet) {
                self.record.lost(now, packet.sent.as_ref(), "host_down");
                self.packets.recycle(packet);
            }
        }
    }

    fn reboot(&mut self, id: HostId) {
        let (now, address) = (self.now, self.address(id));
        let host = self.host_mut(id);
        if host.is_up {
            return;
        }
        host.is_up = true;
        self.record.incident(now, Incident::Reboot(address));
        self.pump(id);
    }

    fn exit(&mut self, id: HostId) {
        self.programs_end(id);
        if !self.is_up(id) {
            return;
        }
        let held: Vec<Socket> = self.sockets.iter().map(|(socket, _)| socket).collect();
        for socket in held {
            if self.usable(socket).is_some_and(|state| state.info.host == id) {
                self.lets_go(socket);
            }
        }
        let ports: Vec<u16> = self.host(id).listeners.iter().map(|&(port, _)| port).collect();
        ports.into_iter().for_each(|port| self.unlistens(id, port));
        self.pump(id);
    }

    fn inject(&mut self, host: HostId, forged: &Forged) {
        let Forged { from, to, segment: Edit { header, payload } } = forged;
        let header = Segment { source: from.port(), destination: to.port(), ..*header };
        let Some(octets) = packet::tcp(from.ip(), to.ip(), &header, payload) else { return };
        self.record.drain(None);
        let sent = segment_in(&octets).and_then(|(tuple, segment)| {
            let own = self.inside(Tuple { local: tuple.peer, peer: tuple.local });
            self.record.forged(self.now, Tuple { local: own.peer, peer: own.local }, &segment)
        });
        self.put_before(host, octets, sent);
    }
}
