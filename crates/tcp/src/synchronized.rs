//! SEGMENT ARRIVES once both SYNs are known: SYN-RECEIVED by simultaneous open, ESTABLISHED and everything after.

use cordial_wire::{Control, Flags, Segment, SeqNum};

use crate::handshake::Arrived;
use crate::pool::Pool;
use crate::receive::{ReceiveHalf, Taken};
use crate::reset::Reset;
use crate::send::SendHalf;
use crate::state::State;
use crate::{ChallengeAcks, CloseCause, Connection, Instant, Phase, ReceiveEnd, Refusal, Rule, SendStart};

impl Connection {
    /// RFC 9293 §3.10.7.4, in its order.
    pub(crate) fn on_segment_synchronized(
        &mut self,
        now: Instant,
        segment: &Segment<'_>,
        pool: &mut Pool,
    ) -> Arrived {
        let echo = self.echo(now, segment);
        let State::Open { send, recv: Some(recv) } = &mut self.state else {
            return (Err(Refusal::Closed), None);
        };
        let control = segment.control();
        if completes_simultaneous_open(segment, send, recv) {
            return self.on_crossed_syn(now, segment, pool);
        }
        // The same SYN again: our SYN-ACK was lost, and only that would move the peer on.
        if is_same_syn(segment, send, recv) {
            send.send_syn_again();
            return (Ok(Rule::SynAgain), None);
        }
        // Before anything else, the timestamp (RFC 7323 §5.3, R1).
        if self.agreed.timestamps && control != Control::Rst {
            match segment.options.timestamps {
                Some(timestamps) if recv.is_old(now, timestamps.value) => {
                    answer(recv, segment, now, self.config.challenge_acks);
                    return (Err(Refusal::OldTimestamp), None);
                }
                // Who has restarted may offer other options, and has to be challenged like any SYN (RFC 5961 §4.2).
                None if control != Control::Syn => return (Err(Refusal::NoTimestamp), None),
                _ => {}
            }
        }
        // First, the sequence number.
        if !recv.accepts(segment) {
            if control != Control::Rst {
                answer(recv, segment, now, self.config.challenge_acks);
            }
            return (Err(Refusal::OutsideWindow), None);
        }
        // Second, RST; fourth, SYN: what does not fit exactly has to prove itself (RFC 5961 §3.2, §4.2).
        match control {
            Control::Rst if segment.seq == recv.nxt => return (self.on_reset(pool), None),
            Control::Rst if !recv.in_window(segment.seq) => return (Err(Refusal::BadReset), None),
            Control::Rst | Control::Syn => {
                recv.owe_challenge(now, self.config.challenge_acks);
                return (Err(Refusal::Challenged), None);
            }
            Control::Fin | Control::None => {}
        }
        // Fifth, the ACK.
        let Some(ack) = segment.ack() else { return (Err(Refusal::NoAck), None) };
        if send.start() == SendStart::Syn && (ack.at_or_before(send.una) || ack.after(send.nxt)) {
            return (Err(Refusal::BadHandshakeAck), Reset::answering(segment));
        }
        if let Err(refusal) = send.check_ack(ack) {
            recv.owe_challenge(now, self.config.challenge_acks);
            return (Err(refusal), None);
        }
        self.heard(now);
        let (fin_acked, opened) = self.take_ack(now, segment, ack, echo, pool);
        if let Some(theirs) = segment.options.user_timeout {
            self.note_user_timeout(theirs);
        }
        // Nobody is left to read: what comes after we have closed for good cannot be delivered, and the peer has to
        // know (RFC 2525 §2.16).
        if self.orphan && self.brings_news(segment) {
            return (Ok(Rule::CloseUnread), self.reset(now, CloseCause::UnreadData, pool));
        }
        // Sixth, URG.
        if segment.flags.contains(Flags::URG) {
            self.note_urgent(segment);
        }
        // Seventh, the octets; eighth, the FIN.
        let taken = self.on_text(segment, pool);
        // Our FIN is out, and theirs does not answer it: nothing of ours will come for the ACK to ride on.
        if taken.finished
            && self.phase() == Phase::Closing
            && let State::Open { recv: Some(recv), .. } = &mut self.state
        {
            recv.owe_now(Rule::SendAck);
        }
        let rule = match (taken.did, fin_acked, opened) {
            (Ok(_), _, _) if taken.finished => Ok(Rule::Fin),
            (_, true, _) => Ok(Rule::FinAcked),
            (_, _, true) => Ok(Rule::HandshakeAck),
            (did, _, _) => did,
        };
        if fin_acked && self.phase() == Phase::Closed {
            self.end(CloseCause::Graceful, pool);
        }
        (rule, None)
    }

    /// Applies the ACK; true if our FIN is acknowledged now, and true if our SYN is.
    #[inline]
    fn take_ack(
        &mut self,
        now: Instant,
        segment: &Segment<'_>,
        ack: SeqNum,
        echo: Option<core::time::Duration>,
        pool: &mut Pool,
    ) -> (bool, bool) {
        let State::Open { send, recv: Some(recv) } = &mut self.state else { return (false, false) };
        if self.agreed.timestamps {
            recv.note_timestamp(now, segment);
        }
        let opening = send.start() == SendStart::Syn;
        let resent = send.backoff > 0;
        let acked = send.on_ack(now, segment, ack, echo, &self.config, pool);
        if let Some(counting) = self.counting.as_deref_mut() {
            counting.acked(&acked);
        }
        if opening {
            let window = u32::from(segment.window) << send.shift;
            send.opened(now, segment, window, resent, &self.config);
            // Both called at once, and one with octets on its SYN: the other left them where they were.
            if !send.is_early() {
                send.send_ridden_again();
            }
            self.opening = None;
        }
        (acked.fin, opening)
    }

    /// Seventh and eighth step.
    #[inline]
    pub(crate) fn on_text(&mut self, segment: &Segment<'_>, pool: &mut Pool) -> Taken {
        let State::Open { recv: Some(recv), .. } = &mut self.state else {
            return Taken { did: Err(Refusal::Closed), finished: false };
        };
        if segment.is_empty() {
            return Taken { did: Ok(Rule::Accepted), finished: false };
        }
        recv.on_text(segment, self.mss, &mut self.inbox, &mut self.unread, self.deaf, pool)
    }

    /// A reset exactly in order. In CLOSING and LAST-ACK everything has been said and heard: no error.
    fn on_reset(&mut self, pool: &mut Pool) -> Result<Rule, Refusal> {
        let cause = match self.phase() {
            // The application may hold it already, and have read from it.
            Phase::SynReceived if self.was_opened_fast() => CloseCause::Reset,
            Phase::SynReceived => CloseCause::Refused,
            Phase::Closing | Phase::LastAck | Phase::TimeWait => CloseCause::Graceful,
            _ => CloseCause::Reset,
        };
        self.end(cause, pool);
        Ok(Rule::Reset)
    }

    /// Simultaneous open: the peer's SYN-ACK repeats its SYN, one before RCV.NXT, and acknowledges ours. By the letter
    /// of §3.10.7.4 it is a duplicate to be challenged, and the two would agree only by their challenges; its ACK is
    /// what SYN-RECEIVED waits for.
    fn on_crossed_syn(&mut self, now: Instant, segment: &Segment<'_>, pool: &mut Pool) -> Arrived {
        let echo = self.echo(now, segment);
        self.heard(now);
        let answer = Segment { flags: segment.flags.without(Flags::SYN), seq: segment.seq + 1, ..*segment };
        // The window of a SYN is never scaled (RFC 7323 §2.2).
        let shift = self.scale_by(0);
        self.take_ack(now, &answer, segment.ack_number, echo, pool);
        self.scale_by(shift);
        if let State::Open { recv: Some(recv), .. } = &mut self.state {
            recv.owe_now(Rule::SendAck);
        }
        (Ok(Rule::HandshakeAck), None)
    }

    /// Takes the peer's windows by this shift from now on; returns the one of before.
    fn scale_by(&mut self, shift: u8) -> u8 {
        let State::Open { send, .. } = &mut self.state else { return shift };
        core::mem::replace(&mut send.shift, shift)
    }

    /// True if the segment has octets that were not received before. Octets beyond the peer's FIN are none: nobody says
    /// anything after its goodbye (RFC 9293 §3.10.7.4, seventh step).
    fn brings_news(&self, segment: &Segment<'_>) -> bool {
        let State::Open { recv: Some(recv), .. } = &self.state else { return false };
        let end = segment.seq + segment.payload.len() as u32;
        !segment.payload.is_empty() && end.after(recv.nxt) && recv.end() == ReceiveEnd::Open
    }
}

fn is_same_syn(segment: &Segment<'_>, send: &SendHalf, recv: &ReceiveHalf) -> bool {
    send.start() == SendStart::Syn
        && segment.control() == Control::Syn
        && segment.seq == recv.irs
        && segment.ack().is_none()
}

fn completes_simultaneous_open(segment: &Segment<'_>, send: &SendHalf, recv: &ReceiveHalf) -> bool {
    send.start() == SendStart::Syn
        && segment.control() == Control::Syn
        && segment.seq == recv.irs
        && segment.ack().is_some_and(|ack| ack.after(send.iss) && ack.at_or_before(send.nxt))
}

/// The ACK that an unacceptable segment is answered with. Octets that came twice are answered every time, for their
/// sender waits for it; segments without octets only as the throttle allows, or two ends that disagree would answer
/// each other for ever (RFC 5961 §10).
fn answer(recv: &mut ReceiveHalf, segment: &Segment<'_>, now: Instant, limit: ChallengeAcks) {
    if segment.control() == Control::Syn {
        recv.owe_challenge(now, limit);
    } else if segment.payload.is_empty() {
        recv.owe_again(now, limit);
    } else {
        recv.note_duplicate_of(segment);
        recv.owe_now(Rule::SendAck);
    }
}
