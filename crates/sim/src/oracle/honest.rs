//! An honest client gets in (P9): a SYN that comes to somebody who listens and has room is answered.

use std::net::SocketAddr;
use std::time::Duration;

use cordial_stack::Instant;
use cordial_trace::words::Phrase;

use super::{Objection, Oracle, Violation};
use crate::{HostId, Property};

/// SYNs that have come and wait for an answer.
#[derive(Debug, Default)]
pub(super) struct Honest {
    waiting: Vec<Caller>,
}

#[derive(Clone, Copy, Debug)]
struct Caller {
    host: HostId,
    own: SocketAddr,
    peer: SocketAddr,
    came: Instant,
}

/// No SYN waits for longer where nobody has to decide on it.
const PATIENCE: Duration = Duration::from_secs(1);

const NOT_ANSWERED: Phrase = Phrase::new(
    "{end} listens and has room, but the SYN of {peer} had no answer",
    "{end} 在监听而且有空位，但 {peer} 的 SYN 没有得到回答",
);

impl Honest {
    /// A SYN has come, from ends that had no connection, to a port with a listener that takes it.
    pub fn calls(&mut self, now: Instant, host: HostId, own: SocketAddr, peer: SocketAddr) {
        if !self.waiting.iter().any(|caller| (caller.own, caller.peer) == (own, peer)) {
            self.waiting.push(Caller { host, own, peer, came: now });
        }
    }

    /// Something leaves one end for the other.
    pub fn answered(&mut self, own: SocketAddr, peer: SocketAddr) {
        self.waiting.retain(|caller| (caller.own, caller.peer) != (own, peer));
    }

    /// Nobody listens at the host any more, or it is gone.
    pub fn forget(&mut self, host: HostId) {
        self.waiting.retain(|caller| caller.host != host);
    }

    /// Time has passed.
    pub fn looks(&mut self, now: Instant, to: &mut Vec<Violation>) {
        self.waiting.retain(|caller| {
            let is_late = now.since(caller.came) > PATIENCE;
            if is_late {
                let objection =
                    Objection::new(NOT_ANSWERED).with("end", caller.own).with("peer", caller.peer);
                to.push(Violation::new(Oracle::Honest, caller.came, objection).of(Property::P9));
            }
            !is_late
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SERVER;

    #[test]
    fn a_syn_that_nobody_answers_is_seen() {
        let at = |text: &str| text.parse::<SocketAddr>().expect("an address");
        let (own, peer) = (at("10.0.0.1:80"), at("10.0.0.2:5000"));
        let said = |does: fn(&mut Honest, SocketAddr, SocketAddr)| {
            let (mut honest, mut violations) = (Honest::default(), Vec::new());
            honest.calls(Instant::from_millis(10), SERVER, own, peer);
            does(&mut honest, own, peer);
            honest.looks(Instant::from_millis(2_000), &mut violations);
            violations.first().and_then(|violation: &Violation| violation.property)
        };
        assert_eq!(said(|_, _, _| ()), Some(Property::P9));
        assert_eq!(said(|honest, own, peer| honest.answered(own, peer)), None);
        assert_eq!(said(|honest, _, _| honest.forget(SERVER)), None);
    }
}
