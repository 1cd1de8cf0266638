//! How long a round trip takes, and how long to wait for one (RFC 6298).

use core::time::Duration;

/// Bounds of a retransmission timeout.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RtoLimits {
    /// While no round trip was measured: 1 s (RFC 6298 §2, (2.1)).
    pub initial: Duration,
    /// The shortest: 200 ms. A departure from the 1 s of RFC 6298 §2, (2.4), that is deployed everywhere: a second
    /// is hundreds of round trips today, and what it was to protect from, clocks that tick twice a second, is gone.
    pub min: Duration,
    /// The longest, also after backing off: 120 s (at least 60 s, RFC 6298 §2, (2.5)).
    pub max: Duration,
}

impl RtoLimits {
    /// Unless configured otherwise: 1 s, 200 ms, 120 s.
    pub const DEFAULT: Self = Self {
        initial: Duration::from_secs(1),
        min: Duration::from_millis(200),
        max: Duration::from_secs(120),
    };

    /// True if there is one timeout only, whatever is measured.
    pub(crate) fn is_fixed(&self) -> bool {
        self.initial == self.min && self.min == self.max
    }
}

impl Default for RtoLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The smoothed round-trip time and its variation (RFC 6298 §2), in microseconds.
///
/// Backing off is not its business: a timeout says nothing about the path's delay.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct RttEstimator {
    /// Eight times SRTT, so that its eighths are not lost; zero while nothing was measured.
    srtt_x8: u32,
    /// Four times RTTVAR.
    rttvar_x4: u32,
}

/// A longer round trip is not told from this one, of 268 s: it keeps eight times the number in 32 bits.
const MAX_SAMPLE: u32 = u32::MAX >> 4;
/// G of RFC 6298: what our deadlines count in, in microseconds.
const GRANULARITY: u32 = 64;

impl RttEstimator {
    /// Nothing was measured yet.
    pub const fn new() -> Self {
        Self { srtt_x8: 0, rttvar_x4: 0 }
    }

    /// Takes in one measured round trip: never one of a segment that was retransmitted, unless a timestamp tells
    /// which of its transmissions was answered (Karn's algorithm, RFC 6298 §3).
    pub fn sample(&mut self, rtt: Duration) {
        self.sample_of_many(rtt, 0);
    }

    /// As [`sample`](Self::sample), where 2^`log_samples` of them are expected in one round trip: each then counts for
    /// that much less, so that the estimate remembers as many round trips as with one (RFC 7323 §4.2, appendix G).
    pub fn sample_of_many(&mut self, rtt: Duration, log_samples: u32) {
        // Zero stands for "nothing measured".
        let rtt = u32::try_from(rtt.as_micros()).unwrap_or(u32::MAX).clamp(1, MAX_SAMPLE);
        if self.srtt_x8 == 0 {
            // (2.2): SRTT = R, RTTVAR = R/2.
            *self = Self { srtt_x8: rtt * 8, rttvar_x4: rtt * 2 };
            return;
        }
        // (2.3): RTTVAR = 3/4 RTTVAR + 1/4 |SRTT − R|, then SRTT = 7/8 SRTT + 1/8 R.
        let (srtt, rttvar) = (self.srtt_x8 / 8, self.rttvar_x4 / 4);
        let error = srtt.abs_diff(rtt);
        // All are below 2³¹. Rounded up where it is variation, so that a little is not none.
        let almost_one = (1 << log_samples) - 1;
        let more = (error as i32 - rttvar as i32 + almost_one) >> log_samples;
        self.rttvar_x4 = self.rttvar_x4.saturating_add_signed(more);
        self.srtt_x8 = self.srtt_x8.saturating_add_signed((rtt as i32 - srtt as i32) >> log_samples);
    }

    /// SRTT, once a round trip was measured.
    pub fn srtt(&self) -> Option<Duration> {
        (self.srtt_x8 != 0).then(|| micros(self.srtt_x8 / 8))
    }

    /// RTTVAR; zero while nothing was measured.
    pub fn rttvar(&self) -> Duration {
        micros(self.rttvar_x4 / 4)
    }

    /// SRTT + max(G, 4·RTTVAR), within the limits.
    pub fn rto(&self, limits: RtoLimits) -> Duration {
        let rto = match self.srtt() {
            None => limits.initial,
            Some(srtt) => srtt + micros(self.rttvar_x4.max(GRANULARITY)),
        };
        rto.max(limits.min).min(limits.max)
    }
}

fn micros(micros: u32) -> Duration {
    Duration::from_micros(u64::from(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn measured(samples: &[Duration]) -> RttEstimator {
        let mut rtt = RttEstimator::new();
        samples.iter().for_each(|&sample| rtt.sample(sample));
        rtt
    }

    /// RFC6298-2-a.
    #[test]
    fn before_any_measurement_the_timeout_is_one_second() {
        let rtt = RttEstimator::new();
        assert_eq!((rtt.srtt(), rtt.rto(RtoLimits::DEFAULT)), (None, ms(1000)));
    }

    /// RFC 6298 (2.2) and (2.3), worked out by hand: RFC6298-2-b, RFC6298-2-c.
    #[test]
    fn samples_are_smoothed_as_the_rfc_says() {
        let rtt = measured(&[ms(800)]);
        assert_eq!(
            (rtt.srtt(), rtt.rttvar(), rtt.rto(RtoLimits::DEFAULT)),
            (Some(ms(800)), ms(400), ms(2400))
        );
        let rtt = measured(&[ms(800), ms(400)]);
        assert_eq!(
            (rtt.srtt(), rtt.rttvar(), rtt.rto(RtoLimits::DEFAULT)),
            (Some(ms(750)), ms(400), ms(2350))
        );
        let rtt = measured(&[ms(800), ms(400), ms(950)]);
        assert_eq!(
            (rtt.srtt(), rtt.rttvar(), rtt.rto(RtoLimits::DEFAULT)),
            (Some(ms(775)), ms(350), ms(2175))
        );
    }

    /// RFC6298-2-d: never below 200 ms; RFC6298-2-e: 120 s at most.
    #[test]
    fn the_timeout_stays_within_its_limits() {
        assert_eq!(measured(&[ms(66)]).rto(RtoLimits::DEFAULT), ms(200), "66 + 4 * 33 is one less");
        assert_eq!(measured(&[ms(67)]).rto(RtoLimits::DEFAULT), ms(201));
        assert_eq!(measured(&[ms(41_000)]).rto(RtoLimits::DEFAULT), ms(120_000));
        let narrow = RtoLimits { initial: ms(5), min: ms(10), max: ms(20) };
        assert_eq!(RttEstimator::new().rto(narrow), ms(10));
    }

    /// RFC6298-4-a: a path without any variation is still granted a tick of the clock.
    #[test]
    fn a_steady_path_comes_to_wait_hardly_longer_than_a_round_trip() {
        let rtt = measured(&[ms(300); 100]);
        assert_eq!(rtt.srtt(), Some(ms(300)));
        assert_eq!(rtt.rto(RtoLimits::DEFAULT), ms(300) + Duration::from_micros(64));
    }

    /// Variation that is lost to rounding would let the timeout fall below the round trip.
    #[test]
    fn variation_of_a_few_microseconds_is_not_lost() {
        let jitter: [_; 200] = core::array::from_fn(|i| Duration::from_micros(100 + 8 * (i as u64 % 2)));
        let rtt = measured(&jitter);
        assert!(rtt.rttvar() >= Duration::from_micros(3), "{rtt:?}");
    }

    #[test]
    fn no_sample_is_too_short_or_too_long() {
        let none = RtoLimits { initial: ms(1), min: Duration::ZERO, max: Duration::MAX };
        assert_eq!(measured(&[Duration::ZERO]).srtt(), Some(Duration::from_micros(1)));
        let endless = measured(&[Duration::MAX; 50]);
        assert!(endless.srtt() >= Some(Duration::from_secs(268)));
        assert!(measured(&[Duration::MAX, Duration::ZERO, Duration::MAX]).rto(none) > ms(1000));
        assert_eq!(endless.rto(RtoLimits::DEFAULT), ms(120_000));
    }

    #[test]
    fn it_is_small() {
        assert!(size_of::<RttEstimator>() <= 12);
    }
}
