//! Questions about sockets, as scripts put them to a kernel's tools: a list of connections through a row of filters.

use std::net::SocketAddr;

use cordial_stack::Phase;

use crate::report::Stop;
use crate::run::Run;
use crate::socket::Kind;
use crate::{Said, words};

/// True if a command asks about sockets.
pub(super) fn answers(first: &str, line: &str) -> bool {
    let tool = first.rsplit('/').next().unwrap_or(first);
    matches!(tool, "ss" | "sockstat" | "netstat")
        || (matches!(tool, "cat" | "grep")
            && (line.contains("/proc/net/tcp") || line.contains("/proc/self/net/tcp")))
}

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
        let mut commands = line.split('|').map(str::trim);
        let first = commands.next().unwrap_or_default();
        let mut lines = self.list(first)?;
        let mut succeeded = true;
        // What reads the kernel's table by itself is a filter as well.
        let own = first.starts_with("grep").then_some(first);
        for command in own.into_iter().chain(commands) {
            (lines, succeeded) = filter(command, &lines)
                .ok_or_else(|| Stop::skip(Said::new(words::NO_FILTER).with("command", command)))?;
        }
        Ok(succeeded)
    }

    fn list(&mut self, command: &str) -> Result<Vec<String>, Stop> {
        let tool = command.split_whitespace().next().unwrap_or_default();
        let tool = tool.rsplit('/').next().unwrap_or(tool);
        let wanted = wanted_states(command);
        let entries = self.entries();
        let listed = entries.iter().filter(|entry| match &wanted {
            Some(wanted) => wanted.contains(&entry.phase),
            None => true,
        });
        Ok(listed.map(|entry| entry.line(tool)).collect())
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
    fn line(&self, tool: &str) -> String {
        let remote = self.remote.map_or_else(|| "*:*".to_owned(), |remote| remote.to_string());
        let local = self.local;
        let holder = if self.is_held { "packetdrill" } else { "?" };
        match tool {
            "ss" => format!("{} 0 0 {local} {remote}", ss_name(self.phase)),
            "sockstat" => format!("root {holder} 1 3 tcp4 {local} {remote} {}", self.phase),
            "netstat" => format!("tcp 0 0 {local} {remote} {}", netstat_name(self.phase)),
            _ => format!(
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

const fn ss_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Closed => "UNCONN",
        Phase::Listen => "LISTEN",
        Phase::SynSent => "SYN-SENT",
        Phase::SynReceived => "SYN-RECV",
        Phase::Established => "ESTAB",
        Phase::FinWait1 => "FIN-WAIT-1",
        Phase::FinWait2 => "FIN-WAIT-2",
        Phase::CloseWait => "CLOSE-WAIT",
        Phase::Closing => "CLOSING",
        Phase::LastAck => "LAST-ACK",
        Phase::TimeWait => "TIME-WAIT",
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

/// The states that `ss state NAME` asks for; none where it asks for all.
fn wanted_states(command: &str) -> Option<Vec<Phase>> {
    let mut words = command.split_whitespace().skip_while(|word| *word != "state").skip(1);
    let name = words.next()?.to_ascii_uppercase();
    let wanted = |phase: &Phase| {
        ss_name(*phase) == name
            || phase.name().replace('_', "-") == name
            || (name == "ESTABLISHED" && *phase == Phase::Established)
    };
    Some(Phase::ALL.into_iter().filter(wanted).collect())
}

/// What a filter lets through, and whether it succeeded; none if it is not known here.
fn filter(command: &str, lines: &[String]) -> Option<(Vec<String>, bool)> {
    let mut words = command.split_whitespace();
    match words.next()? {
        "grep" | "egrep" => grep(words, lines),
        "wc" if words.next() == Some("-l") => Some((vec![lines.len().to_string()], true)),
        "cat" => Some((lines.to_vec(), true)),
        _ => None,
    }
}

fn grep<'a>(words: impl Iterator<Item = &'a str>, lines: &[String]) -> Option<(Vec<String>, bool)> {
    let (mut counts, mut inverts, mut ignores_case, mut is_word) = (false, false, false, false);
    let mut pattern = None;
    for word in words {
        match word.strip_prefix('-') {
            Some(letters) if pattern.is_none() => {
                for letter in letters.chars() {
                    match letter {
                        'c' => counts = true,
                        'v' => inverts = true,
                        'i' => ignores_case = true,
                        'w' | 'x' => is_word = true,
                        'q' | 'E' | 'F' | 'e' => {}
                        _ => return None,
                    }
                }
            }
            _ if pattern.is_none() => pattern = Some(word.trim_matches(['"', '\''])),
            // The file that is read is the table itself.
            _ if word.starts_with("/proc") || word.starts_with('>') => {}
            _ => return None,
        }
    }
    let pattern = pattern?;
    // Plain text and alternatives are all that such questions use.
    if pattern.contains(['[', '(', '*', '$']) {
        return None;
    }
    let fold = |text: &str| if ignores_case { text.to_ascii_lowercase() } else { text.to_owned() };
    let pattern = fold(&pattern.replace("\\.", "."));
    let alternatives: Vec<&str> = pattern.split("\\|").collect();
    let matches = |line: &&String| {
        let line = fold(line);
        let found = alternatives.iter().any(|wanted| match (wanted.strip_prefix('^'), is_word) {
            (Some(start), _) => line.starts_with(start),
            (None, true) => {
                line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == *wanted)
            }
            (None, false) => line.contains(wanted),
        });
        found != inverts
    };
    let found: Vec<String> = lines.iter().filter(matches).cloned().collect();
    let succeeded = !found.is_empty();
    Some((if counts { vec![found.len().to_string()] } else { found }, succeeded))
}
