//! Times and amounts as people read them, by integer arithmetic.

use std::time::Duration;

/// Milliseconds with up to six decimals: `1310`, `0.064`.
pub fn milliseconds(nanos: u64) -> String {
    let (whole, rest) = (nanos / 1_000_000, nanos % 1_000_000);
    if rest == 0 {
        return format!("{whole}.0");
    }
    let decimals = format!("{rest:06}");
    format!("{whole}.{}", decimals.trim_end_matches('0'))
}

/// Seconds in at most eight columns: with three decimals where those say everything, as in virtual time (`60.140`),
/// else with up to six (`0.000051`, `12.34567`).
pub fn seconds(span: Duration) -> String {
    let (whole, micros) = (span.as_secs(), span.subsec_micros());
    if micros.is_multiple_of(1_000) {
        return format!("{whole}.{:03}", micros / 1_000);
    }
    let mut text = format!("{whole}.{micros:06}");
    let least = text.len() - 3;
    text.truncate(8.max(least));
    text
}

/// Seconds beside a ladder, with so many decimals, three to six, but fewer where they would need more than `columns`.
pub fn clock(span: Duration, decimals: usize, columns: usize) -> String {
    let (whole, micros) = (span.as_secs(), span.subsec_micros());
    let mut text = format!("{whole}.{micros:06}");
    let point = text.len() - 6;
    text.truncate((point + decimals.clamp(3, 6)).min(columns.max(point + 3)));
    text
}

/// A timer's length, without a space: `200ms`, `1s`, `1.5s`, `2min`.
pub fn timer(span: Duration) -> String {
    let millis = rounded(span, 1_000_000);
    match millis {
        0..1_000 => format!("{millis}ms"),
        1_000..600_000 if millis.is_multiple_of(1_000) => format!("{}s", millis / 1_000),
        1_000..600_000 => format!("{}.{}s", millis / 1_000, millis % 1_000 / 100),
        _ => format!("{}min", millis / 60_000),
    }
}

/// A span in a sentence: `0.06 ms`, `20 ms`, `1.0 s`, `60 s`, `12 min`.
pub fn span(span: Duration) -> String {
    let micros = rounded(span, 1_000);
    match micros {
        0..995 => format!("0.{:02} ms", rounded(span, 10_000)),
        995..9_950 if !rounded(span, 100_000).is_multiple_of(10) => tenths(rounded(span, 100_000), "ms"),
        995..999_500 => format!("{} ms", rounded(span, 1_000_000)),
        999_500..9_950_000 => tenths(rounded(span, 100_000_000), "s"),
        9_950_000..600_000_000 => format!("{} s", rounded(span, 1_000_000_000)),
        _ => format!("{} min", rounded(span, 60_000_000_000)),
    }
}

/// How long something took, where hundredths of a second matter: `0.17 s`, `1.02 s`.
pub fn took(span: Duration) -> String {
    match rounded(span, 10_000_000) {
        0 => self::span(span),
        hundredths @ 1..1_000 => format!("{}.{:02} s", hundredths / 100, hundredths % 100),
        _ => self::span(span),
    }
}

/// Octets: `78 B`, `3.1 KB`, `312 KB`, `200 MB`; a KB is a thousand.
pub fn octets(count: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if count < 1_000 {
        return format!("{count} B");
    }
    let mut unit = 1_000;
    for name in UNITS {
        let tenths = (count + unit / 20) / (unit / 10);
        if tenths < 100 {
            return self::tenths(tenths, name);
        }
        if tenths < 9_995 {
            return format!("{} {name}", (count + unit / 2) / unit);
        }
        unit *= 1_000;
    }
    format!("{} PB", count / 1_000_000_000_000_000)
}

fn tenths(tenths: u64, unit: &str) -> String {
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

/// `span` in units of `unit` nanoseconds, rounded to the nearest.
fn rounded(span: Duration, unit: u64) -> u64 {
    let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
    nanos.saturating_add(unit / 2) / unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_are_exact_to_the_nanosecond() {
        assert_eq!(seconds(Duration::from_millis(60_140)), "60.140");
        assert_eq!(seconds(Duration::from_micros(51)), "0.000051");
        assert_eq!(seconds(Duration::from_micros(12_345_678)), "12.34567");
        assert_eq!(seconds(Duration::from_micros(123_456_789_012)), "123456.789");
        assert_eq!(clock(Duration::from_micros(51), 6, 8), "0.000051");
        assert_eq!(clock(Duration::ZERO, 6, 8), "0.000000");
        assert_eq!(clock(Duration::from_millis(60_140), 3, 8), "60.140");
        assert_eq!(clock(Duration::from_micros(12_345_678), 6, 8), "12.34567");
        assert_eq!(clock(Duration::from_micros(123_456_789_012), 6, 8), "123456.789");
        assert_eq!(milliseconds(1_310_000_000), "1310.0");
        assert_eq!(milliseconds(64_001), "0.064001");
        assert_eq!(milliseconds(u64::MAX), "18446744073709.551615");
    }

    #[test]
    fn spans_keep_the_digits_that_matter() {
        let of = |micros| span(Duration::from_micros(micros));
        assert_eq!(of(64), "0.06 ms");
        assert_eq!(of(994), "0.99 ms");
        assert_eq!(of(999), "1 ms");
        assert_eq!(of(1_500), "1.5 ms");
        assert_eq!(of(20_000), "20 ms");
        assert_eq!(of(999_900), "1.0 s");
        assert_eq!(of(9_960_000), "10 s");
        assert_eq!(of(600_000_000), "10 min");
    }

    #[test]
    fn timers_are_short() {
        assert_eq!(timer(Duration::from_millis(200)), "200ms");
        assert_eq!(timer(Duration::from_millis(1_000)), "1s");
        assert_eq!(timer(Duration::from_millis(1_500)), "1.5s");
        assert_eq!(timer(Duration::from_secs(7_200)), "120min");
    }

    #[test]
    fn octets_round_up_to_the_next_unit() {
        assert_eq!(octets(78), "78 B");
        assert_eq!(octets(999), "999 B");
        assert_eq!(octets(3_149), "3.1 KB");
        assert_eq!(octets(312_000), "312 KB");
        assert_eq!(octets(999_600), "1.0 MB");
        assert_eq!(octets(200_000_000), "200 MB");
    }
}
