//! What a packet costs among many connections.

use std::net::SocketAddrV4;
use std::time::Instant;

use crate::Error;
use crate::host::{Host, Ours, Read};
use crate::pair::{Pair, SERVER};
use crate::rounds::compare;

/// The few that the many are compared with.
const FEW: usize = 10;
/// Octets of buffer each way.
const BUFFER: usize = 16 << 10;
/// Connections to one port: fewer than there are ports to connect from.
const PER_PORT: usize = 50_000;
/// Connections that open at the same time.
const OPENING: usize = 500;
/// Connections drawn for one batch, and batches in one round.
const BATCH: usize = 10;
const BATCHES: usize = 10_000;
/// Octets of a question, and of its answer.
const MESSAGE: usize = 100;

/// Prints nanoseconds per packet at 10 and at 100,000 connections.
pub fn measure() -> Result<(), Error> {
    compare_with(100_000)
}

/// Prints nanoseconds per packet at 10 and at 1,000,000 connections.
pub fn measure_million() -> Result<(), Error> {
    compare_with(1_000_000)
}

fn compare_with(many: usize) -> Result<(), Error> {
    let mut few = Crowd::open(FEW)?;
    let began = Instant::now();
    let mut crowd = Crowd::open(many)?;
    println!("  {many} connections opened in {:.1} s", began.elapsed().as_secs_f64());
    let name = if many > 100_000 { "at 1,000,000" } else { "at 100,000" };
    compare("ns/packet", (name, || crowd.round()), ("at 10", || few.round()))?;
    println!("  both ends and the application's calls included; connections drawn at random");
    Ok(())
}

/// Established connections, both ends of each.
struct Crowd {
    pair: Pair<Ours>,
    clients: Vec<<Ours as Host>::Conn>,
    dice: u64,
}

impl Crowd {
    fn open(count: usize) -> Result<Self, Error> {
        let mut pair = Pair::new(|address| Ours::with_many_ports(address, BUFFER));
        let mut clients = Vec::with_capacity(count);
        let (mut ready, mut accepted) = (Vec::new(), 0);
        while accepted < count {
            if clients.len() % PER_PORT == 0 && clients.len() == accepted {
                pair.server.listen(port(accepted), OPENING);
            }
            let last = count.min((accepted / PER_PORT + 1) * PER_PORT).min(accepted + OPENING);
            while clients.len() < last {
                let to = SocketAddrV4::new(SERVER, port(clients.len()));
                clients.push(pair.client.connect(pair.now, to));
            }
            pair.poll_client();
            pair.poll_server();
            while pair.server.accept(pair.now).is_some() {
                accepted += 1;
            }
            pair.advance();
        }
        for _ in 0..100 {
            pair.poll_client();
            pair.poll_server();
            pair.advance();
        }
        pair.client.ready(&mut ready);
        if pair.client.connections() != count || pair.server.connections() != count {
            return Err(format!(
                "{} and {} connections",
                pair.client.connections(),
                pair.server.connections()
            )
            .into());
        }
        Ok(Self { pair, clients, dice: 0x9e37_79b9_7f4a_7c15 })
    }

    /// Questions and answers over connections drawn at random; nanoseconds per packet.
    fn round(&mut self) -> Result<f64, Error> {
        let mut ready = Vec::new();
        let carried = self.pair.carried();
        let began = Instant::now();
        for _ in 0..BATCHES {
            for _ in 0..BATCH {
                let drawn = self.draw();
                let conn = self.clients[drawn];
                self.pair.client.send(self.pair.now, conn, &[b'q'; MESSAGE]);
            }
            self.pair.poll_client();
            self.pair.poll_server();
            self.pair.server.ready(&mut ready);
            for conn in ready.drain(..) {
                let read = read_all(&mut self.pair.server, self.pair.now, conn);
                self.pair.server.send(self.pair.now, conn, &vec![b'a'; read]);
            }
            self.pair.poll_server();
            self.pair.poll_client();
            self.pair.client.ready(&mut ready);
            for conn in ready.drain(..) {
                read_all(&mut self.pair.client, self.pair.now, conn);
            }
            self.pair.advance();
        }
        let packets = self.pair.carried() - carried;
        if packets < (BATCHES * 2) as u64 {
            return Err(format!("only {packets} packets in {BATCHES} batches").into());
        }
        Ok(began.elapsed().as_nanos() as f64 / packets as f64)
    }

    /// A place in `clients`, by a xorshift generator: the same in every run.
    fn draw(&mut self) -> usize {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        (self.dice % self.clients.len() as u64) as usize
    }
}

/// The port of the server that the connection of this number goes to.
fn port(number: usize) -> u16 {
    80 + (number / PER_PORT) as u16
}

fn read_all(host: &mut Ours, now: u64, conn: <Ours as Host>::Conn) -> usize {
    let mut room = [0; 4 * MESSAGE];
    let mut all = 0;
    while let Read::Octets(count) = host.receive(now, conn, &mut room) {
        all += count;
    }
    all
}
