//! The states of both ends before and after what happened at one of them.

use cordial_stack::Call;
use cordial_tcp::{Phase, Refusal, Rule};

use super::Connection;
use crate::event::Side;
use crate::recorder::{Noted, NotedWhat};

impl Connection {
    /// The states before and after a fact of `side`.
    pub(super) fn step(&self, noted: &Noted, side: Side) -> ([Option<Phase>; 2], [Option<Phase>; 2]) {
        let (mut before, mut after) = (self.states, self.states);
        // A queue's fact says nothing about the connection itself; nor does a call on what is left of one whose end has
        // moved into the TIME-WAIT table.
        let is_elsewhere = match noted.what {
            NotedWhat::Queues { .. } => true,
            // What cannot be read is not looked at by any connection.
            NotedWhat::Received(_, Some(Refusal::BadChecksum | Refusal::Malformed)) => true,
            NotedWhat::Call(_) => self.states[side.index()] == Some(Phase::TimeWait),
            _ => false,
        };
        let mut stands = [state_before(noted, side), state_after(noted, side)];
        // Whoever listens at an address goes on doing so when a connection there is over: that is not its state.
        let is_over = self.states[side.index()] == Some(Phase::Closed) && self.heard[side.index()].is_some();
        if is_over && stands[1] <= Phase::Listen {
            stands = [Phase::Closed; 2];
        }
        // A SYN that reopens finds what is left of the last connection, which its listener's facts do not tell.
        if self.states[side.index()] == Some(Phase::TimeWait) && stands[0] == Phase::Listen {
            stands[0] = Phase::TimeWait;
        }
        if !is_elsewhere {
            [before[side.index()], after[side.index()]] = stands.map(Some);
        }
        if let Some((other, shadow)) = &self.shadow {
            after[other.index()] = shadow.phase();
        }
        (before, after)
    }
}

/// The state before a fact. A listener has no variables of its own, so its facts say CLOSED.
fn state_before(noted: &Noted, side: Side) -> Phase {
    let opened = matches!(noted.after.phase, Phase::SynReceived | Phase::Established);
    match noted.before.phase {
        Phase::Closed if side == Side::Server && (opened || listens(noted)) => Phase::Listen,
        phase => phase,
    }
}

/// The state after a fact.
fn state_after(noted: &Noted, side: Side) -> Phase {
    match noted.after.phase {
        Phase::Closed if side == Side::Server && listens(noted) && noted.why != Rule::ListenerRefused => {
            Phase::Listen
        }
        phase => phase,
    }
}

/// True if the fact is one of a listener.
fn listens(noted: &Noted) -> bool {
    use Refusal as R;
    let refusal = match noted.what {
        NotedWhat::Received(_, refused) => refused,
        NotedWhat::Call(Call::Answer) => return true,
        _ => None,
    };
    matches!(noted.why, Rule::ListenSyn | Rule::SynUndecided | Rule::SynCookie)
        || matches!(refusal, Some(R::Undecided | R::UndecidedFull | R::SynCacheFull | R::AcceptQueueFull))
}
