//! What is known of a connection, for people and programs.

use alloc::string::String;
use core::fmt::{self, Write};
use core::time::Duration;

use cordial_tcp::{Instant, Timers};

use super::Info;

/// An [`Info`] at a moment. It prints as one line, in the manner of `ss -ti`: state and ends, words for what is in use,
/// then `name:value`. The names are those of `ss` where it has one; times are milliseconds, windows octets unless `ss`
/// counts segments (`cwnd`, `ssthresh`, `unacked`, `lost`, `sacked`, `delivered`, rounded up). Zeros are left out.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    info: &'a Info,
    now: Instant,
}

/// One thing that is known.
#[derive(Clone, Copy)]
enum Value {
    /// In use.
    Yes,
    Text(&'static str),
    Count(u64),
    Time(Duration),
    /// Two that belong together: the peer's and ours, the mean and its variation, the moment's and all.
    Counts(u64, u64),
    Times(Duration, Duration),
}

impl<'a> Shown<'a> {
    pub(super) fn new(info: &'a Info, now: Instant) -> Self {
        Self { info, now }
    }

    /// The same as one JSON object on one line, everything there is, in a fixed order.
    pub fn json(&self) -> String {
        let mut out = String::new();
        let Info { tuple, phase, cause, .. } = self.info;
        // A string takes everything.
        let _ = write!(out, r#"{{"local":"{}","peer":"{}","state":"{phase}""#, tuple.local, tuple.peer);
        if let Some(cause) = cause {
            let _ = write!(out, r#","cause":"{cause:?}""#);
        }
        self.each(&mut |name, value| {
            let _ = write!(out, r#","{name}":"#);
            let _ = value.json(&mut out);
        });
        out.push_str(r#","timers":{"#);
        let mut separator = "";
        self.timers(&mut |name, remaining| {
            let _ = write!(out, r#"{separator}"{name}":{}"#, Millis(remaining));
            separator = ",";
        });
        out.push_str("}}");
        out
    }

    /// Every timer that runs, and what is left of it.
    fn timers(&self, told: &mut dyn FnMut(&'static str, Duration)) {
        // Named one by one, so that a new one cannot be left out.
        let Timers { retransmit, persist, delayed_ack, keepalive, fin_wait_2, path_mtu, syn_ack, time_wait } =
            self.info.vars.timers;
        let all = [
            ("retransmit", retransmit),
            ("persist", persist),
            ("delayed_ack", delayed_ack),
            ("keepalive", keepalive),
            ("fin_wait_2", fin_wait_2),
            ("path_mtu", path_mtu),
            ("syn_ack", syn_ack),
            ("time_wait", time_wait),
        ];
        for (name, deadline) in all {
            if let Some(due) = deadline.instant(self.now) {
                told(name, due.since(self.now));
            }
        }
    }

    fn each(&self, told: &mut dyn FnMut(&'static str, Value)) {
        self.agreed(told);
        self.timing(told);
        self.sizes(told);
        self.counts(told);
        self.flight(told);
    }

    /// What both ends agreed on, and who decides how much may be in flight.
    fn agreed(&self, told: &mut dyn FnMut(&'static str, Value)) {
        let path = &self.info.path;
        for (name, is_used) in [("ts", path.timestamps), ("sack", path.sack)] {
            if is_used {
                told(name, Value::Yes);
            }
        }
        if !path.controller.is_empty() {
            told("cc", Value::Text(path.controller));
        }
        if let Some((theirs, ours)) = path.window_scale {
            told("wscale", Value::Counts(theirs.into(), ours.into()));
        }
    }

    fn timing(&self, told: &mut dyn FnMut(&'static str, Value)) {
        let Info { vars, path, statistics, .. } = self.info;
        told("rto", Value::Time(path.rto));
        told("backoff", Value::Count(vars.backoff.into()));
        if let Some((mean, variation)) = path.rtt {
            told("rtt", Value::Times(mean, variation));
        }
        if let Some(least) = statistics.and_then(|counts| counts.min_rtt) {
            told("minrtt", Value::Time(least));
        }
    }

    fn sizes(&self, told: &mut dyn FnMut(&'static str, Value)) {
        let Info { path, path_mtu, .. } = self.info;
        told("mss", Value::Count(path.mss.into()));
        told("pmtu", Value::Count((*path_mtu).into()));
        told("rcvmss", Value::Count(path.received_mss.into()));
        told("advmss", Value::Count(path.advertised_mss.into()));
        told("cwnd", Value::Count(self.segments(path.cwnd.into())));
        // Until a loss has set it, it stands for nothing.
        if path.ssthresh != u32::MAX {
            told("ssthresh", Value::Count(self.segments(path.ssthresh.into())));
        }
    }

    fn counts(&self, told: &mut dyn FnMut(&'static str, Value)) {
        let Some(counts) = &self.info.statistics else { return };
        told("bytes_sent", Value::Count(counts.bytes_sent));
        told("bytes_retrans", Value::Count(counts.bytes_retrans));
        told("bytes_acked", Value::Count(counts.bytes_acked));
        told("bytes_received", Value::Count(counts.bytes_received));
        told("segs_out", Value::Count(counts.segs_out));
        told("segs_in", Value::Count(counts.segs_in));
        told("data_segs_out", Value::Count(counts.data_segs_out));
        told("data_segs_in", Value::Count(counts.data_segs_in));
        let times = [
            ("lastsnd", counts.last_data_sent),
            ("lastrcv", counts.last_data_received),
            ("lastack", counts.last_ack_received),
        ];
        for (name, at) in times {
            if let Some(at) = at {
                told(name, Value::Time(self.now.since(at)));
            }
        }
        told("delivered", Value::Count(self.segments(counts.bytes_delivered)));
    }

    fn flight(&self, told: &mut dyn FnMut(&'static str, Value)) {
        let Info { vars, path, statistics, .. } = self.info;
        told("unacked", Value::Count(self.segments(path.unacknowledged.into())));
        let resent = self.segments(path.resent.into());
        match statistics {
            Some(counts) => told("retrans", Value::Counts(resent, counts.retrans_segs)),
            None => told("retrans", Value::Count(resent)),
        }
        told("lost", Value::Count(self.segments(path.lost.into())));
        told("sacked", Value::Count(self.segments(path.sacked.into())));
        told("rcv_space", Value::Count(path.receive_limit.into()));
        told("rcv_wnd", Value::Count(vars.rcv_wnd.into()));
        told("unread", Value::Count(vars.unread.into()));
        told("notsent", Value::Count(path.unsent.into()));
        told("snd_wnd", Value::Count(path.send_window.into()));
    }

    /// Octets in segments of ours, begun ones included.
    fn segments(&self, octets: u64) -> u64 {
        octets.div_ceil(u64::from(self.info.path.mss.max(1)))
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Info { tuple, phase, cause, .. } = self.info;
        write!(f, "{phase} {} {}", tuple.local, tuple.peer)?;
        if let Some(cause) = cause {
            write!(f, " ended:{cause:?}")?;
        }
        let mut result = Ok(());
        self.timers(&mut |name, remaining| {
            result = result.and_then(|()| write!(f, " timer:({name},{}ms)", Millis(remaining)));
        });
        self.each(&mut |name, value| {
            result = result.and_then(|()| if value.is_zero() { Ok(()) } else { value.show(f, name) });
        });
        result
    }
}

impl Value {
    fn is_zero(self) -> bool {
        match self {
            Self::Yes => false,
            Self::Text(text) => text.is_empty(),
            Self::Count(count) => count == 0,
            // That something was just now is no nothing.
            Self::Time(_) | Self::Times(..) => false,
            Self::Counts(a, b) => (a, b) == (0, 0),
        }
    }

    fn show(self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        match self {
            Self::Yes => write!(f, " {name}"),
            Self::Text(text) => write!(f, " {name}:{text}"),
            Self::Count(count) => write!(f, " {name}:{count}"),
            Self::Time(time) => write!(f, " {name}:{}", Millis(time)),
            Self::Counts(a, b) if name == "wscale" => write!(f, " {name}:{a},{b}"),
            Self::Counts(a, b) => write!(f, " {name}:{a}/{b}"),
            Self::Times(a, b) => write!(f, " {name}:{}/{}", Millis(a), Millis(b)),
        }
    }

    fn json(self, out: &mut String) -> fmt::Result {
        match self {
            Self::Yes => out.write_str("true"),
            Self::Text(text) => write!(out, r#""{text}""#),
            Self::Count(count) => write!(out, "{count}"),
            Self::Time(time) => write!(out, "{}", Millis(time)),
            Self::Counts(a, b) => write!(out, "[{a},{b}]"),
            Self::Times(a, b) => write!(out, "[{},{}]", Millis(a), Millis(b)),
        }
    }
}

/// Milliseconds, with as many decimals as say something.
struct Millis(Duration);

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_micros();
        match (micros / 1000, micros % 1000) {
            (whole, 0) => write!(f, "{whole}"),
            (whole, part) if part % 100 == 0 => write!(f, "{whole}.{}", part / 100),
            (whole, part) if part % 10 == 0 => write!(f, "{whole}.{:02}", part / 10),
            (whole, part) => write!(f, "{whole}.{part:03}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn milliseconds_have_the_decimals_they_need() {
        let shown = |micros| Millis(Duration::from_micros(micros)).to_string();
        let all = [0, 1, 10, 100, 1_000, 1_230, 200_000].map(shown);
        assert_eq!(all, ["0", "0.001", "0.01", "0.1", "1", "1.23", "200"]);
    }
}
