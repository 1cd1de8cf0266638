//! Puts the files under `scenarios/` into the crate.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let scenarios = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../scenarios");
    let mut code = String::new();
    list(&mut code, "LESSONS", "The lessons.", &scenarios)?;
    list(&mut code, "ROWS", "The rows of claims.", &scenarios.join("rows"))?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("library.rs"), code)?;
    Ok(())
}

/// A table of the scenarios in a directory, by name.
fn list(code: &mut String, name: &str, about: &str, directory: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", directory.display());
    let entries: Result<Vec<PathBuf>, _> = fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect();
    let mut files: Vec<PathBuf> = entries.map_err(|error: std::io::Error| error)?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "scenario"));
    files.sort_by_key(|file| file.file_stem().map(ToOwned::to_owned));
    writeln!(code, "/// {about}\nconst {name}: &[(&str, &str)] = &[")?;
    for file in files {
        println!("cargo::rerun-if-changed={}", file.display());
        let stem = file.file_stem().and_then(|stem| stem.to_str()).ok_or("a file name that is not UTF-8")?;
        writeln!(
            code,
            "    ({stem:?}, include_str!({:?})),",
            fs::canonicalize(&file)?.display().to_string()
        )?;
    }
    writeln!(code, "];")?;
    Ok(())
}
