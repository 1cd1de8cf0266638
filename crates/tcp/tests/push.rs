//! How what is written becomes segments (RFC 9293 §3.9.1.2), and how much of it the window lets go (§3.1).

mod common;

use common::notation::parse;
use common::solo::{Solo, plain};
use cordial_tcp::{Room, TcpConfig};
use cordial_wire::Flags;

/// Everything that may go out now: where it begins, how long it is, and whether it says PSH.
fn pieces(solo: &mut Solo) -> Vec<(u32, usize, bool)> {
    let room = Room { super_segment: 1000 };
    std::iter::from_fn(|| {
        let out = solo.connection.poll_segment(solo.now, room, &solo.pool)?;
        Some((out.header.seq.0, out.body.len(), out.header.flags.contains(Flags::PSH)))
    })
    .collect()
}

/// Shows MUST-61.
#[test]
fn the_last_segment_of_what_was_written_is_pushed() {
    let mut solo = Solo::established(plain());
    solo.write(3000);
    assert_eq!(pieces(&mut solo), [(301, 1000, false), (1301, 1000, false), (2301, 1000, true)]);
}

/// Shows MUST-60.
#[test]
fn a_single_octet_does_not_wait_longer_than_for_an_acknowledgment() {
    let mut solo = Solo::established(plain());
    solo.write(1);
    assert_eq!(pieces(&mut solo), [(301, 1, true)]);
    solo.write(1);
    assert_eq!(pieces(&mut solo), [], "another small one is outstanding");
    solo.arrive("ACK seq=101 ack=302");
    assert_eq!(pieces(&mut solo), [(302, 1, true)]);
}

/// Shows SHLD-27.
#[test]
fn pieces_that_wait_go_out_as_one_with_one_push() {
    let mut solo = Solo::established(plain());
    solo.write(1);
    assert_eq!(pieces(&mut solo).len(), 1);
    for _ in 0..3 {
        solo.write(300);
        assert_eq!(pieces(&mut solo), []);
    }
    solo.arrive("ACK seq=101 ack=302");
    assert_eq!(pieces(&mut solo), [(302, 900, true)]);
}

/// A hundred small pieces, written while the congestion window was full, go out in whole segments.
/// Shows SHLD-28.
#[test]
fn small_pieces_behind_a_full_window_become_whole_segments() {
    let mut solo = Solo::established(plain());
    solo.write(20_000);
    let flying = pieces(&mut solo);
    for _ in 0..100 {
        solo.write(100);
        assert_eq!(pieces(&mut solo), []);
    }
    let mut acked = 301 + 1000 * flying.len() as u32;
    let mut later = Vec::new();
    while acked < 301 + 30_000 {
        solo.arrive(&format!("ACK seq=101 ack={acked} wnd=60000"));
        let sent = pieces(&mut solo);
        assert!(!sent.is_empty(), "stuck at {acked}");
        acked += 1000 * sent.len() as u32;
        later.extend(sent);
    }
    assert!(later.iter().all(|&(_, len, _)| len == 1000), "{later:?}");
    assert_eq!(later.iter().filter(|&&(.., pushed)| pushed).count(), 1, "the last one");
}

/// A window of 65,535 is that many octets and nothing negative; they are 85 whole segments of 771.
/// Shows MUST-1.
#[test]
fn the_largest_window_is_filled_to_its_last_octet() {
    let mut solo = Solo::connecting(plain());
    solo.sent();
    solo.arrive("SYN+ACK seq=100 ack=301 mss=771 wnd=65535");
    solo.sent();
    let (mut acked, mut most) = (301, 0);
    for _ in 0..400 {
        let _ = solo.connection.write(solo.now, &[&[7; 50_000]], &mut solo.pool);
        pieces(&mut solo);
        let vars = solo.connection.vars();
        most = most.max(vars.snd_nxt.since(vars.snd_una));
        acked = (acked + 2 * 771).min(vars.snd_nxt.0);
        solo.arrive(&format!("ACK seq=101 ack={acked} wnd=65535"));
    }
    assert_eq!(most, 65_535);
}

/// REC-1: windows are kept and counted in 32 bits.
#[test]
fn a_window_of_a_gigabyte_is_kept_whole() {
    let mut solo = Solo::connecting(TcpConfig { timestamps: false, sack: false, ..TcpConfig::default() });
    solo.sent();
    let mut answer = parse("SYN+ACK seq=100 ack=301 mss=1000");
    answer.options.window_scale = Some(14);
    solo.connection.on_segment(solo.now, &answer, &mut solo.pool);
    solo.arrive("ACK seq=101 ack=301 wnd=65535");
    let vars = solo.connection.vars();
    assert_eq!(vars.snd_wnd, 1_073_725_440);
}

/// RFC 9293 §3.8: whatever goes out once the SYNs are exchanged acknowledges all that has come, in order.
/// Shows RFC9293-3.8-a.
#[test]
fn every_segment_carries_the_current_acknowledgment() {
    let mut solo = Solo::established(plain());
    let room = Room { super_segment: 1000 };
    let mut seen = 0;
    let mut inspect = |solo: &mut Solo| {
        let nxt = solo.connection.vars().rcv_nxt;
        while let Some(out) = solo.connection.poll_segment(solo.now, room, &solo.pool) {
            assert_eq!(out.header.ack(), Some(nxt));
            seen += 1;
        }
    };
    for n in 0..20_u32 {
        solo.write(700);
        inspect(&mut solo);
        let (at, acked) = (101 + 100 * n, solo.connection.vars().snd_nxt.0);
        // Every third comes early: its number does not count yet.
        let at = if n % 3 == 2 { at + 100 } else { at };
        solo.arrive(&format!("DATA seq={at}..{} ack={acked}", at + 100));
        inspect(&mut solo);
        let due = solo.pass(std::time::Duration::from_millis(1));
        assert!(due.is_empty());
    }
    solo.shutdown();
    inspect(&mut solo);
    assert!(seen > 20);
}
