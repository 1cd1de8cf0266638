//! The other end of the program's network: a stack that answers for every address.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cordial::{AnyListener, Host, TcpListener, UdpSocket};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::dns::{self, Decision, Forwarder};
use crate::relay::{Relay, Tally};
use crate::udp::{self, Datagrams};
use crate::{Places, hello};

/// Everything that a program finds on its network, served from one [`Host`]: relayed connections,
/// relayed datagrams, the name server and the hello service.
///
/// Dropping it ends all of it; the host goes on.
#[derive(Debug)]
pub struct Gateway {
    host: Host,
    tally: Arc<Tally>,
    /// Held: they end with it.
    _services: JoinSet<()>,
}

/// How a [`Gateway`] is set up.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Where addresses lead.
    pub places: Places,
    /// Who answers for other names than ours; without anybody they do not resolve. The host's
    /// first server by default.
    pub resolver: Option<SocketAddr>,
    /// Connections that may be relayed at once; others are refused. By default as many as there
    /// are descriptors for.
    pub connections: usize,
}

/// Descriptors that are left for other things than relayed connections.
const OTHER_DESCRIPTORS: usize = udp::FLOWS + 256 + 64;

impl GatewayConfig {
    /// The defaults for these places.
    pub fn new(places: Places) -> Self {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let descriptors = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        // With few descriptors, half of them.
        let connections = descriptors.saturating_sub(OTHER_DESCRIPTORS).max(descriptors / 2);
        Self { places, resolver: dns::host_resolver(), connections }
    }
}

/// How often draining looks whether anything moves.
const LOOK_EVERY: Duration = Duration::from_millis(2);

impl Gateway {
    /// Serves on `host`, which answers for every address ([`HostBuilder::gateway`]).
    ///
    /// [`HostBuilder::gateway`]: cordial::HostBuilder::gateway
    ///
    /// # Errors
    ///
    /// `AddrInUse` if something listens on the host already where the gateway would.
    pub fn start(host: &Host, config: GatewayConfig) -> io::Result<Self> {
        let places = Arc::new(config.places);
        let relay = Relay::new(Arc::clone(&places), config.connections);
        let tally = relay.tally();
        let mut services = JoinSet::new();
        services.spawn(relay.serve(AnyListener::bind(host)?));
        services.spawn(Datagrams::new(UdpSocket::bind_any(host)?, Arc::clone(&places)).serve());
        for at in places.hello() {
            services.spawn(hello::serve(TcpListener::bind(host, at)?));
        }
        for at in places.name_server() {
            let socket = Arc::new(UdpSocket::bind(host, at)?);
            services.spawn(answer_names(socket, Arc::clone(&places), Forwarder::new(config.resolver)));
        }
        Ok(Self { host: host.clone(), tally, _services: services })
    }

    /// Connections that were refused because there was no descriptor for one more.
    pub fn turned_away(&self) -> u64 {
        self.tally.turned_away()
    }

    /// Waits, when the program has ended, for what it left under way: until every connection has
    /// closed, or nothing has moved for `idle`, or `most` has passed.
    pub async fn drain(&self, idle: Duration, most: Duration) {
        let begun = Instant::now();
        let mut seen = (self.tally.moved(), self.host.connections());
        let mut since = begun;
        while seen.1 > 0 && begun.elapsed() < most && since.elapsed() < idle {
            sleep(LOOK_EVERY).await;
            let now = (self.tally.moved(), self.host.connections());
            if now != seen {
                (seen, since) = (now, Instant::now());
            }
        }
    }
}

/// Answers queries until the stack is shut down.
async fn answer_names(socket: Arc<UdpSocket>, places: Arc<Places>, forwarder: Forwarder) {
    while let Ok(query) = socket.recv().await {
        match dns::decide(&query.octets, &places) {
            Decision::Drop => {}
            Decision::Answer(answer) => {
                // An answer for which there is no room is asked for again.
                let _ = socket.try_send_from(&answer, query.destination, query.source);
            }
            Decision::Forward => {
                let (socket, forwarder) = (Arc::clone(&socket), forwarder.clone());
                tokio::spawn(async move {
                    if let Some(answer) = forwarder.ask(&query.octets).await {
                        let _ = socket.try_send_from(&answer, query.destination, query.source);
                    }
                });
            }
        }
    }
}
