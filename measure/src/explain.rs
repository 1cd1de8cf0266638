//! Captures of a million packets through what explains them, the library and the command: one connection, many, a flood.

mod command;
mod made;

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::Path;
use std::time::Instant;

use cordial_explain::{Explainer, Level, Recording};

use crate::Error;

/// How often each is explained.
const ROUNDS: usize = 3;
/// Packets in each capture.
const PACKETS: u32 = 1_000_000;

/// Writes each capture once, then explains it several times.
pub fn measure() -> Result<(), Error> {
    let dir = std::env::temp_dir().join("cordial-measure-explain");
    std::fs::create_dir_all(&dir)?;
    let cordial = crate::tunnel::build_cordial()?;
    for shape in made::SHAPES {
        let path = dir.join(format!("{}.pcap", shape.name));
        let mut out = BufWriter::new(File::create(&path)?);
        (shape.write)(&mut out, PACKETS)?;
        out.flush()?;
        explain_often(shape, &path)?;
        command::measure(&cordial, &path, ROUNDS)?;
    }
    println!("the captures are in {}", dir.display());
    Ok(())
}

fn explain_often(shape: &made::Shape, path: &Path) -> Result<(), Error> {
    let mut seconds = Vec::new();
    let mut last = (0, 0);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        last = explain(path)?;
        seconds.push(began.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    let median = seconds.get(seconds.len() / 2).copied().unwrap_or_default();
    let (stories, trouble) = last;
    println!(
        "  {:<8} {median:6.2} s  ({:.0} ns a packet; {stories} connections, {trouble} with something to look at)",
        shape.name,
        median * 1e9 / f64::from(PACKETS),
    );
    Ok(())
}

/// Stories, and how many of them warn.
fn explain(path: &Path) -> Result<(u64, u64), Error> {
    let mut recording = Recording::new(BufReader::new(File::open(path)?))?;
    let mut explainer = Explainer::new();
    let (mut stories, mut trouble) = (0, 0);
    while let Some(event) = recording.next()? {
        if let Some(story) = explainer.event(&event) {
            stories += 1;
            trouble += u64::from(story.level() >= Level::Warn);
        }
    }
    Ok((stories, trouble))
}
