//! The network and the hosts of a scenario.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use cordial_sim::{Forgotten, Link, NatConfig, Queue, TooBig, Topology, WireId, World};
use cordial_stack::Config;
use cordial_tcp::TcpConfig;
use cordial_trace::event::Side;
use cordial_trace::words::Phrase;
use cordial_trace::{Lang, measure};

use super::host;
use crate::scenario::{Path, Scenario, Settings};

/// The wire that befalls what befalls the network.
pub(super) const WIRE: WireId = WireId(0);

/// The addresses of the client, of the server, and what a NAT makes of the client's: 10.0.0.2, 10.0.0.1, 10.0.0.3, or
/// fd00::2, fd00::1, fd00::3.
fn addresses(is_v6: bool) -> [IpAddr; 3] {
    [2, 1, 3].map(|last| match is_v6 {
        false => IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)),
        true => IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, last.into())),
    })
}

/// The world in which a scenario runs.
pub(super) fn world(scenario: &Scenario, seed: u64) -> World {
    let mut net = Topology::new();
    let [of_client, of_server, outside] = addresses(scenario.network.is_v6);
    let client = net.host("client", of_client);
    let server = net.host("server", of_server);
    let [there, back] = scenario.network.ways.map(|path| link(&path));
    match scenario.network.nat {
        None => drop(net.wire_ways(client, server, there, back)),
        Some(nat) => {
            let forgotten = if nat.resets { Forgotten::Reset } else { Forgotten::Silent };
            let config = NatConfig { idle: nat.idle, forgotten, ..NatConfig::default() };
            let nat = net.nat("nat", outside, config);
            net.wire_ways(client, nat, there, back);
            net.wire(nat, server, Link::PERFECT);
        }
    }
    let [of_client, of_server] = &scenario.settings;
    net.configure(client, |config| configure(config, of_client));
    net.configure(server, |config| configure(config, of_server));
    let mut world = World::new(seed, net).expect("hosts, wires and perhaps a NAT are a network");
    for (side, settings) in [(Side::Client, of_client), (Side::Server, of_server)] {
        if !settings.isn.is_empty() {
            world.deal(host(side), &settings.isn);
        }
    }
    world
}

fn link(path: &Path) -> Link {
    Link {
        rate: path.rate.map(|bits| bits.div_ceil(8)),
        delay: path.delay,
        jitter: path.jitter,
        loss: path.loss.0,
        duplicate: path.duplicate.0,
        reorder: path.reorder.0,
        corrupt: path.corrupt.0,
        mtu: path.mtu,
        too_big: if path.is_silent { TooBig::Silent } else { TooBig::Icmp },
        queue: path.queue.map(|octets| Queue { octets, mark: None }),
    }
}

fn configure(config: &mut Config, settings: &Settings) {
    let tcp = Arc::make_mut(&mut config.tcp);
    connection(tcp, settings);
    if let (Some(mtu), Some(link)) = (settings.mtu, config.links.first_mut()) {
        link.mtu = mtu;
    }
    if let Some(most) = settings.accept_queue {
        config.limits.accept_queue = most;
    }
    if let Some(most) = settings.syn_queue {
        config.limits.syn_cache = most;
    }
    if let Some(cookies) = settings.cookies {
        config.syn_cookies = cookies;
    }
    if let Some(ports) = settings.ports {
        config.ephemeral_ports = FIRST_PORT..=FIRST_PORT + (ports - 1);
    }
    if let Some(refuse) = settings.refuse {
        config.refuse = refuse;
    }
}

/// The first ephemeral port where their number is given.
const FIRST_PORT: u16 = 32_768;

fn connection(tcp: &mut TcpConfig, settings: &Settings) {
    fn set<T: Clone>(field: &mut T, value: &Option<T>) {
        if let Some(value) = value {
            field.clone_from(value);
        }
    }
    set(&mut tcp.msl, &settings.msl);
    set(&mut tcp.delayed_ack, &settings.delayed_ack);
    set(&mut tcp.timestamps, &settings.timestamps);
    set(&mut tcp.sack, &settings.sack);
    set(&mut tcp.window_scaling, &settings.window_scaling);
    set(&mut tcp.fast_open, &settings.fast_open);
    set(&mut tcp.mtu_probing, &settings.mtu_probing);
    set(&mut tcp.nodelay, &settings.nodelay);
    set(&mut tcp.keepalive, &settings.keepalive);
    set(&mut tcp.syn_retries, &settings.syn_retries);
    set(&mut tcp.syn_ack_retries, &settings.syn_ack_retries);
    set(&mut tcp.orphan_retries, &settings.orphan_retries);
    set(&mut tcp.orphan_fin_wait_2, &settings.orphan_fin_wait_2);
    set(&mut tcp.give_up_after, &settings.give_up_after);
    set(&mut tcp.receive_buffer, &settings.receive_buffer);
    set(&mut tcp.receive_buffer_max, &settings.receive_buffer);
    set(&mut tcp.send_buffer, &settings.send_buffer);
    set(&mut tcp.rto.min, &settings.rto_min);
    set(&mut tcp.rto.initial, &settings.rto_initial);
    if let Some(ends) = settings.rst_ends_time_wait {
        tcp.ignore_rst_in_time_wait = !ends;
    }
}

/// What a ladder's head says of the network and of the timers behind it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Conditions {
    delays: [Duration; 2],
    rto_min: Duration,
    msl: [Duration; 2],
}

impl Conditions {
    pub(super) fn of(scenario: &Scenario) -> Self {
        let tcp = scenario.settings.each_ref().map(|settings| {
            let mut tcp = TcpConfig::default();
            connection(&mut tcp, settings);
            tcp
        });
        Self {
            delays: scenario.network.ways.map(|path| path.delay),
            rto_min: tcp.each_ref().map(|tcp| tcp.rto.min)[0],
            msl: tcp.map(|tcp| tcp.msl),
        }
    }

    /// `one-way 10 ms   rto_min 200 ms   2MSL 60 s`.
    pub(crate) fn text(&self, lang: Lang) -> String {
        let [there, back] = self.delays.map(measure::span);
        let delay = if there == back { there } else { format!("{there} / {back}") };
        let [client, server] = self.msl.map(|msl| measure::span(msl * 2));
        let msl = if client == server { client } else { format!("{client} / {server}") };
        let rto = measure::span(self.rto_min);
        CONDITIONS.fill(lang, &[("delay", &delay), ("rto", &rto), ("msl", &msl)])
    }
}

const CONDITIONS: Phrase =
    Phrase::new("one-way {delay}   rto_min {rto}   2MSL {msl}", "单程 {delay}   rto_min {rto}   2MSL {msl}");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_is_told_in_both_languages() {
        let scenario = Scenario::parse("client connect\nclient set msl=1s").expect("a scenario");
        let conditions = Conditions::of(&scenario);
        assert_eq!(conditions.text(Lang::En), "one-way 10 ms   rto_min 200 ms   2MSL 2.0 s / 60 s");
        assert!(CONDITIONS.is_complete());
    }
}
