//! Knobs without effect: some of their values ask for what this stack does anyhow, the others for what it cannot.

/// The values that ask for nothing.
enum Values {
    /// These.
    These(&'static [&'static str]),
    /// Numbers from one to another.
    Within(u64, u64),
    /// Whatever they are: the knob by itself changes nothing that a script could see.
    All,
}

use Values::{All, These, Within};

const OFF: Values = These(&["0"]);
const ON: Values = These(&["1"]);
const EITHER: Values = These(&["0", "1"]);

/// One knob to a row, named without `net.ipv4.` and its like.
#[rustfmt::skip]
const KNOBS: &[(&str, Values)] = &[
    // Passive ECN answers who asks for it, and a script that asks is skipped where it does.
    ("tcp_ecn", These(&["0", "2"])),
    ("tcp.ecn.enable", These(&["0", "2"])),
    ("tcp_ecn_fallback", EITHER),
    // RFC 5961, always.
    ("tcp.insecure_rst", OFF),
    ("tcp.insecure_syn", OFF),
    ("tcp.insecure_ack", OFF),
    // Ten challenges at once and ten a second, for each connection: whoever asks for fewer gets too many. Who counts on
    // more finds one missing.
    ("tcp_challenge_ack_limit", Within(10, u64::MAX)),
    // Octets that come again are answered every time.
    ("tcp_invalid_ratelimit", OFF),
    ("tcp_abort_on_overflow", OFF),
    // NewReno with ten segments at first, a window that is tested anew after a pause, and three duplicates for a loss.
    ("tcp_congestion_control", These(&["reno"])),
    ("tcp.cc.algorithm", These(&["newreno"])),
    ("tcp.functions_default", These(&["freebsd"])),
    ("tcp.initcwnd_segments", These(&["10"])),
    ("tcp_slow_start_after_idle", ON),
    ("tcp_reordering", These(&["3"])),
    ("tcp_dsack", ON),
    ("tcp_fack", OFF),
    // Neither probes for a lost tail, nor loss by time, nor a timeout taken back; nothing more on the first duplicates.
    ("tcp_early_retrans", OFF),
    ("tcp_recovery", OFF),
    ("tcp_frto", OFF),
    ("tcp.rfc3042", OFF),
    ("tcp_thin_linear_timeouts", OFF),
    ("tcp_thin_dupack", OFF),
    ("tcp.do_prr", OFF),
    ("tcp.do_lrd", OFF),
    // Octets are counted, two segments an ACK in slow start (RFC 3465); duplicate ACKs are not saved up.
    ("tcp.rfc3465", ON),
    ("tcp.abc_l_var", These(&["2"])),
    ("tcp_comp_sack_nr", OFF),
    ("tcp_comp_sack_delay_ns", OFF),
    // Windows are never taken back, and receive buffers grow where their bound is beyond their beginning.
    ("tcp_shrink_window", OFF),
    ("tcp_moderate_rcvbuf", ON),
    ("tcp.recvbuf_auto", OFF),
    ("tcp.sendbuf_auto", OFF),
    // No setting of a buffer is ever cut down.
    ("net.core.rmem_max", Within(4 << 20, u64::MAX)),
    ("net.core.wmem_max", Within(4 << 20, u64::MAX)),
    ("kern.ipc.maxsockbuf", Within(2 << 20, u64::MAX)),
    // Nothing is kept from one connection to the next.
    ("tcp.hostcache.purgenow", ON),
    ("tcp.hostcache.purge", All),
    ("tcp.hostcache.enable", OFF),
    ("tcp_no_metrics_save", ON),
    ("route.flush", ON),
    // Nothing is paced, nothing waits for what was sent to leave the machine, and small writes wait for Nagle alone.
    ("tcp_pacing_ss_ratio", These(&["200"])),
    ("tcp_pacing_ca_ratio", These(&["120"])),
    ("tcp_limit_output_bytes", All),
    ("tcp_autocorking", OFF),
    // No segment is larger than the wire's; data that is expected in one piece is collected from several.
    ("tcp_min_tso_segs", All),
    ("tcp_tso_win_divisor", All),
    ("tcp.tso", EITHER),
    ("tcp_probe_interval", All),
    ("tcp_probe_threshold", All),
    // It allows what a socket or a SYN asks for, and one that asks is skipped there. From 0x400 on nobody has to ask.
    ("tcp_fastopen", Within(0, 0x3ff)),
    ("tcp_fastopen_key", All),
    ("tcp.fastopen.server_enable", OFF),
    ("tcp.fastopen.client_enable", EITHER),
    // A port is answered whether or not anybody listens, and nobody keeps a diary.
    ("tcp.blackhole", OFF),
    ("tcp.log_in_vain", All),
    ("tcp.always_keepalive", OFF),
    ("tcp.syncookies_only", OFF),
    ("tcp.drop_synfin", OFF),
    ("tcp.icmp_may_rst", ON),
    ("tcp_migrate_req", OFF),
    ("tcp_l3mdev_accept", OFF),
    ("tcp_fwmark_accept", OFF),
    ("tcp_reflect_tos", OFF),
    ("net.core.somaxconn", Within(4096, u64::MAX)),
    // Nobody can see what timestamps begin with: a script's are mapped to the wire's. Time is the script's own.
    ("tcp.ts_offset_per_conn", EITHER),
    ("kern.timecounter.alloweddeviation", All),
];

/// Whether `value` asks of the knob for what is so anyhow; none if the knob is not known.
pub(super) fn asks(short: &str, value: &str) -> Option<bool> {
    let (_, values) = KNOBS.iter().find(|(name, _)| *name == short)?;
    Some(match values {
        These(these) => these.contains(&value),
        Within(least, most) => number(value).is_some_and(|number| (*least..=*most).contains(&number)),
        All => true,
    })
}

fn number(value: &str) -> Option<u64> {
    match value.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => value.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_knob_has_a_row_of_its_own() {
        for (at, (name, _)) in KNOBS.iter().enumerate() {
            assert!(KNOBS.iter().skip(at + 1).all(|(other, _)| other != name), "{name}");
        }
    }

    /// One before, at, and one after each edge.
    #[test]
    fn the_value_decides() {
        for (name, value, expected) in [
            ("tcp_challenge_ack_limit", "9", Some(false)),
            ("tcp_challenge_ack_limit", "10", Some(true)),
            ("tcp_challenge_ack_limit", "2147483647", Some(true)),
            ("tcp_challenge_ack_limit", "many", Some(false)),
            ("tcp_fastopen", "0x3", Some(true)),
            ("tcp_fastopen", "1023", Some(true)),
            ("tcp_fastopen", "1024", Some(false)),
            ("tcp_recovery", "0", Some(true)),
            ("tcp_recovery", "1", Some(false)),
            ("tcp_no_metrics_save", "0", Some(false)),
            ("tcp_ecn", "1", Some(false)),
            ("tcp_ecn", "2", Some(true)),
            ("tcp_no_such", "0", None),
        ] {
            assert_eq!(asks(name, value), expected, "{name}={value}");
        }
    }
}
