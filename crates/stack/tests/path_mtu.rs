//! Routers on the way that carry less than the links at both ends (RFC 1191, RFC 8201).

mod common;

use common::{Lab, Router, ms, secs};
use cordial_ip::Packet;
use cordial_stack::{ConnId, Half, Instant};
use cordial_wire::Segment;

/// An open connection from `a` to `b`, and what `b` has of it.
fn opened(mut lab: Lab) -> (Lab, ConnId, ConnId) {
    let listener = lab.listen();
    let (client, server) = lab.open(listener);
    (lab, client, server)
}

/// Octets of data in a full segment of `a`.
fn snd_mss(lab: &Lab, client: ConnId) -> u16 {
    lab.a.stack.info(client).expect("held").vars.snd_mss
}

fn text(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8).collect()
}

/// RFC1191-3-a, RFC8201-4-b, RFC9293-3.7.2-a: segments shrink to what the router says, what it threw away goes out again at once, and
/// nothing longer is sent after it.
#[test]
fn segments_shrink_to_what_a_router_says_and_go_out_again_at_once() {
    for (lab, mtu, headers) in [(Lab::new(), 1400, 40), (Lab::v6(), 1400, 60)] {
        let (mut lab, client, server) = opened(lab);
        lab.route(Router::with_mtu(mtu));
        let began = lab.now;
        let octets = text(30_000);
        assert_eq!(lab.transfer(client, server, &octets), octets);
        assert_eq!(snd_mss(&lab, client), mtu - headers - 12);
        assert_eq!(lab.a.stack.info(client).map(|info| info.path_mtu), Some(mtu));
        let tables = lab.a.stack.tables();
        assert!(tables.iter().any(|table| (table.name, table.used) == ("paths", 1)), "{tables:?}");
        let counters = lab.a.stack.counters();
        assert_eq!(counters.path_mtu_updates, 1, "one message of the burst counts");
        assert!(counters.icmp_refused > 5, "the others ask for nothing new");
        assert!(lab.now - began < ms(200), "no timer had to come: {:?}", lab.now - began);
    }
}

/// RFC1191-3-a: packets may not be cut up on their way (DF); RFC7323-5.7-a: with timestamps least of all.
#[test]
fn what_is_sent_over_ipv4_must_not_be_cut_up() {
    let (mut lab, client, _) = opened(Lab::new());
    lab.a.write(lab.now, client, &text(5000)).expect("open");
    let mut count = 0;
    while let Some(transmit) = lab.a.stack.poll_transmit(lab.now, common::LINK) {
        let mut octets = vec![0; transmit.len()];
        transmit.write_to(&mut octets);
        assert_eq!(octets[6] & 0x60, 0x40, "DF and no more fragments");
        let segment = Segment::parse(&octets[20..]).expect("a segment");
        assert!(segment.options.timestamps.is_some());
        count += 1;
    }
    assert!(count >= 3, "{count}");
}

/// RFC1191-5-a: a router that says no number stands for the usual one below.
#[test]
fn an_old_router_leads_from_plateau_to_plateau() {
    let (mut lab, client, server) = opened(Lab::new());
    lab.route(Router { is_old: true, ..Router::with_mtu(1100) });
    let octets = text(30_000);
    let mut sizes = Vec::new();
    lab.a.write(lab.now, client, &octets).expect("open");
    let mut read = Vec::new();
    while read.len() < octets.len() {
        sizes.push(snd_mss(&lab, client) + 52);
        let next = lab.next_moment().expect("not over");
        lab.step_to(next);
        lab.b.read(lab.now, server, &mut read);
    }
    sizes.dedup();
    assert_eq!((sizes, read), (vec![1500, 1492, 1006], octets));
}

/// RFC8201-4-a: a message that says less than any link of IPv6 carries is not believed. RFC5927-x-a: over IPv4 it stands
/// for the least that is sensible.
#[test]
fn nobody_has_us_send_tiny_packets() {
    for (lab, said, left) in [
        (Lab::v6(), 1000, 1500 - 72),
        (Lab::v6(), 1279, 1500 - 72),
        (Lab::v6(), 1280, 1280 - 72),
        (Lab::new(), 68, 552 - 52),
        (Lab::new(), 0, 1492 - 52),
        (Lab::new(), 551, 552 - 52),
        (Lab::new(), 553, 553 - 52),
    ] {
        let (mut lab, client, _) = opened(lab);
        let sent = first_sent(&mut lab, client, 5000);
        inject_too_big(&mut lab, &sent, said);
        assert_eq!(snd_mss(&lab, client), left, "{said}");
    }
}

/// RFC5927-x-a: the least is configured, down to what IPv4 has to carry.
#[test]
fn the_least_mtu_is_a_setting() {
    for (least, left) in [(68, 100 - 52), (576, 576 - 52), (0, 100 - 52)] {
        let (mut lab, client, _) = opened(Lab::with(|config| config.least_path_mtu = least, |_| {}));
        let sent = first_sent(&mut lab, client, 5000);
        inject_too_big(&mut lab, &sent, 100);
        assert_eq!(snd_mss(&lab, client), left, "{least}");
    }
}

/// RFC1191-3-b: no message makes segments longer.
#[test]
fn no_message_makes_segments_longer() {
    let (mut lab, client, _) = opened(Lab::new());
    let sent = first_sent(&mut lab, client, 5000);
    for (said, left) in [(9000, 1448), (1500, 1448), (1400, 1348), (1450, 1348), (1500, 1348)] {
        inject_too_big(&mut lab, &sent, said);
        assert_eq!(snd_mss(&lab, client), left, "{said}");
    }
    assert_eq!(lab.a.stack.counters().icmp_refused, 4);
}

/// RFC8201-5.2-a: what one connection learns of a path holds for all to the same host, and for new ones, until it is too
/// old; other hosts are not concerned.
#[test]
fn all_connections_to_a_host_learn_what_one_learnt_until_it_is_too_old() {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let (first, _) = lab.open(listener);
    let (second, _) = lab.open(listener);
    let sent = first_sent(&mut lab, first, 5000);
    inject_too_big(&mut lab, &sent, 1400);
    assert_eq!((snd_mss(&lab, first), snd_mss(&lab, second)), (1348, 1448));
    lab.a.write(lab.now, second, &text(5000)).expect("open");
    lab.run();
    assert_eq!(snd_mss(&lab, second), 1348, "told before it sends");
    let (third, _) = lab.open(listener);
    assert_eq!(snd_mss(&lab, third), 1348);
    lab.run_for(secs(599));
    assert_eq!([first, second, third].map(|id| snd_mss(&lab, id)), [1348; 3]);
    lab.run_for(secs(2));
    assert_eq!([first, second, third].map(|id| snd_mss(&lab, id)), [1448; 3]);
    let (fourth, _) = lab.open(listener);
    assert_eq!(snd_mss(&lab, fourth), 1448);
}

/// RFC2923-2.3-a: the MSS that a SYN names is what we can take, whatever a path to somebody carries.
#[test]
fn a_syn_names_the_mss_of_the_link() {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let (first, _) = lab.open(listener);
    let sent = first_sent(&mut lab, first, 5000);
    inject_too_big(&mut lab, &sent, 1300);
    lab.connect();
    let named = sent_packets(&mut lab).iter().find_map(|octets| {
        let packet = Packet::parse(octets).expect("a packet");
        Segment::parse(packet.payload).expect("a segment").options.mss
    });
    assert_eq!(named, Some(1460));
}

/// RFC8201-5.4-a: the MSS that the peer named still holds, and a longer path changes nothing about it.
#[test]
fn the_peer_s_mss_still_holds() {
    let (mut lab, client, _) = opened(Lab::with(|_| {}, |config| config.links[0].mtu = 1200));
    assert_eq!(snd_mss(&lab, client), 1148);
    let sent = first_sent(&mut lab, client, 5000);
    inject_too_big(&mut lab, &sent, 1400);
    assert_eq!(snd_mss(&lab, client), 1148);
    inject_too_big(&mut lab, &sent, 1100);
    assert_eq!(snd_mss(&lab, client), 1048);
    lab.run_for(secs(601));
    assert_eq!(snd_mss(&lab, client), 1148);
}

/// The end of a connection over a path that turns out narrow at the last moment: the FIN follows the last piece (C67).
#[test]
fn corner_c67_the_fin_moves_to_the_last_of_the_new_segments() {
    let (mut lab, client, server) = opened(Lab::new());
    lab.route(Router::with_mtu(1000));
    lab.a.write(lab.now, client, &text(1400)).expect("open");
    lab.a.shutdown(lab.now, client, Half::Write);
    lab.run_for(ms(25));
    lab.assert_ladder(
        "SYN_SENT --> SYN seq=0 --> SYN_RCVD
         ESTABLISHED <-- SYN+ACK seq=0 ack=1 <-- SYN_RCVD
         ESTABLISHED --> ACK seq=1 ack=1 --> ESTABLISHED
         FIN_WAIT_1 --> FIN+DATA seq=1..1401 ack=1 --> lost
         FIN_WAIT_1 --> DATA seq=1..949 ack=1 --> ESTABLISHED
         FIN_WAIT_1 --> FIN+DATA seq=949..1401 ack=1 --> CLOSE_WAIT",
    );
    let mut read = Vec::new();
    lab.run_for(secs(1));
    assert!(lab.b.read(lab.now, server, &mut read).is_some(), "the end came");
    assert_eq!(read, text(1400));
}

/// Memory for paths is bounded, and none at all is possible: the connection remembers for itself.
#[test]
fn without_memory_for_paths_a_connection_remembers_its_own() {
    let (mut lab, client, _) = opened(Lab::with(|config| config.limits.paths = 0, |_| {}));
    let sent = first_sent(&mut lab, client, 5000);
    inject_too_big(&mut lab, &sent, 1400);
    assert_eq!(snd_mss(&lab, client), 1348);
    lab.run_for(secs(601));
    assert_eq!(snd_mss(&lab, client), 1448);
}

/// Writes, and gives the first packet that `a` sends. None of them arrives yet.
fn first_sent(lab: &mut Lab, client: ConnId, octets: usize) -> Vec<u8> {
    lab.a.write(lab.now, client, &text(octets)).expect("open");
    sent_packets(lab).swap_remove(0)
}

/// All that `a` has to send: lost.
fn sent_packets(lab: &mut Lab) -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    while let Some(transmit) = lab.a.stack.poll_transmit(lab.now, common::LINK) {
        let mut octets = vec![0; transmit.len()];
        transmit.write_to(&mut octets);
        packets.push(octets);
    }
    packets
}

/// A router's word about a packet that `a` sent. What it causes is not sent yet.
fn inject_too_big(lab: &mut Lab, sent: &[u8], mtu: u16) {
    let original = Packet::parse(sent).expect("a packet");
    let message = cordial_ip::icmp::too_big(&original, mtu).expect("due");
    let now: Instant = lab.now;
    lab.a.stack.on_frame(now, common::LINK, cordial_stack::Frame::new(&message));
}
