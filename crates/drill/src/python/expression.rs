//! Expressions, by Python's order of precedence.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::Trouble;
use super::token::Token;
use super::value::Value;
use crate::{Said, info, words};

/// Expressions inside expressions; more would be a script that tests its reader.
const MOST_DEPTH: usize = 64;

/// Reads an expression and gives its value in the same pass.
pub(super) struct Reader<'a> {
    rest: &'a [Token],
    names: &'a BTreeMap<String, Value>,
    depth: usize,
}

type Evaluated = Result<Value, Trouble>;

/// Signs between two values, weakest first: each row binds alike.
const LEVELS: &[&[&str]] = &[&["|"], &["^"], &["&"], &["<<", ">>"], &["+", "-"], &["*", "/", "//", "%"]];

impl<'a> Reader<'a> {
    pub(super) fn new(tokens: &'a [Token], names: &'a BTreeMap<String, Value>) -> Self {
        Self { rest: tokens, names, depth: 0 }
    }

    /// The value of all of it; several with commas are a tuple.
    pub(super) fn whole(mut self) -> Evaluated {
        let first = self.choice()?;
        let mut values = vec![first];
        while self.eat(",") {
            if !self.rest.is_empty() {
                values.push(self.choice()?);
            }
        }
        if !self.rest.is_empty() {
            return Err(self.beyond());
        }
        match values.len() {
            1 => values.pop().ok_or_else(|| self.beyond()),
            _ => Ok(Value::Several(values)),
        }
    }

    /// `A if C else B`
    fn choice(&mut self) -> Evaluated {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(self.beyond());
        }
        let value = self.or()?;
        let chosen = if self.eat_word("if") {
            let condition = self.or()?;
            if !self.eat_word("else") {
                return Err(self.beyond());
            }
            let other = self.choice()?;
            if condition.is_true() { value } else { other }
        } else {
            value
        };
        self.depth -= 1;
        Ok(chosen)
    }

    fn or(&mut self) -> Evaluated {
        let mut value = self.and()?;
        while self.eat_word("or") {
            let other = self.and()?;
            value = if value.is_true() { value } else { other };
        }
        Ok(value)
    }

    fn and(&mut self) -> Evaluated {
        let mut value = self.not()?;
        while self.eat_word("and") {
            let other = self.not()?;
            value = if value.is_true() { other } else { value };
        }
        Ok(value)
    }

    fn not(&mut self) -> Evaluated {
        let mut inverts = None;
        while self.eat_word("not") {
            inverts = Some(!inverts.unwrap_or(false));
        }
        let value = self.comparison()?;
        Ok(match inverts {
            None => value,
            Some(inverts) => Value::truth(value.is_true() != inverts),
        })
    }

    /// `1 < a <= 3`: each pair has to hold.
    fn comparison(&mut self) -> Evaluated {
        let mut left = self.binary(0)?;
        let mut holds = None;
        while let Some(sign) = self.comparator() {
            let right = self.binary(0)?;
            let this = self.compare(sign, &left, &right)?;
            holds = Some(holds.unwrap_or(true) && this);
            left = right;
        }
        Ok(holds.map_or(left, Value::truth))
    }

    fn comparator(&mut self) -> Option<&'static str> {
        for sign in ["==", "!=", "<=", ">=", "<", ">"] {
            if self.eat(sign) {
                return Some(sign);
            }
        }
        if self.eat_word("in") {
            return Some("in");
        }
        if self.eat_word("is") {
            return Some(if self.eat_word("not") { "!=" } else { "==" });
        }
        match self.rest {
            [Token::Name(not), Token::Name(word), rest @ ..] if not == "not" && word == "in" => {
                self.rest = rest;
                Some("not in")
            }
            _ => None,
        }
    }

    fn compare(&self, sign: &str, left: &Value, right: &Value) -> Result<bool, Trouble> {
        let ordered = || left.order(right).ok_or_else(|| self.wrong());
        Ok(match sign {
            "==" => left.equals(right),
            "!=" => !left.equals(right),
            "<" => ordered()? == Ordering::Less,
            "<=" => ordered()? != Ordering::Greater,
            ">" => ordered()? == Ordering::Greater,
            ">=" => ordered()? != Ordering::Less,
            "in" | "not in" => {
                let is_in = match (left, right) {
                    (_, Value::Several(values)) => values.iter().any(|value| value.equals(left)),
                    (Value::Text(part), Value::Text(text)) => text.contains(part.as_str()),
                    _ => return Err(self.wrong()),
                };
                is_in == (sign == "in")
            }
            _ => return Err(self.beyond()),
        })
    }

    /// Signs of one level and everything that binds more tightly.
    fn binary(&mut self, level: usize) -> Evaluated {
        let Some(signs) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        loop {
            let Some(sign) = signs.iter().copied().find(|sign| self.eat(sign)) else { return Ok(left) };
            let right = self.binary(level + 1)?;
            left = self.apply(sign, &left, &right)?;
        }
    }

    fn unary(&mut self) -> Evaluated {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(self.beyond());
        }
        let value = if self.eat("-") {
            let value = self.unary()?;
            self.apply("-", &Value::Number(0), &value)
        } else if self.eat("+") {
            self.unary()
        } else if self.eat("~") {
            match self.unary()? {
                Value::Number(number) => Ok(Value::Number(!number)),
                _ => Err(self.wrong()),
            }
        } else {
            self.power()
        };
        self.depth -= 1;
        value
    }

    fn power(&mut self) -> Evaluated {
        let base = self.atom()?;
        if !self.eat("**") {
            return Ok(base);
        }
        let exponent = self.unary()?;
        self.apply("**", &base, &exponent)
    }

    fn apply(&self, sign: &str, left: &Value, right: &Value) -> Evaluated {
        if let (Value::Text(left), "+", Value::Text(right)) = (left, sign, right) {
            return Ok(Value::Text(format!("{left}{right}")));
        }
        match (left, right) {
            (Value::Number(left), Value::Number(right)) => {
                whole(sign, *left, *right).ok_or_else(|| self.wrong())
            }
            _ => {
                let (left, right) = left.real().zip(right.real()).ok_or_else(|| self.wrong())?;
                real(sign, left, right).ok_or_else(|| self.wrong())
            }
        }
    }

    fn atom(&mut self) -> Evaluated {
        let [first, rest @ ..] = self.rest else { return Err(self.beyond()) };
        self.rest = rest;
        match first {
            Token::Whole(number) => Ok(Value::Number(*number)),
            Token::Real(number) => Ok(Value::Real(*number)),
            Token::Text(text) => Ok(Value::Text(text.clone())),
            Token::Sign("(") => self.several(")", false),
            Token::Sign("[") => self.several("]", true),
            Token::Name(name) if self.eat("(") => {
                let Value::Several(args) = self.several(")", true)? else { return Err(self.beyond()) };
                self.call(name, &args)
            }
            Token::Name(name) => self.named(name),
            Token::Sign(_) => Err(self.beyond()),
        }
    }

    /// Values up to `end`. One alone in parentheses is itself.
    fn several(&mut self, end: &str, is_list: bool) -> Evaluated {
        let mut values = Vec::new();
        let mut has_comma = false;
        while !self.eat(end) {
            values.push(self.choice()?);
            if self.eat(",") {
                has_comma = true;
            } else if !self.peek_is(end) {
                return Err(self.beyond());
            }
        }
        match values.len() {
            1 if !is_list && !has_comma => values.pop().ok_or_else(|| self.beyond()),
            _ => Ok(Value::Several(values)),
        }
    }

    fn named(&self, name: &str) -> Evaluated {
        if let Some(value) = self.names.get(name) {
            return Ok(value.clone());
        }
        match name {
            "True" => Ok(Value::truth(true)),
            "False" => Ok(Value::truth(false)),
            "None" => Ok(Value::None),
            _ => match info::constant(name) {
                Some(number) => Ok(Value::Number(number)),
                None => Err(Trouble::Beyond(Said::new(words::NO_INFO_FIELD).with("name", name))),
            },
        }
    }

    fn call(&self, name: &str, args: &[Value]) -> Evaluated {
        let extreme = |wanted: Ordering| {
            let mut args = args.iter();
            let first = args.next()?;
            args.try_fold(first, |best, next| Some(if next.order(best)? == wanted { next } else { best }))
                .cloned()
        };
        let value = match (name, args) {
            ("abs", [Value::Number(number)]) => number.checked_abs().map(Value::Number),
            ("abs", [Value::Real(number)]) => Some(Value::Real(number.abs())),
            ("min", [_, _, ..]) => extreme(Ordering::Less),
            ("max", [_, _, ..]) => extreme(Ordering::Greater),
            ("int", [value]) => value.real().map(|number| Value::Number(number as i64)),
            ("float", [value]) => value.real().map(Value::Real),
            ("str", [value]) => Some(Value::Text(value.to_string())),
            ("bool", [value]) => Some(Value::truth(value.is_true())),
            ("len", [Value::Text(text)]) => Some(Value::Number(text.chars().count() as i64)),
            ("len", [Value::Several(values)]) => Some(Value::Number(values.len() as i64)),
            _ => return Err(Trouble::Beyond(Said::new(words::NO_PYTHON).with("code", format!("{name}()")))),
        };
        value.ok_or_else(|| self.wrong())
    }

    fn eat(&mut self, sign: &str) -> bool {
        let is_here = self.peek_is(sign);
        if is_here {
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
        is_here
    }

    fn peek_is(&self, sign: &str) -> bool {
        matches!(self.rest.first(), Some(Token::Sign(its)) if *its == sign)
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let is_here = matches!(self.rest.first(), Some(Token::Name(name)) if name == word);
        if is_here {
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
        is_here
    }

    fn beyond(&self) -> Trouble {
        Trouble::Beyond(Said::new(words::NO_PYTHON).with("code", "..."))
    }

    fn wrong(&self) -> Trouble {
        Trouble::Wrong(words::NO_VALUE.into())
    }
}

/// Whole numbers; none where there is no result.
fn whole(sign: &str, left: i64, right: i64) -> Option<Value> {
    let number = match sign {
        "+" => left.checked_add(right)?,
        "-" => left.checked_sub(right)?,
        "*" => left.checked_mul(right)?,
        "/" => return real(sign, left as f64, right as f64),
        // Python rounds down, and the remainder has the sign of the divisor.
        "//" => left.checked_sub(floor_mod(left, right)?)?.checked_div(right)?,
        "%" => floor_mod(left, right)?,
        "**" => left.checked_pow(u32::try_from(right).ok()?)?,
        "&" => left & right,
        "|" => left | right,
        "^" => left ^ right,
        "<<" => left.checked_shl(u32::try_from(right).ok()?)?,
        ">>" => left.checked_shr(u32::try_from(right).ok()?)?,
        _ => return None,
    };
    Some(Value::Number(number))
}

fn floor_mod(left: i64, right: i64) -> Option<i64> {
    let rest = left.checked_rem(right)?;
    Some(if rest != 0 && (rest < 0) != (right < 0) { rest + right } else { rest })
}

/// Numbers with fractions; none where there is no result.
fn real(sign: &str, left: f64, right: f64) -> Option<Value> {
    let number = match sign {
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,
        "/" | "//" | "%" if right == 0.0 => return None,
        "/" => left / right,
        "//" => (left / right).floor(),
        "%" => left - right * (left / right).floor(),
        "**" => left.powf(right),
        _ => return None,
    };
    Some(Value::Real(number))
}
