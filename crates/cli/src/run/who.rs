//! Who is at the ends of a connection: programs inside, names outside.

use std::net::{IpAddr, SocketAddr};

use cordial_explain::{Informant, Newcomer, Owner};
use cordial_gateway::{Child, Ends, Names, Network, Owners};
use cordial_trace::event::{Process, Side, readable};

/// Answers for a run, on the thread that records it.
pub struct Who {
    owners: Option<Owners>,
    /// The program's own addresses.
    own: [IpAddr; 2],
    /// Names of ours for addresses.
    ours: Vec<(IpAddr, String)>,
    /// Names that the program asked for.
    names: Names,
}

impl Who {
    /// For the program `child` in its network.
    pub fn new(child: &Child, network: &Network, ours: Vec<(IpAddr, String)>, names: Names) -> Self {
        let own = [network.ipv4.0.into(), network.ipv6.0.into()];
        Self { owners: Owners::of(child), own, ours, names }
    }

    /// Which end is the program's; none if neither is.
    fn side(&self, newcomer: &Newcomer) -> Option<Side> {
        let is_own = |address: SocketAddr| self.own.contains(&address.ip());
        match (is_own(newcomer.client), is_own(newcomer.server)) {
            (true, _) => Some(Side::Client),
            (false, true) => Some(Side::Server),
            (false, false) => None,
        }
    }

    fn ends(&self, newcomer: &Newcomer) -> Option<(Side, Ends)> {
        let &Newcomer { client, server, .. } = newcomer;
        let side = self.side(newcomer)?;
        Some(match side {
            Side::Client => (side, Ends { local: client, peer: server, was_called: false }),
            Side::Server => (side, Ends { local: server, peer: client, was_called: true }),
        })
    }
}

impl Informant for Who {
    fn name(&mut self, address: IpAddr) -> Option<String> {
        let ours = self.ours.iter().find(|(ours, _)| *ours == address).map(|(_, name)| name.clone());
        ours.or_else(|| self.names.of(address)).map(|name| readable(&name))
    }

    fn owners(&mut self, newcomers: &[Newcomer]) -> Vec<Owner> {
        let sought: Vec<Option<(Side, Ends)>> =
            newcomers.iter().map(|newcomer| self.ends(newcomer)).collect();
        let Some(owners) = &mut self.owners else { return Vec::new() };
        if !owners.rests().is_zero() {
            return vec![Owner::Later; newcomers.len()];
        }
        let ends: Vec<Ends> = sought.iter().flatten().map(|(_, ends)| *ends).collect();
        let mut found = owners.find(&ends).into_iter();
        let answer = |sought: Option<(Side, Ends)>| {
            let Some((side, _)) = sought else { return Owner::Unknown };
            match found.next().flatten() {
                Some(owner) => Owner::Known(side, Process::new(&owner.name, owner.pid)),
                None => Owner::Unknown,
            }
        };
        sought.into_iter().map(answer).collect()
    }
}
