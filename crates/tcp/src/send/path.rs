//! What the path to the peer carries: segments made smaller when routers say that they were too long, and larger again
//! when that may have passed.

use alloc::boxed::Box;
use core::hash::{Hash, Hasher};

use cordial_wire::SeqNum;

use super::{Recovery, SendHalf};
use crate::congestion::Signal;
use crate::{Deadline, Instant, Refusal, Rule, SendStart, TcpConfig};

/// What is known of a path that carries less than its links and both ends would. Most connections never have one.
///
/// Sizes are octets of data in a segment, options not among them, as in [`SendHalf::mss`].
#[derive(Clone, Debug)]
pub(crate) struct Path {
    /// What both ends agreed on: no segment is ever longer.
    pub(super) most: u16,
    /// `search_high` of RFC 4821 §7.1: nothing longer is tried.
    pub(super) ceiling: u16,
    /// A message that contradicts what was acknowledged before; it is believed should the timer come
    /// (RFC 5927 §7.2).
    doubted: Option<Doubted>,
    /// When a larger size is tried again (RFC 1191 §6.3, RFC 8201 §4, RFC 4821 §7.3).
    pub(super) raise: Deadline,
    /// Larger sizes are looked for.
    pub(super) searching: bool,
    /// The probe that is under way: where it begins and ends.
    pub(super) probe: Option<(SeqNum, SeqNum)>,
    /// The size was raised lately; and may have to go back.
    pub(super) verifying: Option<Verifying>,
    /// What lies before went out at an earlier size, and proves nothing about this one.
    fresh_from: SeqNum,
}

/// A message that asks for less than passed before.
#[derive(Clone, Copy, Debug)]
struct Doubted {
    mss: u16,
    /// The segment that it is about.
    at: SeqNum,
}

/// RFC 4821 §7.8.
#[derive(Clone, Copy, Debug)]
pub(super) struct Verifying {
    /// The size before.
    pub(super) back_to: u16,
    /// Once this is acknowledged, the new size stands.
    pub(super) until: SeqNum,
}

impl Path {
    pub(super) fn new(most: u16, now_at: SeqNum) -> Self {
        Self {
            most,
            ceiling: most,
            doubted: None,
            raise: Deadline::NONE,
            searching: false,
            probe: None,
            verifying: None,
            fresh_from: now_at,
        }
    }

    /// The state that decides the future, numbers relative to `iss`.
    pub(crate) fn fingerprint(&self, now: Instant, iss: SeqNum, h: &mut impl Hasher) {
        let Self { most, ceiling, doubted, raise, searching, probe, verifying, fresh_from } = self;
        (most, ceiling, raise.remaining(now), searching, fresh_from.since(iss)).hash(h);
        doubted.map(|Doubted { mss, at }| (mss, at.since(iss))).hash(h);
        probe.map(|(start, end)| (start.since(iss), end.since(iss))).hash(h);
        verifying.map(|Verifying { back_to, until }| (back_to, until.since(iss))).hash(h);
    }
}

impl SendHalf {
    /// The data beside the options of every segment, where a segment may be of `size` octets, options included.
    fn data_in(&self, size: u16) -> u16 {
        size.saturating_sub(self.overhead.into())
    }

    /// What the path is known to carry, as it is begun or changed.
    pub(super) fn path_mut(&mut self) -> &mut Path {
        let (mss, nxt) = (self.mss, self.nxt);
        self.path.get_or_insert_with(|| Box::new(Path::new(mss, nxt)))
    }

    /// A router says that the segment at `quoted` was longer than a link behind it carries, and that `size` octets of
    /// options and data pass.
    ///
    /// Believed only where that segment is in flight (RFC 5927 §4.1) and longer than that (§7.2); at once where nothing
    /// as long was ever acknowledged, else when the timer shows that nothing gets through any more. A segment is never
    /// made smaller than what every path is supposed to carry.
    pub(crate) fn on_too_big(
        &mut self,
        now: Instant,
        quoted: SeqNum,
        size: u16,
        config: &TcpConfig,
    ) -> Result<Rule, Refusal> {
        if quoted.before(self.una) || quoted.at_or_after(self.nxt) {
            return Err(Refusal::OutsideWindow);
        }
        let mss = self.data_in(size.max(self.least));
        let sent = self.length_of(quoted);
        // A SYN is never too long, and what rides on it comes again without it; what follows a SYN-ACK may be.
        let is_opening = self.start == SendStart::Syn && !self.early;
        if is_opening || u32::from(mss) >= sent {
            return Err(Refusal::NotTooBig);
        }
        if self.is_probe(quoted) {
            self.on_probe_too_big(mss.max(self.mss));
            if mss >= self.mss {
                return Ok(Rule::PathMtu);
            }
        }
        if mss < self.proven {
            self.path_mut().doubted = Some(Doubted { mss, at: quoted });
            return Ok(Rule::PathMtuDoubted);
        }
        self.lower(now, mss, config);
        Ok(Rule::PathMtu)
    }

    /// Octets of data in the segment that went out at this position, at most.
    pub(super) fn length_of(&self, at: SeqNum) -> u32 {
        let text_end = self.text_end();
        let Some((start, end)) = self.flight.as_ref().and_then(|flight| flight.entry_at(at)) else {
            return 0;
        };
        let len = end.min(text_end).since(start);
        if self.is_probe(at) { len } else { len.min(self.mss.into()) }
    }

    /// Segments hold no more than `mss` from now on, and what went out in longer ones goes out again at once. That is no
    /// sign of congestion: only as much as the window shrinks with the size of a segment (RFC 1191 §6.4, RFC 8201 §5.4).
    fn lower(&mut self, now: Instant, mss: u16, config: &TcpConfig) {
        let path = self.path_mut();
        path.ceiling = mss;
        path.raise = Deadline::after(now, config.path_mtu_age);
        (path.doubted, path.probe, path.verifying, path.searching) = (None, None, None, false);
        self.resize(now, mss);
        self.resend_too_long(now, config);
    }

    /// The size of a segment changes.
    pub(super) fn resize(&mut self, now: Instant, mss: u16) {
        let nxt = self.nxt;
        self.path_mut().fresh_from = nxt;
        self.proven = self.proven.min(mss);
        self.mss = mss;
        self.controller.on_signal(now, Signal::PathMtu { mss: mss.into() });
    }

    /// What lies in the network in pieces longer than a segment now is, is lost.
    fn resend_too_long(&mut self, now: Instant, config: &TcpConfig) {
        let (nxt, text_end, mss) = (self.nxt, self.text_end(), u32::from(self.mss));
        let Some(flight) = self.flight.as_deref_mut() else { return };
        if flight.mark_too_long(mss, text_end) == 0 {
            return;
        }
        flight.recovery.get_or_insert((Recovery::PathMtu, nxt));
        flight.resend_at_once.get_or_insert(Rule::PathMtu);
        // Sending begins anew, and so does the wait for an answer, also where the window lets nothing of it go.
        self.arm_retransmit(now, config);
    }

    /// Another connection to the same host was told that `size` octets of options and data pass, which holds until
    /// `until` (RFC 8201 §5.2). What is in flight gets messages of its own. Until both SYNs are known, and it has `agreed`,
    /// what both ends will take is not known: the limit stands beside it.
    pub(crate) fn limit_path(&mut self, now: Instant, size: u16, until: Instant, agreed: bool) {
        let size = size.max(self.least);
        let mss = if agreed { self.data_in(size) } else { size };
        if mss >= self.mss {
            return;
        }
        let path = self.path_mut();
        path.ceiling = mss;
        path.raise = Deadline::after(now, until - now);
        if agreed {
            self.resize(now, mss);
        }
    }

    /// Both SYNs are known, and with them how long a segment may be: `mss` octets of data beside `overhead` of options.
    pub(crate) fn agree_on_size(&mut self, mss: u16, overhead: u16) {
        (self.mss, self.overhead) = (mss, overhead as u8);
        if let Some(path) = self.path.as_deref_mut() {
            path.most = mss;
            path.ceiling = path.ceiling.saturating_sub(overhead).min(mss);
            self.mss = path.ceiling;
        }
    }

    /// After SND.UNA moved: what there was to find out about the path may be known now. `longest` is the longest stretch
    /// that is known to have arrived of those that went out together.
    #[inline]
    pub(super) fn note_size(&mut self, longest: u32, una_before: SeqNum) {
        if longest <= u32::from(self.proven) || self.proven >= self.mss {
            return;
        }
        if self.path.as_ref().is_none_or(|path| una_before.at_or_after(path.fresh_from)) {
            self.proven = longest.min(self.mss.into()) as u16;
        }
    }

    /// SND.UNA moved: progress refutes a message that is in doubt (RFC 5927 §7.2).
    pub(super) fn on_path_progress(&mut self, now: Instant) {
        let una = self.una;
        let Some(path) = self.path.as_deref_mut() else { return };
        path.doubted = path.doubted.filter(|doubted| doubted.at.at_or_after(una));
        path.verifying = path.verifying.filter(|verifying| verifying.until.after(una));
        self.on_probe_progress(now);
    }

    /// The retransmission timer came: a message that was in doubt was true (RFC 5927 §7.2, MAXSEGRTO of 1). True if the
    /// size changed.
    pub(super) fn on_path_timeout(&mut self, now: Instant, config: &TcpConfig) {
        let doubted = self.path.as_deref_mut().and_then(|path| path.doubted.take());
        if let Some(doubted) = doubted {
            self.lower(now, doubted.mss, config);
        } else {
            self.on_search_timeout(now, config);
        }
    }

    /// It was long enough ago that the path was found to carry less: perhaps it carries more again. `agreed` as in
    /// [`limit_path`](Self::limit_path). True if that came due.
    pub(crate) fn on_path_timer(&mut self, now: Instant, agreed: bool, config: &TcpConfig) -> bool {
        let Some(path) = self.path.as_deref_mut().filter(|path| path.raise.is_due(now)) else { return false };
        path.raise = Deadline::NONE;
        path.ceiling = path.most;
        let most = path.most;
        if config.mtu_probing.searches() {
            path.searching = self.mss < most;
        } else if agreed {
            self.resize(now, most);
        }
        true
    }

    /// When a larger size is tried again.
    #[inline]
    pub(crate) fn raise_deadline(&self) -> Deadline {
        self.path.as_ref().map_or(Deadline::NONE, |path| path.raise)
    }
}
