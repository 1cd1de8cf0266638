//! From a seed to a plan.

mod dice;
mod fast;
mod forgeries;
mod kinds;
mod network;
mod probing;
mod programs;
mod script;
mod settings;
mod trouble;

use std::time::Duration;

use cordial_sim::{CLIENT, HostId, SERVER};

use crate::Plan;
use dice::Dice;

impl Plan {
    /// The scenario of a seed: always the same one.
    pub fn draw(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let network = network::draw(&mut dice);
        let clients: Vec<HostId> = (0..=network.clients).map(HostId).filter(|&host| host != SERVER).collect();
        let settings = (0..=network.clients).map(|_| settings::draw(&mut dice)).collect();
        let heals = dice.span(1..=90);
        let ends = heals + *dice.pick(&[Duration::from_millis(200), Duration::from_secs(20), LONG, LONG]);
        let mut plan = Self {
            seed,
            is_ipv6: dice.percent(25),
            shape: network.shape,
            wires: network.wires,
            settings,
            programs: programs::draw(&mut dice, &clients),
            faults: Vec::new(),
            forgeries: Vec::new(),
            mishaps: Vec::new(),
            heals,
            ends,
        };
        trouble::draw(&mut dice, &mut plan);
        forgeries::draw(&mut dice, &mut plan);
        fast::draw(&mut dice, &mut plan);
        kinds::steer(&mut dice, &mut plan);
        probing::draw(&mut dice, &mut plan);
        debug_assert!(clients.contains(&CLIENT));
        plan
    }
}

/// After so long in a whole network nobody still waits for what the network owes.
pub(crate) const LONG: Duration = Duration::from_secs(900);
