//! One recording, read from beginning to end.

use std::io::{self, BufWriter, Read, Write};

use cordial_explain::{Explainer, Filter, Level, Recording, Story};
use cordial_tcp::Instant;
use cordial_trace::{Event, Header, JsonLines, Lang, Source};

use super::progress::Progress;
use super::source::Opened;
use super::telling::Telling;
use super::waiting::Waiting;
use super::{complain, words};
use crate::args::Explain;
use crate::locale::Reader;

/// Steps between two looks at the clock.
const STRIDE: u32 = 256;

/// Why it could not be explained to the end.
pub enum Interrupted {
    /// It cannot be read any further.
    Input(io::Error),
    /// What is said cannot be written.
    Output(io::Error),
    /// There is no such connection.
    NoSuchConnection {
        /// The one that was asked for.
        wanted: u32,
        /// How many there are.
        there: u32,
    },
}

/// Everything it takes.
pub struct Session {
    recording: Recording<Box<dyn Read>>,
    explainer: Explainer,
    telling: Telling,
    progress: Progress,
    name: String,
    json: bool,
    lang: Lang,
    /// It is there as a whole.
    is_file: bool,
    /// The time of the newest event.
    now: Instant,
    /// The worst that was told, in whatever form.
    worst: Option<Level>,
}

impl Session {
    /// Looks at what was opened; what is no recording is refused in words.
    pub fn begin(args: &Explain, filter: Filter, reader: &Reader, opened: Opened) -> Result<Self, String> {
        let Opened { name, input, len, .. } = opened;
        let recording = Recording::new(input)
            .map_err(|error| format!("{name}: {}", error.text(reader.lang).replace("FILE", &name)))?;
        Ok(Self {
            recording,
            explainer: Explainer::new(),
            telling: Telling::new(args, filter, reader, &name),
            progress: Progress::new(len, reader.lang),
            name,
            json: args.json,
            lang: reader.lang,
            is_file: len.is_some(),
            now: Instant::ZERO,
            worst: None,
        })
    }

    /// The worst that was found so far.
    pub fn worst(&self) -> Option<Level> {
        self.worst
    }

    /// Reads all of it and says what it means. Gives the worst that was found.
    pub fn run(&mut self, out: Box<dyn Write>) -> Result<Option<Level>, Interrupted> {
        let worst = match self.json {
            true => self.write_json(out)?,
            false => self.tell(BufWriter::new(out))?,
        };
        self.report();
        Ok(worst)
    }

    fn tell(&mut self, mut out: BufWriter<Box<dyn Write>>) -> Result<Option<Level>, Interrupted> {
        let mut waiting = Waiting::new(self.recording.counts().is_some());
        self.read_all(|session, event, story| {
            session.telling.event(event);
            waiting.take(story);
            session.draw_due(&mut waiting, &mut out)
        })?;
        waiting.end();
        self.draw_due(&mut waiting, &mut out).map_err(Interrupted::Output)?;
        let there = self.recording.connections();
        if let Some(wanted) = self.telling.missing(there) {
            return Err(Interrupted::NoSuchConnection { wanted, there });
        }
        let counts = self.recording.counts();
        let early = self.recording.told_early();
        let said = self.telling.finish(self.now, there, early, counts, self.recording.names());
        out.write_all(said.as_bytes()).and_then(|()| out.flush()).map_err(Interrupted::Output)?;
        Ok(self.worst)
    }

    /// Draws the ladders that were asked for, each as soon as its connection's story may be told.
    fn draw_due(&mut self, waiting: &mut Waiting, out: &mut impl Write) -> io::Result<()> {
        while let Some(story) = waiting.due() {
            let drawn = self.telling.story(story, self.recording.names());
            self.worst = self.telling.worst();
            if !drawn.is_empty() {
                out.write_all(drawn.as_bytes())?;
                // Who reads a capture while it is being written waits for each; of a file they come at once.
                if !self.is_file {
                    out.flush()?;
                }
            }
        }
        Ok(())
    }

    fn write_json(&mut self, out: Box<dyn Write>) -> Result<Option<Level>, Interrupted> {
        let header = Header { title: self.name.clone(), source: Source::Capture, seed: None };
        let mut json = JsonLines::new(BufWriter::new(out), &header).map_err(Interrupted::Output)?;
        self.read_all(|session, event, story| {
            session.worst = session.worst.max(story.as_ref().map(Story::level));
            json.event(event)?;
            let Some(story) = story else { return Ok(()) };
            story.verdicts.iter().try_for_each(|verdict| {
                let note = verdict.note();
                json.event(&session.recording.verdict(event.time, story.group, verdict.cause(), note))
            })
        })?;
        json.flush().map_err(Interrupted::Output)?;
        Ok(self.worst)
    }

    /// Gives each event to `each`, with the story that it completes.
    fn read_all(
        &mut self,
        mut each: impl FnMut(&mut Self, &Event, Option<Story>) -> io::Result<()>,
    ) -> Result<(), Interrupted> {
        let mut steps = 0_u32;
        while let Some(event) = self.recording.next().map_err(Interrupted::Input)? {
            self.now = self.now.max(event.time);
            let story = self.explainer.event(&event);
            each(self, &event, story).map_err(Interrupted::Output)?;
            steps = steps.wrapping_add(1);
            if steps.is_multiple_of(STRIDE) {
                let packets = self.recording.counts().map(|counts| counts.packets);
                self.progress.at(self.recording.offset(), packets);
            }
        }
        self.progress.end();
        Ok(())
    }

    /// Says what was wrong with the recording itself.
    fn report(&self) {
        if let Some(damage) = self.recording.damage() {
            complain(&format!("{}: {}", self.name, damage.text(self.lang)));
        }
        let counts = self.recording.counts().unwrap_or_default();
        let said = [
            (self.recording.told_early(), words::TOLD_EARLY),
            (counts.unknown_link, words::UNKNOWN_LINK),
            (counts.unreadable, words::UNREADABLE),
            (counts.fragments, words::FRAGMENTS),
        ];
        for (n, phrase) in said.into_iter().filter(|(n, _)| *n > 0) {
            complain(&phrase.fill(self.lang, &[("n", &n.to_string())]));
        }
    }
}
