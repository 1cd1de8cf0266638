//! From a packet to what it belongs to.

use core::net::IpAddr;

use cordial_ip::address::can_connect;
use cordial_ip::{Packet, PacketError, Protocol};
use cordial_tcp::{Instant, Refusal, Rule, TimeWaitNext, Vars, listen, reset_for};
use cordial_wire::{Checksum, Control, Flags, Options, Segment, SeqNum, checksum};

use super::Stack;
use crate::index::Owner;
use crate::key::Key;
use crate::{Chance, Frame, LinkId, Observer};

impl<C: Chance, O: Observer> Stack<C, O> {
    /// An IP packet arrived. What it causes is done when this returns; what is to be sent waits for
    /// [`poll_transmit`](Self::poll_transmit).
    pub fn on_frame(&mut self, now: Instant, link: LinkId, frame: Frame<'_>) {
        let now = self.at(now);
        self.counters.ip_in_receives += 1;
        match &Packet::parse(frame.octets) {
            Ok(packet) => self.on_packet(now, link, packet, frame.checksum == Checksum::Unknown),
            Err(PacketError::Fragment) => self.on_fragment(now, link, frame.octets),
            Err(PacketError::Extension) => self.counters.ip_in_unknown_protos += 1,
            Err(why) => {
                self.counters.ip_in_hdr_errors += 1;
                self.on_unreadable(now, link, frame.octets, *why);
            }
        }
    }

    /// A whole packet arrived; `verify` says that nobody looked at its checksum.
    #[inline]
    pub(super) fn on_packet(&mut self, now: Instant, link: LinkId, packet: &Packet<'_>, verify: bool) {
        match packet.protocol {
            Protocol::Tcp => self.on_tcp(now, link, packet, verify),
            Protocol::Udp => self.on_udp(now, link, packet, verify),
            Protocol::Icmp | Protocol::Icmpv6 => self.on_icmp(now, link, packet),
            Protocol::Other(_) => self.on_unknown_protocol(now, link, packet),
        }
    }

    #[inline]
    fn on_tcp(&mut self, now: Instant, link: LinkId, packet: &Packet<'_>, verify: bool) {
        self.counters.tcp_in_segs += 1;
        // Looked at where it was put: it is large to be moved.
        let Ok(segment) = &Segment::parse(packet.payload) else {
            return self.on_malformed(now, packet);
        };
        let key = key_of(packet, segment);
        if verify && !checksum::verify(packet.pseudo_sum(), packet.payload) {
            self.counters.tcp_in_errs += 1;
            self.counters.tcp_in_csum_errors += 1;
            return self.tell_received(now, &key, segment, Err(Refusal::BadChecksum), Default::default());
        }
        self.count_options(&segment.options);
        match self.addressee(&key) {
            Some(Owner::Connection(at)) => self.pass_to_connection(now, at, segment),
            Some(Owner::HalfOpen(at)) => self.pass_to_half_open(now, link, at, segment),
            Some(Owner::Undecided(at)) => self.pass_to_undecided(now, at, segment),
            Some(owner) => self.pass_to_time_wait(now, link, owner, &key, segment),
            None if self.may_open(&key) => self.pass_to_listener(now, link, &key, segment, None),
            None => {
                self.counters.ip_in_addr_errors += 1;
                self.tell_received(now, &key, segment, Err(Refusal::BadAddress), Default::default());
            }
        }
    }

    /// What is wrong with them and harms nobody.
    #[inline]
    fn count_options(&mut self, options: &Options) {
        if options.malformed {
            self.counters.tcp_malformed_options += 1;
        }
        if options.has_excess_shift() {
            self.counters.tcp_excess_shifts += 1;
        }
    }

    /// No segment: counted, and told of as far as it says whose it would be.
    fn on_malformed(&mut self, now: Instant, packet: &Packet<'_>) {
        self.counters.tcp_in_errs += 1;
        if let Some(segment) = Segment::fixed_part(packet.payload) {
            let key = key_of(packet, &segment);
            self.tell_received(now, &key, &segment, Err(Refusal::Malformed), Default::default());
        }
    }

    /// True if such a connection could be: two single hosts, one of them us, no socket talking to itself (the "land"
    /// packet), no loopback address that calls from outside (RFC 1122 §3.2.1.3 (g)), port 0 on neither side.
    fn may_open(&self, key: &Key) -> bool {
        let (local, peer) = (key.local_ip(), key.peer_ip());
        can_connect(local, peer)
            && self.is_ours(local)
            && !self.is_broadcast(local)
            && !self.is_broadcast(peer)
            && key.local_port != 0
            && key.peer_port != 0
            && (local, key.local_port) != (peer, key.peer_port)
            && may_come_from(peer, local)
    }

    #[inline]
    fn pass_to_connection(&mut self, now: Instant, at: u32, segment: &Segment<'_>) {
        let before = self.vars_if_watched(at);
        let Some(socket) = self.connections.get_mut(at) else { return };
        let is_syn = segment.flags.contains(Flags::SYN);
        let outcome = match is_syn {
            true => socket.tcp.on_segment(now, &socket.key.with_default_mss(segment), &mut self.pool),
            false => socket.tcp.on_segment(now, segment, &mut self.pool),
        };
        self.count_received(outcome.did, segment);
        if outcome.did.is_err()
            && let Some(key) = self.connections.get(at).map(|socket| socket.key)
        {
            self.cost_as_stranger(now, &key, segment);
        }
        if self.is_watched() {
            let key = self.connections.get(at).map(|socket| socket.key);
            let after = self.vars_of(at);
            if let Some(key) = key {
                self.tell_received(now, &key, segment, outcome.did, (before, after));
            }
        }
        if is_syn {
            self.learn_fast_open(now, at);
        }
        self.settle(now, at, outcome, before);
    }

    fn pass_to_time_wait(
        &mut self,
        now: Instant,
        link: LinkId,
        owner: Owner,
        key: &Key,
        segment: &Segment<'_>,
    ) {
        // The wait itself, and what resets may do to it, are the host's to set: nothing else is known of the connection
        // any more, and all wait equally long. What tells a new SYN from an old one is for the listener to say that
        // would take it (RFC 6191 §2): its numbers decide where it has no timestamps.
        let taker = match segment.control() {
            Control::Syn => self.listeners.find(key.local()).and_then(|id| self.listeners.get(id)),
            _ => None,
        };
        let config = taker.map_or(&self.config.tcp, |listener| &listener.tcp);
        let Some(state) = self.time_waits.state_mut(owner) else { return };
        let before = state.vars();
        let outcome = state.on_segment(now, segment, config);
        let after = match outcome.next {
            TimeWaitNext::Forget => Vars::default(),
            _ => state.vars(),
        };
        if let TimeWaitNext::Reopen { above } = outcome.next {
            return self.reopen(now, link, owner, key, segment, above);
        }
        self.tell_received(now, key, segment, outcome.did, (before, after));
        if let Err(why) = outcome.did {
            self.counters.paws_estab += u64::from(why == Refusal::OldTimestamp);
            self.cost_as_stranger(now, key, segment);
        }
        if let Some(reply) = outcome.reply {
            self.reply(now, link, key, reply, Rule::SendAck, (after, after));
        }
        match outcome.next {
            TimeWaitNext::Restarted => self.time_waits.restart(owner),
            TimeWaitNext::Forget => {
                self.leave(key, owner);
                self.time_waits.remove(owner);
            }
            TimeWaitNext::Stay | TimeWaitNext::Reopen { .. } => {}
        }
    }

    /// A connection in TIME-WAIT gives way to a SYN that is surely newer, once there is a place to keep the SYN. Until
    /// then the wait goes on, and the SYN comes again.
    fn reopen(
        &mut self,
        now: Instant,
        link: LinkId,
        owner: Owner,
        key: &Key,
        syn: &Segment<'_>,
        above: SeqNum,
    ) {
        let vars = self.time_waits.state_mut(owner).map(|state| state.vars()).unwrap_or_default();
        let Some(id) = self.listeners.find(key.local()) else {
            // Nobody to open to: what CLOSED would say.
            self.tell_received(now, key, syn, Err(Refusal::Closed), (vars, vars));
            return self.refuse(now, link, key, syn);
        };
        if let Err(why) = listen(syn) {
            return self.tell_received(now, key, syn, Err(why), (vars, vars));
        }
        // No cookie where there is no place: its ISS could not be made to lie after `above`.
        if let Err(why) = self.has_place_for_syn(id) {
            self.counters.listen_drops += 1;
            return self.tell_received(now, key, syn, Err(why), (vars, vars));
        }
        self.counters.time_waits_reopened += 1;
        self.leave(key, owner);
        self.time_waits.remove(owner);
        self.pass_to_listener(now, link, key, syn, Some(above));
    }

    /// What CLOSED answers (RFC 9293 §3.10.7.1): a reset, where there is anything to reset and not too many were sent.
    pub(super) fn refuse(&mut self, now: Instant, link: LinkId, key: &Key, segment: &Segment<'_>) {
        let Some(reset) = reset_for(segment).filter(|_| self.config.refuse) else { return };
        if !self.may_refuse(now, key.peer_ip()) {
            return;
        }
        self.reply(now, link, key, reset, Rule::NoConnection, Default::default());
    }

    /// A segment that its connection has no use for spends what it would if there were none: else the resets that are
    /// left for others of the same bucket would tell a stranger, who forges the segments, which connections there are
    /// (RFC 5961 §7).
    pub(super) fn cost_as_stranger(&mut self, now: Instant, key: &Key, segment: &Segment<'_>) {
        let is_refused = match self.listeners.find(key.local()) {
            Some(_) => listen(segment) == Err(Refusal::NotSyn),
            None => true,
        };
        if is_refused && self.config.refuse && reset_for(segment).is_some() {
            self.refusals.take(now, self.hasher.hash_peer(key.peer_ip()));
        }
    }

    /// False, and counted, if this peer was refused too often lately.
    pub(super) fn may_refuse(&mut self, now: Instant, peer: IpAddr) -> bool {
        let may = self.refusals.take(now, self.hasher.hash_peer(peer));
        self.counters.refusals_limited += u64::from(!may);
        may
    }

    /// Queues a segment that no connection will be asked for.
    pub(super) fn reply(
        &mut self,
        now: Instant,
        link: LinkId,
        key: &Key,
        segment: Segment<'static>,
        why: Rule,
        vars: (Vars, Vars),
    ) {
        let again = matches!(why, Rule::SynAgain | Rule::Timeout);
        let segment = Segment { source: key.local_port, destination: key.peer_port, ..segment };
        if !self.queue_reply(link, crate::replies::Reply::Segment(*key, segment)) {
            return;
        }
        self.count_reply(why, &segment);
        debug_assert!(segment.control() != Control::Fin, "a FIN belongs to a connection");
        if self.is_watched() {
            let what = crate::What::Sent { header: &segment, body: cordial_tcp::Slices::EMPTY, again };
            self.tell(now, key, what, why, vars);
        }
    }

    /// False, and counted, if the link's queue is full.
    pub(super) fn queue_reply(&mut self, link: LinkId, reply: crate::replies::Reply) -> bool {
        let limit = self.config.limits.replies;
        let is_kept = self.port_mut(link).replies.push(reply, limit);
        self.counters.replies_dropped += u64::from(!is_kept);
        is_kept
    }
}

/// False for what calls itself from inside this host and came over a link to an address that is not (RFC 1122 §3.2.1.3
/// (g), RFC 9293 MUST-63). Where the link itself is a loopback, both ends are of it.
fn may_come_from(source: IpAddr, destination: IpAddr) -> bool {
    destination.is_loopback() || !source.is_loopback() && source != destination
}

#[inline]
fn key_of(packet: &Packet<'_>, segment: &Segment<'_>) -> Key {
    Key::new(packet.destination, segment.destination, packet.source, segment.source)
}
