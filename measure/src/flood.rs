//! A flood of forged SYNs, and honest clients that want to be served all the same.
//!
//! The server stands behind a wire of 10 ms. A hundred thousand forged SYNs a second reach it, each from another
//! address, and nobody there answers its SYN-ACK; among them honest clients connect, ask, are answered and say
//! goodbye. Time is virtual, but for what the server takes to do its work.

mod clients;
mod line;

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use cordial_stack::Config;

use crate::exchanges::Servers;
use crate::forge::Forger;
use crate::host::{Host, Ours, Smol};
use crate::pair::{CLIENT, SERVER, SERVICE};
use crate::wire::Wire;
use crate::{ALLOCATED, Error};
use clients::Clients;
use line::Line;

/// Virtual nanoseconds of a step.
const STEP: u64 = 100_000;
/// Forged SYNs in each.
const AT_ONCE: u64 = 10;
/// Virtual nanoseconds a packet is under way.
const DELAY: u64 = 10_000_000;
/// Octets of buffer each way.
const BUFFER: usize = 4 << 10;
/// Forged SYNs for each honest client.
const PER_CLIENT: u64 = 1_000;
/// Virtual nanoseconds after the last SYN by which a client has given up, if it ever does.
const PATIENCE: u64 = 300_000_000_000;
/// Sockets that a server without a SYN queue listens with: as many as ours has places for half-open connections would
/// take a day of looking through all of them for each SYN.
const SOCKETS: usize = 128;

/// What came of a flood.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Forged SYNs that reached the server.
    pub forged: u64,
    /// Honest clients that had their whole answer, and those that were turned away or gave up.
    pub served: usize,
    /// See `served`.
    pub failed: usize,
    /// Of those that were served, how many had to send more than one SYN.
    pub called_again: usize,
    /// Virtual time from the first SYN to the last octet of the answer: least, median, most.
    pub latency: [Duration; 3],
    /// Of the server's work for each packet that reached it: of all steps of the flood, the one in the middle, so that what
    /// else the machine does is left out.
    pub nanos_per_packet: f64,
    /// Octets allocated, both hosts together: before the first SYN, after a tenth of the flood, the most after that, and
    /// at the end.
    pub memory: [usize; 4],
}

/// Prints what becomes of a client for every thousand of `forged` SYNs.
///
/// # Errors
///
/// If a server with cookies does not serve every client.
pub fn measure(forged: u64) -> Result<(), Error> {
    let clients = (forged / PER_CLIENT).max(1) as usize;
    println!("  {forged} forged SYNs, {} a second, {clients} honest clients", 1_000_000_000 / STEP * AT_ONCE);
    let tally = with_cookies(forged, clients);
    print("cordial", &tally);
    if tally.served != clients {
        return Err(format!("{} of {clients} clients were served", tally.served).into());
    }
    print("cordial without cookies", &without_cookies(forged, clients));
    let name = format!("smoltcp, {SOCKETS} sockets");
    print(&name, &flood::<Smol>(Smol::new(SERVER, BUFFER), SOCKETS, forged, clients));
    Ok(())
}

fn print(name: &str, tally: &Tally) {
    let [least, median, most] = tally.latency.map(|time| time.as_secs_f64() * 1e3);
    let [before, tenth, peak, after] = tally.memory.map(|octets| octets as f64 / 1024.0);
    println!("  {name}: {} served, {} not", tally.served, tally.failed);
    println!("    {} of the served needed a second SYN", tally.called_again);
    println!("    connect to last octet: {median:.1} ms ({least:.1} to {most:.1}), virtual");
    println!("    {:.0} ns of the server for each packet", tally.nanos_per_packet);
    println!(
        "    KiB allocated: {before:.0} before, {tenth:.0} after a tenth, {peak:.0} at most, {after:.0} at the end"
    );
}

/// A server with the settings that every host begins with.
pub fn with_cookies(forged: u64, clients: usize) -> Tally {
    flood::<Ours>(server(true), clients, forged, clients)
}

/// The same, which drops SYNs when its SYN cache is full.
pub fn without_cookies(forged: u64, clients: usize) -> Tally {
    flood::<Ours>(server(false), clients, forged, clients)
}

fn server(syn_cookies: bool) -> Ours {
    Ours::with_config(Config { syn_cookies, ..Config::host(&[IpAddr::V4(SERVER)]) }, BUFFER)
}

fn flood<H: Host>(mut server: H, backlog: usize, forged: u64, clients: usize) -> Tally {
    server.listen(SERVICE.port(), backlog);
    let steps = forged.div_ceil(AT_ONCE);
    let mut flood = Flood::new(server, steps as usize);
    let mut tally = Tally { memory: [ALLOCATED.current_usage(); 4], ..Tally::default() };
    let mut clients = Clients::new(clients);
    let last = steps * STEP + PATIENCE;
    while flood.now < last && !(tally.forged >= forged && clients.are_done()) {
        let step = flood.now / STEP;
        let count = if tally.forged < forged { AT_ONCE.min(forged - tally.forged) } else { 0 };
        clients.begin(&mut flood.client, flood.now, clients.total() as u64 * (step + 1) / steps);
        tally.forged += count;
        flood.step(count);
        clients.turn(&mut flood.client, flood.now);
        flood.advance(tally.forged < forged);
        if step == steps / 10 {
            tally.memory[1] = ALLOCATED.current_usage();
            ALLOCATED.reset_peak_usage();
        }
    }
    (tally.memory[2], tally.memory[3]) = (ALLOCATED.peak_usage(), ALLOCATED.current_usage());
    flood.busy.sort_unstable_by(f64::total_cmp);
    tally.nanos_per_packet = flood.busy.get(flood.busy.len() / 2).copied().unwrap_or(0.0);
    clients.report(&flood.up, &mut tally);
    tally
}

/// The server, its honest clients, and the wires.
struct Flood<H> {
    now: u64,
    server: H,
    programs: Servers,
    client: Ours,
    forger: Forger,
    /// What reaches the server now, and what the client.
    inbound: Wire,
    arriving: Wire,
    /// From the client to the server, and back.
    up: Line,
    down: Line,
    /// Nanoseconds that the server took for each packet, by the steps in which it was flooded.
    busy: Vec<f64>,
}

impl<H: Host> Flood<H> {
    fn new(server: H, steps: usize) -> Self {
        Self {
            now: 0,
            server,
            programs: Servers::default(),
            client: Ours::new(CLIENT, BUFFER),
            forger: Forger::new(0x9e37_79b9_7f4a_7c15),
            inbound: Wire::default(),
            arriving: Wire::default(),
            up: Line::new(DELAY),
            down: Line::new(DELAY),
            busy: Vec::with_capacity(steps),
        }
    }

    /// Everything that happens now, `forged` SYNs included.
    fn step(&mut self, forged: u64) {
        for _ in 0..forged {
            let packet = self.forger.syn((SERVER, SERVICE.port()));
            self.inbound.put(packet.len(), |room| room.copy_from_slice(packet));
        }
        let packets = forged + self.up.deliver(self.now, &mut self.inbound);
        let began = Instant::now();
        self.server.poll(self.now, &mut self.inbound, &mut self.down.entry);
        if forged > 0 {
            self.busy.push(began.elapsed().as_nanos() as f64 / packets as f64);
        }
        self.programs.turn(&mut self.server, self.now, &mut Vec::new());
        self.server.poll(self.now, &mut self.inbound, &mut self.down.entry);
        // What answers a forged SYN goes to whoever has that address, who is not looked at here.
        self.down.enter(self.now, |to| to == CLIENT);
        self.down.deliver(self.now, &mut self.arriving);
        self.client.poll(self.now, &mut self.arriving, &mut self.up.entry);
        self.up.enter(self.now, |to: Ipv4Addr| to == SERVER);
    }

    /// On to the next step, or to where the next thing happens.
    fn advance(&mut self, is_flooded: bool) {
        let next = self.now + STEP;
        if is_flooded {
            return self.now = next;
        }
        let due = [
            self.up.next(),
            self.down.next(),
            self.client.deadline(self.now),
            self.server.deadline(self.now),
        ];
        self.now = due.into_iter().flatten().min().unwrap_or(next).max(next);
    }
}
