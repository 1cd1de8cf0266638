//! What the command line says.

mod doctor;
mod drill;
mod explain;
mod face;
mod faults;
mod generate;
mod ladder;
mod network;
mod play;
mod reason;
mod run;
mod swarm;
mod why;

use clap::{Parser, Subcommand};

pub use doctor::Doctor;
pub use drill::Drill;
pub use explain::Explain;
pub use face::{ColorArg, Face, LangArg};
pub use faults::FaultArgs;
pub use generate::{Completions, Man};
pub use ladder::{Ladders, When};
pub use network::NetworkArgs;
pub use play::Play;
pub use reason::Reason;
pub use run::Run;
pub use swarm::Swarm;
pub use why::Why;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "cordial",
    version,
    about = "TCP that says hello and goodbye properly: see every handshake and close of a program.",
    after_help = "Examples:\n  \
        cordial run -- curl -s http://hello.cordial/      a first look, no internet needed\n  \
        cordial run --lang zh -- curl -s http://hello.cordial/\n  \
        cordial help run                                  everything that run can do",
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do; what each is about stands with what it takes.
#[derive(Debug, Subcommand)]
pub enum Verb {
    Run(Box<Run>),
    Play(Play),
    Explain(Explain),
    Swarm(Swarm),
    Drill(Drill),
    Why(Why),
    Doctor(Doctor),
    Completions(Completions),
    Man(Man),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    fn run(words: &[&str]) -> Run {
        let words = ["cordial", "run"].iter().chain(words);
        match Cli::try_parse_from(words).expect("a command line").verb {
            Verb::Run(run) => *run,
            other => panic!("another verb: {other:?}"),
        }
    }

    fn refusal(words: &[&str]) -> ErrorKind {
        Cli::try_parse_from(["cordial"].iter().chain(words)).expect_err("no command line").kind()
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_follows_the_dashes_is_the_programs() {
        let run = run(&["--quiet", "--", "curl", "-s", "--lang", "zh", "--", "x"]);
        assert_eq!(run.command, ["curl", "-s", "--lang", "zh", "--", "x"]);
        assert!(run.quiet && run.face.lang.is_none());
    }

    #[test]
    fn the_dashes_may_be_left_out() {
        let run = run(&["--json", "curl", "-s", "--output", "f"]);
        assert_eq!(run.command, ["curl", "-s", "--output", "f"]);
        assert!(run.json && run.output.is_none());
    }

    #[test]
    fn a_ladder_is_drawn_at_the_end_unless_asked_otherwise() {
        let when = |words: &[&str]| run(&[words, &["--", "true"]].concat()).ladder;
        assert_eq!(when(&[]), When::End(Ladders::Some));
        assert_eq!(when(&["--ladder"]), When::Live);
        assert_eq!(when(&["--ladder=live"]), When::Live);
        assert_eq!(when(&["--ladder=end"]), When::End(Ladders::Some));
        assert_eq!(when(&["--ladder=all"]), When::End(Ladders::Most(usize::MAX)));
        assert_eq!(when(&["--ladder=lines"]), When::End(Ladders::Most(0)));
        assert_eq!(when(&["--ladder=20"]), When::End(Ladders::Most(20)));
        assert_eq!(when(&["--ladder=none"]), When::None);
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(refusal(&["run", "--no-such-flag", "--", "true"]), ErrorKind::UnknownArgument);
        assert_eq!(refusal(&["run"]), ErrorKind::MissingRequiredArgument);
        assert_eq!(refusal(&["run", "--"]), ErrorKind::MissingRequiredArgument);
        assert_eq!(refusal(&["run", "--lang", "fr", "--", "true"]), ErrorKind::InvalidValue);
        assert_eq!(refusal(&["run", "--ladder=now", "--", "true"]), ErrorKind::ValueValidation);
        for what in ["--output=f", "--json", "--quiet"] {
            let both = refusal(&["run", "--tui", what, "--", "true"]);
            assert_eq!(both, ErrorKind::ArgumentConflict, "{what}");
        }
        assert_eq!(refusal(&["walk"]), ErrorKind::InvalidSubcommand);
    }
}
