//! What was tried, and how it came out.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// Complaints that are kept in words.
const KEPT: usize = 20;

/// How many of each kind were done, and what went wrong.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Counts {
    done: BTreeMap<String, u64>,
    wrong: u64,
    complaints: Vec<String>,
}

/// Counts that many tasks share.
#[derive(Debug, Clone, Default)]
pub struct Tally(Arc<Mutex<Counts>>);

impl Tally {
    /// Counts one.
    pub fn note(&self, kind: &str, outcome: Result<(), String>) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.done.entry(kind.to_owned()).or_default() += 1;
        if let Err(complaint) = outcome {
            counts.wrong += 1;
            if counts.complaints.len() < KEPT {
                counts.complaints.push(format!("{kind}: {complaint}"));
            }
        }
    }

    /// A copy.
    pub fn counts(&self) -> Counts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Counts {
    /// What went wrong.
    pub fn wrong(&self) -> u64 {
        self.wrong
    }

    /// All that was done.
    pub fn done(&self) -> u64 {
        self.done.values().sum()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} done, {} wrong:", self.done(), self.wrong)?;
        for (kind, count) in &self.done {
            write!(f, " {kind} {count}")?;
        }
        self.complaints.iter().try_for_each(|complaint| write!(f, "\n  {complaint}"))
    }
}
