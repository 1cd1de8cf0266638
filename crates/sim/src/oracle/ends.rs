//! Connections end: once the network is whole and both programs have let go of them, both ends are over in bounded time.

use std::time::Duration;

use cordial_stack::{Instant, TcpConfig};
use cordial_trace::words::Phrase;

use super::{Objection, Oracle, Scene, Violation};
use crate::world::SocketInfo;
use crate::{Journey, Property};

/// When the network was last disturbed.
#[derive(Debug, Default)]
pub(super) struct Ends {
    disturbed: Instant,
}

const NEVER: Phrase = Phrase::new(
    "the connection of {end} never ends, though its program has let go of it and nothing is left to happen",
    "{end} 的连接永远不会结束，尽管它的程序已经放手，也不会再发生任何事",
);
const LATE: Phrase = Phrase::new(
    "the connection of {end} ended {span} s after its program had let go of it and the network was whole; {limit} s are the most",
    "{end} 的程序放手且网络恢复之后 {span} 秒连接才结束；最多只该有 {limit} 秒",
);

const STUCK: Phrase = Phrase::new(
    "{end} has {count} positions that its peer never acknowledged, and nothing will ever send them again",
    "{end} 还有 {count} 个位置对方从未确认，而且再也不会重发",
);

impl Ends {
    /// Something happened from which connections have to recover.
    pub fn disturbed(&mut self, now: Instant) {
        self.disturbed = now;
    }

    /// `most` is what the run asks for, if it asks for less than retries take.
    pub fn finish(&self, scene: &Scene<'_>, most: Option<Duration>, to: &mut Vec<Violation>) {
        if scene.is_out {
            stuck(scene, to);
        }
        for (_, state) in scene.sockets.iter() {
            let info = state.info;
            let Some(released) = info.released.filter(|_| !info.is_dead) else { continue };
            let both = peer_released(scene, &info).map(|peer| released.max(peer));
            let host = &scene.hosts[usize::from(info.host.0)];
            let config = host.stack.tcp_config();
            let end = info.tuple.local;
            match info.ended {
                None if scene.is_out => {
                    let objection = Objection::new(NEVER).with("end", end);
                    to.push(Violation::new(Oracle::Ends, scene.now, objection).of(Property::P6));
                }
                None => {}
                Some((ended, _)) => {
                    let Some(both) = both else { continue };
                    let since = both.max(self.disturbed);
                    let is_lossy = is_silent(scene, &info) || loses(scene.journeys, &info, since);
                    let limit =
                        most.unwrap_or_else(|| if is_lossy { retries(config) } else { whole(config) });
                    let span = ended.since(since);
                    if span > limit {
                        let objection = Objection::new(LATE).with("end", end);
                        let objection = objection.with("span", span.as_secs()).with("limit", limit.as_secs());
                        to.push(Violation::new(Oracle::Ends, ended, objection).of(Property::P6));
                    }
                }
            }
        }
    }
}

/// Nothing is left to happen, so whoever still waits for an acknowledgment waits for ever.
fn stuck(scene: &Scene<'_>, to: &mut Vec<Violation>) {
    for (_, state) in scene.sockets.iter() {
        let info = state.info;
        let host = &scene.hosts[usize::from(info.host.0)];
        let is_held = info.released.is_none() && !info.is_dead && info.ended.is_none();
        let Some(vars) = host.stack.info(state.conn).filter(|_| is_held).map(|info| info.vars) else {
            continue;
        };
        let count = vars.snd_nxt.since(vars.snd_una).max(vars.queued);
        if count > 0 {
            let objection = Objection::new(STUCK).with("end", info.tuple.local).with("count", count);
            to.push(Violation::new(Oracle::Ends, scene.now, objection).of(Property::P6));
        }
    }
}

/// When the program at the other end let go, or lost its memory; none if it has not, or if there is none.
fn peer_released(scene: &Scene<'_>, info: &SocketInfo) -> Option<Instant> {
    let peer = scene.sockets.get(info.peer?)?.info;
    peer.released
}

/// True if the host at the other end says nothing where a connection is gone: it is as if all were lost.
fn is_silent(scene: &Scene<'_>, info: &SocketInfo) -> bool {
    let mut hosts = scene.hosts.iter();
    hosts.any(|host| host.address == info.tuple.peer.ip() && !host.stack.config().refuse)
}

/// True if anything that was sent between the two ends from a moment on did not arrive: too long for a wire, too much for
/// a queue, unknown to a NAT.
fn loses(journeys: &[Journey], info: &SocketInfo, since: Instant) -> bool {
    let is_its = |journey: &&Journey| journey.is_of(info.tuple) || journey.is_to(info.tuple);
    journeys.iter().filter(is_its).any(|journey| journey.left >= since && journey.arrived.is_none())
}

/// What octets on their way may take on the slowest of wires, and a few round trips.
const TRANSFER: Duration = Duration::from_secs(60);

/// The most that a connection needs to end where nothing is lost: the longest wait between two retries may have just
/// begun; then all goes through, and an end that the other never says goodbye to leaves FIN-WAIT-2.
fn whole(config: &TcpConfig) -> Duration {
    longest(config) + TRANSFER + config.orphan_fin_wait_2
}

/// The most that it needs where everything is lost for ever. Nobody has measured a round trip since the waits grew long, so
/// they stay so (Karn's algorithm, RFC 6298 §3): each retry of the FIN may take the longest there is.
fn retries(config: &TcpConfig) -> Duration {
    let wait = |retry: u32| config.rto.initial.saturating_mul(1_u32.checked_shl(retry).unwrap_or(u32::MAX));
    let opening: Duration = (0..=u32::from(config.syn_retries)).map(wait).sum();
    let closing = longest(config) * u32::from(config.orphan_retries);
    let before_r1 = longest(config) * (u32::from(config.doubt_after) + 1);
    whole(config) + closing.max(opening).max(before_r1).max(config.give_up_after + longest(config))
}

fn longest(config: &TcpConfig) -> Duration {
    config.rto.max.max(config.rto.initial)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_takes_four_minutes_where_nothing_is_lost_and_twenty_where_everything_is() {
        let config = TcpConfig::default();
        assert_eq!(whole(&config).as_secs(), 120 + 60 + 60);
        assert_eq!(retries(&config).as_secs(), 240 + 8 * 120);
    }
}
