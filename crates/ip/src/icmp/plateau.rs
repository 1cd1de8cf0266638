//! The MTUs that links have (RFC 1191 §7), for routers that do not say theirs.

/// RFC 1191 §7, table 7-1, from the largest down.
const PLATEAUS: [u16; 11] = [65_535, 32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68];

/// The largest usual MTU below `length`, the length of a packet that was too long (RFC 1191 §5).
pub fn plateau_below(length: u16) -> u16 {
    PLATEAUS.into_iter().find(|&plateau| plateau < length).unwrap_or(68)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC1191-5-a: from plateau to plateau, down to what IPv4 has to carry.
    #[test]
    fn each_plateau_leads_to_the_next() {
        let mut length = 1500;
        let steps: Vec<u16> = core::iter::from_fn(|| {
            let lower = plateau_below(length);
            (lower < core::mem::replace(&mut length, lower)).then_some(lower)
        })
        .collect();
        assert_eq!(steps, [1492, 1006, 508, 296, 68]);
        assert_eq!((plateau_below(65_535), plateau_below(0)), (32_000, 68));
    }

    use alloc::vec::Vec;
}
