//! Which way a packet goes: the shortest.

use std::collections::VecDeque;
use std::net::IpAddr;

use crate::topology::{Kind, NodeId};
use crate::{Topology, TopologyError, Way, WireId};

/// For each node and address the wire towards it.
#[derive(Debug)]
pub(super) struct Routes {
    addresses: Vec<IpAddr>,
    /// By address, then by node.
    next: Vec<Vec<Option<(WireId, Way)>>>,
    /// Where the outside of each NAT is, by node.
    outside: Vec<Option<(WireId, Way)>>,
}

impl Routes {
    pub fn new(topology: &Topology) -> Result<Self, TopologyError> {
        check(topology)?;
        let mut homes = Vec::new();
        for (i, node) in topology.nodes.iter().enumerate() {
            let address = match node.kind {
                Kind::Host(host) => topology.hosts.get(usize::from(host.0)).map(|setup| setup.address),
                Kind::Nat { outside, .. } => Some(outside),
                Kind::Router => None,
            };
            homes.extend(address.map(|address| (address, i)));
        }
        let next = homes.iter().map(|&(_, home)| towards(topology, home)).collect();
        let mut addresses: Vec<_> = homes.into_iter().map(|(address, _)| address).collect();
        let outside = (0..topology.nodes.len()).map(|node| outside(topology, node)).collect();
        if let Some(twice) = (1..addresses.len()).find(|&i| addresses[..i].contains(&addresses[i])) {
            return Err(TopologyError::Address(addresses.swap_remove(twice)));
        }
        Ok(Self { addresses, next, outside })
    }

    /// The wire on the way from a node to an address.
    pub fn next(&self, node: NodeId, to: IpAddr) -> Option<(WireId, Way)> {
        let at = self.addresses.iter().position(|&address| address == to)?;
        *self.next.get(at)?.get(usize::from(node.0))?
    }

    /// True if this is the wire by which a NAT reaches the outside.
    pub fn is_outside(&self, nat: NodeId, wire: WireId) -> bool {
        self.outside.get(usize::from(nat.0)).copied().flatten().is_some_and(|(outside, _)| outside == wire)
    }
}

/// The wires of a node: which, the way out, and who is at the other end.
fn wires(topology: &Topology, node: usize) -> impl Iterator<Item = (WireId, Way, usize)> {
    topology.wires.iter().enumerate().filter_map(move |(i, wire)| {
        let [from, to] = wire.ends.map(|end| usize::from(end.0));
        let wire = WireId(i as u16);
        match node {
            node if node == from => Some((wire, Way::There, to)),
            node if node == to => Some((wire, Way::Back, from)),
            _ => None,
        }
    })
}

fn outside(topology: &Topology, node: usize) -> Option<(WireId, Way)> {
    let is_nat = matches!(topology.nodes.get(node)?.kind, Kind::Nat { .. });
    let out = wires(topology, node).find(|&(_, way, _)| way == Way::There)?;
    is_nat.then_some((out.0, out.1))
}

/// For each node the wire towards `home`, found by going out from there.
fn towards(topology: &Topology, home: usize) -> Vec<Option<(WireId, Way)>> {
    let mut next = vec![None; topology.nodes.len()];
    let mut seen = vec![false; topology.nodes.len()];
    let mut queue = VecDeque::from([home]);
    if let Some(home) = seen.get_mut(home) {
        *home = true;
    }
    while let Some(node) = queue.pop_front() {
        for (wire, way, other) in wires(topology, node) {
            if seen.get(other) != Some(&false) {
                continue;
            }
            seen[other] = true;
            let back = if way == Way::There { Way::Back } else { Way::There };
            next[other] = Some((wire, back));
            queue.push_back(other);
        }
    }
    next
}

fn check(topology: &Topology) -> Result<(), TopologyError> {
    for wire in &topology.wires {
        if let [from, to] = wire.ends
            && from == to
        {
            let node =
                topology.nodes.get(usize::from(from.0)).map_or_else(String::new, |node| node.name.clone());
            return Err(TopologyError::Loop { node });
        }
    }
    for (i, node) in topology.nodes.iter().enumerate() {
        let count = |wanted: Way| wires(topology, i).filter(|&(_, way, _)| way == wanted).count();
        let (out, to) = (count(Way::There), count(Way::Back));
        match node.kind {
            Kind::Host(_) if out + to != 1 => {
                return Err(TopologyError::Wires { host: node.name.clone(), wires: out + to });
            }
            Kind::Nat { .. } if out != 1 || to == 0 => {
                return Err(TopologyError::NatWires { nat: node.name.clone() });
            }
            _ => {}
        }
    }
    Ok(())
}
