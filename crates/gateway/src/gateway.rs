//! The other end of the program's network: a stack that answers for every address.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use cordial::{AnyListener, EchoSocket, Host, TcpListener, UdpSocket};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::dns::{self, AddedHost, Forwarder, LocalNames, Resolver};
use crate::echo::{self, Pings};
use crate::notice::Notices;
use crate::publish::{Outlet, Published};
use crate::relay::{Relay, Room};
use crate::udp::{self, Datagrams, OwnDatagrams};
use crate::{Listeners, Names, Places, hello};

/// Everything that a program finds on its network, served from one [`Host`]: relayed connections,
/// relayed datagrams, the name server and the hello service.
///
/// Dropping it ends all of it; the host goes on.
#[derive(Debug)]
pub struct Gateway {
    host: Host,
    places: Arc<Places>,
    room: Room,
    listeners: Option<Listeners>,
    /// Where the program's datagrams go that reach a published port's sockets.
    own: OwnDatagrams,
    /// Held: they end with it.
    services: JoinSet<()>,
}

/// How a [`Gateway`] is set up.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Where addresses lead.
    pub places: Places,
    /// Who answers for other names than ours; without anybody they do not resolve. The host's
    /// servers by default.
    pub resolver: Resolver,
    /// Names that somebody gave to addresses; they count before all others.
    pub hosts: Vec<AddedHost>,
    /// Where is told what a person had better know.
    pub notices: Notices,
    /// Learns what the program calls the addresses it asks for.
    pub names: Names,
    /// Who knows whether the program listens, so that it is not called when it does not; nobody by default.
    pub listeners: Option<Listeners>,
    /// Connections that may be relayed at once, either way; others find as good as a full backlog.
    /// By default as many as there are descriptors for.
    pub connections: usize,
}

/// Descriptors that are left for other things than relayed connections.
const OTHER_DESCRIPTORS: usize = udp::MAPPINGS + echo::ASKERS + dns::AT_ONCE + 64;

impl GatewayConfig {
    /// The defaults for these places.
    pub fn new(places: Places) -> Self {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let descriptors = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        // With few descriptors, half of them.
        let connections = descriptors.saturating_sub(OTHER_DESCRIPTORS).max(descriptors / 2);
        Self {
            places,
            resolver: Resolver::of_host(),
            hosts: Vec::new(),
            notices: Notices::default(),
            names: Names::new(),
            listeners: None,
            connections,
        }
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
        let room = Room::new(config.connections);
        let relay = Relay::new(Arc::clone(&places), room.clone());
        let mut services = JoinSet::new();
        services.spawn(relay.serve(AnyListener::bind(host)?));
        let datagrams = Datagrams::new(UdpSocket::bind_any(host)?, Arc::clone(&places));
        let own = datagrams.way_here();
        services.spawn(datagrams.serve());
        for at in places.hello() {
            services.spawn(hello::serve(TcpListener::bind(host, at)?));
        }
        let pings = Pings::new(EchoSocket::bind(host)?, Arc::clone(&places), config.notices.clone());
        services.spawn(pings.serve());
        let local = LocalNames::new(Arc::clone(&places), config.hosts, config.resolver.search());
        let forwarder = Forwarder::new(config.resolver, config.notices);
        let names = dns::Server::new(local, forwarder, config.names);
        for at in places.name_server() {
            services.spawn(names.clone().serve_datagrams(UdpSocket::bind(host, at)?));
            services.spawn(names.clone().serve_connections(TcpListener::bind(host, at)?));
        }
        Ok(Self { host: host.clone(), places, room, listeners: config.listeners, own, services })
    }

    /// Brings in what arrives at these ports of the host's, until the gateway is dropped.
    ///
    /// # Errors
    ///
    /// As the system gives them when a socket cannot be watched, or outside a runtime with I/O.
    pub fn publish(&mut self, published: impl IntoIterator<Item = Published>) -> io::Result<()> {
        for published in published {
            let (room, listeners) = (&self.room, self.listeners.as_ref());
            let outlet = Outlet::new(&self.host, &self.places, room, listeners, &self.own, published.port());
            published.serve(outlet, &mut self.services)?;
        }
        Ok(())
    }

    /// Attempts to connect that nobody answered because there was no descriptor for one more
    /// connection. An attempt is repeated by whoever made it, and counted again.
    pub fn turned_away(&self) -> u64 {
        self.room.tally().turned_away()
    }

    /// Connections that were open and broke off because the host's network went away or their peer
    /// fell silent; the program saw a reset.
    pub fn lost(&self) -> u64 {
        self.room.tally().lost()
    }

    /// Waits, when the program has ended, for what it left under way: until every connection has
    /// closed, or nothing has moved for `idle`, or `most` has passed.
    pub async fn drain(&self, idle: Duration, most: Duration) {
        let begun = Instant::now();
        let mut seen = (self.room.tally().moved(), self.host.connections());
        let mut since = begun;
        while seen.1 > 0 && begun.elapsed() < most && since.elapsed() < idle {
            sleep(LOOK_EVERY).await;
            let now = (self.room.tally().moved(), self.host.connections());
            if now != seen {
                (seen, since) = (now, Instant::now());
            }
        }
    }
}
