//! Routers that throw away what is too long and say nothing (RFC 2923 §2.1, RFC 4821).

mod common;

use common::{Lab, Router, secs};
use cordial_stack::{ConnId, TcpConfig};
use cordial_tcp::MtuProbing;

/// `a` probes its paths like this; the router on the way carries so much.
fn transfer(mtu_probing: MtuProbing, mtu: u16, len: usize) -> (Lab, ConnId) {
    let probing = |config: &mut cordial_stack::Config| {
        config.tcp = TcpConfig { mtu_probing, ..TcpConfig::default() }.into();
    };
    let mut lab = Lab::with(probing, |_| {});
    let listener = lab.listen();
    let (client, server) = lab.open(listener);
    lab.route(Router { tells: false, ..Router::with_mtu(mtu) });
    let octets: Vec<u8> = (0..len).map(|at| (at % 249) as u8).collect();
    assert!(lab.transfer(client, server, &octets) == octets, "path of {mtu}");
    (lab, client)
}

/// RFC2923-2.1-a: the connection goes on after three timeouts of a full segment, and finds out what passes.
#[test]
fn a_connection_comes_through_a_black_hole_and_finds_its_size() {
    for mtu in [1480, 1400, 1280, 1024, 700] {
        let (lab, client) = transfer(MtuProbing::AfterBlackHole, mtu, 2_000_000);
        let found = lab.a.stack.info(client).expect("held").vars.snd_mss + 52;
        assert!(found <= mtu && found + 100 > mtu, "path of {mtu}: {found}");
        assert!(lab.now.as_nanos() < 20_000_000_000, "path of {mtu}: {:?}", lab.now);
    }
}

/// RFC4821-4-a: with probes from the opening on nothing is ever lost but probes, and so the window never shrinks.
#[test]
fn who_probes_from_the_opening_on_meets_no_black_hole() {
    for mtu in [1500, 1400, 1100] {
        let (lab, client) = transfer(MtuProbing::Always, mtu, 2_000_000);
        let vars = lab.a.stack.info(client).expect("held").vars;
        assert!(vars.snd_mss + 52 <= mtu && vars.snd_mss + 52 + 9 > mtu, "path of {mtu}: {}", vars.snd_mss);
        assert_eq!(vars.ssthresh, u32::MAX, "path of {mtu}");
    }
}

/// RFC4821-7.7-a: over IPv6 no segment is made smaller than every link carries.
#[test]
fn over_ipv6_segments_stay_as_large_as_every_link_carries() {
    let mut lab = Lab::v6();
    let listener = lab.listen();
    let config = TcpConfig { mtu_probing: MtuProbing::AfterBlackHole, ..TcpConfig::default() };
    let client = lab.connect_with(&config.into());
    lab.run();
    lab.b.stack.accept(lab.now, listener).expect("open");
    lab.lose(|passing| passing.to_b);
    lab.a.write(lab.now, client, &[7; 5000]).expect("open");
    lab.run_for(secs(60));
    assert_eq!(lab.a.stack.info(client).expect("held").vars.snd_mss, 1280 - 72);
}
