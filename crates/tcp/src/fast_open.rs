//! Fast open: octets that ride on the SYN (RFC 7413).
//!
//! A client's SYN asks for a cookie, or brings one back together with octets; both are positions of the one send half, so
//! what the server does not acknowledge is sent again like anything else. A server that knows its cookie has a
//! connection in SYN-RECEIVED whose octets may be read, and answered, before the third segment has come. Who makes
//! cookies and who remembers them is the caller's business.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::hash::{Hash, Hasher};

use cordial_wire::{FastOpen, Flags, Options, Segment};

use crate::pool::Pool;
use crate::send::SendHalf;
use crate::state::State;
use crate::{CloseCause, Connection, HalfOpen, Instant, TcpConfig};

/// What a SYN is to carry, from what is remembered of the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FastOpenCall {
    /// The server's cookie, or [`FastOpen::REQUEST`] where none is known: then no octets ride along (RFC 7413 §4.2.1).
    pub option: FastOpen,
    /// The most octets of data the server takes in one segment, as it said when it gave the cookie (§4.1.3).
    pub mss: u16,
}

/// What an opening taught about the server and the way to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FastOpenLesson {
    /// The cookie that it gave, in place of any before.
    pub cookie: Option<FastOpen>,
    /// Octets of data in the largest segment it takes, where it gave a cookie.
    pub mss: u16,
    /// What became of the attempt.
    pub result: FastOpenResult,
}

/// What became of an attempt to open fast.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum FastOpenResult {
    /// No octets rode on the SYN, or those that did came with a cookie that is no longer good and was replaced.
    Nothing,
    /// The octets were taken.
    Taken,
    /// No cookie was given, the octets were not taken, or nobody answered at all: better not tried again for a while
    /// (RFC 7413 §4.1.3.1).
    Refused,
}

/// A connection's part in fast open, kept while the opening lasts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    call: FastOpenCall,
    /// Octets that went out with the SYN.
    carried: u32,
    lesson: Option<FastOpenLesson>,
}

impl Connection {
    /// Lets the SYN of an active open that has not gone out yet ask for a cookie, or carry one and what is written
    /// until it goes out.
    pub fn call_fast(&mut self, call: FastOpenCall) {
        self.opening = Some(Box::new(Opening { call, carried: 0, lesson: None }));
    }

    /// What the opening taught, once it has taught something; told once.
    pub fn take_fast_open_lesson(&mut self) -> Option<FastOpenLesson> {
        self.opening.as_ref()?.lesson?;
        self.opening.take()?.lesson
    }

    /// A passive open whose SYN brought a good cookie (RFC 7413 §4.2.2): SYN-RECEIVED, the octets of the SYN there to be
    /// read. The SYN-ACK, which acknowledges them and carries `renewed` if there is to be a new cookie, waits to be
    /// polled.
    pub fn from_fast_open(
        now: Instant,
        half: &HalfOpen,
        syn: &Segment<'_>,
        renewed: Option<FastOpen>,
        mss: u16,
        config: &Arc<TcpConfig>,
        pool: &mut Pool,
    ) -> Self {
        let mut connection = Self::of_half_open(now, half, mss, config);
        if let State::Open { send, .. } = &mut connection.state {
            send.answer_early(u32::from(syn.window));
        }
        connection.opening = renewed.map(|option| {
            let call = FastOpenCall { option, mss: 0 };
            Box::new(Opening { call, carried: 0, lesson: None })
        });
        let octets = Segment { seq: syn.seq + 1, flags: Flags::NONE, ..*syn };
        connection.on_text(&octets, pool);
        connection.settle(now);
        connection
    }

    /// True if it is a passive open by a caller who was known by its cookie.
    pub(crate) fn was_opened_fast(&self) -> bool {
        matches!(&self.state, State::Open { send, .. } if send.is_early())
    }

    /// The open came to nothing.
    pub(crate) fn learn_from_end(&mut self, cause: CloseCause) {
        let is_answer = !matches!(cause, CloseCause::Aborted);
        if let Some(opening) = self.opening.as_deref_mut().filter(|_| is_answer) {
            opening.learn_from_silence();
        }
    }
}

impl Opening {
    /// Adds to a SYN, or SYN-ACK, that goes out for the first time, and says how many octets may ride along.
    pub(crate) fn ride(&mut self, options: &mut Options, mss: u16, send: &mut SendHalf, now: Instant) -> u32 {
        options.fast_open = Some(self.call.option);
        if options.emitted_len() > Options::MAX_LEN {
            // No place for it: an ordinary handshake (RFC 7413 §4.2.2, 1 a).
            options.fast_open = None;
            return 0;
        }
        if self.call.option.is_request() {
            return 0;
        }
        // The MSS counts no options (RFC 6691 §2).
        let room = self.call.mss.min(mss).saturating_sub(options.emitted_len() as u16);
        self.carried = send.send_with_syn(now, u32::from(room));
        self.carried
    }

    /// The SYN-ACK that answers our SYN has come; `taken` says whether all octets that rode on the SYN were acknowledged.
    pub(crate) fn learn(&mut self, syn_ack: &Segment<'_>, mss: u16, taken: bool) {
        let cookie = syn_ack.options.fast_open.filter(|option| !option.is_request());
        let result = match (self.carried > 0, cookie) {
            (true, _) if taken => FastOpenResult::Taken,
            (_, Some(_)) => FastOpenResult::Nothing,
            (false, None) if !self.call.option.is_request() => FastOpenResult::Nothing,
            (_, None) => FastOpenResult::Refused,
        };
        self.lesson = Some(FastOpenLesson { cookie, mss, result });
    }

    /// A reset, an error or no answer at all. To a SYN that only asks it says nothing of fast open: nobody may be there.
    fn learn_from_silence(&mut self) {
        if self.lesson.is_none() && !self.call.option.is_request() {
            self.lesson = Some(FastOpenLesson { cookie: None, mss: 0, result: FastOpenResult::Refused });
        }
    }

    /// All of it decides what is remembered of the server.
    pub(crate) fn fingerprint(&self, h: &mut impl Hasher) {
        let Self { call, carried, lesson } = self;
        (call.option.cookie().len(), call.mss, carried, lesson.is_some()).hash(h);
    }
}
