//! Options to octets, in the layout that others have come to expect.
//!
//! Every group is a multiple of four octets long and its numbers lie on word boundaries. Each option but NOP has its
//! length, and no end of the list is ever needed (RFC 9293 §3.1, MUST-68 and MUST-69):
//!
//! ```text
//! MSS         |  2  |  4  |    mss    |
//! SACK and    |  4  |  2  |  8  | 10  |  TSval  |  TSecr  |     without SACK-permitted: NOP NOP in its place
//! timestamps                                                  without timestamps: NOP NOP, then SACK-permitted
//! scale       |  1  |  3  |  3  |shift|
//! fast open   | 34  | 2+n | n octets of cookie, then NOP NOP where they are no whole words
//! timeout     | 28  |  4  |  timeout  |
//! SACK        |  1  |  1  |  5  |2+8n |  n blocks of 8    |
//! ```

use core::mem;

use super::{Options, kind};
use crate::EmitError;

impl Options {
    /// Octets a header has for options: fifteen words less the five that are fixed.
    pub const MAX_LEN: usize = 40;

    /// Octets [`emit`](Self::emit) writes: a multiple of four, at most forty.
    #[inline]
    pub fn emitted_len(&self) -> usize {
        self.fixed_len() + sack_len(self.sack_that_fit())
    }

    /// Writes the options at the front of `out` and says how many octets that took.
    ///
    /// SACK blocks that do not fit beside the other options are left out: three fit beside timestamps.
    ///
    /// # Errors
    ///
    /// [`EmitError::NoRoom`] if `out` is shorter than [`emitted_len`](Self::emitted_len); nothing is written.
    #[inline]
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, EmitError> {
        // What almost every segment carries once a connection stands (RFC 7323 appendix A).
        if let Some(timestamps) = self.timestamps
            && !self.has_beside_timestamps()
        {
            let area = out.first_chunk_mut::<12>().ok_or(EmitError::NoRoom)?;
            let [a, b, c, d] = timestamps.value.to_be_bytes();
            let [e, f, g, h] = timestamps.echo.to_be_bytes();
            *area = [kind::NOP, kind::NOP, kind::TIMESTAMPS, 10, a, b, c, d, e, f, g, h];
            return Ok(area.len());
        }
        self.emit_each(out)
    }

    /// True if there is anything else than timestamps: all asked at once, for one answer is the rule.
    #[inline]
    fn has_beside_timestamps(&self) -> bool {
        self.mss.is_some()
            | self.window_scale.is_some()
            | self.sack_permitted
            | !self.sack.is_empty()
            | self.fast_open.is_some()
            | self.user_timeout.is_some()
    }

    fn emit_each(&self, out: &mut [u8]) -> Result<usize, EmitError> {
        let len = self.emitted_len();
        let mut area = Area(out.get_mut(..len).ok_or(EmitError::NoRoom)?);
        if let Some(mss) = self.mss {
            let [hi, lo] = mss.to_be_bytes();
            area.put([kind::MSS, 4, hi, lo]);
        }
        self.emit_timestamps(&mut area);
        if let Some(shift) = self.window_scale {
            area.put([kind::NOP, kind::WINDOW_SCALE, 3, shift]);
        }
        if let Some(fast_open) = &self.fast_open {
            area.put_cookie(fast_open.cookie());
        }
        if let Some(timeout) = self.user_timeout {
            let [hi, lo] = timeout.bits().to_be_bytes();
            area.put([kind::USER_TIMEOUT, 4, hi, lo]);
        }
        let blocks = self.sack_that_fit();
        if blocks > 0 {
            self.emit_sack(&mut area, blocks);
        }
        Ok(len)
    }

    /// SACK-permitted fills the half word that timestamps leave, or stands alone.
    #[inline]
    fn emit_timestamps(&self, area: &mut Area<'_>) {
        match (self.sack_permitted, self.timestamps) {
            (true, Some(_)) => area.put([kind::SACK_PERMITTED, 2]),
            (false, Some(_)) => area.put([kind::NOP, kind::NOP]),
            (true, None) => area.put([kind::NOP, kind::NOP, kind::SACK_PERMITTED, 2]),
            (false, None) => {}
        }
        if let Some(timestamps) = self.timestamps {
            area.put([kind::TIMESTAMPS, 10]);
            area.put(timestamps.value.to_be_bytes());
            area.put(timestamps.echo.to_be_bytes());
        }
    }

    fn emit_sack(&self, area: &mut Area<'_>, count: usize) {
        area.put([kind::NOP, kind::NOP, kind::SACK, (2 + 8 * count) as u8]);
        for (start, end) in self.sack.as_slice().iter().take(count) {
            area.put(start.0.to_be_bytes());
            area.put(end.0.to_be_bytes());
        }
    }

    /// Octets of everything but SACK blocks: forty at most, with the longest cookie.
    #[inline]
    fn fixed_len(&self) -> usize {
        let timestamps = match (self.timestamps, self.sack_permitted) {
            (Some(_), _) => 12,
            (None, true) => 4,
            (None, false) => 0,
        };
        let fast_open = self.fast_open.map_or(0, |option| (2 + option.cookie().len()).next_multiple_of(4));
        let others = 4 * usize::from(self.mss.is_some())
            + timestamps
            + 4 * usize::from(self.window_scale.is_some())
            + fast_open;
        // Beside the longest cookie it is left out: others can do without it (RFC 5482 §3).
        let has_timeout = self.user_timeout.is_some() && others + 4 <= Self::MAX_LEN;
        others + 4 * usize::from(has_timeout)
    }

    #[inline]
    fn sack_that_fit(&self) -> usize {
        self.sack.len().min(Self::MAX_LEN.saturating_sub(self.fixed_len() + 4) / 8)
    }
}

#[inline]
const fn sack_len(blocks: usize) -> usize {
    if blocks == 0 { 0 } else { 4 + 8 * blocks }
}

/// Room that was measured beforehand.
struct Area<'a>(&'a mut [u8]);

impl Area<'_> {
    #[inline]
    fn put<const N: usize>(&mut self, octets: [u8; N]) {
        if let Some((place, rest)) = mem::take(&mut self.0).split_first_chunk_mut() {
            *place = octets;
            self.0 = rest;
        }
    }

    fn put_cookie(&mut self, cookie: &[u8]) {
        self.put([kind::FAST_OPEN, 2 + cookie.len() as u8]);
        for &octet in cookie {
            self.put([octet]);
        }
        if !cookie.len().is_multiple_of(4) {
            return;
        }
        self.put([kind::NOP, kind::NOP]);
    }
}
