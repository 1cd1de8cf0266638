//! Knobs of kernels: those that have a meaning here become configuration.

use std::time::Duration;

use crate::settings::Settings;
use crate::{Said, words};

/// What became of a knob.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Turned {
    /// It changes what connections start from.
    Connections,
    /// It changes the host, which has to be made after it.
    Host,
    /// What it asks for is how this stack is anyhow, or concerns what a single host without neighbours has not.
    Nothing,
    /// It is not known here.
    Unknown,
}

/// Turns the knob `name` to `value`.
///
/// # Errors
///
/// What the knob asks for and this stack cannot be.
pub(crate) fn turn(settings: &mut Settings, name: &str, value: &str) -> Result<Turned, Said> {
    let knob = Knob { name, value };
    let short = ["net.ipv4.", "net.ipv6.", "net.inet."].iter().find_map(|prefix| name.strip_prefix(prefix));
    let tcp = &mut settings.tcp;
    match short.unwrap_or(name) {
        "tcp_timestamps" => tcp.timestamps = knob.flag()?,
        "tcp_window_scaling" => tcp.window_scaling = knob.flag()?,
        "tcp_sack" | "tcp.sack.enable" => tcp.sack = knob.flag()?,
        "tcp.rfc1323" => {
            // 1: both, 2: scaling alone, 3: timestamps alone.
            let which = knob.number()?;
            tcp.window_scaling = matches!(which, 1 | 2);
            tcp.timestamps = matches!(which, 1 | 3);
        }
        "tcp_rmem" => {
            let [_, first, most] = knob.three()?;
            (tcp.receive_buffer, tcp.receive_buffer_max) = (first, most.max(first));
        }
        "tcp.recvspace" => {
            tcp.receive_buffer = knob.number()?;
            tcp.receive_buffer_max = tcp.receive_buffer;
        }
        "tcp_wmem" => tcp.send_buffer = knob.three()?[1],
        "tcp.sendspace" => tcp.send_buffer = knob.number()?,
        "tcp_syn_retries" => tcp.syn_retries = knob.count()?,
        "tcp_synack_retries" => tcp.syn_ack_retries = knob.count()?,
        "tcp_orphan_retries" => tcp.orphan_retries = knob.count()?,
        "tcp_fin_timeout" => tcp.orphan_fin_wait_2 = knob.seconds()?,
        "tcp.finwait2_timeout" => tcp.orphan_fin_wait_2 = knob.millis()?,
        "tcp.msl" => {
            tcp.msl = knob.millis()?;
            return Ok(Turned::Host);
        }
        "tcp_rfc1337" => {
            tcp.ignore_rst_in_time_wait = knob.flag()?;
            return Ok(Turned::Host);
        }
        "tcp_keepalive_time" => settings.keepalive.idle = knob.seconds()?,
        "tcp_keepalive_intvl" => settings.keepalive.interval = knob.seconds()?,
        "tcp_keepalive_probes" | "tcp.keepcnt" => settings.keepalive.probes = knob.count()?,
        "tcp.keepidle" => settings.keepalive.idle = knob.millis()?,
        "tcp.keepintvl" => settings.keepalive.interval = knob.millis()?,
        "tcp.delayed_ack" if knob.flag()? => {}
        "tcp.delayed_ack" => tcp.delayed_ack = Duration::ZERO,
        "tcp.delacktime" => tcp.delayed_ack = knob.millis()?,
        "tcp.rexmit_initial" => tcp.rto.initial = knob.millis()?,
        "tcp.rexmit_min" => tcp.rto.min = knob.millis()?,
        "tcp_rto_min_us" => tcp.rto.min = Duration::from_micros(knob.number()?.into()),
        "tcp_max_syn_backlog" => {
            settings.syn_cache = Some(knob.number()?);
            return Ok(Turned::Host);
        }
        "tcp_syncookies" | "tcp.syncookies" => {
            settings.syn_cookies = knob.flag()?;
            return Ok(Turned::Host);
        }
        // Passive ECN answers who asks for it, and a script that asks is skipped where it does.
        "tcp_ecn" | "tcp.ecn.enable" => return knob.same(matches!(knob.number()?, 0 | 2)),
        "tcp.insecure_rst" | "tcp.insecure_syn" | "tcp.insecure_ack" => return knob.same(!knob.flag()?),
        "tcp_abort_on_overflow" => return knob.same(!knob.flag()?),
        "tcp_congestion_control" => return knob.same(value == "reno"),
        "tcp.cc.algorithm" => return knob.same(value == "newreno"),
        // Nothing is kept from one connection to the next, nothing is paced, no segment is larger than the wire's.
        "tcp.hostcache.purgenow"
        | "tcp.hostcache.purge"
        | "tcp.hostcache.enable"
        | "kern.ipc.maxsockbuf"
        | "tcp_no_metrics_save"
        | "tcp_min_tso_segs"
        | "tcp.tso"
        | "tcp_pacing_ss_ratio"
        | "tcp_pacing_ca_ratio"
        | "route.flush"
        | "net.core.wmem_max"
        | "net.core.rmem_max"
        | "tcp_fastopen_key"
        | "tcp_challenge_ack_limit"
        | "tcp_invalid_ratelimit" => return Ok(Turned::Nothing),
        _ => return Ok(Turned::Unknown),
    }
    Ok(Turned::Connections)
}

/// A knob and what it is to be turned to.
#[derive(Clone, Copy)]
struct Knob<'a> {
    name: &'a str,
    value: &'a str,
}

impl Knob<'_> {
    fn number(self) -> Result<u32, Said> {
        self.value.trim().parse().map_err(|_| self.refusal(words::KNOB_NO_NUMBER))
    }

    fn flag(self) -> Result<bool, Said> {
        Ok(self.number()? != 0)
    }

    fn count(self) -> Result<u8, Said> {
        Ok(self.number()?.min(u32::from(u8::MAX)) as u8)
    }

    fn seconds(self) -> Result<Duration, Said> {
        Ok(Duration::from_secs(self.number()?.into()))
    }

    fn millis(self) -> Result<Duration, Said> {
        Ok(Duration::from_millis(self.number()?.into()))
    }

    fn three(self) -> Result<[u32; 3], Said> {
        let mut numbers = self.value.split_whitespace().map(|number| number.parse().ok());
        let mut next = || numbers.next().flatten().ok_or_else(|| self.refusal(words::KNOB_NO_NUMBER));
        Ok([next()?, next()?, next()?])
    }

    /// Right as it is, or beyond this stack.
    fn same(self, is_same: bool) -> Result<Turned, Said> {
        self.only(is_same).map(|()| Turned::Nothing)
    }

    fn only(self, is_possible: bool) -> Result<(), Said> {
        if is_possible { Ok(()) } else { Err(self.refusal(words::KNOB_BEYOND_US)) }
    }

    fn refusal(self, phrase: cordial_trace::words::Phrase) -> Said {
        Said::new(phrase).with("name", self.name).with("value", self.value)
    }
}
