//! What a person reads, in the two languages.

use std::fmt;

/// The same in English and in Chinese.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Both {
    pub(super) en: &'static str,
    pub(super) zh: &'static str,
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tongue {
    English,
    Chinese,
}

impl Both {
    pub(super) const fn new(en: &'static str, zh: &'static str) -> Self {
        Self { en, zh }
    }

    pub(super) const fn text(self, tongue: Tongue) -> &'static str {
        match tongue {
            Tongue::English => self.en,
            Tongue::Chinese => self.zh,
        }
    }
}

/// Something that is written in either language.
pub(super) trait Speak {
    fn speak(&self, tongue: Tongue, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

/// What [`Speak`] says in Chinese, to be displayed; English is what `Display` says by itself.
pub(super) struct InChinese<'a, T>(pub(super) &'a T);

impl<T: Speak> fmt::Display for InChinese<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.speak(Tongue::Chinese, f)
    }
}
