//! What is to be sent.
//!
//! Over IPv6 a connection keeps its flow label (RFC 6437 §3).

use core::net::IpAddr;
use core::num::NonZeroU16;

use cordial_ip::{Header, Marks, Protocol};
use cordial_tcp::{Dscp, HeaderOut, Instant, Phase, Room, Slices};
use cordial_wire::checksum::Sum;
use cordial_wire::{Checksum, Gso, GsoKind, Segment, SeqNum};

use super::{Head, Stack, Turn};
use crate::connections::{News, Ready};
use crate::key::Key;
use crate::replies::Reply;
use crate::{Chance, LinkConfig, LinkId, Observer, Transmit, What};

/// The most data a super-segment may have: what an IPv4 packet holds beside the longest headers.
const MOST_SUPER: u32 = 65_535 - Header::MAX_LEN as u32 - Segment::MAX_HEADER_LEN as u32;

/// What is about to be sent: the headers are in `head`, or all of it is in `packet`.
enum Out {
    Packet,
    Segment { head: HeadOut, body: Option<Body> },
}

/// Octets of a connection's stream.
#[derive(Clone, Copy)]
struct Body {
    at: u32,
    from: SeqNum,
    len: u32,
}

/// What was put into `head`.
#[derive(Clone, Copy)]
struct HeadOut {
    len: usize,
    checksum: Checksum,
    /// Where the octets to be summed begin, if the checksum waits for the body to be copied.
    unsummed: Option<u16>,
    gso: Option<Gso>,
}

impl<C: Chance, O: Observer> Stack<C, O> {
    /// The next packet for a link, or none for now. To be called while the device has room. Connections take turns,
    /// a segment or super-segment each; all of them together take turns with the answers that belong to none.
    pub fn poll_transmit(&mut self, now: Instant, link: LinkId) -> Option<Transmit<'_>> {
        let now = self.at(now);
        let out = self.next_out(now, link)?;
        self.counters.ip_out_requests += 1;
        Some(match out {
            Out::Packet => Transmit::new(&self.packet, Slices::EMPTY, Checksum::Done, None, None),
            Out::Segment { head: HeadOut { len, checksum, unsummed, gso }, body } => {
                let octets = body.map(|Body { at, from, len }| {
                    self.connections.get(at).map(|socket| socket.tcp.sent_octets(from, len, &self.pool))
                });
                let head = self.head.get(..len).unwrap_or_default();
                Transmit::new(head, octets.flatten().unwrap_or_default(), checksum, gso, unsummed)
            }
        })
    }

    /// True if [`poll_transmit`](Self::poll_transmit) is worth calling.
    pub fn has_output(&self, link: LinkId) -> bool {
        let port = self.links.get(usize::from(link.0));
        port.is_some_and(|port| !port.replies.is_empty() || !port.ready.is_empty())
    }

    fn next_out(&mut self, now: Instant, link: LinkId) -> Option<Out> {
        let config = self.link_config(link);
        let port = self.links.get_mut(usize::from(link.0))?;
        let is_first = port.replies.is_empty() || port.turn == Turn::Connections;
        if is_first && let Some(out) = self.next_segment(now, link, &config) {
            self.links.get_mut(usize::from(link.0))?.turn = Turn::Replies;
            return Some(out);
        }
        let port = self.links.get_mut(usize::from(link.0))?;
        port.turn = Turn::Connections;
        let reply = port.replies.pop()?;
        self.reply_out(reply, &config)
    }

    fn next_segment(&mut self, now: Instant, link: LinkId, config: &LinkConfig) -> Option<Out> {
        while let Some(at) = self.links.get(usize::from(link.0))?.ready.head() {
            if let Some(out) = self.segment_out(now, link, at, config) {
                return Some(out);
            }
        }
        None
    }

    fn reply_out(&mut self, reply: Reply, config: &LinkConfig) -> Option<Out> {
        match reply {
            Reply::Packet(packet) => {
                self.packet = packet;
                Some(Out::Packet)
            }
            Reply::Segment(key, segment) => {
                let marks =
                    Marks { hops: self.config.tcp.hop_limit, flow_label: self.hasher.flow_label(&key) };
                let head = put_head(&mut self.head, &key, &segment, (0, None), marks, config)?;
                Some(Out::Segment { head, body: None })
            }
        }
    }

    /// The connection at the head of the line had its turn: it goes to the end if it has more, or leaves.
    #[inline]
    fn end_turn(&mut self, link: LinkId, at: u32, has_more: bool) {
        let Some(port) = self.links.get_mut(usize::from(link.0)) else { return };
        let links = &mut Ready(&mut self.connections);
        if has_more { port.ready.rotate(links) } else { port.ready.remove(links, at) }
    }

    /// The next segment of the connection at the head of the line.
    #[inline]
    fn segment_out(&mut self, now: Instant, link: LinkId, at: u32, config: &LinkConfig) -> Option<Out> {
        if self.connections.get(at)?.path_news != self.path_news {
            self.catch_up_with_path(now, at);
        }
        let before = self.vars_if_watched(at);
        let socket = self.connections.get_mut(at)?;
        let room = Room { super_segment: most_super(config) };
        // Looked at where it was put: it is large to be moved.
        let Some(out) = &mut socket.tcp.poll_header(now, room) else {
            let has_room_again = socket.tcp.take_room_again(&self.pool);
            self.end_turn(link, at, false);
            if has_room_again {
                self.note(at, News::WRITABLE);
            }
            return None;
        };
        (out.header.source, out.header.destination) = (socket.key.local_port, socket.key.peer_port);
        let HeaderOut { ref header, from, len, gso, why, again } = *out;
        let has_more = socket.tcp.has_output();
        let has_room_again = !has_more && socket.tcp.take_room_again(&self.pool);
        let is_over = !has_more && socket.tcp.phase() == Phase::TimeWait;
        let window_turned = (header.window == 0) != socket.has_told_zero;
        let dscp = socket.tcp.config().dscp;
        let marks = Marks { hops: socket.tcp.config().hop_limit, flow_label: socket.flow_label };
        let head = put_head(&mut self.head, &socket.key, header, (len, gso), marks, config);
        // TCP hands it to IP as it is (RFC 9293 §3.9.2, SHLD-22).
        if dscp != Dscp::default() {
            Header::mark(&mut self.head, dscp.codepoint());
        }
        self.count_segments(len, gso, again);
        self.count_sent(at, why, again, header);
        if window_turned {
            self.count_window(at);
        }
        if self.is_watched() {
            let after = self.vars_of(at);
            let socket = self.connections.get(at)?;
            let body = socket.tcp.sent_octets(from, len, &self.pool);
            debug_assert_eq!(body.len() as u32, len, "what is sent is in the queue");
            let what = What::Sent { header, body, again };
            let fact = crate::Fact { tuple: socket.key.tuple(), what, why, before, after };
            self.observer.fact(now, &fact);
        }
        self.end_turn(link, at, has_more);
        if has_room_again {
            self.note(at, News::WRITABLE);
        }
        self.arm(now, at);
        if is_over {
            self.enter_time_wait(now, at, why);
            self.free_if_done(at);
        }
        let body = (len > 0).then_some(Body { at, from, len });
        Some(Out::Segment { head: head?, body })
    }
}

/// The most data that a super-segment may have on this link; 0 where there are none.
#[inline]
fn most_super(config: &LinkConfig) -> u32 {
    // Whoever cuts segments up has to sum each.
    if config.checksum_offload { config.max_super.min(MOST_SUPER) } else { 0 }
}

/// Puts an IP header in front; the sum of the pseudo-header.
#[inline]
fn put_ip_head(
    out: &mut Head,
    source: IpAddr,
    destination: IpAddr,
    payload_len: usize,
    marks: Marks,
) -> Option<Sum> {
    let header = Header { source, destination, protocol: Protocol::Tcp, payload_len, identification: 0 };
    header.emit_with(marks, out)?;
    Some(header.pseudo_sum())
}

/// Puts the headers of a segment together: of one with so many octets of data, in pieces of that size.
#[inline]
fn put_head(
    out: &mut Head,
    key: &Key,
    segment: &Segment<'_>,
    (len, gso): (u32, Option<NonZeroU16>),
    marks: Marks,
    config: &LinkConfig,
) -> Option<HeadOut> {
    let ip_len = if key.is_v4() { Header::V4_LEN } else { Header::MAX_LEN };
    // The options say how long it is; so it is written first.
    let tcp_len = segment.emit_header(out.get_mut(ip_len..)?).ok()?;
    let payload_len = tcp_len + len as usize;
    // Each family by itself, so that the octets of an address that may be of either are not moved one by one.
    let mut sum = match key.v4() {
        Some(v4) => put_ip_head(out, v4.local_ip(), v4.peer_ip(), payload_len, marks)?,
        None => put_ip_head(out, key.local_ip(), key.peer_ip(), payload_len, marks)?,
    };
    let tcp = out.get_mut(ip_len..ip_len + tcp_len)?;
    let (start, offset) = (ip_len as u16, Segment::CHECKSUM_OFFSET as u16);
    let (field, checksum, unsummed) = if config.checksum_offload {
        (sum.fold(), Checksum::Partial { start, offset }, None)
    } else if len > 0 {
        (sum.fold(), Checksum::Done, Some(start))
    } else {
        sum.add(tcp);
        (sum.finish(), Checksum::Done, None)
    };
    *tcp.get_mut(Segment::CHECKSUM_OFFSET..)?.first_chunk_mut()? = field.to_be_bytes();
    let kind = if key.is_v4() { GsoKind::Tcp4 } else { GsoKind::Tcp6 };
    let header_len = (ip_len + tcp_len) as u16;
    let gso = gso.map(|size| Gso { size, kind, header_len });
    Some(HeadOut { len: ip_len + tcp_len, checksum, unsummed, gso })
}
