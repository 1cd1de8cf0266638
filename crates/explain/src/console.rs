//! Everything a command shows of its connections: events in, text out.

mod ending;
mod faces;
mod informant;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

use cordial_tcp::Instant;
use cordial_trace::event::{Event, Group, Side, What};
use cordial_trace::ladder::{Caption, Ladder, Live, Style};
use cordial_trace::{Batch, JsonLines, Trace};

use crate::explainer::Explainer;
use crate::line::Line;
use crate::story::Story;
use crate::verdict::Level;
use ending::Ending;

pub use faces::{Faces, When};
pub use informant::{Informant, Newcomer, Owner};

/// Turns batches of facts into events, verdicts, ladders and lines.
pub struct Console {
    trace: Trace,
    explainer: Explainer,
    faces: Faces,
    live: Live,
    /// Connections that go on: their lines, and their ladders where those are drawn at the end.
    lines: BTreeMap<Group, Line>,
    ladders: BTreeMap<Group, Ladder>,
    ending: Ending,
    informant: Option<Box<dyn Informant>>,
    /// Those whose program nobody had time to look for.
    waiting: Vec<Newcomer>,
    watcher: Option<Watcher>,
    worst: Option<Level>,
    /// Warnings that wait to be printed.
    warnings: Vec<String>,
}

/// Is told every event.
type Watcher = Box<dyn FnMut(&Event) + Send>;

/// Connections whose programs may still be looked for.
const WAITING: usize = 4_096;

impl Console {
    /// Shows what `trace` makes of facts.
    pub fn new(trace: Trace, faces: Faces) -> Self {
        // The story is not known while a picture is drawn live: it may speak of any segment.
        let live = Live::new(Style { numbered: true, ..faces.style }, faces.exact);
        Self {
            trace,
            explainer: Explainer::new(),
            faces,
            live,
            lines: BTreeMap::new(),
            ladders: BTreeMap::new(),
            ending: Ending::default(),
            informant: None,
            waiting: Vec::new(),
            watcher: None,
            worst: None,
            warnings: Vec::new(),
        }
    }

    /// Has `informant` asked about every connection that begins.
    #[must_use]
    pub fn ask(mut self, informant: impl Informant + 'static) -> Self {
        self.informant = Some(Box::new(informant));
        self
    }

    /// Has `watcher` told every event as well, in the order of the record.
    #[must_use]
    pub fn show_to(mut self, watcher: impl FnMut(&Event) + Send + 'static) -> Self {
        self.watcher = Some(Box::new(watcher));
        self
    }

    /// Takes what happened since the last call; `now` is the present on the clock of the facts. Text for people goes to
    /// `out`, events to `events` if there is one.
    ///
    /// # Errors
    ///
    /// Those of the writers.
    pub fn take<J: Write>(
        &mut self,
        now: Instant,
        batch: Batch,
        out: &mut impl Write,
        events: Option<&mut JsonLines<J>>,
    ) -> io::Result<()> {
        let mut fresh = Vec::new();
        self.trace.take(batch, &mut fresh);
        self.trace.settle(now, &mut fresh);
        self.show(fresh, out, events)
    }

    /// Ends the record: tells the connections that are still there, and draws what was kept for the end.
    ///
    /// # Errors
    ///
    /// Those of the writers.
    pub fn finish<J: Write>(
        &mut self,
        now: Instant,
        out: &mut impl Write,
        events: Option<&mut JsonLines<J>>,
    ) -> io::Result<()> {
        let mut fresh = Vec::new();
        self.trace.finish(now, &mut fresh);
        self.show(fresh, out, events)?;
        if self.faces.when != When::Never {
            out.write_all(self.ending.draw(self.trace.connections(), now, &self.faces).as_bytes())?;
        }
        out.flush()
    }

    /// The moment after which [`take`](Self::take) has something to do although nothing more happens.
    pub fn settles_at(&self) -> Option<Instant> {
        self.trace.settles_at()
    }

    /// True if there are connections whose program was not looked for yet: [`take`](Self::take) will, soon.
    pub fn is_curious(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The worst that was said of any connection so far.
    pub fn worst(&self) -> Option<Level> {
        self.worst
    }

    /// Connections that were not recorded because a bound was reached: to be said at the end.
    pub fn dropped(&self) -> u64 {
        self.trace.dropped()
    }

    /// Connections that were too many to keep for the end; they are counted in the summary.
    pub fn untold(&self) -> u64 {
        self.ending.untold()
    }

    /// What went wrong with the record itself since the last call.
    pub fn warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    fn show<J: Write>(
        &mut self,
        fresh: Vec<Event>,
        out: &mut impl Write,
        mut events: Option<&mut JsonLines<J>>,
    ) -> io::Result<()> {
        let mut stories = Vec::new();
        for event in &fresh {
            self.tell(event, events.as_deref_mut())?;
            self.draw(event);
            stories.extend(self.explainer.event(event));
        }
        // The events at hand have their numbers already: what is said of them follows, by number and by time.
        let now = fresh.last().map_or(Instant::ZERO, |event| event.time);
        for event in self.inquire(now, &fresh) {
            self.tell(&event, events.as_deref_mut())?;
            self.draw(&event);
        }
        for story in stories {
            self.worst = self.worst.max(Some(story.level()));
            for verdict in &story.verdicts {
                let event = self.trace.verdict(now, story.group, verdict.cause(), verdict.note());
                self.tell(&event, events.as_deref_mut())?;
            }
            self.close(story);
        }
        if let Some(json) = events {
            json.flush()?;
        }
        self.print(out)
    }

    fn tell<J: Write>(&mut self, event: &Event, events: Option<&mut JsonLines<J>>) -> io::Result<()> {
        if let Some(watcher) = &mut self.watcher {
            watcher(event);
        }
        events.map_or(Ok(()), |json| json.event(event))
    }

    /// Asks about the connections that have begun, and again about those for which there was no time.
    fn inquire(&mut self, now: Instant, fresh: &[Event]) -> Vec<Event> {
        let mut told = Vec::new();
        let Some(informant) = &mut self.informant else { return told };
        for event in fresh {
            let What::Started { client, server, .. } = event.what else { continue };
            for (side, address) in [(Side::Client, client), (Side::Server, server)] {
                if let Some(name) = informant.name(address.ip()) {
                    told.push(self.trace.told(now, event.group, side, What::Named(name)));
                }
            }
            if self.waiting.len() < WAITING {
                self.waiting.push(Newcomer { group: event.group, client, server });
            }
        }
        if self.waiting.is_empty() {
            return told;
        }
        let newcomers = std::mem::take(&mut self.waiting);
        let owners = informant.owners(&newcomers);
        for (newcomer, owner) in newcomers.into_iter().zip(owners) {
            match owner {
                Owner::Known(side, process) => {
                    told.push(self.trace.told(now, newcomer.group, side, What::Process(process)));
                }
                Owner::Later => self.waiting.push(newcomer),
                Owner::Unknown => {}
            }
        }
        told
    }

    fn draw(&mut self, event: &Event) {
        let group = event.group;
        if let What::Warning(text) = &event.what {
            self.warnings.push(text.clone());
            self.lines.remove(&group);
            self.ladders.remove(&group);
            self.live.forget(group);
            return;
        }
        if self.faces.when == When::Never {
            return;
        }
        if let Some(mut line) = Line::of(event) {
            line.name_ends(&self.faces.names);
            self.lines.insert(group, line);
            match self.faces.when {
                When::End => drop(self.ladders.insert(group, Ladder::new(self.faces.exact))),
                _ => self.live.hide(group),
            }
        }
        let Some(line) = self.lines.get_mut(&group) else { return };
        line.event(event);
        match self.faces.when {
            When::Live => {
                self.live.event(event);
                if self.faces.filter.matches(line) {
                    self.live.show(group);
                }
            }
            _ => {
                if let Some(ladder) = self.ladders.get_mut(&group) {
                    ladder.event(event);
                }
            }
        }
    }

    /// A connection's story is told.
    fn close(&mut self, story: Story) {
        let group = story.group;
        let (Some(mut line), ladder) = (self.lines.remove(&group), self.ladders.remove(&group)) else {
            return;
        };
        line.told(story);
        if !self.faces.filter.matches(&line) {
            self.live.forget(group);
            return self.ending.leave_out();
        }
        if let (When::Live, Some(story)) = (self.faces.when, &line.story) {
            let style = &self.faces.style;
            let (headline, lines) = (story.headline(style.lang), sentences(story, style));
            let caption = Caption { headline: &headline, lines: &lines, ..caption(&self.faces, group) };
            self.live.close(group, &caption);
        }
        self.ending.keep(line, ladder, &self.faces);
    }

    fn print(&mut self, out: &mut impl Write) -> io::Result<()> {
        if self.faces.when != When::Live {
            return Ok(());
        }
        let faces = &self.faces;
        let text = self.live.take(|group| caption(faces, group));
        if !text.is_empty() {
            out.write_all(text.as_bytes())?;
            out.flush()?;
        }
        Ok(())
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console")
            .field("faces", &self.faces)
            .field("lines", &self.lines.len())
            .finish_non_exhaustive()
    }
}

/// What is said below a ladder. Sentences are easier to read in lines that are not too long.
fn sentences(story: &Story, style: &Style) -> Vec<String> {
    story.lines(style.lang, style.width.clamp(40, 100))
}

fn caption(faces: &Faces, group: Group) -> Caption<'_> {
    Caption {
        title: &faces.title,
        number: group.0,
        all: None,
        headline: "",
        lines: &[],
        names: &faces.names,
        conditions: "",
    }
}
