//! The book of lessons: its ladders are drawn by the command, never typed.
//!
//! ```text
//! docs/book/LANG/src/*.md ──{{#include ../../ladders/LANG/…}}──▶ which pictures there are
//! cordial play | why ──▶ docs/book/ladders/LANG/… ──▶ mdbook ──▶ target/book/LANG
//! ```
//!
//! The chapters' includes are the list: `play/NAME.txt` is all that `cordial play NAME` draws, `play/NAME.K.txt` its K-th
//! connection alone, `why/RULE.txt` what `cordial why RULE` answers, `why/RULE.P5.txt` the same asked about P5.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::shell::{cargo, command, has, root, run, target_dir};

/// The languages of the book, each with what `cordial why` begins to count with where it draws nothing: how much was
/// looked at, and how long that took, which differs from run to run.
const LANGUAGES: [(&str, &str); 2] = [("en", "Within the bound"), ("zh", "限度：")];
/// Where chapters say that their pictures are.
const LADDERS: &str = "../../ladders/";

/// Draws every picture anew.
pub fn draw() -> Result<(), Failure> {
    let pictures = pictures()?;
    let folder = folder().join("ladders");
    for stale in stale(&folder, &pictures) {
        fs::remove_file(&stale).map_err(|error| missing(&stale, &error))?;
    }
    for (name, text) in &pictures {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&folder)).map_err(|error| missing(&path, &error))?;
        fs::write(&path, text).map_err(|error| missing(&path, &error))?;
    }
    eprintln!("{} pictures drawn", pictures.len());
    Ok(())
}

/// Draws every picture anew and fails if one is not as it is kept.
pub fn check() -> Result<(), Failure> {
    let pictures = pictures()?;
    let folder = folder().join("ladders");
    let differs = |(name, text): &(&String, &String)| {
        fs::read_to_string(folder.join(name)).ok().as_ref() != Some(*text)
    };
    let mut wrong: Vec<String> =
        pictures.iter().filter(differs).map(|(name, _)| format!("{name} is drawn differently now")).collect();
    wrong.extend(stale(&folder, &pictures).iter().map(|path| format!("{} is not asked for", path.display())));
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(Failure::Missing(format!("{}\ndraw them anew: cargo xtask book", wrong.join("\n")))),
    }
}

/// Builds the books of both languages, as pages.
pub fn build() -> Result<(), Failure> {
    if !has("mdbook") {
        return Err(Failure::Missing("mdbook is not installed: cargo install mdbook --locked".into()));
    }
    for (language, _) in LANGUAGES {
        let mut mdbook = command("mdbook");
        mdbook.arg("build").arg(folder().join(language));
        mdbook.arg("--dest-dir").arg(root().join(target_dir()).join("book").join(language));
        run(mdbook)?;
    }
    Ok(())
}

/// Every picture that a chapter asks for, by its path below the folder of ladders.
fn pictures() -> Result<BTreeMap<String, String>, Failure> {
    let asked = asked()?;
    run(cargo(&["build", "--release", "--locked", "--package", "cordial-cli"]))?;
    asked.into_iter().map(|name| picture(&name).map(|text| (name, text))).collect()
}

/// The paths that chapters include.
fn asked() -> Result<BTreeSet<String>, Failure> {
    let mut asked = BTreeSet::new();
    for (language, _) in LANGUAGES {
        for path in files(&folder().join(language).join("src")) {
            let text = fs::read_to_string(&path).map_err(|error| missing(&path, &error))?;
            asked.extend(includes(&text).map(str::to_owned));
        }
    }
    Ok(asked)
}

/// The pictures that a chapter's text includes.
fn includes(text: &str) -> impl Iterator<Item = &str> {
    let marks = text.split("{{#include ").skip(1).filter_map(|rest| rest.split("}}").next());
    marks.filter_map(|path| path.trim().strip_prefix(LADDERS))
}

/// Runs the command and keeps of its words what the name asks for.
fn picture(name: &str) -> Result<String, Failure> {
    let (language, verb, what, part) =
        parts(name).ok_or_else(|| Failure::Missing(format!("no command draws `{name}`")))?;
    let mut cordial = command(&target_dir().join("release/cordial").to_string_lossy());
    cordial.args([verb, what, "--lang", language, "--color", "never"]).env("COLUMNS", "100");
    if let ("why", Some(property)) = (verb, part) {
        cordial.args(["--property", property]);
    }
    let said = said(cordial)?;
    let kept = if verb == "play" { ladders(&said, part) } else { answer(&said, language) };
    kept.ok_or_else(|| Failure::Missing(format!("`cordial {verb} {what}` drew nothing for `{name}`")))
}

/// `en/why/no-time-wait.P5.txt`: the language, the verb, what it is called on, and what else is said.
fn parts(name: &str) -> Option<(&str, &str, &str, Option<&str>)> {
    let mut folders = name.strip_suffix(".txt")?.split('/');
    let (language, verb, what) = (folders.next()?, folders.next()?, folders.next()?);
    let (what, part) = what.split_once('.').map_or((what, None), |(what, part)| (what, Some(part)));
    let is_known = LANGUAGES.iter().any(|(known, _)| *known == language) && matches!(verb, "play" | "why");
    (is_known && folders.next().is_none()).then_some((language, verb, what, part))
}

/// What a command prints. `why` ends with 1 where it found something.
fn said(mut command: Command) -> Result<String, Failure> {
    let output = command.output().map_err(|error| Failure::Start { program: "cordial".into(), error })?;
    match output.status.code() {
        Some(0 | 1) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        code => Err(Failure::Command { line: format!("{command:?}"), code }),
    }
}

/// The ladders that `play` drew, each with what it means; or one of them. What is said about the whole scenario below
/// them is the chapter's to say.
fn ladders(said: &str, number: Option<&str>) -> Option<String> {
    let all = said.split("\n\n").filter(|part| part.starts_with("cordial play "));
    let kept: Vec<&str> =
        all.filter(|part| number.is_none_or(|number| numbered(part) == Some(number))).collect();
    (!kept.is_empty()).then(|| format!("{}\n", kept.join("\n\n").trim_end()))
}

/// The number of a connection in the first line of its ladder: `#2 of 3`, `第 2 条 / 共 3 条`.
fn numbered(ladder: &str) -> Option<&str> {
    let caption = ladder.lines().next()?;
    let (_, rest) = caption.split_once(" #").or_else(|| caption.split_once("第 "))?;
    rest.split(|c: char| !c.is_ascii_digit()).next()
}

/// What `why` answers, up to its last picture; without a picture, up to where it counts.
fn answer(said: &str, language: &str) -> Option<String> {
    let (_, counts) = LANGUAGES.iter().find(|(known, _)| *known == language)?;
    let end = match said.rfind('└') {
        Some(corner) => corner + said.get(corner..)?.find('\n')?,
        None => said.find(counts)?,
    };
    Some(format!("{}\n", said.get(..end)?.trim_end()))
}

/// Pictures that are kept although no chapter asks for them.
fn stale(folder: &Path, pictures: &BTreeMap<String, String>) -> Vec<PathBuf> {
    let name = |path: &Path| path.strip_prefix(folder).map(|name| name.to_string_lossy().into_owned());
    files(folder)
        .into_iter()
        .filter(|path| name(path).is_ok_and(|name| !pictures.contains_key(&name)))
        .collect()
}

/// Every file below a folder, in order; none if there is no such folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    let mut files: Vec<PathBuf> = entries.flat_map(|entry| below(entry.path())).collect();
    files.sort();
    files
}

fn folder() -> PathBuf {
    root().join("docs/book")
}

fn missing(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Missing(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chapter_asks_for_pictures_by_including_them() {
        let text = "a {{#include ../../ladders/en/play/x.txt}} b\n{{#include other.md}} {{#include ../../ladders/en/why/y.txt }}";
        assert_eq!(includes(text).collect::<Vec<_>>(), ["en/play/x.txt", "en/why/y.txt"]);
    }

    #[test]
    fn a_name_says_which_command_draws_it() {
        assert_eq!(parts("en/play/last-ack-lost.txt"), Some(("en", "play", "last-ack-lost", None)));
        assert_eq!(parts("zh/why/no-time-wait.P5.txt"), Some(("zh", "why", "no-time-wait", Some("P5"))));
        for wrong in ["fr/play/x.txt", "en/run/x.txt", "en/play/x", "en/play/a/x.txt"] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn of_several_connections_one_can_be_kept() {
        let said = "cordial play x   #1 of 2\n┌\n\ncordial play x   #2 of 2\n└\n\nQuestion: ?\n";
        assert_eq!(ladders(said, Some("2")).as_deref(), Some("cordial play x   #2 of 2\n└\n"));
        assert_eq!(
            ladders(said, None).as_deref(),
            said.split("\n\nQ").next().map(|s| format!("{s}\n")).as_deref()
        );
        assert_eq!(
            ladders("cordial play x   第 51 条 / 共 51 条\n", Some("51")).map(|text| text.lines().count()),
            Some(1)
        );
        assert_eq!(ladders(said, Some("3")), None);
    }

    #[test]
    fn of_an_answer_what_differs_from_run_to_run_is_left_out() {
        let broken = "cordial why x\n  └──┘\non:\n  └──┘\nA sentence.\nSearched for 3 ms.\n";
        assert_eq!(answer(broken, "en").as_deref(), Some("cordial why x\n  └──┘\non:\n  └──┘\n"));
        let holds = "cordial why x   HOLDS\nThe price: 1.\nWithin the bound: 3 states. Searched for 3 ms.\n";
        assert_eq!(answer(holds, "en").as_deref(), Some("cordial why x   HOLDS\nThe price: 1.\n"));
        assert_eq!(answer("something else\n", "en"), None);
    }
}
