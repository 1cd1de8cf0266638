//! SYN cookies (RFC 4987 §3.6): a half-open connection that costs no memory.

use core::hash::{Hash, Hasher};
use core::time::Duration;

use cordial_tcp::{Instant, LEAST_MSS};
use cordial_wire::{Segment, SeqNum};

use crate::key::{Key, KeyHasher};

/// A sequence number that says what a SYN-cache entry would have:
///
/// ```text
///  31  30 29  27 26                       0
/// | time | MSS  | keyed hash of all the rest |
/// ```
///
/// Time is the low two bits of a count of 64 s, of which the current and the one before are believed. Whoever guesses
/// has to hit 27 bits. Scaling and SACK have no place in it: the
/// SYN-ACK's timestamp tells them, where there are timestamps ([`HalfOpen::cookie_syn_ack`](cordial_tcp::HalfOpen)).
#[derive(Clone, Debug)]
pub(crate) struct Cookies {
    hasher: KeyHasher,
    /// When the last one went out: while none is under way, no ACK is looked at.
    last_sent: Option<Instant>,
}

/// How long a time count lasts.
const PERIOD: Duration = Duration::from_secs(64);
/// The values of MSS that fit three bits: the least that we heed at all, then what links in use allow.
const MSS: [u16; 8] = [LEAST_MSS, 216, 536, 1220, 1360, 1440, 1460, 8940];
const HASH: u32 = (1 << 27) - 1;

impl Cookies {
    pub fn new(k0: u64, k1: u64) -> Self {
        Self { hasher: KeyHasher::new(k0, k1), last_sent: None }
    }

    /// The ISS that answers `syn` from `key`'s peer.
    pub fn issue(&mut self, now: Instant, key: &Key, syn: &Segment<'_>) -> SeqNum {
        self.last_sent = Some(now);
        let offered = syn.options.mss.unwrap_or(536);
        let fitting = MSS.iter().rposition(|&mss| mss <= offered).unwrap_or(0) as u32;
        self.number(key, syn.seq, count(now), fitting)
    }

    /// The MSS that the SYN offered, if `ack` brings back a cookie of the last two periods.
    pub fn redeem(&self, now: Instant, key: &Key, ack: &Segment<'_>) -> Option<u16> {
        let number = ack.ack()? - 1;
        let index = number.0 >> 27 & 7;
        let current = count(now);
        let issued =
            [current, current.wrapping_sub(1)].into_iter().find(|time| time & 3 == number.0 >> 30)?;
        let is_ours = self.number(key, ack.seq - 1, issued, index) == number;
        MSS.get(index as usize).copied().filter(|_| is_ours)
    }

    /// True if a cookie may be under way.
    pub fn are_out(&self, now: Instant) -> bool {
        self.last_sent.is_some_and(|last| now.since(last) < 2 * PERIOD)
    }

    /// Feeds how long cookies will still be looked for into `h`.
    pub fn fingerprint(&self, now: Instant, h: &mut impl Hasher) {
        let Self { hasher: _, last_sent } = self;
        last_sent.map(|last| now.since(last)).filter(|age| *age < 2 * PERIOD).hash(h);
    }

    fn number(&self, key: &Key, irs: SeqNum, time: u32, mss: u32) -> SeqNum {
        let more = u64::from(irs.0) << 32 | u64::from(time) << 3 | u64::from(mss);
        let hash = self.hasher.hash_with(key, more) as u32 & HASH;
        SeqNum(time << 30 | mss << 27 | hash)
    }
}

fn count(now: Instant) -> u32 {
    // Twenty-nine bits last for a thousand years.
    (now.as_millis() / PERIOD.as_millis() as u64) as u32 & ((1 << 29) - 1)
}

#[cfg(test)]
mod tests {
    use cordial_wire::{Flags, Options};

    use super::*;

    fn key(port: u16) -> Key {
        Key::between("10.0.0.1:80".parse().unwrap(), ([10, 0, 0, 2], port).into())
    }

    fn syn(mss: Option<u16>) -> Segment<'static> {
        let options = Options { mss, ..Options::default() };
        Segment { seq: SeqNum(500), flags: Flags::SYN, options, ..Segment::default() }
    }

    fn ack(cookie: SeqNum) -> Segment<'static> {
        Segment { seq: SeqNum(501), ack_number: cookie + 1, flags: Flags::ACK, ..Segment::default() }
    }

    /// Shows RFC4987-3.6-a.
    #[test]
    fn a_cookie_says_the_largest_mss_of_its_table_that_fits() {
        let mut cookies = Cookies::new(1, 2);
        let now = Instant::from_millis(1_000_000);
        for (offered, kept) in [
            (Some(1460), 1460),
            (Some(1459), 1440),
            (Some(9000), 8940),
            (None, 536),
            (Some(300), 216),
            (Some(8), LEAST_MSS),
        ] {
            let cookie = cookies.issue(now, &key(1), &syn(offered));
            assert_eq!(cookies.redeem(now, &key(1), &ack(cookie)), Some(kept));
        }
    }

    /// Shows RFC4987-3.6-b.
    #[test]
    fn a_cookie_lasts_between_one_and_two_periods() {
        let mut cookies = Cookies::new(1, 2);
        assert!(!cookies.are_out(Instant::ZERO));
        let start = Instant::from_millis(640_000);
        let cookie = cookies.issue(start, &key(1), &syn(None));
        assert!(cookies.redeem(start + Duration::from_secs(127), &key(1), &ack(cookie)).is_some());
        for wait in [128, 191, 192, 256, 320] {
            let late = start + Duration::from_secs(wait);
            assert_eq!(cookies.redeem(late, &key(1), &ack(cookie)), None, "after {wait} s");
        }
        assert!(cookies.are_out(start + Duration::from_secs(127)));
        assert!(!cookies.are_out(start + Duration::from_secs(128)));
    }

    /// Shows RFC4987-3.6-b.
    #[test]
    fn a_cookie_is_good_for_its_own_connection_only() {
        let mut cookies = Cookies::new(1, 2);
        let now = Instant::from_millis(1_000_000);
        let cookie = cookies.issue(now, &key(1), &syn(None));
        assert_eq!(cookies.redeem(now, &key(2), &ack(cookie)), None, "another port");
        assert_eq!(cookies.redeem(now, &key(1), &ack(cookie + 1)), None, "another number");
        let other_irs = Segment { seq: SeqNum(502), ..ack(cookie) };
        assert_eq!(cookies.redeem(now, &key(1), &other_irs), None, "another SYN");
        assert_eq!(Cookies::new(1, 3).redeem(now, &key(1), &ack(cookie)), None, "another secret");
    }
}
