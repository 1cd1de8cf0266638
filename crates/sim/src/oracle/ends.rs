//! Connections end: once the network is whole and both programs have let go of them, both ends are over in bounded time.

use std::time::Duration;

use cordial_stack::{Instant, TcpConfig};
use cordial_trace::words::Phrase;

use super::{Objection, Oracle, Scene, Violation};
use crate::Property;
use crate::world::SocketInfo;

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
            let limit = most.unwrap_or_else(|| retries(host.stack.tcp_config()));
            let end = info.tuple.local;
            match info.ended {
                None if scene.is_out => {
                    let objection = Objection::new(NEVER).with("end", end);
                    to.push(Violation::new(Oracle::Ends, scene.now, objection).of(Property::P6));
                }
                None => {}
                Some((ended, _)) => {
                    let Some(both) = both else { continue };
                    let span = ended.since(both.max(self.disturbed));
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

/// The most that a connection may need to end by itself: its SYN is given up, or its octets and then its FIN are, each
/// wait no longer than the longest.
fn retries(config: &TcpConfig) -> Duration {
    let longest = config.rto.max.max(config.rto.initial);
    let opening = longest * (u32::from(config.syn_retries) + 1);
    let closing = longest * (u32::from(config.orphan_retries) + 1);
    let data = config.give_up_after + longest * 2;
    opening + data + closing + config.orphan_fin_wait_2 + config.msl * 2
}
