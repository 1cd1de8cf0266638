//! How full it is.

use alloc::vec::Vec;

use super::Stack;
use crate::{Chance, Observer, Table};

impl<C: Chance, O: Observer> Stack<C, O> {
    /// How full every table and queue is, in a fixed order. Those there is one of for each listener, link or socket are
    /// added up.
    pub fn tables(&self) -> Vec<Table> {
        let limits = &self.config.limits;
        let queues = self.listeners.iter().map(|listener| listener.depth());
        let (waiting, may_wait) = queues.fold((0, 0), |(used, most), (its, its_most)| {
            (used + u64::from(its), most + u64::from(its_most))
        });
        let replies: usize = self.links.iter().map(|port| port.replies.len()).sum();
        let (datagrams, sockets) = self.udp.depth();
        let all_of_them = |limit: u32, count: usize| u64::from(limit).saturating_mul(count as u64);
        let table = |name, help, used: usize, limit: u64| Table { name, help, used: used as u64, limit };
        Vec::from([
            table(
                "connections",
                "Connections, those that are over and still held included.",
                self.connections(),
                limits.connections.into(),
            ),
            table("syn_cache", "Half-open connections.", self.half_open(), limits.syn_cache.into()),
            table("undecided", "SYNs that wait for an answer.", self.undecided(), limits.undecided.into()),
            Table {
                name: "accept_queue",
                help: "Connections that wait to be accepted, all listeners together.",
                used: waiting,
                limit: may_wait,
            },
            table("time_wait", "Connections in TIME-WAIT.", self.time_wait(), limits.time_wait.into()),
            table("orphans", "Closing connections that nobody holds.", self.orphans(), limits.orphans.into()),
            table(
                "replies",
                "Answers that wait for a link, all links together.",
                replies,
                all_of_them(limits.replies, self.links.len()),
            ),
            table(
                "memory",
                "Octets of memory in send and receive queues.",
                self.memory_in_use(),
                limits.memory as u64,
            ),
            table(
                "udp_queue",
                "Octets of datagrams that wait to be read, all sockets together.",
                datagrams,
                all_of_them(limits.udp_queue, sockets),
            ),
            table(
                "fragments",
                "Octets of memory for packets in pieces.",
                self.fragments.cost(),
                limits.fragments.into(),
            ),
            table("paths", "Paths that carry less than their links.", self.paths.len(), limits.paths.into()),
            table(
                "fast_open_servers",
                "Servers whose fast-open cookies are remembered.",
                self.servers.len(),
                limits.fast_open_servers.into(),
            ),
        ])
    }
}
