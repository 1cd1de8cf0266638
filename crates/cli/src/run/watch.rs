//! What a run writes and shows: ladders, events, packets, the view.

use std::io;
use std::net::IpAddr;

use cordial::Host;
use cordial_explain::Filter;
use cordial_gateway::{Child, Exit, Names, Network, Places, Signals, Stop};
use cordial_trace::Lang;

use super::capture::{Capture, Subject};
use super::record::{Record, Recording, Writer};
use super::stats::Stats;
use super::targets::Files;
use super::title::title;
use super::tui::{Shown, Spool, Tui};
use super::who::Who;
use super::{Failure, count, words};
use crate::args::{Run, When};
use crate::locale::Reader;

/// What is to watch a run; it takes in from the first packet on.
pub struct Watch {
    /// Facts, for ladders and events.
    pub record: Option<Record>,
    /// What is counted.
    pub stats: Option<Stats>,
    /// Packets.
    pub capture: Option<Capture>,
    /// The language of what is told on standard error.
    pub lang: Lang,
    /// Tells as little as it can there.
    pub quiet: bool,
    /// What chance is drawn from, if it is.
    pub seed: Option<u64>,
    /// What the program asks the name server for.
    pub names: Names,
}

/// Whom it watches.
#[derive(Clone, Copy)]
pub struct Watched<'a> {
    /// The program.
    pub child: &'a Child,
    /// The stack.
    pub host: &'a Host,
    /// Where the program lives.
    pub network: &'a Network,
}

/// What watches it, and writes.
pub struct Watching {
    recording: Option<Recording>,
    view: Option<Tui>,
    capture: Option<Capture>,
    lang: Lang,
    quiet: bool,
}

impl Watch {
    /// As the command line asks; `seed` is what chance is drawn from, if it is.
    pub fn new(args: &Run, seed: Option<u64>) -> Self {
        let draws = args.json || args.ladder != When::None;
        let shows = draws && (args.output.is_some() || !args.quiet);
        Self {
            record: (shows || args.events.is_some()).then(Record::new),
            stats: args.stats.then(Stats::default),
            capture: args.pcap.is_some().then(Capture::default),
            lang: Reader::of_stderr(&args.face).lang,
            quiet: args.quiet,
            seed,
            names: Names::new(),
        }
    }

    /// Begins to write.
    ///
    /// # Errors
    ///
    /// If there is no thread for it, or no terminal for a view.
    pub fn begin(
        self,
        args: &Run,
        filter: Filter,
        watched: Watched<'_>,
        mut files: Files,
        spool: Option<Spool>,
    ) -> Result<Watching, Failure> {
        let Self { record, stats, mut capture, lang, quiet, seed, names: asked } = self;
        let Watched { child, host, network } = watched;
        let names: Vec<(IpAddr, String)> =
            Places::of(network).names().map(|(ip, name)| (ip, name.to_owned())).into();
        let no_thread = |error: io::Error| Failure::of_set_up(&words::NO_THREAD, &error, lang);
        if let (Some(capture), Some(file), Some(path)) = (&mut capture, files.pcap.take(), &args.pcap) {
            let interface = network.interface.as_str().to_owned();
            let subject = Subject {
                path: path.clone(),
                comment: title(&args.command),
                interface,
                names: names.clone(),
                lang,
            };
            capture.begin(file, subject).map_err(no_thread)?;
        }
        let who = Who::new(child, network, names.clone(), asked);
        let shown = (args.filter.clone().unwrap_or_default(), filter.clone());
        let mut writer = Writer::new(args, seed, filter, names, who, files);
        if let Some(stats) = stats {
            writer = writer.count_by(stats);
        }
        let mut view = None;
        if let Some(spool) = spool {
            let reader = Reader::of_stderr(&args.face);
            let shown =
                Shown { title: title(&args.command), reader, filter: shown, spool, host: host.clone() };
            let (tui, watcher) =
                Tui::begin(shown).map_err(|error| Failure::of_set_up(&words::NO_VIEW, &error, lang))?;
            writer = writer.show_to(watcher);
            view = Some(tui);
        }
        let begin = |record: Record| record.begin(writer, host.clone());
        let recording = record.map(begin).transpose().map_err(no_thread)?;
        Ok(Watching { recording, view, capture, lang, quiet })
    }
}

impl Watching {
    /// Before and after a stop of ours.
    pub fn around(&self, stop: Stop) {
        if let Some(view) = &self.view {
            view.around(stop);
        }
    }

    /// Waits until whoever looks has seen enough, or a signal says that it is over.
    pub fn leave_view(&mut self, exit: Exit, signals: &mut Signals) {
        let Some(view) = self.view.take() else { return };
        view.stay_until_left(exit, signals);
    }

    /// Completes the files and draws what waited for the end.
    pub fn finish(self, host: &Host) {
        host.set_observer(None);
        host.set_tap(None);
        if let Some(recording) = self.recording {
            recording.finish(host.now());
        }
        let cut_off = self.capture.map_or(0, Capture::finish);
        if !self.quiet {
            count(&words::CUT_OFF, cut_off, self.lang);
        }
    }
}
