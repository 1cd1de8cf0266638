//! Who is there, and which wires run between them: a list of nodes and a list of wires.

use std::error::Error;
use std::fmt;
use std::net::IpAddr;

use cordial_stack::Config;

use crate::{Link, NatConfig};

/// The client of [`Topology::pair`].
pub const CLIENT: HostId = HostId(0);
/// The server of [`Topology::pair`].
pub const SERVER: HostId = HostId(1);

/// A host, by the order in which they were added.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HostId(pub u16);

/// Anything that has wires, by the order in which they were added.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(pub(crate) u16);

/// A wire, by the order in which they were added.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WireId(pub u16);

/// A direction of a wire.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Way {
    /// From the first of its two nodes to the second.
    There,
    /// From the second to the first.
    Back,
}

impl Way {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::There, Self::Back];

    pub(crate) const fn index(self) -> usize {
        match self {
            Self::There => 0,
            Self::Back => 1,
        }
    }
}

/// A node at one end of a wire that is to be drawn.
#[derive(Clone, Copy, Debug)]
pub enum End {
    /// A host.
    Host(HostId),
    /// A router or a NAT.
    Node(NodeId),
}

impl From<HostId> for End {
    fn from(host: HostId) -> Self {
        Self::Host(host)
    }
}

impl From<NodeId> for End {
    fn from(node: NodeId) -> Self {
        Self::Node(node)
    }
}

/// Nodes and wires.
///
/// ```
/// # use std::time::Duration;
/// use cordial_sim::{Link, NatConfig, Topology};
///
/// let mut net = Topology::new();
/// let client = net.host("client", "10.0.0.2".parse().unwrap());
/// let nat = net.nat("nat", "192.0.2.1".parse().unwrap(), NatConfig::default());
/// let server = net.host("server", "198.51.100.1".parse().unwrap());
/// net.wire(client, nat, Link::PERFECT); // towards the NAT: inside
/// net.wire(nat, server, Link::with_delay(Duration::from_millis(10))); // from the NAT: outside
/// net.configure(server, |config| config.limits.syn_cache = 8);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Topology {
    pub(crate) nodes: Vec<Node>,
    pub(crate) hosts: Vec<HostSetup>,
    pub(crate) wires: Vec<WireSetup>,
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub name: String,
    pub kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Host(HostId),
    Router,
    Nat { outside: IpAddr, config: NatConfig },
}

#[derive(Clone, Debug)]
pub(crate) struct HostSetup {
    pub node: NodeId,
    pub address: IpAddr,
    pub config: Config,
}

#[derive(Clone, Debug)]
pub(crate) struct WireSetup {
    pub ends: [NodeId; 2],
    pub links: [Link; 2],
}

/// Why a list of nodes and wires is no network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TopologyError {
    /// A host has no wire, or more than one.
    Wires {
        /// The host's name.
        host: String,
        /// How many it has.
        wires: usize,
    },
    /// A NAT has not exactly one wire to the outside, or none to the inside.
    NatWires {
        /// The NAT's name.
        nat: String,
    },
    /// An address is given twice.
    Address(IpAddr),
    /// A wire runs from a node to itself.
    Loop {
        /// The node's name.
        node: String,
    },
}

impl fmt::Display for TopologyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wires { host, wires } => write!(f, "host {host} has {wires} wires, and needs exactly one"),
            Self::NatWires { nat } => {
                write!(f, "NAT {nat} needs one wire drawn from it (outside) and at least one to it (inside)")
            }
            Self::Address(address) => write!(f, "two nodes have the address {address}"),
            Self::Loop { node } => write!(f, "a wire runs from {node} to itself"),
        }
    }
}

impl Error for TopologyError {}

impl Topology {
    /// Nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// [`CLIENT`] 10.0.0.2 and [`SERVER`] 10.0.0.1, and one wire from the client to the server that is the same both
    /// ways.
    pub fn pair(link: Link) -> Self {
        let mut net = Self::new();
        let client = net.host("client", IpAddr::from([10, 0, 0, 2]));
        let server = net.host("server", IpAddr::from([10, 0, 0, 1]));
        net.wire(client, server, link);
        net
    }

    /// Adds a host.
    pub fn host(&mut self, name: &str, address: IpAddr) -> HostId {
        let id = HostId(self.hosts.len() as u16);
        let node = self.node(name, Kind::Host(id));
        self.hosts.push(HostSetup { node, address, config: Config::host(&[address]) });
        id
    }

    /// Adds a router: it hands packets on.
    pub fn router(&mut self, name: &str) -> NodeId {
        self.node(name, Kind::Router)
    }

    /// Adds a router that hides those behind wires drawn *to* it: what they send leaves, by the one wire drawn *from* it,
    /// as if it came from `outside`.
    pub fn nat(&mut self, name: &str, outside: IpAddr, config: NatConfig) -> NodeId {
        self.node(name, Kind::Nat { outside, config })
    }

    /// Draws a wire that is the same both ways.
    pub fn wire(&mut self, from: impl Into<End>, to: impl Into<End>, link: Link) -> WireId {
        self.wire_ways(from, to, link, link)
    }

    /// Draws a wire with ways of its own there and back.
    pub fn wire_ways(&mut self, from: impl Into<End>, to: impl Into<End>, there: Link, back: Link) -> WireId {
        let ends = [self.end(from.into()), self.end(to.into())];
        self.wires.push(WireSetup { ends, links: [there, back] });
        WireId(self.wires.len() as u16 - 1)
    }

    /// Changes the settings of a host's stack; a host that reboots has them again.
    pub fn configure(&mut self, host: HostId, change: impl FnOnce(&mut Config)) {
        if let Some(setup) = self.hosts.get_mut(usize::from(host.0)) {
            change(&mut setup.config);
        }
    }

    fn node(&mut self, name: &str, kind: Kind) -> NodeId {
        self.nodes.push(Node { name: name.to_owned(), kind });
        NodeId(self.nodes.len() as u16 - 1)
    }

    fn end(&self, end: End) -> NodeId {
        match end {
            End::Node(node) => node,
            End::Host(host) => {
                self.hosts.get(usize::from(host.0)).map_or(NodeId(u16::MAX), |setup| setup.node)
            }
        }
    }
}
