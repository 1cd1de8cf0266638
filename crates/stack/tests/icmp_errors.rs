//! ICMP errors and the connections they are about (RFC 9293 §3.9.2.2, RFC 5927, RFC 5461).

mod common;

use common::{LINK, Lab, secs};
use cordial_ip::icmp::{self, parameter_problem, too_big, unreachable};
use cordial_ip::{Packet, Problem, Unreachable};
use cordial_stack::{CloseCause, ConnId, Frame};
use cordial_wire::checksum::Sum;

/// Two open connections from `a`, text of both on its way: the first packet of each.
fn two_connections(mut lab: Lab) -> (Lab, [(ConnId, Vec<u8>); 2]) {
    let listener = lab.listen();
    let ids = [lab.open(listener).0, lab.open(listener).0];
    let sent = ids.map(|id| {
        lab.a.write(lab.now, id, &[7; 3000]).expect("open");
        let packet = lab.a.drain(lab.now).swap_remove(0);
        (id, packet)
    });
    (lab, sent)
}

/// A message about a packet of `a`'s reaches it, sent by whoever makes it of the packet.
fn hears(lab: &mut Lab, about: &[u8], message: impl FnOnce(&Packet<'_>) -> Option<Vec<u8>>) {
    let octets = message(&Packet::parse(about).expect("a packet")).expect("due");
    lab.a.stack.on_frame(lab.now, LINK, Frame::new(&octets));
}

fn mss(lab: &Lab, id: ConnId) -> u16 {
    lab.a.stack.info(id).expect("held").vars.snd_mss
}

/// RFC1122-3.2.2-b, MUST-54, RFC9293-3.9.2.2-a, RFC5927-4.2-a:
/// an error reaches the connection whose packet it quotes and no other; one that
/// quotes no connection of ours reaches none.
#[test]
fn an_error_reaches_the_connection_that_it_is_about() {
    for lab in [Lab::new(), Lab::v6()] {
        let (mut lab, [(first, _), (second, packet)]) = two_connections(lab);
        let full = mss(&lab, first);
        hears(&mut lab, &packet, |packet| too_big(packet, 1300));
        assert_eq!([mss(&lab, first), mss(&lab, second)], [full, full - 200]);
        let before = lab.a.stack.counters().icmp_in_errors;
        let ports = if lab.a.address.is_ipv4() { 20 } else { 40 };
        for port in [ports + 1, ports + 3] {
            let mut other = packet.clone();
            other[port] ^= 0x55;
            hears(&mut lab, &other, |packet| too_big(packet, 1290));
            hears(&mut lab, &other, |packet| unreachable(packet, Unreachable::Port));
        }
        assert_eq!([mss(&lab, first), mss(&lab, second)], [full, full - 200]);
        assert_eq!(lab.a.stack.counters().icmp_in_errors, before + 4);
    }
}

/// RFC5927-4.1-a: an error about what is not in flight is not believed, and counted.
#[test]
fn an_error_about_nothing_in_flight_is_not_believed() {
    for (moved, counted) in [(-1_i32, 1), (0, 0), (2895, 0), (2896, 1)] {
        let mut lab = Lab::new();
        lab.listen();
        let client = lab.connect();
        let syn = lab.a.drain(lab.now).swap_remove(0);
        let mut other = syn.clone();
        // A SYN is one position.
        let seq = u32::from_be_bytes(other[24..28].try_into().expect("four"));
        let moved = if moved > 0 { moved - 2895 } else { moved };
        other[24..28].copy_from_slice(&seq.wrapping_add_signed(moved).to_be_bytes());
        hears(&mut lab, &other, |packet| unreachable(packet, Unreachable::Port));
        lab.pump();
        assert_eq!(lab.a.stack.counters().icmp_refused, counted, "{moved}");
        assert_eq!(lab.a.ended(client).is_some(), counted == 0, "{moved}");
    }
}

/// MUST-56, RFC9293-3.9.2.2-a: errors that may pass never end a connection; SHLD-25: the last is told, should it time out.
#[test]
fn errors_that_may_pass_end_no_connection_but_are_told_at_the_end() {
    for lab in [Lab::new(), Lab::v6()] {
        let (mut lab, [(first, packet), _]) = two_connections(lab);
        for why in [Unreachable::Network, Unreachable::Host, Unreachable::Admin] {
            hears(&mut lab, &packet, |packet| unreachable(packet, why));
        }
        hears(&mut lab, &packet, |packet| parameter_problem(packet, Problem { code: 0, at: 8 }));
        hears(&mut lab, &packet, icmp::reassembly_timeout);
        assert_eq!(lab.a.stack.counters().icmp_refused, 0, "all were heard");
        lab.run_for(secs(1));
        assert_eq!(
            (lab.a.ended(first), lab.a.stack.info(first).expect("held").vars.in_flight),
            (None, 0),
            "delivered"
        );

        lab.lose(|passing| passing.to_b);
        lab.a.write(lab.now, first, &[7; 10]).expect("open");
        let packet = lab.a.drain(lab.now).swap_remove(0);
        hears(&mut lab, &packet, |packet| unreachable(packet, Unreachable::Host));
        lab.run_for(secs(400));
        assert_eq!(lab.a.ended(first), Some(CloseCause::Unreachable));
    }
}

/// SHLD-26, RFC5927-5.2-a: an error that is for good ends a connection that opens, and none that is open: anybody who guesses
/// numbers could say so.
#[test]
fn an_error_for_good_ends_an_opening_connection_and_no_open_one() {
    for lab in [Lab::new(), Lab::v6()] {
        let (mut lab, [(first, packet), _]) = two_connections(lab);
        hears(&mut lab, &packet, |packet| unreachable(packet, Unreachable::Port));
        lab.run_for(secs(1));
        assert_eq!(lab.a.ended(first), None);
        let opening = lab.connect();
        let syn = lab.a.drain(lab.now).swap_remove(0);
        hears(&mut lab, &syn, |packet| unreachable(packet, Unreachable::Port));
        lab.pump();
        assert_eq!(lab.a.ended(opening), Some(CloseCause::Refused));
    }
}

/// Redirects about a packet of `a`'s: from a stranger, from the peer itself, and to a gateway that nobody could reach; of
/// each of the four codes.
fn redirects(about: &[u8]) -> Vec<Vec<u8>> {
    let octets = too_big(&Packet::parse(about).expect("a packet"), 1300).expect("due");
    let (stranger, peer) = ([10, 0, 0, 77], [10, 0, 0, 2]);
    let near = [10, 0, 0, 99];
    let variants = [(stranger, near), (peer, near), (peer, [8, 8, 8, 8])];
    let all = variants.into_iter().flat_map(|variant| (0..4).map(move |code| (variant, code)));
    let forge = |((source, gateway), code): (([u8; 4], [u8; 4]), u8)| {
        let mut redirect = octets.clone();
        redirect[12..16].copy_from_slice(&source);
        redirect[20..28].copy_from_slice(&[&[5, code, 0, 0], &gateway[..]].concat());
        redirect[10..12].fill(0);
        for (place, whole) in [(10, 0..20), (22, 20..redirect.len())] {
            let mut sum = Sum::new();
            sum.add(&redirect[whole]);
            redirect[place..place + 2].copy_from_slice(&sum.finish().to_be_bytes());
        }
        redirect
    };
    all.map(forge).collect()
}

/// RFC792-b: there is one way out, and no redirect is heeded. The connection goes on, and should it end, it ends as if
/// there had been none.
#[test]
fn redirects_are_ignored() {
    let (mut lab, [(first, packet), _]) = two_connections(Lab::new());
    let full = mss(&lab, first);
    let hear = |lab: &mut Lab, about: &[u8]| {
        redirects(about)
            .iter()
            .for_each(|redirect| lab.a.stack.on_frame(lab.now, LINK, Frame::new(redirect)));
        assert_eq!(lab.a.stack.counters().icmp_in_errors, 0, "each was read");
        assert_eq!((lab.a.ended(first), mss(lab, first)), (None, full));
    };
    hear(&mut lab, &packet);
    lab.run_for(secs(1));
    assert_eq!(lab.a.stack.info(first).expect("held").vars.in_flight, 0, "delivered by the old way");
    lab.lose(|passing| passing.to_b);
    lab.a.write(lab.now, first, &[7; 10]).expect("open");
    let packet = lab.a.drain(lab.now).swap_remove(0);
    hear(&mut lab, &packet);
    lab.run_for(secs(400));
    assert_eq!(lab.a.ended(first), Some(CloseCause::TimedOut));
}

/// RFC792-a: each type that is known is read where its checksum is right, and none where it is not.
#[test]
fn icmp_messages_are_read_where_their_checksum_is_right() {
    let (mut lab, [(first, packet), _]) = two_connections(Lab::new());
    let octets = too_big(&Packet::parse(&packet).expect("a packet"), 1300).expect("due");
    let full = mss(&lab, first);
    for bit in [161, 170, 185, 200, 300] {
        let mut bent = octets.clone();
        bent[bit / 8] ^= 1 << (bit % 8);
        lab.a.stack.on_frame(lab.now, LINK, Frame::new(&bent));
        assert_eq!(mss(&lab, first), full, "bit {bit}");
    }
    assert_eq!(lab.a.stack.counters().icmp_in_errors, 5);
    for kind in [0, 5, 8, 11, 12, 13, 14] {
        let mut other = octets.clone();
        let sum = u16::from_be_bytes([other[22], other[23]]);
        // One's complement: what the type gains, the sum loses.
        let carried = u32::from(sum) + 0x0304 + 0xffff - (u32::from(kind) << 8 | 4);
        let sum = (carried & 0xffff) + (carried >> 16);
        other[20] = kind;
        other[22..24].copy_from_slice(&(sum as u16).to_be_bytes());
        lab.a.stack.on_frame(lab.now, LINK, Frame::new(&other));
        assert_eq!((lab.a.ended(first), mss(&lab, first)), (None, full), "type {kind}");
    }
    assert_eq!(lab.a.stack.counters().icmp_in_errors, 5, "each was read");
    lab.a.stack.on_frame(lab.now, LINK, Frame::new(&octets));
    assert_eq!(mss(&lab, first), full - 200);
}
