//! Which scripts there are, and their text.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use cordial_trace::Lang;
use cordial_trace::event::readable;

use super::words;

/// A script that was read.
pub struct Script {
    /// What to call it.
    pub name: String,
    pub text: String,
}

/// Directories inside directories; a link that leads back up ends here.
const MOST_DEPTH: usize = 32;
/// Octets of the longest script: a thousand times what a long one has.
const MOST_OCTETS: u64 = 4 << 20;

/// The scripts that are named, those of a directory in order of their names. What is wrong is said with what to type
/// next.
pub fn find(named: &[PathBuf], lang: Lang) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    for path in named {
        if path.as_os_str() == "-" || !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let before = found.len();
        below(path, 0, &mut found).map_err(|error| cannot_read(path, &error, lang))?;
        if found.len() == before {
            return Err(words::NO_SCRIPTS.fill(lang, &[("dir", &shown(path))]));
        }
    }
    Ok(found)
}

fn below(dir: &Path, depth: usize, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries =
        fs::read_dir(dir)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            if depth < MOST_DEPTH {
                below(&path, depth + 1, found)?;
            }
        } else if path.extension().is_some_and(|ending| ending == "pkt") {
            found.push(path);
        }
    }
    Ok(())
}

/// Reads a script.
pub fn read(path: &Path, lang: Lang) -> Result<Script, String> {
    let name = shown(path);
    let mut octets = Vec::new();
    let taken = match path.as_os_str() == "-" {
        true => io::stdin().lock().take(MOST_OCTETS + 1).read_to_end(&mut octets),
        false => fs::File::open(path).and_then(|file| file.take(MOST_OCTETS + 1).read_to_end(&mut octets)),
    };
    taken.map_err(|error| cannot_read(path, &error, lang))?;
    if octets.len() as u64 > MOST_OCTETS {
        return Err(words::TOO_LONG.fill(lang, &[("file", &name)]));
    }
    let text = String::from_utf8(octets).map_err(|_| words::NO_TEXT.fill(lang, &[("file", &name)]))?;
    Ok(Script { name, text })
}

fn shown(path: &Path) -> String {
    readable(&path.display().to_string())
}

fn cannot_read(path: &Path, error: &io::Error, lang: Lang) -> String {
    let phrase = match error.kind() {
        io::ErrorKind::NotFound => words::NOT_FOUND,
        _ => words::CANNOT_READ,
    };
    phrase.fill(lang, &[("file", &shown(path)), ("error", &error.to_string())])
}
