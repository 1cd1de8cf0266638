//! What is counted.

/// One count, and what it is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counter {
    /// The field of [`Counters`].
    pub field: &'static str,
    /// Its name among the SNMP MIBs' objects and Linux's `TcpExt`, group first, as `nstat` prints it; none where
    /// neither counts this.
    pub mib: Option<&'static str>,
    /// What is counted, in a sentence.
    pub help: &'static str,
    /// How many.
    pub value: u64,
}

impl Counter {
    /// What those who know other stacks call it; else our own name.
    pub fn name(&self) -> &'static str {
        self.mib.unwrap_or(self.field)
    }
}

macro_rules! counters {
    ($(#[doc = $help:literal] $(#[doc = $more:literal])* $name:ident $(= $mib:literal)?),* $(,)?) => {
        /// Counts since the stack began. Names follow the MIBs (RFC 4022, RFC 4293, RFC 4113) and Linux's TcpExt where
        /// those have one.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
        pub struct Counters { $(#[doc = $help] $(#[doc = $more])* pub $name: u64),* }

        impl Counters {
            /// Every count with its name, in a fixed order.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
                self.all().map(|counter| (counter.field, counter.value))
            }

            /// Every count with all that is known of it, in a fixed order.
            pub fn all(&self) -> impl Iterator<Item = Counter> {
                [$(Counter {
                    field: stringify!($name),
                    mib: None$(.or(Some($mib)))?,
                    help: $help.trim_ascii(),
                    value: self.$name,
                }),*].into_iter()
            }
        }
    };
}

counters! {
    /// IP packets that came in.
    ip_in_receives = "IpInReceives",
    /// Packets whose header could not be read, or whose header checksum was wrong.
    ip_in_hdr_errors = "IpInHdrErrors",
    /// Packets to an address that is not ours, or from one that nobody has.
    ip_in_addr_errors = "IpInAddrErrors",
    /// Packets of a protocol nobody here speaks.
    ip_in_unknown_protos = "IpInUnknownProtos",
    /// Fragments that came in.
    ip_reasm_reqds = "IpReasmReqds",
    /// Packets put together from fragments.
    ip_reasm_oks = "IpReasmOKs",
    /// Fragments, and packets in pieces, that were given up: impossible, contradictory, too slow, too many.
    ip_reasm_fails = "IpReasmFails",
    /// IP packets handed to links.
    ip_out_requests = "IpOutRequests",
    /// Packets that were sent in pieces.
    ip_frag_oks = "IpFragOKs",
    /// The pieces.
    ip_frag_creates = "IpFragCreates",
    /// Connections opened by `connect`.
    tcp_active_opens = "TcpActiveOpens",
    /// SYNs that became connections: half-open ones, or by their cookie open at once.
    tcp_passive_opens = "TcpPassiveOpens",
    /// Opens that failed, active or passive: what ended in SYN-SENT or SYN-RECEIVED, for whatever reason.
    tcp_attempt_fails = "TcpAttemptFails",
    /// Connections that ended in ESTABLISHED or CLOSE-WAIT: reset by either end, or given up.
    tcp_estab_resets = "TcpEstabResets",
    /// Connections reset when they were let go of, because too many were closing already.
    tcp_abort_on_memory = "TcpExtTCPAbortOnMemory",
    /// Connections that reached R1: sent again and again without an answer, once for each silence.
    tcp_negative_advice,
    /// TCP segments that came in.
    tcp_in_segs = "TcpInSegs",
    /// TCP segments handed to links, without those that were sent before.
    tcp_out_segs = "TcpOutSegs",
    /// Segments with octets, SYN or FIN sent before.
    tcp_retrans_segs = "TcpRetransSegs",
    /// SYNs that offer a window shift above 14, which counts as 14 (RFC 7323 §2.3).
    tcp_excess_shifts,
    /// Segments with an option whose length cannot be; what stands before it counts (RFC 9293 MUST-7).
    tcp_malformed_options,
    /// Segments with a bad checksum or no whole header.
    tcp_in_errs = "TcpInErrs",
    /// Of those, the ones with a bad checksum.
    tcp_in_csum_errors = "TcpInCsumErrors",
    /// Segments sent with RST.
    tcp_out_rsts = "TcpOutRsts",
    /// Segments refused by the connection they belong to.
    tcp_refused,
    /// Connections taken off the accept queue.
    tcp_accepts,
    /// ACKs dropped because the accept queue was full.
    listen_overflows = "TcpExtListenOverflows",
    /// SYNs and ACKs that a listener dropped: SYN cache, undecided or accept queue full, no memory.
    listen_drops = "TcpExtListenDrops",
    /// Half-open connections that gave way to newer ones in a full SYN cache.
    syn_cache_evicted,
    /// SYN-ACKs sent as cookies.
    syncookies_sent = "TcpExtSyncookiesSent",
    /// ACKs that brought a valid cookie back.
    syncookies_recv = "TcpExtSyncookiesRecv",
    /// ACKs that looked like a cookie's and were not.
    syncookies_failed = "TcpExtSyncookiesFailed",
    /// Connections whose server took the octets on our SYN.
    fast_open_active = "TcpExtTCPFastOpenActive",
    /// Opens whose server gave no cookie, or did not take the octets on our SYN.
    fast_open_active_fail = "TcpExtTCPFastOpenActiveFail",
    /// Connections opened by a cookie, their octets taken from the SYN.
    fast_open_passive = "TcpExtTCPFastOpenPassive",
    /// SYNs with a cookie that is none of ours, or too old.
    fast_open_passive_fail = "TcpExtTCPFastOpenPassiveFail",
    /// SYNs that asked for a cookie and were given one.
    fast_open_cookie_reqd = "TcpExtTCPFastOpenCookieReqd",
    /// SYNs with a good cookie that came while as many callers were trusted as may be.
    fast_open_listen_overflow = "TcpExtTCPFastOpenListenOverflow",
    /// SYNs put before their listener's owner.
    syns_undecided,
    /// Undecided SYNs whose sender gave up.
    syns_withdrawn,
    /// Connections that entered TIME-WAIT.
    time_waits = "TcpExtTW",
    /// TIME-WAIT connections that gave way to a newer SYN.
    time_waits_reopened,
    /// TIME-WAIT connections that gave way to a call of ours.
    tw_recycled = "TcpExtTWRecycled",
    /// TIME-WAIT connections dropped for want of room.
    tw_overflow = "TcpExtTCPTimeWaitOverflow",
    /// SYNs dropped because the SYN cache was full and cookies are off.
    tcp_req_q_full_drop = "TcpExtTCPReqQFullDrop",
    /// Half-open connections that their peer reset, by RST or another SYN.
    embryonic_rsts = "TcpExtEmbryonicRsts",
    /// Retransmission timeouts, of a SYN too.
    tcp_timeouts = "TcpExtTCPTimeouts",
    /// SYNs and SYN-ACKs sent again.
    tcp_syn_retrans = "TcpExtTCPSynRetrans",
    /// Recoveries that selective acknowledgments began.
    tcp_sack_recovery = "TcpExtTCPSackRecovery",
    /// Recoveries that duplicate acknowledgments began.
    tcp_reno_recovery = "TcpExtTCPRenoRecovery",
    /// Segments sent again in fast recovery.
    tcp_fast_retrans = "TcpExtTCPFastRetrans",
    /// Segments sent again after a timeout.
    tcp_slow_start_retrans = "TcpExtTCPSlowStartRetrans",
    /// Receivers that threw away what they had told of selectively.
    tcp_sack_reneging = "TcpExtTCPSACKReneging",
    /// ACKs that were held back until their timer came.
    delayed_acks = "TcpExtDelayedACKs",
    /// Keepalive probes.
    tcp_keep_alive = "TcpExtTCPKeepAlive",
    /// Probes of a closed window.
    tcp_win_probe = "TcpExtTCPWinProbe",
    /// Windows that were told to be closed.
    tcp_to_zero_window_adv = "TcpExtTCPToZeroWindowAdv",
    /// Windows that were told to be open again.
    tcp_from_zero_window_adv = "TcpExtTCPFromZeroWindowAdv",
    /// Challenge ACKs sent (RFC 5961): answers to probes are none.
    tcp_challenge_ack = "TcpExtTCPChallengeACK",
    /// SYNs within a connection, which a challenge ACK answers.
    tcp_syn_challenge = "TcpExtTCPSYNChallenge",
    /// Segments refused for a timestamp older than one seen before.
    paws_estab = "TcpExtPAWSEstab",
    /// Segments kept that arrived ahead of a hole.
    tcp_ofo_queue = "TcpExtTCPOFOQueue",
    /// Segments dropped because there were too many holes.
    tcp_ofo_drop = "TcpExtTCPOFODrop",
    /// Segments dropped because there was no memory for their octets.
    tcp_rcv_q_drop = "TcpExtTCPRcvQDrop",
    /// ACKs that told of octets received twice, below what was acknowledged.
    tcp_dsack_recv = "TcpExtTCPDSACKRecv",
    /// ACKs that told of octets received twice, beyond a hole.
    tcp_dsack_ofo_recv = "TcpExtTCPDSACKOfoRecv",
    /// ACKs sent that tell of octets received twice, below what is acknowledged.
    tcp_dsack_old_sent = "TcpExtTCPDSACKOldSent",
    /// ACKs sent that tell of octets received twice, beyond a hole.
    tcp_dsack_ofo_sent = "TcpExtTCPDSACKOfoSent",
    /// Connections reset because octets came, or were to be sent, after their owner had let go.
    tcp_abort_on_data = "TcpExtTCPAbortOnData",
    /// Connections reset because their owner let go with octets unread.
    tcp_abort_on_close = "TcpExtTCPAbortOnClose",
    /// Connections given up for want of an answer.
    tcp_abort_on_timeout = "TcpExtTCPAbortOnTimeout",
    /// Answers dropped because their queue was full.
    replies_dropped,
    /// Resets and ICMP messages not sent because too many were.
    refusals_limited,
    /// ICMP messages that came in.
    icmp_in_msgs = "IcmpInMsgs",
    /// ICMP messages that could not be read, or quote nothing of ours.
    icmp_in_errors = "IcmpInErrors",
    /// ICMP errors that were not believed: about nothing in flight, or contradicted by what is known.
    icmp_refused = "TcpExtOutOfWindowIcmps",
    /// Connections whose segments got smaller because a router said so.
    path_mtu_updates,
    /// ICMP messages sent.
    icmp_out_msgs = "IcmpOutMsgs",
    /// Datagrams handed to sockets.
    udp_in_datagrams = "UdpInDatagrams",
    /// Datagrams to a port nobody has.
    udp_no_ports = "UdpNoPorts",
    /// Datagrams with a bad checksum or length, and those dropped because a socket's queue was full.
    udp_in_errors = "UdpInErrors",
    /// Of those, the ones dropped because a socket's queue was full.
    udp_rcvbuf_errors = "UdpRcvbufErrors",
    /// Datagrams sent.
    udp_out_datagrams = "UdpOutDatagrams",
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_count_has_a_name_of_its_own_and_says_what_it_counts() {
        let counters = Counters { tcp_active_opens: 7, ..Counters::default() };
        let mut names = BTreeSet::new();
        for counter in counters.all() {
            assert!(names.insert(counter.name()), "{} twice", counter.name());
            assert!(counter.help.chars().next().is_some_and(char::is_uppercase), "{counter:?}");
            let groups = ["Ip", "Icmp", "Tcp", "TcpExt", "Udp"];
            assert!(counter.mib.is_none_or(|mib| groups.iter().any(|group| mib.starts_with(group))));
        }
        let known = counters.all().find(|counter| counter.name() == "TcpActiveOpens");
        assert_eq!(known.map(|counter| (counter.field, counter.value)), Some(("tcp_active_opens", 7)));
        assert_eq!(counters.iter().filter(|&(_, count)| count > 0).count(), 1);
    }
}
