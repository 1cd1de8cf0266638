//! Something to be explained, whichever form it has.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::net::IpAddr;

use cordial_tcp::Instant;
use cordial_trace::Event;
use cordial_trace::event::{At, Group, VerdictNote, What};

use crate::capture::{Capture, CaptureError, Counts, Damage, FlowLimits, Looks, Reader};
use crate::input::Input;
use crate::record::Record;

/// A capture or a record of ours: which of the two shows in its first octets.
#[derive(Debug)]
pub struct Recording<R> {
    form: Form<R>,
    /// Events that were read and are not given yet, the next one last.
    waiting: Vec<Event>,
    /// The number of the newest event that was given, as it was before verdicts took numbers between.
    last_id: u64,
    /// After which events verdicts took numbers.
    verdicts: Vec<u64>,
}

#[derive(Debug)]
enum Form<R> {
    Capture(Box<Capture<R>>),
    Record(Box<Record<R>>),
}

/// Octets by which its form is known.
const HEAD: usize = 24;

impl<R: Read> Recording<R> {
    /// Begins to read.
    ///
    /// # Errors
    ///
    /// [`CaptureError`] if it cannot be read, or is neither.
    pub fn new(input: R) -> Result<Self, CaptureError> {
        let mut input = Input::new(input);
        input.fill(HEAD)?;
        let form = match Looks::like(input.data()) {
            Looks::Json => Form::Record(Box::new(Record::of(input)?)),
            _ => {
                let reader = Reader::of(input)?;
                Form::Capture(Box::new(Capture::with_limits(reader, FlowLimits::default())))
            }
        };
        Ok(Self { form, last_id: 0, verdicts: Vec::new(), waiting: Vec::new() })
    }

    /// The next event; none when there is nothing more.
    ///
    /// # Errors
    ///
    /// Those of the reader. What is damaged is no error: see [`damage`](Self::damage).
    #[allow(clippy::should_implement_trait, reason = "it can fail")]
    pub fn next(&mut self) -> io::Result<Option<Event>> {
        loop {
            if let Some(mut event) = self.waiting.pop() {
                self.last_id = self.last_id.max(event.id);
                self.move_on(&mut event);
                return Ok(Some(event));
            }
            let goes_on = match &mut self.form {
                Form::Capture(capture) => capture.next(&mut self.waiting),
                Form::Record(record) => record.next(&mut self.waiting),
            };
            self.waiting.reverse();
            if !goes_on? {
                return Ok(None);
            }
        }
    }

    /// Moves the numbers of an event on by the verdicts before them.
    fn move_on(&self, event: &mut Event) {
        if !self.verdicts.is_empty() {
            let moved = |id: u64| {
                let is_new = self.verdicts.last().is_some_and(|&after| after < id);
                let before = if is_new {
                    self.verdicts.len()
                } else {
                    self.verdicts.partition_point(|&after| after < id)
                };
                id.saturating_add(before as u64)
            };
            event.id = moved(event.id);
            event.cause.iter_mut().for_each(|id| *id = moved(*id));
        }
    }

    /// A verdict as an event of the record, with the next number.
    pub fn verdict(&mut self, time: Instant, group: Group, cause: Vec<u64>, note: VerdictNote) -> Event {
        self.verdicts.push(self.last_id);
        let id = self.last_id.saturating_add(self.verdicts.len() as u64);
        Event { id, cause, ..Event::new(time, group, At::Observer, What::Verdict(note)) }
    }

    /// What a capture held so far; none for a record.
    pub fn counts(&self) -> Option<Counts> {
        match &self.form {
            Form::Capture(capture) => Some(capture.counts()),
            Form::Record(_) => None,
        }
    }

    /// Connections so far.
    pub fn connections(&self) -> u32 {
        match &self.form {
            Form::Capture(capture) => capture.counts().connections,
            Form::Record(record) => record.connections(),
        }
    }

    /// Connections told before they were over, because too many were open.
    pub fn told_early(&self) -> u64 {
        match &self.form {
            Form::Capture(capture) => capture.counts().told_early,
            Form::Record(record) => record.told_early(),
        }
    }

    /// What was found wrong with it so far.
    pub fn damage(&self) -> Option<Damage> {
        match &self.form {
            Form::Capture(capture) => capture.damage(),
            Form::Record(record) => record.damage(),
        }
    }

    /// Octets read so far.
    pub fn offset(&self) -> u64 {
        match &self.form {
            Form::Capture(capture) => capture.offset(),
            Form::Record(record) => record.offset(),
        }
    }

    /// What addresses are called, where it says so.
    pub fn names(&self) -> Option<&BTreeMap<IpAddr, String>> {
        match &self.form {
            Form::Capture(capture) => capture.names(),
            Form::Record(_) => None,
        }
    }
}
