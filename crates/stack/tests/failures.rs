//! What a host tells of connections in trouble (RFC 9293 §3.8.3).

mod common;

use common::{Fate, Lab, secs};
use cordial_stack::{CloseCause, Event};

/// MUST-20, SHLD-9, MUST-22: at R1 there is an event for the application and for whoever chooses the way, once; the end is
/// told when it comes.
/// Shows RFC1122-4.2.3.5-a.
#[test]
fn a_silent_peer_is_told_of_before_the_connection_ends() {
    for opening in [false, true] {
        let mut lab = Lab::new();
        let client = if opening {
            lab.fault(|_| Fate::Lost);
            lab.connect()
        } else {
            let listener = lab.listen();
            let (client, _) = lab.open(listener);
            lab.fault(|_| Fate::Lost);
            lab.a.write(lab.now, client, b"hello").expect("there is room");
            client
        };
        lab.a.take_events();
        let told = |events: &[Event]| events.iter().filter(|&&event| event == Event::InDoubt(client)).count();
        lab.run_for(secs(if opening { 6 } else { 1 }));
        assert_eq!((told(&lab.a.events), lab.a.stack.counters().tcp_negative_advice), (0, 0));
        lab.run_for(secs(20));
        assert_eq!((told(&lab.a.events), lab.a.stack.counters().tcp_negative_advice), (1, 1));
        assert_eq!(lab.a.ended(client), None);
        assert!(lab.a.stack.info(client).expect("still held").vars.in_doubt);
        lab.run_for(secs(300));
        assert_eq!(told(&lab.a.events), 1, "told once");
        let cause = if opening { CloseCause::Unanswered } else { CloseCause::TimedOut };
        assert_eq!(lab.a.ended(client), Some(cause));
    }
}
