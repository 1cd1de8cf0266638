//! The command as it stands over its ladders.

use std::ffi::OsString;

use cordial_trace::ladder::width;

/// Columns that a command takes over a ladder; what is longer is cut.
const COLUMNS: usize = 60;

/// The whole command, on one line, as a shell takes it.
pub fn title(command: &[OsString]) -> String {
    let words = command.iter().map(|word| quoted(&word.to_string_lossy()));
    words.fold("cordial run --".to_owned(), |title, word| title + " " + &word)
}

/// As much of it as fits beside how it went.
pub fn headline(command: &[OsString]) -> String {
    let whole = title(command);
    if width(&whole) <= COLUMNS {
        return whole;
    }
    let mut cut = String::new();
    for c in whole.chars() {
        cut.push(c);
        if width(&cut) > COLUMNS - 3 {
            cut.pop();
            break;
        }
    }
    cut + "..."
}

/// Quoted where a shell would see more than one word. A line break becomes a space: this is to be read.
fn quoted(word: &str) -> String {
    let word: String = word.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,~^".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word,
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        let title = title(&command(&["sh", "-c", "echo it's\none", ""]));
        assert_eq!(title, r"cordial run -- sh -c 'echo it'\''s one' ''");
        assert_eq!(headline(&command(&["curl", "-s", "http://a/"])), "cordial run -- curl -s http://a/");
    }

    #[test]
    fn a_long_command_is_cut() {
        for word in ["x".repeat(100), "你".repeat(100)] {
            let headline = headline(&command(&[&word]));
            assert!(width(&headline) <= COLUMNS && headline.ends_with("..."), "{headline}");
        }
    }
}
