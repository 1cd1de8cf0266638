//! The network that the command line asks for.

use cordial_gateway::Network;

use crate::args::NetworkArgs;

/// The default network, with what was asked for otherwise.
pub fn of(args: &NetworkArgs) -> Network {
    let mut network = Network::default();
    network.device.mtu = usize::from(args.mtu);
    network
}
