//! `measure [--segments N] [NAME ...]`

use std::process::ExitCode;

use cordial_measure::{BY_DEFAULT, Error, MEASUREMENTS, Measurement, Run};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((mut names, segments)) = parse(&words) else {
        eprint!("{}", usage("--segments takes a number"));
        return ExitCode::from(2);
    };
    if names.is_empty() {
        names.extend(BY_DEFAULT);
    }
    for name in names {
        let Some(measurement) = MEASUREMENTS.iter().find(|known| known.name == name) else {
            eprint!("{}", usage(&format!("no measurement `{name}`")));
            return ExitCode::from(2);
        };
        println!("\n{name}: {}", measurement.what);
        if let Err(error) = start(measurement.run, segments) {
            eprintln!("{name}: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// The names, and how many segments are to be forged, where that is said.
fn parse(words: &[String]) -> Option<(Vec<&str>, Option<u64>)> {
    let (mut names, mut segments) = (Vec::new(), None);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--segments" => segments = Some(words.next()?.replace(['_', ','], "").parse().ok()?),
            name => names.push(name),
        }
    }
    Some((names, segments))
}

fn start(run: Run, segments: Option<u64>) -> Result<(), Error> {
    match run {
        Run::Fixed(run) => run(),
        Run::Segments(run, unless_told) => run(segments.unwrap_or(unless_told)),
    }
}

fn usage(trouble: &str) -> String {
    let mut text = format!("{trouble}; measure [--segments N] [NAME ...], where NAME is one of:\n");
    for Measurement { name, what, .. } in MEASUREMENTS {
        text.push_str(&format!("  {name:<14} {what}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_segments_may_stand_anywhere() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(parse(&words("blind --segments 100_000,000")), Some((vec!["blind"], Some(100_000_000))));
        assert_eq!(parse(&words("flood blind")), Some((vec!["flood", "blind"], None)));
        assert_eq!(parse(&words("--segments many")), None);
        assert_eq!(parse(&words("blind --segments")), None);
    }
}
