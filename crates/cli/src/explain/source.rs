//! What is to be explained: a file, a pipe, standard input.

use std::fs::{self, File};
use std::io::{self, ErrorKind, IsTerminal, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use cordial_trace::Lang;
use cordial_trace::event::readable;

use super::words;

/// Something that was opened for reading.
pub struct Opened {
    /// What to call it.
    pub name: String,
    /// Its octets.
    pub input: Box<dyn Read>,
    /// How many there are, where that is known.
    pub len: Option<u64>,
    /// Device and number of a file.
    id: Option<(u64, u64)>,
}

impl Opened {
    /// True if `path` is the file that is read.
    pub fn is_same(&self, path: &Path) -> bool {
        let id = fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|it| (it.dev(), it.ino()));
        id.is_some() && id == self.id
    }
}

/// Opens a file, or standard input for `-`. What goes wrong is said with what to type next.
pub fn open(path: &Path, lang: Lang) -> Result<Opened, String> {
    if path.as_os_str() == "-" {
        return standard_input(lang);
    }
    let name = readable(&path.display().to_string());
    let said = |error: &io::Error| {
        let phrase = match error.kind() {
            ErrorKind::NotFound => words::NOT_FOUND,
            ErrorKind::PermissionDenied => words::FORBIDDEN,
            _ => words::CANNOT_READ,
        };
        phrase.fill(lang, &[("file", &name), ("error", &error.to_string())])
    };
    let file = File::open(path).map_err(|error| said(&error))?;
    let metadata = file.metadata().map_err(|error| said(&error))?;
    if metadata.is_dir() {
        return Err(words::DIRECTORY.fill(lang, &[("file", &name)]));
    }
    let is_file = metadata.is_file();
    Ok(Opened {
        input: Box::new(file),
        len: is_file.then_some(metadata.len()),
        id: is_file.then(|| (metadata.dev(), metadata.ino())),
        name,
    })
}

fn standard_input(lang: Lang) -> Result<Opened, String> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return Err(words::TERMINAL.text(lang).to_owned());
    }
    Ok(Opened { name: "-".to_owned(), input: Box::new(stdin.lock()), len: None, id: None })
}
