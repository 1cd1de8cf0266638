//! The part of Python that assertions use: statements of one line, expressions over numbers and texts.
//!
//! The text of all blocks is one program: what one block assigns the next one finds. Each block sees the fields of
//! TCP_INFO as they are where it stands.

mod expression;
mod token;
mod value;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::info::Fields;
use crate::report::Stop;
use crate::{Said, words};
use expression::Reader;
use token::{Token, tokens};
use value::Value;

/// A program that runs block by block.
#[derive(Clone, Debug, Default)]
pub(crate) struct Python {
    names: BTreeMap<String, Value>,
    printed: String,
}

/// Why an expression has no value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Trouble {
    /// It is beyond what is understood here: why.
    Beyond(Said),
    /// It has no value: why.
    Wrong(Said),
}

impl Trouble {
    fn stop(self) -> Stop {
        match self {
            Self::Beyond(said) => Stop::skip(said),
            Self::Wrong(said) => Stop::fail(said),
        }
    }
}

impl Python {
    /// What was printed.
    pub(crate) fn into_printed(self) -> String {
        self.printed
    }

    /// Runs a block with the fields of TCP_INFO as they are now.
    pub(crate) fn run(&mut self, code: &str, fields: &Fields) -> Result<(), Stop> {
        for (name, value) in fields {
            self.names.insert((*name).to_owned(), Value::Number(*value));
        }
        // A backslash at its end carries a line on.
        for line in code.replace("\\\n", " ").lines() {
            let tokens = tokens(line).map_err(Trouble::stop)?;
            for statement in tokens.split(|token| *token == Token::Sign(";")) {
                self.statement(statement, line.trim())?;
            }
        }
        Ok(())
    }

    fn statement(&mut self, tokens: &[Token], line: &str) -> Result<(), Stop> {
        match tokens {
            [] => Ok(()),
            [Token::Name(word)] if word == "pass" => Ok(()),
            [Token::Name(word), rest @ ..] if word == "assert" => self.assert(rest, line),
            [Token::Name(word), Token::Sign("("), rest @ .., Token::Sign(")")] if word == "print" => {
                self.print(rest)
            }
            [Token::Name(word), rest @ ..] if word == "print" => self.print(rest),
            [Token::Name(word), rest @ ..] if word == "if" => self.condition(rest, line),
            [Token::Name(word), ..] if BEYOND.contains(&word.as_str()) => {
                Err(Stop::skip(Said::new(words::NO_PYTHON).with("code", line)))
            }
            [Token::Name(name), Token::Sign("="), rest @ ..] => {
                let value = self.value(rest).map_err(Trouble::stop)?;
                self.names.insert(name.clone(), value);
                Ok(())
            }
            [Token::Name(name), Token::Sign(sign), Token::Sign("="), rest @ ..] => {
                let mut whole = vec![Token::Name(name.clone()), Token::Sign(sign), Token::Sign("(")];
                whole.extend_from_slice(rest);
                whole.push(Token::Sign(")"));
                let value = self.value(&whole).map_err(Trouble::stop)?;
                self.names.insert(name.clone(), value);
                Ok(())
            }
            // An expression by itself has no effect, but has to have a value.
            _ => self.value(tokens).map(drop).map_err(Trouble::stop),
        }
    }

    /// `assert CONDITION` or `assert CONDITION, SHOWN`
    fn assert(&mut self, tokens: &[Token], line: &str) -> Result<(), Stop> {
        let parts = at_commas(tokens);
        let (condition, shown) = match parts.as_slice() {
            [condition] => (*condition, None),
            [condition, shown] => (*condition, Some(*shown)),
            _ => return Err(Stop::skip(Said::new(words::NO_PYTHON).with("code", line))),
        };
        if self.value(condition).map_err(Trouble::stop)?.is_true() {
            return Ok(());
        }
        let text = line.to_owned();
        let shown = match shown {
            Some(shown) => self.value(shown).map_err(Trouble::stop)?.to_string(),
            None => self.named_values(condition),
        };
        let said = Said::new(words::ASSERTION_FAILED).with("code", text);
        Err(Stop::fail(said.with("shown", shown)))
    }

    fn print(&mut self, tokens: &[Token]) -> Result<(), Stop> {
        let mut between = "";
        for part in at_commas(tokens) {
            let value = self.value(part).map_err(Trouble::stop)?;
            let _ = write!(self.printed, "{between}{value}");
            between = " ";
        }
        self.printed.push('\n');
        Ok(())
    }

    /// `if CONDITION: STATEMENT` on one line.
    fn condition(&mut self, tokens: &[Token], line: &str) -> Result<(), Stop> {
        let beyond = || Stop::skip(Said::new(words::NO_PYTHON).with("code", line));
        let colon = tokens.iter().position(|token| *token == Token::Sign(":")).ok_or_else(beyond)?;
        let (condition, body) = tokens.split_at(colon);
        let body = body.get(1..).filter(|body| !body.is_empty()).ok_or_else(beyond)?;
        match self.value(condition).map_err(Trouble::stop)?.is_true() {
            true => self.statement(body, line),
            false => Ok(()),
        }
    }

    fn value(&self, tokens: &[Token]) -> Result<Value, Trouble> {
        Reader::new(tokens, &self.names).whole()
    }

    /// The names in an expression and what they are: what a failed assertion shows when it says nothing itself.
    fn named_values(&self, tokens: &[Token]) -> String {
        let named = tokens.iter().filter_map(|token| match token {
            Token::Name(name) => self.names.get(name).map(|value| format!("{name} = {value}")),
            _ => None,
        });
        named.collect::<Vec<_>>().join(", ")
    }
}

/// What Python has and assertions rarely use.
const BEYOND: &[&str] = &[
    "import", "from", "def", "class", "for", "while", "try", "except", "with", "lambda", "return", "else",
    "elif", "global", "del", "raise", "exec",
];

/// The parts between commas that stand in no parentheses; none of nothing.
fn at_commas(tokens: &[Token]) -> Vec<&[Token]> {
    if tokens.is_empty() {
        return Vec::new();
    }
    let mut depth = 0_i32;
    tokens
        .split(|token| {
            match token {
                Token::Sign("(" | "[") => depth += 1,
                Token::Sign(")" | "]") => depth -= 1,
                _ => {}
            }
            depth == 0 && *token == Token::Sign(",")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Outcome;

    fn run(code: &str) -> (Result<(), Stop>, String) {
        let mut python = Python::default();
        let fields = Fields::from([("tcpi_snd_cwnd", 10), ("tcpi_options", 7), ("tcpi_state", 1)]);
        let result = python.run(code, &fields);
        (result, python.into_printed())
    }

    #[test]
    fn what_holds_holds() {
        for code in [
            "assert tcpi_snd_cwnd == 10, tcpi_snd_cwnd",
            "assert 5 < tcpi_snd_cwnd <= 10",
            "assert tcpi_options & 2 and not tcpi_options & 8",
            "assert (tcpi_options & TCPI_OPT_TIMESTAMPS) != 0, tcpi_options",
            "assert tcpi_state == TCP_ESTABLISHED",
            "x = 3; x += 4; assert x == 7 and x * 2 - 1 == 13",
            "assert abs(-3) == 3 and min(4, 2) == 2 and max(4, 2) == 4 and int(7.9) == 7",
            "assert 7 // 2 == 3 and 7 / 2 == 3.5 and -7 // 2 == -4 and -7 % 3 == 2 and 2 ** 10 == 1024",
            "assert 1 << 4 == 16 and 0x10 >> 2 == 4 and 6 ^ 3 == 5 and ~0 == -1",
            "assert 'a' + 'b' == \"ab\" and 3 in (1, 2, 3) and 4 not in [1, 2]",
            "assert (1 if tcpi_snd_cwnd > 5 else 2) == 1",
            "if tcpi_snd_cwnd > 5: assert True",
            "if tcpi_snd_cwnd > 50: assert False",
            "assert True, 'never seen' # nor this",
            "assert True; \\\nassert True",
            "assert 10 - 3 - 2 == 5 and 2 + 3 * 4 == 14 and -2 ** 2 == -4",
        ] {
            assert_eq!(run(code).0, Ok(()), "{code}");
        }
    }

    #[test]
    fn what_does_not_hold_fails_and_shows_its_value() {
        let (result, _) = run("assert tcpi_snd_cwnd == 11, tcpi_snd_cwnd");
        let stop = result.expect_err("ten is not eleven");
        assert_eq!(stop.outcome, Outcome::Fail);
        assert!(stop.said.text(cordial_trace::Lang::En).contains("10"), "{stop:?}");
        for code in ["assert 1 > 2", "assert not True", "assert 1 / 0", "assert 1 < 2 > 3"] {
            assert_eq!(run(code).0.expect_err(code).outcome, Outcome::Fail, "{code}");
        }
    }

    #[test]
    fn what_is_beyond_it_is_skipped() {
        for code in [
            "import os",
            "for i in range(3): pass",
            "assert tcpi_no_such == 1",
            "x = open('f')",
            "assert a.b",
        ] {
            assert_eq!(run(code).0.expect_err(code).outcome, Outcome::Skip, "{code}");
        }
    }

    #[test]
    fn what_is_printed_is_kept() {
        assert_eq!(run("print(tcpi_snd_cwnd, 'segments'); print 1").1, "10 segments\n1\n");
    }

    #[test]
    fn depth_is_bounded() {
        let code = format!("assert {}1{}", "(".repeat(10_000), ")".repeat(10_000));
        assert_eq!(run(&code).0.expect_err("too deep").outcome, Outcome::Skip);
        let code = format!("assert {}1", "-".repeat(10_000));
        assert_eq!(run(&code).0.expect_err("too deep").outcome, Outcome::Skip);
    }
}
