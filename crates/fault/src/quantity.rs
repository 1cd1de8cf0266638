//! Numbers with a unit, as people write them: `300ms`, `1MB`, `0.1%`, `10mbit`.

use std::time::Duration;

use crate::error::QuantityError;
use crate::rule::Chance;

/// The longest time that may be asked for: nobody waits longer for a packet.
const LONGEST: Duration = Duration::from_secs(600);

/// The narrowest path: a packet of 1,500 octets takes twelve seconds on it.
const NARROWEST: u64 = 1_000;

const NANOS: [(&str, u64); 5] =
    [("ns", 1), ("us", 1_000), ("µs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000)];

const OCTETS: [(&str, u64); 9] = [
    ("", 1),
    ("b", 1),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("k", 1_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
];

const BITS: [(&str, u64); 4] = [("bit", 1), ("kbit", 1_000), ("mbit", 1_000_000), ("gbit", 1_000_000_000)];

/// A span of time with its unit: `300ms`, `1.5s`, `200us`; up to ten minutes.
///
/// # Errors
///
/// What is wrong with it.
pub fn duration(text: &str) -> Result<Duration, QuantityError> {
    let span = Duration::from_nanos(scaled(text, &NANOS).ok_or(QuantityError::Time)?);
    if span > LONGEST { Err(QuantityError::TooLong) } else { Ok(span) }
}

/// A rate in bits per second: `10mbit`, `1.5gbit`, `500kbit`, also with `/s`; at least 1kbit.
///
/// # Errors
///
/// What is wrong with it.
pub fn rate(text: &str) -> Result<u64, QuantityError> {
    let lower = text.to_ascii_lowercase();
    let bits = scaled(lower.strip_suffix("/s").unwrap_or(&lower), &BITS).ok_or(QuantityError::Rate)?;
    if bits < NARROWEST { Err(QuantityError::TooNarrow) } else { Ok(bits) }
}

/// A number of octets: `1400`, `64KB`, `1MB`, `1MiB`.
pub(crate) fn octets(text: &str) -> Result<u64, QuantityError> {
    scaled(text, &OCTETS).ok_or(QuantityError::Size)
}

/// A percentage: `5%`, `0.1%`; steps of a ten-thousandth.
pub(crate) fn percent(text: &str) -> Result<Chance, QuantityError> {
    let millionths = scaled(text, &[("%", 10_000)]).ok_or(QuantityError::Percent)?;
    match u32::try_from(millionths) {
        Ok(millionths) if millionths <= Chance::CERTAIN.0 => Ok(Chance(millionths)),
        _ => Err(QuantityError::TooOften),
    }
}

/// A number with a fraction or without, and one of these units; in the smallest of them, what is finer left out.
fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let unit = unit.to_lowercase();
    let scale = units.iter().find_map(|(name, scale)| (*name == unit).then_some(*scale))?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if fraction.is_empty() || fraction.len() > 18 {
        return None;
    }
    let parts = fraction.parse::<u128>().ok()? * u128::from(scale) / 10_u128.pow(fraction.len() as u32);
    whole.parse::<u64>().ok()?.checked_mul(scale)?.checked_add(u64::try_from(parts).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        let nanos = |text: &str| duration(text).map(|span| span.as_nanos());
        assert_eq!(nanos("300ms"), Ok(300_000_000));
        assert_eq!(nanos("1.5s"), Ok(1_500_000_000));
        assert_eq!(nanos("200us"), Ok(200_000));
        assert_eq!(nanos("200µs"), Ok(200_000));
        assert_eq!(nanos("0.25ms"), Ok(250_000));
        assert_eq!(nanos("0ms"), Ok(0));
        assert_eq!(nanos("600s"), Ok(600_000_000_000));
        assert_eq!(nanos("600.1s"), Err(QuantityError::TooLong));
        for bad in
            ["", "300", "ms", "-1s", "1.s", ".5s", "1,5s", "1 s", "1h", "99999999999999999999s", "1..2s"]
        {
            assert_eq!(nanos(bad), Err(QuantityError::Time), "{bad}");
        }
    }

    #[test]
    fn sizes_may_have_one() {
        assert_eq!(octets("1400"), Ok(1_400));
        assert_eq!(octets("1400b"), Ok(1_400));
        assert_eq!(octets("64KB"), Ok(64_000));
        assert_eq!(octets("1mb"), Ok(1_000_000));
        assert_eq!(octets("1.5MB"), Ok(1_500_000));
        assert_eq!(octets("1MiB"), Ok(1 << 20));
        assert_eq!(octets("4GiB"), Ok(4 << 30));
        for bad in ["", "MB", "-5", "1TB5", "18446744073709551616", "99999999999GB", "五"] {
            assert_eq!(octets(bad), Err(QuantityError::Size), "{bad}");
        }
    }

    #[test]
    fn percentages_reach_from_none_to_all() {
        assert_eq!(percent("5%"), Ok(Chance(50_000)));
        assert_eq!(percent("0.1%"), Ok(Chance(1_000)));
        assert_eq!(percent("0.0001%"), Ok(Chance(1)));
        assert_eq!(percent("0%"), Ok(Chance(0)));
        assert_eq!(percent("100%"), Ok(Chance::CERTAIN));
        assert_eq!(percent("100.0001%"), Err(QuantityError::TooOften));
        assert_eq!(percent("99999999999%"), Err(QuantityError::TooOften));
        for bad in ["", "%", "5", "5%%", "-1%", "x%"] {
            assert_eq!(percent(bad), Err(QuantityError::Percent), "{bad}");
        }
    }

    #[test]
    fn rates_are_in_bits() {
        assert_eq!(rate("10mbit"), Ok(10_000_000));
        assert_eq!(rate("10Mbit/s"), Ok(10_000_000));
        assert_eq!(rate("1.5gbit"), Ok(1_500_000_000));
        assert_eq!(rate("1kbit"), Ok(1_000));
        assert_eq!(rate("999bit"), Err(QuantityError::TooNarrow));
        for bad in ["", "10", "10MB", "10mb", "10mbps", "mbit", "-1mbit"] {
            assert_eq!(rate(bad), Err(QuantityError::Rate), "{bad}");
        }
    }
}
