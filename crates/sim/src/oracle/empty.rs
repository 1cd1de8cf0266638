//! Tables, pools and timers are empty after everything has ended.

use cordial_trace::words::Phrase;

use super::{Oracle, Scene, Violation};
use crate::world::Host;

const LEFT: Phrase = Phrase::new(
    "everything has ended, but {host} still has {count} {what}",
    "一切都已结束，但 {host} 还留有 {count} {what}",
);

/// Nothing will ever happen again: what is left is held by a program, or is left behind.
pub(super) fn finish(scene: &Scene<'_>, to: &mut Vec<Violation>) {
    for host in scene.hosts.iter().filter(|host| host.is_up) {
        for (what, count) in left(scene, host) {
            if count > 0 {
                let violation = Violation::new(Oracle::Empty, scene.now, LEFT);
                to.push(violation.with("host", &host.name).with("count", count).with("what", what));
            }
        }
    }
}

fn left(scene: &Scene<'_>, host: &Host) -> [(&'static str, usize); 6] {
    let is_held = |state: &&crate::world::State| {
        let info = state.info;
        info.host == host.id && !info.is_dead && info.released.is_none()
    };
    let held = scene.sockets.iter().map(|(_, state)| state).filter(is_held).count();
    let queued: usize = host.listeners.iter().map(|&(_, listener)| host.stack.queued(listener)).sum();
    let stack = &host.stack;
    // Who still holds a connection may have octets in it.
    let is_all_gone = held + queued == 0;
    [
        ("connections", stack.connections().saturating_sub(held + queued)),
        ("half-open connections", stack.half_open()),
        ("undecided SYNs", stack.undecided()),
        ("connections in TIME_WAIT", stack.time_wait()),
        ("octets of memory", if is_all_gone { stack.memory_in_use() } else { 0 }),
        ("timers", usize::from(stack.next_deadline().is_some())),
    ]
}
