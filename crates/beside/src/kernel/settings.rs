//! How the kernel is set, so that answers can be compared: everything else is as the kernel has it by default.

/// A setting of `net.ipv4` in the namespace, its value, and why.
pub const SETTINGS: &[(&str, &str, &str)] = &[
    ("tcp_invalid_ratelimit", "0", "every segment outside the window is answered; by default one in 500 ms"),
    ("tcp_challenge_ack_limit", "2147483647", "challenge ACKs are not counted for the whole host"),
    ("tcp_ecn", "0", "no explicit congestion notification"),
    ("tcp_fastopen", "0", "no data in SYNs"),
    ("tcp_syncookies", "0", "no cookies"),
    ("tcp_congestion_control", "reno", "what the RFCs describe"),
    ("tcp_early_retrans", "0", "no probes of tails: they come by timer"),
    ("tcp_recovery", "0", "losses are told by three duplicate ACKs, not by time"),
    ("tcp_comp_sack_nr", "0", "selective acknowledgments are not collected for a while"),
    ("tcp_autocorking", "0", "small writes do not wait for the device"),
    ("tcp_moderate_rcvbuf", "0", "the receive buffer stays as it is"),
    ("tcp_no_metrics_save", "1", "a connection learns nothing from another"),
    ("ip_no_pmtu_disc", "1", "no path MTU discovery"),
];

/// What the route to us says: acknowledgments are not held back, and nothing is sent again within a sequence.
pub const ROUTE: &str = "quickack 1 rto_min 20s";
