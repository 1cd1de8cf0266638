//! What a script's options and knobs come to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use cordial_stack::{Config, LinkConfig, TcpConfig};
use cordial_tcp::Keepalive;

use crate::parse::ParseError;
use crate::script::{Script, ScriptOption};
use crate::{Profile, Said, words};

/// Everything that is settled before the stack is made, or before a socket is.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) local: IpAddr,
    pub(crate) remote: IpAddr,
    /// The port that `bind` and the listener have.
    pub(crate) bind_port: u16,
    /// The port that `connect` calls, and that callers call from.
    pub(crate) connect_port: u16,
    pub(crate) mtu: u16,
    /// Where super-segments that arrive are cut.
    pub(crate) mss: Option<u16>,
    /// How far off any time may be.
    pub(crate) tolerance: Duration,
    /// What one unit of a script's TS val is worth, where that is to be checked.
    pub(crate) tick: Option<Duration>,
    /// The first initial sequence number.
    pub(crate) iss: Option<u32>,
    pub(crate) tcp: TcpConfig,
    /// How probing goes once a socket asks for it.
    pub(crate) keepalive: Keepalive,
    pub(crate) syn_cookies: bool,
    pub(crate) syn_cache: Option<u32>,
}

/// Where a script's numbers come from unless it says otherwise.
const PORT: u16 = 8080;
const TOLERANCE: Duration = Duration::from_millis(4);

impl Settings {
    /// The profile's.
    pub(crate) fn new(profile: Profile) -> Self {
        Self {
            local: Ipv4Addr::new(192, 168, 0, 1).into(),
            remote: Ipv4Addr::new(192, 0, 2, 1).into(),
            bind_port: PORT,
            connect_port: PORT,
            mtu: 1500,
            mss: None,
            tolerance: TOLERANCE,
            tick: None,
            iss: None,
            tcp: profile.tcp(),
            keepalive: Keepalive::default(),
            syn_cookies: true,
            syn_cache: None,
        }
    }

    /// The profile's, and what the script's options change.
    pub(crate) fn of(script: &Script, profile: Profile) -> Result<Self, ParseError> {
        let mut settings = Self::new(profile);
        // The family decides what addresses there are, so it comes first.
        let is_family = |option: &&ScriptOption| option.name == "ip_version";
        for option in script.options.iter().filter(is_family) {
            settings.set_family(option)?;
        }
        for option in script.options.iter().filter(|option| !is_family(option)) {
            settings.set(option, profile)?;
        }
        Ok(settings)
    }

    /// The configuration of the host.
    pub(crate) fn config(&self) -> Config {
        let mut config = Config::host(&[self.local]);
        config.links = vec![LinkConfig { mtu: self.mtu, ..LinkConfig::default() }];
        config.tcp = Arc::new(self.tcp.clone());
        config.syn_cookies = self.syn_cookies;
        config.limits.syn_cache = self.syn_cache.unwrap_or(config.limits.syn_cache);
        config
    }

    /// Our end, where a script names none.
    pub(crate) fn local_end(&self) -> SocketAddr {
        SocketAddr::new(self.local, self.bind_port)
    }

    /// The other end, where a script names none.
    pub(crate) fn remote_end(&self) -> SocketAddr {
        SocketAddr::new(self.remote, self.connect_port)
    }

    fn set_family(&mut self, option: &ScriptOption) -> Result<(), ParseError> {
        match option.value.as_str() {
            // Sockets of one family, packets of the other: on the wire it is IPv4.
            "ipv4" | "ipv4-mapped-ipv6" => {}
            "ipv6" => {
                self.local = Ipv6Addr::new(0xfd3d, 0xa0b, 0x17d6, 0, 0, 0, 0, 1).into();
                self.remote = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into();
            }
            _ => return Err(wrong(option, "ipv4, ipv6")),
        }
        Ok(())
    }

    fn set(&mut self, option: &ScriptOption, profile: Profile) -> Result<(), ParseError> {
        match option.name.as_str() {
            "local_ip" => self.local = address(option)?,
            "remote_ip" => self.remote = address(option)?,
            "bind_port" => self.bind_port = number(option)?,
            "connect_port" => self.connect_port = number(option)?,
            "mtu" => self.mtu = number(option)?,
            "mss" => self.mss = Some(number(option)?).filter(|&mss| mss > 0),
            "tolerance_usecs" => self.tolerance = Duration::from_micros(number::<u32>(option)?.into()),
            "tcp_ts_tick_usecs" => {
                let tick: u32 = number(option)?;
                self.tick = (tick > 0).then(|| Duration::from_micros(tick.into()));
            }
            "initial_sequence_number" => self.iss = Some(number(option)?),
            // Commands that come before all others.
            "init_scripts" => {
                let is_default = |script: &str| script.trim().ends_with("defaults.sh");
                if profile != Profile::Linux || !option.value.split(',').all(is_default) {
                    let said = Said::new(words::FOREIGN_DEFAULTS).with("command", &option.value);
                    return Err(ParseError::dialect(option.at, said));
                }
            }
            // About the machine a script ran on, not about TCP: there is no such machine here.
            "netmask_ip" | "gateway_ip" | "local_v4_prefix" | "speed" | "verbose" | "debug"
            | "code_command" | "code_format" | "persistent_tun_dev" => {}
            _ => {
                let said = Said::new(words::NO_SUCH_OPTION).with("name", &option.name);
                return Err(ParseError::dialect(option.at, said));
            }
        }
        if self.local.is_ipv4() != self.remote.is_ipv4() {
            return Err(ParseError::wrong(option.at, words::MIXED_FAMILIES));
        }
        Ok(())
    }
}

fn address(option: &ScriptOption) -> Result<IpAddr, ParseError> {
    option.value.parse().map_err(|_| wrong(option, "192.0.2.1"))
}

fn number<T: FromStr>(option: &ScriptOption) -> Result<T, ParseError> {
    option.value.parse().map_err(|_| wrong(option, "1500"))
}

fn wrong(option: &ScriptOption, example: &str) -> ParseError {
    let said = Said::new(words::BAD_OPTION).with("name", &option.name).with("value", &option.value);
    ParseError::wrong(option.at, said.with("example", example))
}
