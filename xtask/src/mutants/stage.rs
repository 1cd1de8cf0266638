//! The stages that a mutant has to pass, each with a limit: many a mutant never ends, or takes all memory.

use super::Tree;
use crate::failure::Failure;
use crate::limited;
use crate::shell::target_dir;

/// One set of tests.
pub struct Stage {
    /// Its name in the table.
    pub name: &'static str,
    /// The files whose changes can reach it; all if none.
    pub only: Option<&'static str>,
    /// What follows `cargo`.
    args: &'static [&'static str],
    /// Seconds until it counts as noticed: such a mutant hangs.
    limit: u32,
}

/// In their order: what the compiler refuses is no mutant; the last two are what `xtask test` and `xtask swarm` do.
pub const STAGES: &[Stage] = &[
    Stage { name: "build", only: None, args: &["build", "-p", "cordial-stack"], limit: 600 },
    Stage { name: "tcp", only: Some("crates/tcp/"), args: &["test", "-p", "cordial-tcp"], limit: 300 },
    Stage { name: "stack", only: None, args: &["test", "-p", "cordial-stack"], limit: 300 },
    Stage {
        name: "swarm",
        only: None,
        args: &["run", "-p", "cordial-cli", "--", "swarm", "--seeds", "0..2000"],
        limit: 900,
    },
    Stage {
        name: "test",
        only: None,
        args: &["test", "--workspace", "--", "--skip", "with_peers"],
        limit: 1800,
    },
];

impl Stage {
    /// Runs it in the tree: what it objects to, in a line.
    ///
    /// # Errors
    ///
    /// [`Failure::Start`] if it cannot be run at all.
    pub fn run(&self, tree: &Tree) -> Result<Result<(), String>, Failure> {
        let ended = limited::cargo(&tree.at, &target_dir().join("mutants/build"), self.args, self.limit)?;
        Ok(match ended.code {
            Some(0) => Ok(()),
            Some(_) => Err(first_words(&ended.out, &ended.err)),
            None => Err(format!("not done after {} s", self.limit)),
        })
    }
}

/// The first failure that the output names.
fn first_words(out: &str, err: &str) -> String {
    let failed = out.lines().find_map(|line| line.strip_suffix(" ... FAILED"));
    let said =
        || out.lines().chain(err.lines()).find(|line| line.starts_with("error") || line.contains("seed"));
    failed.or_else(said).or_else(|| err.lines().last()).unwrap_or("silence").replace('\t', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failing_test_is_named() {
        assert_eq!(
            first_words("test a ... ok\ntest b::c ... FAILED\ntest d ... FAILED\n", "error: x"),
            "test b::c"
        );
        assert_eq!(first_words("", "warning: y\nerror[E1]: x\n"), "error[E1]: x");
        assert_eq!(first_words("", ""), "silence");
    }
}
