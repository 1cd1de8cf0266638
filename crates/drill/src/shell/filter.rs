//! Filters of lines: grep, wc, cat.

use super::words::words;

/// What a filter lets through, and whether it succeeded; none if it is not known here.
pub(super) fn filter(command: &str, lines: &[String]) -> Option<(Vec<String>, bool)> {
    let words = words(command)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["grep" | "egrep" | "fgrep", rest @ ..] => Some(Grep::of(words.first()?, rest)?.run(lines)),
        ["wc", "-l"] => Some((vec![lines.len().to_string()], true)),
        ["cat"] => Some((lines.to_vec(), true)),
        _ => None,
    }
}

/// A grep: the part of it that questions use, plain text with dots, anchors and alternatives.
struct Grep {
    counts: bool,
    inverts: bool,
    ignores_case: bool,
    takes: Takes,
    alternatives: Vec<Pattern>,
}

/// How much of a line has to be what is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Part,
    Word,
    Line,
}

impl Grep {
    /// None if an argument, or a sign in the pattern, is not known here.
    fn of(name: &str, arguments: &[&str]) -> Option<Self> {
        let mut grep = Self {
            counts: false,
            inverts: false,
            ignores_case: false,
            takes: Takes::Part,
            alternatives: Vec::new(),
        };
        let (mut is_extended, mut is_fixed) = (name == "egrep", name == "fgrep");
        let flags = arguments.iter().take_while(|word| word.starts_with('-')).count();
        let (flags, others) = arguments.split_at(flags);
        for letter in flags.iter().flat_map(|flag| flag.chars().skip(1)) {
            match letter {
                'c' => grep.counts = true,
                'v' => grep.inverts = true,
                'i' => grep.ignores_case = true,
                'w' => grep.takes = Takes::Word,
                'x' => grep.takes = Takes::Line,
                'E' => is_extended = true,
                'F' => is_fixed = true,
                // What it would print nobody sees, and what follows is the pattern anyhow.
                'q' | 'e' => {}
                _ => return None,
            }
        }
        let pattern = match others {
            [pattern] => *pattern,
            // The file that is read is the kernel's table.
            [pattern, file] if file.starts_with("/proc/") => *pattern,
            _ => return None,
        };
        let pattern = if grep.ignores_case { pattern.to_ascii_lowercase() } else { pattern.to_owned() };
        let between = if is_extended { "|" } else { "\\|" };
        grep.alternatives = match is_fixed {
            true => vec![Pattern::fixed(&pattern)],
            false => pattern.split(between).map(Pattern::of).collect::<Option<_>>()?,
        };
        Some(grep)
    }

    fn run(&self, lines: &[String]) -> (Vec<String>, bool) {
        let found: Vec<String> =
            lines.iter().filter(|line| self.finds(line) != self.inverts).cloned().collect();
        let succeeded = !found.is_empty();
        (if self.counts { vec![found.len().to_string()] } else { found }, succeeded)
    }

    fn finds(&self, line: &str) -> bool {
        let line = if self.ignores_case { line.to_ascii_lowercase() } else { line.to_owned() };
        let line: Vec<char> = line.chars().collect();
        self.alternatives.iter().any(|pattern| pattern.is_in(&line, self.takes))
    }
}

/// Characters, with anchors; none stands for any.
struct Pattern {
    at_start: bool,
    at_end: bool,
    characters: Vec<Option<char>>,
}

impl Pattern {
    fn fixed(text: &str) -> Self {
        Self { at_start: false, at_end: false, characters: text.chars().map(Some).collect() }
    }

    fn of(text: &str) -> Option<Self> {
        let (at_start, text) = text.strip_prefix('^').map_or((false, text), |rest| (true, rest));
        let (at_end, text) = text.strip_suffix('$').map_or((false, text), |rest| (true, rest));
        let mut characters = Vec::new();
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            characters.push(match c {
                '.' => None,
                '\\' => Some(rest.next().filter(char::is_ascii_punctuation)?),
                '[' | ']' | '(' | ')' | '*' | '+' | '?' | '{' | '}' | '^' | '$' => return None,
                c => Some(c),
            });
        }
        Some(Self { at_start, at_end, characters })
    }

    fn is_in(&self, line: &[char], takes: Takes) -> bool {
        let len = self.characters.len();
        let is_word = |at: Option<usize>| {
            at.and_then(|at| line.get(at)).is_some_and(|c| c.is_alphanumeric() || *c == '_')
        };
        let last = line.len().checked_sub(len);
        last.is_some_and(|last| {
            (0..=last).any(|at| {
                let here = line.iter().skip(at).zip(&self.characters);
                let (first, last) = (at == 0, at == last);
                here.clone().all(|(c, wanted)| wanted.is_none_or(|wanted| wanted == *c))
                    && (first || !self.at_start)
                    && (last || !self.at_end)
                    && match takes {
                        Takes::Part => true,
                        Takes::Word => !is_word(at.checked_sub(1)) && !is_word(Some(at + len)),
                        Takes::Line => first && last,
                    }
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grep_finds_what_it_would() {
        let lines = ["ESTAB 0 0 192.168.0.1:8080 192.0.2.1:8081", "TIME-WAIT 0 0 192.168.0.1:80 192.0.2.1:9"];
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        for (command, found) in [
            ("grep -q ESTAB", 1),
            ("grep estab", 0),
            ("grep -i estab", 1),
            ("grep -v ESTAB", 1),
            ("grep 168.0.1:80", 2),
            ("grep -w 192.168.0.1:80", 1),
            ("grep '192\\.168'", 2),
            ("grep '1921168'", 0),
            ("grep ^0", 0),
            ("grep ^TIME", 1),
            ("grep ':9$'", 1),
            ("grep ':808$'", 0),
            ("grep \"ESTAB\\|TIME\"", 2),
            ("egrep 'ESTAB|TIME-'", 2),
            ("grep -F 'ESTAB|TIME-'", 0),
            ("grep -x TIME-WAIT", 0),
        ] {
            let (kept, succeeded) = filter(command, &lines).expect(command);
            assert_eq!((kept.len(), succeeded), (found, found > 0), "{command}");
        }
        assert_eq!(filter("grep -c 192", &lines), Some((vec!["2".to_owned()], true)));
        assert_eq!(filter("wc -l", &lines), Some((vec!["2".to_owned()], true)));
    }

    #[test]
    fn what_is_beyond_it_is_not_guessed() {
        for command in
            ["grep '[0-9]'", "grep -o x", "grep -A 1 x", "awk x", "wc -c", "grep 'a*'", "grep x file", "grep"]
        {
            assert_eq!(filter(command, &[]), None, "{command}");
        }
    }
}
