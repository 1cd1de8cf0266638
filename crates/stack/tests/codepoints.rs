//! The differentiated services codepoint of a connection (RFC 9293 §3.9.2).

mod common;

use common::{Lab, ms};
use cordial_stack::{ConnId, Dscp, Half};

/// The codepoint and the ECN bits of a packet.
fn class(packet: &[u8]) -> (u8, u8) {
    let octet = if packet[0] >> 4 == 4 { packet[1] } else { (packet[0] << 4) | (packet[1] >> 4) };
    (octet >> 2, octet & 3)
}

fn codepoint(number: u8) -> Dscp {
    Dscp::new(number).expect("six bits")
}

/// What `a`, the caller, sends while `what` is done; and that IPv4's header sums up.
fn sent(lab: &mut Lab, what: impl FnOnce(&mut Lab)) -> Vec<(u8, u8)> {
    lab.tap = Some(Vec::new());
    what(lab);
    lab.run_for(ms(200));
    let packets = lab.tap.take().expect("it was there");
    for packet in packets.iter().filter(|packet| packet[0] >> 4 == 4) {
        let sum: u32 =
            packet[..20].chunks(2).map(|word| (u32::from(word[0]) << 8) | u32::from(word[1])).sum();
        assert_eq!((sum & 0xffff) + (sum >> 16), 0xffff, "{packet:?}");
    }
    let last = |packet: &Vec<u8>| if packet[0] >> 4 == 4 { packet[15] } else { packet[23] };
    packets.iter().filter(|packet| last(packet) == 1).map(|packet| class(packet)).collect()
}

fn open(mut lab: Lab) -> (Lab, ConnId, ConnId) {
    let listener = lab.listen();
    let (client, server) = lab.open(listener);
    (lab, client, server)
}

fn write(client: ConnId) -> impl FnOnce(&mut Lab) {
    move |lab| {
        lab.a.write(lab.now, client, &[7; 700]).expect("open");
    }
}

/// Set at any time, it is in every segment from then on, whatever else the octet says.
/// Shows MUST-48, SHLD-21.
#[test]
fn a_codepoint_is_in_every_segment_from_then_on() {
    for lab in [Lab::new(), Lab::v6()] {
        let (mut lab, client, server) = open(lab);
        let plain = sent(&mut lab, write(client));
        assert!(!plain.is_empty() && plain.iter().all(|&class| class == (0, 0)), "{plain:?}");
        lab.a.stack.set_dscp(client, codepoint(46));
        assert_eq!(lab.a.stack.dscp(client), codepoint(46));
        let text = sent(&mut lab, write(client));
        let acks = sent(&mut lab, |lab| {
            lab.b.write(lab.now, server, &[7; 3000]).expect("open");
        });
        let fin = sent(&mut lab, |lab| lab.a.shutdown(lab.now, client, Half::Write));
        for marked in [text, acks, fin] {
            assert!(!marked.is_empty() && marked.iter().all(|&class| class == (46, 0)), "{marked:?}");
        }
    }
}

/// Shows SHLD-22.
#[test]
fn every_codepoint_reaches_the_wire_unchanged() {
    for lab in [Lab::new(), Lab::v6()] {
        let (mut lab, client, _) = open(lab);
        for number in 0..=Dscp::MAX {
            lab.a.stack.set_dscp(client, codepoint(number));
            let marked = sent(&mut lab, write(client));
            assert!(
                !marked.is_empty() && marked.iter().all(|&class| class == (number, 0)),
                "{number}: {marked:?}"
            );
        }
    }
    assert_eq!(Dscp::new(64), None);
}

/// A caller's settings may name it: then the SYN has it.
/// Shows MUST-48.
#[test]
fn the_syn_has_the_codepoint_of_the_settings() {
    let mut lab = Lab::new();
    lab.listen();
    let config = cordial_stack::TcpConfig { dscp: codepoint(10), ..(**lab.a.stack.tcp_config()).clone() };
    let marked = sent(&mut lab, |lab| {
        lab.connect_with(&std::sync::Arc::new(config));
    });
    assert_eq!(marked, [(10, 0), (10, 0)], "SYN and ACK");
}
