//! Short names that events hold for as long as the program runs.

use cordial_trace::event::{FAULT, RATE, readable};

/// Those that records of ours have: what befell segments, what happened to the network, calls and their errors.
#[rustfmt::skip]
const KNOWN: &[&str] = &[
    "user_drop", "user_delay", "user_duplicate", "user_swap", "user_hold", "user_rewrite",
    "loss", "duplication", "reordering", "corruption", "queue_full", "cut", "cable_out", "mtu", "no_route", "host_down",
    "nat_not_tcp", "nat_damaged", "nat_forgot",
    "crash", "reboot", "healed", "cable_pulled", "cable_plugged", "way_cut", "way_mended", "link_changed",
    "connect", "accept", "answer", "listen", "unlisten", "send", "recv", "shutdown", "close", "abort", "keepalive",
    "nodelay", "await_end", "pause",
    "EADDRINUSE", "EADDRNOTAVAIL", "ECONNABORTED", "ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "EINTR", "ENOBUFS",
    "ENOTCONN", "EPIPE", "ETIMEDOUT",
    FAULT, RATE,
];

/// Names of somebody's own that one record may bring: a run has a handful of faults, each named as it was typed.
const MOST: usize = 32;
/// Octets of the longest.
const LONGEST: usize = 128;

/// The names that a record brought.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// Never given back: an event may outlive its record. `MOST` times `LONGEST` octets for a record, 4 KiB.
    own: Vec<&'static str>,
}

impl Names {
    /// The name; an empty one if it is too long or one too many.
    pub(super) fn of(&mut self, text: &str) -> &'static str {
        if let Some(known) = KNOWN.iter().chain(&self.own).find(|known| **known == text) {
            return known;
        }
        if text.len() > LONGEST || self.own.len() >= MOST {
            return "";
        }
        let own = String::leak(readable(text));
        self.own.push(own);
        own
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_once_and_their_number_is_bounded() {
        let mut names = Names::default();
        assert_eq!(names.of("user_drop"), "user_drop");
        assert_eq!(names.own.len(), 0);
        let first = names.of("drop 1st syn");
        assert!(std::ptr::eq(first, names.of("drop 1st syn")));
        for i in 0..100 {
            let name = names.of(&format!("delay fin {i}ms"));
            assert_eq!(!name.is_empty(), i < MOST - 1, "{i}");
        }
        assert_eq!(names.of(&"x".repeat(LONGEST + 1)), "");
        assert_eq!(names.own.len(), MOST);
    }
}
