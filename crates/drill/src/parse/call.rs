//! A system call: `read(4, ..., 1000) = -1 EAGAIN (Resource temporarily unavailable)`.

use super::{Cursor, ParseError, Parsed};
use crate::script::{Call, Expected, Field, Value};
use crate::words;

/// Values inside values: a message with a list of records is three deep.
const MOST_DEPTH: usize = 16;

/// The call that stands here.
pub(super) fn call(cursor: &mut Cursor<'_>) -> Parsed<Call> {
    let at = cursor.place();
    let name = cursor.name().to_owned();
    cursor.expect("(")?;
    let mut args = Vec::new();
    cursor.space();
    while !cursor.eat(")") {
        let place = cursor.place();
        args.push((place, value(cursor, 0)?));
        comma_or(cursor, ")")?;
    }
    cursor.expect("=")?;
    cursor.space();
    let returns = expected(cursor)?;
    remark(cursor)?;
    Ok(Call { at, name, args, returns })
}

/// A comma that another value follows, or `end`, which stays.
fn comma_or(cursor: &mut Cursor<'_>, end: &str) -> Parsed<()> {
    cursor.space();
    if cursor.eat(",") {
        cursor.space();
        return Ok(());
    }
    if cursor.starts_with(end) { Ok(()) } else { Err(cursor.expected(words::COMMA_OR_END)) }
}

fn expected(cursor: &mut Cursor<'_>) -> Parsed<Expected> {
    if cursor.eat("...") {
        return Ok(Expected::Any);
    }
    let number = signed(cursor)?;
    cursor.blanks();
    let mut ahead = cursor.clone();
    let name = ahead.name();
    if number == -1 && name.starts_with('E') {
        *cursor = ahead;
        return Ok(Expected::Error(name.to_owned()));
    }
    Ok(Expected::Value(number))
}

/// What stands in parentheses behind a result: a remark for people.
fn remark(cursor: &mut Cursor<'_>) -> Parsed<()> {
    cursor.blanks();
    if !cursor.starts_with("(") {
        return Ok(());
    }
    let at = cursor.place();
    let mut depth = 0_u32;
    while let Some(c) = cursor.step() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Ok(());
        }
    }
    Err(ParseError::wrong(at, words::NO_PARENTHESIS))
}

fn signed(cursor: &mut Cursor<'_>) -> Parsed<i64> {
    let is_negative = cursor.eat("-");
    let number = cursor.number(i64::MAX as u64)? as i64;
    Ok(if is_negative { -number } else { number })
}

fn value(cursor: &mut Cursor<'_>, depth: usize) -> Parsed<Value> {
    if depth > MOST_DEPTH {
        return Err(ParseError::wrong(cursor.place(), words::TOO_DEEP));
    }
    match cursor.peek() {
        Some('[') => {
            cursor.step();
            Ok(Value::List(several(cursor, "]", depth)?))
        }
        Some('{') => {
            cursor.step();
            record(cursor, depth)
        }
        Some('"') => text(cursor),
        Some('.') if cursor.eat("...") => Ok(Value::Any),
        // Where a result is put is of no account: what is put there is.
        Some('&') => {
            cursor.step();
            named(cursor, depth)
        }
        Some(c) if c == '-' || c.is_ascii_digit() => signed(cursor).map(Value::Number),
        Some(c) if c.is_ascii_alphabetic() || c == '_' => named(cursor, depth),
        _ => Err(cursor.expected(words::A_VALUE)),
    }
}

fn several(cursor: &mut Cursor<'_>, end: &str, depth: usize) -> Parsed<Vec<Value>> {
    let mut values = Vec::new();
    cursor.space();
    while !cursor.eat(end) {
        values.push(value(cursor, depth + 1)?);
        comma_or(cursor, end)?;
    }
    Ok(values)
}

/// A text in quotes; a backslash takes the next character as it is.
fn text(cursor: &mut Cursor<'_>) -> Parsed<Value> {
    let at = cursor.place();
    cursor.step();
    let mut text = String::new();
    loop {
        match cursor.step() {
            Some('"') => return Ok(Value::Text(text)),
            Some('\\') => text.extend(cursor.step()),
            Some(c) => text.push(c),
            None => return Err(ParseError::wrong(at, words::NO_QUOTE)),
        }
    }
}

/// `O_RDWR|O_NONBLOCK`, `htons(8080)`.
fn named(cursor: &mut Cursor<'_>, depth: usize) -> Parsed<Value> {
    let name = cursor.name().to_owned();
    cursor.blanks();
    if cursor.eat("(") {
        return Ok(Value::Apply(name, several(cursor, ")", depth)?));
    }
    let mut names = vec![name];
    loop {
        cursor.space();
        if !cursor.eat("|") {
            return Ok(Value::Names(names));
        }
        cursor.space();
        let next = cursor.name();
        if next.is_empty() {
            return Err(cursor.expected(words::A_NAME));
        }
        names.push(next.to_owned());
    }
}

/// `{onoff=1, linger=0}`, `{..., 1000}`, `{msg_iov(1)=[...], ...}`.
fn record(cursor: &mut Cursor<'_>, depth: usize) -> Parsed<Value> {
    let mut fields = Vec::new();
    cursor.space();
    while !cursor.eat("}") {
        let name = field_name(cursor);
        fields.push(Field { name, value: value(cursor, depth + 1)? });
        comma_or(cursor, "}")?;
    }
    Ok(Value::Record(fields))
}

/// `name =` or `name(size) =`, gone past if it stands here.
fn field_name(cursor: &mut Cursor<'_>) -> Option<String> {
    let mut ahead = cursor.clone();
    let name = ahead.name();
    ahead.space();
    if ahead.eat("(") {
        ahead.until(")")?;
        ahead.space();
    }
    if name.is_empty() || !ahead.eat("=") {
        return None;
    }
    ahead.space();
    *cursor = ahead;
    Some(name.to_owned())
}
