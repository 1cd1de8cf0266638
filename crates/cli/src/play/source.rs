//! What is played: a scenario of ours by name, or a file.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use cordial_scenario::find;
use cordial_trace::Lang;
use cordial_trace::event::readable;

use super::words;
use crate::args::Play;

/// The longest file that is read.
const MOST: u64 = 1 << 20;

/// A scenario that was found.
pub struct Source {
    /// What to call it over a ladder.
    pub name: String,
    /// What to call it where something in it is wrong.
    pub file: String,
    /// Its text.
    pub text: String,
}

impl Source {
    /// A scenario of ours of this name; if there is none, the file.
    ///
    /// # Errors
    ///
    /// What is wrong and what to type next, in words.
    pub fn of(path: &Path, lang: Lang) -> Result<Self, String> {
        let name = readable(&path.display().to_string());
        let near = match path.to_str().map(find) {
            Some(Ok(entry)) => {
                let file = format!("{name}.scenario");
                return Ok(Self { name, file, text: entry.text.to_owned() });
            }
            Some(Err(near)) => near,
            None => None,
        };
        match read(path) {
            Ok(text) => Ok(Self { file: name.clone(), name, text }),
            Err(error) if error.kind() == ErrorKind::NotFound && !name.contains(['/', '.']) => {
                let phrase = if near.is_some() { words::NO_SUCH_NEAR } else { words::NO_SUCH };
                Err(phrase.fill(lang, &[("name", &name), ("near", near.unwrap_or_default())]))
            }
            Err(error) => {
                let phrase =
                    if error.kind() == ErrorKind::NotFound { words::NO_FILE } else { words::CANNOT_READ };
                Err(phrase.fill(lang, &[("file", &name), ("error", &error.to_string())]))
            }
        }
    }

    /// The command, as it stands over a ladder.
    pub fn title(&self, args: &Play) -> String {
        match args.seed {
            1 => format!("cordial play {}", self.name),
            seed => format!("cordial play --seed {seed} {}", self.name),
        }
    }
}

fn read(path: &Path) -> std::io::Result<String> {
    let is_long = fs::metadata(path)?.len() > MOST;
    if is_long {
        return Err(std::io::Error::new(ErrorKind::FileTooLarge, "longer than any scenario"));
    }
    fs::read_to_string(path)
}
