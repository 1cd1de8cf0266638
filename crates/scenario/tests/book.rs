//! The book of lessons, `docs/book`: every lesson has its chapter, in both languages, and what chapters name exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cordial_check::RULES;
use cordial_scenario::{LIBRARY, Scenario, find};
use cordial_trace::Lang;

const LANGUAGES: [(Lang, &str); 2] = [(Lang::En, "en"), (Lang::Zh, "zh")];

/// The folder of a language's chapters.
fn source(language: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/book").join(language).join("src")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every chapter of a language: the name of its file, and its text; in order.
fn chapters(language: &str) -> Vec<(String, String)> {
    let files = fs::read_dir(source(language)).expect("the folder of chapters");
    let paths = files.map(|file| file.expect("a file").path());
    let mut chapters: Vec<_> = paths
        .filter(|path| !path.ends_with("SUMMARY.md"))
        .map(|path| (path.file_name().expect("a name").to_string_lossy().into_owned(), read(&path)))
        .collect();
    chapters.sort();
    chapters
}

/// What follows `before` in a text, each time, up to `after`.
fn between<'a>(text: &'a str, before: &'a str, after: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(before).skip(1).filter_map(move |rest| rest.split(after).next())
}

/// The pictures that a text includes, without their language: `play/three-steps.txt`.
fn pictures(text: &str, language: &str) -> Vec<String> {
    let folder = format!("../../ladders/{language}/");
    let of_this_language = |path: &str| {
        path.strip_prefix(&folder).unwrap_or_else(|| panic!("{path} is not in {folder}")).to_owned()
    };
    between(text, "{{#include ", "}}").map(of_this_language).collect()
}

/// The chapter of a lesson, by the number in front of its file's name.
fn lesson(chapters: &[(String, String)], number: u8) -> &(String, String) {
    let mark = format!("{number:02}-");
    chapters.iter().find(|(name, _)| name.starts_with(&mark)).unwrap_or_else(|| panic!("no chapter {mark}"))
}

#[test]
fn every_lesson_has_a_chapter_that_asks_its_question_and_ends_with_its_sentence() {
    for (lang, language) in LANGUAGES {
        let chapters = chapters(language);
        for number in 1..=28 {
            let (name, text) = lesson(&chapters, number);
            let scenario = name.split_once('-').map(|(_, name)| name.trim_end_matches(".md"));
            let entry =
                scenario.and_then(|name| find(name).ok()).expect("a chapter is named after a scenario");
            assert!(entry.is_lesson && entry.number == number, "{name}");
            let about = Scenario::parse(entry.text).expect("a scenario").about;
            let (title, question, keep) =
                (about.title.text(lang), about.question.text(lang), about.keep.text(lang));
            assert!(text.starts_with(&format!("# L{number:02} {title}\n")), "{language}/{name}: {title}");
            assert!(text.contains(&format!("\n*{question}*\n")), "{language}/{name}: {question}");
            assert!(text.contains(&format!("\n> {keep}\n")), "{language}/{name}: {keep}");
        }
    }
}

#[test]
fn every_scenario_of_a_lesson_is_in_its_chapter_with_the_rule_it_is_about() {
    for (_, language) in LANGUAGES {
        let chapters = chapters(language);
        for entry in LIBRARY.iter().filter(|entry| entry.is_lesson) {
            let (name, text) = lesson(&chapters, entry.number);
            let stem = |picture: &String| picture.split('.').next().map(str::to_owned);
            let drawn: Vec<_> = pictures(text, language).iter().filter_map(stem).collect();
            assert!(drawn.contains(&format!("play/{}", entry.name)), "{language}/{name}: {}", entry.name);
            if let Some(rule) = Scenario::parse(entry.text).expect("a scenario").about.why {
                assert!(text.contains(&format!("cordial why {rule}")), "{language}/{name}: {rule}");
            }
        }
    }
}

#[test]
fn both_languages_have_the_same_chapters_in_the_same_order_with_the_same_pictures() {
    let [(_, en), (_, zh)] = LANGUAGES;
    let contents = LANGUAGES.map(|(_, language)| {
        let summary = read(&source(language).join("SUMMARY.md"));
        let listed: Vec<String> = between(&summary, "](", ")").map(str::to_owned).collect();
        let kept: BTreeSet<String> = chapters(language).into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            listed.iter().cloned().collect::<BTreeSet<_>>(),
            kept,
            "{language}: every chapter is listed"
        );
        assert_eq!(listed.len(), kept.len(), "{language}: every chapter is listed once");
        listed
    });
    assert_eq!(contents[0], contents[1]);
    for ((name, english), (_, chinese)) in chapters(en).iter().zip(&chapters(zh)) {
        assert_eq!(pictures(english, en), pictures(chinese, zh), "{name}");
    }
}

#[test]
fn every_picture_exists_and_none_is_typed() {
    for (_, language) in LANGUAGES {
        for (name, text) in chapters(language) {
            assert!(!text.contains(['┌', '└']), "{language}/{name} has a ladder of its own");
            for path in between(&text, "{{#include ", "}}") {
                let picture = read(&source(language).join(path));
                assert!(!picture.is_empty(), "{path}");
            }
        }
    }
}

#[test]
fn every_scenario_and_rule_that_a_chapter_names_exists() {
    let mut named = 0;
    for (_, language) in LANGUAGES {
        for (name, text) in chapters(language) {
            for what in names(&text, "cordial play ") {
                assert!(find(what).is_ok(), "{language}/{name}: cordial play {what}");
                named += 1;
            }
            for what in names(&text, "cordial why ") {
                assert!(RULES.iter().any(|rule| rule.name == what), "{language}/{name}: cordial why {what}");
                named += 1;
            }
        }
    }
    assert!(named > 2 * 2 * 28, "only {named}");
}

/// The names that a command is called with; not options, files, or words that stand for a name.
fn names<'a>(text: &'a str, command: &'a str) -> impl Iterator<Item = &'a str> {
    let word = |rest: &'a str| rest.split(|c: char| !(c.is_ascii_lowercase() || c == '-')).next();
    text.split(command).skip(1).filter_map(word).filter(|name| !name.is_empty() && !name.starts_with('-'))
}

#[test]
fn the_last_page_has_every_rule() {
    for (_, language) in LANGUAGES {
        let page = read(&source(language).join("rules.md"));
        for rule in RULES {
            assert!(page.contains(&format!("| `{}` |", rule.name)), "{language}: {}", rule.name);
        }
    }
}
