//! From a plan to a world in which it is about to happen.

use std::cell::RefCell;
use std::rc::Rc;

use cordial_sim::topology::End;
use cordial_sim::{Action, CLIENT, Fate, HostId, SERVER, Task, TaskId, Topology, World};
use cordial_stack::Instant;

use crate::{Deed, Fault, Mishap, Plan, Program, Shape, Trouble};

/// A world, and what is to be asked of it afterwards.
pub(crate) struct Built {
    pub world: World,
    /// The programs' tasks, in the plan's order.
    pub tasks: Vec<TaskId>,
    /// Which of the plan's faults have befallen something.
    pub struck: Rc<RefCell<Vec<bool>>>,
}

impl Plan {
    pub(crate) fn build(&self) -> Built {
        let mut world =
            World::new(self.seed, self.topology()).expect("a plan's hosts and wires are a network");
        let struck = arrange(&self.faults, &mut world);
        let tasks = self.programs.iter().map(|program| world.start(program.host, task(program))).collect();
        for mishap in &self.mishaps {
            self.befall(&mut world, mishap);
        }
        world.at(Instant::ZERO + self.heals, Action::Heal);
        for host in self.hosts() {
            world.at(Instant::ZERO + self.ends, Action::Exit(host));
        }
        Built { world, tasks, struck }
    }

    fn topology(&self) -> Topology {
        let mut net = Topology::new();
        for (host, settings) in self.hosts().zip(&self.settings) {
            let added = net.host(&name(host), self.address(host));
            net.configure(added, |config| settings.iter().for_each(|setting| setting.apply(config)));
        }
        let clients = self.hosts().filter(|&host| host != SERVER);
        let mut wires = self.wires.iter();
        let mut draw = |net: &mut Topology, from: End, to: End| {
            if let Some(&[there, back]) = wires.next() {
                net.wire_ways(from, to, there, back);
            }
        };
        let middle = match self.shape {
            Shape::Direct => {
                draw(&mut net, CLIENT.into(), SERVER.into());
                return net;
            }
            Shape::Router => net.router("router"),
            Shape::Nat(config) => net.nat("nat", self.outside(), config),
        };
        for client in clients {
            draw(&mut net, client.into(), middle.into());
        }
        draw(&mut net, middle.into(), SERVER.into());
        net
    }

    fn befall(&self, world: &mut World, mishap: &Mishap) {
        let (begin, end) = match mishap.trouble {
            Trouble::Crash(host) => (Action::Crash(host), Action::Reboot(host)),
            Trouble::Pull(wire) => (Action::Pull(wire), Action::Plug(wire)),
            Trouble::Cut(wire, way) => (Action::Cut(wire, way), Action::Mend(wire, way)),
        };
        world.at(Instant::ZERO + mishap.at, begin);
        world.at(Instant::ZERO + self.end_of(mishap), end);
    }
}

/// What a host is called.
pub(crate) fn name(host: HostId) -> String {
    match host {
        CLIENT => "client".to_owned(),
        SERVER => "server".to_owned(),
        HostId(other) => format!("client{other}"),
    }
}

fn task(program: &Program) -> Task {
    let add = |task: Task, step: &crate::Step| task.when(step.when).call(step.call.clone());
    program.steps.iter().fold(Task::new(), add)
}

/// Has the network do to each segment what the plan says; each fault befalls one.
fn arrange(faults: &[Fault], world: &mut World) -> Rc<RefCell<Vec<bool>>> {
    let struck = Rc::new(RefCell::new(vec![false; faults.len()]));
    if faults.is_empty() {
        return struck;
    }
    let (faults, strikes) = (faults.to_vec(), Rc::clone(&struck));
    world.fault(move |passing| {
        let Some(at) = faults.iter().position(|fault| fault.target.is(passing)) else { return Fate::Pass };
        if let (Some(struck), Some(fault)) = (strikes.borrow_mut().get_mut(at), faults.get(at)) {
            *struck = true;
            return fate(fault.deed);
        }
        Fate::Pass
    });
    struck
}

const fn fate(deed: Deed) -> Fate {
    match deed {
        Deed::Drop => Fate::Drop,
        Deed::Delay(by) => Fate::Delay(by),
        Deed::Duplicate(after) => Fate::Duplicate(after),
        Deed::Swap => Fate::Swap,
    }
}
