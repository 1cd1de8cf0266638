//! `#ifdef`: which lines of a script there are.

use std::collections::BTreeSet;

use super::{ParseError, Parsed};
use crate::script::Place;
use crate::{Profile, Said, words};

/// The text with lines that are not there left empty, so that places stay what they are.
pub(super) fn keep(text: &str, profile: Profile) -> Parsed<String> {
    let mut defined: BTreeSet<&str> = profile.defines().iter().copied().collect();
    let mut open: Vec<Branch> = Vec::new();
    let mut kept = String::with_capacity(text.len());
    for (line, number) in text.lines().zip(1..) {
        let at = Place { line: number, column: 1 };
        let is_kept = open.iter().all(|branch| branch.is_taken);
        let directive = line.trim().strip_prefix('#').map(|rest| rest.trim_start());
        let (word, rest) =
            directive.map_or(("", ""), |text| text.split_once(char::is_whitespace).unwrap_or((text, "")));
        let name = rest.split_whitespace().next().unwrap_or_default();
        match word {
            "ifdef" => open.push(Branch { at, is_taken: defined.contains(name) }),
            "ifndef" => open.push(Branch { at, is_taken: !defined.contains(name) }),
            "else" => {
                let branch = open.last_mut().ok_or_else(|| lonely(at, word))?;
                branch.is_taken = !branch.is_taken;
            }
            "endif" => {
                open.pop().ok_or_else(|| lonely(at, word))?;
            }
            "define" if is_kept => drop(defined.insert(name)),
            "undef" if is_kept => drop(defined.remove(name)),
            "if" | "elif" | "include" if is_kept => {
                return Err(ParseError::dialect(at, Said::new(words::NO_DIRECTIVE).with("word", word)));
            }
            // Who runs it.
            _ if number == 1 && line.starts_with("#!") => {}
            _ if is_kept => kept.push_str(line),
            _ => {}
        }
        kept.push('\n');
    }
    match open.last() {
        None => Ok(kept),
        Some(branch) => Err(ParseError::wrong(branch.at, words::NO_ENDIF)),
    }
}

/// An `#ifdef` that waits for its `#endif`.
struct Branch {
    at: Place,
    is_taken: bool,
}

fn lonely(at: Place, word: &str) -> ParseError {
    ParseError::wrong(at, Said::new(words::LONELY_DIRECTIVE).with("word", word))
}
