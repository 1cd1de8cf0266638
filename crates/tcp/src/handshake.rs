//! SEGMENT ARRIVES in SYN-SENT.

use cordial_wire::{Control, Flags, Segment};

use crate::connection::{Agreed, payload_mss};
use crate::half_open::DEFAULT_MSS;
use crate::pool::Pool;
use crate::receive::ReceiveHalf;
use crate::reset::Reset;
use crate::state::State;
use crate::{CloseCause, Connection, Instant, Refusal, Rule};

/// What a segment did, and what is sent back at once.
pub(crate) type Arrived = (Result<Rule, Refusal>, Option<Reset>);

impl Connection {
    /// RFC 9293 §3.10.7.3, in its order.
    pub(crate) fn on_segment_syn_sent(
        &mut self,
        now: Instant,
        segment: &Segment<'_>,
        pool: &mut Pool,
    ) -> Arrived {
        let State::Open { send, recv: None } = &self.state else { return (Err(Refusal::Closed), None) };
        // First, the ACK: anything but our SYN is an answer to somebody else.
        if let Some(ack) = segment.ack()
            && (ack.at_or_before(send.iss) || ack.after(send.nxt))
        {
            return (Err(Refusal::BadHandshakeAck), Reset::answering(segment));
        }
        match segment.control() {
            // Second, RST: it counts only with the ACK that proves it (RFC 5961 §3.2 says so of later states too).
            Control::Rst if segment.ack().is_some() => {
                self.end(CloseCause::Refused, pool);
                (Ok(Rule::Refused), None)
            }
            Control::Rst => (Err(Refusal::BadReset), None),
            // Fourth, SYN.
            Control::Syn => (self.on_syn(now, segment, pool), None),
            // Fifth, neither: even an acceptable ACK moves nothing here.
            Control::Fin | Control::None => (Err(Refusal::AckWithoutSyn), None),
        }
    }

    /// The peer's SYN, with the ACK of ours or without.
    fn on_syn(&mut self, now: Instant, segment: &Segment<'_>, pool: &mut Pool) -> Result<Rule, Refusal> {
        let config = &self.config;
        let offered = &segment.options;
        let offered_timeout = offered.user_timeout;
        self.agreed = Agreed {
            timestamps: config.timestamps && offered.timestamps.is_some(),
            sack: config.sack && offered.sack_permitted,
        };
        let shifts = offered.shift().zip(config.window_shift());
        let ts_recent = offered.timestamps.map_or(0, |timestamps| timestamps.value);
        let recv = ReceiveHalf::new(
            now,
            segment.seq,
            config.first_window(),
            shifts.map_or(0, |(_, ours)| ours),
            config.receive_buffer,
            ts_recent,
        );
        let mss = payload_mss(offered.mss.unwrap_or(DEFAULT_MSS), self.mss, self.agreed);
        let echo = self.echo(now, segment);
        let State::Open { send, recv: slot } = &mut self.state else { return Err(Refusal::Closed) };
        send.agree_on_size(mss, self.agreed.overhead());
        let recv = slot.insert(recv);
        let rule = match segment.ack() {
            Some(ack) => {
                let resent = send.backoff > 0;
                let acked = send.on_ack(now, segment, ack, echo, config, pool);
                if let Some(counting) = self.counting.as_deref_mut() {
                    counting.acked(&acked);
                }
                // The window of a SYN is never scaled (RFC 7323 §2.2).
                send.opened(now, segment, u32::from(segment.window), resent, config);
                recv.owe_now(Rule::SendAck);
                let ridden = send.send_ridden_again();
                if let Some(opening) = self.opening.as_deref_mut() {
                    opening.learn(segment, offered.mss.unwrap_or(DEFAULT_MSS), !ridden);
                }
                Rule::SynAcked
            }
            // Both called at once: answer with our SYN again, now with the ACK of theirs (§3.5, figure 7).
            None => {
                send.offered(u32::from(segment.window));
                send.send_syn_again();
                // Whoever called at the same moment does not take octets from our SYN; the handshake teaches nothing.
                self.opening = None;
                Rule::SimultaneousOpen
            }
        };
        send.shift = shifts.map_or(0, |(theirs, _)| theirs);
        if let (Some(theirs), Rule::SynAcked) = (offered_timeout, rule) {
            self.note_user_timeout(theirs);
        }
        // Octets or a FIN that came with the SYN: seventh and eighth step, once the SYN is acknowledged. Before that
        // they are left for the peer to send again; and so are octets that nobody will read: they come alone then, and are
        // refused.
        let for_nobody = self.orphan && !segment.payload.is_empty();
        if rule == Rule::SynAcked && segment.len() > 1 && !for_nobody {
            let rest = Segment { seq: segment.seq + 1, flags: segment.flags.without(Flags::SYN), ..*segment };
            self.on_text(&rest, pool);
        }
        Ok(rule)
    }
}
