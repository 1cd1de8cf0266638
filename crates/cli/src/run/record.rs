//! What the stack tells, turned into ladders and JSON lines by a thread of its own.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{self, Duration};

use cordial::{Fact, Host, Instant};
use cordial_explain::{Console, Faces, Filter, When};
use cordial_stack::Observer;
use cordial_trace::ladder::Style;
use cordial_trace::{Event, Header, Inbox, JsonLines, Lang, Limits, Recorder, Source, Trace, Vantage};

use super::fan::{Fan, Outlet};
use super::stats::Stats;
use super::targets::Files;
use super::title::{headline, title};
use super::who::Who;
use super::whole_file::WholeFile;
use super::{complain, count, words};
use crate::args::{self, Ladders, Run};
use crate::locale::Reader;

/// Facts that may wait: some tenths of a second of everything a fast transfer does, 32 MB.
const WAITING: usize = 65_536;

/// While facts come, they are taken after a pause this many times as long as the last ones took, within bounds: soon
/// enough to find a program before it ends, and no more than a fifth of a core.
const REST: u32 = 4;
const SOON: Duration = Duration::from_micros(300);
const LATER: Duration = Duration::from_millis(5);

/// Warnings that are held.
const MOST_HELD: usize = 100;

/// Facts on their way into ladders and JSON lines.
#[derive(Debug)]
pub struct Record {
    inbox: Inbox,
}

/// The thread that writes them.
#[derive(Debug)]
pub struct Recording {
    mail: mpsc::Sender<Mail>,
    thread: JoinHandle<()>,
}

/// What that thread is told.
#[derive(Debug, Clone, Copy)]
enum Mail {
    /// Facts wait, where none did.
    Facts,
    /// There will be no more.
    Stop(Instant),
}

impl Record {
    /// Room for facts.
    pub fn new() -> Self {
        Self { inbox: Inbox::new(WAITING) }
    }

    /// Where whoever handles packets notes what befalls them.
    pub fn recorder(&self) -> Recorder {
        self.inbox.recorder()
    }

    /// What the stack calls for each fact.
    pub fn observer(&self) -> impl FnMut(Instant, &Fact<'_>) + Send + use<> {
        let mut recorder = self.inbox.recorder();
        move |now, fact: &Fact<'_>| recorder.fact(now, fact)
    }

    /// Begins to write; what was told before waits for it. The time is `host`'s.
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn begin(self, mut writer: Writer, host: Host) -> io::Result<Recording> {
        let (mail, post) = mpsc::channel();
        let Self { mut inbox } = self;
        let wake = mail.clone();
        inbox.wake_by(move || {
            // Who has gone needs no facts.
            let _ = wake.send(Mail::Facts);
        });
        let thread = std::thread::Builder::new().name("cordial-record".into());
        let thread = thread.spawn(move || writer.run(inbox, &host, &post))?;
        Ok(Recording { mail, thread })
    }
}

impl Recording {
    /// Completes the record at `now` and draws what waited for it.
    pub fn finish(self, now: Instant) {
        // A thread that has gone has panicked, and said so.
        let _ = self.mail.send(Mail::Stop(now));
        let _ = self.thread.join();
    }
}

/// What turns facts into text, and where that goes.
pub struct Writer {
    console: Console,
    /// Where ladders go.
    text: Fan,
    /// Where events go.
    events: Option<JsonLines<Fan>>,
    lang: Lang,
    quiet: bool,
    /// What was counted, to be told after the last event.
    stats: Option<Stats>,
    /// Warnings that wait until the terminal is free; none: it is.
    held: Option<Vec<String>>,
}

impl Writer {
    /// What the command line asks for; `seed` is what chance is drawn from, if it is.
    pub fn new(
        args: &Run,
        seed: Option<u64>,
        filter: Filter,
        names: Vec<(IpAddr, String)>,
        who: Who,
        files: Files,
    ) -> Self {
        let reader = match files.output {
            Some(_) => Reader::of_file(&args.face),
            None => Reader::of_stderr(&args.face),
        };
        let (text, events) = outlets(args, files, reader.lang);
        let style = Style {
            width: reader.columns.into(),
            ascii: reader.ascii,
            colour: reader.color,
            lang: reader.lang,
            absolute: args.absolute,
            fine: true,
            ..Style::PLAIN
        };
        let header = Header { title: title(&args.command), source: Source::Live, seed };
        let events = (!events.is_empty()).then(|| JsonLines::new(events, &header).ok()).flatten();
        let names = names.into_iter().collect();
        let ladders = match args.ladder {
            args::When::End(Ladders::Most(most)) => most,
            _ => Faces::LADDERS,
        };
        let (when, title) = (when(args, &text), headline(&args.command));
        let faces = Faces { when, ladders, filter, style, exact: false, title, names };
        let console = Console::new(Trace::new(Vantage::OneEnd, Limits::default()), faces).ask(who);
        Self { console, text, events, lang: reader.lang, quiet: args.quiet, stats: None, held: None }
    }

    /// Has `watcher` told every event. It has the terminal: nothing is printed before the end.
    pub fn show_to(self, watcher: impl FnMut(&Event) + Send + 'static) -> Self {
        Self { console: self.console.show_to(watcher), held: Some(Vec::new()), ..self }
    }

    /// Ends the events with what `stats` counted.
    pub fn count_by(self, stats: Stats) -> Self {
        Self { stats: Some(stats), ..self }
    }

    /// Takes what waits, again and again, until told to stop. Sleeps while nothing does.
    fn run(&mut self, mut inbox: Inbox, host: &Host, post: &mpsc::Receiver<Mail>) {
        let mut stop = None;
        loop {
            let begun = time::Instant::now();
            // Before the batch is taken: no fact of a later one is older.
            let now = stop.unwrap_or_else(|| host.now());
            let batch = inbox.take();
            let is_quiet = batch.is_empty();
            // The writers take care of their errors themselves.
            let _ = self.console.take(now, batch, &mut self.text, self.events.as_mut());
            self.report_warnings();
            if let Some(now) = stop {
                let _ = self.console.finish(now, &mut self.text, self.events.as_mut());
                self.tell_counts(host);
                self.report_warnings();
                return self.report_gaps();
            }
            stop = match is_quiet {
                false => rest((begun.elapsed() * REST).clamp(SOON, LATER), host, post),
                true => self.sleep(host, post),
            };
        }
    }

    fn tell_counts(&mut self, host: &Host) {
        let (Some(stats), Some(events)) = (&self.stats, &mut self.events) else { return };
        for (now, name, data) in stats.report(host).lines() {
            // The writers take care of their errors themselves.
            let _ = events.note(now, name, &data);
        }
        let _ = events.flush();
    }

    /// Waits until there is something to do; gives the time of the end, when it has come.
    fn sleep(&self, host: &Host, post: &mpsc::Receiver<Mail>) -> Option<Instant> {
        let due = self.console.settles_at().map(|due| due.since(host.now()) + SOON);
        let due = if self.console.is_curious() { Some(due.map_or(LATER, |due| due.min(LATER))) } else { due };
        let mail = match due {
            Some(due) => post.recv_timeout(due),
            None => post.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        end_of(mail, host)
    }

    fn report_warnings(&mut self) {
        let fresh = self.console.warnings();
        match &mut self.held {
            Some(held) => held.extend(fresh.into_iter().take(MOST_HELD.saturating_sub(held.len()))),
            None if self.quiet => {}
            None => fresh.iter().for_each(|warning| complain(warning)),
        }
    }

    fn report_gaps(&mut self) {
        self.held.take().iter().flatten().for_each(|warning| complain(warning));
        if !self.quiet {
            count(&words::DROPPED, self.console.dropped(), self.lang);
        }
    }
}

/// Where ladders go, and where events go.
fn outlets(args: &Run, files: Files, lang: Lang) -> (Fan, Fan) {
    let to_file = |flag, path: &Option<PathBuf>, file| Outlet {
        flag,
        path: path.clone(),
        out: Box::new(WholeFile::new(file)),
    };
    let main = match files.output {
        Some(file) => Some(to_file("--output", &args.output, file)),
        None => (!args.quiet).then(|| Outlet { flag: "", path: None, out: Box::new(io::stderr()) }),
    };
    let (mut text, mut events) = (Fan::new(lang), Fan::new(lang));
    if let Some(file) = files.events {
        events.add(to_file("--events", &args.events, file));
    }
    match (main, args.ladder) {
        (Some(main), _) if args.json => events.add(main),
        (Some(main), args::When::Live | args::When::End(_)) => text.add(main),
        (_, args::When::None) | (None, _) => {}
    }
    (text, events)
}

/// When ladders are drawn; a view draws them itself until the end.
fn when(args: &Run, text: &Fan) -> When {
    match args.ladder {
        _ if text.is_empty() => When::Never,
        args::When::Live if !args.tui => When::Live,
        args::When::Live | args::When::End(_) => When::End,
        args::When::None => When::Never,
    }
}

/// Waits this long, whatever comes but the end.
fn rest(pause: Duration, host: &Host, post: &mpsc::Receiver<Mail>) -> Option<Instant> {
    let until = time::Instant::now() + pause;
    loop {
        let left = until.saturating_duration_since(time::Instant::now());
        match post.recv_timeout(left) {
            Ok(Mail::Facts) => {}
            Err(RecvTimeoutError::Timeout) => return None,
            mail => return end_of(mail, host),
        }
    }
}

/// The time of the end, if that is what was told.
fn end_of(mail: Result<Mail, RecvTimeoutError>, host: &Host) -> Option<Instant> {
    match mail {
        Ok(Mail::Stop(now)) => Some(now),
        Ok(Mail::Facts) | Err(RecvTimeoutError::Timeout) => None,
        Err(RecvTimeoutError::Disconnected) => Some(host.now()),
    }
}
