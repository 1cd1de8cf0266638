//! One play of a corner case: what is done, what is seen, and what may end otherwise when a packet is befallen.

use std::rc::Rc;
use std::time::Duration;

use cordial_sim::{Bound, CLIENT, HostId, Oracle, SERVER, World};
use cordial_stack::{Config, Instant, Phase};
use cordial_trace::event::Side;

use crate::outcome::Outcome;
use crate::stage::{Change, Stage, millis};
use crate::variant::{Sent, Variant};

type Play = Rc<dyn Fn(&mut Stage)>;
type Check = Rc<dyn Fn(&Played)>;

/// One play.
#[derive(Clone)]
pub struct Scene {
    pub name: String,
    change: Change,
    play: Play,
    checks: Vec<Check>,
    until: Option<u64>,
    is_routed: bool,
    allowed: Vec<(Oracle, &'static str)>,
    exceptions: Vec<Exception>,
}

/// A variant that ends otherwise.
#[derive(Clone)]
struct Exception {
    /// Its name; with a `*` at the end, all that begin so.
    variant: &'static str,
    why: &'static str,
}

/// A scene that was played.
pub struct Played {
    pub world: World,
    pub sent: Vec<Sent>,
    pub outcome: Outcome,
    pub objections: Vec<String>,
    pub has_befallen: bool,
}

impl Scene {
    pub fn new(name: impl Into<String>, play: impl Fn(&mut Stage) + 'static) -> Self {
        Self {
            name: name.into(),
            change: Rc::new(|_, _| {}),
            play: Rc::new(play),
            checks: Vec::new(),
            until: None,
            is_routed: false,
            allowed: Vec::new(),
            exceptions: Vec::new(),
        }
    }

    /// Changes settings of the hosts.
    #[must_use]
    pub fn set(mut self, change: impl Fn(HostId, &mut Config) + 'static) -> Self {
        let before = Rc::clone(&self.change);
        self.change = Rc::new(move |host, config| {
            before(host, config);
            change(host, config);
        });
        self
    }

    /// Without options that a stray would have to know.
    #[must_use]
    pub fn plain(self) -> Self {
        self.set(|_, config| {
            let tcp = std::sync::Arc::make_mut(&mut config.tcp);
            (tcp.timestamps, tcp.sack, tcp.window_scaling) = (false, false, false);
        })
    }

    /// The first numbers of the client's connections, and of the server's.
    #[must_use]
    pub fn numbered(mut self, client: &[u32], server: &[u32]) -> Self {
        let (play, client, server) = (self.play, client.to_vec(), server.to_vec());
        self.play = Rc::new(move |stage| {
            stage.numbers(CLIENT, &client);
            stage.numbers(SERVER, &server);
            play(stage);
        });
        self
    }

    /// There is a router in the middle of the way: the second wire leads from it to the server.
    #[must_use]
    pub fn routed(self) -> Self {
        Self { is_routed: true, ..self }
    }

    /// It is over after so many seconds, though something would still happen.
    #[must_use]
    pub fn until(self, seconds: u64) -> Self {
        Self { until: Some(seconds), ..self }
    }

    /// What is to be seen on the wire: who sends what, in order.
    #[must_use]
    pub fn wire(self, expected: &'static [&'static str]) -> Self {
        self.check(move |played| {
            let lines: Vec<String> = played.sent.iter().map(Sent::to_string).collect();
            assert!(lines == expected, "on the wire:\n{}", lines.join("\n"));
        })
    }

    /// What a host says to each stray, until the next one.
    #[must_use]
    pub fn answers(self, host: HostId, expected: &'static [&'static [&'static str]]) -> Self {
        self.check(move |played| assert_eq!(played.answers(host), expected))
    }

    /// What the calls of each program come to: `ok`, an error's name, `waits`.
    #[must_use]
    pub fn calls(self, expected: &'static [&'static str]) -> Self {
        self.check(move |played| assert_eq!(played.outcome.calls, expected))
    }

    /// The last state of each end of each connection, and of those that are CLOSED the one before.
    #[must_use]
    pub fn states(self, expected: &'static [&'static str]) -> Self {
        self.check(move |played| assert_eq!(played.outcome.states, expected))
    }

    /// Anything else that is to hold.
    #[must_use]
    pub fn check(mut self, check: impl Fn(&Played) + 'static) -> Self {
        self.checks.push(Rc::new(check));
        self
    }

    /// An oracle may object, in every variant, for this reason.
    #[must_use]
    pub fn allow(mut self, oracle: Oracle, why: &'static str) -> Self {
        self.allowed.push((oracle, why));
        self
    }

    /// These variants end otherwise, for this reason.
    #[must_use]
    pub fn except(mut self, why: &'static str, variants: &[&'static str]) -> Self {
        self.exceptions.extend(variants.iter().map(|&variant| Exception { variant, why }));
        self
    }

    /// Why variants may end otherwise, with their names.
    pub fn reasons(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.exceptions.iter().map(|exception| (exception.variant, exception.why))
    }

    /// Oracles that may object, and why.
    pub fn allowances(&self) -> impl Iterator<Item = (Oracle, &'static str)> {
        self.allowed.iter().copied()
    }

    /// Plays it once, with one packet befallen or none.
    pub fn play(&self, variant: Option<&Variant>) -> Played {
        let mut stage = Stage::new(&self.change, self.is_routed);
        stage.world.set_bound(Bound { time: Duration::from_secs(24 * 3600), steps: 1_000_000 });
        (self.play)(&mut stage);
        let befallen = stage.arrange(variant);
        let ended = match self.until {
            Some(seconds) => stage.world.run_until(Instant::ZERO + Duration::from_secs(seconds)),
            None => stage.world.run_out(),
        };
        let mut objections: Vec<String> =
            ended.err().map(|endless| endless.to_string()).into_iter().collect();
        // The end is judged as it stands, before the record is closed.
        let outcome = Outcome::of(&stage.world, &stage.tasks);
        let violations = stage.world.finish();
        let is_allowed = |oracle| self.allowed.iter().any(|&(allowed, _)| allowed == oracle);
        let objected = violations.iter().filter(|violation| !is_allowed(violation.oracle));
        objections.extend(objected.map(ToString::to_string));
        let (sent, has_befallen) = (stage.sent(), befallen.get());
        Played { world: stage.world, sent, outcome, objections, has_befallen }
    }

    /// Plays it as it is meant, and says what is wrong with it.
    pub fn rehearse(&self) -> (Played, Vec<String>) {
        let played = self.play(None);
        let mut wrong = played.objections.clone();
        for check in &self.checks {
            if let Err(panic) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&played))) {
                let text = panic.downcast_ref::<String>().cloned();
                wrong.push(
                    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
                        .unwrap_or_default(),
                );
            }
        }
        if !wrong.is_empty() {
            let complaints = wrong.join("\n");
            wrong = vec![format!("{}: as it is meant: {complaints}\n{}", self.name, played.picture())];
        }
        (played, wrong)
    }

    /// Plays every variant, and says what is wrong with which.
    pub fn vary(&self, meant: &Played) -> (usize, Vec<String>) {
        let variants = Variant::all(&meant.sent);
        let mut used = vec![false; self.exceptions.len()];
        let mut wrong = Vec::new();
        for variant in &variants {
            let played = self.play(Some(variant));
            let exception = self.exceptions.iter().position(|exception| exception.is_of(&variant.name));
            if let Some(used) = exception.and_then(|at| used.get_mut(at)) {
                *used = true;
            }
            if let Some(complaint) = played.complaint(meant, exception.is_some()) {
                let wire = played.ladder();
                wrong.push(format!("{}: {}: {complaint}\n{wire}", self.name, variant.name));
            }
        }
        for (exception, _) in self.exceptions.iter().zip(used).filter(|(_, used)| !used) {
            wrong.push(format!("{}: an exception for no variant: {}", self.name, exception.variant));
        }
        (variants.len(), wrong)
    }
}

impl Exception {
    fn is_of(&self, variant: &str) -> bool {
        match self.variant.strip_suffix('*') {
            Some(beginning) => variant.starts_with(beginning),
            None => variant == self.variant,
        }
    }
}

impl Played {
    /// What is wrong with a variant.
    fn complaint(&self, meant: &Self, is_exception: bool) -> Option<String> {
        let is_same = self.outcome == meant.outcome;
        match () {
            () if !self.has_befallen => Some("its packet was never sent".to_owned()),
            () if !self.objections.is_empty() => Some(format!("{:#?}", self.objections)),
            () if is_same && is_exception => Some("ends as it is meant: no exception is needed".to_owned()),
            () if !is_same && !is_exception => Some(self.outcome.differs_from(&meant.outcome)),
            () => None,
        }
    }

    /// Says if an end was not in a state just before this moment.
    pub fn was_in(&self, phase: Phase, host: HostId, at: u64) {
        let of_host =
            self.world.events().iter().filter(|event| millis(event.time) <= at).filter_map(|event| {
                let (ends, address) = (event.ends?, self.world.address(host));
                let [client, _] = self.world.ends(event.group)?;
                Some(ends.of(if client.ip() == address { Side::Client } else { Side::Server }))
            });
        let states: Vec<Phase> = of_host.flat_map(|end| [end.before, end.after]).flatten().collect();
        assert!(states.contains(&phase), "{phase} at {at}: {states:?}");
    }

    /// For people who look for what went wrong.
    pub fn picture(&self) -> String {
        format!("{}\n{}", self.ladder(), self.outcome)
    }

    /// What was on the wire, and when.
    pub fn ladder(&self) -> String {
        let lines: Vec<String> = self.sent.iter().map(|sent| format!("{:>8} {sent}", sent.at)).collect();
        lines.join("\n")
    }

    /// What a host sent.
    pub fn of(&self, host: HostId) -> Vec<&str> {
        self.sent.iter().filter(|sent| sent.from == Some(host)).map(|sent| sent.text.as_str()).collect()
    }

    /// When a host sent what, in milliseconds.
    pub fn times(&self, host: HostId, text: &str) -> Vec<u64> {
        let is_it = |sent: &&Sent| sent.from == Some(host) && sent.text == text;
        self.sent.iter().filter(is_it).map(|sent| sent.at).collect()
    }

    /// The answers to strays: what a host sent between a stray and the next.
    pub fn answers(&self, host: HostId) -> Vec<Vec<&str>> {
        let mut answers: Vec<Vec<&str>> = Vec::new();
        for sent in &self.sent {
            match sent.from {
                None => answers.push(Vec::new()),
                Some(from) if from == host => {
                    if let Some(last) = answers.last_mut() {
                        last.push(&sent.text);
                    }
                }
                Some(_) => {}
            }
        }
        answers
    }
}
