//! What is counted.

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// Counts since the stack began. Names follow the MIBs (RFC 4022, RFC 4293, RFC 4113) and Linux's TcpExt where
        /// those have one.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
        pub struct Counters { $($(#[$doc])* pub $name: u64),* }

        impl Counters {
            /// Every count with its name, in a fixed order.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($name), self.$name)),*].into_iter()
            }
        }
    };
}

counters! {
    /// IP packets that came in.
    ip_in_receives,
    /// Packets whose header could not be read, or whose header checksum was wrong.
    ip_in_hdr_errors,
    /// Packets to an address that is not ours, or from one that nobody has.
    ip_in_addr_errors,
    /// Packets of a protocol nobody here speaks.
    ip_in_unknown_protos,
    /// Fragments that came in.
    ip_reasm_reqds,
    /// Packets put together from fragments.
    ip_reasm_oks,
    /// Fragments, and packets in pieces, that were given up: impossible, contradictory, too slow, too many.
    ip_reasm_fails,
    /// IP packets handed to links.
    ip_out_requests,
    /// Packets that were sent in pieces.
    ip_frag_oks,
    /// The pieces.
    ip_frag_creates,
    /// Connections opened by `connect`.
    tcp_active_opens,
    /// SYNs that became half-open connections.
    tcp_passive_opens,
    /// Opens that failed: refused, unanswered, given up.
    tcp_attempt_fails,
    /// Established connections that ended by reset.
    tcp_estab_resets,
    /// TCP segments that came in.
    tcp_in_segs,
    /// TCP segments handed to links.
    tcp_out_segs,
    /// Of those, segments with octets, SYN or FIN sent before.
    tcp_retrans_segs,
    /// Segments with a bad checksum or no whole header.
    tcp_in_errs,
    /// Segments sent with RST.
    tcp_out_rsts,
    /// Segments refused by the connection they belong to.
    tcp_refused,
    /// Connections taken off the accept queue.
    tcp_accepts,
    /// ACKs dropped because the accept queue was full.
    listen_overflows,
    /// SYNs dropped: SYN cache or undecided queue full, no memory.
    listen_drops,
    /// SYN-ACKs sent as cookies.
    syncookies_sent,
    /// ACKs that brought a valid cookie back.
    syncookies_recv,
    /// ACKs that looked like a cookie's and were not.
    syncookies_failed,
    /// SYNs put before their listener's owner.
    syns_undecided,
    /// Undecided SYNs whose sender gave up.
    syns_withdrawn,
    /// Connections that entered TIME-WAIT.
    time_waits,
    /// TIME-WAIT connections that gave way to a newer SYN.
    tw_recycled,
    /// TIME-WAIT connections dropped for want of room.
    tw_overflow,
    /// Answers dropped because their queue was full.
    replies_dropped,
    /// Resets and ICMP messages not sent because too many were.
    refusals_limited,
    /// ICMP messages that came in.
    icmp_in_msgs,
    /// ICMP messages that could not be read, or quote nothing of ours.
    icmp_in_errors,
    /// ICMP messages sent.
    icmp_out_msgs,
    /// Datagrams handed to sockets.
    udp_in_datagrams,
    /// Datagrams to a port nobody has.
    udp_no_ports,
    /// Datagrams with a bad checksum or length.
    udp_in_errors,
    /// Datagrams dropped because a socket's queue was full.
    udp_rcvbuf_errors,
    /// Datagrams sent.
    udp_out_datagrams,
}
