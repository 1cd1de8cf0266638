//! Packets in pieces, both ways.

use alloc::vec::Vec;

use cordial_ip::{Fragment, Packet, split};
use cordial_tcp::Instant;

use super::Stack;
use crate::replies::Reply;
use crate::{Chance, LinkId, Observer};

impl<C: Chance, O: Observer> Stack<C, O> {
    /// A fragment arrived. The last that was missing makes a packet like any other.
    pub(super) fn on_fragment(&mut self, now: Instant, link: LinkId, octets: &[u8]) {
        self.counters.ip_reasm_reqds += 1;
        let fragment = match Fragment::parse(octets) {
            Ok(fragment) => fragment,
            Err(why) => {
                self.counters.ip_reasm_fails += 1;
                return self.on_unreadable(now, link, octets, why);
            }
        };
        if !self.is_ours(fragment.key.destination) {
            return self.counters.ip_in_addr_errors += 1;
        }
        match self.fragments.add(now, link, &fragment, octets, self.config.limits.fragments) {
            Ok(whole) => {
                self.counters.ip_reasm_oks += 1;
                match Packet::parse(&whole) {
                    // Nobody looked at the checksum of the whole.
                    Ok(packet) => self.on_packet(now, link, &packet, true),
                    Err(why) => {
                        self.counters.ip_in_hdr_errors += 1;
                        self.on_unreadable(now, link, &whole, why);
                    }
                }
            }
            Err(given_up) => self.counters.ip_reasm_fails += given_up,
        }
    }

    /// Queues a packet that no connection will be asked for, in pieces if it is too long for the link: all of them, or
    /// false and none.
    pub(super) fn queue_packet(&mut self, link: LinkId, packet: Vec<u8>) -> bool {
        let mtu = usize::from(self.mtu(link));
        if packet.len() <= mtu {
            return self.queue_reply(link, Reply::Packet(packet));
        }
        let number = self.next_fragment_number();
        let Some(fragments) = split(&packet, mtu, number) else { return false };
        let limit = self.config.limits.replies as usize;
        if self.port_mut(link).replies.len() + fragments.len() > limit {
            self.counters.replies_dropped += 1;
            return false;
        }
        self.counters.ip_frag_oks += 1;
        for fragment in fragments {
            self.counters.ip_frag_creates += u64::from(self.queue_reply(link, Reply::Packet(fragment)));
        }
        true
    }

    /// In order from a start that is drawn, so that no two packets under way have the same number for as long as
    /// possible (RFC 6864 §4.3, RFC 8200 §4.5).
    fn next_fragment_number(&mut self) -> u32 {
        let number = match self.fragment_number {
            Some(last) => last.wrapping_add(1),
            None => self.chance.u64() as u32,
        };
        self.fragment_number = Some(number);
        number
    }
}
