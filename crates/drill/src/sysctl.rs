//! Knobs of kernels: those that have a meaning here become configuration.

mod as_it_is;

use std::time::Duration;

use cordial_tcp::MtuProbing;

use crate::settings::Settings;
use crate::{Said, words};

/// What became of a knob.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Turned {
    /// It changes what connections start from.
    Connections,
    /// It changes the host, which has to be made after it.
    Host,
    /// What it asks for is how this stack is anyhow.
    Nothing,
}

/// Turns the knob `name` to `value`.
///
/// # Errors
///
/// What is not known, or what the knob asks for and this stack cannot be: nothing is left out in silence.
pub(crate) fn turn(settings: &mut Settings, name: &str, value: &str) -> Result<Turned, Said> {
    let knob = Knob { name, value: value.trim() };
    let short = ["net.ipv4.", "net.ipv6.", "net.inet."].iter().find_map(|prefix| name.strip_prefix(prefix));
    let short = short.unwrap_or(name);
    match turn_known(settings, short, knob)? {
        Some(turned) => Ok(turned),
        None => match as_it_is::asks(short, knob.value) {
            Some(true) => Ok(Turned::Nothing),
            Some(false) => Err(knob.refusal(words::KNOB_BEYOND_US)),
            None => Err(knob.refusal(words::UNKNOWN_KNOB)),
        },
    }
}

/// A knob with an effect; none if `short` is not one.
fn turn_known(settings: &mut Settings, short: &str, knob: Knob<'_>) -> Result<Option<Turned>, Said> {
    let tcp = &mut settings.tcp;
    match short {
        // 2 leaves out the offset that nobody can see here: a script's numbers are mapped to the wire's.
        "tcp_timestamps" => tcp.timestamps = knob.at_most(2)? != 0,
        "tcp_mtu_probing" => {
            tcp.mtu_probing = match knob.at_most(2)? {
                0 => MtuProbing::Never,
                1 => MtuProbing::AfterBlackHole,
                _ => MtuProbing::Always,
            }
        }
        "tcp.pmtud_blackhole_detection" => {
            // 2 and 3 are for one family each, and a script speaks one.
            tcp.mtu_probing =
                if knob.at_most(3)? == 0 { MtuProbing::Never } else { MtuProbing::AfterBlackHole };
        }
        "tcp_base_mss" => tcp.mtu_probe_base = knob.at_most(u16::MAX.into())? as u16,
        "tcp_window_scaling" => tcp.window_scaling = knob.flag()?,
        "tcp_sack" | "tcp.sack.enable" => tcp.sack = knob.flag()?,
        "tcp.rfc1323" => {
            // 1: both, 2: scaling alone, 3: timestamps alone.
            let which = knob.at_most(3)?;
            tcp.window_scaling = matches!(which, 1 | 2);
            tcp.timestamps = matches!(which, 1 | 3);
        }
        "tcp_rmem" => {
            // The least is for times when memory is short, which they never are here.
            let [_, first, most] = knob.three()?;
            (tcp.receive_buffer, tcp.receive_buffer_max) = (first, most.max(first));
        }
        "tcp.recvspace" => {
            tcp.receive_buffer = knob.number()?;
            tcp.receive_buffer_max = tcp.receive_buffer;
        }
        "tcp_wmem" => {
            let [_, first, most] = knob.three()?;
            // A send buffer does not grow by itself.
            knob.only(most <= first)?;
            tcp.send_buffer = first;
        }
        "tcp.sendspace" => tcp.send_buffer = knob.number()?,
        "tcp_syn_retries" => tcp.syn_retries = knob.count()?,
        "tcp_synack_retries" => tcp.syn_ack_retries = knob.count()?,
        "tcp_orphan_retries" => tcp.orphan_retries = knob.count()?,
        "tcp_fin_timeout" => tcp.orphan_fin_wait_2 = knob.seconds()?,
        "tcp.finwait2_timeout" => tcp.orphan_fin_wait_2 = knob.millis()?,
        "tcp.msl" => {
            tcp.msl = knob.millis()?;
            return Ok(Some(Turned::Host));
        }
        "tcp_tw_reuse" => tcp.reuse_time_wait = knob.number()? == 1,
        "tcp_rfc1337" => {
            tcp.ignore_rst_in_time_wait = knob.flag()?;
            return Ok(Some(Turned::Host));
        }
        "tcp_keepalive_time" => settings.keepalive.idle = knob.seconds()?,
        "tcp_keepalive_intvl" => settings.keepalive.interval = knob.seconds()?,
        "tcp_keepalive_probes" | "tcp.keepcnt" => settings.keepalive.probes = knob.count()?,
        "tcp.keepidle" => settings.keepalive.idle = knob.millis()?,
        "tcp.keepintvl" => settings.keepalive.interval = knob.millis()?,
        "tcp.delayed_ack" => {
            if !knob.flag()? {
                tcp.delayed_ack = Duration::ZERO;
            }
        }
        "tcp.delacktime" => tcp.delayed_ack = knob.millis()?,
        "tcp.rexmit_initial" => tcp.rto.initial = knob.millis()?,
        "tcp.rexmit_min" => tcp.rto.min = knob.millis()?,
        "tcp_rto_max_ms" => tcp.rto.max = knob.millis()?,
        "tcp_rto_min_us" => tcp.rto.min = Duration::from_micros(knob.number()?.into()),
        "tcp_max_syn_backlog" => {
            settings.syn_cache = Some(knob.number()?);
            return Ok(Some(Turned::Host));
        }
        "tcp_syncookies" | "tcp.syncookies" => {
            // 2 sends cookies where there is no need.
            settings.syn_cookies = knob.flag()?;
            return Ok(Some(Turned::Host));
        }
        _ => return Ok(None),
    }
    Ok(Some(Turned::Connections))
}

/// A knob and what it is to be turned to.
#[derive(Clone, Copy)]
struct Knob<'a> {
    name: &'a str,
    value: &'a str,
}

impl Knob<'_> {
    fn number(self) -> Result<u32, Said> {
        self.value.parse().map_err(|_| self.refusal(words::KNOB_NO_NUMBER))
    }

    fn at_most(self, most: u32) -> Result<u32, Said> {
        let number = self.number()?;
        self.only(number <= most).map(|()| number)
    }

    /// On or off; a number beyond these asks for something else.
    fn flag(self) -> Result<bool, Said> {
        Ok(self.at_most(1)? != 0)
    }

    fn count(self) -> Result<u8, Said> {
        Ok(self.at_most(u8::MAX.into())? as u8)
    }

    fn seconds(self) -> Result<Duration, Said> {
        Ok(Duration::from_secs(self.number()?.into()))
    }

    fn millis(self) -> Result<Duration, Said> {
        Ok(Duration::from_millis(self.number()?.into()))
    }

    fn three(self) -> Result<[u32; 3], Said> {
        let numbers = self.value.split_whitespace().map(str::parse).collect::<Result<Vec<u32>, _>>();
        let three = numbers.ok().and_then(|numbers| <[u32; 3]>::try_from(numbers).ok());
        three.ok_or_else(|| self.refusal(words::KNOB_NO_NUMBER))
    }

    fn only(self, is_possible: bool) -> Result<(), Said> {
        if is_possible { Ok(()) } else { Err(self.refusal(words::KNOB_BEYOND_US)) }
    }

    fn refusal(self, phrase: cordial_trace::words::Phrase) -> Said {
        Said::new(phrase).with("name", self.name).with("value", self.value)
    }
}
