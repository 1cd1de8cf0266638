//! A whole script: options, then events.

use super::{Cursor, ParseError, Parsed, call, packet, time};
use crate::script::{Action, Event, Script, ScriptOption, Time};
use crate::words;
use std::time::Duration;

/// Reads all of a script.
pub(super) fn script(cursor: &mut Cursor<'_>) -> Parsed<Script> {
    let mut script = Script::default();
    cursor.space();
    while cursor.starts_with("--") {
        script.options.push(option(cursor)?);
        cursor.space();
    }
    while !cursor.is_at_end() {
        script.events.push(event(cursor)?);
        cursor.space();
    }
    Ok(script)
}

/// `--name=value`, up to the end of its line.
fn option(cursor: &mut Cursor<'_>) -> Parsed<ScriptOption> {
    let at = cursor.place();
    cursor.eat("--");
    let name = cursor.take_while(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-').to_owned();
    if name.is_empty() {
        return Err(cursor.expected(words::AN_OPTION));
    }
    cursor.blanks();
    let value = if cursor.eat("=") { cursor.line() } else { "" };
    let value = value.split("//").next().unwrap_or_default().trim().trim_matches('"').to_owned();
    Ok(ScriptOption { at, name, value })
}

fn event(cursor: &mut Cursor<'_>) -> Parsed<Event> {
    let at = cursor.place();
    let written = time::time(cursor)?;
    cursor.space();
    // What has no time, such as the commands before and after, happens when the event before is done.
    let (time, until) = written.unwrap_or((Time::After(Duration::ZERO), None));
    let action = action(cursor)?;
    check_time(at, time, until, &action)?;
    Ok(Event { at, time, until, action })
}

fn action(cursor: &mut Cursor<'_>) -> Parsed<Action> {
    let at = cursor.place();
    match cursor.peek() {
        Some('<') => {
            cursor.step();
            packet::packet(cursor, at).map(Action::Inject)
        }
        Some('>') => {
            cursor.step();
            packet::packet(cursor, at).map(Action::Expect)
        }
        Some('`') => {
            cursor.step();
            let command = cursor.until("`").ok_or_else(|| ParseError::wrong(at, words::NO_BACKTICK))?;
            Ok(Action::Shell(command.to_owned()))
        }
        Some('%') if cursor.eat("%{") => {
            let code = cursor.until("}%").ok_or_else(|| ParseError::wrong(at, words::NO_CODE_END))?;
            Ok(Action::Code(code.to_owned()))
        }
        Some(c) if c.is_ascii_alphabetic() || c == '_' => call::call(cursor).map(Action::Call),
        _ => Err(cursor.expected(words::AN_ACTION)),
    }
}

/// Only what the stack sends may come within a range or at any time; only a call may take time.
fn check_time(at: crate::script::Place, time: Time, until: Option<Duration>, action: &Action) -> Parsed<()> {
    let is_loose = matches!(time, Time::Between(..) | Time::AfterBetween(..) | Time::Any);
    if is_loose && !matches!(action, Action::Expect(_)) {
        return Err(ParseError::wrong(at, words::LOOSE_TIME));
    }
    if until.is_some() && !matches!(action, Action::Call(_)) {
        return Err(ParseError::wrong(at, words::UNTIL_WITHOUT_CALL));
    }
    Ok(())
}
