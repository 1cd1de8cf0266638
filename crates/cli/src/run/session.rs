//! A run from the program's start to its end: program, watch, stack, gateway, and the way back.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use cordial::Host;
use cordial_explain::Filter;
use cordial_gateway::{
    Child, Exit, Gateway, GatewayConfig, Listeners, Names, Network, Notices, Places, Prepared, Published,
    Signals, Stop, Wire,
};
use cordial_trace::Lang;
use tokio::runtime::{Builder, Runtime};

use super::capture::{Capture, Subject};
use super::record::{Record, Recording, Writer};
use super::targets::Targets;
use super::title::title;
use super::tui::{Shown, Spool, Tui};
use super::who::Who;
use super::{Failure, count, network, publish, stats, words};
use crate::args::{NetworkArgs, Run, When};
use crate::locale::Reader;

/// What a program leaves under way when it ends may go on for as long as something moves, with
/// pauses up to this.
const PAUSE: Duration = Duration::from_millis(250);

/// And for no longer than this in all.
const DRAIN: Duration = Duration::from_secs(5);

/// What a run needs, made before there are threads.
#[derive(Debug)]
pub struct Session {
    signals: Signals,
    wire: Wire,
    network: Network,
    /// Where the program writes while a view has the terminal.
    spool: Option<Spool>,
}

impl Session {
    /// A session on this device.
    pub fn new(signals: Signals, wire: Wire, network: Network, spool: Option<Spool>) -> Self {
        Self { signals, wire, network, spool }
    }

    /// Serves the program from its start to its end.
    pub fn run(
        self,
        args: &Run,
        filter: Filter,
        prepared: Prepared,
        targets: Targets,
    ) -> Result<Exit, Failure> {
        let Self { mut signals, wire, network, spool } = self;
        let watch = Watch::new(args);
        let lang = Reader::of_stderr(&args.face).lang;
        let started = runtime(lang).and_then(|runtime| {
            // Everything is there before the program is, and the files are as they were until it is.
            let published = publish::take(&args.network.publish, watch.lang)?;
            if !args.quiet {
                publish::tell_chosen(&args.network.publish, &published, watch.lang);
            }
            let inward = Inward { published, listeners: Listeners::of(prepared.child()) };
            let (host, gateway) = start(&runtime, wire, (&network, &args.network), &watch, inward)?;
            let child = prepared.start().map_err(|error| Failure::of_spawn(&error, lang))?;
            Ok((runtime, host, gateway, child))
        });
        let (runtime, host, gateway, mut child) = match started {
            Ok(started) => started,
            Err(failure) => {
                targets.discard();
                return Err(failure);
            }
        };
        let mut watching = watch.begin(args, filter, &child, (&host, &network), (targets, spool))?;
        let exit = child.attend(&mut signals, |stop| watching.around(stop));
        let exit = exit.map_err(|error| Failure::of_set_up(&words::NO_WAIT, &error, lang))?;
        watching.leave_view(exit, &mut signals);
        // What is left is ours to do, and whoever has no time for it may end it.
        signals.let_through();
        runtime.block_on(gateway.drain(PAUSE, DRAIN));
        // Before the host is shut down: what it resets then is no act of the program's.
        watching.finish(&host);
        report_refusals(&gateway, args);
        if !args.quiet {
            count(&words::LEFT_RUNNING, child.left_running().into(), lang);
        }
        count(&words::STILL_RUNNING, child.remaining().into(), lang);
        if args.stats {
            eprint!("{}", stats::text(&host));
        }
        runtime.block_on(host.shutdown(Duration::ZERO));
        // Tasks that wait for the outside, say a connect without an answer, are not waited for.
        runtime.shutdown_background();
        Ok(exit)
    }
}

/// One thread for the stack and one for the relay keep the program's own busy.
const WORKERS: usize = 2;

fn runtime(lang: Lang) -> Result<Runtime, Failure> {
    let runtime =
        Builder::new_multi_thread().worker_threads(WORKERS).thread_name("cordial-net").enable_all().build();
    runtime.map_err(|error| Failure::of_set_up(&words::NO_RUNTIME, &error, lang))
}

fn report_refusals(gateway: &Gateway, args: &Run) {
    if !args.quiet {
        let lang = Reader::of_stderr(&args.face).lang;
        count(&words::TURNED_AWAY, gateway.turned_away(), lang);
        count(&words::LOST, gateway.lost(), lang);
    }
}

/// What brings connections in.
struct Inward {
    published: Vec<Published>,
    listeners: Option<Listeners>,
}

/// The stack over the device, and what it serves.
fn start(
    runtime: &Runtime,
    wire: Wire,
    (network, args): (&Network, &NetworkArgs),
    watch: &Watch,
    inward: Inward,
) -> Result<(Host, Gateway), Failure> {
    let mut host = Host::builder()
        .prefix(network.gateway4.into(), network.ipv4.1)
        .prefix(network.gateway6.into(), network.ipv6.1)
        .gateway();
    if let Some(capture) = &watch.capture {
        host = host.tap(capture.tap());
    }
    if let Some(record) = &watch.record {
        host = host.observer(record.observer());
    }
    let _inside = runtime.enter();
    let start = || {
        let host = host.start(wire)?;
        let mut config = GatewayConfig::new(network::places(network, args));
        config.names = watch.names.clone();
        config.listeners = inward.listeners;
        config.resolver = network::resolver(args);
        config.hosts.clone_from(&args.add_host);
        let (notices, told) = Notices::new();
        config.notices = notices;
        if !watch.quiet {
            runtime.spawn(network::tell(told, watch.lang));
        }
        let mut gateway = Gateway::start(&host, config)?;
        gateway.publish(inward.published)?;
        io::Result::Ok((host, gateway))
    };
    start().map_err(|error| Failure::of_set_up(&words::NO_STACK, &error, watch.lang))
}

/// What is to watch a run; it takes in from the first packet on.
struct Watch {
    record: Option<Record>,
    capture: Option<Capture>,
    lang: Lang,
    quiet: bool,
    /// What the program asks the name server for.
    names: Names,
}

/// What watches it, and writes.
struct Watching {
    recording: Option<Recording>,
    view: Option<Tui>,
    capture: Option<Capture>,
    lang: Lang,
    quiet: bool,
}

impl Watch {
    /// As the command line asks.
    fn new(args: &Run) -> Self {
        let draws = args.json || args.ladder != When::None;
        let shows = draws && (args.output.is_some() || !args.quiet);
        Self {
            record: (shows || args.events.is_some()).then(Record::new),
            capture: args.pcap.is_some().then(Capture::default),
            lang: Reader::of_stderr(&args.face).lang,
            quiet: args.quiet,
            names: Names::new(),
        }
    }

    /// Begins to write.
    fn begin(
        self,
        args: &Run,
        filter: Filter,
        child: &Child,
        (host, network): (&Host, &Network),
        (targets, spool): (Targets, Option<Spool>),
    ) -> Result<Watching, Failure> {
        let Self { record, mut capture, lang, quiet, names: asked } = self;
        let mut files = targets.begin().map_err(|error| Failure::of_target(&error, lang))?;
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
        let mut writer = Writer::new(args, filter, names, who, files);
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
    fn around(&self, stop: Stop) {
        if let Some(view) = &self.view {
            view.around(stop);
        }
    }

    /// Waits until whoever looks has seen enough, or a signal says that it is over.
    fn leave_view(&mut self, exit: Exit, signals: &mut Signals) {
        let Some(view) = self.view.take() else { return };
        view.stay_until_left(exit, signals);
    }

    /// Completes the files and draws what waited for the end.
    fn finish(self, host: &Host) {
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
