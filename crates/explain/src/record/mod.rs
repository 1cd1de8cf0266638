//! A record that `cordial run --events` or `cordial explain --json` wrote, read back into its events.
//!
//! Names and fields that are not known are passed over, as the format asks: a record of a newer version is read as far
//! as this one goes.

mod fields;
mod names;
mod numbers;
mod open;
mod segment;
mod what;

use std::io::{self, Read};

use cordial_trace::Event;
use serde_json::Value;

use crate::capture::{CaptureError, Damage, DamageKind, FlowLimits, Looks};
use crate::input::Input;
use names::Names;
use numbers::Numbers;
use open::Open;

/// Octets of the longest line that is believed.
const LONGEST: usize = 1 << 20;
/// The name of events that say what others mean.
const VERDICT: &str = "explain:verdict";
/// What the schema of a record's header ends with.
const SCHEMA: &str = "tcp-stream";

/// A record, event by event.
#[derive(Debug)]
pub struct Record<R> {
    input: Input<R>,
    line: u64,
    numbers: Numbers,
    names: Names,
    /// The numbers of verdicts, which are found anew: those behind them move up.
    verdicts: Vec<u64>,
    open: Open,
    /// Connections that are followed at once; when there are more, the one that was quiet for longest is told.
    most: usize,
    damage: Option<Damage>,
    is_over: bool,
    is_finished: bool,
}

impl<R: Read> Record<R> {
    /// Begins to read; the first line has to be the header of a record.
    ///
    /// # Errors
    ///
    /// [`CaptureError`] if it cannot be read, or is no record.
    pub fn new(input: R) -> Result<Self, CaptureError> {
        Self::of(Input::new(input))
    }

    /// Goes on within another bound of what is followed at once than the default.
    pub fn with_limits(self, limits: FlowLimits) -> Self {
        Self { most: limits.connections, ..self }
    }

    pub(crate) fn of(input: Input<R>) -> Result<Self, CaptureError> {
        let mut record = Self {
            input,
            line: 0,
            numbers: Numbers::default(),
            names: Names::default(),
            verdicts: Vec::new(),
            open: Open::default(),
            most: FlowLimits::default().connections,
            damage: None,
            is_over: false,
            is_finished: false,
        };
        let is_record = record.line()?.is_some_and(|line| is_header(&line));
        if is_record { Ok(record) } else { Err(CaptureError::NotACapture(Looks::Json)) }
    }

    /// Adds the event of the next line to `events`, if it tells one; after the last line the ends of all connections that
    /// it does not tell. False when there is nothing more.
    ///
    /// # Errors
    ///
    /// Those of the reader. A damaged line is no error: see [`damage`](Self::damage).
    pub fn next(&mut self, events: &mut Vec<Event>) -> io::Result<bool> {
        let Some(line) = self.line()? else {
            events.extend(self.open.finish());
            return Ok(!std::mem::replace(&mut self.is_finished, true));
        };
        if fields::text(&line, "name") == Some(VERDICT) {
            self.verdicts.extend(fields::number::<u64>(&line, "id"));
            return Ok(true);
        }
        match event(&line, &mut self.numbers, &mut self.names) {
            Ok(Some(event)) => self.take(event, events),
            Ok(None) => {}
            Err(NotAnEvent) => self.note(DamageKind::Line),
        }
        Ok(true)
    }

    fn take(&mut self, mut event: Event, events: &mut Vec<Event>) {
        self.move_up(&mut event);
        let end = self.open.note(&event, self.most);
        self.open.move_on(&mut event);
        // Of one that is over, or never began, no segment is counted.
        for group in [end.as_ref().map(|end| end.group), Some(event.group)].into_iter().flatten() {
            if !self.open.has(group) {
                self.numbers.forget(group);
            }
        }
        events.extend(end);
        events.push(event);
    }

    fn move_up(&self, event: &mut Event) {
        if !self.verdicts.is_empty() {
            let moved =
                |id: u64| id.saturating_sub(self.verdicts.partition_point(|&verdict| verdict < id) as u64);
            event.id = moved(event.id);
            event.cause.iter_mut().for_each(|id| *id = moved(*id));
        }
    }

    /// The next line that is JSON; none at the end.
    fn line(&mut self) -> io::Result<Option<Value>> {
        while !self.is_over {
            let len = self.line_len()?;
            self.line += 1;
            let line = self.input.data().get(..len).unwrap_or_default();
            if len == 0 && self.is_over {
                return Ok(None);
            }
            let value = serde_json::from_slice(line);
            let is_blank = line.iter().all(u8::is_ascii_whitespace);
            self.input.consume(len + 1);
            match value {
                Ok(value) => return Ok(Some(value)),
                Err(_) if is_blank => {}
                Err(_) if self.line == 1 => return Ok(None),
                Err(_) if self.is_over => self.note(DamageKind::LastLine),
                Err(_) => self.note(DamageKind::Line),
            }
        }
        Ok(None)
    }

    /// How long the next line is, without its end.
    fn line_len(&mut self) -> io::Result<usize> {
        let mut looked = 0;
        loop {
            let data = self.input.data();
            if let Some(place) = data.iter().skip(looked).position(|&octet| octet == b'\n') {
                return Ok(looked + place);
            }
            looked = data.len();
            if looked >= LONGEST {
                self.is_over = true;
                return Ok(looked);
            }
            if !self.input.fill(looked + 1)? {
                self.is_over = true;
                return Ok(looked);
            }
        }
    }

    fn note(&mut self, kind: DamageKind) {
        self.damage.get_or_insert(Damage { offset: self.line, kind });
    }

    /// What was found wrong with it so far; its offset is the line.
    pub fn damage(&self) -> Option<Damage> {
        self.damage
    }

    /// Octets read so far.
    pub fn offset(&self) -> u64 {
        self.input.offset()
    }

    /// Connections so far: those that began.
    pub fn connections(&self) -> u32 {
        self.open.begun
    }

    /// Connections told before they were over, because too many were open.
    pub fn told_early(&self) -> u64 {
        self.open.told_early
    }
}

/// A line that tells of something known, but not how.
struct NotAnEvent;

fn is_header(line: &Value) -> bool {
    line.get("file_schema").and_then(Value::as_str).is_some_and(|schema| schema.ends_with(SCHEMA))
}

/// The event of a line; none if it tells of something that is not known here.
fn event(line: &Value, numbers: &mut Numbers, names: &mut Names) -> Result<Option<Event>, NotAnEvent> {
    let name = fields::text(line, "name").ok_or(NotAnEvent)?;
    let data = line.get("data").ok_or(NotAnEvent)?;
    let group = fields::text(line, "group_id").and_then(fields::group).ok_or(NotAnEvent)?;
    let Some(what) = what::what(name, data, group, numbers, names) else {
        return if what::is_known(name) { Err(NotAnEvent) } else { Ok(None) };
    };
    let at = fields::text(line, "at").and_then(fields::at).ok_or(NotAnEvent)?;
    let (trigger, rule) = what::reason(name, data, at, names);
    Ok(Some(Event {
        id: fields::number(line, "id").ok_or(NotAnEvent)?,
        time: fields::instant(line, "time").ok_or(NotAnEvent)?,
        group,
        at,
        cause: fields::numbers(line, "cause"),
        ends: line.get("ends").and_then(fields::ends),
        what,
        timers: fields::list(data, "timers").filter_map(fields::timer).collect(),
        vars: fields::vars(data),
        trigger,
        rule,
    }))
}
