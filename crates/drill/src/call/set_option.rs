//! setsockopt.

use std::num::NonZeroU32;
use std::time::Duration;

use super::{Attempt, arg, bad_argument, option_name};
use crate::report::Stop;
use crate::run::Run;
use crate::script::{Call, Value};
use crate::socket::{Asked, Kind};
use crate::{Profile, Said, words};

/// When an option can still have its effect.
enum Set {
    /// It is part of what connections start from.
    BeforeConnection,
    /// It holds at once, also for a connection that is open.
    AtOnce,
    /// It asks for what is so anyhow.
    IsSo,
}

impl Run {
    pub(super) fn set_option(&mut self, call: &Call) -> Result<Attempt, Stop> {
        let (fd, socket) = match self.held(call, 0) {
            Ok(held) => held,
            Err(attempt) => return Ok(attempt),
        };
        let kind = socket.kind;
        let name = option_name(call)?;
        let value = arg(call, 3).ok_or_else(|| bad_argument(call, 3))?;
        let mut asked = socket.asked.clone();
        let option = Setting { call, name, value, profile: self.rules.profile };
        let set = option.put(&mut asked)?;
        if matches!(set, Set::BeforeConnection) && kind != Kind::Fresh {
            return Err(Stop::skip(Said::new(words::OPTION_TOO_LATE).with("name", name)));
        }
        if let Some(socket) = self.sockets.get_mut(&fd) {
            socket.asked = asked;
        }
        if matches!(set, Set::AtOnce) {
            self.pass_on(fd, name);
        }
        Ok(Attempt::Returns(0))
    }

    /// Tells an open connection what was set.
    fn pass_on(&mut self, fd: i64, name: &str) {
        let Some(socket) = self.sockets.get(&fd) else { return };
        let Kind::Connection(id) = socket.kind else { return };
        let (asked, keepalive) = (socket.asked.clone(), socket.keepalive(&self.settings));
        let now = self.now();
        let stack = &mut self.host().stack;
        match name {
            "TCP_NODELAY" => stack.set_nodelay(now, id, asked.nodelay.unwrap_or(false)),
            "SO_SNDBUF" => stack.set_send_buffer(id, asked.send_buffer.unwrap_or_default()),
            "SO_LINGER" | "TCP_INQ" | "SO_REUSEADDR" => {}
            _ => stack.set_keepalive(now, id, keepalive),
        }
    }
}

/// An option and what it is to be.
struct Setting<'a> {
    call: &'a Call,
    name: &'a str,
    value: &'a Value,
    profile: Profile,
}

impl Setting<'_> {
    fn put(&self, asked: &mut Asked) -> Result<Set, Stop> {
        match self.name {
            "SO_RCVBUF" => asked.receive_buffer = Some(self.doubled()?),
            "SO_SNDBUF" => {
                asked.send_buffer = Some(self.doubled()?);
                return Ok(Set::AtOnce);
            }
            "TCP_NODELAY" => {
                asked.nodelay = Some(self.flag()?);
                return Ok(Set::AtOnce);
            }
            "SO_KEEPALIVE" => {
                asked.keepalive = self.flag()?;
                return Ok(Set::AtOnce);
            }
            "TCP_KEEPIDLE" => return self.keep(asked, |asked, time| asked.keep_idle = Some(time)),
            "TCP_KEEPINTVL" => return self.keep(asked, |asked, time| asked.keep_interval = Some(time)),
            "TCP_KEEPCNT" => {
                asked.keep_count = Some(self.number()?.min(255) as u8);
                return Ok(Set::AtOnce);
            }
            "TCP_INQ" => {
                asked.tells_unread = self.flag()?;
                return Ok(Set::AtOnce);
            }
            "SO_LINGER" => {
                asked.linger = self.linger()?;
                return Ok(Set::AtOnce);
            }
            "TCP_USER_TIMEOUT" => {
                asked.user_timeout =
                    Some(Duration::from_millis(self.number()?.into())).filter(|timeout| !timeout.is_zero());
            }
            "TCP_LINGER2" => asked.fin_wait_2 = Some(Duration::from_secs(self.number()?.into())),
            "TCP_SYNCNT" => asked.syn_retries = Some(self.number()?.min(255) as u8),
            "TCP_FASTOPEN" => asked.fast_open = NonZeroU32::new(self.number()?),
            "TCP_MAXSEG" => asked.mss = Some(self.number()?.min(65_535) as u16),
            "TCP_QUICKACK" if self.flag()? => asked.quick_ack = true,
            // Acknowledgments are held back unless somebody asked otherwise.
            "TCP_QUICKACK" | "TCP_CORK" | "TCP_NOPUSH" if !self.flag()? => return Ok(Set::IsSo),
            // Nothing keeps an address from being taken again, and nothing is ever fragmented.
            "SO_REUSEADDR" => {
                asked.reuses_address = self.flag()?;
                return Ok(Set::AtOnce);
            }
            // A kernel's diary.
            "SO_DEBUG" => return self.flag().map(|_| Set::IsSo),
            // Urgent octets are in line, always; without any that is all the same.
            "SO_OOBINLINE" => return self.flag().map(|_| Set::IsSo),
            // A connection is accepted once it is open, and read from once there is an octet.
            "TCP_DEFER_ACCEPT" if !self.flag()? => return Ok(Set::IsSo),
            "SO_RCVLOWAT" if self.number()? == 1 => return Ok(Set::IsSo),
            "IP_TOS" | "IPV6_TCLASS" if self.number()? == 0 => return Ok(Set::IsSo),
            "IP_TTL" | "IPV6_UNICAST_HOPS" if self.number()? == 64 => return Ok(Set::IsSo),
            "IP_MTU_DISCOVER" if self.value.name_or_boxed() == Some("IP_PMTUDISC_DO") => {
                return Ok(Set::IsSo);
            }
            "TCP_CONGESTION" => return self.congestion(),
            _ => return Err(Stop::skip(Said::new(words::NO_SOCKET_OPTION).with("name", self.name))),
        }
        Ok(Set::BeforeConnection)
    }

    fn number(&self) -> Result<u32, Stop> {
        let number = self.value.boxed_number().ok_or_else(|| bad_argument(self.call, 3))?;
        u32::try_from(number).map_err(|_| bad_argument(self.call, 3))
    }

    fn flag(&self) -> Result<bool, Stop> {
        Ok(self.number()? != 0)
    }

    /// Linux takes half of a buffer for what it costs to keep it, and so doubles what is asked for.
    fn doubled(&self) -> Result<u32, Stop> {
        let octets = self.number()?;
        Ok(if self.profile == Profile::Linux { octets.saturating_mul(2) } else { octets })
    }

    fn keep(&self, asked: &mut Asked, put: impl FnOnce(&mut Asked, Duration)) -> Result<Set, Stop> {
        put(asked, Duration::from_secs(self.number()?.into()));
        Ok(Set::AtOnce)
    }

    /// `{onoff=1, linger=0}`
    fn linger(&self) -> Result<Option<Duration>, Stop> {
        let field = |names: [&str; 2]| {
            let value = names.iter().find_map(|name| self.value.field(name));
            value.and_then(Value::number).ok_or_else(|| bad_argument(self.call, 3))
        };
        let (is_on, seconds) = (field(["onoff", "l_onoff"])?, field(["linger", "l_linger"])?);
        let seconds = u64::try_from(seconds).map_err(|_| bad_argument(self.call, 3))?;
        Ok((is_on != 0).then(|| Duration::from_secs(seconds)))
    }

    fn congestion(&self) -> Result<Set, Stop> {
        match self.value {
            Value::Text(name) if name == "reno" || name == "newreno" => Ok(Set::IsSo),
            Value::Text(name) => Err(Stop::skip(Said::new(words::NO_CONGESTION_CONTROL).with("name", name))),
            _ => Err(bad_argument(self.call, 3)),
        }
    }
}

impl Value {
    /// The name, also in a list of one.
    fn name_or_boxed(&self) -> Option<&str> {
        match self {
            Self::List(values) => values.first().and_then(Self::name),
            other => other.name(),
        }
    }
}
