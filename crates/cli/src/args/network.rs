//! The network that a program is put into.

use std::net::{IpAddr, SocketAddr};

use clap::{Args, ValueEnum};
use cordial_gateway::{AddedHost, DeviceChoice, OwnAddress, Publish};
use cordial_trace::words::Phrase;

use super::Reason;

/// The network that CMD finds.
#[derive(Debug, Args)]
#[command(next_help_heading = "Network")]
pub struct NetworkArgs {
    /// Octets of the largest packet on CMD's interface
    #[arg(long, value_name = "OCTETS", default_value_t = 1500, value_parser = clap::value_parser!(u16).range(1280..))]
    pub mtu: u16,

    /// What carries CMD's packets: a TUN device, or a veth pair, which needs no /dev/net/tun
    #[arg(long, value_enum, value_name = "DEVICE", default_value = "auto")]
    pub device: DeviceArg,

    /// Bring what arrives at a port of this machine's to a port of CMD's; repeatable
    ///
    /// Without ADDR only this machine itself can call (127.0.0.1 and ::1); 0.0.0.0 or [::] lets everybody. With
    /// HOSTPORT 0 a free port is chosen and told. CMD sees the caller's own address, or host.cordial's for a caller on
    /// this machine's loopback, and has to listen on more than its own 127.0.0.1.
    #[arg(long, short, value_name = "[ADDR:]HOSTPORT:PORT[/udp]")]
    pub publish: Vec<Publish>,

    /// Keep CMD from this machine itself: no host.cordial, and none of this machine's own addresses
    ///
    /// Machines next to it are reached as before, and names are resolved.
    #[arg(long)]
    pub no_host: bool,

    /// CMD's own address, IPv4 or IPv6; once for each
    ///
    /// 10.77.0.2/24 and fd77::2/64 otherwise. The network around it is CMD's own: what this machine reaches under
    /// those addresses CMD does not.
    #[arg(long, value_name = "ADDR[/PREFIX]")]
    pub ip: Vec<OwnAddress>,

    /// Ask this name server instead of this machine's own; repeatable, asked in this order
    ///
    /// As this machine reaches it: 127.0.0.1 is this machine's loopback. Search domains and options stay those of
    /// this machine's /etc/resolv.conf.
    #[arg(long, value_name = "ADDR[:PORT]", value_parser = name_server)]
    pub dns: Vec<SocketAddr>,

    /// Give a name to an address, before all name servers; repeatable, also for one name
    #[arg(long, value_name = "NAME:ADDR")]
    pub add_host: Vec<AddedHost>,
}

/// An address, and port 53 unless said otherwise.
fn name_server(text: &str) -> Result<SocketAddr, Reason> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().ok().filter(|at| at.port() != 0);
    let at = bare.parse().map(|ip: IpAddr| SocketAddr::new(ip, 53)).ok().or_else(with_port);
    at.filter(|at| !at.ip().is_unspecified() && !at.ip().is_multicast()).ok_or(NO_NAME_SERVER)
}

const NO_NAME_SERVER: Reason = Reason(Phrase::new(
    "not a name server's address; write it as 192.0.2.53, 192.0.2.53:5353, 2001:db8::53 or [2001:db8::53]:5353",
    "不是域名服务器的地址；要写成 192.0.2.53、192.0.2.53:5353、2001:db8::53 或 [2001:db8::53]:5353",
));

/// What carries the program's packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DeviceArg {
    /// A TUN device where /dev/net/tun is open to us, else a veth pair.
    Auto,
    /// A TUN device.
    Tun,
    /// A veth pair.
    Veth,
}

impl From<DeviceArg> for DeviceChoice {
    fn from(asked: DeviceArg) -> Self {
        match asked {
            DeviceArg::Auto => Self::Auto,
            DeviceArg::Tun => Self::Tun,
            DeviceArg::Veth => Self::Veth,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_server_has_an_address_and_a_port() {
        let at = |text: &str| name_server(text).map(|at| at.to_string()).ok();
        assert_eq!(at("192.0.2.53").as_deref(), Some("192.0.2.53:53"));
        assert_eq!(at("192.0.2.53:5353").as_deref(), Some("192.0.2.53:5353"));
        assert_eq!(at("2001:db8::53").as_deref(), Some("[2001:db8::53]:53"));
        assert_eq!(at("[2001:db8::53]").as_deref(), Some("[2001:db8::53]:53"));
        assert_eq!(at("[2001:db8::53]:5353").as_deref(), Some("[2001:db8::53]:5353"));
        for bad in ["", "dns.example", "192.0.2.53:", "192.0.2.53:0", "192.0.2.53:x", "0.0.0.0", "ff02::fb"] {
            assert_eq!(at(bad), None, "{bad}");
        }
    }
}
