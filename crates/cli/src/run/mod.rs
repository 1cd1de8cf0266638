//! `cordial run`: a program on a TCP of ours, and pictures of what it does.
//!
//! ```text
//!   main thread   files, signals, fork ─▶ runtime: stack, gateway, wait for the program
//!   cordial-record          facts ─▶ events ─▶ ladders, JSON lines
//!   cordial-pcap            packets ─▶ pcapng
//! ```
//!
//! The fork comes first of all threads, and the main thread lives as long as the program.

mod targets;

mod session;
mod watch;

mod capture;
mod record;

mod fan;
mod faults;
mod flow;
mod network;
mod publish;
mod stats;
mod title;
mod tui;
mod who;
mod whole_file;
mod words;

use std::fmt::Display;
use std::path::Path;

use cordial_explain::Filter;
use cordial_gateway::{Exit, Prepared, Signals, SpawnError, Spawner, Warning};
use cordial_trace::Lang;
use cordial_trace::words::Phrase;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::args;
use crate::locale::Reader;
use session::Session;
use targets::{TargetError, Targets};
pub use title::title;

/// Runs the program and gives the exit code to end with.
pub fn run(args: &args::Run) -> u8 {
    match try_run(args) {
        Ok(exit) => exit.code(),
        Err(Failure { message, code }) => {
            complain(&message);
            code
        }
    }
}

/// Says on standard error what went wrong.
fn complain(message: &dyn Display) {
    eprintln!("cordial: {message}");
}

/// Why the program was not run.
struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    fn of_usage(message: String) -> Self {
        Self { message, code: Exit::SETUP }
    }

    /// The phrase says what could not be done, with `{why}`: the system's own words.
    fn of_set_up(what: &Phrase, error: &dyn Display, lang: Lang) -> Self {
        Self { message: what.fill(lang, &[("why", &error.to_string())]), code: Exit::SETUP }
    }

    fn of_target(error: &TargetError, lang: Lang) -> Self {
        let message = match lang {
            Lang::En => error.to_string(),
            Lang::Zh => error.in_chinese(),
        };
        Self { message, code: Exit::SETUP }
    }

    fn of_spawn(error: &SpawnError, lang: Lang) -> Self {
        let message = match lang {
            Lang::En => error.to_string(),
            Lang::Zh => error.in_chinese().to_string(),
        };
        Self { message, code: error.exit_code() }
    }
}

/// Says what the program has to do without.
fn warn(warning: &Warning, lang: Lang) {
    match lang {
        Lang::En => complain(warning),
        Lang::Zh => complain(&warning.in_chinese()),
    }
}

/// Says on standard error that a record ends here, and why.
fn report_loss(flag: &str, path: &Path, error: &dyn Display, lang: Lang) {
    complain(&format_args!("{flag} {}: {error}\n{}", path.display(), words::RECORD_ENDS.text(lang)));
}

/// Says on standard error how many of something there were, if there were any.
fn count(what: &Phrase, n: u64, lang: Lang) {
    if n > 0 {
        complain(&what.fill(lang, &[("n", &n.to_string())]));
    }
}

fn try_run(args: &args::Run) -> Result<Exit, Failure> {
    let filter = filter(args)?;
    let lang = Reader::of_stderr(&args.face).lang;
    let targets = Targets::open(args).map_err(|error| Failure::of_target(&error, lang))?;
    match begin(args) {
        Ok((session, prepared)) => session.run(args, filter, prepared, targets),
        Err(failure) => {
            targets.discard();
            Err(failure)
        }
    }
}

/// What is shown of all that is recorded.
fn filter(args: &args::Run) -> Result<Filter, Failure> {
    let lang = Reader::of_stderr(&args.face).lang;
    let parsed = args.filter.as_deref().unwrap_or_default().parse::<Filter>();
    parsed.map_err(|error| Failure::of_usage(format!("--filter: {}", error.explain(lang))))
}

/// Everything before the first thread: the signals, and the process that is to become the program.
fn begin(args: &args::Run) -> Result<(Session, Prepared), Failure> {
    let lang = Reader::of_stderr(&args.face).lang;
    let signals = Signals::block().map_err(|error| Failure::of_set_up(&words::NO_SIGNALS, &error, lang))?;
    let plan = faults::Plan::of(&args.faults, lang)?;
    let mut network = network::of(&args.network, lang)?;
    // Faults are to hit segments as they would be on a wire.
    network.device.offload &= plan.is_none();
    let stage = args.tui.then(|| set_stage(lang)).transpose()?;
    let prepared = Spawner::new(&args.command).network(network.clone()).prepare();
    let spool = stage.map(tui::Stage::restore);
    let (prepared, wire) = prepared.map_err(|error| Failure::of_spawn(&error, lang))?;
    if !args.quiet {
        prepared.warnings().iter().for_each(|warning| warn(warning, lang));
    }
    raise_descriptor_limit();
    Ok((Session::new(signals, wire, network, plan, spool), prepared))
}

/// Keeps the program off the terminal that the view is to have.
fn set_stage(lang: Lang) -> Result<tui::Stage, Failure> {
    if !tui::has_terminal() {
        return Err(Failure::of_usage(words::NO_TERMINAL.text(lang).to_owned()));
    }
    tui::Stage::set().map_err(|error| Failure::of_set_up(&words::NO_VIEW, &error, lang))
}

/// Each relayed connection takes a descriptor. After the fork: the program keeps its own limit.
fn raise_descriptor_limit() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // With fewer descriptors there are fewer connections; nothing else.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}
