//! The network that the command line asks for.

use cordial_gateway::{Network, Notice, OwnAddress, Places, Resolver};
use cordial_trace::Lang;
use tokio::sync::mpsc::UnboundedReceiver;

use super::{Failure, complain, words};
use crate::args::NetworkArgs;

/// The default network, with what was asked for otherwise.
pub fn of(args: &NetworkArgs, lang: Lang) -> Result<Network, Failure> {
    let mut network = Network::default();
    network.device.mtu = usize::from(args.mtu);
    network.choice = args.device.into();
    for (at, own) in args.ip.iter().enumerate() {
        let is_alike = |other: &OwnAddress| other.is_ipv6() == own.is_ipv6();
        if args.ip.iter().take(at).any(is_alike) {
            let family = if own.is_ipv6() { "IPv6" } else { "IPv4" };
            return Err(Failure::of_usage(words::IP_TWICE.fill(lang, &[("family", family)])));
        }
        own.give_to(&mut network);
    }
    network.resolv_conf = resolver(args).resolv_conf(network.gateway4.into());
    Ok(network)
}

/// How names are found that are not ours.
pub fn resolver(args: &NetworkArgs) -> Resolver {
    let host = Resolver::of_host();
    if args.dns.is_empty() { host } else { host.with_servers(args.dns.iter().copied()) }
}

/// Tells a person what the host lacks, when it shows.
pub async fn tell(mut notices: UnboundedReceiver<Notice>, lang: Lang) {
    while let Some(notice) = notices.recv().await {
        match notice {
            Notice::PingsNotAllowed => complain(&words::PINGS_NOT_ALLOWED.text(lang)),
            Notice::NoNameServer(servers) if servers.is_empty() => {
                complain(&words::NO_NAME_SERVER.text(lang));
            }
            Notice::NoNameServer(servers) => {
                let servers: Vec<String> = servers.iter().map(ToString::to_string).collect();
                complain(&words::SILENT_NAME_SERVERS.fill(lang, &[("servers", &servers.join(", "))]));
            }
        }
    }
}

/// Where the addresses in it lead.
pub fn places(network: &Network, args: &NetworkArgs) -> Places {
    let places = Places::of(network);
    if args.no_host { places.without_host() } else { places }
}
