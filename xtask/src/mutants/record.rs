//! What became of each mutant, in a file that grows by a line each.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::path::PathBuf;

use crate::failure::Failure;

/// What became of one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The stage that noticed it; none if all were content.
    pub noticed_by: Option<String>,
    /// What that stage said, in a line.
    pub objection: String,
}

impl Outcome {
    /// False if the compiler refused it: then it is none.
    pub fn builds(&self) -> bool {
        self.noticed_by.as_deref() != Some("build")
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.noticed_by.as_deref().unwrap_or("SURVIVES"))
    }
}

/// All that is known.
pub struct Record {
    path: PathBuf,
    /// By name, in the order of their names.
    known: BTreeMap<String, Outcome>,
}

impl Record {
    /// Reads what an earlier run found out.
    pub fn open(path: PathBuf) -> Result<Self, Failure> {
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Failure::Start { program: path.display().to_string(), error }),
        };
        Ok(Self { path, known: text.lines().filter_map(parse).collect() })
    }

    /// True if a mutant was tried before.
    pub fn is_begun(&self) -> bool {
        !self.known.is_empty()
    }

    /// What became of this one, if it was tried.
    pub fn of(&self, name: &str) -> Option<Outcome> {
        self.known.get(name).cloned()
    }

    /// Keeps what became of this one.
    pub fn add(&mut self, name: &str, outcome: Outcome) -> Result<Outcome, Failure> {
        let failed = |error| Failure::Start { program: self.path.display().to_string(), error };
        let mut file = std::fs::File::options().create(true).append(true).open(&self.path).map_err(failed)?;
        writeln!(file, "{}", line(name, &outcome)).map_err(failed)?;
        self.known.insert(name.into(), outcome.clone());
        Ok(outcome)
    }

    /// Prints a table for people.
    pub fn print(&self, seed: u64) {
        let viable: Vec<_> = self.known.iter().filter(|(_, outcome)| outcome.builds()).collect();
        let noticed = viable.iter().filter(|(_, outcome)| outcome.noticed_by.is_some()).count();
        println!(
            "Seed {seed}: {noticed} of {} mutants noticed; {} did not build.\n",
            viable.len(),
            self.known.len() - viable.len()
        );
        println!("| mutant | noticed by | first words |\n| --- | --- | --- |");
        for (name, outcome) in viable {
            println!("| `{name}` | {outcome} | {} |", outcome.objection.replace('|', "\\|"));
        }
    }
}

fn line(name: &str, outcome: &Outcome) -> String {
    format!("{}\t{name}\t{}", outcome.noticed_by.as_deref().unwrap_or("-"), outcome.objection)
}

fn parse(line: &str) -> Option<(String, Outcome)> {
    let mut words = line.splitn(3, '\t');
    let noticed_by = words.next().filter(|&word| word != "-").map(str::to_owned);
    let name = words.next()?.to_owned();
    Some((name, Outcome { noticed_by, objection: words.next()?.to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written() {
        for noticed_by in [None, Some("stack".to_owned())] {
            let outcome = Outcome { noticed_by, objection: "test a::b".into() };
            assert_eq!(parse(&line("a.rs:1:2: x", &outcome)), Some(("a.rs:1:2: x".into(), outcome)));
        }
        assert_eq!(parse("cut o"), None);
    }
}
