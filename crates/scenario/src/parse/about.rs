//! What a scenario is about: `title`, `question`, `look`, `keep`, `why`.

use cordial_trace::words::Phrase;

use crate::error::Wrong;
use crate::scenario::About;
use crate::text::Line;

pub(super) fn read(about: &mut About, line: &Line<'_>) -> Result<(), Wrong> {
    let text = line.rest.it;
    if text.is_empty() {
        return Err(Wrong::new(line.rest.place, NO_TEXT));
    }
    let place = match line.head.it {
        "title" => &mut about.title.en,
        "title.zh" => &mut about.title.zh,
        "question" => &mut about.question.en,
        "question.zh" => &mut about.question.zh,
        "look" => &mut about.look.en,
        "look.zh" => &mut about.look.zh,
        "keep" => &mut about.keep.en,
        "keep.zh" => &mut about.keep.zh,
        _ => about.why.get_or_insert_default(),
    };
    if !place.is_empty() {
        return Err(Wrong::new(line.head.place, TWICE).with("word", line.head.it));
    }
    text.clone_into(place);
    Ok(())
}

pub(super) const NUMBERS: Phrase = Phrase::new("absolute or relative", "absolute 或 relative");
const NO_TEXT: Phrase = Phrase::new("expected here: a text.", "这里要写一句话。");
const TWICE: Phrase = Phrase::new("there is a `{word}` already.", "已经有一行“{word}”了。");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        assert!(NUMBERS.is_complete() && NO_TEXT.is_complete() && TWICE.is_complete());
    }
}
