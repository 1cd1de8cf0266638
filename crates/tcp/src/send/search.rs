//! Finding out what the path carries where no router says so: by probes, and by what gets through no more (RFC 4821).

use super::path::{Path, Verifying};
use super::{Draft, Recovery, SendHalf};
use crate::{Deadline, Instant, Rule, SendEnd, SendStart, TcpConfig};
use cordial_wire::SeqNum;

/// When larger segments are tried than are known to pass, and smaller ones where nothing does (RFC 4821, RFC 8899).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum MtuProbing {
    /// Never: routers are believed, and nobody else is asked.
    Never,
    /// Once full segments are lost again and again though no router says why.
    AfterBlackHole,
    /// From the opening on: it begins with [`TcpConfig::mtu_probe_base`].
    Always,
}

impl MtuProbing {
    /// True if larger sizes are looked for by probes.
    pub(crate) fn searches(self) -> bool {
        self != Self::Never
    }
}

/// Timeouts in a row of a full segment that make a black hole: 3, the number at which a path is in doubt (R1, RFC 9293
/// §3.8.3, SHLD-10).
const BLACK_HOLE_TIMEOUTS: u8 = 3;

/// The search is over where no more than this could be gained (RFC 4821 §7.3).
const CLOSE_ENOUGH: u16 = 8;

/// Full segments that have to follow a probe, so that duplicate ACKs tell of its loss (RFC 4821 §7.4).
const FOLLOWERS: u32 = 3;

/// What may go out next.
pub(super) enum Next {
    /// Text as ever.
    Text,
    /// This.
    Probe(Draft),
    /// Nothing, until acknowledgments leave room for a probe: if shorter segments took what each of them leaves, there
    /// would never be enough (RFC 4821 §7.4).
    Wait,
}

impl Path {
    /// Half way between what passes and what is not tried (RFC 4821 §7.2), or none where that is close enough.
    fn next_size(&self, passes: u16) -> Option<u16> {
        let gap = self.ceiling.checked_sub(passes).filter(|&gap| gap > CLOSE_ENOUGH)?;
        Some(passes + gap.div_ceil(2))
    }
}

impl SendHalf {
    /// RFC 4821 §7.2: begins with a size that most paths carry, where the settings ask for it.
    pub(super) fn begin_search(&mut self, now: Instant, config: &TcpConfig) {
        let base = self.probe_base(config);
        if config.mtu_probing != MtuProbing::Always || base >= self.mss {
            return;
        }
        self.path_mut().searching = true;
        self.resize(now, base);
    }

    /// Octets of data in a segment that most paths carry.
    fn probe_base(&self, config: &TcpConfig) -> u16 {
        config.mtu_probe_base.max(self.least).saturating_sub(self.overhead.into())
    }

    /// A segment longer than those known to pass, where its loss would be noticed for what it is: nothing else is missing,
    /// and enough follows (RFC 4821 §7.4). `mss` is what fits beside the options of the moment.
    pub(super) fn next_probe(&mut self, now: Instant, mss: u32, config: &TcpConfig) -> Next {
        let passes = self.mss;
        let path = self.path.as_deref_mut().filter(|path| path.searching && path.probe.is_none());
        let Some(path) = path else { return Next::Text };
        let Some(size) = path.next_size(passes) else {
            path.searching = false;
            path.raise = Deadline::after(now, config.path_mtu_age);
            return Next::Text;
        };
        let size = u32::from(size);
        if mss != u32::from(passes) || !self.may_probe(size) {
            return Next::Text;
        }
        if self.controller.window().saturating_sub(self.in_flight()) < size {
            self.cwnd_limited = true;
            return Next::Wait;
        }
        let (start, end) = (self.nxt, self.nxt + size);
        self.path_mut().probe = Some((start, end));
        Next::Probe(self.send_new(now, start, end, size, Rule::MtuProbe))
    }

    fn may_probe(&self, size: u32) -> bool {
        let wanted = size + FOLLOWERS * u32::from(self.mss);
        let is_open = self.start == SendStart::Acked && !matches!(self.end, SendEnd::FinAcked { .. });
        let in_doubt = self.backoff > 0 || self.flight.as_ref().is_some_and(|flight| flight.is_in_doubt());
        let cwnd = self.controller.window();
        is_open && !in_doubt && self.unsent() >= wanted && self.usable_window() >= wanted && cwnd >= wanted
    }

    /// True if the probe that is under way lies there.
    pub(super) fn is_probe(&self, at: SeqNum) -> bool {
        let probe = self.path.as_ref().and_then(|path| path.probe);
        probe.is_some_and(|(start, end)| at.at_or_after(start) && at.before(end))
    }

    /// Octets of the probe that begins there; 0 if none does.
    #[inline]
    pub(super) fn probe_at(&self, at: SeqNum) -> u32 {
        let probe = self.path.as_ref().and_then(|path| path.probe);
        probe.filter(|(start, _)| *start == at).map_or(0, |(start, end)| end.since(start))
    }

    /// The probe that is under way, if it is the only thing that is lost.
    pub(super) fn lost_probe(&self) -> Option<(SeqNum, SeqNum)> {
        let (start, end) = self.path.as_ref()?.probe?;
        self.flight.as_ref()?.has_lost_only(start, end).then_some((start, end))
    }

    /// More is lost than the probe, if it is: that it gets through in pieces will say nothing.
    pub(super) fn forget_probe(&mut self) {
        if let Some(path) = self.path.as_deref_mut() {
            path.probe = None;
        }
    }

    /// A router says that no more than `mss` octets of the probe would have passed.
    pub(super) fn on_probe_too_big(&mut self, mss: u16) {
        let nxt = self.nxt;
        let Some((start, end)) = self.path_mut().probe.take() else { return };
        self.path_mut().ceiling = mss;
        let Some(flight) = self.flight.as_deref_mut() else { return };
        flight.mark_lost_where(|from, to| from.at_or_after(start) && to.at_or_before(end));
        flight.recovery.get_or_insert((Recovery::PathMtu, nxt));
        flight.resend_at_once.get_or_insert(Rule::PathMtu);
    }

    /// The probe was lost, and nothing else: the path does not carry it (RFC 4821 §7.6.2). That is no sign of congestion
    /// (§4).
    pub(super) fn on_probe_lost(&mut self) {
        let nxt = self.nxt;
        if let Some(path) = self.path.as_deref_mut()
            && let Some((start, end)) = path.probe.take()
        {
            path.ceiling = (end.since(start) as u16).saturating_sub(1);
        }
        if let Some(flight) = self.flight.as_deref_mut() {
            flight.recovery = Some((Recovery::LostProbe, nxt));
            flight.resend_at_once = Some(Rule::LostProbe);
        }
    }

    /// SND.UNA moved: with the probe behind it, the path carries that much (RFC 4821 §7.6.1).
    pub(super) fn on_probe_progress(&mut self, now: Instant) {
        let (una, before) = (self.una, self.mss);
        let Some(path) = self.path.as_deref_mut() else { return };
        let Some((start, end)) = path.probe.filter(|(_, end)| una.at_or_after(*end)) else { return };
        path.probe = None;
        self.resize(now, end.since(start) as u16);
        self.proven = self.mss;
        let until = self.nxt + self.controller.window();
        self.path_mut().verifying = Some(Verifying { back_to: before, until });
    }

    /// Something was lost while the size that was raised lately had to stand its test: back to the one before, and on
    /// with the search below it (RFC 4821 §7.8).
    pub(super) fn on_loss_after_raise(&mut self, now: Instant) {
        let mss = self.mss;
        let Some(path) = self.path.as_deref_mut() else { return };
        let Some(verifying) = path.verifying.take() else { return };
        path.ceiling = mss.saturating_sub(1);
        path.searching = true;
        self.resize(now, verifying.back_to);
    }

    /// The retransmission timer came, and no router had said anything.
    pub(super) fn on_search_timeout(&mut self, now: Instant, config: &TcpConfig) {
        self.on_loss_after_raise(now);
        let una = self.una;
        if let Some(path) = self.path.as_deref_mut()
            && let Some((start, end)) = path.probe.take()
            && start == una
        {
            path.ceiling = (end.since(start) as u16).saturating_sub(1);
        }
        self.flee_black_hole(now, config);
    }

    /// A segment gets lost again and again, and nobody says why: smaller ones may pass (RFC 2923 §2.1, RFC 4821 §7.7).
    /// Once something does, larger ones are looked for.
    fn flee_black_hole(&mut self, now: Instant, config: &TcpConfig) {
        let timeouts = self.flight.as_ref().map_or(0, |flight| flight.unanswered);
        if !config.mtu_probing.searches() || timeouts < BLACK_HOLE_TIMEOUTS {
            return;
        }
        let base = self.probe_base(config);
        let least = self.least.saturating_sub(self.overhead.into());
        let lost = self.length_of(self.una).min(self.mss.into()) as u16;
        let smaller = if lost > base { base } else { (lost / 2).max(least) };
        if smaller >= lost {
            return;
        }
        let path = self.path_mut();
        (path.ceiling, path.searching, path.raise) = (path.most, true, Deadline::NONE);
        self.resize(now, smaller);
    }
}
