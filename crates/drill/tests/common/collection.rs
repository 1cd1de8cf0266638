//! The collection in `drill/`.

use std::fs;
use std::path::{Path, PathBuf};

/// One script of the collection.
pub struct Script {
    pub topic: String,
    pub name: String,
    pub text: String,
}

impl Script {
    fn read(path: &Path) -> Self {
        let word = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        Self {
            topic: word(path.parent().and_then(Path::file_name)),
            name: word(path.file_stem()),
            text: fs::read_to_string(path).expect("a script can be read"),
        }
    }

    /// The comment at its head.
    pub fn header(&self) -> String {
        let lines = self.text.lines().take_while(|line| line.starts_with("//"));
        lines.map(|line| line.trim_start_matches('/').trim()).collect::<Vec<_>>().join(" ")
    }

    /// What it does, its comment left off.
    pub fn events(&self) -> impl Iterator<Item = &str> {
        self.text.lines().filter(|line| !line.starts_with("//") && !line.trim().is_empty())
    }
}

/// All of them, in the order of their paths.
pub fn collection() -> Vec<Script> {
    fn find(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).expect("the collection is there") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                find(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "pkt") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    find(&root(), &mut found);
    found.sort();
    found.iter().map(|path| Script::read(path)).collect()
}

/// Where it is.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../drill")
}
