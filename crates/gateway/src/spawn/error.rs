//! What failed, and what to do about it.

use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;

use super::advice::{System, has_slash, is_in_path};
use super::both::{Both, InChinese, Speak, Tongue};
use super::{Advice, Step};
use crate::Exit;

/// Something that could not be set up; the program runs without it.
#[derive(Debug)]
pub struct Warning {
    /// What could not be set up.
    pub step: Step,
    /// What the system said.
    pub source: io::Error,
}

impl Warning {
    pub(super) fn new(step: Step, source: io::Error) -> Self {
        Self { step, source }
    }
}

impl Warning {
    /// The same in Chinese; in English it is what `Display` says.
    pub fn in_chinese(&self) -> impl fmt::Display + '_ {
        InChinese(self)
    }
}

impl Speak for Warning {
    fn speak(&self, tongue: Tongue, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (failure, consequence) = (self.step.failure().text(tongue), self.step.consequence().text(tongue));
        match tongue {
            Tongue::English => write!(f, "{failure} ({}): {consequence}", self.source),
            Tongue::Chinese => write!(f, "{failure}（{}）：{consequence}", self.source),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.speak(Tongue::English, f)
    }
}

/// The program does not run. Nothing is left of the attempt.
#[derive(Debug)]
pub struct SpawnError {
    step: Step,
    source: io::Error,
    program: OsString,
    advice: Option<Advice>,
    /// What was tried before, where the step that failed came in its place.
    before: Option<Warning>,
}

impl SpawnError {
    pub(super) fn new(step: Step, source: io::Error, program: OsString) -> Self {
        // A directory of PATH that is closed to us hides nothing that we could run: as a shell
        // does, call what is in none of the others not found.
        let is_denied = step == Step::Execute && source.kind() == io::ErrorKind::PermissionDenied;
        let source = match is_denied && !has_slash(&program) && !is_in_path(&program) {
            true => io::Error::from_raw_os_error(libc::ENOENT),
            false => source,
        };
        let advice = Advice::find(step, &source, &program, &System);
        Self { step, source, program, advice, before: None }
    }

    /// This was tried because something better had failed: both are told, and what to do about
    /// either.
    pub(super) fn after(mut self, better: Option<Warning>) -> Self {
        if let Some(better) = better {
            let advice = Advice::find(better.step, &better.source, &self.program, &System);
            self.advice = advice.or(self.advice);
            self.before = Some(better);
        }
        self
    }

    /// The step that failed.
    pub fn step(&self) -> Step {
        self.step
    }

    /// What the system said.
    pub fn io_error(&self) -> &io::Error {
        &self.source
    }

    /// The program, as it was given.
    pub fn program(&self) -> &OsStr {
        &self.program
    }

    /// What to do about it, where we know.
    pub fn advice(&self) -> Option<Advice> {
        self.advice
    }

    /// The exit code to end with: 127 for a program that was not found, 126 for one that cannot be
    /// executed, 125 for everything of our own.
    pub fn exit_code(&self) -> u8 {
        match (self.step, self.source.kind()) {
            (Step::Execute, io::ErrorKind::NotFound) => Exit::NOT_FOUND,
            (Step::Execute, _) => Exit::CANNOT_EXECUTE,
            _ => Exit::SETUP,
        }
    }
}

impl SpawnError {
    /// The same in Chinese; in English it is what `Display` says. What the system said stays in
    /// the system's words.
    pub fn in_chinese(&self) -> impl fmt::Display + '_ {
        InChinese(self)
    }
}

impl Speak for SpawnError {
    /// What failed, on a line each, and below what to do about it.
    fn speak(&self, tongue: Tongue, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NOT_FOUND: Both = Both::new("not found", "找不到");
        const NOT_EXECUTABLE: Both = Both::new("cannot be executed", "无法执行");
        let program = self.program.to_string_lossy();
        let colon = Both::new(": ", "：").text(tongue);
        if let Some(Warning { step, source }) = &self.before {
            writeln!(f, "{}{colon}{source}", step.failure().text(tongue))?;
        }
        match self.step {
            Step::Execute if self.exit_code() == Exit::NOT_FOUND => {
                write!(f, "{program}{colon}{}", NOT_FOUND.text(tongue))?;
            }
            Step::Execute => {
                write!(f, "{program}{colon}{}{colon}{}", NOT_EXECUTABLE.text(tongue), self.source)?;
            }
            Step::Command => f.write_str(self.step.failure().text(tongue))?,
            step => write!(f, "{}{colon}{}", step.failure().text(tongue), self.source)?,
        }
        match self.advice {
            None => Ok(()),
            Some(advice) => {
                f.write_str("\n")?;
                advice.speak(tongue, f)
            }
        }
    }
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.speak(Tongue::English, f)
    }
}

impl Error for SpawnError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

#[cfg(test)]
mod tests;
