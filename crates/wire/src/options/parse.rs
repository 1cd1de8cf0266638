//! Options from octets.

use super::{FastOpen, Options, OptionsError, SackBlocks, Timestamps, UserTimeout, kind};
use crate::SeqNum;

impl Options {
    /// Reads the octets between the fixed header and the data.
    ///
    /// Whatever could be read is returned, also where the result is an error: a misshapen length ends the
    /// reading, since nobody can tell where the next option begins, but takes back nothing seen before it
    /// (RFC 9293 MUST-7). An option of unknown kind (MUST-6), or of a known kind with a length that is not its own,
    /// is skipped. Of an option that stands twice the last counts.
    ///
    /// # Errors
    ///
    /// [`OptionsError::Length`] if an option's length is below two or points past the area.
    #[inline]
    pub fn parse(area: &[u8]) -> (Self, Result<(), OptionsError>) {
        let mut options = Self::default();
        // What almost every segment carries once a connection stands (RFC 7323 appendix A).
        if let &[kind::NOP, kind::NOP, kind::TIMESTAMPS, 10, a, b, c, d, e, f, g, h] = area {
            options.set(kind::TIMESTAMPS, &[a, b, c, d, e, f, g, h]);
            return (options, Ok(()));
        }
        let result = options.read(area);
        options.malformed = result.is_err();
        (options, result)
    }

    fn read(&mut self, mut area: &[u8]) -> Result<(), OptionsError> {
        while let Some((&kind, rest)) = area.split_first() {
            area = match kind {
                kind::END => return Ok(()),
                kind::NOP => rest,
                _ => {
                    let (value, rest) = split_value(rest).ok_or(OptionsError::Length { kind })?;
                    self.set(kind, value);
                    rest
                }
            };
        }
        Ok(())
    }

    #[inline]
    fn set(&mut self, kind: u8, value: &[u8]) {
        match (kind, value) {
            (kind::MSS, &[hi, lo]) => self.mss = Some(u16::from_be_bytes([hi, lo])),
            (kind::WINDOW_SCALE, &[shift]) => self.window_scale = Some(shift),
            (kind::USER_TIMEOUT, &[hi, lo]) => {
                self.user_timeout = UserTimeout::from_bits(u16::from_be_bytes([hi, lo]));
            }
            (kind::SACK_PERMITTED, []) => self.sack_permitted = true,
            (kind::TIMESTAMPS, &[a, b, c, d, e, f, g, h]) => {
                let (value, echo) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
                self.timestamps = Some(Timestamps { value, echo });
            }
            // A length that no cookie has: as if it were not there (RFC 7413 §4.1.1).
            (kind::FAST_OPEN, cookie) => self.fast_open = FastOpen::new(cookie).or(self.fast_open),
            (kind::SACK, blocks) if !blocks.is_empty() => self.set_sack(blocks),
            _ => {}
        }
    }

    /// Blocks of eight octets each; none of them if some are left over.
    fn set_sack(&mut self, value: &[u8]) {
        let (edges, rest) = value.as_chunks::<8>();
        if !rest.is_empty() {
            return;
        }
        self.sack = SackBlocks::default();
        for &[a, b, c, d, e, f, g, h] in edges {
            let (start, end) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
            self.sack.push(SeqNum(start), SeqNum(end));
        }
    }
}

/// Splits what follows a kind into the option's value and what comes after it.
fn split_value(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = rest.split_first()?;
    // The length counts the kind and itself.
    rest.split_at_checked(usize::from(length).checked_sub(2)?)
}
