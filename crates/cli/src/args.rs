//! What the command line says.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run a program on Cordial's TCP and draw its connections
    Run(Run),
}

/// Run a program on Cordial's TCP and draw its connections.
///
/// CMD runs in a network of its own whose only way out is a TCP stack inside this command; no root is
/// needed. What CMD connects to is connected to from here. CMD keeps its standard streams: everything
/// of ours goes to standard error, or where --output says.
#[derive(Debug, Args)]
#[command(
    override_usage = "cordial run [OPTIONS] -- CMD [ARG]...",
    after_help = "Names that CMD can call besides the ordinary ones:\n  \
        hello.cordial    a small web server inside this command\n  \
        host.cordial     this machine's own loopback: 127.0.0.1 and ::1\n\n\
        Exit code: CMD's; 128+n when signal n ended it; 125 when we could not set up or the usage was\n\
        wrong; 126 when CMD cannot be executed; 127 when it was not found. A record that cannot be\n\
        written while CMD runs is told on standard error; CMD goes on and its exit code stays.\n\n\
        Ctrl-C is CMD's to handle; a second one ends it.\n\n\
        Examples:\n  \
        cordial run -- curl -s http://hello.cordial/\n  \
        cordial run --lang zh -- curl -sO https://example.org/file\n  \
        cordial run --pcap run.pcapng --events run.jsonl -- ./my-test\n  \
        cordial run --quiet -- iperf3 -c host.cordial"
)]
pub struct Run {
    /// Also write every event to FILE, one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,

    /// Also write every packet to FILE, in pcapng's format
    #[arg(long, value_name = "FILE")]
    pub pcap: Option<PathBuf>,

    /// Say nothing on standard error but what went wrong
    #[arg(long, short)]
    pub quiet: bool,

    /// Write the events as JSON lines instead of drawing ladders
    #[arg(long)]
    pub json: bool,

    /// Put ladders (or with --json the events) into FILE instead of standard error
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// When to draw: row by row as things happen, each connection when it is over, or not at all
    #[arg(
        long,
        value_enum,
        value_name = "WHEN",
        num_args = 0..=1,
        require_equals = true,
        default_value = "end",
        default_missing_value = "live"
    )]
    pub ladder: When,

    /// Sequence numbers as they are on the wire, instead of counted from 0
    #[arg(long)]
    pub absolute: bool,

    /// How it looks.
    #[command(flatten)]
    pub face: Face,

    /// The program to run, and its arguments
    #[arg(value_name = "CMD", required = true, trailing_var_arg = true)]
    pub command: Vec<OsString>,
}

/// How things look, in every verb.
#[derive(Debug, Args)]
pub struct Face {
    /// Language; otherwise the locale's (LC_ALL, LC_MESSAGES, LANG)
    #[arg(long, value_enum, value_name = "LANG")]
    pub lang: Option<LangArg>,

    /// Colour; `auto` is a terminal without NO_COLOR
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto")]
    pub color: ColorArg,

    /// Draw with ASCII characters only
    #[arg(long)]
    pub ascii: bool,
}

/// When to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// Row by row, as things happen.
    Live,
    /// Each connection when it is over.
    End,
    /// Not at all.
    None,
}

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LangArg {
    /// English
    En,
    /// 中文
    Zh,
}

/// Whether to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    /// On a terminal.
    Auto,
    /// In any case.
    Always,
    /// In no case.
    Never,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    fn run(words: &[&str]) -> Run {
        let words = ["cordial", "run"].iter().chain(words);
        let Verb::Run(run) = Cli::try_parse_from(words).expect("a command line").verb;
        run
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
        assert_eq!(when(&[]), When::End);
        assert_eq!(when(&["--ladder"]), When::Live);
        assert_eq!(when(&["--ladder=live"]), When::Live);
        assert_eq!(when(&["--ladder=end"]), When::End);
        assert_eq!(when(&["--ladder=none"]), When::None);
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(refusal(&["run", "--no-such-flag", "--", "true"]), ErrorKind::UnknownArgument);
        assert_eq!(refusal(&["run"]), ErrorKind::MissingRequiredArgument);
        assert_eq!(refusal(&["run", "--"]), ErrorKind::MissingRequiredArgument);
        assert_eq!(refusal(&["run", "--lang", "fr", "--", "true"]), ErrorKind::InvalidValue);
        assert_eq!(refusal(&["run", "--ladder=now", "--", "true"]), ErrorKind::InvalidValue);
        assert_eq!(refusal(&["walk"]), ErrorKind::InvalidSubcommand);
    }
}
