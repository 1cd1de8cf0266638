//! What is wrong with an expression, and where.

use std::fmt;
use std::ops::Range;

use cordial_trace::Lang;
use cordial_trace::event::readable;
use cordial_trace::ladder::{width, wrap};
use cordial_trace::words::Phrase;

use super::Filter;
use crate::story::entries;

/// An expression that cannot be understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FilterError {
    text: String,
    /// The octets of `text` that are wrong.
    at: Range<usize>,
    why: Why,
}

/// What is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Why {
    NoSuchField(String),
    NoColon,
    BadValue(String),
    QuoteOpen,
    RegexOpen,
    BadRegex(String),
    NothingNegated,
    TooLong,
}

impl FilterError {
    pub(super) fn new(text: &str, at: Range<usize>, why: Why) -> Self {
        Self { text: text.to_owned(), at, why }
    }

    /// What is wrong, in one line.
    pub fn reason(&self, lang: Lang) -> String {
        match &self.why {
            Why::NoSuchField(field) => NO_FIELD.fill(lang, &[("field", &readable(field))]),
            Why::NoColon => NO_COLON.text(lang).to_owned(),
            Why::BadValue(field) => {
                let example = Filter::FIELDS.iter().find(|(name, _)| name == field).map_or("", |(_, e)| e);
                BAD_VALUE.fill(lang, &[("field", field), ("example", &spelled(example, lang))])
            }
            Why::QuoteOpen => QUOTE_OPEN.text(lang).to_owned(),
            Why::RegexOpen => REGEX_OPEN.text(lang).to_owned(),
            Why::BadRegex(why) => BAD_REGEX.fill(lang, &[("why", &readable(why))]),
            Why::NothingNegated => NOTHING_NEGATED.text(lang).to_owned(),
            Why::TooLong => TOO_LONG.text(lang).to_owned(),
        }
    }

    /// The column at which it goes wrong, from 0.
    pub fn column(&self) -> usize {
        width(&readable(self.text.get(..self.at.start).unwrap_or_default()))
    }

    /// What is wrong, where, and what may be written: several lines.
    pub fn explain(&self, lang: Lang) -> String {
        let marked = width(&readable(self.text.get(self.at.clone()).unwrap_or_default())).max(1);
        let mut out = format!("{}\n", self.reason(lang));
        if self.why != Why::TooLong {
            let (space, marks) = (" ".repeat(self.column()), "^".repeat(marked));
            out.push_str(&format!("    {}\n    {space}{marks}\n", readable(&self.text)));
        }
        if self.why == Why::BadValue("verdict".to_owned()) {
            out.push_str(&format!("{}\n", verdicts(lang)));
        }
        out.push_str(FIELDS.text(lang));
        for (name, example) in Filter::FIELDS {
            out.push_str(&format!("\n    {name}:{}", spelled(example, lang)));
        }
        out.push_str(&format!("\n    {}", OTHERS.text(lang)));
        out
    }
}

/// An example in words of the language.
fn spelled(example: &str, lang: Lang) -> String {
    match lang {
        Lang::En => example.to_owned(),
        Lang::Zh => example.replace(" (or worse)", "（或更糟）").replace(" or ", " 或 ").replace(", ", "、"),
    }
}

/// Every verdict there is, by id and name.
fn verdicts(lang: Lang) -> String {
    let mut names: Vec<String> = entries()
        .map(|entry| format!("{} {}", entry.id, if lang == Lang::Zh { entry.name } else { entry.slug }))
        .collect();
    names.sort_unstable();
    let list = format!("{} {}", VERDICTS.text(lang), names.join(COMMA.text(lang)));
    wrap(&list, 100, "    ").join("\n")
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.explain(Lang::En))
    }
}

impl std::error::Error for FilterError {}

const NO_FIELD: Phrase = Phrase::new("there is no field `{field}`", "没有叫“{field}”的字段");
const NO_COLON: Phrase = Phrase::new("a term is field:value, or /regex/", "每一项要写成 字段:值，或 /正则/");
const BAD_VALUE: Phrase = Phrase::new(
    "this is no value for `{field}`; say {field}:{example}",
    "“{field}”不能取这个值；例如 {field}:{example}",
);
const QUOTE_OPEN: Phrase = Phrase::new("the closing \" is missing", "缺少右引号 \"");
const REGEX_OPEN: Phrase = Phrase::new("the closing / is missing", "缺少结尾的 /");
const BAD_REGEX: Phrase = Phrase::new("not a regular expression: {why}", "正则表达式有误：{why}");
const NOTHING_NEGATED: Phrase = Phrase::new("a term must follow the !", "! 后面要紧跟一项");
const TOO_LONG: Phrase = Phrase::new("the expression is too long", "表达式太长");
const VERDICTS: Phrase = Phrase::new("Verdicts:", "可用结论：");
const COMMA: Phrase = Phrase::new(", ", "，");
const FIELDS: Phrase = Phrase::new("Fields:", "可用字段：");
const OTHERS: Phrase = Phrase::new(
    "/regex/ looks everywhere; several terms must all hold; ! before a term means not",
    "/正则/ 在各处查找；几项之间是“且”；项前加 ! 表示“非”",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        for phrase in [
            NO_FIELD,
            NO_COLON,
            BAD_VALUE,
            QUOTE_OPEN,
            REGEX_OPEN,
            BAD_REGEX,
            NOTHING_NEGATED,
            TOO_LONG,
            VERDICTS,
            FIELDS,
            OTHERS,
        ] {
            assert!(phrase.is_complete(), "{phrase:?}");
        }
    }
}
