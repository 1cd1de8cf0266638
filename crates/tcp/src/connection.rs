//! A connection: user calls and events in, segments out.

mod output;

pub use output::{HeaderOut, SegmentOut};

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::hash::{Hash, Hasher};
use core::time::Duration;

use cordial_wire::{Flags, Segment, SeqNum};

use crate::clock::timestamp;
use crate::fast_open::Opening;
use crate::last_answer::LastAnswer;
use crate::octets::Octets;
use crate::pool::Pool;
use crate::receive::ReceiveHalf;
use crate::reset::Reset;
use crate::send::SendHalf;
use crate::state::State;
use crate::statistics::Counting;
use crate::urgent::Urgent;
use crate::{
    CloseCause, Deadline, Dscp, Effects, HalfOpen, Instant, Keepalive, LEAST_MSS, Outcome, Phase, Refusal,
    TcpConfig, TimeWait, Timers, Vars, time_wait,
};

/// One connection, from the first SYN to the last ACK, and what is left to read after it.
///
/// It knows no addresses, ports, clocks or dice: segments and moments come in by calls, segments go out by
/// [`poll_segment`](Self::poll_segment). Any number of inputs may come before a poll.
#[derive(Clone, Debug)]
pub struct Connection {
    pub(crate) state: State,
    /// Octets received, in order or ahead; its front is the first unread one. It outlives the state.
    pub(crate) inbox: Octets,
    /// Octets in order and not read.
    pub(crate) unread: u32,
    pub(crate) cause: Option<CloseCause>,
    /// What the peer said in its FIN stays known when the state is gone.
    pub(crate) ended_well: bool,
    pub(crate) config: Arc<TcpConfig>,
    pub(crate) keepalive: Deadline,
    pub(crate) fin_wait_2: Deadline,
    /// The tick at which the peer was heard last.
    pub(crate) heard: u32,
    pub(crate) ts_offset: u32,
    /// Our MSS: what the link to the peer can carry, no options counted.
    pub(crate) mss: u16,
    pub(crate) agreed: Agreed,
    /// Fast open, while the connection opens.
    pub(crate) opening: Option<Box<Opening>>,
    /// Keepalive probes since the peer was heard.
    pub(crate) probes: u8,
    /// Nobody holds the connection any more.
    pub(crate) orphan: bool,
    /// Nobody will read.
    pub(crate) deaf: bool,
    /// The user was told that there was no room to write.
    pub(crate) wants_room: bool,
    /// ICMP said that the peer cannot be reached: the reason, should the connection time out (RFC 9293 §3.9.2.2).
    pub(crate) unreachable: bool,
    /// The next segment without SYN tells our user timeout (RFC 5482 §3).
    pub(crate) tells_timeout: bool,
    /// Where urgent data ends, while there is some.
    pub(crate) urgent: Option<Box<Urgent>>,
    /// What passes, where the settings ask for it; it decides nothing.
    pub(crate) counting: Option<Box<Counting>>,
}

/// What both SYNs offered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Default)]
pub(crate) struct Agreed {
    pub(crate) timestamps: bool,
    pub(crate) sack: bool,
}

impl Agreed {
    /// Octets of options in every segment.
    pub(crate) fn overhead(self) -> u16 {
        if self.timestamps { TIMESTAMPS_LEN } else { 0 }
    }
}

/// Octets of a segment's options when it carries timestamps, and nothing else.
pub(crate) const TIMESTAMPS_LEN: u16 = 12;

impl Connection {
    /// An active open (RFC 9293 §3.10.1): SYN-SENT, the SYN waits to be polled. `mss` is the most data the link to the
    /// peer carries in one segment, no options counted.
    pub fn connect(now: Instant, iss: SeqNum, ts_offset: u32, mss: u16, config: &Arc<TcpConfig>) -> Self {
        let mss = config.segment_limit(mss);
        let send = SendHalf::new(iss, mss, config);
        Self::with_state(now, State::Open { send, recv: None }, ts_offset, mss, config)
    }

    /// A half-open connection whose third segment came: ESTABLISHED. The segment is to be given to
    /// [`on_segment`](Self::on_segment) next, for its window, its octets, its FIN.
    pub fn from_half_open(
        now: Instant,
        half: &HalfOpen,
        third: &Segment<'_>,
        mss: u16,
        config: &Arc<TcpConfig>,
    ) -> Self {
        let mut connection = Self::of_half_open(now, half, mss, config);
        if let State::Open { send, .. } = &mut connection.state {
            send.una = half.iss + 1;
            send.nxt = half.iss + 1;
            if let Some(round_trip) = half.round_trip(now, config) {
                send.rtt.sample(round_trip);
            }
            let window = u32::from(third.window) << send.shift;
            send.opened(now, third, window, half.retries() > 0, config);
        }
        connection.settle(now);
        connection
    }

    /// What both SYNs agreed on; ours has still to be sent.
    pub(crate) fn of_half_open(now: Instant, half: &HalfOpen, mss: u16, config: &Arc<TcpConfig>) -> Self {
        let mss = config.segment_limit(mss);
        let agreed = Agreed { timestamps: half.has_timestamps(), sack: half.has_sack() };
        let shift = half.peer_shift();
        let mut send = SendHalf::new(half.iss, mss, config);
        send.agree_on_size(payload_mss(half.peer_mss, mss, agreed), agreed.overhead());
        send.shift = shift.unwrap_or(0);
        let ours = shift.and(config.window_shift()).unwrap_or(0);
        let recv = ReceiveHalf::new(
            now,
            half.irs,
            config.first_window(),
            ours,
            config.receive_buffer,
            half.ts_recent,
        );
        let state = State::Open { send, recv: Some(recv) };
        let mut connection = Self::with_state(now, state, half.ts_offset, mss, config);
        connection.agreed = agreed;
        connection
    }

    fn with_state(now: Instant, state: State, ts_offset: u32, mss: u16, config: &Arc<TcpConfig>) -> Self {
        Self {
            state,
            inbox: Octets::new(),
            unread: 0,
            cause: None,
            ended_well: false,
            config: Arc::clone(config),
            keepalive: Deadline::NONE,
            fin_wait_2: Deadline::NONE,
            heard: Deadline::tick_of(now),
            ts_offset,
            mss,
            agreed: Agreed::default(),
            opening: None,
            probes: 0,
            orphan: false,
            deaf: false,
            wants_room: false,
            unreachable: false,
            tells_timeout: config.user_timeout_option.is_some(),
            urgent: None,
            counting: Counting::begin(config),
        }
    }

    /// A segment of this connection arrives (RFC 9293 §3.10.7).
    pub fn on_segment(&mut self, now: Instant, segment: &Segment<'_>, pool: &mut Pool) -> Outcome {
        let before = self.view();
        let (did, reset) = match &self.state {
            State::Closed => (Err(Refusal::Closed), Reset::answering(segment)),
            State::Open { recv: None, .. } => self.on_segment_syn_sent(now, segment, pool),
            State::Open { recv: Some(_), .. } => self.on_segment_synchronized(now, segment, pool),
        };
        let mut reply = reset.map(Segment::from);
        if reply.is_none() && self.phase() == Phase::TimeWait {
            reply = self.last_ack(now);
        }
        self.count_arrival(now, segment);
        let mut outcome = self.outcome(now, did, before, pool);
        if segment.flags.contains(Flags::URG) && self.take_urgent_news() {
            outcome.effects |= Effects::URGENT;
        }
        // A reply is rare, and large to be handed on where there is none.
        if reply.is_some() {
            outcome.reply = reply;
        }
        outcome
    }

    /// The ACK of the peer's FIN, once nothing else will go out that could carry it: in TIME-WAIT.
    fn last_ack(&mut self, now: Instant) -> Option<Segment<'static>> {
        let kept = self.time_wait(now)?;
        let State::Open { recv: Some(recv), .. } = &mut self.state else { return None };
        recv.owes().then(|| {
            recv.acknowledged();
            if let Some(counting) = self.counting.as_deref_mut() {
                counting.replied();
            }
            kept.ack(now)
        })
    }

    /// The earliest of its deadlines, for the next call of [`on_timer`](Self::on_timer).
    #[inline]
    pub fn deadline(&self, now: Instant) -> Deadline {
        // Named one by one, so that a new one cannot be left out.
        let Timers { retransmit, persist, delayed_ack, keepalive, fin_wait_2, path_mtu, syn_ack, time_wait } =
            self.timers();
        let all = [retransmit, persist, delayed_ack, keepalive, fin_wait_2, path_mtu, syn_ack, time_wait];
        Deadline::earliest(all, now)
    }

    /// The RFC's name for its state.
    #[inline]
    pub fn phase(&self) -> Phase {
        self.state.phase()
    }

    /// How it ended, once it has.
    pub fn close_cause(&self) -> Option<CloseCause> {
        self.cause
    }

    /// True if selective acknowledgments are in use.
    pub fn has_sack(&self) -> bool {
        self.agreed.sack
    }

    /// Its settings.
    pub fn config(&self) -> &TcpConfig {
        &self.config
    }

    /// Sends small pieces at once, or waits for what is outstanding (Nagle, RFC 9293 §3.7.4, SHLD-7 and MUST-17).
    pub fn set_nodelay(&mut self, nodelay: bool) {
        if let State::Open { send, .. } = &mut self.state {
            send.nodelay = nodelay;
        }
    }

    /// True if small pieces go out at once.
    pub fn nodelay(&self) -> bool {
        matches!(&self.state, State::Open { send, .. } if send.nodelay)
    }

    /// Sets the codepoint that whoever sends its segments puts into the IP header (RFC 9293 §3.9.2, SHLD-21).
    pub fn set_dscp(&mut self, dscp: Dscp) {
        Arc::make_mut(&mut self.config).dscp = dscp;
    }

    /// Sets the most octets that may wait to be acknowledged, one at least; what is queued already stays.
    /// [`Effects::WRITABLE`] where that makes room for a writer that waits.
    pub fn set_send_buffer(&mut self, octets: u32, pool: &Pool) -> Effects {
        Arc::make_mut(&mut self.config).send_buffer = octets;
        self.take_end_of_waiting(pool)
    }

    /// Probes the peer after silence, or never (`None`, the default; RFC 9293 §3.8.4, MUST-25).
    pub fn set_keepalive(&mut self, now: Instant, keepalive: Option<Keepalive>) {
        Arc::make_mut(&mut self.config).keepalive = keepalive;
        self.keepalive = Deadline::NONE;
        self.settle(now);
    }

    /// What is to be kept of it in TIME-WAIT; after this it is CLOSED, and only unread octets are left.
    pub fn take_time_wait(&mut self, now: Instant) -> Option<TimeWait> {
        let kept = self.time_wait(now)?;
        self.count_end();
        self.ended_well = true;
        self.cause.get_or_insert(CloseCause::Graceful);
        self.state = State::Closed;
        (self.keepalive, self.fin_wait_2) = Default::default();
        Some(kept)
    }

    fn time_wait(&self, now: Instant) -> Option<TimeWait> {
        if self.phase() != Phase::TimeWait {
            return None;
        }
        let State::Open { send, recv: Some(recv) } = &self.state else { return None };
        let mut kept = TimeWait {
            snd_nxt: send.nxt,
            rcv_nxt: recv.nxt,
            ts_recent: recv.ts_recent,
            ts_offset: self.ts_offset,
            deadline: 0,
            window: (recv.window() >> recv.shift).min(u32::from(u16::MAX)) as u16,
            agreed: recv.shift | if self.agreed.timestamps { time_wait::TIMESTAMPS } else { 0 },
            answered: LastAnswer::NONE,
        };
        kept.arm(now, &self.config);
        Some(kept)
    }

    /// Gives every chunk back to the pool. To be called before a connection is dropped.
    pub fn clear(&mut self, pool: &mut Pool) {
        self.inbox.clear(pool);
        self.unread = 0;
        if let State::Open { send, .. } = &mut self.state {
            send.clear(pool);
        }
        self.state = State::Closed;
        (self.keepalive, self.fin_wait_2) = Default::default();
    }

    /// Its variables, for those who watch.
    pub fn vars(&self) -> Vars {
        let mut vars =
            Vars { phase: self.phase(), unread: self.unread, timers: self.timers(), ..Vars::default() };
        let State::Open { send, recv } = &self.state else { return vars };
        vars.iss = send.iss;
        vars.snd_una = send.una;
        vars.snd_nxt = send.nxt;
        vars.snd_wnd = send.wnd;
        vars.snd_mss = send.mss;
        vars.cwnd = send.controller.window();
        vars.ssthresh = send.controller.ssthresh();
        vars.in_flight = send.in_flight();
        vars.queued = send.queued;
        vars.srtt = send.rtt.srtt();
        vars.rttvar = vars.srtt.map(|_| send.rtt.rttvar());
        vars.rto = send.rto(&self.config);
        vars.backoff = send.backoff;
        vars.in_doubt = send.is_in_doubt(&self.config);
        if let Some(recv) = recv {
            vars.irs = Some(recv.irs);
            vars.rcv_nxt = recv.nxt;
            vars.rcv_wnd = recv.window();
        }
        vars
    }

    /// Feeds everything that decides the future into `h`: numbers relative to ISS and IRS, times relative to `now`.
    /// Two connections of equal fingerprint and equal settings that hold the same octets behave alike, but for the numbers
    /// and timestamps they count from.
    pub fn fingerprint(&self, now: Instant, h: &mut impl Hasher) {
        match &self.state {
            State::Closed => 0_u8.hash(h),
            State::Open { send, recv } => {
                1_u8.hash(h);
                send.fingerprint(now, recv.as_ref().map(|recv| recv.irs), &self.config, h);
                recv.is_some().hash(h);
                if let Some(recv) = recv {
                    recv.fingerprint(now, self.agreed.timestamps, &self.config, h);
                }
            }
        }
        (self.unread, self.cause, self.ended_well, self.mss, self.agreed, self.probes).hash(h);
        (self.orphan, self.deaf, self.unreachable, self.wants_room).hash(h);
        self.opening.is_some().hash(h);
        if let Some(opening) = &self.opening {
            opening.fingerprint(h);
        }
        // Only who probes the idle peer asks when it was heard.
        let silence = Deadline::tick_of(now).wrapping_sub(self.heard);
        self.config.keepalive.map(|_| silence).hash(h);
        if let (State::Open { send, recv }, Some(urgent)) = (&self.state, &self.urgent) {
            urgent.fingerprint(send.iss, recv.as_ref().map(|recv| recv.irs), h);
        }
        let option = self.config.user_timeout_option;
        option.map(|_| (self.tells_timeout, self.config.patience())).hash(h);
        (self.keepalive.remaining(now), self.fin_wait_2.remaining(now)).hash(h);
    }

    #[inline]
    pub(crate) fn timers(&self) -> Timers {
        let mut timers =
            Timers { keepalive: self.keepalive, fin_wait_2: self.fin_wait_2, ..Timers::default() };
        if let State::Open { send, recv } = &self.state {
            timers.retransmit = send.retransmit;
            timers.persist = send.persist;
            timers.path_mtu = send.raise_deadline();
            if let Some(recv) = recv {
                timers.delayed_ack = recv.delayed_ack;
            }
        }
        timers
    }

    /// How long ago we sent the timestamp that a segment echoes.
    pub(crate) fn echo(&self, now: Instant, segment: &Segment<'_>) -> Option<Duration> {
        let echoed = segment.options.timestamps.filter(|_| self.agreed.timestamps)?.echo;
        let age = timestamp(now, self.ts_offset).wrapping_sub(echoed);
        // An age beyond any timeout is no echo of ours.
        (age < 1 << 20).then(|| Duration::from_millis(u64::from(age)))
    }
}

/// Octets of data per segment: the smaller of what both ends named, less the options every segment carries
/// (RFC 9293 §3.7.1, MUST-16; RFC 6691).
pub(crate) fn payload_mss(peer: u16, ours: u16, agreed: Agreed) -> u16 {
    peer.min(ours).saturating_sub(agreed.overhead()).max(LEAST_MSS - TIMESTAMPS_LEN)
}
