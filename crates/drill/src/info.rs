//! TCP_INFO: what a connection's variables are called by those who ask a kernel.

use std::collections::BTreeMap;

use cordial_stack::{Phase, Vars};

use crate::run::Run;
use crate::socket::Kind;

/// Fields and their values.
pub(crate) type Fields = BTreeMap<&'static str, i64>;

impl Run {
    /// TCP_INFO of the socket under test.
    pub(crate) fn info_under_test(&mut self) -> Fields {
        self.under_test.map(|fd| self.info_of(fd)).unwrap_or_default()
    }

    /// TCP_INFO of a socket; what this stack does not keep is not among the fields.
    pub(crate) fn info_of(&mut self, fd: i64) -> Fields {
        let mut fields = Fields::new();
        let Some(kind) = self.sockets.get(&fd).map(|socket| socket.kind) else { return fields };
        match kind {
            Kind::Fresh => drop(fields.insert("tcpi_state", state(Phase::Closed))),
            Kind::Listener(listener) => {
                fields.insert("tcpi_state", state(Phase::Listen));
                let queued = self.host().stack.queued(listener);
                fields.insert("tcpi_unacked", queued as i64);
            }
            Kind::Connection(id) => {
                let Some(info) = self.host().stack.info(id) else { return fields };
                fill(&mut fields, &info.vars);
                fields.insert("tcpi_state", state(info.phase));
                let flow = self.flow_of(info.tuple.local, info.tuple.peer);
                fields.insert("tcpi_options", flow.map_or(0, |flow| flow.agreed_options()));
                let (unacked, again, total) = self.host().flight(info.tuple, info.vars.snd_una).counts();
                fields.insert("tcpi_unacked", unacked as i64);
                fields.insert("tcpi_retrans", again as i64);
                fields.insert("tcpi_total_retrans", total as i64);
            }
        }
        fields
    }
}

fn fill(fields: &mut Fields, vars: &Vars) {
    let micros = |span: std::time::Duration| span.as_micros() as i64;
    let mss = u32::from(vars.snd_mss).max(1);
    let outstanding = vars.snd_nxt.since(vars.snd_una);
    let in_segments =
        |octets: u32| if octets == u32::MAX { i64::from(i32::MAX) } else { i64::from(octets / mss) };
    fields.insert("tcpi_snd_mss", mss.into());
    fields.insert("tcpi_snd_cwnd", in_segments(vars.cwnd));
    fields.insert("tcpi_snd_ssthresh", in_segments(vars.ssthresh));
    fields.insert("tcpi_snd_wnd", vars.snd_wnd.into());
    fields.insert("tcpi_rcv_space", vars.rcv_wnd.into());
    fields.insert("tcpi_rcv_wnd", vars.rcv_wnd.into());
    fields.insert("tcpi_backoff", vars.backoff.into());
    fields.insert("tcpi_retransmits", vars.backoff.into());
    fields.insert("tcpi_rto", micros(vars.rto));
    fields.insert("tcpi_rtt", vars.srtt.map_or(0, micros));
    fields.insert("tcpi_rttvar", vars.rttvar.map_or(0, micros));
    fields.insert("tcpi_notsent_bytes", vars.queued.saturating_sub(outstanding).into());
    // Nothing that is sent here can be marked on its way.
    fields.insert("tcpi_delivered_ce", 0);
    // The SYN is a position, and no octet.
    let acked = vars.snd_una.since(vars.iss).saturating_sub(1);
    fields.insert("tcpi_bytes_acked", acked.into());
    if let Some(irs) = vars.irs {
        fields.insert("tcpi_bytes_received", vars.rcv_nxt.since(irs).saturating_sub(1).into());
    }
}

/// A state's number, as Linux has them.
pub(crate) const fn state(phase: Phase) -> i64 {
    match phase {
        Phase::Established => 1,
        Phase::SynSent => 2,
        Phase::SynReceived => 3,
        Phase::FinWait1 => 4,
        Phase::FinWait2 => 5,
        Phase::TimeWait => 6,
        Phase::Closed => 7,
        Phase::CloseWait => 8,
        Phase::LastAck => 9,
        Phase::Listen => 10,
        Phase::Closing => 11,
    }
}

/// What a name in an assertion stands for, by either system's names.
pub(crate) fn constant(name: &str) -> Option<i64> {
    let phase = match name {
        "TCP_ESTABLISHED" | "TCPS_ESTABLISHED" => Phase::Established,
        "TCP_SYN_SENT" | "TCPS_SYN_SENT" => Phase::SynSent,
        "TCP_SYN_RECV" | "TCPS_SYN_RECEIVED" => Phase::SynReceived,
        "TCP_FIN_WAIT1" | "TCPS_FIN_WAIT_1" => Phase::FinWait1,
        "TCP_FIN_WAIT2" | "TCPS_FIN_WAIT_2" => Phase::FinWait2,
        "TCP_TIME_WAIT" | "TCPS_TIME_WAIT" => Phase::TimeWait,
        "TCP_CLOSE" | "TCPS_CLOSED" => Phase::Closed,
        "TCP_CLOSE_WAIT" | "TCPS_CLOSE_WAIT" => Phase::CloseWait,
        "TCP_LAST_ACK" | "TCPS_LAST_ACK" => Phase::LastAck,
        "TCP_LISTEN" | "TCPS_LISTEN" => Phase::Listen,
        "TCP_CLOSING" | "TCPS_CLOSING" => Phase::Closing,
        "TCPI_OPT_TIMESTAMPS" => return Some(TIMESTAMPS),
        "TCPI_OPT_SACK" => return Some(SACK),
        "TCPI_OPT_WSCALE" => return Some(WINDOW_SCALE),
        "TCPI_OPT_ECN" => return Some(8),
        "TCPI_OPT_ECN_SEEN" => return Some(16),
        "TCPI_OPT_SYN_DATA" => return Some(32),
        _ => return None,
    };
    Some(state(phase))
}

/// Bits of `tcpi_options`.
pub(crate) const TIMESTAMPS: i64 = 1;
pub(crate) const SACK: i64 = 2;
pub(crate) const WINDOW_SCALE: i64 = 4;
