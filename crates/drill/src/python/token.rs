//! The words and signs of a line.

use super::Trouble;
use crate::{Said, words};

/// A word or sign.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Token {
    /// A name or a keyword.
    Name(String),
    /// A whole number.
    Whole(i64),
    /// A number with a fraction.
    Real(f64),
    /// A text.
    Text(String),
    /// A sign.
    Sign(&'static str),
}

/// Signs, those of two characters first.
const SIGNS: &[&str] = &[
    "==", "!=", "<=", ">=", "<<", ">>", "//", "**", "<", ">", "(", ")", "[", "]", "+", "-", "*", "/", "%",
    "&", "|", "^", "~", ",", ";", ":", "=", ".",
];

/// All of a line, up to a comment.
pub(crate) fn tokens(line: &str) -> Result<Vec<Token>, Trouble> {
    let mut rest = line.trim();
    let mut tokens = Vec::new();
    while let Some(c) = rest.chars().next() {
        if c == '#' {
            break;
        }
        let (token, after) = token(rest, c)?;
        tokens.push(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}

fn token(rest: &str, first: char) -> Result<(Token, &str), Trouble> {
    let beyond = || Trouble::Beyond(Said::new(words::NO_PYTHON).with("code", rest));
    if first == '"' || first == '\'' {
        let (text, after) = rest.get(1..).and_then(|rest| rest.split_once(first)).ok_or_else(beyond)?;
        return Ok((Token::Text(text.to_owned()), after));
    }
    let is_number = first.is_ascii_digit();
    if is_number || first.is_alphabetic() || first == '_' {
        let belongs = |c: char| c.is_alphanumeric() || c == '_' || (is_number && c == '.');
        let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let token = if is_number { number(word).ok_or_else(beyond)? } else { Token::Name(word.to_owned()) };
        return Ok((token, after));
    }
    let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign)).ok_or_else(beyond)?;
    Ok((Token::Sign(sign), rest.get(sign.len()..).unwrap_or_default()))
}

fn number(word: &str) -> Option<Token> {
    if let Some(digits) = word.strip_prefix("0x") {
        return i64::from_str_radix(digits, 16).ok().map(Token::Whole);
    }
    word.parse().ok().map(Token::Whole).or_else(|| word.parse().ok().map(Token::Real))
}
