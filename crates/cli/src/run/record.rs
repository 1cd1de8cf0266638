//! What the stack tells, turned into ladders and JSON lines by a thread of its own.

use std::io;
use std::net::IpAddr;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use cordial::{Fact, Host, Instant};
use cordial_explain::{Console, Faces, Filter, When};
use cordial_stack::Observer;
use cordial_trace::ladder::Style;
use cordial_trace::{Header, Inbox, JsonLines, Lang, Limits, Source, Trace, Vantage};

use super::fan::{Fan, Outlet};
use super::targets::Files;
use super::title::{headline, title};
use super::whole_file::WholeFile;
use super::{complain, count, words};
use crate::args::{self, Run};
use crate::locale::Reader;

/// Facts that may wait: some tenths of a second of everything a fast transfer does, 32 MB.
const WAITING: usize = 65_536;

/// How often what waits is taken, while there is something and while there is not.
const BUSY: Duration = Duration::from_millis(5);
const IDLE: Duration = Duration::from_millis(40);

/// Facts on their way into ladders and JSON lines.
#[derive(Debug)]
pub struct Record {
    inbox: Inbox,
}

/// The thread that writes them.
#[derive(Debug)]
pub struct Recording {
    stop: mpsc::Sender<Instant>,
    thread: JoinHandle<()>,
}

impl Record {
    /// Room for facts.
    pub fn new() -> Self {
        Self { inbox: Inbox::new(WAITING) }
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
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::Builder::new().name("cordial-record".into());
        let thread = thread.spawn(move || writer.run(self.inbox, &host, &stopped))?;
        Ok(Recording { stop, thread })
    }
}

impl Recording {
    /// Completes the record at `now` and draws what waited for it.
    pub fn finish(self, now: Instant) {
        // A thread that has gone has panicked, and said so.
        let _ = self.stop.send(now);
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
}

impl Writer {
    /// What the command line asks for.
    pub fn new(args: &Run, names: Vec<(IpAddr, String)>, files: Files) -> Self {
        let reader = match files.output {
            Some(_) => Reader::of_file(&args.face),
            None => Reader::of_stderr(&args.face),
        };
        let main = files.output.map_or_else(
            || (!args.quiet).then(|| Outlet { flag: "", path: None, out: Box::new(io::stderr()) }),
            |file| {
                let out = Box::new(WholeFile::new(file));
                Some(Outlet { flag: "--output", path: args.output.clone(), out })
            },
        );
        let (mut text, mut events) = (Fan::new(reader.lang), Fan::new(reader.lang));
        if let Some(file) = files.events {
            let out = Box::new(WholeFile::new(file));
            events.add(Outlet { flag: "--events", path: args.events.clone(), out });
        }
        match (main, args.ladder) {
            (Some(main), _) if args.json => events.add(main),
            (Some(main), args::When::Live | args::When::End) => text.add(main),
            (_, args::When::None) | (None, _) => {}
        }
        let when = match args.ladder {
            _ if text.is_empty() => When::Never,
            args::When::Live => When::Live,
            args::When::End => When::End,
            args::When::None => When::Never,
        };
        let style = Style {
            width: reader.columns.into(),
            ascii: reader.ascii,
            colour: reader.color,
            lang: reader.lang,
            absolute: args.absolute,
            numbered: false,
            fine: true,
        };
        let header = Header { title: title(&args.command), source: Source::Live, seed: None };
        let events = (!events.is_empty()).then(|| JsonLines::new(events, &header).ok()).flatten();
        let names = names.into_iter().collect();
        let (ladders, filter) = (Faces::LADDERS, Filter::default());
        let title = headline(&args.command);
        let faces = Faces { when, ladders, filter, style, exact: false, title, names };
        let console = Console::new(Trace::new(Vantage::OneEnd, Limits::default()), faces);
        Self { console, text, events, lang: reader.lang, quiet: args.quiet }
    }

    /// Takes what waits, again and again, until told to stop.
    fn run(&mut self, mut inbox: Inbox, host: &Host, stopped: &mpsc::Receiver<Instant>) {
        let mut pause = BUSY;
        loop {
            let stop = match stopped.recv_timeout(pause) {
                Ok(now) => Some(now),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => Some(host.now()),
            };
            // Before the batch is taken: no fact of a later one is older.
            let now = stop.unwrap_or_else(|| host.now());
            let batch = inbox.take();
            pause = if batch.is_empty() { IDLE } else { BUSY };
            // The writers take care of their errors themselves.
            let _ = self.console.take(now, batch, &mut self.text, self.events.as_mut());
            self.report_warnings();
            if stop.is_some() {
                let _ = self.console.finish(now, &mut self.text, self.events.as_mut());
                self.report_warnings();
                return self.report_gaps();
            }
        }
    }

    fn report_warnings(&mut self) {
        for warning in self.console.warnings() {
            if !self.quiet {
                complain(&warning);
            }
        }
    }

    fn report_gaps(&self) {
        let (dropped, untold) = (self.console.dropped(), self.console.untold());
        if !self.quiet {
            count(&words::DROPPED, dropped, self.lang);
            count(&words::UNTOLD, untold, self.lang);
        }
    }
}
