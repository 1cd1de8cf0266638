//! Writers who find no memory wait in turn, and are told when others give some back.

mod common;

use common::{Lab, ms};
use cordial_stack::{ConnId, Event};

/// Two connections whose peer reads nothing have all memory; the others wait, and go on once one of them has gone.
#[test]
fn writers_without_memory_go_on_in_turn() {
    let mut lab = Lab::with(|a| a.limits.memory = 16 << 10, |_| {});
    lab.listen();
    let conns: Vec<ConnId> = (0..6).map(|_| lab.connect()).collect();
    lab.run();
    let now = lab.now;
    lab.a.events.clear();
    let octets = [7; 4096];
    let taken: Vec<usize> =
        conns.iter().map(|&id| lab.a.stack.write(now, id, &[&octets]).expect("no error")).collect();
    assert_eq!(taken, [4096, 4096, 4096, 4096, 0, 0]);
    assert!(!lab.a.stack.is_writable(conns[4]) && !lab.a.stack.want_room(conns[5]));
    assert_eq!(lab.a.stack.next_deadline().filter(|&due| due < now + ms(100)), None, "nobody looks in vain");
    lab.a.stack.abort(now, conns[0]);
    let told = |lab: &mut Lab| -> Vec<ConnId> {
        let mut told = Vec::new();
        while let Some(event) = lab.a.stack.poll_event() {
            told.extend(match event {
                // Those that were aborted are told so: whoever writes there learns it.
                Event::Writable(id) if !conns[..2].contains(&id) => Some(id),
                _ => None,
            });
        }
        told
    };
    assert_eq!(told(&mut lab), [conns[4]], "one chunk, and whoever came first");
    assert_eq!(lab.a.stack.write(now, conns[4], &[&octets]).expect("no error"), 4096);
    assert_eq!(told(&mut lab), [], "nothing is left");
    lab.a.stack.abort(now, conns[1]);
    assert_eq!(told(&mut lab), [conns[5]]);
    // It does not write, and the next in turn is not told in vain.
    assert!(lab.a.stack.is_writable(conns[5]));
}
