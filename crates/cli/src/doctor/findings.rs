//! A line for each thing that a run needs or can use.

use cordial_gateway::doctor::{Answers, Examination, Inside, NameServer};
use cordial_gateway::{Advice, SpawnError};
use cordial_trace::Lang;
use cordial_trace::words::Phrase;

use super::words;

/// How well something works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It does.
    Works,
    /// A run goes without, or with less.
    Limited,
    /// It does not.
    Missing,
}

impl State {
    /// As programs read it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Limited => "limited",
            Self::Missing => "missing",
        }
    }
}

/// What was found of one thing.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    /// As programs read it.
    pub name: &'static str,
    /// As people do.
    pub subject: &'static str,
    pub state: State,
    pub says: String,
    /// The command that changes it, or what to do where there is none.
    pub change: Option<String>,
}

/// Descriptors with which thousands of connections can be relayed.
const MANY: u64 = 4_096;

impl Finding {
    /// Everything that was found, in one language.
    pub fn all(found: &Examination, lang: Lang) -> Vec<Self> {
        let writer = Writer { found, lang };
        vec![
            writer.user_namespaces(),
            writer.apparmor(),
            writer.device("tun", words::TUN, &found.tun),
            writer.device("veth", words::VETH, &found.veth),
            writer.ping(),
            writer.ipv6(),
            writer.low_ports(),
            writer.names(),
            writer.descriptors(),
        ]
    }
}

struct Writer<'a> {
    found: &'a Examination,
    lang: Lang,
}

impl Writer<'_> {
    fn finding(&self, name: &'static str, subject: Phrase, state: State, says: String) -> Finding {
        Finding { name, subject: subject.text(self.lang), state, says, change: None }
    }

    fn text(&self, phrase: Phrase) -> String {
        phrase.text(self.lang).to_owned()
    }

    fn user_namespaces(&self) -> Finding {
        let line = |state, says| self.finding("user_namespaces", words::USER_NAMESPACES, state, says);
        let most = self.found.switches.most.map_or_else(|| "?".to_owned(), |most| most.to_string());
        match self.found.no_namespaces() {
            Some(error) => {
                Finding { change: self.change(error), ..line(State::Missing, self.failure(error)) }
            }
            None if self.found.needs_user_namespace => {
                line(State::Works, words::NAMESPACES_MADE.fill(self.lang, &[("most", &most)]))
            }
            None => line(State::Works, self.text(words::NAMESPACES_NOT_NEEDED)),
        }
    }

    fn apparmor(&self) -> Finding {
        let (state, says) = match self.found.switches.apparmor {
            None => (State::Works, words::APPARMOR_ABSENT),
            Some(false) => (State::Works, words::APPARMOR_OFF),
            Some(true) if !self.found.needs_user_namespace => (State::Works, words::APPARMOR_ROOT),
            Some(true) if self.found.can_run() => (State::Works, words::APPARMOR_LETS_US),
            Some(true) => (State::Missing, words::APPARMOR_BLOCKS),
        };
        let change = (state == State::Missing).then(|| sudo(Advice::LiftAppArmor)).flatten();
        Finding { change, ..self.finding("apparmor", words::APPARMOR, state, self.text(says)) }
    }

    fn device(&self, name: &'static str, subject: Phrase, tried: &Result<(), SpawnError>) -> Finding {
        let line = |state, says| self.finding(name, subject, state, says);
        match tried {
            Ok(()) => line(State::Works, self.text(words::DEVICE_WORKS)),
            Err(_) if self.found.no_namespaces().is_some() => {
                line(State::Missing, self.text(words::NOT_TRIED))
            }
            Err(error) => {
                // One of the two is enough.
                let state = if self.found.can_run() { State::Limited } else { State::Missing };
                Finding { change: self.change(error), ..line(state, self.failure(error)) }
            }
        }
    }

    fn ping(&self) -> Finding {
        let line = |state, says| self.finding("ping", words::PING, state, self.text(says));
        let range = "sudo sysctl -w net.ipv4.ping_group_range='0 2147483647'";
        match (self.found.inside, self.found.ping_outside) {
            (None, _) => line(State::Limited, words::NOT_TRIED),
            (Some(Inside { ping: false, .. }), _) => line(State::Limited, words::PING_NOT_INSIDE),
            (Some(_), true) => line(State::Works, words::PING_WORKS),
            (Some(_), false) => {
                Finding { change: Some(range.into()), ..line(State::Limited, words::PING_NOT_OUTSIDE) }
            }
        }
    }

    fn ipv6(&self) -> Finding {
        let line = |state, says| self.finding("ipv6", words::IPV6, state, self.text(says));
        match (self.found.inside, self.found.ipv6_outside) {
            (None, _) => line(State::Limited, words::NOT_TRIED),
            (Some(Inside { ipv6: false, .. }), _) => {
                let change = Some("sudo sysctl -w net.ipv6.conf.all.disable_ipv6=0".into());
                Finding { change, ..line(State::Limited, words::IPV6_NOT_INSIDE) }
            }
            (Some(_), true) => line(State::Works, words::IPV6_WORKS),
            (Some(_), false) => line(State::Limited, words::IPV6_NOT_OUTSIDE),
        }
    }

    fn low_ports(&self) -> Finding {
        let (state, says) = match self.found.inside {
            None => (State::Limited, words::NOT_TRIED),
            Some(Inside { low_ports: true, .. }) => (State::Works, words::LOW_PORTS_WORK),
            Some(_) => (State::Limited, words::LOW_PORTS_CLOSED),
        };
        self.finding("low_ports", words::LOW_PORTS, state, self.text(says))
    }

    fn names(&self) -> Finding {
        let line = |state, says| self.finding("names", words::NAMES, state, says);
        if matches!(self.found.inside, Some(Inside { names: false, .. })) {
            return line(State::Limited, self.text(words::NAMES_NOT_INSIDE));
        }
        let change = Some(self.text(words::NAMES_CHANGE));
        if self.found.names.is_empty() {
            return Finding { change, ..line(State::Limited, self.text(words::NO_NAME_SERVER)) };
        }
        let answers = |server: &NameServer| matches!(server.answers, Answers::After(_));
        let comma = words::COMMA.text(self.lang);
        let says =
            self.found.names.iter().map(|server| self.name_server(server)).collect::<Vec<_>>().join(comma);
        match self.found.names.iter().any(answers) {
            true => line(State::Works, says),
            false => Finding { change, ..line(State::Limited, says) },
        }
    }

    fn name_server(&self, server: &NameServer) -> String {
        let at = server.at.ip().to_string();
        match &server.answers {
            Answers::After(time) => {
                words::ANSWERS.fill(self.lang, &[("at", &at), ("ms", &time.as_millis().to_string())])
            }
            Answers::Silent(time) => {
                words::SILENT.fill(self.lang, &[("at", &at), ("s", &time.as_secs().to_string())])
            }
            Answers::Unreachable(error) => {
                words::UNREACHABLE.fill(self.lang, &[("at", &at), ("error", &error.to_string())])
            }
        }
    }

    fn descriptors(&self) -> Finding {
        let most = self.found.descriptors.to_string();
        let says = words::DESCRIPTORS_ALLOW.fill(self.lang, &[("most", &most)]);
        let (state, change) = match self.found.descriptors >= MANY {
            true => (State::Works, None),
            false => (State::Limited, Some("sudo prlimit --pid $$ --nofile=65536:65536".into())),
        };
        Finding { change, ..self.finding("descriptors", words::DESCRIPTORS, state, says) }
    }

    /// What failed, without the advice below it.
    fn failure(&self, error: &SpawnError) -> String {
        let text = match self.lang {
            Lang::En => error.to_string(),
            Lang::Zh => error.in_chinese().to_string(),
        };
        text.lines().next().unwrap_or_default().to_owned()
    }

    /// What to do about it: a command where there is one.
    fn change(&self, error: &SpawnError) -> Option<String> {
        let advice = error.advice()?;
        Some(sudo(advice).unwrap_or_else(|| match self.lang {
            Lang::En => advice.to_string(),
            Lang::Zh => advice.in_chinese().to_string(),
        }))
    }
}

fn sudo(advice: Advice) -> Option<String> {
    advice.command().map(|command| format!("sudo {command}"))
}

#[cfg(test)]
mod tests;
