//! Segments that cross on the way, each before what the other end has just done (RFC 9293, appendix A.2).

mod common;

use common::{Lab, secs};

/// Both windows are closed, and both ends probe the other at the same moments: by the letter each probe would be
/// unacceptable and its ACK lost. They answer, keep still in between, and go on once somebody reads.
/// Shows RFC9293-A.2-a.
#[test]
fn probes_of_two_closed_windows_cross_without_end() {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let (client, server) = lab.open(listener);
    let octets = vec![7; 400_000];
    let (mut at_a, mut at_b) = (0, 0);
    for _ in 0..20 {
        at_a += lab.a.write(lab.now, client, &octets[at_a..]).expect("open");
        at_b += lab.b.write(lab.now, server, &octets[at_b..]).expect("open");
        lab.run_for(secs(1));
    }
    for (host, id) in [(&lab.a, client), (&lab.b, server)] {
        assert_eq!(host.stack.info(id).expect("open").vars.snd_wnd, 0, "nobody reads");
    }
    lab.tap = Some(Vec::new());
    lab.run_for(secs(60));
    let passed = lab.tap.take().expect("it was there").len();
    assert!((4..60).contains(&passed), "{passed} segments in a minute");
    let (mut from_b, mut from_a) = (Vec::new(), Vec::new());
    for _ in 0..300 {
        at_a += lab.a.write(lab.now, client, &octets[at_a..]).expect("open");
        at_b += lab.b.write(lab.now, server, &octets[at_b..]).expect("open");
        lab.a.read(lab.now, client, &mut from_b);
        lab.b.read(lab.now, server, &mut from_a);
        lab.run_for(secs(1));
    }
    assert!(from_a == octets && from_b == octets, "{} {}", from_a.len(), from_b.len());
}
