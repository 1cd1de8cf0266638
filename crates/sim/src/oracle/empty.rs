//! Tables, pools and timers are empty after everything has ended.

use cordial_trace::words::Phrase;

use super::{Objection, Oracle, Scene, Violation};
use crate::world::{Host, State};

const CONNECTIONS: Phrase = Phrase::new(
    "everything has ended, but {host} still has {count} connections that no program holds",
    "一切都已结束，但 {host} 还留有 {count} 条没有程序持有的连接",
);
const HALF_OPEN: Phrase = Phrase::new(
    "everything has ended, but {host} still has {count} half-open connections",
    "一切都已结束，但 {host} 还留有 {count} 条半连接",
);
const UNDECIDED: Phrase = Phrase::new(
    "everything has ended, but {count} SYNs at {host} still wait for a decision",
    "一切都已结束，但 {host} 还有 {count} 个 SYN 在等待答复",
);
const TIME_WAIT: Phrase = Phrase::new(
    "everything has ended, but {host} still has {count} connections in TIME_WAIT",
    "一切都已结束，但 {host} 还有 {count} 条连接处于 TIME_WAIT",
);
const MEMORY: Phrase = Phrase::new(
    "everything has ended, but {host} still holds {count} octets of buffers",
    "一切都已结束，但 {host} 还占着 {count} 字节的缓冲区",
);
const TIMER: Phrase = Phrase::new(
    "everything has ended, but a timer of {host} is still set",
    "一切都已结束，但 {host} 还有一个定时器没有取消",
);

/// Nothing will ever happen again: what is left is held by a program, or is left behind.
pub(super) fn finish(scene: &Scene<'_>, to: &mut Vec<Violation>) {
    for host in scene.hosts.iter().filter(|host| host.is_up) {
        for (phrase, count) in left(scene, host).into_iter().filter(|&(_, count)| count > 0) {
            let objection = Objection::new(phrase).with("host", &host.name).with("count", count);
            to.push(Violation::new(Oracle::Empty, scene.now, objection));
        }
    }
}

fn left(scene: &Scene<'_>, host: &Host) -> [(Phrase, usize); 6] {
    let is_held = |state: &&State| {
        let info = state.info;
        info.host == host.id && !info.is_dead && info.released.is_none()
    };
    let held = scene.sockets.iter().map(|(_, state)| state).filter(is_held).count();
    let queued: usize = host.listeners.iter().map(|&(_, listener)| host.stack.queued(listener)).sum();
    let stack = &host.stack;
    // Who still holds a connection may have octets in it.
    let is_all_gone = held + queued == 0;
    [
        (CONNECTIONS, stack.connections().saturating_sub(held + queued)),
        (HALF_OPEN, stack.half_open()),
        (UNDECIDED, stack.undecided()),
        (TIME_WAIT, stack.time_wait()),
        (MEMORY, if is_all_gone { stack.memory_in_use() } else { 0 }),
        (TIMER, usize::from(stack.next_deadline().is_some())),
    ]
}
