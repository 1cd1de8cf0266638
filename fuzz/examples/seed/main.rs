//! Writes the corpora in the tree: `cargo xtask fuzz --seed`.
//!
//! A seed is an input with a meaning, so that fuzzing begins where a parser or a handshake has already got
//! somewhere. Its file is named after what it shows.

mod captures;
mod pairs;
mod scripts;
mod segments;

use std::path::Path;

/// A seed: what it shows, and its octets.
type Seed = (&'static str, Vec<u8>);

fn main() -> std::io::Result<()> {
    write("wire_segment", &segments::seeds())?;
    write("stack_frames", &scripts::seeds())?;
    write("stack_pair", &pairs::seeds())?;
    write("capture", &captures::seeds()?)
}

/// Writes the corpus of one target, in place of the one there is.
fn write(target: &str, seeds: &[Seed]) -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    for (name, octets) in seeds {
        std::fs::write(folder.join(name), octets)?;
    }
    println!("{}: {} seeds", folder.display(), seeds.len());
    Ok(())
}
