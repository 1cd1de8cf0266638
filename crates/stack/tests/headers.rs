//! What stands in the headers of everything that is sent, and what is made of the options of whatever arrives
//! (RFC 9293 §3.1 and §3.2).

mod common;

use common::{LINK, Lab, ms};
use cordial_stack::{CloseCause, ConnId, Frame, Half};
use cordial_wire::{Flags, Segment};

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

/// A conversation with octets of odd and even lengths, goodbyes, a reset and a refusal: every packet that was sent.
fn conversation(mut lab: Lab) -> Vec<Vec<u8>> {
    lab.tap = Some(Vec::new());
    let listener = lab.listen();
    let (client, server) = lab.open(listener);
    for len in [1, 2, 3, 999, 1460, 1461, 5000] {
        lab.a.write(lab.now, client, &vec![0xa5; len]).expect("open");
        lab.b.write(lab.now, server, &vec![0x5a; len + 1]).expect("open");
        lab.run_for(ms(100));
        let (mut at_a, mut at_b) = (Vec::new(), Vec::new());
        lab.a.read(lab.now, client, &mut at_a);
        lab.b.read(lab.now, server, &mut at_b);
        assert_eq!((at_a.len(), at_b.len()), (len + 1, len));
    }
    lab.a.shutdown(lab.now, client, Half::Write);
    lab.run_for(ms(100));
    lab.b.shutdown(lab.now, server, Half::Write);
    lab.run_for(ms(100));
    let (client, _) = lab.open(listener);
    lab.a.stack.abort(lab.now, client);
    lab.run_for(ms(100));
    let config = std::sync::Arc::clone(lab.a.stack.tcp_config());
    lab.a.stack.connect(lab.now, None, lab.b.at(81), &config).expect("a call");
    lab.run_for(ms(100));
    lab.tap.take().expect("it was there")
}

/// Addresses and the TCP part of a packet without extension headers.
fn tcp_of(packet: &[u8]) -> (Vec<u8>, &[u8]) {
    match packet[0] >> 4 {
        4 => (packet[12..20].to_vec(), &packet[20..]),
        _ => (packet[8..40].to_vec(), &packet[40..]),
    }
}

/// RFC 1071, by hand.
fn sum(octets: &[u8]) -> u32 {
    octets.chunks(2).map(|word| (u32::from(word[0]) << 8) | u32::from(*word.get(1).unwrap_or(&0))).sum()
}

fn folded(mut sum: u32) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

fn option_area(tcp: &[u8]) -> &[u8] {
    &tcp[20..usize::from(tcp[12] >> 4) * 4]
}

/// Shows MUST-2.
#[test]
fn every_segment_has_its_checksum() {
    for lab in [Lab::new(), Lab::v6()] {
        let packets = conversation(lab);
        let flags = |bit: u8| packets.iter().filter(|packet| tcp_of(packet).1[13] & bit != 0).count();
        assert!(flags(SYN) >= 5 && flags(FIN) >= 2 && flags(RST) >= 2, "all kinds were sent");
        for packet in &packets {
            let (addresses, tcp) = tcp_of(packet);
            let all = sum(&addresses) + 6 + tcp.len() as u32 + sum(tcp);
            assert_eq!(folded(all), 0xffff, "{packet:?}");
        }
    }
}

/// An MSS option stands on a SYN and nowhere else.
/// Shows MUST-65.
#[test]
fn no_segment_but_a_syn_tells_an_mss() {
    let (mut syns, mut others) = (0, 0);
    for packet in conversation(Lab::new()) {
        let (_, tcp) = tcp_of(&packet);
        let tells = walk(option_area(tcp)).contains(&2);
        assert_eq!(tells, tcp[13] & SYN != 0, "{packet:?}");
        (syns, others) = (syns + usize::from(tells), others + usize::from(!tells));
    }
    assert!(syns > 0 && others > 0);
}

/// RFC6691-2-b: IP options would have to be taken off the data too; there are none, as no IPv4 header is longer than 20 octets.
#[test]
fn no_packet_has_ip_options() {
    let packets = conversation(Lab::new());
    assert!(packets.len() > 20 && packets.iter().all(|packet| packet[0] == 0x45));
}

/// The kinds of an option area, by nothing but kinds and lengths; what follows an end of the list is zero.
fn walk(mut area: &[u8]) -> Vec<u8> {
    let mut kinds = Vec::new();
    while let [kind, rest @ ..] = area {
        match kind {
            0 => {
                assert!(rest.iter().all(|&octet| octet == 0), "padding: {area:?}");
                return kinds;
            }
            1 => area = rest,
            _ => {
                let length = usize::from(*rest.first().expect("a length"));
                assert!((2..=area.len()).contains(&length), "{area:?}");
                kinds.push(*kind);
                area = &area[length..];
            }
        }
    }
    kinds
}

/// Shows MUST-68, MUST-69.
#[test]
fn every_option_area_can_be_walked_by_kind_and_length_and_padded_with_zero() {
    let mut kinds: Vec<u8> =
        conversation(Lab::new()).iter().flat_map(|packet| walk(option_area(tcp_of(packet).1))).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds, [2, 3, 4, 8]);
}

/// Once both SYNs are known, every segment but a refusal acknowledges.
/// Shows RFC9293-3.8-a.
#[test]
fn every_segment_after_the_syn_carries_an_acknowledgment() {
    let packets = conversation(Lab::new());
    let first_syn = |tcp: &[u8]| tcp[13] & (SYN | ACK) == SYN;
    for packet in packets {
        let (_, tcp) = tcp_of(&packet);
        assert!(first_syn(tcp) || tcp[13] & (ACK | RST) != 0, "{packet:?}");
    }
}

/// A connection between the hosts of a lab, from the view of `b`, to which `a`'s segments are forged.
struct Forged {
    lab: Lab,
    server: ConnId,
    template: Segment<'static>,
    /// Timestamps that fit.
    stamp: Vec<u8>,
}

impl Forged {
    fn new() -> Self {
        let mut lab = Lab::new();
        lab.tap = Some(Vec::new());
        let listener = lab.listen();
        let (client, server) = lab.open(listener);
        let vars = lab.b.stack.info(server).expect("open").vars;
        let port = lab.a.stack.info(client).expect("open").tuple.local.port();
        let template = Segment {
            source: port,
            destination: 80,
            seq: vars.rcv_nxt,
            ack_number: vars.snd_nxt,
            flags: Flags::ACK,
            window: 5000,
            ..Segment::default()
        };
        let third = lab.tap.take().and_then(|packets| packets.into_iter().nth(2)).expect("a handshake");
        let stamp = tcp_of(&third).1[22..32].to_vec();
        assert_eq!(stamp[..2], [8, 10]);
        Self { lab, server, template, stamp }
    }

    /// A segment of `a`, its options these octets, its checksum right.
    fn packet(&self, flags: Flags, payload: &[u8], area: &[u8]) -> Vec<u8> {
        assert!(area.len().is_multiple_of(4));
        let segment = Segment { flags: flags | self.template.flags, payload, ..self.template };
        let plain = self.lab.packet(true, &segment);
        let (ip, tcp) = plain.split_at(20);
        let mut packet = [ip, &tcp[..20], area, payload].concat();
        let len = packet.len() as u16;
        packet[2..4].copy_from_slice(&len.to_be_bytes());
        packet[10..12].fill(0);
        let header = !folded(sum(&packet[..20]));
        packet[10..12].copy_from_slice(&header.to_be_bytes());
        packet[32] = (((20 + area.len()) / 4) as u8) << 4;
        packet[36..38].fill(0);
        let tcp_len = packet.len() as u32 - 20;
        let checksum = !folded(sum(&packet[12..20]) + 6 + tcp_len + sum(&packet[20..]));
        packet[36..38].copy_from_slice(&checksum.to_be_bytes());
        packet
    }

    fn arrive(&mut self, packet: &[u8]) {
        self.lab.b.stack.on_frame(self.lab.now, LINK, Frame::new(packet));
        self.lab.pump();
    }

    fn received(&self) -> u32 {
        self.lab.b.stack.info(self.server).map_or(0, |info| info.vars.rcv_nxt.since(self.template.seq))
    }
}

/// Timestamps as agreed on, then what nobody knows or needs: each segment is taken as if the rest were not there.
/// Shows MUST-5.
#[test]
fn options_may_stand_on_any_segment() {
    let stamp = Forged::new().stamp;
    let behind = |more: &[u8]| [&stamp[..], more].concat();
    let areas = [
        behind(&[1, 1]),
        behind(&[253, 6, 1, 2, 3, 4]),
        behind(&[2, 4, 0, 100, 3, 3, 14, 4, 2, 1]),
        behind(&[1; 30]),
        behind(&[0, 77]),
    ];
    for area in areas {
        let mut text = Forged::new();
        text.arrive(&text.packet(Flags::PSH, &[7; 100], &area));
        assert_eq!(text.received(), 100, "{area:?}");
        let mut ack = Forged::new();
        ack.lab.b.write(ack.lab.now, ack.server, &[1; 50]).expect("open");
        ack.lab.pump();
        ack.template.ack_number += 50;
        ack.arrive(&ack.packet(Flags::NONE, &[], &area));
        let vars = ack.lab.b.stack.info(ack.server).expect("open").vars;
        assert_eq!((vars.snd_una, vars.snd_mss), (vars.snd_nxt, 1448), "an MSS here means nothing: {area:?}");
        let mut fin = Forged::new();
        fin.arrive(&fin.packet(Flags::FIN, &[], &area));
        assert_eq!(fin.received(), 1, "{area:?}");
        let mut reset = Forged::new();
        reset.arrive(&reset.packet(Flags::RST, &[], &area));
        assert_eq!(reset.lab.b.ended(reset.server), Some(CloseCause::Reset), "{area:?}");
    }
}

/// One bit wrong and it is as if nothing had come; the same octets put right are taken.
/// Shows MUST-3.
#[test]
fn a_damaged_segment_moves_nothing() {
    let mut forged = Forged::new();
    let stamp = [&[1, 1], &forged.stamp[..]].concat();
    let good = forged.packet(Flags::PSH, &[7; 100], &stamp);
    for bit in 0..8 {
        let mut bad = good.clone();
        *bad.last_mut().expect("octets") ^= 1 << bit;
        let before = forged.lab.b.stack.counters().tcp_out_segs;
        forged.arrive(&bad);
        assert_eq!((forged.received(), forged.lab.b.stack.counters().tcp_in_errs), (0, bit + 1));
        assert_eq!(forged.lab.b.stack.counters().tcp_out_segs, before, "no reset and no ACK");
    }
    forged.arrive(&good);
    assert_eq!(forged.received(), 100);
}

/// A SYN whose options make no sense leaves a listener that answers the next.
/// Shows MUST-7.
#[test]
fn a_listener_survives_any_option_area() {
    let mut lab = Lab::new();
    lab.listen();
    let areas: [&[u8]; 6] =
        [&[2, 0, 5, 180], &[8, 1, 1, 1], &[5, 200, 0, 0], &[3, 255, 7, 1], &[254, 0, 2, 4], &[1, 1, 1, 2]];
    for (nth, area) in (0..).zip(areas) {
        let template = Segment {
            source: 1000 + nth,
            destination: 80,
            flags: Flags::SYN,
            window: 5000,
            ..Segment::default()
        };
        let forged = Forged { lab, template, ..Forged::new() };
        let packet = forged.packet(Flags::SYN, &[], area);
        lab = forged.lab;
        lab.inject(true, &packet);
        assert_eq!(
            lab.b.stack.half_open(),
            usize::from(nth) * 2 + 1,
            "{area:?}: what could be read of it counts"
        );
        assert_eq!(lab.b.stack.counters().tcp_malformed_options, u64::from(nth) + 1, "{area:?}");
        let clean = Segment { source: 2000 + nth, ..template };
        let clean = lab.packet(true, &clean);
        lab.inject(true, &clean);
        assert_eq!(lab.b.stack.half_open(), usize::from(nth) * 2 + 2, "{area:?}");
    }
}
