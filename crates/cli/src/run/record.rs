//! What the stack tells, turned into ladders and JSON lines by a thread of its own.

use std::io;
use std::net::IpAddr;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use cordial::{Fact, Host, Instant};
use cordial_explain::{Console, Faces, When};
use cordial_stack::Observer;
use cordial_trace::ladder::Style;
use cordial_trace::{Header, Inbox, JsonLines, Limits, Recorder, Source, Trace, Vantage};

use super::complain;
use super::fan::{Fan, Outlet};
use super::targets::Files;
use super::whole_file::WholeFile;
use crate::args::{self, Run};
use crate::locale::Reader;

/// Facts that may wait: some tenths of a second of everything a fast transfer does, 32 MB.
const WAITING: usize = 65_536;

/// How often what waits is taken, while there is something and while there is not.
const BUSY: Duration = Duration::from_millis(5);
const IDLE: Duration = Duration::from_millis(40);

/// A thread that writes the record, and the way to it.
#[derive(Debug)]
pub struct Record {
    recorder: Recorder,
    tell: mpsc::Sender<Message>,
    writer: JoinHandle<()>,
}

enum Message {
    /// Ask this host for the time.
    Follow(Host),
    /// It is over, and this is when.
    Stop(Instant),
}

impl Record {
    /// Begins what the command line asks for; nothing if it asks for nothing.
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn begin(
        args: &Run,
        title: String,
        names: Vec<(IpAddr, String)>,
        files: Files,
    ) -> io::Result<Option<Self>> {
        let Some(mut writer) = Writer::new(args, title, names, files) else { return Ok(None) };
        let inbox = Inbox::new(WAITING);
        let recorder = inbox.recorder();
        let (tell, told) = mpsc::channel();
        let thread = std::thread::Builder::new().name("cordial-record".into());
        let writer = thread.spawn(move || writer.run(inbox, &told))?;
        Ok(Some(Self { recorder, tell, writer }))
    }

    /// What the stack calls for each fact.
    pub fn observer(&self) -> impl FnMut(Instant, &Fact<'_>) + Send + use<> {
        let mut recorder = self.recorder.clone();
        move |now, fact: &Fact<'_>| recorder.fact(now, fact)
    }

    /// Tells whose time it is.
    pub fn follow(&self, host: Host) {
        // A thread that has ended has panicked and said so.
        let _ = self.tell.send(Message::Follow(host));
    }

    /// Completes the record at `now` and draws what waited for it.
    pub fn finish(self, now: Instant) {
        let _ = self.tell.send(Message::Stop(now));
        let _ = self.writer.join();
    }
}

/// What the thread has.
struct Writer {
    console: Console,
    /// Where ladders go.
    text: Fan,
    /// Where events go.
    events: Option<JsonLines<Fan>>,
    quiet: bool,
}

impl Writer {
    fn new(args: &Run, title: String, names: Vec<(IpAddr, String)>, files: Files) -> Option<Self> {
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
        let (mut text, mut events) = (Fan::default(), Fan::default());
        if let Some(file) = files.events {
            let out = Box::new(WholeFile::new(file));
            events.add(Outlet { flag: "--events", path: args.events.clone(), out });
        }
        match (main, args.ladder) {
            (Some(main), _) if args.json => events.add(main),
            (Some(main), args::When::Live | args::When::End) => text.add(main),
            (_, args::When::None) | (None, _) => {}
        }
        if text.is_empty() && events.is_empty() {
            return None;
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
        };
        let header = Header { title: title.clone(), source: Source::Live, seed: None };
        let events = (!events.is_empty()).then(|| JsonLines::new(events, &header).ok()).flatten();
        let faces = Faces { when, style, exact: false, title, names: names.into_iter().collect() };
        let console = Console::new(Trace::new(Vantage::OneEnd, Limits::default()), faces);
        Some(Self { console, text, events, quiet: args.quiet })
    }

    /// Takes what waits, again and again, until told to stop.
    fn run(&mut self, mut inbox: Inbox, told: &mpsc::Receiver<Message>) {
        let mut host: Option<Host> = None;
        let mut pause = IDLE;
        loop {
            let stop = match told.recv_timeout(pause) {
                Ok(Message::Follow(followed)) => {
                    host = Some(followed);
                    continue;
                }
                Ok(Message::Stop(now)) => Some(now),
                Err(RecvTimeoutError::Disconnected) => Some(host.as_ref().map_or(Instant::ZERO, Host::now)),
                Err(RecvTimeoutError::Timeout) => None,
            };
            let batch = inbox.take();
            pause = if batch.is_empty() { IDLE } else { BUSY };
            let now = stop.or_else(|| host.as_ref().map(Host::now)).unwrap_or_default();
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
        if dropped > 0 && !self.quiet {
            complain(&format_args!(
                "{dropped} connections are not in the record: recording could not keep up"
            ));
        }
        if untold > 0 && !self.quiet {
            complain(&format_args!("{untold} more connections are not drawn; --events FILE has them"));
        }
    }
}
