//! Why a value is none, in both languages.

use std::fmt;

use cordial_trace::Lang;
use cordial_trace::words::Phrase;

/// What is wrong with a value, or what to write instead. `Display` is English; Chinese readers are told by `chinese`.
#[derive(Debug, Clone, Copy)]
pub struct Reason(pub Phrase);

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.text(Lang::En))
    }
}

impl std::error::Error for Reason {}
