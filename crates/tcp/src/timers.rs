//! What comes due (RFC 9293 §3.10.8), and when.
//!
//! What the peer asks of our user timeout moves some of them (RFC 5482 §3).

use cordial_wire::Segment;

use crate::pool::Pool;
use crate::send::{Expired, Probe};
use crate::state::State;
use crate::{CloseCause, Connection, Deadline, Effects, Instant, Outcome, Phase, Rule};

impl Connection {
    /// Does what is due at `now`; harmless when nothing is.
    pub fn on_timer(&mut self, now: Instant, pool: &mut Pool) -> Outcome {
        let before = self.view();
        let mut reply = None;
        let mut did = Rule::TimerMoved;
        if self.delayed_ack_came() && self.on_delayed_ack(now) {
            did = Rule::DelayedAck;
        }
        if self.keepalive.is_due(now) {
            self.keepalive = Deadline::NONE;
            did = self.on_keepalive(now);
            if did == Rule::GiveUpKeepalive {
                reply = self.reset(now, CloseCause::KeepaliveTimeout, pool);
            }
        }
        if self.fin_wait_2.is_due(now) {
            did = Rule::GiveUpFinWait2;
            self.end(CloseCause::OrphanTimeout, pool);
        }
        let was_in_doubt = self.is_in_doubt();
        if self.on_path_timer(now) {
            did = Rule::PathMtuRaise;
        }
        did = self.on_send_timers(now, pool).unwrap_or(did);
        let mut outcome = self.outcome(now, Ok(did), before, pool);
        outcome.reply = reply.map(Segment::from);
        outcome.effects.set(Effects::DOUBT, !was_in_doubt && self.is_in_doubt());
        outcome
    }

    /// R1 was reached: what was sent, or the SYN, went out again and again and nothing of it was acknowledged (RFC 9293
    /// §3.8.3, MUST-20 and MUST-22).
    pub fn is_in_doubt(&self) -> bool {
        matches!(&self.state, State::Open { send, .. } if send.is_in_doubt(&self.config))
    }

    fn delayed_ack_came(&self) -> bool {
        matches!(&self.state, State::Open { recv: Some(recv), .. } if recv.delayed_ack.is_set())
    }

    fn on_delayed_ack(&mut self, now: Instant) -> bool {
        let State::Open { recv: Some(recv), .. } = &mut self.state else { return false };
        recv.on_delayed_ack(now)
    }

    /// The path may carry more again.
    fn on_path_timer(&mut self, now: Instant) -> bool {
        let State::Open { send, recv } = &mut self.state else { return false };
        send.on_path_timer(now, recv.is_some(), &self.config)
    }

    /// The retransmission timer and the persist timer.
    fn on_send_timers(&mut self, now: Instant, pool: &mut Pool) -> Option<Rule> {
        let phase = self.phase();
        let State::Open { send, .. } = &mut self.state else { return None };
        let retries = match phase {
            Phase::SynSent => Some(self.config.syn_retries),
            Phase::SynReceived => Some(self.config.syn_ack_retries),
            _ => self.orphan.then_some(self.config.orphan_retries),
        };
        let (rule, expired) = if send.persist.is_due(now) {
            (Rule::WindowProbe, send.on_persist(now, retries, &self.config))
        } else {
            (Rule::Timeout, send.on_retransmit(now, retries, &self.config))
        };
        match expired {
            Expired::Early => None,
            Expired::Send => Some(rule),
            Expired::SendReneged => Some(Rule::Reneged),
            Expired::GiveUp => {
                let cause = match phase {
                    _ if self.unreachable => CloseCause::Unreachable,
                    Phase::SynSent => CloseCause::Unanswered,
                    _ if self.orphan => CloseCause::OrphanTimeout,
                    _ => CloseCause::TimedOut,
                };
                self.end(cause, pool);
                Some(if phase == Phase::SynSent { Rule::GiveUpOpen } else { Rule::GiveUpData })
            }
        }
    }

    /// RFC 9293 §3.8.4: probe after silence, give up after a number of probes without answer.
    fn on_keepalive(&mut self, now: Instant) -> Rule {
        let Some(keepalive) = self.config.keepalive_in_bounds() else {
            return Rule::TimerMoved;
        };
        let State::Open { send, .. } = &mut self.state else { return Rule::TimerMoved };
        let silent_for = Deadline::TICK.saturating_mul(Deadline::tick_of(now).wrapping_sub(self.heard));
        if silent_for + Deadline::TICK < keepalive.idle {
            // Heard in the meantime: wait for what is left of the silence.
            self.keepalive = Deadline::after(now, keepalive.idle - silent_for);
            return Rule::TimerMoved;
        }
        if self.probes >= keepalive.probes {
            return Rule::GiveUpKeepalive;
        }
        // What is outstanding is itself a probe, with a timer of its own.
        if send.outstanding() == 0 {
            send.probe = Some(Probe::Keepalive);
            self.probes += 1;
        }
        self.keepalive = Deadline::after(now, keepalive.interval);
        Rule::KeepaliveProbe
    }

    /// The peer was heard.
    pub(crate) fn heard(&mut self, now: Instant) {
        self.heard = Deadline::tick_of(now);
        self.probes = 0;
        self.unreachable = false;
        if let State::Open { send, .. } = &mut self.state {
            send.heard();
        }
    }

    /// Arms what the state asks for, and disarms what it does not.
    pub(crate) fn settle(&mut self, now: Instant) {
        let State::Open { send, recv } = &mut self.state else { return };
        send.settle_persist(now, &self.config);
        if let Some(recv) = recv {
            recv.arm_delayed_ack(now, self.config.delayed_ack);
        }
        if let Some(keepalive) = self.config.keepalive_in_bounds()
            && !self.keepalive.is_set()
            && !matches!(self.phase(), Phase::SynSent | Phase::SynReceived)
        {
            self.keepalive = Deadline::after(now, keepalive.idle);
        }
        if self.orphan && self.phase() == Phase::FinWait2 && !self.fin_wait_2.is_set() {
            self.fin_wait_2 = Deadline::after(now, self.config.orphan_fin_wait_2);
        }
    }
}
