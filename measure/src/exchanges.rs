//! Short connections: open, ask, answer, say goodbye, many at once.

use std::time::Instant;

use crate::Error;
use crate::host::{Host, Ours, Read, Smol};
use crate::pair::{Pair, SERVICE};
use crate::rounds::compare;

/// Connections at once.
const AT_ONCE: usize = 1_000;
/// Exchanges in one round: fewer than there are ports to connect from.
const EXCHANGES: usize = 20_000;
/// Octets of a request.
pub const REQUEST: usize = 100;
/// Octets of a reply.
pub const REPLY: usize = 1_000;
/// Octets of buffer each way, for both stacks.
const BUFFER: usize = 4 << 10;
/// Turns after which something is wrong.
const TURNS: usize = 1_000_000;

/// Prints thousands of exchanges a second of both.
pub fn measure() -> Result<(), Error> {
    compare("thousand/s", (Ours::NAME, round::<Ours>), (Smol::NAME, round::<Smol>))?;
    Ok(())
}

fn round<H: Host>() -> Result<f64, Error> {
    let mut pair = Pair::new(|address| H::new(address, BUFFER));
    pair.server.listen(SERVICE.port(), AT_ONCE);
    let (mut clients, mut servers) = (Clients::default(), Servers::default());
    let mut ready = Vec::new();

    let began = Instant::now();
    for _ in 0..TURNS {
        clients.turn(&mut pair.client, pair.now, &mut ready);
        if clients.done == EXCHANGES {
            return Ok(EXCHANGES as f64 / began.elapsed().as_secs_f64() / 1e3);
        }
        pair.poll_client();
        servers.turn(&mut pair.server, pair.now, &mut ready);
        pair.poll_server();
        pair.advance();
    }
    Err(format!("{}: {} exchanges of {EXCHANGES} in {TURNS} turns", H::NAME, clients.done).into())
}

/// How far one end of one connection is.
#[derive(Clone, Copy, Default)]
struct Progress {
    sent: usize,
    received: usize,
    finished: bool,
}

/// Progress by [`Host::index`].
#[derive(Default)]
struct Table(Vec<Progress>);

impl Table {
    fn at(&mut self, index: usize) -> &mut Progress {
        if index >= self.0.len() {
            self.0.resize(index + 1, Progress::default());
        }
        &mut self.0[index]
    }
}

/// Opens, asks, waits for the reply, says goodbye, waits for the other's goodbye.
#[derive(Default)]
struct Clients {
    table: Table,
    open: usize,
    begun: usize,
    done: usize,
}

impl Clients {
    fn turn<H: Host>(&mut self, host: &mut H, now: u64, ready: &mut Vec<H::Conn>) {
        while self.open < AT_ONCE && self.begun < EXCHANGES {
            let conn = host.connect(now, SERVICE);
            *self.table.at(H::index(conn)) = Progress::default();
            self.open += 1;
            self.begun += 1;
        }
        host.ready(ready);
        for conn in ready.drain(..) {
            self.step(host, now, conn);
        }
    }

    fn step<H: Host>(&mut self, host: &mut H, now: u64, conn: H::Conn) {
        let progress = self.table.at(H::index(conn));
        if progress.sent < REQUEST {
            progress.sent += host.send(now, conn, &[b'q'; REQUEST][progress.sent..]);
        }
        let mut room = [0; REPLY];
        loop {
            match host.receive(now, conn, &mut room) {
                Read::Octets(count) => progress.received += count,
                Read::Nothing => break,
                Read::Broken => panic!("a connection in memory broke"),
                Read::End => {
                    assert_eq!(progress.received, REPLY, "a whole reply came before the end");
                    host.forget(now, conn);
                    self.open -= 1;
                    self.done += 1;
                    return;
                }
            }
        }
        if progress.received == REPLY && !progress.finished {
            progress.finished = true;
            host.finish(now, conn);
        }
    }
}

/// Reads the request, replies, waits for the goodbye and returns it.
#[derive(Default)]
pub struct Servers {
    table: Table,
}

impl Servers {
    /// Takes in who has connected, and goes on with those that have something to tell.
    pub fn turn<H: Host>(&mut self, host: &mut H, now: u64, ready: &mut Vec<H::Conn>) {
        host.ready(ready);
        while let Some(conn) = host.accept(now) {
            *self.table.at(H::index(conn)) = Progress::default();
            ready.push(conn);
        }
        for conn in ready.drain(..) {
            self.step(host, now, conn);
        }
    }

    fn step<H: Host>(&mut self, host: &mut H, now: u64, conn: H::Conn) {
        let progress = self.table.at(H::index(conn));
        let mut room = [0; REQUEST];
        loop {
            match host.receive(now, conn, &mut room) {
                Read::Octets(count) => progress.received += count,
                Read::Nothing => break,
                Read::End | Read::Broken if progress.finished => break,
                Read::End | Read::Broken => {
                    progress.finished = true;
                    host.finish(now, conn);
                    host.forget(now, conn);
                    return;
                }
            }
        }
        if progress.received == REQUEST && progress.sent < REPLY {
            progress.sent += host.send(now, conn, &[b'a'; REPLY][progress.sent..]);
        }
    }
}
