//! One host.

mod calls;
mod complain;
mod connect;
mod count;
mod datagrams;
mod demux;
mod echo;
mod events;
mod fast_open;
mod fingerprint;
mod icmp;
mod listen;
mod memory;
mod output;
mod passive;
mod pieces;
mod settle;
mod tables;
mod tell;
mod timers;
mod too_big;

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::IpAddr;

use cordial_ip::Header;
use cordial_tcp::{CloseCause, Instant, Phase, Pool, TcpConfig};
use cordial_wire::Segment;

use crate::chain::Chain;
use crate::connections::{Connections, Holder, Socket};
use crate::cookie::Cookies;
use crate::echo::Echoes;
use crate::fast_open::{FastOpenCookies, Memory};
use crate::fragments::Waiting;
use crate::index::{Index, Owner};
use crate::key::{Key, KeyHasher};
use crate::listener::Listeners;
use crate::paths::Paths;
use crate::ports::Ports;
use crate::replies::{Buckets, Replies};
use crate::syn_cache::SynCache;
use crate::time_waits::TimeWaits;
use crate::udp::UdpSockets;
use crate::undecided::Undecided;
use crate::wheel::Wheel;
use crate::{Chance, Config, ConnId, Counters, Event, Info, LinkConfig, LinkId, ListenerId, Observer};

/// One host: its connections, listeners and UDP sockets, over any number of links.
///
/// There are four kinds of method, and any of them may be called at any time:
///
/// * `on_frame`, `on_timer` take what happened.
/// * `poll_transmit`, `poll_event`, `next_deadline` give what to do. Call them after anything else.
/// * plain verbs (`listen`, `connect`, `write`, …) are the application's calls.
/// * `info`, `counters`, `is_readable`, … only look.
///
/// `now` never goes back; a moment earlier than one seen before counts as that one.
///
/// An empty stack owns next to no memory; tables are made when they are needed, and grow by pages. So a clone of a
/// small stack is small, and does the same as the original when it is given the same.
#[derive(Clone, Debug)]
pub struct Stack<C: Chance, O: Observer = ()> {
    config: Arc<Config>,
    chance: C,
    observer: O,
    counters: Counters,
    /// Connections in ESTABLISHED or CLOSE-WAIT.
    established: u32,
    /// The last moment seen: deadlines on their circle are read from here.
    now: Instant,
    links: Vec<Port>,

    hasher: KeyHasher,
    index: Index,
    connections: Connections,
    syn_cache: SynCache,
    undecided: Undecided,
    time_waits: TimeWaits,
    pool: Pool,
    wheel: Wheel,
    /// The connection that the last packet was for.
    last: u32,
    /// Connections that nobody holds: on their way out.
    orphans: u32,

    listeners: Listeners,
    cookies: Cookies,
    /// None until the first caller asks.
    fast_open_cookies: Option<FastOpenCookies>,
    /// What fast open remembers of those we called.
    servers: Memory,
    ports: Ports,
    udp: UdpSockets,
    echo: Echoes,
    fragments: Waiting,
    /// Of the last packet that was sent in pieces.
    fragment_number: Option<u32>,
    paths: Paths,
    /// Counts what is learnt of paths, so that a connection sees that there is something new.
    path_news: u32,
    refusals: Buckets,
    /// Echo replies count for themselves, or a ping would tell how many refusals there were.
    echoes: Buckets,

    /// Connections with something to tell.
    told: Chain,
    /// Connections whose writers wait for memory.
    starved: Chain,
    /// Listeners and UDP sockets with something to tell.
    notes: VecDeque<Event>,
    head: Head,
    packet: Vec<u8>,
}

/// Where the headers of the packet that is being sent are put together.
type Head = [u8; Header::MAX_LEN + Segment::MAX_HEADER_LEN];

/// A link, and what waits for it.
#[derive(Clone, Debug)]
struct Port {
    config: LinkConfig,
    replies: Replies,
    /// Connections with something to send.
    ready: Chain,
    turn: Turn,
}

/// Whose turn it is on a link where both wait: one reply, one segment, so that neither keeps the other from being sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Turn {
    Replies,
    Connections,
}

impl Port {
    fn new(config: LinkConfig) -> Self {
        Self { config, replies: Replies::default(), ready: Chain::EMPTY, turn: Turn::Replies }
    }
}

impl<C: Chance, O: Observer> Stack<C, O> {
    /// A host without connections.
    pub fn new(config: Config, mut chance: C, observer: O) -> Self {
        let mut key = || chance.u64();
        let hasher = KeyHasher::new(key(), key());
        let cookies = Cookies::new(key(), key());
        let ports = Ports::new([key(), key(), key(), key()]);
        let links = config.links.iter().copied().map(Port::new).collect();
        let limits = config.limits;
        let syn_cache = match config.evict_half_open {
            true => SynCache::giving_way(limits.syn_cache),
            false => SynCache::new(),
        };
        Self {
            config: Arc::new(config),
            chance,
            observer,
            counters: Counters::default(),
            established: 0,
            now: Instant::ZERO,
            links,
            hasher,
            index: Index::new(),
            connections: Connections::new(),
            syn_cache,
            undecided: Undecided::new(),
            time_waits: TimeWaits::new(),
            pool: Pool::new(limits.memory),
            wheel: Wheel::new(),
            last: 0,
            orphans: 0,
            listeners: Listeners::new(),
            cookies,
            fast_open_cookies: None,
            servers: Memory::new(limits.fast_open_servers),
            ports,
            udp: UdpSockets::new(),
            echo: Echoes::default(),
            fragments: Waiting::default(),
            fragment_number: None,
            paths: Paths::new(),
            path_news: 0,
            refusals: Buckets::new(limits.refusals_per_second),
            echoes: Buckets::new(limits.refusals_per_second),
            told: Chain::EMPTY,
            starved: Chain::EMPTY,
            notes: VecDeque::new(),
            head: [0; _],
            packet: Vec::new(),
        }
    }

    /// What is counted.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What connections start from: to be changed in a copy and given to `connect` or `listen`.
    pub fn tcp_config(&self) -> &Arc<TcpConfig> {
        &self.config.tcp
    }

    /// Where chance comes from: its state is no part of [`fingerprint`](Self::fingerprint).
    pub fn chance(&self) -> &C {
        &self.chance
    }

    /// Who watches.
    pub fn observer(&self) -> &O {
        &self.observer
    }

    /// Who watches.
    pub fn observer_mut(&mut self) -> &mut O {
        &mut self.observer
    }

    /// Connections in the table: open, waiting to be accepted, closing, or closed and not yet released.
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// Octets of memory that wait in send and receive queues; [`Limits::memory`](crate::Limits::memory) at most.
    pub fn memory_in_use(&self) -> usize {
        self.pool.in_use()
    }

    /// Connections in ESTABLISHED or CLOSE-WAIT: `tcpCurrEstab` (RFC 4022).
    pub fn established(&self) -> usize {
        self.established as usize
    }

    /// Half-open connections.
    pub fn half_open(&self) -> usize {
        self.syn_cache.len()
    }

    /// SYNs that wait for an answer.
    pub fn undecided(&self) -> usize {
        self.undecided.len()
    }

    /// Connections in TIME-WAIT.
    pub fn time_wait(&self) -> usize {
        self.time_waits.len()
    }

    /// Connections that are closing and nobody holds; [`Limits::orphans`](crate::Limits::orphans) at most.
    pub fn orphans(&self) -> usize {
        self.orphans as usize
    }

    /// Connections that wait to be accepted.
    pub fn queued(&self, listener: ListenerId) -> usize {
        self.listeners.get(listener).map_or(0, |listener| listener.queue.len())
    }

    /// What is known of a connection, until it is released.
    pub fn info(&self, id: ConnId) -> Option<Info> {
        self.held(id).map(|socket| self.info_of(socket))
    }

    /// What is known of every connection, whoever holds it, in the order of their places: for those who look at a whole
    /// host, and in proportion to how many there are.
    pub fn infos(&self) -> impl Iterator<Item = Info> {
        self.connections.iter().map(|(_, socket)| self.info_of(socket))
    }

    fn info_of(&self, socket: &Socket) -> Info {
        let mut vars = socket.tcp.vars();
        if !socket.is_indexed && socket.tcp.close_cause().is_none_or(|cause| cause == CloseCause::Graceful) {
            vars.phase = self.phase_left_behind(&socket.key);
        }
        let path = socket.tcp.path();
        Info {
            tuple: socket.key.tuple(),
            phase: vars.phase,
            vars,
            path,
            path_mtu: path.largest.saturating_add(socket.key.header_len()),
            statistics: socket.tcp.statistics(),
            listener: socket.listener,
            cause: cause_of(socket),
            readable: socket.tcp.is_readable(),
            writable: socket.tcp.is_writable(&self.pool),
        }
    }

    /// True if a read would not have to wait: octets, the end, or an error is there, or the connection is gone.
    pub fn is_readable(&self, id: ConnId) -> bool {
        self.held(id).is_none_or(|socket| socket.tcp.is_readable())
    }

    /// True if a write would not have to wait: room or an error is there, or the connection is gone.
    pub fn is_writable(&self, id: ConnId) -> bool {
        self.held(id).is_none_or(|socket| socket.tcp.is_writable(&self.pool))
    }

    /// Changes a link, or adds those up to it.
    pub fn set_link(&mut self, link: LinkId, config: LinkConfig) {
        self.port_mut(link).config = config;
    }

    /// The connection the application holds under that name.
    fn held(&self, id: ConnId) -> Option<&Socket> {
        self.connections.get_named(id.0, id.1).filter(|socket| socket.holder == Holder::Application)
    }

    fn held_index(&self, id: ConnId) -> Option<u32> {
        self.held(id).map(|_| id.0)
    }

    fn conn_id(&self, index: u32) -> ConnId {
        ConnId(index, self.connections.generation(index).unwrap_or(0))
    }

    fn phase_left_behind(&self, key: &Key) -> Phase {
        match self.find(self.hasher.hash(key), key) {
            Some(Owner::TimeWaitV4(_) | Owner::TimeWaitV6(_)) => Phase::TimeWait,
            _ => Phase::Closed,
        }
    }

    /// Whoever a packet between these two ends is for. Packets come in trains, so the connection that the last one was
    /// for is looked at before the index is: while it is indexed, nobody else has its key.
    #[inline]
    fn addressee(&mut self, key: &Key) -> Option<Owner> {
        if self.connections.get(self.last).is_some_and(|socket| socket.is_indexed && socket.key == *key) {
            return Some(Owner::Connection(self.last));
        }
        let owner = self.find(self.hasher.hash(key), key);
        if let Some(Owner::Connection(at)) = owner {
            self.last = at;
        }
        owner
    }

    /// Whoever has these two ends.
    #[inline]
    fn find(&self, hash: u64, key: &Key) -> Option<Owner> {
        self.index.find(hash, |owner| match owner {
            Owner::Connection(at) => self.connections.get(at).is_some_and(|socket| socket.key == *key),
            other => self.owner_key(other).is_some_and(|its| its == *key),
        })
    }

    fn owner_key(&self, owner: Owner) -> Option<Key> {
        match owner {
            Owner::Connection(at) => self.connections.get(at).map(|socket| socket.key),
            Owner::HalfOpen(at) => self.syn_cache.get(at).map(|entry| entry.key),
            Owner::Undecided(at) => self.undecided.get(at).map(|entry| entry.key),
            Owner::TimeWaitV4(_) | Owner::TimeWaitV6(_) => self.time_waits.key(owner),
        }
    }

    fn enter(&mut self, key: &Key, owner: Owner) {
        let hash = self.hasher.hash(key);
        // The index is taken out for the call, so that it may ask the tables for the keys of those that move.
        let mut index = core::mem::replace(&mut self.index, Index::new());
        index.insert(hash, owner, |moved| self.owner_key(moved).map_or(0, |key| self.hasher.hash(&key)));
        self.index = index;
    }

    fn leave(&mut self, key: &Key, owner: Owner) {
        self.index.remove(self.hasher.hash(key), owner);
    }

    /// Remembers the time. It does not go back.
    #[inline]
    fn at(&mut self, now: Instant) -> Instant {
        self.now = self.now.max(now);
        self.now
    }

    fn port_mut(&mut self, link: LinkId) -> &mut Port {
        let at = usize::from(link.0);
        if at >= self.links.len() {
            self.links.resize_with(at + 1, || Port::new(LinkConfig::default()));
        }
        // It is there now; the first link stands in for what cannot be.
        let last = self.links.len() - 1;
        &mut self.links[at.min(last)]
    }

    fn link_config(&self, link: LinkId) -> LinkConfig {
        self.links.get(usize::from(link.0)).map(|port| port.config).unwrap_or_default()
    }

    fn mtu(&self, link: LinkId) -> u16 {
        self.link_config(link).mtu.max(LEAST_MTU)
    }

    /// Octets of data that a segment without options may have on its way over this link (RFC 6691 §2). A packet that the
    /// link carries whole may still come in pieces, so it is no longer than what may be put together (RFC 9293 MUST-67).
    fn mss(&self, link: LinkId, key: &Key) -> u16 {
        let longest = self.config.limits.fragments.clamp(u32::from(LEAST_MTU), u32::from(u16::MAX));
        self.mtu(link).min(longest as u16) - key.header_len()
    }

    /// True if packets to `address` are for this host.
    fn is_ours(&self, address: IpAddr) -> bool {
        self.config.any_address || self.config.addresses.iter().any(|own| own.prefix.address() == address)
    }

    /// True if it stands for many hosts on a link of ours.
    fn is_broadcast(&self, address: IpAddr) -> bool {
        self.config.addresses.iter().any(|own| own.prefix.is_broadcast(address))
    }

    /// Our address for talking to `peer`: one that shares a link with it, or else the first of its family.
    fn source_for(&self, peer: IpAddr) -> Option<IpAddr> {
        let own = || self.config.addresses.iter().map(|own| own.prefix);
        let neighbour = own().find(|prefix| prefix.contains(peer));
        let of_family = || own().find(|prefix| prefix.address().is_ipv4() == peer.is_ipv4());
        neighbour.or_else(of_family).map(|prefix| prefix.address())
    }

    /// The link on the way to `peer`: that of the address whose neighbour it is, or else of the first of its family.
    fn route(&self, peer: IpAddr) -> LinkId {
        let mut own = self.config.addresses.iter();
        let neighbour = own.clone().find(|own| own.prefix.contains(peer));
        let of_family = own.find(|own| own.prefix.address().is_ipv4() == peer.is_ipv4());
        neighbour.or(of_family).map(|own| own.link).unwrap_or_default()
    }
}

/// What every host has to take in one piece (RFC 9293 §3.7.1): IPv4's 576.
const LEAST_MTU: u16 = 576;

/// How it ended. What went into TIME-WAIT ended well.
fn cause_of(socket: &Socket) -> Option<CloseCause> {
    socket.tcp.close_cause().or((!socket.is_indexed).then_some(CloseCause::Graceful))
}
