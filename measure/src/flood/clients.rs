//! Those who want to be served.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Tally;
use super::line::Line;
use crate::exchanges::{REPLY, REQUEST};
use crate::host::{Host, Ours, Read};
use crate::pair::SERVICE;

/// Clients, each of which connects, asks, takes the answer and says goodbye.
pub struct Clients {
    total: usize,
    /// By the index of their connections.
    busy: BTreeMap<usize, Client>,
    begun: u64,
    /// The port and the time that each took that was served.
    served: Vec<(u16, u64)>,
    failed: usize,
    ready: Vec<<Ours as Host>::Conn>,
}

struct Client {
    began: u64,
    port: u16,
    received: usize,
}

impl Clients {
    /// None has begun.
    pub fn new(total: usize) -> Self {
        Self {
            total,
            busy: BTreeMap::new(),
            begun: 0,
            served: Vec::with_capacity(total),
            failed: 0,
            ready: Vec::new(),
        }
    }

    /// How many there will be.
    pub fn total(&self) -> usize {
        self.total
    }

    /// True once every one of them was served, or was not.
    pub fn are_done(&self) -> bool {
        self.served.len() + self.failed == self.total
    }

    /// Lets the first `due` of them begin.
    pub fn begin(&mut self, host: &mut Ours, now: u64, due: u64) {
        while self.begun < due.min(self.total as u64) {
            self.begun += 1;
            let conn = host.connect(now, SERVICE);
            host.send(now, conn, &[b'q'; REQUEST]);
            let client = Client { began: now, port: host.port(conn), received: 0 };
            self.busy.insert(Ours::index(conn), client);
        }
    }

    /// Goes on with those whose connections have something to tell.
    pub fn turn(&mut self, host: &mut Ours, now: u64) {
        let mut ready = std::mem::take(&mut self.ready);
        host.ready(&mut ready);
        for conn in ready.drain(..) {
            self.step(host, now, conn);
        }
        self.ready = ready;
    }

    fn step(&mut self, host: &mut Ours, now: u64, conn: <Ours as Host>::Conn) {
        let index = Ours::index(conn);
        let Some(client) = self.busy.get_mut(&index) else { return };
        let mut room = [0; REPLY];
        loop {
            match host.receive(now, conn, &mut room) {
                Read::Octets(count) => client.received += count,
                Read::Nothing => return,
                Read::End | Read::Broken => break,
            }
            if client.received == REPLY {
                self.served.push((client.port, now - client.began));
                host.finish(now, conn);
                host.forget(now, conn);
                self.busy.remove(&index);
                return;
            }
        }
        self.failed += 1;
        host.forget(now, conn);
        self.busy.remove(&index);
    }

    /// How it went; `line` saw their SYNs.
    pub fn report(mut self, line: &Line, tally: &mut Tally) {
        tally.served = self.served.len();
        tally.failed = self.total - tally.served;
        tally.called_again = self.served.iter().filter(|(port, _)| line.syns_from(*port) > 1).count();
        self.served.sort_by_key(|&(_, took)| took);
        let at = |index: usize| Duration::from_nanos(self.served.get(index).map_or(0, |&(_, took)| took));
        tally.latency = [at(0), at(tally.served / 2), at(tally.served.saturating_sub(1))];
    }
}
