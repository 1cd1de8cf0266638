//! Two hosts and the wire between them, and the programs that a script makes of its calls.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use cordial_sim::{Action, CLIENT, Fate, HostId, Link, SERVER, Socket, Topology, World};
use cordial_stack::Config;
use cordial_tcp::Keepalive;

use crate::script::{Setting, Step};

const HOSTS: [HostId; 2] = [CLIENT, SERVER];
const PORT: u16 = 80;
/// Where both ends call from in order to meet.
const MEETING: u16 = 7_000;
/// Sockets at most: a script that opens more tries nothing new.
const MOST_SOCKETS: usize = 16;
/// Time goes on for at most this long while a script runs, so that it reaches its end.
const MOST_WAITING: Duration = Duration::from_secs(1_800);

/// The simulated world and what the script holds of it.
pub struct Pair {
    world: World,
    sockets: Vec<Socket>,
    /// What befalls the segments to come.
    fates: Rc<RefCell<VecDeque<Fate>>>,
    waited: Duration,
}

impl Pair {
    /// Two hosts that have just begun; the server takes connections.
    pub fn new(setting: Setting) -> Self {
        let mut net = Topology::new();
        let address = |last: u16| -> IpAddr {
            match setting.six() {
                true => [0xfd00, 0, 0, 0, 0, 0, 0, last].into(),
                false => [10, 0, 0, last as u8].into(),
            }
        };
        let client = net.host("client", address(2));
        let server = net.host("server", address(1));
        net.wire(client, server, Link::with_delay(setting.delay()));
        for host in HOSTS {
            net.configure(host, |config| configure(config, setting, host));
        }
        let mut world = World::new(1, net).expect("two hosts and a wire are a network");
        world.listen(SERVER, PORT, Some(2)).expect("the port is free");
        let fates = Rc::new(RefCell::new(VecDeque::new()));
        let next = Rc::clone(&fates);
        world.fault(move |_| next.borrow_mut().pop_front().unwrap_or_default());
        Self { world, sockets: Vec::new(), fates, waited: Duration::ZERO }
    }

    /// Does one step. What makes no sense now does nothing.
    pub fn take(&mut self, step: Step) {
        match step {
            Step::Wait(span) => self.wait(span),
            // A port that is taken, a host without room: the stack's to refuse.
            Step::Listen(host) => _ = self.world.listen(host, PORT, Some(2)),
            Step::Unlisten(host) => self.world.unlisten(host, PORT),
            Step::Connect(host, from, to) => self.connect(host, from, to),
            Step::Accept(host) => self.sockets.extend(self.world.accept(host, PORT)),
            Step::Write(which, octets) => self.with(which, |world, socket| _ = world.write(socket, octets)),
            Step::Read(which, most) => self.with(which, |world, socket| _ = world.read(socket, most)),
            Step::Shutdown(which, half) => self.with(which, |world, socket| world.shutdown(socket, half)),
            Step::Close(which) => self.with(which, World::close),
            Step::Abort(which) => self.with(which, World::abort),
            Step::Nodelay(which) => self.with(which, |world, socket| world.set_nodelay(socket, true)),
            Step::Keepalive(which) => {
                self.with(which, |world, socket| world.set_keepalive(socket, Some(Keepalive::default())));
            }
            Step::Fate(fate) => self.fates.borrow_mut().push_back(fate),
        }
    }

    /// Everyone lets go, and the network is whole again: time alone ends everything. Gives a print of what happened.
    pub fn wind_up(mut self) -> u64 {
        self.world.act(Action::Heal);
        for host in HOSTS {
            while let Some(socket) = self.world.accept(host, PORT) {
                self.world.close(socket);
            }
            self.world.unlisten(host, PORT);
        }
        for &socket in &self.sockets {
            self.world.close(socket);
        }
        self.world.run_out().unwrap_or_else(|endless| panic!("{endless}"));
        let violations = self.world.finish();
        assert!(violations.is_empty(), "{violations:#?}");
        self.print()
    }

    fn print(&self) -> u64 {
        let mut print = DefaultHasher::new();
        (self.world.steps(), self.world.now().as_nanos()).hash(&mut print);
        for &socket in &self.sockets {
            let info = self.world.socket(socket).map(|info| (info.written, info.read));
            info.hash(&mut print);
        }
        for host in HOSTS {
            let counters = self.world.stack(host).counters();
            counters.iter().for_each(|count| count.hash(&mut print));
        }
        print.finish()
    }

    fn wait(&mut self, span: Duration) {
        self.waited += span;
        if self.waited <= MOST_WAITING {
            self.world.run_for(span).unwrap_or_else(|endless| panic!("{endless}"));
        }
    }

    fn connect(&mut self, host: HostId, from: u16, to: u16) {
        if self.sockets.len() < MOST_SOCKETS {
            // A moment and a number of its own, by which the oracles tell it from the connection that had these ports
            // before: the clock of initial sequence numbers ticks every 4 µs (RFC 9293 §3.4.1).
            self.wait(Duration::from_micros(4));
            let other = if host == CLIENT { SERVER } else { CLIENT };
            let from = if to == MEETING { MEETING } else { from };
            self.sockets.extend(self.world.connect(host, Some(from), (other, to)).ok());
        }
    }

    /// One of the sockets, whatever the number; those that were let go are called too.
    fn with(&mut self, which: u8, call: impl FnOnce(&mut World, Socket)) {
        let at = usize::from(which & 15).checked_rem(self.sockets.len());
        if let Some(&socket) = at.and_then(|at| self.sockets.get(at)) {
            call(&mut self.world, socket);
        }
    }
}

fn configure(config: &mut Config, setting: Setting, host: HostId) {
    let tcp = Arc::make_mut(&mut config.tcp);
    [tcp.timestamps, tcp.sack, tcp.window_scaling] = setting.offers(host);
    if setting.is_small(host) {
        config.limits.syn_cache = 2;
        tcp.receive_buffer = 2_920;
        tcp.receive_buffer_max = 2_920;
        tcp.send_buffer = 2_920;
    }
}
