//! What the environment says about the reader: language, characters, colour, width.

use std::env;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::os::fd::AsFd;

use clap::ValueEnum;
use cordial_trace::Lang;

use crate::args::{ColorArg, Face, LangArg};

/// Columns where nothing says how many there are.
const COLUMNS: u16 = 100;

/// How to write for whoever reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader {
    /// The language.
    pub lang: Lang,
    /// Only ASCII characters can be drawn.
    pub ascii: bool,
    /// With colour.
    pub color: bool,
    /// Columns of the terminal.
    pub columns: u16,
}

impl Reader {
    /// The reader of standard error.
    pub fn of_stderr(face: &Face) -> Self {
        Self::of_stream(face, &std::io::stderr())
    }

    /// The reader of standard output.
    pub fn of_stdout(face: &Face) -> Self {
        Self::of_stream(face, &std::io::stdout())
    }

    fn of_stream(face: &Face, stream: &(impl AsFd + IsTerminal)) -> Self {
        let size = rustix::termios::tcgetwinsize(stream.as_fd()).ok();
        let terminal = stream.is_terminal().then(|| size.map_or(0, |size| size.ws_col));
        Self::new(face, terminal, |name| env::var(name).ok())
    }

    /// The reader of a file.
    pub fn of_file(face: &Face) -> Self {
        Self::new(face, None, |name| env::var(name).ok())
    }

    /// `terminal` has the columns of the terminal that is written to, 0 if it does not say.
    fn new(face: &Face, terminal: Option<u16>, env: impl Fn(&str) -> Option<String>) -> Self {
        let env = |name: &str| env(name).filter(|value| !value.is_empty());
        let term = env("TERM").unwrap_or_default();
        let color = match face.color {
            ColorArg::Always => true,
            ColorArg::Never => false,
            ColorArg::Auto => terminal.is_some() && env("NO_COLOR").is_none() && term != "dumb",
        };
        let asked = env("COLUMNS").and_then(|columns| columns.parse().ok()).filter(|&columns| columns > 0);
        Self {
            lang: language(face, &env),
            // A file or pipe is read elsewhere, but by the same reader: the locale holds for it, the terminal does not.
            ascii: face.ascii
                || !draws_unicode(&env)
                || (terminal.is_some() && ["linux", "dumb"].contains(&term.as_str())),
            color,
            columns: asked.or(terminal.filter(|&columns| columns > 0)).unwrap_or(COLUMNS),
        }
    }
}

/// The language that a command line asks for, before it is read: that of `--lang` if it is there, else the locale's.
pub fn of_command_line(words: impl Iterator<Item = OsString>) -> Lang {
    let words: Vec<OsString> = words.take_while(|word| word != "--").collect();
    let asked =
        words.iter().enumerate().find_map(|(at, word)| match word.to_str()?.strip_prefix("--lang")? {
            "" => words.get(at + 1)?.to_str(),
            value => value.strip_prefix('='),
        });
    let lang = asked.and_then(|asked| LangArg::from_str(asked, false).ok());
    let env = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    language(&Face { lang, color: ColorArg::Auto, ascii: false }, &env)
}

fn language(face: &Face, env: &impl Fn(&str) -> Option<String>) -> Lang {
    match face.lang {
        Some(LangArg::En) => return Lang::En,
        Some(LangArg::Zh) => return Lang::Zh,
        None => {}
    }
    let locale = env("LC_ALL").or_else(|| env("LC_MESSAGES")).or_else(|| env("LANG")).unwrap_or_default();
    let tongue = locale.split(['_', '.', '@', '-']).next().unwrap_or_default();
    // In another character set our Chinese could not be read; English can.
    if tongue.eq_ignore_ascii_case("zh") && draws_unicode(env) { Lang::Zh } else { Lang::En }
}

/// False if the locale names a character set other than UTF-8. Without a locale, as in many
/// containers, the terminal outside is a modern one.
fn draws_unicode(env: &impl Fn(&str) -> Option<String>) -> bool {
    let Some(locale) = env("LC_ALL").or_else(|| env("LC_CTYPE")).or_else(|| env("LANG")) else { return true };
    let locale = locale.split('@').next().unwrap_or_default();
    match locale.split_once('.') {
        Some((_, set)) => ["utf-8", "utf8"].iter().any(|name| set.eq_ignore_ascii_case(name)),
        None => locale != "C" && locale != "POSIX",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Face = Face { lang: None, color: ColorArg::Auto, ascii: false };

    fn reader(face: &Face, terminal: Option<u16>, env: &[(&str, &str)]) -> Reader {
        let find =
            |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Reader::new(face, terminal, find)
    }

    fn lang(env: &[(&str, &str)]) -> Lang {
        reader(&PLAIN, None, env).lang
    }

    #[test]
    fn the_language_is_the_locales() {
        assert_eq!(lang(&[]), Lang::En);
        assert_eq!(lang(&[("LANG", "zh_CN.UTF-8")]), Lang::Zh);
        assert_eq!(lang(&[("LANG", "zh")]), Lang::Zh);
        assert_eq!(lang(&[("LANG", "zha_CN")]), Lang::En);
        assert_eq!(lang(&[("LANG", "zh_CN.UTF-8"), ("LC_MESSAGES", "en_US.UTF-8")]), Lang::En);
        assert_eq!(lang(&[("LC_ALL", "zh_TW"), ("LC_MESSAGES", "en_US.UTF-8"), ("LANG", "C")]), Lang::Zh);
        assert_eq!(lang(&[("LC_ALL", ""), ("LANG", "zh_CN.UTF-8")]), Lang::Zh);
        assert_eq!(lang(&[("LANG", "zh_CN.GB18030")]), Lang::En, "GB18030 is not what we write");
        assert_eq!(lang(&[("LANG", "zh_CN.UTF-8"), ("LC_CTYPE", "C")]), Lang::En);
    }

    #[test]
    fn the_flag_comes_before_the_locale() {
        let zh = Face { lang: Some(LangArg::Zh), ..PLAIN };
        assert_eq!(reader(&zh, None, &[("LC_ALL", "en_US.UTF-8")]).lang, Lang::Zh);
        let en = Face { lang: Some(LangArg::En), ..PLAIN };
        assert_eq!(reader(&en, None, &[("LC_ALL", "zh_CN.UTF-8")]).lang, Lang::En);
    }

    #[test]
    fn colour_is_for_terminals_that_want_it() {
        let color = |face: &Face, terminal, env: &[(&str, &str)]| reader(face, terminal, env).color;
        assert!(color(&PLAIN, Some(80), &[]));
        assert!(color(&PLAIN, Some(80), &[("NO_COLOR", "")]));
        assert!(!color(&PLAIN, None, &[]));
        assert!(!color(&PLAIN, Some(80), &[("NO_COLOR", "1")]));
        assert!(!color(&PLAIN, Some(80), &[("TERM", "dumb")]));
        assert!(color(&Face { color: ColorArg::Always, ..PLAIN }, None, &[("NO_COLOR", "1")]));
        assert!(!color(&Face { color: ColorArg::Never, ..PLAIN }, Some(80), &[]));
    }

    #[test]
    fn a_terminal_of_another_character_set_gets_ascii() {
        let ascii = |terminal, env: &[(&str, &str)]| reader(&PLAIN, terminal, env).ascii;
        assert!(!ascii(Some(80), &[]));
        assert!(!ascii(Some(80), &[("LANG", "en_US.utf8")]));
        assert!(!ascii(Some(80), &[("LANG", "zh_CN")]));
        assert!(ascii(Some(80), &[("LANG", "zh_CN.GB18030")]));
        assert!(ascii(Some(80), &[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")]));
        assert!(ascii(Some(80), &[("TERM", "linux"), ("LANG", "en_US.UTF-8")]));
        assert!(ascii(Some(80), &[("TERM", "dumb"), ("LANG", "en_US.UTF-8")]));
        assert!(ascii(None, &[("LC_ALL", "C")]), "a pipe's reader has the same locale");
        assert!(!ascii(None, &[("TERM", "dumb"), ("LANG", "C.UTF-8")]), "but perhaps not this terminal");
        assert!(reader(&Face { ascii: true, ..PLAIN }, None, &[]).ascii);
    }

    #[test]
    fn the_width_is_what_columns_says_or_the_terminal() {
        let columns = |terminal, env: &[(&str, &str)]| reader(&PLAIN, terminal, env).columns;
        assert_eq!(columns(None, &[]), 100);
        assert_eq!(columns(Some(132), &[]), 132);
        assert_eq!(columns(Some(0), &[]), 100);
        assert_eq!(columns(Some(132), &[("COLUMNS", "80")]), 80);
        assert_eq!(columns(Some(132), &[("COLUMNS", "wide")]), 132);
        assert_eq!(columns(None, &[("COLUMNS", "0")]), 100);
    }
}
