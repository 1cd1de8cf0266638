//! Which small segments wait (RFC 9293 §3.7.4).

mod common;

use common::solo::{Solo, plain};
use cordial_tcp::{Room, TcpConfig};

/// SHLD-7: ten octets three times. The first go by themselves, the others together once those are acknowledged.
/// Shows RFC9293-A.3-a, RFC1122-4.2.3.4-b.
#[test]
fn small_writes_are_gathered_while_a_small_segment_is_outstanding() {
    let mut solo = Solo::established(plain());
    for _ in 0..3 {
        solo.write(10);
    }
    assert_eq!(solo.sent(), ["DATA seq=301..331 ack=101"], "written before anything was sent");
    let mut sent = Vec::new();
    for _ in 0..3 {
        solo.write(10);
        sent.extend(solo.sent());
    }
    assert_eq!(sent, [""; 0], "the small one before is outstanding");
    solo.arrive("ACK seq=101 ack=331");
    assert_eq!(solo.sent(), ["DATA seq=331..361 ack=101"]);
}

/// MUST-17: with Nagle's rule off each write goes out at once; a connection beside it that keeps it gathers.
/// Shows RFC1122-4.2.3.4-b.
#[test]
fn with_nodelay_every_write_goes_at_once() {
    let three = |solo: &mut Solo| {
        let mut sent = Vec::new();
        for _ in 0..3 {
            solo.write(10);
            sent.extend(solo.sent());
        }
        sent.len()
    };
    let mut quick = Solo::established(plain());
    quick.connection.set_nodelay(true);
    assert_eq!(three(&mut quick), 3);
    assert_eq!(three(&mut Solo::established(plain())), 1);
    assert_eq!(three(&mut Solo::established(TcpConfig { nodelay: true, ..plain() })), 3);
}

/// RFC 9293 appendix A.3: what is outstanding is whole, and its ACK may be held back; so the rest goes along.
/// Shows RFC9293-A.3-a.
#[test]
fn a_small_rest_goes_with_the_whole_segment_before_it() {
    let mut solo = Solo::established(plain());
    solo.write(1500);
    assert_eq!(solo.sent(), ["DATA seq=301..1301 ack=101", "DATA seq=1301..1801 ack=101"]);
    // But the next small one has a small one before it.
    solo.write(500);
    assert_eq!(solo.sent(), [""; 0]);
    solo.arrive("ACK seq=101 ack=1301");
    assert_eq!(solo.sent(), [""; 0], "the small one is outstanding still");
    solo.arrive("ACK seq=101 ack=1801");
    assert_eq!(solo.sent(), ["DATA seq=1801..2301 ack=101"]);
}

/// A segment that was small long ago, more than half of sequence space back, keeps nothing waiting.
#[test]
fn a_small_segment_of_long_ago_is_forgotten() {
    let mut solo = Solo::established(plain());
    let acknowledge_all = |solo: &mut Solo| {
        let nxt = solo.connection.vars().snd_nxt.0;
        solo.arrive(&format!("ACK seq=101 ack={nxt} wnd=60000"));
        nxt
    };
    solo.write(10);
    solo.sent();
    let small = acknowledge_all(&mut solo);
    let zeros = vec![0; 60_000];
    while acknowledge_all(&mut solo).wrapping_sub(small) < (1 << 31) + (1 << 18) {
        solo.connection.write(solo.now, &[&zeros], &mut solo.pool).expect("writable");
        while solo.connection.vars().queued > 0 {
            let room = Room { super_segment: 60_000 };
            while solo.connection.poll_segment(solo.now, room, &solo.pool).is_some() {}
            acknowledge_all(&mut solo);
        }
    }
    solo.write(1500);
    assert_eq!(solo.sent().len(), 2);
}
