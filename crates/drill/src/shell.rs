//! Shell lines: knobs are turned, questions about sockets are answered, the rest is noted and left out.

mod state;

use crate::report::Stop;
use crate::run::Run;
use crate::script::Place;
use crate::sysctl::{Turned, turn};
use crate::{Said, words};

impl Run {
    /// A command, of one line or more.
    pub(crate) fn shell(&mut self, at: Place, command: &str) -> Result<(), Stop> {
        for line in command.split(['\n', ';']).flat_map(|line| line.split("&&")) {
            let line = line.split(" #").next().unwrap_or_default().trim();
            if !line.is_empty() && !line.starts_with('#') {
                self.simple_command(at, line)?;
            }
        }
        Ok(())
    }

    fn simple_command(&mut self, at: Place, line: &str) -> Result<(), Stop> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["sysctl", rest @ ..] if rest.iter().any(|word| word.contains('=')) => self.sysctl(at, line),
            [tool, rest @ ..] if tool.ends_with("set_sysctls.py") && !rest.is_empty() => {
                self.sysctl(at, &rest.join(" ").replace("/proc/sys/", ""))
            }
            ["echo", value, ">", path] if path.starts_with("/proc/sys/") => {
                let name = path.trim_start_matches("/proc/sys/").replace('/', ".");
                self.turn_knob(at, &name, value.trim_matches('"'))
            }
            [first, ..] if state::answers(first, line) => {
                if self.question(line)? {
                    Ok(())
                } else {
                    Err(Stop::fail(Said::new(words::QUESTION_FAILED).with("command", line)))
                }
            }
            _ => {
                self.note(at, Said::new(words::NOT_RUN).with("command", line));
                Ok(())
            }
        }
    }

    /// `sysctl -q -w name=value other="a b c"`
    fn sysctl(&mut self, at: Place, line: &str) -> Result<(), Stop> {
        let mut rest = line.trim_start_matches("sysctl").trim();
        while !rest.is_empty() {
            if rest.starts_with('-') || rest.starts_with('>') || rest.starts_with("2>") {
                rest = rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
                continue;
            }
            let Some((name, value)) = rest.split_once('=') else { break };
            let value = value.trim_start();
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
            let (value, after) = match quote {
                Some(quote) => {
                    value.get(1..).and_then(|value| value.split_once(quote)).unwrap_or((value, ""))
                }
                None => value.split_once(char::is_whitespace).unwrap_or((value, "")),
            };
            let name = name.trim().trim_matches(['"', '\'']).replace('/', ".");
            self.turn_knob(at, &name, value)?;
            rest = after.trim_start();
        }
        Ok(())
    }

    fn turn_knob(&mut self, at: Place, name: &str, value: &str) -> Result<(), Stop> {
        match turn(&mut self.settings, name, value) {
            Err(said) => Err(Stop::skip(said)),
            Ok(Turned::Host) if self.has_host() => {
                Err(Stop::skip(Said::new(words::KNOB_TOO_LATE).with("name", name)))
            }
            Ok(Turned::Unknown) => {
                let said = Said::new(words::UNKNOWN_KNOB).with("name", name).with("value", value);
                self.note(at, said);
                Ok(())
            }
            Ok(_) => Ok(()),
        }
    }
}
