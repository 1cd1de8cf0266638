//! The project's own chores, run as `cargo xtask CHORE`.
//!
//! [`CHORES`] is the list of them; `cargo xtask` alone prints it. Everything is done by the ordinary tools,
//! whose output goes through unchanged: xtask only knows their flags, their order and what they need.

mod book;
mod checks;
mod conformance;
mod dist;
mod draw;
mod failure;
mod fuzz;
mod limited;
mod mutants;
mod peers;
mod shell;
mod steps;

use std::process::ExitCode;

use failure::Failure;
use steps::Steps;

/// What there is to do: name, arguments, what it does.
const CHORES: &[(&str, &str, &str)] = &[
    ("ci", "", "everything below up to `soak`, as the checks run it"),
    ("format", "", "every file is formatted"),
    ("clippy", "", "no lint, in any target"),
    ("docs", "", "the documentation builds without a warning"),
    ("test", "", "the quick tests: everything that needs no other program"),
    (
        "check",
        "[FORM ...] [--budget L/D/H] [--states N]",
        "looks at every state within the bounds: nothing breaks while all rules are in force",
    ),
    ("peers", "", "installs the programs that the interop tests talk to"),
    ("interop", "[FILTER]", "the tests against real programs and the kernel's TCP"),
    (
        "fuzz",
        "[--seconds N] [--seed] [TARGET]",
        "each fuzz target for N seconds (30); --seed rewrites the corpus",
    ),
    ("deb", "", "a Debian package: the command as one static file, manual pages, completions"),
    (
        "soak",
        "[--minutes M] [--rate N] [--seed S]",
        "connections of every kind through `cordial run` for M minutes (1), each octet checked",
    ),
    (
        "swarm",
        "[--seeds A..B] [--minutes M] [--jobs N]",
        "random scenarios under oracles, 2,000 of them unless told otherwise",
    ),
    (
        "mutants",
        "[--seed N] [--count N]",
        "small changes in the engine, 100 of them, drawn by a seed: which does no test notice? Takes hours",
    ),
    (
        "corners",
        "[--write]",
        "the corner cases under every loss, duplication and swap; --write draws `docs/corner-cases.md`",
    ),
    (
        "beside",
        "[--seed N] [--sequences N] [--page]",
        "the same segments for Linux and for us, 500 sequences unless told otherwise; --page writes what differs",
    ),
    ("drill", "[FILE ...]", "packetdrill scripts against the stack, those in `drill/` unless told otherwise"),
    (
        "conformance",
        "[--row ID ...] [--mutate N|all [--seed N]] [--render]",
        "the ledger of requirements against the tree; --mutate breaks the code of N rows, whose tests have to notice",
    ),
    ("dist", "", "the static file alone"),
    (
        "book",
        "[--check | --build]",
        "the book's ladders, drawn anew; --check only compares them; --build makes its pages, too",
    ),
    ("measure", "[--segments N] [NAME ...]", "measurements, as `docs/performance.md` reports them"),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(args: &[&str]) -> Result<(), Failure> {
    match *args {
        ["ci"] => ci(),
        ["format"] => checks::format(),
        ["clippy"] => checks::clippy(),
        ["docs"] => checks::docs(),
        ["test"] => checks::test(),
        ["check", ref rest @ ..] => checks::check(rest),
        ["peers"] => peers::provide(),
        ["interop", ref filter @ ..] => peers::provide().and_then(|()| checks::interop(filter)),
        ["fuzz", ref rest @ ..] => fuzz::Request::parse(rest)?.run(),
        ["book"] => book::draw(),
        ["book", "--check"] => book::check(),
        ["book", "--build"] => book::draw().and_then(|()| book::build()),
        ["dist"] => dist::dist().map(drop),
        ["deb"] => dist::deb().map(drop),
        ["soak", ref rest @ ..] => checks::soak(rest),
        ["swarm", ref rest @ ..] => checks::swarm(rest),
        ["mutants", ref rest @ ..] => mutants::Request::parse(rest)?.run(),
        ["corners"] => checks::corners(false),
        ["corners", "--write"] => checks::corners(true),
        ["beside", ref rest @ ..] => checks::beside(rest),
        ["drill", ref rest @ ..] => checks::drill(rest),
        ["conformance", ref rest @ ..] => conformance::Request::parse(rest)?.run(),
        ["measure", ref names @ ..] => checks::measure(names),
        [] | ["help" | "--help" | "-h"] => {
            print!("{}", usage());
            Ok(())
        }
        [ref chore, ..] => Err(Failure::Usage(format!("no chore `{}` as given\n\n{}", chore, usage()))),
    }
}

/// Everything, in the order in which a mistake shows soonest.
fn ci() -> Result<(), Failure> {
    let mut steps = Steps::begin();
    steps.step("format", checks::format)?;
    steps.step("clippy", checks::clippy)?;
    steps.step("docs", checks::docs)?;
    // Before the tests: those of namespaces need `ip` and `unshare`, which most machines have and some have not.
    steps.step("peers", peers::provide)?;
    steps.step("test", checks::test)?;
    steps.step("check", || checks::check(&[]))?;
    steps.step("interop", || checks::interop(&[]))?;
    steps.step("swarm", || checks::swarm(&["--coverage"]))?;
    steps.step("drill", || checks::drill(&[]))?;
    steps.step("conformance", || conformance::Request::parse(&["--mutate", "5", "--seed", "1"])?.run())?;
    steps.step("fuzz", || fuzz::Request::default().run())?;
    steps.step("deb", || dist::deb().map(drop))?;
    steps.step("book --check", book::check)?;
    steps.step("soak", || checks::soak(&["--minutes", "0.25"]))?;
    steps.finish();
    Ok(())
}

fn usage() -> String {
    let mut text = String::from("cargo xtask CHORE\n\n");
    for (name, arguments, what) in CHORES {
        text.push_str(&format!("  {:<41} {what}\n", format!("{name} {arguments}")));
    }
    text
}
