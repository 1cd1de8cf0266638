//! A random scenario, as a value.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use cordial_sim::task::When;
use cordial_sim::{CLIENT, Call, HostId, Link, NatConfig, SERVER, Target, Way, WireId};

use crate::{Forgery, Setting};

/// The port that servers listen on.
pub(crate) const PORT: u16 = 8080;

/// Everything that a run follows from.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What the chance of the network and of the hosts follows from.
    pub seed: u64,
    /// Addresses are IPv6.
    pub is_ipv6: bool,
    /// How hosts are joined.
    pub shape: Shape,
    /// The wires, there and back, in the order of [`WireId`]. Without anything in between there is one, from the client to
    /// the server; else each client's to the middle, and last the middle's to the server.
    pub wires: Vec<[Link; 2]>,
    /// Settings of each host. Host 0 is a client, host 1 the server, more hosts are clients.
    pub settings: Vec<Vec<Setting>>,
    /// What programs do, in the order in which they are started.
    pub programs: Vec<Program>,
    /// What befalls single segments.
    pub faults: Vec<Fault>,
    /// Segments that a stranger sends.
    pub forgeries: Vec<Forgery>,
    /// What befalls hosts and wires.
    pub mishaps: Vec<Mishap>,
    /// From this moment on the network is whole, and hosts are up.
    pub heals: Duration,
    /// At this moment, later, all programs end.
    pub ends: Duration,
}

/// What lies between clients and server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// A wire.
    Direct,
    /// A router, and a wire for each host.
    Router,
    /// A NAT in its place.
    Nat(NatConfig),
}

/// Calls of one program at one host.
#[derive(Clone, Debug)]
pub struct Program {
    /// Where.
    pub host: HostId,
    /// What, one after the other.
    pub steps: Vec<Step>,
}

/// One call.
#[derive(Clone, Debug)]
pub struct Step {
    /// When.
    pub when: When,
    /// What.
    pub call: Call,
}

/// What befalls one segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Which.
    pub target: Target,
    /// What.
    pub deed: Deed,
}

/// What the network does with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deed {
    /// It is lost.
    Drop,
    /// It takes this much longer.
    Delay(Duration),
    /// It arrives once more, this much later.
    Duplicate(Duration),
    /// It follows the next one of its sender.
    Swap,
}

/// What befalls hosts and wires for a while.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mishap {
    /// What.
    pub trouble: Trouble,
    /// From when.
    pub at: Duration,
    /// For how long; it is over when the network heals.
    pub lasts: Duration,
}

/// What may befall.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// A host loses its power, and then begins anew.
    Crash(HostId),
    /// A cable is pulled, and plugged in again.
    Pull(WireId),
    /// One direction carries nothing.
    Cut(WireId, Way),
}

impl Plan {
    /// All hosts.
    pub fn hosts(&self) -> impl Iterator<Item = HostId> + use<> {
        (0..self.settings.len() as u16).map(HostId)
    }

    /// The address of a host.
    pub fn address(&self, host: HostId) -> IpAddr {
        // Those of the first two are what scenario files give them.
        let last = match host {
            CLIENT => 2,
            SERVER => 1,
            HostId(other) => 10 + other,
        };
        self.numbered(last)
    }

    /// The address that a NAT shows to the server.
    pub(crate) fn outside(&self) -> IpAddr {
        self.numbered(3)
    }

    /// An address at which nobody is.
    pub(crate) fn nowhere(&self) -> IpAddr {
        self.numbered(66)
    }

    /// An address of many, from which nothing can come.
    pub(crate) fn everybody(&self) -> IpAddr {
        match self.is_ipv6 {
            true => Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1).into(),
            false => Ipv4Addr::new(224, 0, 0, 1).into(),
        }
    }

    fn numbered(&self, last: u16) -> IpAddr {
        match self.is_ipv6 {
            true => Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, last).into(),
            false => Ipv4Addr::new(10, 0, 0, last as u8).into(),
        }
    }

    /// The calls of all programs at a host.
    pub(crate) fn calls(&self, host: HostId) -> impl Iterator<Item = &Call> {
        let there = self.programs.iter().filter(move |program| program.host == host);
        there.flat_map(|program| &program.steps).map(|step| &step.call)
    }

    /// When a mishap is over.
    pub(crate) fn end_of(&self, mishap: &Mishap) -> Duration {
        (mishap.at + mishap.lasts).min(self.heals)
    }

    /// A rough size, for whoever compares two plans: calls, misfortunes, and whatever is not as usual.
    pub fn size(&self) -> usize {
        let steps: usize = self.programs.iter().map(|program| program.steps.len()).sum();
        let settings: usize = self.settings.iter().map(Vec::len).sum();
        steps + settings + self.faults.len() + self.forgeries.len() + self.mishaps.len() + self.wires.len()
    }
}

impl Program {
    /// One that calls nothing yet.
    pub(crate) const fn at(host: HostId) -> Self {
        Self { host, steps: Vec::new() }
    }

    /// Adds a call.
    pub(crate) fn push(&mut self, when: When, call: Call) {
        self.steps.push(Step { when, call });
    }
}
