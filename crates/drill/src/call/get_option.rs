//! getsockopt.

use std::collections::BTreeMap;

use super::{Attempt, arg, bad_argument, option_name};
use crate::report::Stop;
use crate::run::Run;
use crate::script::{Call, Field, Value};
use crate::socket::Kind;
use crate::{Said, info, words};

impl Run {
    pub(super) fn get_option(&mut self, call: &Call) -> Result<Attempt, Stop> {
        let (fd, socket) = match self.held(call, 0) {
            Ok(held) => held,
            Err(attempt) => return Ok(attempt),
        };
        let is_connected = matches!(socket.kind, Kind::Connection(_));
        let name = option_name(call)?;
        let expected = arg(call, 3).ok_or_else(|| bad_argument(call, 3))?;
        match name {
            "TCP_INFO" => self.compare_info(call, fd, expected)?,
            "TCP_CONGESTION" => {
                let is_ours = match expected {
                    Value::Text(name) => name == "reno" || name == "newreno",
                    _ => matches!(expected, Value::Any),
                };
                if !is_ours {
                    return Err(Stop::fail(wrong(name, "reno", &text(expected))));
                }
            }
            "SO_LINGER" => self.compare_linger(fd, expected)?,
            _ => {
                let got = self.option(fd, name)?;
                self.compare_option(call, name, got, expected, is_connected)?;
            }
        }
        Ok(Attempt::Returns(0))
    }

    /// The value of an option that is a number.
    fn option(&mut self, fd: i64, name: &str) -> Result<i64, Stop> {
        let Some(socket) = self.sockets.get(&fd).cloned() else { return Ok(0) };
        let config = socket.config(&self.settings);
        let usual = self.settings.keepalive;
        let keepalive = &socket.asked;
        let seconds = |time: std::time::Duration| time.as_secs() as i64;
        Ok(match name {
            "SO_ERROR" => self.pending_error(fd),
            "SO_RCVBUF" => config.receive_buffer.into(),
            "SO_SNDBUF" => match socket.kind {
                Kind::Connection(id) => self.host().stack.send_buffer(id).into(),
                _ => config.send_buffer.into(),
            },
            "TCP_NODELAY" => match socket.kind {
                Kind::Connection(id) => self.host().stack.nodelay(id).into(),
                _ => config.nodelay.into(),
            },
            "SO_KEEPALIVE" => socket.asked.keepalive.into(),
            "TCP_KEEPIDLE" => seconds(keepalive.keep_idle.unwrap_or(usual.idle)),
            "TCP_KEEPINTVL" => seconds(keepalive.keep_interval.unwrap_or(usual.interval)),
            "TCP_KEEPCNT" => keepalive.keep_count.unwrap_or(usual.probes).into(),
            "TCP_USER_TIMEOUT" => socket.asked.user_timeout.map_or(0, |time| time.as_millis() as i64),
            "TCP_LINGER2" => seconds(config.orphan_fin_wait_2),
            "TCP_SYNCNT" => config.syn_retries.into(),
            "TCP_MAXSEG" => self.mss(&socket.kind),
            "TCP_INQ" => socket.asked.tells_unread.into(),
            "SO_REUSEADDR" => socket.asked.reuses_address.into(),
            "SO_TYPE" => 1,
            "SO_ACCEPTCONN" => matches!(socket.kind, Kind::Listener(_)).into(),
            "IP_TTL" | "IPV6_UNICAST_HOPS" => 64,
            "IP_TOS" | "IPV6_TCLASS" => 0,
            _ => return Err(Stop::skip(Said::new(words::NO_SOCKET_OPTION).with("name", name))),
        })
    }

    fn mss(&mut self, kind: &Kind) -> i64 {
        let headers = if self.settings.local.is_ipv4() { 40 } else { 60 };
        match kind {
            Kind::Connection(id) => {
                let info = self.host().stack.info(*id);
                info.map_or(0, |info| info.vars.snd_mss.into())
            }
            _ => i64::from(self.settings.mtu.saturating_sub(headers)),
        }
    }

    /// The number of the error that ended the connection; it is told once.
    fn pending_error(&mut self, fd: i64) -> i64 {
        let Some(Kind::Connection(id)) = self.sockets.get(&fd).map(|socket| socket.kind) else { return 0 };
        let info = self.host().stack.info(id);
        info.and_then(|info| self.take_error(fd, &info))
            .map_or(0, |name| number_of(name, self.rules.profile).unwrap_or(0))
    }

    fn compare_option(
        &self,
        call: &Call,
        name: &str,
        got: i64,
        expected: &Value,
        is_connected: bool,
    ) -> Result<(), Stop> {
        let wanted = match expected {
            Value::Any => return Ok(()),
            Value::List(values) if values.as_slice() == [Value::Any] => return Ok(()),
            _ => match boxed_name(expected) {
                Some(error) => number_of(error, self.rules.profile)
                    .ok_or_else(|| Stop::skip(Said::new(words::NO_FLAG).with("name", error)))?,
                None => expected.boxed_number().ok_or_else(|| bad_argument(call, 3))?,
            },
        };
        // FreeBSD rounds the buffer of a connection up to whole segments.
        let rounds = name == "SO_RCVBUF" && is_connected && !self.rules.exact;
        let is_rounded = rounds && wanted > got && wanted < got + i64::from(self.settings.mtu);
        if wanted == got || is_rounded {
            return Ok(());
        }
        Err(Stop::fail(wrong(name, &got.to_string(), &wanted.to_string())))
    }

    fn compare_linger(&self, fd: i64, expected: &Value) -> Result<(), Stop> {
        let linger = self.sockets.get(&fd).and_then(|socket| socket.asked.linger);
        let field =
            |names: [&str; 2]| names.iter().find_map(|name| expected.field(name)).and_then(Value::number);
        let got = (i64::from(linger.is_some()), linger.map_or(0, |time| time.as_secs() as i64));
        let wanted =
            (field(["onoff", "l_onoff"]).unwrap_or(got.0), field(["linger", "l_linger"]).unwrap_or(got.1));
        if got == wanted {
            return Ok(());
        }
        let shown = |(on, time): (i64, i64)| format!("{{onoff={on}, linger={time}}}");
        Err(Stop::fail(wrong("SO_LINGER", &shown(got), &shown(wanted))))
    }

    /// `{tcpi_state=TCPS_ESTABLISHED, ...}`: every field that is named and known.
    fn compare_info(&mut self, call: &Call, fd: i64, expected: &Value) -> Result<(), Stop> {
        let Value::Record(fields) = expected else {
            return if *expected == Value::Any { Ok(()) } else { Err(bad_argument(call, 3)) };
        };
        let known = self.info_of(fd);
        for Field { name, value } in fields {
            match (name, value) {
                (Some(name), value) => self.compare_field(&known, name, value)?,
                // The rest, whatever it is.
                (None, Value::Any) => {}
                (None, _) => return Err(bad_argument(call, 3)),
            }
        }
        Ok(())
    }

    fn compare_field(&self, known: &BTreeMap<&str, i64>, name: &str, value: &Value) -> Result<(), Stop> {
        let wanted = match value {
            Value::Any => return Ok(()),
            Value::Number(number) => Some(*number),
            // The two systems number their states each in its own way; ours follows Linux.
            _ => value.name().and_then(info::constant),
        };
        let got = known.get(name).copied();
        match (got, wanted) {
            (Some(got), Some(wanted)) if got == wanted => Ok(()),
            (Some(got), Some(wanted)) => Err(Stop::fail(wrong(name, &got.to_string(), &wanted.to_string()))),
            _ => Err(Stop::skip(Said::new(words::NO_INFO_FIELD).with("name", name))),
        }
    }
}

fn wrong(name: &str, got: &str, expected: &str) -> Said {
    Said::new(words::WRONG_VALUE).with("name", name).with("got", got).with("expected", expected)
}

fn boxed_name(value: &Value) -> Option<&str> {
    match value {
        Value::List(values) => values.first().and_then(Value::name),
        other => other.name(),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        _ => "...".to_owned(),
    }
}

/// The number of an error, which each system has its own way; none for one that no connection ends with.
fn number_of(name: &str, profile: crate::Profile) -> Option<i64> {
    let (linux, freebsd) = match name {
        "EPIPE" => (32, 32),
        "EINPROGRESS" => (115, 36),
        "EAGAIN" => (11, 35),
        "ECONNABORTED" => (103, 53),
        "ECONNRESET" => (104, 54),
        "ENOTCONN" => (107, 57),
        "ETIMEDOUT" => (110, 60),
        "ECONNREFUSED" => (111, 61),
        "EHOSTUNREACH" => (113, 65),
        "ENETUNREACH" => (101, 51),
        _ => return None,
    };
    Some(if profile == crate::Profile::FreeBsd { freebsd } else { linux })
}
