//! The rules, by name and title.

use cordial_check::RULES;
use cordial_trace::ladder::{left, plain, wrap};

use super::words;
use crate::locale::Reader;

/// Columns of the names.
const NAME: usize = 24;
/// Columns of what breaks.
const BREAKS: usize = 8;

/// A line or two for each rule: its name, what breaks without it, the rule.
pub fn list(reader: &Reader) -> String {
    let mut text = String::new();
    for rule in RULES {
        let breaks: Vec<String> = rule.breaks.iter().map(ToString::to_string).collect();
        let breaks = match breaks.is_empty() {
            true => words::HOLDS_WORD.text(reader.lang).to_owned(),
            false => breaks.join(" "),
        };
        let front = format!("{}{}", left(rule.name, NAME), left(&breaks, BREAKS));
        let room = usize::from(reader.columns).saturating_sub(NAME + BREAKS).max(20);
        let lines = wrap(rule.title.text(reader.lang), room, "");
        for (at, line) in lines.iter().enumerate() {
            let front = if at == 0 { front.clone() } else { " ".repeat(NAME + BREAKS) };
            text.push_str(&format!("{front}{line}\n"));
        }
    }
    text.push_str(words::LIST_NEXT.text(reader.lang));
    text.push('\n');
    if reader.ascii { plain(&text) } else { text }
}
