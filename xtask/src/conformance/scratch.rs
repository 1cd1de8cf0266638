//! A copy of the tree, as it stands on disk, where rules are broken.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::row::Edit;
use super::runs::Bench;
use crate::failure::Failure;
use crate::shell::{command, output, root, target_dir};

/// Seconds that the tests of a broken rule may run in one target: with their rule in force none takes a tenth of it.
const PATIENCE: u32 = 120;

/// The copy. It is kept, with what was built in it, so that the next one costs only what was changed.
pub struct Scratch {
    pub bench: Bench,
}

impl Scratch {
    /// Makes the copy what the tree is now.
    ///
    /// # Errors
    ///
    /// [`Failure`] if a file cannot be read or written.
    pub fn provide() -> Result<Self, Failure> {
        let home = root().join(target_dir()).join("conformance");
        let bench = Bench { tree: home.join("tree"), build: home.join("build"), patience: PATIENCE };
        let files = files(&root())?;
        for file in &files {
            copy(&root().join(file), &bench.tree.join(file))?;
        }
        for stale in below(&bench.tree, &bench.tree).difference(&files) {
            fs::remove_file(bench.tree.join(stale)).map_err(|error| at(stale, error))?;
        }
        Ok(Self { bench })
    }

    /// Does something while the change is made.
    ///
    /// # Errors
    ///
    /// [`Failure`] if a file cannot be written; what is wrong with the change; whatever `what` gives.
    pub fn broken<T>(
        &self,
        edits: &[Edit],
        what: impl FnOnce(&Bench) -> Result<T, Failure>,
    ) -> Result<Result<T, String>, Failure> {
        let before = match self.edit(edits)? {
            Ok(before) => before,
            Err(why) => return Ok(Err(why)),
        };
        let result = what(&self.bench);
        for (file, text) in before {
            fs::write(self.bench.tree.join(&file), text).map_err(|error| at(&file, error))?;
        }
        result.map(Ok)
    }

    /// Makes all edits, or none: what the files said before.
    fn edit(&self, edits: &[Edit]) -> Result<Result<BTreeMap<String, String>, String>, Failure> {
        let (mut before, mut after) = (BTreeMap::new(), BTreeMap::<String, String>::new());
        for edit in edits {
            let text = match after.get(&edit.file) {
                Some(text) => text.clone(),
                None => match fs::read_to_string(self.bench.tree.join(&edit.file)) {
                    Ok(text) => text,
                    Err(error) => return Ok(Err(format!("{}: {error}", edit.file))),
                },
            };
            match edit.apply(&text) {
                Ok(changed) => after.insert(edit.file.clone(), changed),
                Err(why) => return Ok(Err(why)),
            };
            before.entry(edit.file.clone()).or_insert(text);
        }
        for (file, text) in &after {
            fs::write(self.bench.tree.join(file), text).map_err(|error| at(file, error))?;
        }
        Ok(Ok(before))
    }
}

/// Every file that git knows or would add.
fn files(tree: &Path) -> Result<BTreeSet<String>, Failure> {
    let mut list = command("git");
    list.current_dir(tree).args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
    let names = output(&mut list)?;
    let is_there = |name: &&str| !name.is_empty() && tree.join(name).is_file();
    Ok(names.split('\0').filter(is_there).map(str::to_owned).collect())
}

/// Every file below a folder, by its path from `root`.
fn below(root: &Path, folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let entries: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    for path in entries {
        if path.is_dir() {
            found.extend(below(root, &path));
        } else if let Some(name) = path.strip_prefix(root).ok().and_then(Path::to_str) {
            found.insert(name.to_owned());
        }
    }
    found
}

/// Copies a file whose content differs. One that is the same stays untouched, or cargo would build it again.
fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let wrong = |error| at(&to.display().to_string(), error);
    let content = fs::read(from).map_err(|error| at(&from.display().to_string(), error))?;
    if fs::read(to).is_ok_and(|there| there == content) {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(wrong)?;
    }
    fs::write(to, content).map_err(wrong)
}

fn at(file: &str, error: std::io::Error) -> Failure {
    Failure::Missing(format!("{file}: {error}"))
}
