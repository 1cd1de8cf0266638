//! Why a chore did not succeed.

use std::fmt;

/// Why a chore did not succeed, in words that say what to do.
#[derive(Debug)]
pub enum Failure {
    /// The command line makes no sense.
    Usage(String),
    /// A program could not be started.
    Start {
        /// Its name.
        program: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// A program ran and was not content.
    Command {
        /// The command line, as it can be typed.
        line: String,
        /// Its exit code; none if a signal ended it.
        code: Option<i32>,
    },
    /// Something is missing that only a person can provide.
    Missing(String),
    /// A step of several failed.
    Step {
        /// The chore that repeats this step alone.
        name: &'static str,
        /// What went wrong in it.
        why: Box<Failure>,
    },
}

impl Failure {
    /// 2 for a wrong command line, 1 for all else.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            _ => 1,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) | Self::Missing(text) => f.write_str(text),
            Self::Start { program, error } => write!(f, "cannot start `{program}`: {error}"),
            Self::Command { line, code: Some(code) } => write!(f, "`{line}` ended with {code}"),
            Self::Command { line, code: None } => write!(f, "`{line}` was ended by a signal"),
            Self::Step { name, why } => {
                write!(f, "step `{name}` failed: {why}\nthis step again: cargo xtask {name}")
            }
        }
    }
}
