//! What one end sent.

use std::time::Duration;

use cordial_tcp::Instant;
use cordial_wire::Options;

use super::acks::Acks;
use super::evidence::{Many, Resend, ResendKind, Reset, Seen};
use super::flight::Flight;
use super::line::Line;
use super::stall::Stall;
use super::window::Window;
use super::wire::Wire;

/// What one end sent, and what became of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Half {
    pub(crate) line: Line,
    pub(super) flight: Flight,
    pub(super) acks: Acks,
    /// The other end's acknowledgment of octets of this one that were never seen.
    pub(crate) missed_by: Option<Seen>,
    /// Its SYNs, SYN-ACKs included.
    pub(crate) syns: Many<Seen>,
    /// What its SYN offered, unless the capture cut that off.
    pub(crate) offer: Option<Options>,
    /// The first SYN was a bare one.
    pub(crate) called: bool,
    /// A SYN-ACK that answers another SYN than the peer's.
    pub(crate) strange_synack: Option<Seen>,
    /// An acknowledgment of another connection, before its SYN, and the number that it asks for.
    pub(crate) old_ack: Option<(Seen, u32)>,
    pub(crate) fins: Many<Seen>,
    /// The first one that was seen stands for one that was lost on the way here: how long after it this came at least.
    pub(crate) fin_waited: Option<Duration>,
    /// The position after its FIN.
    pub(super) fin_end: Option<i64>,
    /// The last acknowledgment of what it sent was of one position.
    pub(super) one_more: bool,
    /// It was not heard, but the last position that was acknowledged to it seems to be its FIN.
    pub(super) fin_unseen: bool,
    /// The first segment of the other end that acknowledged its FIN.
    pub(crate) fin_acked: Option<Seen>,
    /// It carried the other's own FIN.
    pub(crate) fin_acked_by_fin: bool,
    /// Data sent again.
    pub(crate) resends: Many<Resend>,
    /// Nothing until something is sent again.
    tally: Option<Box<Tally>>,
    /// Where the newest resend ended.
    pub(super) resent_to: i64,
    /// What had been sent when a hole was filled: until all of it is acknowledged, more holes may show (RFC 6582 §3.2).
    pub(super) recover: i64,
    pub(crate) segments: u64,
    pub(crate) resets: Many<Reset>,
    /// Data it sent after the other end's FIN was acknowledged.
    pub(crate) after_fin: u64,
    pub(crate) window: Window,
    /// Segments that others overtook.
    pub(crate) late: Many<Seen>,
    /// The newest segment, and the newest with data.
    pub(crate) last: Option<Seen>,
    pub(crate) last_data: Option<Seen>,
    /// The position after its data.
    data_end: i64,
    /// Keepalive probes, and how many times the other end was heard after some.
    pub(crate) probes: Many<Seen>,
    pub(crate) answered: u32,
    /// Those after which nothing was heard.
    pub(crate) unanswered: Many<Seen>,
    /// Data and FINs sent again since the other end was heard.
    pub(crate) alone: Many<Seen>,
    /// The longest time for which it said nothing though the other end had finished.
    pub(crate) kept_open: Duration,
    pub(crate) stall: Stall,
    pub(crate) wire: Wire,
    pub(crate) aborted: bool,
    /// Octets it had not read when it closed.
    pub(crate) unread: Option<u64>,
    pub(super) current_unread: u64,
}

/// How many of each kind of resend there were that were needed, and how many that were not.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) timeouts: u64,
    pub(crate) fast: u64,
    pub(crate) probes: u64,
    pub(crate) needless: u64,
    /// How long the sender was silent before each, together: timeouts, and fast ones.
    pub(crate) timed_out: Duration,
    pub(crate) repaired: Duration,
}

impl Tally {
    /// Resends that say that something was lost, or thought to be.
    pub(crate) fn resent(&self) -> u64 {
        self.timeouts + self.fast + self.needless
    }

    fn add(&mut self, resend: &Resend) {
        match resend.kind {
            _ if resend.needless => self.needless += 1,
            ResendKind::Timeout => {
                self.timeouts += 1;
                self.timed_out += resend.pause;
            }
            ResendKind::Fast => {
                self.fast += 1;
                self.repaired += resend.pause;
            }
            ResendKind::Probe => self.probes += 1,
            ResendKind::Copy => {}
        }
    }

    /// One that was counted turns out to have been needless.
    fn excuse(&mut self, resend: &Resend) {
        self.needless += 1;
        match resend.kind {
            ResendKind::Timeout => {
                self.timeouts = self.timeouts.saturating_sub(1);
                self.timed_out = self.timed_out.saturating_sub(resend.pause);
            }
            ResendKind::Fast => {
                self.fast = self.fast.saturating_sub(1);
                self.repaired = self.repaired.saturating_sub(resend.pause);
            }
            ResendKind::Probe | ResendKind::Copy => {}
        }
    }
}

impl Half {
    /// Octets of data, each counted once.
    pub(crate) fn octets(&self) -> u64 {
        let unseen = self.data_end.max(self.line.acked - i64::from(self.fin_unseen));
        let end = self.fin_end.map_or(unseen, |end| end - 1);
        u64::try_from(end - 1).unwrap_or_default()
    }

    /// How often it sent again, and for how long it paused.
    pub(crate) fn tally(&self) -> Tally {
        self.tally.as_deref().copied().unwrap_or_default()
    }

    /// Octets the other end has not acknowledged.
    pub(crate) fn unacknowledged(&self) -> u64 {
        self.unacknowledged_after(0)
    }

    /// Octets the other end has not acknowledged, if it acknowledges `ack` now.
    pub(crate) fn unacknowledged_after(&self, ack: i64) -> u64 {
        u64::try_from(self.data_end - self.line.acked.max(ack).max(1)).unwrap_or_default()
    }

    /// Data up to `end` passed.
    pub(super) fn carried(&mut self, seen: &Seen, end: i64) {
        self.data_end = self.data_end.max(end);
        self.last_data = Some(*seen);
    }

    /// Data was sent again.
    pub(super) fn resent(&mut self, resend: Resend) {
        self.resent_to = self.resent_to.max(resend.range.1);
        if resend.kind == ResendKind::Copy {
            return;
        }
        if resend.kind == ResendKind::Fast && self.line.acked >= self.recover {
            self.recover = self.line.reach;
        }
        self.alone.push(resend.seen);
        self.tally.get_or_insert_default().add(&resend);
        self.resends.push(resend);
    }

    /// The other end says that it had these positions twice.
    pub(super) fn arrived_twice(&mut self, (start, end): (i64, i64)) {
        let holds = |resend: &&mut Resend| resend.range.0 < end && start < resend.range.1;
        let Some(resend) = self.resends.iter_mut().rev().find(holds) else { return };
        if resend.needless || resend.kind == ResendKind::Probe {
            return;
        }
        resend.needless = true;
        self.tally.get_or_insert_default().excuse(resend);
    }

    /// Counts the time for which it has kept quiet since `peer_finished`.
    pub(super) fn keeps_quiet_until(&mut self, now: Instant, peer_finished: Instant) {
        let since = self.last_data.map_or(peer_finished, |data| data.time.max(peer_finished));
        self.kept_open = self.kept_open.max(now.since(since));
    }

    /// Acknowledgments of its own that repeated a position although nothing was lost.
    pub(crate) fn excused(&self) -> &Many<Seen> {
        &self.acks.excused
    }

    /// Resends of one kind that were needed.
    pub(crate) fn resends_of(&self, kind: ResendKind) -> impl Iterator<Item = &Resend> {
        self.resends.iter().filter(move |resend| resend.kind == kind && !resend.needless)
    }
}
