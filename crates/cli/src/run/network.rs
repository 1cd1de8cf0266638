//! The network that the command line asks for.

use cordial_gateway::{Network, OwnAddress, Places};
use cordial_trace::Lang;

use super::{Failure, words};
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
    Ok(network)
}

/// Where the addresses in it lead.
pub fn places(network: &Network, args: &NetworkArgs) -> Places {
    let places = Places::of(network);
    if args.no_host { places.without_host() } else { places }
}
