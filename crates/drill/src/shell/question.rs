//! What a tool is asked to list: `ss -tan state time-wait`, `sockstat -4 -P tcp`, `netstat -an`, the kernel's own table.

use std::net::SocketAddr;

use cordial_stack::Phase;

use super::words::{pipeline, words};

/// True if a command asks about sockets.
pub(super) fn answers(line: &str) -> bool {
    Question::of(line).is_some()
}

/// What a tool is asked to list.
pub(super) struct Question {
    pub(super) tool: Tool,
    /// Of these states; none stands for all.
    states: Option<Vec<Phase>>,
    /// With these addresses.
    family: Family,
}

/// Who is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    Ss,
    SockStat,
    NetStat,
    /// The kernel's own table.
    Table,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Any,
    V4,
    V6,
}

impl Question {
    /// What the first command of a pipeline asks; none if it is no question, or one with words that are not known here.
    pub(super) fn of(line: &str) -> Option<Self> {
        let first = pipeline(line).first().copied()?;
        let words = words(first)?;
        let (tool, rest) = words.split_first()?;
        let tool = tool.rsplit('/').next()?;
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        match tool {
            "ss" => Self::ss(&rest),
            "sockstat" => Self::sockstat(&rest),
            "netstat" => Self::netstat(&rest),
            "cat" => Self::table(rest.as_slice()),
            // What reads the table by itself is a filter as well.
            "grep" | "egrep" => Self::table(rest.get(rest.len().checked_sub(1)?..)?),
            _ => None,
        }
    }

    fn ss(words: &[&str]) -> Option<Self> {
        let state = match words {
            [.., "state", name] => Some(*name),
            _ => None,
        };
        let flags = if state.is_some() { words.get(..words.len() - 2)? } else { words };
        let letters = letters(flags, "atnHO46lr")?;
        let states = match state {
            Some(name) => Some(states_called(name)?),
            None if letters.contains('a') => None,
            None if letters.contains('l') => Some(vec![Phase::Listen]),
            // Only those with a peer that has answered, unless all are asked for.
            None => Some(all_but(&[Phase::Listen, Phase::Closed, Phase::TimeWait, Phase::SynReceived])),
        };
        Some(Self { tool: Tool::Ss, states, family: family(&letters) })
    }

    fn sockstat(words: &[&str]) -> Option<Self> {
        let (flags, protocol): (Vec<&str>, Vec<&str>) = match words.iter().position(|word| *word == "-P") {
            Some(at) => {
                let protocol = words.get(at + 1).copied()?;
                let others = words.iter().enumerate().filter(|(other, _)| *other != at && *other != at + 1);
                (others.map(|(_, word)| *word).collect(), vec![protocol])
            }
            None => (words.to_vec(), Vec::new()),
        };
        if protocol.iter().any(|name| *name != "tcp") {
            return None;
        }
        let letters = letters(&flags, "46clsqnw")?;
        let states = match (letters.contains('c'), letters.contains('l')) {
            (true, false) => Some(all_but(&[Phase::Listen])),
            (false, true) => Some(vec![Phase::Listen]),
            _ => None,
        };
        Some(Self { tool: Tool::SockStat, states, family: family(&letters) })
    }

    fn netstat(words: &[&str]) -> Option<Self> {
        let (flags, family) = match words {
            [flags @ .., "-f", "inet"] => (flags, Family::V4),
            [flags @ .., "-f", "inet6"] => (flags, Family::V6),
            [flags @ .., "-p", "tcp"] => (flags, Family::Any),
            flags => (flags, Family::Any),
        };
        let letters = letters(flags, "atnlW")?;
        let states = match (letters.contains('a'), letters.contains('l')) {
            (true, _) => None,
            (false, true) => Some(vec![Phase::Listen]),
            (false, false) => Some(all_but(&[Phase::Listen])),
        };
        Some(Self { tool: Tool::NetStat, states, family })
    }

    fn table(words: &[&str]) -> Option<Self> {
        let family = match words {
            ["/proc/net/tcp" | "/proc/self/net/tcp"] => Family::V4,
            ["/proc/net/tcp6" | "/proc/self/net/tcp6"] => Family::V6,
            _ => return None,
        };
        Some(Self { tool: Tool::Table, states: None, family })
    }

    /// Whether what stands at `local` in this state is among what is asked for.
    pub(super) fn lists(&self, local: SocketAddr, phase: Phase) -> bool {
        let is_family = match self.family {
            Family::Any => true,
            Family::V4 => local.is_ipv4(),
            Family::V6 => local.is_ipv6(),
        };
        is_family && self.states.as_ref().is_none_or(|states| states.contains(&phase))
    }
}

/// The letters of all flags, if each is among the `known`.
fn letters(flags: &[&str], known: &str) -> Option<String> {
    let letters = flags.iter().map(|flag| flag.strip_prefix('-').filter(|letters| !letters.is_empty()));
    let letters = letters.collect::<Option<String>>()?;
    letters.chars().all(|letter| known.contains(letter)).then_some(letters)
}

fn family(letters: &str) -> Family {
    match (letters.contains('4'), letters.contains('6')) {
        (true, false) => Family::V4,
        (false, true) => Family::V6,
        _ => Family::Any,
    }
}

fn all_but(others: &[Phase]) -> Vec<Phase> {
    Phase::ALL.into_iter().filter(|phase| !others.contains(phase)).collect()
}

/// The states that `ss state NAME` asks for; none if there is no such name.
fn states_called(name: &str) -> Option<Vec<Phase>> {
    let name = name.to_ascii_uppercase();
    let wanted = |phase: &Phase| ss_name(*phase) == name || phase.name().replace('_', "-") == name;
    let states: Vec<Phase> = match name.as_str() {
        "ALL" => Phase::ALL.to_vec(),
        "LISTENING" => vec![Phase::Listen],
        "CONNECTED" => all_but(&[Phase::Listen, Phase::Closed]),
        "SYNCHRONIZED" => all_but(&[Phase::Listen, Phase::Closed, Phase::SynSent]),
        "BUCKET" => vec![Phase::TimeWait, Phase::SynReceived],
        "BIG" => all_but(&[Phase::TimeWait, Phase::SynReceived]),
        _ => Phase::ALL.into_iter().filter(wanted).collect(),
    };
    (!states.is_empty()).then_some(states)
}

/// A state as `ss` names it.
pub(super) const fn ss_name(phase: Phase) -> &'static str {
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
