//! A plan as a scenario file.

use std::fmt::{self, Write};
use std::time::Duration;

use cordial_sim::task::When;
use cordial_sim::{CLIENT, Call, Decision, Forgotten, HostId, Link, SERVER, TooBig, Way, WireId};
use cordial_stack::{Answer, Half, IcmpCode, Instant};
use cordial_tcp::Keepalive;
use cordial_trace::Lang;
use cordial_wire::Flags;

use crate::build::name;
use crate::{
    Aim, Deed, Fault, Forgery, Mishap, Number, Objection, Plan, Program, Run, Setting, Shape, Step, Trouble,
};

/// A scenario file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// Its text.
    pub text: String,
    /// It says everything: played with the plan's seed it fails as the plan does.
    pub is_whole: bool,
}

impl Plan {
    /// Writes it down as far as scenario files can say it; the rest stands in comments. What befell nothing in its `run`
    /// is left out. `objection` is what is wrong with it, if anything is.
    pub fn scenario(&self, run: &Run, objection: Option<&Objection>) -> Written {
        let mut page = Page::default();
        page.line(&format!("# cordial swarm, seed {}", self.seed));
        if let Some(objection) = objection {
            let text = objection.text(Lang::En).replace('\n', " ");
            page.line(&format!("# {}: {text}", objection.sort().who()));
        }
        page.network(self);
        for (host, settings) in self.hosts().zip(&self.settings) {
            let is_unsaid =
                |setting: &&Setting| matches!(setting, Setting::Memory(_) | Setting::Undecided(_));
            let said = settings.iter().filter(|setting| !is_unsaid(setting));
            let all: Vec<String> = said.map(ToString::to_string).collect();
            page.host_line(host, (!all.is_empty()).then(|| format!("set {}", all.join(" "))));
            for setting in settings.iter().filter(is_unsaid) {
                page.lack(&format!("{} set {setting}", name(host)));
            }
        }
        for program in &self.programs {
            page.host_line(program.host, calls(program));
        }
        let struck = |at: usize| run.struck.get(at).copied().unwrap_or(true);
        for (_, fault) in self.faults.iter().enumerate().filter(|(at, _)| struck(*at)) {
            page.line(&befallen(fault));
        }
        let forged = |at: usize| run.forged.get(at).copied().unwrap_or(true);
        for (_, forgery) in self.forgeries.iter().enumerate().filter(|(at, _)| forged(*at)) {
            match forgery.aim {
                Aim::Port { from, .. } if from.is_ipv6() => page.lack(&inject(forgery)),
                // It would come from the address that the NAT hides.
                Aim::Connection(_) if matches!(self.shape, Shape::Nat(_)) => page.lack(&inject(forgery)),
                _ => page.host_checked(forgery.to, &inject(forgery)),
            }
        }
        for mishap in &self.mishaps {
            page.mishap(self, mishap);
        }
        page.line(&format!("heal @{}", span(self.heals)));
        page.line(&format!("exit client @{0}; server @{0}", span(self.ends)));
        if let Some(claim) = objection.and_then(Objection::claim) {
            page.line(&format!("expect {claim}"));
        }
        Written { text: page.text, is_whole: !page.lacks }
    }
}

/// What is written so far.
#[derive(Default)]
struct Page {
    text: String,
    /// Something could not be said.
    lacks: bool,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// What scenario files have no words for.
    fn lack(&mut self, what: &str) {
        self.lacks = true;
        self.line(&format!("# not said: {what}"));
    }

    fn network(&mut self, plan: &Plan) {
        if plan.is_ipv6 {
            self.line("net ipv6");
        }
        let lanes = match plan.shape {
            Shape::Router => {
                self.lack("a router between the hosts, and a wire for each");
                plan.wires.first()
            }
            Shape::Direct | Shape::Nat(_) => plan.wires.first(),
        };
        if plan.shape != Shape::Direct
            && plan.wires.iter().skip(1).flatten().any(|link| *link != Link::PERFECT)
        {
            self.lack("faults of wires behind the first");
        }
        if let Some([there, back]) = lanes {
            match there == back {
                true => self.line(&format!("net {}", wire(there))),
                false => {
                    self.line(&format!("net c->s {}", wire(there)));
                    self.line(&format!("net s->c {}", wire(back)));
                }
            }
        }
        if let Shape::Nat(config) = plan.shape {
            let reset = if config.forgotten == Forgotten::Reset { " reset" } else { "" };
            self.line(&format!("nat idle={}{reset}", span(config.idle)));
        }
    }

    /// A line of a host, if there is anything to say; more clients than one there are not.
    fn host_line(&mut self, host: HostId, what: Option<String>) {
        let Some(what) = what else { return };
        match host {
            CLIENT | SERVER => self.line(&format!("{} {what}", name(host))),
            _ => self.lack(&format!("{} {what}", name(host))),
        }
    }

    fn host_checked(&mut self, host: HostId, line: &str) {
        match host {
            CLIENT | SERVER => self.line(line),
            _ => self.lack(line),
        }
    }

    fn mishap(&mut self, plan: &Plan, mishap: &Mishap) {
        let (begin, end) = (span(mishap.at), span(plan.end_of(mishap)));
        match mishap.trouble {
            Trouble::Crash(host) => {
                let host = (host, name(host));
                self.host_checked(host.0, &format!("crash {} @{begin}", host.1));
                self.host_checked(host.0, &format!("reboot {} @{end}", host.1));
            }
            Trouble::Pull(WireId(0)) => {
                self.line(&format!("pull @{begin}"));
                self.line(&format!("plug @{end}"));
            }
            Trouble::Cut(WireId(0), way) => {
                let to = if way == Way::There { "server" } else { "client" };
                self.line(&format!("pull {to} @{begin}"));
                self.line(&format!("plug {to} @{end}"));
            }
            Trouble::Pull(wire) | Trouble::Cut(wire, _) => {
                self.lack(&format!("wire {} is out from @{begin} to @{end}", wire.0));
            }
        }
    }
}

/// What a direction does, as `net` says it.
fn wire(link: &Link) -> String {
    let mut text = format!("delay {}", span(link.delay));
    // A string takes everything.
    let mut add = |words: fmt::Arguments<'_>| text.write_fmt(words).unwrap_or_default();
    if !link.jitter.is_zero() {
        add(format_args!(" jitter {}", span(link.jitter)));
    }
    if let Some(octets) = link.rate {
        add(format_args!(" rate {}bit", octets * 8));
    }
    for (name, chance) in
        [("loss", link.loss), ("dup", link.duplicate), ("reorder", link.reorder), ("corrupt", link.corrupt)]
    {
        if chance > 0 {
            add(format_args!(" {name} {}%", f64::from(chance) / 10_000.0));
        }
    }
    if let Some(mtu) = link.mtu {
        let silent = if link.too_big == TooBig::Silent { " silent" } else { "" };
        add(format_args!(" mtu {mtu}{silent}"));
    }
    if let Some(queue) = link.queue {
        add(format_args!(" queue {}", queue.octets));
    }
    text
}

/// The calls of a program; none if it calls nothing.
fn calls(program: &Program) -> Option<String> {
    let mut words: Vec<String> = program.steps.iter().map(call).collect();
    let is = |wanted: fn(&Call) -> bool| program.steps.iter().any(|step| wanted(&step.call));
    let opens = is(|call| matches!(call, Call::Connect { .. } | Call::Accept { .. }));
    if opens && !is(|call| matches!(call, Call::Read(_) | Call::ReadToEnd)) {
        // Else it would read along.
        words.push("read nothing".to_owned());
    }
    (!words.is_empty()).then(|| words.join("; "))
}

fn call(step: &Step) -> String {
    let what = match &step.call {
        Call::Listen { port, backlog, answer, fast_open, .. } => {
            let backlog = backlog.map_or_else(String::new, |most| format!(" backlog={most}"));
            let answer = answer.map_or_else(String::new, decision);
            let fast = fast_open.map_or_else(String::new, |most| format!(" fast_open={most}"));
            format!("listen port={port}{backlog}{answer}{fast}")
        }
        Call::Unlisten { port } => format!("unlisten port={port}"),
        Call::Accept { port } => format!("accept port={port}"),
        Call::Connect { port, from, waits, .. } => {
            let from = from.map_or_else(String::new, |from| format!(" from={from}"));
            format!("connect port={port}{from}{}", if *waits { "" } else { " nowait" })
        }
        Call::Write(count) => format!("send {count}"),
        Call::Read(count) => format!("read {count}"),
        Call::ReadToEnd => "read end".to_owned(),
        Call::Shutdown(Half::Write) => "shutdown".to_owned(),
        Call::Shutdown(Half::Read) => "shutdown read".to_owned(),
        Call::Shutdown(Half::Both) => "shutdown both".to_owned(),
        Call::Keepalive(Some(probes)) => format!("keepalive {}", keepalive(*probes)),
        Call::Keepalive(None) => "keepalive off".to_owned(),
        Call::Nodelay(is_on) => format!("nodelay {}", if *is_on { "on" } else { "off" }),
        Call::Pause => "wait".to_owned(),
        other => other.name().to_owned(),
    };
    match step.when {
        When::Next => what,
        When::NotBefore(at) => format!("{what} @{}", span(at.since(Instant::ZERO))),
        When::After(pause) => format!("{what} +{}", span(pause)),
        When::Interrupting(at) => format!("{what} @!{}", span(at.since(Instant::ZERO))),
    }
}

fn decision(Decision { answer, after }: Decision) -> String {
    let thinks = if after.is_zero() { String::new() } else { format!(" thinks={}", span(after)) };
    format!(" answer={}{thinks}", word(answer))
}

const fn word(answer: Answer) -> &'static str {
    match answer {
        Answer::Accept => "accept",
        Answer::Reset => "reset",
        Answer::Unreachable(IcmpCode::Admin) => "prohibited",
        Answer::Unreachable(_) => "unreachable",
        _ => "ignore",
    }
}

fn keepalive(probes: Keepalive) -> String {
    format!("{}/{}/{}", span(probes.idle), span(probes.interval), probes.probes)
}

fn befallen(fault: &Fault) -> String {
    let target = &fault.target;
    let name = match target.group.0 {
        1 => target.id.to_string(),
        group => format!("{group}.{}", target.id),
    };
    match fault.deed {
        Deed::Drop => format!("drop {name}"),
        Deed::Delay(by) => format!("delay {name} {}", span(by)),
        Deed::Duplicate(after) => format!("dup {name} +{}", span(after)),
        Deed::Swap => {
            let next = cordial_trace::event::SegmentId { count: target.id.count + 1, ..target.id };
            match target.group.0 {
                1 => format!("swap {name} {next}"),
                group => format!("swap {name} {group}.{next}"),
            }
        }
    }
}

fn inject(forgery: &Forgery) -> String {
    let flags = [
        (Flags::SYN, "SYN"),
        (Flags::FIN, "FIN"),
        (Flags::RST, "RST"),
        (Flags::ACK, "ACK"),
        (Flags::PSH, "PSH"),
    ];
    let named = flags.into_iter().filter(|(flag, _)| forgery.flags.contains(*flag)).map(|(_, name)| name);
    let flags = named.collect::<Vec<_>>().join("+");
    let mut text =
        format!("inject to {} @{} {flags} seq={}", name(forgery.to), span(forgery.at), number(forgery.seq));
    // A string takes everything.
    let mut add = |words: fmt::Arguments<'_>| text.write_fmt(words).unwrap_or_default();
    if let Some(ack) = forgery.ack {
        add(format_args!(" ack={}", number(ack)));
    }
    if forgery.len > 0 {
        add(format_args!(" len={}", forgery.len));
    }
    add(format_args!(" win={}", forgery.window));
    match forgery.aim {
        Aim::Connection(group) if group.0 == 1 => {}
        Aim::Connection(group) => add(format_args!(" of={}", group.0)),
        Aim::Port { from, port } => add(format_args!(" from={from} port={port}")),
    }
    text
}

fn number(number: Number) -> String {
    match number {
        Number::Absolute(number) => format!("abs:{number}"),
        Number::Expected(0) => "expected".to_owned(),
        Number::Expected(offset) => format!("expected{offset:+}"),
    }
}

/// A time in the largest unit in which it is a whole number.
fn span(span: Duration) -> String {
    let micros = span.as_micros();
    match micros {
        0 => "0ms".to_owned(),
        _ if micros.is_multiple_of(1_000_000) => format!("{}s", micros / 1_000_000),
        _ if micros.is_multiple_of(1_000) => format!("{}ms", micros / 1_000),
        _ => format!("{micros}us"),
    }
}
