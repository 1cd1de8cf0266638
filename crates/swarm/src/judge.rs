//! What programs may see: an error is fine only where the scenario has its cause, and nobody waits for what has come.

use std::time::Duration;

use cordial_sim::{Call, Errno, HostId, Journey, SERVER, Socket, SocketInfo, World};
use cordial_stack::{CloseCause, Half, Instant, TcpConfig, Tuple};
use cordial_trace::words::Phrase;
use cordial_wire::Flags;

use crate::acts::Act;
use crate::build::{Built, name};
use crate::draw::LONG;
use crate::evidence::{ANSWER, Evidence};
use crate::{Objection, Plan, Setting, Shape, Trouble};

/// What is wrong with the calls that wait when the programs are about to end.
pub(crate) fn waiting(plan: &Plan, built: &Built, acts: &[Act<'_>]) -> Vec<Objection> {
    if plan.ends < plan.heals + LONG {
        return Vec::new();
    }
    let now = built.world.now();
    let long_ago = before(now, PATIENCE);
    let waits = acts.iter().filter(|act| act.returned.is_none() && act.called <= long_ago);
    let is_owed = |act: &&Act<'_>| is_owed(act, &built.world, acts, long_ago);
    let excused =
        |act: &Act<'_>| is_starved(plan, act, &built.world) || is_lost_in_nat(plan, act, &built.world);
    let wrong = waits.filter(is_owed).filter(|act| !moves(act, &built.world) && !excused(act));
    let object = |act: &Act<'_>| {
        let span = now.since(act.called).as_secs().to_string();
        let fills = vec![("host", name(act.host)), ("call", act.call.name().to_owned()), ("span", span)];
        Objection::Program { at: now, what: WAITS, fills, claim: claim(act, acts) }
    };
    wrong.map(object).collect()
}

/// The moment that lies so far back; the beginning, if there was none.
fn before(now: Instant, span: Duration) -> Instant {
    Instant::ZERO + now.since(Instant::ZERO).saturating_sub(span)
}

/// Longer than any retry in a whole network: an open gives up after 255 s, octets after some more than 100 s.
const PATIENCE: Duration = Duration::from_secs(600);
/// Two retries of one segment never lie further apart: who waits for longer without a segment moving is stuck, not slow.
const PACE: Duration = Duration::from_secs(125);

/// True if an end of the call's connection may find all memory taken by other connections, whose programs do not read.
fn is_starved(plan: &Plan, act: &Act<'_>, world: &World) -> bool {
    let peer = act.socket.and_then(|socket| peer_of(world, socket)).map(|(_, peer)| peer.host);
    let has_little = |host: HostId| {
        let settings = plan.settings.get(usize::from(host.0)).into_iter().flatten();
        settings.into_iter().any(|setting| matches!(setting, Setting::Memory(_)))
    };
    has_little(act.host) || peer.is_some_and(has_little)
}

/// True if a NAT in between knows nothing of the call's connection any more: whose other end then ends unheard.
fn is_lost_in_nat(plan: &Plan, act: &Act<'_>, world: &World) -> bool {
    let info = act.socket.and_then(|socket| world.socket(socket));
    info.is_some_and(|info| {
        let evidence = Evidence::new(world, info.tuple, info.began, world.now());
        has_forgotten(plan, &evidence) || is_shared(plan, &evidence)
    })
}

/// True if a NAT in between has forgotten the connection: it resets it, or gives it another port, which the server
/// knows nothing of.
fn has_forgotten(plan: &Plan, evidence: &Evidence<'_>) -> bool {
    matches!(plan.shape, Shape::Nat(config) if evidence.was_idle(config.idle / 2))
}

/// True if a NAT gave the same two ends another port meanwhile: to the server these are two connections, and what it
/// was sent cannot be told apart here.
fn is_shared(plan: &Plan, evidence: &Evidence<'_>) -> bool {
    matches!(plan.shape, Shape::Nat(_)) && evidence.begins_again()
}

/// True if octets come and go on the connection of the call: it is slow.
fn moves(act: &Act<'_>, world: &World) -> bool {
    let now = world.now();
    let info = act.socket.and_then(|socket| world.socket(socket));
    info.is_some_and(|info| Evidence::new(world, info.tuple, info.began, now).moves(before(now, PACE), now))
}

/// True if what the call waits for was due long ago.
fn is_owed(act: &Act<'_>, world: &World, acts: &[Act<'_>], long_ago: Instant) -> bool {
    let peer = act.socket.and_then(|socket| peer_of(world, socket)).filter(|(_, peer)| !peer.is_dead);
    match (act.call, peer) {
        (Call::Connect { .. }, _) => true,
        // A reset is not sent again, and who gives up for want of answers sends none.
        (Call::Read(_) | Call::ReadToEnd, Some((_, info))) if has_left(world, &info) => false,
        (Call::Read(_) | Call::ReadToEnd, Some((peer, _))) => {
            let shuts = acts.iter().filter(|other| other.socket == Some(peer) && ends_writing(other.call));
            shuts.filter_map(|other| other.returned).any(|(at, _)| at <= long_ago)
        }
        (Call::Write(_), Some((_, info))) => info.released.is_some_and(|at| at <= long_ago),
        _ => false,
    }
}

/// True if an end is over in a way that the other end cannot have heard of: its reset was lost, or there was none.
fn has_left(world: &World, info: &SocketInfo) -> bool {
    let Some((ended, _)) = info.ended.filter(|(_, cause)| *cause != CloseCause::Graceful) else {
        return false;
    };
    let Tuple { local, peer } = info.tuple;
    // Until the same ports have another connection.
    let is_later = |other: &&SocketInfo| other.tuple == info.tuple && other.began > info.began;
    let sockets = (0..).map(Socket).map_while(|socket| world.socket(socket));
    let until = sockets.filter(is_later).map(|other| other.began).min().unwrap_or(world.now());
    let other = Evidence::new(world, Tuple { local: peer, peer: local }, info.began, until);
    !other.has_exact_reset(ended)
}

const fn ends_writing(call: &Call) -> bool {
    matches!(call, Call::Shutdown(Half::Write | Half::Both) | Call::Close | Call::Abort)
}

/// What is wrong with what the calls returned and how connections ended.
pub(crate) fn ended(plan: &Plan, built: &Built, acts: &[Act<'_>]) -> Vec<Objection> {
    let judge = Judge { plan, world: &built.world, acts };
    let of_calls = acts.iter().filter_map(|act| judge.call(act));
    let sockets = (0..).map(Socket).map_while(|socket| Some((socket, built.world.socket(socket)?)));
    of_calls.chain(sockets.filter_map(|(socket, info)| judge.end(socket, info))).collect()
}

/// A time without an answer.
#[derive(Clone, Copy)]
struct Silence {
    since: Instant,
    /// It was long enough to give up.
    is_enough: bool,
}

struct Judge<'a> {
    plan: &'a Plan,
    world: &'a World,
    acts: &'a [Act<'a>],
}

impl Judge<'_> {
    fn call(&self, act: &Act<'_>) -> Option<Objection> {
        let (returned, result) = act.returned?;
        let error = result.err()?;
        let is_fine = match act.call {
            Call::Connect { to, port, .. } => self.explains_no_connection(act, (*to, *port), returned, error),
            Call::Listen { .. } => error == Errno::AddressInUse,
            Call::Accept { .. } => error == Errno::NotConnected,
            _ => self.explains(act, returned, error),
        };
        let fills = || {
            vec![
                ("host", name(act.host)),
                ("call", act.call.name().to_owned()),
                ("error", error.name().to_owned()),
            ]
        };
        (!is_fine).then(|| Objection::Program {
            at: returned,
            what: UNEXPLAINED,
            fills: fills(),
            claim: claim(act, self.acts),
        })
    }

    fn explains_no_connection(
        &self,
        act: &Act<'_>,
        to: (HostId, u16),
        returned: Instant,
        error: Errno,
    ) -> bool {
        match error {
            Errno::ConnectionRefused => {
                !self.listened(to, act.called, returned) && self.ended_as(act.host, returned, error)
            }
            Errno::HostUnreachable => self.refuses(to.0),
            // Whether nobody answered is judged where the connection ended.
            Errno::TimedOut => self.ended_as(act.host, returned, error),
            // A port that is chosen twice, or one that is in TIME-WAIT.
            Errno::AddressInUse => matches!(act.call, Call::Connect { from: Some(_), .. }),
            Errno::AddressNotAvailable => self.has(act.host, |setting| matches!(setting, Setting::Ports(_))),
            Errno::NoBuffers => self.has(act.host, |setting| matches!(setting, Setting::Memory(_))),
            // It was half open by a simultaneous open, and the other end gave up.
            Errno::ConnectionReset | Errno::ConnectionAborted => {
                self.plan.calls(to.0).any(|call| matches!(call, Call::Connect { to, .. } if *to == act.host))
            }
            _ => false,
        }
    }

    /// True if a connection that a host opened ended so at this moment.
    fn ended_as(&self, host: HostId, at: Instant, error: Errno) -> bool {
        let mut sockets = (0..).map(Socket).map_while(|socket| self.world.socket(socket));
        sockets.any(|info| {
            let is_it = |(when, cause): (Instant, CloseCause)| when == at && Errno::from(cause) == error;
            info.host == host && !info.is_accepted && info.ended.is_some_and(is_it)
        })
    }

    /// True if somebody listened there all the while.
    fn listened(&self, (host, port): (HostId, u16), from: Instant, until: Instant) -> bool {
        let crashes = self.plan.mishaps.iter().filter(|mishap| mishap.trouble == Trouble::Crash(host));
        let ends = crashes.map(|mishap| Instant::ZERO + mishap.at);
        let exits = Instant::ZERO + self.plan.ends;
        let closes = self.acts.iter().filter(|act| {
            act.host == host && matches!(act.call, Call::Unlisten { port: its } if *its == port)
        });
        let ends: Vec<Instant> = ends.chain(closes.map(|act| act.called)).chain([exits]).collect();
        self.acts.iter().any(|act| {
            let is_it = act.host == host
                && matches!(act.call, Call::Listen { port: its, answer: None, .. } if *its == port);
            let Some((began, Ok(_))) = act.returned.filter(|_| is_it) else { return false };
            let end = ends.iter().copied().filter(|&end| end >= began).min();
            began <= from && end.is_none_or(|end| end > until)
        })
    }

    /// True if an error of a call on a connection has its reason.
    fn explains(&self, act: &Act<'_>, returned: Instant, error: Errno) -> bool {
        let Some(info) = act.socket.and_then(|socket| self.world.socket(socket)) else {
            return matches!(error, Errno::NotConnected | Errno::BrokenPipe) || act.failed == Some(error);
        };
        let is_over = info.ended.filter(|(at, _)| *at <= returned);
        match error {
            // It was let go of, or is not open yet.
            Errno::NotConnected => {
                info.released.is_some_and(|at| at <= returned)
                    || !info.is_opened && !info.is_accepted
                    || info.has_shut_read
                    || matches!(is_over, Some((_, CloseCause::Graceful)))
            }
            Errno::BrokenPipe => info.has_shut_write || matches!(is_over, Some((_, CloseCause::Graceful))),
            Errno::NoBuffers => self.has(info.host, |setting| matches!(setting, Setting::Memory(_))),
            // How it ended is judged for itself.
            error => is_over.is_some_and(|(_, cause)| Errno::from(cause) == error),
        }
    }

    /// How a connection ended.
    fn end(&self, socket: Socket, info: &SocketInfo) -> Option<Objection> {
        let (at, cause) = info.ended.filter(|_| !info.is_dead)?;
        let errno = Errno::from(cause).name().to_owned();
        let fills =
            || vec![("host", name(info.host)), ("end", info.tuple.local.to_string()), ("error", errno)];
        let hears = |act: &&Act<'_>| act.socket == Some(socket) && matches!(act.returned, Some((_, Err(_))));
        let no_reset = (cause == CloseCause::Reset).then(|| "no RST".to_owned());
        let claim = || self.acts.iter().find(hears).and_then(|act| claim(act, self.acts)).or(no_reset);
        let what = self.wrong_end(socket, info, at, cause)?;
        Some(Objection::Program { at, what, fills: fills(), claim: claim() })
    }

    /// What is wrong with an end, if anything is.
    fn wrong_end(&self, socket: Socket, info: &SocketInfo, at: Instant, cause: CloseCause) -> Option<Phrase> {
        let evidence = Evidence::new(self.world, info.tuple, info.began, at);
        let peer = info.peer.and_then(|peer| self.world.socket(peer));
        let unless = |is_fine: bool| (!is_fine).then_some(ENDED);
        if is_shared(self.plan, &evidence) {
            return None;
        }
        match cause {
            CloseCause::Graceful => None,
            // Also who lets go before it is open gives it up.
            CloseCause::Aborted => {
                let is_given_up = info.released.is_some() && !info.is_opened && !info.is_accepted;
                unless(info.is_aborted || is_given_up)
            }
            CloseCause::UnreadData => {
                let has_unread = peer.is_none_or(|peer| peer.written > info.read);
                unless(has_unread && (info.released.is_some() || info.has_shut_read))
            }
            CloseCause::Refused => (evidence.reset().is_none()).then_some(NO_RESET),
            CloseCause::Reset => match evidence.reset() {
                None => Some(NO_RESET),
                Some(reset) if reset.is_forged() => unless(has_forgotten(self.plan, &evidence)),
                Some(_) => unless(
                    has_forgotten(self.plan, &evidence)
                        || peer.is_none_or(|peer| self.explains_reset(socket, info, peer)),
                ),
            },
            CloseCause::Unreachable => unless(self.refuses(self.host_of(info))),
            CloseCause::Unanswered => {
                let syns = usize::from(self.tcp(info).syn_retries) + 1;
                self.silence(
                    info,
                    &evidence,
                    Silence {
                        since: info.began,
                        is_enough: evidence.syns() >= syns && evidence.answer_to_syn().is_none(),
                    },
                )
            }
            CloseCause::TimedOut => self.silence(info, &evidence, self.timed_out(info, &evidence)),
            CloseCause::KeepaliveTimeout => {
                let since = evidence.heard();
                let is_enough = evidence.asked(since) >= self.probes(socket);
                self.silence(info, &evidence, Silence { since, is_enough })
            }
            CloseCause::OrphanTimeout => self.orphan(info, peer, at, &evidence),
        }
    }

    /// Octets went unacknowledged for R2; or probes of a closed window unanswered, and a SYN-ACK as often as it is sent.
    fn timed_out(&self, info: &SocketInfo, evidence: &Evidence<'_>) -> Silence {
        let tcp = self.tcp(info);
        if is_early(info) {
            return self.unheard_syn_ack(info, evidence);
        }
        let since = if evidence.is_closed() { evidence.heard() } else { evidence.progress() };
        let is_enough = match info.is_opened {
            true => evidence.is_long(since, tcp.give_up_after),
            false => evidence.asked(since) >= usize::from(tcp.syn_ack_retries),
        };
        Silence { since, is_enough }
    }

    /// Accepted for what rode on its SYN (RFC 7413 §4.2.2), and nothing came after that: it is given up when the last
    /// retry of its SYN-ACK has gone unanswered, as what is half-open is, each waited for twice as long as the one before.
    fn unheard_syn_ack(&self, info: &SocketInfo, evidence: &Evidence<'_>) -> Silence {
        let tcp = self.tcp(info);
        let waits = tcp.rto.initial * ((2 << tcp.syn_ack_retries) - 1);
        let Some(since) = evidence.syn_ack() else {
            return Silence { since: info.began, is_enough: false };
        };
        Silence { since, is_enough: evidence.is_long(since, waits) }
    }

    /// Nobody held it any more: the other end never said goodbye, or never answered.
    fn orphan(
        &self,
        info: &SocketInfo,
        peer: Option<&SocketInfo>,
        at: Instant,
        evidence: &Evidence<'_>,
    ) -> Option<Phrase> {
        let tcp = self.tcp(info);
        if is_early(info) {
            return self.silence(info, evidence, self.unheard_syn_ack(info, evidence));
        }
        // Also probes of a closed window are counted: nobody waits for ever for a program that does not read.
        let since = evidence.progress();
        if evidence.asked(since) >= usize::from(tcp.orphan_retries) {
            return self.silence(info, evidence, Silence { since, is_enough: true });
        }
        let waited = evidence.is_long(since, tcp.orphan_fin_wait_2) && !evidence.has_goodbye();
        let still_holds = |peer: &SocketInfo| {
            peer.released.is_none_or(|released| released + tcp.orphan_fin_wait_2 / 2 > at)
        };
        let is_silent = |peer: &SocketInfo| {
            peer.is_dead || still_holds(peer) || has_left(self.world, peer) || evidence.has_loss()
        };
        (!(waited && peer.is_none_or(is_silent))).then_some(ENDED)
    }

    /// What is wrong with giving up after a silence: it was not long enough, or the network let the questions pass and
    /// nobody says why there was no answer.
    fn silence(&self, info: &SocketInfo, evidence: &Evidence<'_>, silence: Silence) -> Option<Phrase> {
        if !silence.is_enough {
            return Some(TOO_SOON);
        }
        let question = evidence.ignored(silence.since)?;
        (!self.may_ignore(info, question)).then_some(IGNORED)
    }

    /// True if the host that a segment came to may say nothing to it.
    fn may_ignore(&self, info: &SocketInfo, question: &Journey) -> bool {
        let host = self.host_of(info);
        let is_tight = |setting: &Setting| {
            matches!(setting, Setting::SynQueue(_) | Setting::Memory(_) | Setting::Silent)
        };
        let waits = || {
            // TIME-WAIT says nothing to an old SYN; it stands for an earlier connection between the same ports.
            let Tuple { local, peer } = info.tuple;
            let its = Tuple { local: peer, peer: local };
            let sockets = (0..).map(Socket).map_while(|socket| self.world.socket(socket));
            let is_earlier = |other: &&SocketInfo| other.tuple == its && other.began < info.began;
            question.flags.contains(Flags::SYN)
                && sockets.filter(|other| other.host == host).any(|other| is_earlier(&other))
        };
        // It had no time to answer before it lost its memory, or gave up itself.
        let has_no_time =
            |end: Instant| question.arrived.is_some_and(|at| at <= end && end.since(at) <= ANSWER);
        let crashes = self.plan.mishaps.iter().filter(|mishap| mishap.trouble == Trouble::Crash(host));
        let mut ends = (0..).map(Socket).map_while(|socket| self.world.socket(socket));
        let gives_up = ends.any(|other| {
            let is_its = other.host == host && question.is_to(other.tuple);
            is_its && other.ended.is_some_and(|(end, _)| has_no_time(end))
        });
        let is_cut_off = gives_up || crashes.map(|mishap| Instant::ZERO + mishap.at).any(has_no_time);
        is_cut_off || self.has(host, is_tight) || self.refuses(host) || self.is_crowded() || waits()
    }

    /// The host at the other end.
    fn host_of(&self, info: &SocketInfo) -> HostId {
        let is_it = |host: &HostId| self.plan.address(*host) == info.tuple.peer.ip();
        self.plan.hosts().find(is_it).unwrap_or(SERVER)
    }

    fn tcp(&self, info: &SocketInfo) -> &TcpConfig {
        self.world.stack(info.host).tcp_config()
    }

    /// How many probes a connection sends that hears nothing.
    fn probes(&self, socket: Socket) -> usize {
        let set =
            self.acts.iter().filter(|act| act.socket == Some(socket)).filter_map(|act| match act.call {
                Call::Keepalive(Some(keepalive)) => Some(usize::from(keepalive.probes)),
                _ => None,
            });
        set.min().unwrap_or(1)
    }

    /// True if the peer had a reason to reset.
    fn explains_reset(&self, socket: Socket, info: &SocketInfo, peer: &SocketInfo) -> bool {
        // A late cookie brought it back: its peer is connected to the one before, or no longer at all.
        let is_another = |other: &SocketInfo| other.tuple == info.tuple && other.peer == info.peer;
        let mut earlier = (0..socket.0).map(Socket).filter_map(|other| self.world.socket(other));
        let is_ghost = peer.peer.is_some_and(|its| its != socket) || earlier.any(is_another);
        let left_unread = (peer.released.is_some() || peer.has_shut_read) && peer.read < info.written;
        let gave_up =
            peer.ended.is_some_and(|(_, cause)| !matches!(cause, CloseCause::Graceful | CloseCause::Reset));
        is_ghost || peer.is_aborted || peer.is_dead || left_unread || gave_up
    }

    /// True if somebody listens there who says something else than yes at once.
    fn refuses(&self, host: HostId) -> bool {
        self.plan.calls(host).any(|call| matches!(call, Call::Listen { answer: Some(_), .. }))
    }

    /// True if more may call than the server takes.
    fn is_crowded(&self) -> bool {
        let calls = self.plan.programs.iter().flat_map(|program| &program.steps).map(|step| &step.call);
        let connects = calls.filter(|call| matches!(call, Call::Connect { .. })).count();
        let is_small = |call: &Call| matches!(call, Call::Listen { backlog: Some(most), .. } if (*most as usize) < connects);
        self.plan.calls(SERVER).any(is_small)
    }

    fn has(&self, host: HostId, is_it: impl Fn(&Setting) -> bool) -> bool {
        self.plan.settings.get(usize::from(host.0)).is_some_and(|settings| settings.iter().any(is_it))
    }
}

/// That the call works, as scenario files expect it: the how-manieth of its kind at its host.
fn claim(act: &Act<'_>, acts: &[Act<'_>]) -> Option<String> {
    let word = match act.call {
        Call::Connect { .. } => "connect",
        Call::Accept { .. } => "accept",
        Call::Write(_) => "send",
        Call::Read(_) | Call::ReadToEnd => "read",
        _ => return None,
    };
    let is_alike = |other: &&Act<'_>| other.host == act.host && other.call.name() == act.call.name();
    let mut alike: Vec<&Act<'_>> = acts.iter().filter(is_alike).collect();
    alike.sort_by_key(|other| other.called);
    let nth = alike.iter().position(|other| std::ptr::eq(other.call, act.call))? + 1;
    Some(format!("{} {word} {nth} works", name(act.host)))
}

/// True if it was accepted for what rode on its SYN, and its SYN-ACK was never acknowledged.
const fn is_early(info: &SocketInfo) -> bool {
    info.is_accepted && !info.is_opened
}

fn peer_of(world: &World, socket: Socket) -> Option<(Socket, SocketInfo)> {
    let peer = world.socket(socket)?.peer?;
    Some((peer, *world.socket(peer)?))
}

pub(crate) const WAITS: Phrase = Phrase::new(
    "{call} at {host} has waited for {span} s, in a whole network, for what was due long ago",
    "{host} 上的 {call} 已等了 {span} 秒：网络是好的，它等的东西早该到了",
);
pub(crate) const UNEXPLAINED: Phrase = Phrase::new(
    "{call} at {host} failed with {error}, and nothing that happened explains it",
    "{host} 上的 {call} 失败：{error}，而发生过的事都解释不了它",
);
pub(crate) const ENDED: Phrase = Phrase::new(
    "the connection of {end} at {host} ended with {error}, and nothing that happened explains it",
    "{host} 上 {end} 的连接以 {error} 结束，而发生过的事都解释不了它",
);
pub(crate) const NO_RESET: Phrase = Phrase::new(
    "the connection of {end} at {host} ended with {error}, but no RST came to it",
    "{host} 上 {end} 的连接以 {error} 结束，但并没有 RST 到达",
);
pub(crate) const TOO_SOON: Phrase = Phrase::new(
    "the connection of {end} at {host} ended with {error} before it had waited for as long as it is set to",
    "{host} 上 {end} 的连接以 {error} 结束，但还没有等够设置的时间",
);
pub(crate) const IGNORED: Phrase = Phrase::new(
    "the connection of {end} at {host} ended with {error}, but what it asked had come to the other end, which did not answer",
    "{host} 上 {end} 的连接以 {error} 结束，但它发出的段到了对方那里，对方却没有回答",
);

#[cfg(test)]
mod tests;
