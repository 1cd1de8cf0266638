//! Worlds drawn by chance: programs that do anything in any order, over wires that do anything, with hosts that crash.

mod common;

use common::{PORT, at, list, ms, secs};
use cordial_sim::{Action, CLIENT, Call, Fate, Link, NatConfig, SERVER, Task, Topology, When, WireId, World};
use cordial_stack::Half;

/// Everything about a world follows from its seed.
struct Storm {
    rng: fastrand::Rng,
}

impl Storm {
    fn link(&mut self) -> Link {
        let rng = &mut self.rng;
        let chance = |rng: &mut fastrand::Rng| if rng.bool() { 0.0 } else { rng.f64() * 15.0 };
        let mut link = Link::with_delay(ms(rng.u64(0..80))).jittering(ms(rng.u64(0..10)));
        link =
            link.lossy(chance(rng)).duplicating(chance(rng)).reordering(chance(rng)).corrupting(chance(rng));
        if rng.u8(..) < 60 {
            link = link.rated(rng.u64(5_000..1_000_000)).queueing(rng.u32(2_000..30_000));
        }
        link
    }

    fn octets(&mut self) -> u64 {
        match self.rng.u8(0..4) {
            0 => self.rng.u64(0..3),
            1 => self.rng.u64(0..200),
            2 => self.rng.u64(0..5_000),
            _ => self.rng.u64(0..60_000),
        }
    }

    fn when(&mut self) -> When {
        match self.rng.u8(0..6) {
            0 => When::After(ms(self.rng.u64(0..3_000))),
            1 => When::Interrupting(at(self.rng.u64(0..20_000))),
            _ => When::Next,
        }
    }

    /// Calls on a connection, in the end a close.
    fn calls(&mut self, mut task: Task) -> Task {
        for _ in 0..self.rng.u8(0..5) {
            let call = match self.rng.u8(0..7) {
                0 | 1 => Call::Write(self.octets()),
                2 => Call::Read(self.octets()),
                3 => Call::ReadToEnd,
                4 => Call::Shutdown(
                    *self.rng.choice(&[Half::Write, Half::Write, Half::Read, Half::Both]).unwrap(),
                ),
                5 => Call::Nodelay(self.rng.bool()),
                _ => Call::Pause,
            };
            task = task.when(self.when()).call(call);
        }
        // No run waits for a program: in the end each lets go.
        let end = When::Interrupting(at(self.rng.u64(20_000..90_000)));
        task.when(end).call(if self.rng.u8(0..8) == 0 { Call::Abort } else { Call::Close })
    }

    fn world(&mut self, seed: u64) -> World {
        let mut net = Topology::new();
        let client = net.host("client", "10.0.0.2".parse().unwrap());
        let server = net.host("server", "10.9.0.1".parse().unwrap());
        if self.rng.u8(0..4) == 0 {
            let nat = net.nat(
                "nat",
                "192.0.2.1".parse().unwrap(),
                NatConfig { idle: secs(15), ..NatConfig::default() },
            );
            let (inside, outside) = (self.link(), self.link());
            net.wire(client, nat, inside);
            net.wire(nat, server, outside);
        } else {
            let (there, back) = (self.link(), self.link());
            net.wire_ways(client, server, there, back);
        }
        for host in [client, server] {
            let rng = &mut self.rng;
            net.configure(host, |config| {
                config.limits.syn_cache = rng.u32(1..5);
                let tcp = std::sync::Arc::make_mut(&mut config.tcp);
                tcp.timestamps = rng.u8(0..4) > 0;
                tcp.sack = rng.u8(0..4) > 0;
                tcp.window_scaling = rng.u8(0..4) > 0;
                tcp.receive_buffer = 1 << rng.u32(10..18);
                tcp.receive_buffer_max = tcp.receive_buffer.max(1 << rng.u32(12..20));
                tcp.send_buffer = 1 << rng.u32(10..20);
            });
        }
        let mut world = World::new(seed, net).unwrap();
        world.listen(SERVER, PORT, Some(self.rng.u32(1..4))).unwrap();
        for _ in 0..self.rng.u8(1..4) {
            let task = Task::new().accept(PORT);
            let task = self.calls(task);
            world.start(SERVER, task);
            let begin = at(self.rng.u64(0..10_000));
            // The same port again and again, so that connections of one pair follow each other.
            let from = 5_000 + self.rng.u16(0..2);
            let task = Task::new().at(begin).call(Call::Connect {
                to: SERVER,
                port: PORT,
                from: Some(from),
                tcp: None,
                waits: self.rng.bool(),
            });
            let task = self.calls(task);
            world.start(CLIENT, task);
        }
        if self.rng.u8(0..4) == 0 {
            let (host, begin) = (*self.rng.choice(&[CLIENT, SERVER]).unwrap(), self.rng.u64(0..30_000));
            world.at(at(begin), Action::Crash(host));
            world.at(at(begin + self.rng.u64(0..10_000)), Action::Reboot(host));
        }
        if self.rng.u8(0..4) == 0 {
            let begin = self.rng.u64(0..30_000);
            world.at(at(begin), Action::Pull(WireId(0)));
            world.at(at(begin + self.rng.u64(0..20_000)), Action::Plug(WireId(0)));
        }
        let mut rng = self.rng.fork();
        world.fault(move |_| match rng.u8(..) {
            0 => Fate::Drop,
            1 => Fate::Delay(ms(rng.u64(0..40_000))),
            2 => Fate::Duplicate(ms(rng.u64(0..40_000))),
            3 => Fate::Swap,
            _ => Fate::Pass,
        });
        world.at(at(60_000), Action::Heal);
        world
    }
}

fn run(seed: u64, keeps: bool) -> (World, Vec<cordial_sim::Violation>) {
    let mut storm = Storm { rng: fastrand::Rng::with_seed(seed) };
    let mut world = storm.world(seed);
    if keeps {
        world.keep_record();
    }
    world.run_out().unwrap_or_else(|endless| panic!("seed {seed}: {endless}"));
    let violations = world.finish();
    (world, violations)
}

fn draw_again(seed: u64, violations: &[cordial_sim::Violation]) -> ! {
    let (world, _) = run(seed, true);
    panic!("seed {seed}:\n{}\n{}", list(violations), world.compact());
}

/// A number from the environment.
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// `STORMS=100000` tries that many; `STORM=7` tries this one and prints its record.
#[test]
fn whatever_happens_nothing_breaks() {
    let only = number("STORM");
    let seeds = only.map_or(0..number("STORMS").unwrap_or(400), |seed| seed..seed + 1);
    for seed in seeds {
        let (world, violations) = run(seed, seed % 10 == 0 || only.is_some());
        let events = world.events();
        assert!(events.is_sorted_by_key(|event| (event.time, event.id)), "seed {seed}: events are in order");
        if only.is_some() {
            println!("{}", String::from_utf8(common::json(&world)).expect("text"));
        }
        if !violations.is_empty() {
            draw_again(seed, &violations);
        }
    }
}
