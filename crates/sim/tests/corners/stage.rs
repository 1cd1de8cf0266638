//! A world in which a scene is played: programs, strays, and one packet befallen.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use cordial_sim::{
    Action, CLIENT, Edit, Fate, Forged, HostId, Link, SERVER, Socket, Task, TaskId, Topology, World, octet,
};
use cordial_stack::{Config, Instant};
use cordial_wire::{Flags, Options, Segment};

use crate::notation;
use crate::variant::{Deed, Sent, Subject, Variant};

/// Where the server listens.
pub const PORT: u16 = 80;
/// Where the client calls from.
pub const FROM: u16 = 5000;
/// The first numbers of the client and of the server; each further connection begins a million above.
pub const ISN: [u32; 2] = [100, 300];
/// How many numbers are dealt to each.
const DEALT: u32 = 64;

/// A client and a server 10 ms apart, and what is played on them.
pub struct Stage {
    pub world: World,
    pub tasks: Vec<TaskId>,
    strays: Vec<Stray>,
    numbers: [Vec<u32>; 2],
    log: Rc<RefCell<Vec<Sent>>>,
}

/// A segment that the scene puts before a host.
#[derive(Clone)]
struct Stray {
    at: Instant,
    from: SocketAddr,
    to: SocketAddr,
    host: HostId,
    text: String,
}

/// What is changed in a host's settings.
pub type Change = Rc<dyn Fn(HostId, &mut Config)>;

impl Stage {
    /// With a router in the middle of the way, or without.
    pub fn new(change: &Change, is_routed: bool) -> Self {
        let mut net = Topology::new();
        let client = net.host("client", [10, 0, 0, 2].into());
        let server = net.host("server", [10, 0, 0, 1].into());
        if is_routed {
            let router = net.router("router");
            net.wire(client, router, Link::with_delay(Duration::from_millis(5)));
            net.wire(router, server, Link::with_delay(Duration::from_millis(5)));
        } else {
            net.wire(client, server, Link::with_delay(Duration::from_millis(10)));
        }
        for host in [client, server] {
            net.configure(host, |config| change(host, config));
        }
        let mut world = World::new(1, net).expect("two hosts and a wire are a network");
        world.keep_record();
        let numbers = ISN.map(|first| (0..DEALT).map(|nth| first + 1_000_000 * nth).collect());
        let log = Rc::new(RefCell::new(Vec::new()));
        let sent = Rc::clone(&log);
        world.fault(move |passing| {
            sent.borrow_mut().push(Sent {
                at: millis(passing.now),
                from: Some(passing.from),
                text: bare(passing.segment),
                header: header_of(passing.segment),
                of: passing.target.map(|target| (target.group, target.id.sender)),
                is_befallen: true,
            });
            Fate::Pass
        });
        Self { world, tasks: Vec::new(), strays: Vec::new(), numbers, log }
    }

    /// A program of the client's, from its beginning on.
    pub fn client(&mut self, task: Task) {
        self.program(CLIENT, task);
    }

    /// A program of the server's.
    pub fn server(&mut self, task: Task) {
        self.program(SERVER, task);
    }

    fn program(&mut self, host: HostId, task: Task) {
        let id = self.world.start(host, task);
        self.tasks.push(id);
    }

    /// Something befalls a segment in the scene itself, named as the record does: `c2`.
    pub fn befalls(&mut self, name: &str, fate: Fate) {
        self.world.fault_at(name, fate).expect("a segment's name");
    }

    /// The first segment of which this is true is lost in the scene itself.
    pub fn loses_first(&mut self, is_it: impl Fn(&Segment<'_>) -> bool + 'static) {
        let mut is_lost = false;
        self.world.fault(move |passing| {
            let loses = !is_lost && is_it(passing.segment);
            is_lost |= loses;
            if loses { Fate::Drop } else { Fate::Pass }
        });
    }

    /// Something is done at a moment.
    pub fn at(&mut self, millis: u64, action: Action) {
        self.world.at(moment(millis), action);
    }

    /// Anything is done at a moment.
    pub fn then(&mut self, millis: u64, call: impl FnOnce(&mut World) + 'static) {
        self.at(millis, Action::Call(Box::new(call)));
    }

    /// At a moment a segment comes to a host, as from the other end of the first connection. Its octets are those that
    /// the other end would send at that number.
    pub fn stray(&mut self, millis: u64, to: HostId, text: &str) {
        let from = if to == CLIENT { (SERVER, PORT) } else { (CLIENT, FROM) };
        let from = self.world.at_port(from).to_string();
        self.stray_from(millis, &from, to, text);
    }

    /// The same from anybody else, to the port that the other end would use.
    pub fn stray_from(&mut self, millis: u64, from: &str, to: HostId, text: &str) {
        let from = from.parse().expect("an address and a port");
        let to_port = self.world.at_port((to, if to == CLIENT { FROM } else { PORT }));
        self.strays.push(Stray { at: moment(millis), from, to: to_port, host: to, text: text.to_owned() });
    }

    /// The same between any two addresses.
    pub fn stray_between(&mut self, millis: u64, (from, to): (&str, &str), host: HostId, text: &str) {
        let [from, to] = [from, to].map(|at| at.parse().expect("an address and a port"));
        self.strays.push(Stray { at: moment(millis), from, to, host, text: text.to_owned() });
    }

    /// A host chooses these first numbers, one after the other.
    pub fn numbers(&mut self, host: HostId, numbers: &[u32]) {
        self.numbers[usize::from(host.0)] = numbers.to_vec();
    }

    /// Arranges what was asked for, and has `variant` befall its packet; the cell is set once it has.
    pub fn arrange(&mut self, variant: Option<&Variant>) -> Rc<Cell<bool>> {
        for (host, numbers) in [CLIENT, SERVER].into_iter().zip(&self.numbers) {
            self.world.deal(host, numbers);
        }
        let has_befallen = Rc::new(Cell::new(false));
        self.arrange_strays(variant, &has_befallen);
        let (log, variant, befallen) = (Rc::clone(&self.log), variant.cloned(), Rc::clone(&has_befallen));
        self.world.fault(move |_| {
            // The scene's own rules come before: what they let pass comes here.
            let mut log = log.borrow_mut();
            let Some(last) = log.last_mut() else { return Fate::Pass };
            last.is_befallen = false;
            let at = log.iter().filter(|sent| sent.from.is_some()).count() - 1;
            match &variant {
                Some(Variant { deed, subject: Subject::Sent(its), .. }) if *its == at => {
                    befallen.set(true);
                    match deed {
                        Deed::Lose => Fate::Drop,
                        Deed::Duplicate => Fate::Duplicate(Duration::from_millis(1)),
                        Deed::Swap => Fate::Swap,
                    }
                }
                _ => Fate::Pass,
            }
        });
        has_befallen
    }

    fn arrange_strays(&mut self, variant: Option<&Variant>, has_befallen: &Cell<bool>) {
        let mut strays = self.strays.clone();
        strays.sort_by_key(|stray| stray.at);
        if let Some(&Variant { deed, subject: Subject::Stray(its), .. }) = variant {
            has_befallen.set(its < strays.len());
            match deed {
                Deed::Lose => drop(strays.remove(its)),
                Deed::Duplicate => strays.insert(its, strays[its].clone()),
                Deed::Swap => {
                    let (first, second) = (strays[its].at, strays[its + 1].at);
                    strays.swap(its, its + 1);
                    (strays[its].at, strays[its + 1].at) = (first, second);
                }
            }
        }
        for stray in strays {
            let log = Rc::clone(&self.log);
            self.world.at(stray.at, Action::Call(Box::new(move |world| stray.comes(world, &log))));
        }
    }

    /// What was sent and put before hosts so far.
    pub fn sent(&self) -> Vec<Sent> {
        self.log.borrow().clone()
    }
}

impl Stray {
    fn comes(&self, world: &mut World, log: &RefCell<Vec<Sent>>) {
        let segment = notation::parse(&self.with_timestamps(&log.borrow()));
        let payload = self.octets(&segment);
        log.borrow_mut().push(Sent {
            at: millis(world.now()),
            from: None,
            text: self.text.clone(),
            header: header_of(&segment),
            of: None,
            is_befallen: false,
        });
        let header = Segment { payload: &[], ..segment };
        let forged = Forged { from: self.from, to: self.to, segment: Edit { header, payload } };
        world.act(Action::Inject(self.host, forged));
    }

    /// `ts=older`, `same` and `newer`: than the timestamp of the other end's first FIN.
    fn with_timestamps(&self, log: &[Sent]) -> String {
        let writer = if self.host == CLIENT { SERVER } else { CLIENT };
        let is_its = |sent: &&Sent| sent.from == Some(writer) && sent.header.flags.contains(Flags::FIN);
        let fin = log.iter().find(is_its).and_then(|sent| sent.header.options.timestamps);
        let last = fin.map_or(0, |its| its.value);
        [("older", -1_000), ("same", 0), ("newer", 1_000)]
            .into_iter()
            .fold(self.text.clone(), |text, (word, by)| {
                text.replace(word, &last.wrapping_add_signed(by).to_string())
            })
    }

    /// What the first connection's other end writes at these positions.
    fn octets(&self, segment: &Segment<'_>) -> Vec<u8> {
        let writer = if self.host == CLIENT { 1 } else { 0 };
        let from = segment.seq.0.wrapping_sub(ISN[writer] + 1);
        (0..segment.payload.len() as u32)
            .map(|at| octet(Socket(writer as u32).0, u64::from(from.wrapping_add(at))))
            .collect()
    }
}

/// As it prints, without the options of a SYN.
fn bare(segment: &Segment<'_>) -> String {
    let options = Options { sack: segment.options.sack, ..Options::default() };
    Segment { options, ..*segment }.to_string()
}

fn header_of(segment: &Segment<'_>) -> Segment<'static> {
    let Segment { source, destination, seq, ack_number, flags, window, urgent, options, payload: _ } =
        *segment;
    Segment { source, destination, seq, ack_number, flags, window, urgent, options, payload: &[] }
}

/// So many milliseconds after the scene began.
pub fn moment(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

/// Milliseconds since the scene began.
pub fn millis(at: Instant) -> u64 {
    at.since(Instant::ZERO).as_millis() as u64
}
