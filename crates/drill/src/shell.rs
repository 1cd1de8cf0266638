//! Shell lines: knobs are turned, questions about sockets are answered, some ask for what is so anyhow. A script with any
//! other is skipped: what a command would have done is not known to be nothing.

mod filter;
mod idle;
mod question;
mod state;
mod words;

use std::time::Duration;

use crate::report::Stop;
use crate::run::Run;
use crate::script::Place;
use crate::sysctl::{Turned, turn};
use crate::{Profile, Said, words as phrases};

impl Run {
    /// A command, of one line or more, that begins at `at`.
    pub(crate) fn shell(&mut self, at: Place, command: &str) -> Result<(), Stop> {
        for (line, command) in words::commands(command) {
            let here = if line == 0 { at } else { Place { line: at.line + line, column: 1 } };
            self.simple_command(command).map_err(|stop| stop.or_at(here))?;
        }
        Ok(())
    }

    fn simple_command(&mut self, line: &str) -> Result<(), Stop> {
        if question::answers(line) {
            return match self.question(line)? {
                true => Ok(()),
                false => Err(Stop::fail(Said::new(phrases::QUESTION_FAILED).with("command", line))),
            };
        }
        if let Some((name, value)) = put_into_knob(line) {
            return self.turn_knob(&name, &value);
        }
        let unknown = || Stop::skip(Said::new(phrases::NO_COMMAND).with("command", line));
        let words = words::words(line).ok_or_else(unknown)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["sysctl" | "/sbin/sysctl", rest @ ..] => self.sysctl(line, rest),
            [tool, rest @ ..] if tool.ends_with("set_sysctls.py") => {
                rest.iter().try_for_each(|word| self.assignment(line, word.trim_start_matches(KNOBS)))
            }
            [tool] if tool.ends_with("defaults.sh") => self.defaults(line),
            ["sleep", seconds] => {
                let span = seconds.parse().ok().and_then(|span| Duration::try_from_secs_f64(span).ok());
                let span = span.filter(|span| *span <= LONGEST_SLEEP).ok_or_else(unknown)?;
                self.wait_until(self.now() + span)
            }
            words if idle::is_idle(words) => Ok(()),
            _ => Err(unknown()),
        }
    }

    /// `sysctl -q -w name=value other="a b c"`; every word has to be understood.
    fn sysctl(&mut self, line: &str, words: &[&str]) -> Result<(), Stop> {
        let is_flag = |word: &&&str| word.starts_with('-');
        let letters = |word: &&str| word.trim_start_matches('-').chars().all(|c| "qweni".contains(c));
        if words.iter().all(|word| word.starts_with('-')) || !words.iter().filter(is_flag).all(letters) {
            return Err(Stop::skip(Said::new(phrases::NO_COMMAND).with("command", line)));
        }
        words.iter().filter(|word| !word.starts_with('-')).try_for_each(|word| self.assignment(line, word))
    }

    /// `net.ipv4.tcp_sack=0`, or with slashes.
    fn assignment(&mut self, line: &str, word: &str) -> Result<(), Stop> {
        let (name, value) = word
            .split_once('=')
            .ok_or_else(|| Stop::skip(Said::new(phrases::NO_COMMAND).with("command", line)))?;
        self.turn_knob(&name.trim().replace('/', "."), value)
    }

    fn turn_knob(&mut self, name: &str, value: &str) -> Result<(), Stop> {
        match turn(&mut self.settings, name, value) {
            Err(said) => Err(Stop::skip(said)),
            Ok(Turned::Host) if self.has_host() => {
                Err(Stop::skip(Said::new(phrases::KNOB_TOO_LATE).with("name", name)))
            }
            Ok(_) => Ok(()),
        }
    }

    /// What scripts of one system set all its knobs to before anything else: that is its profile.
    fn defaults(&self, line: &str) -> Result<(), Stop> {
        match self.rules.profile {
            Profile::Linux => Ok(()),
            _ => Err(Stop::skip(Said::new(phrases::FOREIGN_DEFAULTS).with("command", line))),
        }
    }
}

/// Where Linux keeps its knobs.
const KNOBS: &str = "/proc/sys/";
/// A day, as for all times of a script.
const LONGEST_SLEEP: Duration = Duration::from_secs(24 * 3600);

/// `echo "VALUE" > /proc/sys/net/ipv4/tcp_sack`
fn put_into_knob(line: &str) -> Option<(String, String)> {
    let (said, path) = line.strip_prefix("echo ")?.split_once('>')?;
    let name = path.trim().strip_prefix(KNOBS)?;
    let value = words::words(said)?.join(" ");
    (!name.contains(char::is_whitespace)).then(|| (name.replace('/', "."), value))
}
