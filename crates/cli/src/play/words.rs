//! What `play` says itself, in both languages.

use cordial_trace::words::Phrase;

/// No scenario has this name, and no file.
pub const NO_SUCH: Phrase = Phrase::new(
    "there is no scenario `{name}`, and no such file. They are listed by:  cordial play --list{near}",
    "没有叫“{name}”的场景，也没有这个文件。列出全部：cordial play --list{near}",
);
/// The same, where one is called almost so.
pub const NO_SUCH_NEAR: Phrase = Phrase::new(
    "there is no scenario `{name}`. Did you mean:  cordial play {near}",
    "没有叫“{name}”的场景。是不是想写：cordial play {near}",
);
/// There is no such file.
pub const NO_FILE: Phrase = Phrase::new(
    "{file}: there is no such file. Scenarios that come with the command:  cordial play --list",
    "{file}：没有这个文件。自带的场景：cordial play --list",
);
/// It cannot be read.
pub const CANNOT_READ: Phrase = Phrase::new("{file}: {error}", "{file}：{error}");
/// Two flags name one file.
pub const SAME_FILE: Phrase = Phrase::new(
    "{flag} {file}: {other} names the same file. Give each a file of its own.",
    "{flag} {file}：{other} 也写这个文件。请给它们各用一个文件。",
);
/// A file cannot be written.
pub const CANNOT_WRITE: Phrase = Phrase::new(
    "{flag} {file}: {error}. Name a file that you may write.",
    "{flag} {file}：{error}。请换一个可写的文件。",
);
/// Over the lessons.
pub const LESSONS: Phrase = Phrase::new("Lessons:", "课程：");
/// Over the rows.
pub const ROWS: Phrase = Phrase::new(
    "What newcomers are told about handshake and close, each claim checked:",
    "初学者常听到的握手与挥手说法，逐条检验：",
);
/// Below the list.
pub const HOW_TO_PLAY: Phrase =
    Phrase::new("To see one:  cordial play last-ack-lost", "看其中一个：cordial play last-ack-lost");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        for phrase in
            [NO_SUCH, NO_SUCH_NEAR, NO_FILE, CANNOT_READ, SAME_FILE, CANNOT_WRITE, LESSONS, ROWS, HOW_TO_PLAY]
        {
            assert!(phrase.is_complete() && !phrase.zh.is_ascii(), "{phrase:?}");
        }
    }
}
