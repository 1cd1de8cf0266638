//! Everything a command shows of its connections: events in, text out.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::net::IpAddr;

use cordial_tcp::Instant;
use cordial_trace::event::{Event, Group, What};
use cordial_trace::ladder::{Caption, Ladder, Live, Style, list};
use cordial_trace::words::Phrase;
use cordial_trace::{Batch, JsonLines, Trace};

use crate::explainer::Explainer;
use crate::story::Story;
use crate::verdict::Level;

/// When ladders are drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// Row by row, as things happen.
    Live,
    /// When everything is over: a few connections as a whole, the worst above all, the others in a line each.
    End,
    /// Not at all.
    Never,
}

/// What is shown, and how.
#[derive(Clone, Debug)]
pub struct Faces {
    /// When ladders are drawn.
    pub when: When,
    /// How they look. Segments are numbered where a verdict speaks of them, whatever this says.
    pub style: Style,
    /// Every segment and timer has its row.
    pub exact: bool,
    /// What is watched: the command.
    pub title: String,
    /// What addresses are called.
    pub names: BTreeMap<IpAddr, String>,
}

/// Turns batches of facts into events, verdicts and ladders.
#[derive(Debug)]
pub struct Console {
    trace: Trace,
    explainer: Explainer,
    faces: Faces,
    live: Live,
    ladders: BTreeMap<Group, Ladder>,
    told: Vec<(Ladder, Story)>,
    /// Stories that were only counted, because there are too many to draw.
    untold: u64,
    worst: Option<Level>,
    /// Warnings that wait to be printed.
    warnings: Vec<String>,
}

/// Connections that are kept to be shown at the end.
const MOST: usize = 1_000;

/// Ladders that are drawn at the end: more than a screen or two nobody reads. The rest has a line each.
const DRAWN: usize = 5;

const ONE_LINE_EACH: Phrase =
    Phrase::new("{n} more connections, one line each:", "另外 {n} 条连接，每条一行：");

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
            ladders: BTreeMap::new(),
            told: Vec::new(),
            untold: 0,
            worst: None,
            warnings: Vec::new(),
        }
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
        self.draw_told(out)?;
        out.flush()
    }

    /// The worst that was said of any connection so far.
    pub fn worst(&self) -> Option<Level> {
        self.worst
    }

    /// Connections that were not recorded because a bound was reached: to be said at the end.
    pub fn dropped(&self) -> u64 {
        self.trace.dropped()
    }

    /// Connections whose ladders were too many to keep for the end.
    pub fn untold(&self) -> u64 {
        self.untold
    }

    fn show<J: Write>(
        &mut self,
        fresh: Vec<Event>,
        out: &mut impl Write,
        mut events: Option<&mut JsonLines<J>>,
    ) -> io::Result<()> {
        let mut verdicts = Vec::new();
        for event in &fresh {
            if let Some(json) = events.as_deref_mut() {
                json.event(event)?;
            }
            self.ladder(event);
            if let Some(story) = self.explainer.event(event) {
                self.worst = self.worst.max(Some(story.level()));
                verdicts.extend(story.verdicts.iter().map(|verdict| (story.group, verdict.clone())));
                self.tell(story);
            }
        }
        // The events at hand have their numbers already: what is said of them follows, by number and by time.
        let now = fresh.last().map_or(Instant::ZERO, |event| event.time);
        for (group, verdict) in verdicts {
            let event = self.trace.verdict(now, group, verdict.cause(), verdict.note());
            if let Some(json) = events.as_deref_mut() {
                json.event(&event)?;
            }
        }
        if let Some(json) = events {
            json.flush()?;
        }
        self.print(out)
    }

    fn ladder(&mut self, event: &Event) {
        if let What::Warning(text) = &event.what {
            self.warnings.push(text.clone());
            self.ladders.remove(&event.group);
            self.live.forget(event.group);
            return;
        }
        match self.faces.when {
            When::Live => self.live.event(event),
            When::Never => {}
            When::End => {
                let is_start = matches!(event.what, What::Started { .. });
                if is_start {
                    self.ladders.insert(event.group, Ladder::new(self.faces.exact));
                }
                if let Some(ladder) = self.ladders.get_mut(&event.group) {
                    ladder.event(event);
                }
            }
        }
    }

    fn tell(&mut self, story: Story) {
        let lang = self.faces.style.lang;
        match self.faces.when {
            When::Live => {
                let (headline, lines) = (story.headline(lang), self.lines(&story));
                let caption =
                    Caption { headline: &headline, lines: &lines, ..caption(&self.faces, story.group) };
                self.live.close(story.group, &caption);
            }
            When::End => {
                let Some(mut ladder) = self.ladders.remove(&story.group) else { return };
                if self.told.len() >= MOST {
                    self.untold += 1;
                    return;
                }
                ladder.finish();
                self.told.push((ladder, story));
            }
            When::Never => {}
        }
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

    fn draw_told(&mut self, out: &mut impl Write) -> io::Result<()> {
        let lang = self.faces.style.lang;
        let mut told = std::mem::take(&mut self.told);
        told.sort_by_key(|(_, story)| story.group);
        let all = self.trace.connections();
        let drawn = worth_drawing(told.iter().map(|(_, story)| story));
        let (drawn, listed): (Vec<_>, Vec<_>) =
            told.into_iter().partition(|(_, story)| drawn.contains(&story.group));
        let mut between = "";
        for (ladder, story) in drawn {
            let (headline, lines) = (story.headline(lang), self.lines(&story));
            let caption = Caption {
                all: Some(all),
                headline: &headline,
                lines: &lines,
                ..caption(&self.faces, story.group)
            };
            let style = Style { numbered: story.level() > Level::Ok, ..self.faces.style };
            out.write_all(between.as_bytes())?;
            out.write_all(ladder.draw(&style, &caption).as_bytes())?;
            between = "\n";
        }
        if !listed.is_empty() {
            let n = listed.len().to_string();
            writeln!(out, "\n{}", ONE_LINE_EACH.fill(lang, &[("n", &n)]))?;
        }
        let headlines: Vec<String> = listed.iter().map(|(_, story)| story.headline(lang)).collect();
        let lines = listed.iter().zip(&headlines).map(|((ladder, story), headline)| {
            (ladder, Caption { headline, ..caption(&self.faces, story.group) })
        });
        out.write_all(list(lines, &self.faces.style).as_bytes())
    }

    fn lines(&self, story: &Story) -> Vec<String> {
        // Sentences are easier to read in lines that are not too long.
        story.lines(self.faces.style.lang, self.faces.style.width.clamp(40, 100))
    }

    /// What went wrong with the record itself since the last call.
    pub fn warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }
}

fn caption(faces: &Faces, group: Group) -> Caption<'_> {
    Caption { title: &faces.title, number: group.0, all: None, headline: "", lines: &[], names: &faces.names }
}

/// The connections whose ladders are drawn: the worst, then the first.
fn worth_drawing<'a>(stories: impl Iterator<Item = &'a Story>) -> BTreeSet<Group> {
    let mut stories: Vec<&Story> = stories.collect();
    stories.sort_by_key(|story| (Reverse(story.level()), story.group));
    stories.into_iter().take(DRAWN).map(|story| story.group).collect()
}
