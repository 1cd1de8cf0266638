//! From text to a [`Script`].
//!
//! There is no separate lexer: what a character means depends on where it stands (`.` is a flag, a part of a number, a
//! third of an ellipsis), so every rule reads characters through a [`Cursor`].

mod call;
mod condition;
mod cursor;
mod event;
mod icmp;
mod options;
mod packet;
mod time;

use crate::script::{Place, Script};
use crate::{Profile, Said};
pub(crate) use cursor::Cursor;

/// Why a text is no script that can be run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// Where it stops making sense.
    pub at: Place,
    /// What was expected there, or what is not known here.
    pub said: Said,
    /// Whether the text is right in a dialect that is known and not spoken: such a script is skipped.
    pub is_dialect: bool,
}

/// What a rule gives.
pub(crate) type Parsed<T> = Result<T, ParseError>;

impl ParseError {
    /// The text is wrong.
    pub(crate) fn wrong(at: Place, said: impl Into<Said>) -> Self {
        Self { at, said: said.into(), is_dialect: false }
    }

    /// The text is right, and not for us.
    pub(crate) fn dialect(at: Place, said: impl Into<Said>) -> Self {
        Self { at, said: said.into(), is_dialect: true }
    }
}

/// Reads a script. `profile` decides which names `#ifdef` finds defined.
///
/// # Errors
///
/// [`ParseError`]: the first place that is wrong, or that is in a dialect that is not spoken here.
pub fn parse(text: &str, profile: Profile) -> Result<Script, ParseError> {
    let kept = condition::keep(text, profile)?;
    event::script(&mut Cursor::new(&kept))
}
