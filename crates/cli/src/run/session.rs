//! A run from the program's start to its end: program, watch, stack, gateway, and the way back.

use std::io;
use std::time::Duration;

use cordial::Host;
use cordial_explain::Filter;
use cordial_gateway::{
    Exit, Gateway, GatewayConfig, Listeners, Network, Notices, Prepared, Published, Signals, Wire,
};
use cordial_trace::Lang;
use tokio::runtime::{Builder, Runtime};

use super::faults::{Goodbyes, Plan};
use super::record::Record;
use super::targets::Targets;
use super::tui::Spool;
use super::watch::{Watch, Watched};
use super::{Failure, complain, count, network, publish, words};
use crate::args::{NetworkArgs, Run};
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
    /// What befalls its packets, where anything is to.
    plan: Option<Plan>,
    /// Where the program writes while a view has the terminal.
    spool: Option<Spool>,
}

impl Session {
    /// A session on this device, whose packets go their way unless there is a plan.
    pub fn new(
        signals: Signals,
        wire: Wire,
        network: Network,
        plan: Option<Plan>,
        spool: Option<Spool>,
    ) -> Self {
        Self { signals, wire, network, plan, spool }
    }

    /// Serves the program from its start to its end.
    pub fn run(
        self,
        args: &Run,
        filter: Filter,
        prepared: Prepared,
        targets: Targets,
    ) -> Result<Exit, Failure> {
        let Self { mut signals, wire, network, plan, spool } = self;
        let seed = plan.as_ref().and_then(Plan::seed);
        let watch = Watch::new(args, seed);
        let lang = Reader::of_stderr(&args.face).lang;
        let started = runtime(lang).and_then(|runtime| {
            // Everything is there before the program is, and the files are as they were until it is.
            let published = publish::take(&args.network.publish, watch.lang)?;
            if !args.quiet {
                publish::tell_chosen(&args.network.publish, &published, watch.lang);
            }
            let inward = Inward { published, listeners: Listeners::of(prepared.child()) };
            let (host, gateway, goodbyes) =
                start(&runtime, wire, plan.as_ref(), &network, &args.network, &watch, inward)?;
            let child = prepared.start().map_err(|error| Failure::of_spawn(&error, lang))?;
            Ok((runtime, (host, goodbyes), gateway, child))
        });
        let (runtime, (host, goodbyes), gateway, mut child) = match started {
            Ok(started) => started,
            Err(failure) => {
                targets.discard();
                return Err(failure);
            }
        };
        let files = targets.begin().map_err(|error| Failure::of_target(&error, lang))?;
        let stats = watch.stats.clone();
        let watched = Watched { child: &child, host: &host, network: &network };
        let mut watching = watch.begin(args, filter, watched, files, spool)?;
        let exit = child.attend(&mut signals, |stop| watching.around(stop));
        let exit = exit.map_err(|error| Failure::of_set_up(&words::NO_WAIT, &error, lang))?;
        watching.leave_view(exit, &mut signals);
        // What is left is ours to do, and whoever has no time for it may end it.
        signals.let_through();
        let pause = plan.as_ref().map_or(PAUSE, Plan::pause);
        runtime.block_on(gateway.drain(pause, DRAIN));
        if let Some(mut goodbyes) = goodbyes {
            // What is lost then comes again as late as its sender has learnt to wait.
            runtime.block_on(goodbyes.complete(DRAIN));
        }
        // Before the host is shut down: what it resets then is no act of the program's.
        watching.finish(&host);
        report_refusals(&gateway, args);
        if !args.quiet {
            tell_seed(seed, lang);
            count(&words::LEFT_RUNNING, child.left_running().into(), lang);
        }
        count(&words::STILL_RUNNING, child.remaining().into(), lang);
        if let Some(stats) = stats.filter(|_| !args.json) {
            eprint!("{}", stats.report(&host).text(lang));
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

/// Says how to have the same faults again.
fn tell_seed(seed: Option<u64>, lang: Lang) {
    if let Some(seed) = seed {
        complain(&words::SEED.fill(lang, &[("n", &seed.to_string())]));
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
    plan: Option<&Plan>,
    network: &Network,
    args: &NetworkArgs,
    watch: &Watch,
    inward: Inward,
) -> Result<(Host, Gateway, Option<Goodbyes>), Failure> {
    let mut host = Host::builder()
        .prefix(network.gateway4.into(), network.ipv4.1)
        .prefix(network.gateway6.into(), network.ipv6.1)
        .gateway();
    if let Some(capture) = &watch.capture {
        host = host.tap(capture.tap());
    }
    let facts = watch.record.as_ref().map(Record::observer);
    host = match (&watch.stats, facts) {
        (Some(stats), facts) => host.statistics(true).observer(stats.observer(facts)),
        (None, Some(facts)) => host.observer(facts),
        (None, None) => host,
    };
    let _inside = runtime.enter();
    let start = || {
        let (host, goodbyes) = match plan {
            None => (host.start(wire)?, None),
            Some(plan) => {
                let (path, goodbyes) = plan.apply(wire, watch.record.as_ref().map(Record::recorder));
                (host.start(path)?, Some(goodbyes))
            }
        };
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
        io::Result::Ok((host, gateway, goodbyes))
    };
    start().map_err(|error| Failure::of_set_up(&words::NO_STACK, &error, watch.lang))
}
