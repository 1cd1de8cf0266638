//! The settings of a stack, and why each default is what it is.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::ops::RangeInclusive;

use cordial_ip::Prefix;
use cordial_tcp::TcpConfig;

use crate::LinkId;

/// The settings of a stack.
#[derive(Clone, Debug)]
pub struct Config {
    /// The addresses this host has. The first of a family that shares a link with the destination, or else the first
    /// of the family, is the source of what the host opens.
    pub addresses: Vec<OwnAddress>,
    /// Answer for every address, as a gateway does. Off: what is for others is dropped and counted.
    pub any_address: bool,
    /// The links, [`LinkId`] being the position. A link beyond the end has the default settings.
    pub links: Vec<LinkConfig>,
    /// What connections start from unless their listener or `connect` says otherwise; TIME-WAIT and half-open
    /// connections time out by this one.
    pub tcp: Arc<TcpConfig>,
    /// The ports that `connect` and `udp_bind` choose from (RFC 6056 §3.2). 32,768 to 65,535: outside of it lie the
    /// registered services people bind by hand.
    pub ephemeral_ports: RangeInclusive<u16>,
    /// Answer SYNs with cookies when the SYN cache is full (RFC 4987 §3.6). On: off, a flood shuts everyone out.
    pub syn_cookies: bool,
    /// Make room when the SYN cache is full, instead of sending cookies: the entry goes that has stood longest among those
    /// that a secret puts beside the newcomer (RFC 4987 §3.3). Off. Where a flood of as many SYNs as the cache has places
    /// comes within an honest caller's round trip, that caller's place outlives it in 45 of 100 cases; a flood of half as
    /// many in 85. Which places go is not for the flood to choose.
    pub evict_half_open: bool,
    /// Answer an ACK that finds the accept queue full with a reset, instead of dropping it. Off: a dropped ACK costs a
    /// caller a second, a reset its connection.
    pub reset_on_overflow: bool,
    /// Answer echo requests that the application does not take ([`echo_bind`](crate::Stack::echo_bind)). On
    /// (RFC 1122 §3.2.2.6).
    pub answer_echo: bool,
    /// Send resets and ICMP errors for what belongs to nothing. On; off makes a silent host.
    pub refuse: bool,
    /// Over IPv4, no word of a router has us send packets of less than so many octets. 552: a link that carries less is
    /// hard to find, and small packets are a burden that anybody could forge (RFC 5927 §7.3). Less than 68 counts as 68
    /// (RFC 791 §3.2). Over IPv6 it is 1,280 (RFC 8200 §5).
    pub least_path_mtu: u16,
    /// The bounds of every table and queue.
    pub limits: Limits,
}

/// An address of this host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OwnAddress {
    /// The address, and how many of its bits its neighbours share.
    pub prefix: Prefix,
    /// The link those neighbours are on.
    pub link: LinkId,
}

/// The settings of one link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LinkConfig {
    /// Octets of the largest IP packet the link carries. 1,500; less than 576 counts as 576, as every host takes that
    /// (RFC 9293 §3.7.1).
    pub mtu: u16,
    /// Octets of data in the largest super-segment the device cuts up by itself; 0, the default: it cuts none.
    pub max_super: u32,
    /// The device completes TCP and UDP checksums. Off.
    pub checksum_offload: bool,
}

/// The bounds of a stack's tables and queues. What is over one is refused and counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Half-open connections, all listeners together. 4,096: at 96 octets each a flood takes 400 KB, then cookies.
    pub syn_cache: u32,
    /// Connections that wait to be accepted, per listener that names no backlog. 1,024, twice what most programs
    /// ask for.
    pub accept_queue: u32,
    /// SYNs that wait for a decision, all listeners together. 1,024: each stands for an attempt to connect elsewhere.
    pub undecided: u32,
    /// Connections in TIME-WAIT. 262,144: 4,300 closes a second for 60 s, in 20 MB. Over it the oldest goes.
    pub time_wait: u32,
    /// Connections. 1,048,576, the scale this is built for: 600 MB when all are idle.
    pub connections: u32,
    /// Connections that are closing and nobody holds any more. 65,536: a sixteenth of all, so that peers who never finish
    /// take no more than that from those who work. Over it one that is let go of is reset at once.
    pub orphans: u32,
    /// Octets of all send and receive buffers together, in chunks taken. 1 GiB.
    pub memory: usize,
    /// Answers that wait for a link: resets, SYN-ACKs, ICMP, datagrams. 4,096, one for each half-open connection.
    pub replies: u32,
    /// Resets and ICMP messages for what belongs to no connection, a second, and at once; echo replies count for
    /// themselves, as many. 25,600: a scan of a host is answered, a flood is not returned in kind (RFC 1812 §4.3.2.8,
    /// RFC 4443 §2.4 (f)).
    ///
    /// Peers do not share them: each 256th of all addresses (of IPv6, of all /64s; which, is secret) has a 256th of
    /// this, rounded up, here 100. What a connection has no use for counts, too. So nobody learns from the answers it
    /// gets which connections others have.
    pub refusals_per_second: u32,
    /// Octets of datagrams that wait in one UDP socket, and of echo requests that wait for the application. 1 MiB:
    /// 10 ms of a gigabit a second, which a reader may be late.
    pub udp_queue: u32,
    /// Servers whose fast-open cookies are remembered, and as many where it did not work. 1,024, in 200 KB at most: what
    /// is over it is asked for again.
    pub fast_open_servers: u32,
    /// Octets of memory for packets in pieces, until the rest arrives or 60 s have passed. 1 MiB: sixteen of the
    /// longest. Of packets there are 64 at most.
    pub fragments: u32,
    /// Hosts whose paths are known to carry less than their links. 4,096, in 300 KB: that many tunnels at once are few
    /// hosts' lot. Over it the one learnt first goes.
    pub paths: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            addresses: Vec::new(),
            any_address: false,
            links: vec![LinkConfig::default()],
            tcp: Arc::new(TcpConfig::default()),
            ephemeral_ports: 32_768..=65_535,
            syn_cookies: true,
            evict_half_open: false,
            reset_on_overflow: false,
            answer_echo: true,
            refuse: true,
            least_path_mtu: 552,
            limits: Limits::default(),
        }
    }
}

impl Config {
    /// A host with these addresses on one link; each address's neighbours are its /24 or /64.
    pub fn host(addresses: &[IpAddr]) -> Self {
        let own = |&address: &IpAddr| {
            let bits = if address.is_ipv4() { 24 } else { 64 };
            OwnAddress { prefix: Prefix::new(address, bits), link: LinkId(0) }
        };
        Self { addresses: addresses.iter().map(own).collect(), ..Self::default() }
    }

    /// A gateway on one link: it answers for every address there is.
    pub fn gateway() -> Self {
        Self { any_address: true, ..Self::default() }
    }
}

impl Default for LinkConfig {
    fn default() -> Self {
        Self { mtu: 1500, max_super: 0, checksum_offload: false }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            syn_cache: 4096,
            accept_queue: 1024,
            undecided: 1024,
            time_wait: 262_144,
            connections: 1 << 20,
            orphans: 1 << 16,
            memory: 1 << 30,
            replies: 4096,
            refusals_per_second: 25_600,
            udp_queue: 1 << 20,
            fast_open_servers: 1024,
            fragments: 1 << 20,
            paths: 4096,
        }
    }
}
