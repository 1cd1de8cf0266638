//! Runs the scripts it is given and says of each, in a line, whether it passes: what `cordial drill --strict-end` does,
//! without all else the command is made of.

use std::process::ExitCode;

use cordial_drill::{Outcome, Settings, drill};
use cordial_trace::Lang;

fn main() -> ExitCode {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let mut all_pass = true;
    for file in &files {
        match judged(file) {
            Ok(()) => println!("pass {file}"),
            Err(why) => {
                println!("fail {file}: {}", why.replace('\n', " "));
                all_pass = false;
            }
        }
    }
    if all_pass { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Silence counts: nothing may be sent that the script does not expect.
fn judged(file: &str) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let report = drill(&text, Settings::default());
    let at = report.at.map(|at| format!("{}:{}: ", at.line, at.column)).unwrap_or_default();
    let why = report.reason.map(|reason| reason.text(Lang::En)).unwrap_or_default();
    match (report.outcome, report.unexpected.as_slice()) {
        (Outcome::Pass, []) => Ok(()),
        (Outcome::Pass, unexpected) => Err(format!("sent, too: {}", unexpected.join(", "))),
        (outcome, _) => Err(format!("{at}{}: {why}", outcome.name())),
    }
}
