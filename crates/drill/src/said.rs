//! What is said to a person: a phrase in both languages, and what goes into its places.

use std::fmt;

use cordial_trace::Lang;
use cordial_trace::words::Phrase;

/// A sentence that waits to be read in one language or the other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    phrase: Phrase,
    fills: Vec<(&'static str, Word)>,
}

/// What fills a place.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Word {
    /// The same in every language.
    Plain(String),
    /// A sentence of its own.
    Said(Said),
    /// Several of them.
    Several(Vec<Said>),
}

impl Said {
    /// A phrase without places, or with places yet to be filled.
    pub const fn new(phrase: Phrase) -> Self {
        Self { phrase, fills: Vec::new() }
    }

    /// With `words` in the place `name`.
    #[must_use]
    pub fn with(mut self, name: &'static str, words: impl fmt::Display) -> Self {
        self.fills.push((name, Word::Plain(words.to_string())));
        self
    }

    /// With another sentence in the place `name`.
    #[must_use]
    pub fn with_said(mut self, name: &'static str, said: impl Into<Said>) -> Self {
        self.fills.push((name, Word::Said(said.into())));
        self
    }

    /// With several sentences in the place `name`, one after the other.
    #[must_use]
    pub fn with_several(mut self, name: &'static str, said: Vec<Said>) -> Self {
        self.fills.push((name, Word::Several(said)));
        self
    }

    /// In one language.
    pub fn text(&self, lang: Lang) -> String {
        let words: Vec<(&'static str, String)> =
            self.fills.iter().map(|(name, word)| (*name, word.text(lang))).collect();
        let fills: Vec<(&str, &str)> = words.iter().map(|(name, words)| (*name, words.as_str())).collect();
        self.phrase.fill(lang, &fills)
    }
}

impl Word {
    fn text(&self, lang: Lang) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Said(said) => said.text(lang),
            Self::Several(several) => {
                let between = if lang == Lang::Zh { "；" } else { "; " };
                several.iter().map(|said| said.text(lang)).collect::<Vec<_>>().join(between)
            }
        }
    }
}

impl From<Phrase> for Said {
    fn from(phrase: Phrase) -> Self {
        Self::new(phrase)
    }
}
