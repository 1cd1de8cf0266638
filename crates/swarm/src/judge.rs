//! What programs may see: an error is fine only where the scenario has its cause, and nobody waits for what has come.

use std::time::Duration;

use cordial_sim::{Call, Errno, Forgotten, HostId, Link, SERVER, Socket, SocketInfo, World};
use cordial_stack::{CloseCause, Half, Instant};
use cordial_trace::words::Phrase;

use crate::acts::Act;
use crate::build::{Built, name};
use crate::draw::LONG;
use crate::{Deed, Fault, Objection, Plan, Setting, Shape, Trouble};

/// What is wrong with the calls that wait when the programs are about to end.
pub(crate) fn waiting(plan: &Plan, built: &Built, acts: &[Act<'_>]) -> Vec<Objection> {
    if plan.ends < plan.heals + LONG || is_slow(plan) || loses_for_ever(plan) {
        return Vec::new();
    }
    let now = built.world.now();
    let long_ago = before(now, PATIENCE);
    let waits = acts.iter().filter(|act| act.returned.is_none() && act.called <= long_ago);
    let wrong = waits.filter(|act| is_owed(plan, act, &built.world, acts, long_ago));
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

/// True if what the call waits for was due long ago.
fn is_owed(plan: &Plan, act: &Act<'_>, world: &World, acts: &[Act<'_>], long_ago: Instant) -> bool {
    let peer = act.socket.and_then(|socket| peer_of(world, socket)).filter(|(_, peer)| !peer.is_dead);
    match (act.call, peer) {
        (Call::Connect { .. }, _) => true,
        // A reset that was lost is not sent again.
        (Call::Read(_) | Call::ReadToEnd, Some((_, info))) if has_given_up(&info) && may_lose(plan) => false,
        (Call::Read(_) | Call::ReadToEnd, Some((peer, _))) => {
            let shuts = acts.iter().filter(|other| other.socket == Some(peer) && ends_writing(other.call));
            shuts.filter_map(|other| other.returned).any(|(at, _)| at <= long_ago)
        }
        (Call::Write(_), Some((_, info))) => info.released.is_some_and(|at| at <= long_ago),
        _ => false,
    }
}

fn has_given_up(info: &SocketInfo) -> bool {
    matches!(info.ended, Some((_, cause)) if cause != CloseCause::Graceful)
}

/// Segments may be lost.
fn may_lose(plan: &Plan) -> bool {
    let is_lossy = |link: &Link| link.loss > 0 || link.corrupt > 0 || link.queue.is_some();
    let is_drop = |fault: &Fault| fault.deed == Deed::Drop;
    plan.lanes().any(is_lossy) || plan.faults.iter().any(is_drop) || !plan.mishaps.is_empty()
}

const fn ends_writing(call: &Call) -> bool {
    matches!(call, Call::Shutdown(Half::Write | Half::Both) | Call::Close | Call::Abort)
}

/// Transfers may take longer than anyone would wait.
fn is_slow(plan: &Plan) -> bool {
    let is_small = |setting: &Setting| match setting {
        Setting::ReceiveBuffer(octets) | Setting::SendBuffer(octets) => *octets < 30_000,
        Setting::Memory(_) => true,
        _ => false,
    };
    plan.settings.iter().flatten().any(is_small) || plan.lanes().any(|link| link.rate.is_some())
}

/// Segments may be missing also after the network has healed: too long for a wire, forgotten by a NAT. That ICMP tells of a
/// narrow wire is of no use to an engine that does not discover the path's MTU.
fn loses_for_ever(plan: &Plan) -> bool {
    matches!(plan.shape, Shape::Nat(_)) || plan.lanes().any(|link| link.mtu.is_some())
}

/// What is wrong with what the calls returned and how connections ended.
pub(crate) fn ended(plan: &Plan, built: &Built, acts: &[Act<'_>]) -> Vec<Objection> {
    let judge = Judge { plan, world: &built.world, acts };
    let of_calls = acts.iter().filter_map(|act| judge.call(act));
    let sockets = (0..).map(Socket).map_while(|socket| Some((socket, built.world.socket(socket)?)));
    of_calls.chain(sockets.filter_map(|(socket, info)| judge.end(socket, info))).collect()
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
            Errno::ConnectionRefused => !self.listened(to, act.called, returned),
            Errno::HostUnreachable => self.refuses(to.0),
            Errno::TimedOut => self.may_time_out(),
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
                    || !info.is_opened
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
        let peer = info.peer.and_then(|peer| self.world.socket(peer));
        let is_fine = match cause {
            // What connecting programs heard is judged there.
            CloseCause::Graceful | CloseCause::Refused => true,
            CloseCause::Aborted => info.is_aborted || info.released.is_some(),
            CloseCause::UnreadData => info.released.is_some() || info.has_shut_read,
            CloseCause::Reset => {
                peer.is_none_or(|peer| self.explains_reset(socket, info, peer)) || self.has_forgetful_nat()
            }
            CloseCause::Unanswered | CloseCause::TimedOut => self.may_time_out(),
            // Probes may be as few as one: a single segment that is held up is enough.
            CloseCause::KeepaliveTimeout => self.may_time_out() || !self.plan.faults.is_empty(),
            CloseCause::OrphanTimeout => {
                let still_holds = |peer: &SocketInfo| {
                    peer.released.is_none_or(|released| released + Duration::from_secs(59) > at)
                };
                // It never finished: it is held, or its reset was lost.
                let never_finishes =
                    |peer: &SocketInfo| still_holds(peer) || has_given_up(peer) && may_lose(self.plan);
                peer.is_none_or(never_finishes) || self.may_time_out()
            }
            CloseCause::Unreachable => self.plan.hosts().any(|host| self.refuses(host)),
        };
        let errno = Errno::from(cause).name().to_owned();
        let fills =
            || vec![("host", name(info.host)), ("end", info.tuple.local.to_string()), ("error", errno)];
        let hears = |act: &&Act<'_>| act.socket == Some(socket) && matches!(act.returned, Some((_, Err(_))));
        let no_reset = (cause == CloseCause::Reset).then(|| "no RST".to_owned());
        let claim = || self.acts.iter().find(hears).and_then(|act| claim(act, self.acts)).or(no_reset);
        (!is_fine).then(|| Objection::Program { at, what: ENDED, fills: fills(), claim: claim() })
    }

    /// True if the peer had a reason to reset.
    fn explains_reset(&self, socket: Socket, info: &SocketInfo, peer: &SocketInfo) -> bool {
        // A late cookie brought it back: its peer is connected to the one before, or no longer at all.
        let is_ghost = peer.peer.is_some_and(|its| its != socket);
        let left_unread = (peer.released.is_some() || peer.has_shut_read) && peer.read < info.written;
        let gave_up =
            peer.ended.is_some_and(|(_, cause)| !matches!(cause, CloseCause::Graceful | CloseCause::Reset));
        is_ghost || peer.is_aborted || peer.is_dead || left_unread || gave_up
    }

    fn has_forgetful_nat(&self) -> bool {
        matches!(self.plan.shape, Shape::Nat(config) if config.forgotten == Forgotten::Reset)
    }

    /// True if segments may be missing for long. One that is lost, late or there twice is no excuse.
    fn may_time_out(&self) -> bool {
        let is_bad = |link: &Link| link.loss > 0 || link.corrupt > 0 || link.queue.is_some();
        let is_tight = |setting: &Setting| {
            matches!(setting, Setting::SynQueue(_) | Setting::Memory(_) | Setting::Silent)
        };
        !self.plan.mishaps.is_empty()
            || loses_for_ever(self.plan)
            || self.plan.lanes().any(is_bad)
            || self.plan.settings.iter().flatten().any(is_tight)
            || self.plan.hosts().any(|host| self.refuses(host))
            || self.is_crowded()
    }

    /// True if somebody listens there who takes no connection.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        for phrase in [WAITS, UNEXPLAINED, ENDED, crate::objection::PANIC] {
            assert!(phrase.is_complete() && !phrase.zh.is_ascii(), "{phrase:?}");
        }
    }
}
