//! What is counted of connections: the ordinary segment is not looked at.

use core::num::NonZeroU16;

use cordial_tcp::{Phase, Refusal, Rule};
use cordial_wire::{Control, Flags, SackBlocks, Segment, SeqNum};

use super::Stack;
use crate::{Chance, Observer};

impl<C: Chance, O: Observer> Stack<C, O> {
    /// A connection dealt with a segment.
    #[inline]
    pub(super) fn count_received(&mut self, did: Result<Rule, Refusal>, segment: &Segment<'_>) {
        let is_usual = matches!(did, Ok(Rule::Text | Rule::Accepted));
        if !is_usual || !segment.options.sack.is_empty() {
            self.count_unusual(did, segment);
        }
    }

    #[cold]
    fn count_unusual(&mut self, did: Result<Rule, Refusal>, segment: &Segment<'_>) {
        let counters = &mut self.counters;
        match duplicate_in(&segment.options.sack, segment.ack_number) {
            Some(Duplicate::Old) if did.is_ok() => counters.tcp_dsack_recv += 1,
            Some(Duplicate::Ahead) if did.is_ok() => counters.tcp_dsack_ofo_recv += 1,
            _ => {}
        }
        match did {
            Ok(Rule::TextAhead) => counters.tcp_ofo_queue += 1,
            Ok(Rule::CloseUnread) => counters.tcp_abort_on_data += 1,
            Ok(_) => return,
            Err(Refusal::OldTimestamp) => counters.paws_estab += 1,
            Err(Refusal::NoMemory) => counters.tcp_rcv_q_drop += 1,
            Err(Refusal::TooManyHoles) => counters.tcp_ofo_drop += 1,
            Err(_) => {}
        }
        counters.tcp_refused += u64::from(did.is_err());
        let was_challenged = matches!(did, Err(Refusal::Challenged | Refusal::OutsideWindow));
        counters.tcp_syn_challenge += u64::from(was_challenged && segment.control() == Control::Syn);
    }

    /// So many octets go out, in segments of `gso` where they are more than one. `tcpOutSegs` leaves out what holds nothing
    /// but octets sent before (RFC 4022).
    #[inline]
    pub(super) fn count_segments(&mut self, len: u32, gso: Option<NonZeroU16>, again: bool) {
        let segments = gso.map_or(1, |size| u64::from(len.div_ceil(size.get().into())));
        let count = if again { &mut self.counters.tcp_retrans_segs } else { &mut self.counters.tcp_out_segs };
        *count += segments;
    }

    /// A segment of a connection goes out.
    #[inline]
    pub(super) fn count_sent(&mut self, at: u32, why: Rule, again: bool, header: &Segment<'_>) {
        let is_usual = matches!(why, Rule::SendText | Rule::SendAck) && !again;
        if !is_usual || !header.options.sack.is_empty() {
            self.count_unusual_sending(at, why, again, header);
        }
    }

    #[cold]
    fn count_unusual_sending(&mut self, at: u32, why: Rule, again: bool, header: &Segment<'_>) {
        let has_sack = self.connections.get(at).is_some_and(|socket| socket.tcp.has_sack());
        let counters = &mut self.counters;
        match duplicate_in(&header.options.sack, header.ack_number) {
            Some(Duplicate::Old) => counters.tcp_dsack_old_sent += 1,
            Some(Duplicate::Ahead) => counters.tcp_dsack_ofo_sent += 1,
            None => {}
        }
        match why {
            _ if again && header.flags.contains(Flags::SYN) => counters.tcp_syn_retrans += 1,
            Rule::FastRetransmit => {
                counters.tcp_fast_retrans += 1;
                let recoveries =
                    if has_sack { &mut counters.tcp_sack_recovery } else { &mut counters.tcp_reno_recovery };
                *recoveries += 1;
            }
            Rule::Recovery => counters.tcp_fast_retrans += 1,
            Rule::Timeout => counters.tcp_slow_start_retrans += 1,
            Rule::DelayedAck => counters.delayed_acks += 1,
            Rule::ChallengeAck => counters.tcp_challenge_ack += 1,
            Rule::KeepaliveProbe => counters.tcp_keep_alive += 1,
            Rule::WindowProbe => counters.tcp_win_probe += 1,
            _ => {}
        }
    }

    /// The window that a connection tells is closed where the last was not, or the other way round.
    #[cold]
    pub(super) fn count_window(&mut self, at: u32) {
        let Some(socket) = self.connections.get_mut(at) else { return };
        socket.has_told_zero = !socket.has_told_zero;
        match socket.has_told_zero {
            true => self.counters.tcp_to_zero_window_adv += 1,
            false => self.counters.tcp_from_zero_window_adv += 1,
        }
    }

    /// A timer of a connection came due.
    pub(super) fn count_timer(&mut self, did: Result<Rule, Refusal>) {
        match did {
            Ok(Rule::Timeout) => self.counters.tcp_timeouts += 1,
            Ok(Rule::Reneged) => {
                self.counters.tcp_timeouts += 1;
                self.counters.tcp_sack_reneging += 1;
            }
            Ok(Rule::GiveUpOpen | Rule::GiveUpData | Rule::GiveUpKeepalive) => {
                self.counters.tcp_abort_on_timeout += 1;
            }
            _ => {}
        }
    }

    /// A segment that no connection was asked for waits to be sent.
    pub(super) fn count_reply(&mut self, why: Rule, segment: &Segment<'_>) {
        let again = matches!(why, Rule::SynAgain | Rule::Timeout);
        self.count_segments(0, None, again);
        self.counters.tcp_syn_retrans += u64::from(again);
        self.counters.tcp_out_rsts += u64::from(segment.flags.contains(Flags::RST));
    }

    /// The state of a connection may be another than before (RFC 4022). `tcpCurrEstab` has those in ESTABLISHED and
    /// CLOSE-WAIT, `tcpEstabResets` those that went from there to CLOSED; `tcpAttemptFails` has those that got there before
    /// they were open. Why they did makes no difference.
    pub(super) fn count_phase(&mut self, at: u32) {
        let Some(socket) = self.connections.get_mut(at) else { return };
        let after = socket.tcp.phase();
        let before = core::mem::replace(&mut socket.counted, after);
        match (is_established(before), is_established(after)) {
            (false, true) => self.established += 1,
            (true, false) => self.established = self.established.saturating_sub(1),
            _ => {}
        }
        if after == Phase::Closed {
            let is_opening = matches!(before, Phase::SynSent | Phase::SynReceived);
            self.counters.tcp_attempt_fails += u64::from(is_opening);
            self.counters.tcp_estab_resets += u64::from(is_established(before));
        }
    }
}

/// What `tcpCurrEstab` calls so.
fn is_established(phase: Phase) -> bool {
    matches!(phase, Phase::Established | Phase::CloseWait)
}

/// Octets that came twice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Duplicate {
    /// They had been acknowledged.
    Old,
    /// They lie beyond a hole.
    Ahead,
}

/// What the first block tells of octets that came twice (RFC 2883 §4): below the acknowledgment, or within the block that
/// follows.
fn duplicate_in(blocks: &SackBlocks, ack: SeqNum) -> Option<Duplicate> {
    match *blocks.as_slice() {
        [(start, _), ..] if start.before(ack) => Some(Duplicate::Old),
        [(start, end), (from, to), ..] if start.at_or_after(from) && end.at_or_before(to) => {
            Some(Duplicate::Ahead)
        }
        _ => None,
    }
}
