//! Questions about sockets, as scripts put them to a kernel's tools: a list of connections through a row of filters.

use std::net::SocketAddr;

use cordial_stack::Phase;

use super::filter::filter;
use super::question::{Question, Tool, ss_name};
use super::words::pipeline;
use crate::report::Stop;
use crate::run::Run;
use crate::socket::Kind;
use crate::{Said, words as phrases};

/// A connection or listener as the tools list it.
struct Entry {
    local: SocketAddr,
    remote: Option<SocketAddr>,
    phase: Phase,
    /// Whether a program holds it.
    is_held: bool,
}

impl Run {
    /// Answers a row of commands; true if the last of them succeeded.
    pub(super) fn question(&mut self, line: &str) -> Result<bool, Stop> {
        let unknown = |command: &str| Stop::skip(Said::new(phrases::NO_FILTER).with("command", command));
        let question = Question::of(line).ok_or_else(|| unknown(line))?;
        let entries = self.entries();
        let listed = entries.iter().filter(|entry| question.lists(entry.local, entry.phase));
        let mut lines: Vec<String> = listed.map(|entry| entry.line(question.tool)).collect();
        let mut succeeded = true;
        let commands = pipeline(line);
        let own = commands.first().filter(|first| first.contains("grep"));
        for command in own.into_iter().chain(commands.iter().skip(1)) {
            (lines, succeeded) = filter(command, &lines).ok_or_else(|| unknown(command))?;
        }
        Ok(succeeded)
    }

    /// Everything there is, in the order of its ends.
    fn entries(&mut self) -> Vec<Entry> {
        let mut held = Vec::new();
        let mut entries = Vec::new();
        for socket in self.sockets.values() {
            match socket.kind {
                Kind::Listener(_) => entries.extend(socket.bound.map(|local| Entry {
                    local,
                    remote: None,
                    phase: Phase::Listen,
                    is_held: true,
                })),
                Kind::Connection(id) => held.push(id),
                Kind::Fresh => {}
            }
        }
        if !self.has_host() {
            return entries;
        }
        let host = self.host();
        let held: Vec<_> =
            held.into_iter().filter_map(|id| host.stack.info(id)).map(|info| info.tuple).collect();
        entries.extend(host.phases().into_iter().map(|(tuple, phase)| Entry {
            local: tuple.local,
            remote: Some(tuple.peer),
            phase,
            is_held: held.contains(&tuple),
        }));
        entries
    }
}

impl Entry {
    /// A line as `tool` would print it, as far as filters look at it.
    fn line(&self, tool: Tool) -> String {
        let remote = self.remote.map_or_else(|| "*:*".to_owned(), |remote| remote.to_string());
        let local = self.local;
        let holder = if self.is_held { "packetdrill" } else { "?" };
        match tool {
            Tool::Ss => format!("{} 0 0 {local} {remote}", ss_name(self.phase)),
            Tool::SockStat => {
                let family = if local.is_ipv4() { "tcp4" } else { "tcp6" };
                format!("root {holder} 1 3 {family} {local} {remote} {}", self.phase)
            }
            Tool::NetStat => format!("tcp 0 0 {local} {remote} {}", netstat_name(self.phase)),
            Tool::Table => format!(
                "0: {} {} {:02X}",
                hex(local),
                self.remote.map_or_else(String::new, hex),
                crate::info::state(self.phase)
            ),
        }
    }
}

/// `ADDRESS:PORT` as the kernel's own table has it: octets of the address in the machine's order.
fn hex(end: SocketAddr) -> String {
    match end {
        SocketAddr::V4(v4) => format!("{:08X}:{:04X}", u32::from_le_bytes(v4.ip().octets()), v4.port()),
        SocketAddr::V6(v6) => format!("{:032X}:{:04X}", u128::from(*v6.ip()), v6.port()),
    }
}

const fn netstat_name(phase: Phase) -> &'static str {
    match phase {
        Phase::SynReceived => "SYN_RECV",
        Phase::FinWait1 => "FIN_WAIT1",
        Phase::FinWait2 => "FIN_WAIT2",
        other => other.name(),
    }
}
