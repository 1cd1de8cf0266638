//! What the user's calls do in each state (RFC 9293 §3.10.1 to §3.10.5), and what becomes due (§3.10.8).

mod common;

use std::time::Duration;

use common::notation::parse;
use common::solo::{Solo, plain};
use cordial_tcp::{CloseCause, Effects, FastOpenCall, Half, Phase, ReadError, Room, TcpConfig, WriteError};
use cordial_wire::FastOpen;

const CLOSED_BY_US: [Phase; 5] =
    [Phase::FinWait1, Phase::FinWait2, Phase::Closing, Phase::LastAck, Phase::TimeWait];

impl Solo {
    fn try_write(&mut self, octets: usize) -> Result<usize, WriteError> {
        self.connection.write(self.now, &[&vec![7; octets]], &mut self.pool)
    }
}

/// Shows RFC9293-3.10.2-a.
#[test]
fn what_is_written_while_opening_waits_until_it_is_open() {
    let mut calling = Solo::in_state(Phase::SynSent);
    assert_eq!(calling.try_write(10), Ok(10));
    assert!(calling.sent().is_empty());
    assert_eq!(calling.answers("SYN+ACK seq=100 ack=301 mss=1000"), ["DATA seq=301..311 ack=101"]);
    let mut crossing = Solo::in_state(Phase::SynReceived);
    assert_eq!(crossing.try_write(10), Ok(10));
    assert!(crossing.sent().is_empty());
    assert_eq!(crossing.answers("ACK seq=101 ack=301"), ["DATA seq=301..311 ack=101"]);
}

/// Shows RFC9293-3.10.2-b.
#[test]
fn nothing_is_written_behind_our_fin() {
    for phase in CLOSED_BY_US {
        let mut solo = Solo::in_state(phase);
        assert_eq!(solo.try_write(1), Err(WriteError::Shutdown), "{phase}");
        assert!(solo.sent().is_empty(), "{phase}");
    }
}

/// Shows RFC9293-3.10.2-c.
#[test]
fn close_wait_sends_as_before() {
    let mut solo = Solo::in_state(Phase::CloseWait);
    assert_eq!(solo.try_write(10_000), Ok(10_000));
    let mut acked = 301;
    while acked < 10_301 {
        let sent = solo.sent();
        assert!(!sent.is_empty(), "stuck at {acked}");
        acked += 1000 * sent.len() as u32;
        solo.arrive(&format!("ACK seq=102 ack={acked}"));
    }
    assert_eq!(solo.connection.vars().snd_una.0, 10_301);
    assert_eq!(solo.phase(), Phase::CloseWait);
}

/// Shows RFC9293-3.10.3-a.
#[test]
fn what_waits_is_read_before_the_end() {
    let mut solo = Solo::established(plain());
    solo.arrive("FIN+DATA seq=101..106 ack=301");
    assert_eq!(solo.phase(), Phase::CloseWait);
    assert_eq!((solo.read(100), solo.read(100)), (Ok(5), Err(ReadError::End)));
    for phase in [Phase::Closing, Phase::LastAck, Phase::TimeWait] {
        assert_eq!(Solo::in_state(phase).read(100), Err(ReadError::End), "{phase}");
    }
}

/// Shows RFC9293-3.10.4-b.
#[test]
fn a_close_while_opening_from_both_ends_sends_its_fin_once_the_syn_is_acknowledged() {
    let mut solo = Solo::in_state(Phase::SynReceived);
    solo.shutdown();
    assert!(solo.sent().is_empty());
    assert_eq!(solo.answers("ACK seq=101 ack=301"), ["FIN+ACK seq=301 ack=101"]);
    assert_eq!(solo.phase(), Phase::FinWait1);
    // With something to say before, the FIN stands behind it.
    let mut solo = Solo::in_state(Phase::SynReceived);
    solo.write(10);
    solo.shutdown();
    assert_eq!(solo.answers("ACK seq=101 ack=301"), ["FIN+DATA seq=301..311 ack=101"]);
}

/// Shows RFC9293-3.10.4-c.
#[test]
fn closing_twice_sends_one_fin() {
    for phase in CLOSED_BY_US {
        let mut solo = Solo::in_state(phase);
        let before = solo.connection.vars().snd_nxt;
        solo.shutdown();
        assert!(solo.sent().is_empty(), "{phase}");
        solo.release();
        assert!(solo.sent().is_empty(), "{phase}");
        assert_eq!(solo.connection.vars().snd_nxt, before, "{phase}");
    }
    // What does go out is the same one again.
    let mut solo = Solo::in_state(Phase::FinWait1);
    solo.shutdown();
    let again = solo.pass(Duration::from_secs(5));
    assert!(
        !again.is_empty() && again.iter().all(|(_, sent)| sent == "FIN+ACK seq=301 ack=101"),
        "{again:?}"
    );
}

/// Shows RFC9293-3.10.4-d.
#[test]
fn a_close_in_close_wait_sends_all_that_is_queued_and_then_its_fin() {
    let mut solo = Solo::in_state(Phase::CloseWait);
    solo.arrive("ACK seq=102 ack=301 wnd=10000");
    assert_eq!(solo.try_write(50_000), Ok(50_000));
    solo.shutdown();
    assert_eq!(solo.phase(), Phase::LastAck);
    let mut acked = 301;
    while acked < 50_301 {
        let sent = solo.sent();
        assert!(!sent.is_empty() && sent.iter().all(|segment| segment.starts_with("DATA")), "{sent:?}");
        acked += 1000 * sent.len() as u32;
        solo.arrive(&format!("ACK seq=102 ack={acked} wnd=10000"));
    }
    // The last octets filled the window, so that the FIN had to wait for another.
    assert_eq!(solo.sent(), ["FIN+ACK seq=50301 ack=102"]);
    assert_eq!(solo.phase(), Phase::LastAck);
    solo.arrive("ACK seq=102 ack=50302 wnd=10000");
    assert_eq!(solo.phase(), Phase::Closed);
}

/// Shows RFC9293-3.10.5-a.
#[test]
fn an_abort_resets_where_the_peer_counts_on_the_connection() {
    let counted_on =
        [Phase::SynReceived, Phase::Established, Phase::FinWait1, Phase::FinWait2, Phase::CloseWait];
    for phase in counted_on {
        let mut solo = Solo::in_state(phase);
        let nxt = solo.connection.vars().snd_nxt;
        assert_eq!(solo.abort(), Some(format!("RST seq={nxt}")), "{phase}");
        assert!(solo.sent().is_empty() && solo.abort().is_none(), "{phase}");
        assert!(solo.pass(Duration::from_secs(300)).is_empty(), "{phase}");
        assert_eq!(solo.phase(), Phase::Closed, "{phase}");
    }
    // With octets in flight and queued: at SND.NXT, and they are forgotten.
    let mut solo = Solo::established(plain());
    solo.write(20_000);
    let sent = solo.sent().len() as u32;
    assert_eq!(solo.abort(), Some(format!("RST seq={}", 301 + 1000 * sent)));
    assert!(solo.pass(Duration::from_secs(300)).is_empty());
    assert_eq!(solo.pool.in_use(), 0, "nothing is held any more");
}

/// Shows RFC9293-3.10.5-b.
#[test]
fn an_abort_is_silent_where_nobody_counts_on_it() {
    for phase in [Phase::SynSent, Phase::Closing, Phase::LastAck, Phase::TimeWait] {
        let mut solo = Solo::in_state(phase);
        assert_eq!(solo.abort(), None, "{phase}");
        assert!(solo.pass(Duration::from_secs(300)).is_empty(), "{phase}");
        assert_eq!(solo.phase(), Phase::Closed, "{phase}");
    }
}

/// Shows RFC9293-3.10.7.3-d, RFC9293-3.9.1.5-a.
#[test]
fn a_syn_ack_opens_with_its_window_unscaled() {
    let mut solo = Solo::connecting(TcpConfig { timestamps: false, sack: false, ..TcpConfig::default() });
    solo.sent();
    let mut answer = parse("SYN+ACK seq=100 ack=301 mss=1000 wnd=3000");
    answer.options.window_scale = Some(7);
    solo.connection.on_segment(solo.now, &answer, &mut solo.pool);
    assert_eq!(solo.phase(), Phase::Established);
    assert_eq!(solo.connection.vars().snd_wnd, 3000);
    assert_eq!(solo.sent(), ["ACK seq=301 ack=101"]);
}

/// Shows RFC9293-3.10.7.4-d.
#[test]
fn a_reset_flushes_the_queues_and_wakes_whoever_waits() {
    for phase in [Phase::Established, Phase::FinWait1, Phase::FinWait2, Phase::CloseWait] {
        let mut solo = Solo::in_state(phase);
        if matches!(phase, Phase::Established | Phase::CloseWait) {
            solo.write(20_000);
            solo.sent();
        }
        let reset = format!("RST seq={}", solo.connection.vars().rcv_nxt);
        let outcome = solo.arrive(&reset);
        assert!(outcome.effects.contains(Effects::READABLE | Effects::WRITABLE | Effects::ENDED), "{phase}");
        assert!(outcome.reply.is_none() && solo.sent().is_empty(), "{phase}");
        assert_eq!((solo.phase(), solo.cause()), (Phase::Closed, Some(CloseCause::Reset)), "{phase}");
        assert_eq!(solo.try_write(1), Err(WriteError::Closed(CloseCause::Reset)), "{phase}");
        // In CLOSE-WAIT the peer had said all that it had to say.
        let read =
            if phase == Phase::CloseWait { ReadError::End } else { ReadError::Closed(CloseCause::Reset) };
        assert_eq!(solo.read(1), Err(read), "{phase}");
        assert_eq!(solo.pool.in_use(), 0, "{phase}");
    }
}

/// The first step: what lies outside the window is answered by an ACK, a reset by nothing.
/// Shows RFC9293-3.10.7.4-a.
#[test]
fn an_unacceptable_segment_is_answered_and_a_reset_is_not() {
    let synchronized = [
        Phase::SynReceived,
        Phase::Established,
        Phase::FinWait1,
        Phase::FinWait2,
        Phase::CloseWait,
        Phase::Closing,
        Phase::LastAck,
    ];
    for phase in synchronized {
        let mut solo = Solo::in_state(phase);
        let vars = solo.connection.vars();
        let (nxt, us) = (vars.rcv_nxt.0, vars.snd_nxt);
        let ack = [format!("ACK seq={us} ack={nxt}")];
        for outside in [nxt - 50, nxt + vars.rcv_wnd + 1] {
            assert!(solo.answers(&format!("RST seq={outside}")).is_empty(), "{phase} {outside}");
            assert_eq!(solo.answers(&format!("ACK seq={outside} ack={us}")), ack, "{phase} {outside}");
            let text = format!("DATA seq={outside}..{} ack={us}", outside + 10);
            assert_eq!(solo.answers(&text), ack, "{phase} {outside}");
            assert_eq!((solo.phase(), solo.connection.vars().rcv_nxt.0), (phase, nxt), "{outside}");
        }
    }
}

/// RFC 9293 §3.10.8: whatever the state, who is not answered is given up, and who waits is told.
/// Shows RFC9293-3.10.8-a.
#[test]
fn a_peer_that_is_gone_ends_the_connection_in_every_state() {
    let outstanding = [
        Phase::SynSent,
        Phase::SynReceived,
        Phase::Established,
        Phase::FinWait1,
        Phase::CloseWait,
        Phase::Closing,
        Phase::LastAck,
    ];
    for phase in outstanding {
        let mut solo = Solo::in_state(phase);
        if matches!(phase, Phase::Established | Phase::CloseWait) {
            solo.write(5000);
        }
        solo.pass(Duration::from_secs(600));
        assert_eq!(solo.phase(), Phase::Closed, "{phase}");
        let cause = if phase == Phase::SynSent { CloseCause::Unanswered } else { CloseCause::TimedOut };
        assert_eq!(solo.cause(), Some(cause), "{phase}");
        assert!(!solo.connection.deadline(solo.now).is_set() && solo.pool.in_use() == 0, "{phase}");
        assert_eq!(solo.try_write(1), Err(WriteError::Closed(cause)), "{phase}");
    }
}

/// Shows RFC9293-3.10.8-b.
#[test]
fn a_timeout_sends_the_first_segment_again() {
    let second = Duration::from_millis(1_300);
    let mut syn = Solo::connecting(plain());
    assert_eq!(syn.sent(), ["SYN seq=300"]);
    assert_eq!(syn.pass(second), [(1000, "SYN seq=300".to_owned())]);
    let mut syn_ack = Solo::connecting(plain());
    syn_ack.sent();
    assert_eq!(syn_ack.answers("SYN seq=100 mss=1000"), ["SYN+ACK seq=300 ack=101"]);
    assert_eq!(syn_ack.pass(second)[0].1, "SYN+ACK seq=300 ack=101");
    let mut text = Solo::established(plain());
    text.write(3000);
    assert_eq!(text.sent().len(), 3);
    let again = text.pass(second);
    assert_eq!(again[0].1, "DATA seq=301..1301 ack=101");
    assert!(text.connection.vars().timers.retransmit.is_set(), "and the timer runs on");
    let mut fin = Solo::established(plain());
    fin.shutdown();
    assert_eq!(fin.sent(), ["FIN+ACK seq=301 ack=101"]);
    assert_eq!(fin.pass(second)[0].1, "FIN+ACK seq=301 ack=101");
}

/// RFC 9293 §3.10.7.4 and MUST-58: ten segments that wait are one input, and draw one ACK.
#[test]
fn ten_segments_in_order_draw_one_acknowledgment() {
    let mut solo = Solo::established(plain());
    let mut replies = 0;
    for n in 0..10 {
        let at = 101 + 1000 * n;
        replies += usize::from(solo.arrive(&format!("DATA seq={at}..{} ack=301", at + 1000)).reply.is_some());
    }
    assert_eq!((replies, solo.sent()), (0, vec!["ACK seq=301 ack=10101".to_owned()]));
}

/// MUST-59: the whole batch first. The hole is filled by its last segment, and no ACK tells of the time before.
#[test]
fn a_batch_that_fills_a_hole_draws_one_acknowledgment() {
    let mut solo = Solo::established(plain());
    let mut replies = 0;
    for n in (1..10).chain([0]) {
        let at = 101 + 1000 * n;
        replies += usize::from(solo.arrive(&format!("DATA seq={at}..{} ack=301", at + 1000)).reply.is_some());
    }
    assert_eq!((replies, solo.sent()), (0, vec!["ACK seq=301 ack=10101".to_owned()]));
}

/// The right edge, RCV.NXT + RCV.WND, as the peer is told it, never moves back, whatever is read and in what pieces.
/// Shows RFC9293-3.10.7.4-q.
#[test]
fn the_right_edge_never_moves_back() {
    for (piece, reads) in [(1000, 0), (1000, 300), (137, 0), (137, 1000), (1000, 2500)] {
        let mut solo = Solo::established(TcpConfig { receive_buffer: 8000, ..plain() });
        let room = Room { super_segment: 1000 };
        let (mut at, mut edge) = (101, 0);
        for _ in 0..60 {
            let _ = solo.read(reads);
            solo.arrive(&format!("DATA seq={at}..{} ack=301", at + piece));
            while let Some(out) = solo.connection.poll_segment(solo.now, room, &solo.pool) {
                let told = out.header.ack_number.0 + u32::from(out.header.window);
                assert!(told >= edge, "{edge} before, now {told}: {piece} at a time, {reads} read");
                edge = told;
            }
            at = solo.connection.vars().rcv_nxt.0;
        }
        assert!(edge > 101 + 7000, "it was told at all: {edge}");
    }
}

/// Octets went out with the SYN: whatever part of them the answer acknowledges, it opens, and the rest is sent again.
/// Shows RFC9293-3.10.7.3-b.
#[test]
fn a_syn_ack_may_take_any_part_of_what_rode_on_the_syn() {
    let rest = [
        (301, "DATA seq=301..401 ack=101"),
        (351, "DATA seq=351..401 ack=101"),
        (401, "ACK seq=401 ack=101"),
    ];
    for (taken, expected) in rest {
        let mut solo = Solo::connecting(TcpConfig { fast_open: true, ..plain() });
        let option = FastOpen::new(&[1; 8]).expect("a cookie");
        solo.connection.call_fast(FastOpenCall { option, mss: 1000 });
        solo.write(100);
        assert_eq!(solo.sent(), ["SYN+DATA seq=300..401"]);
        assert_eq!(solo.answers(&format!("SYN+ACK seq=100 ack={taken} mss=1000")), [expected]);
        assert_eq!(solo.phase(), Phase::Established);
    }
}

/// What rode on the SYN was sent before any window was known. What of it is sent again stays inside the window of the
/// answer, and what that leaves out is as if never sent: the ACK stays inside, too, and a closed window is asked about as
/// always, by the persist timer (RFC 9293 §3.8.6.1).
#[test]
fn what_rode_on_the_syn_goes_again_inside_the_window() {
    let opened = |wnd: u16| {
        let mut solo = Solo::connecting(TcpConfig { fast_open: true, window_scaling: true, ..plain() });
        let option = FastOpen::new(&[1; 8]).expect("a cookie");
        solo.connection.call_fast(FastOpenCall { option, mss: 1000 });
        solo.write(100);
        assert_eq!(solo.sent(), ["SYN+DATA seq=300..401"]);
        let answers = solo.answers(&format!("SYN+ACK seq=100 ack=301 mss=1000 wnd={wnd}"));
        (solo, answers)
    };
    let (mut solo, answers) = opened(40);
    assert_eq!(answers, ["DATA seq=301..341 ack=101"]);
    assert_eq!(solo.answers("ACK seq=101 ack=341 wnd=1000"), ["DATA seq=341..401 ack=101"]);
    let (mut solo, answers) = opened(0);
    assert_eq!(answers, ["ACK seq=301 ack=101"]);
    let later: Vec<_> = solo.pass(Duration::from_secs(2)).into_iter().map(|(_, segment)| segment).collect();
    assert_eq!(later, ["ACK seq=300 ack=101"; 3]);
    assert_eq!(solo.answers("ACK seq=101 ack=301 wnd=1000"), ["DATA seq=301..401 ack=101"]);
}

/// Octets on the SYN-ACK of an open that goes on by itself are for nobody: they are not acknowledged, and when they come
/// again they are refused with a reset (SHLD-3, RFC 2525 §2.17).
#[test]
fn octets_on_a_syn_ack_for_nobody_are_refused() {
    let mut solo = Solo::connecting(plain());
    solo.write(5);
    solo.sent();
    solo.release();
    assert_eq!(solo.answers("SYN+ACK+DATA seq=100..110 ack=301 mss=1000"), ["FIN+DATA seq=301..306 ack=101"]);
    let outcome = solo.arrive("DATA seq=101..110 ack=301");
    assert!(outcome.reply.is_some(), "a reset");
    assert_eq!((solo.phase(), solo.cause()), (Phase::Closed, Some(CloseCause::UnreadData)));
}

/// Once nobody will read, octets that lie ahead of a hole are kept no longer, nor those that follow.
#[test]
fn what_nobody_will_read_takes_no_memory() {
    let mut solo = Solo::established(plain());
    solo.arrive("DATA seq=1101..2101 ack=301");
    assert!(solo.pool.in_use() > 0);
    solo.connection.shutdown(solo.now, Half::Read, &mut solo.pool);
    assert_eq!(solo.pool.in_use(), 0);
    solo.arrive("DATA seq=3101..4101 ack=301");
    solo.arrive("DATA seq=101..1101 ack=301");
    assert_eq!(solo.connection.vars().rcv_nxt.0, 2101);
    solo.arrive("DATA seq=2101..3101 ack=301");
    assert_eq!((solo.connection.vars().rcv_nxt.0, solo.pool.in_use()), (4101, 0));
}

/// Who waits for room hears when there is none to wait for any more, and when a larger buffer makes some.
#[test]
fn a_writer_that_waits_hears_of_the_end_and_of_a_larger_buffer() {
    let full = || {
        let mut solo = Solo::established(TcpConfig { send_buffer: 3000, ..plain() });
        solo.write(3000);
        solo.sent();
        assert!(!solo.connection.want_room(&solo.pool));
        solo
    };
    let mut solo = full();
    assert!(solo.shutdown().effects.contains(Effects::WRITABLE));
    assert!(!solo.shutdown().effects.contains(Effects::WRITABLE), "once");
    let mut solo = full();
    assert_eq!(solo.connection.set_send_buffer(3000, &solo.pool), Effects::empty());
    assert_eq!(solo.connection.set_send_buffer(3001, &solo.pool), Effects::WRITABLE);
    assert_eq!(solo.connection.room(&solo.pool), 1);
}

/// With a send buffer of nothing, nothing could ever be written: it is one octet at least.
#[test]
fn there_is_always_some_send_buffer() {
    let mut solo = Solo::established(TcpConfig { send_buffer: 0, ..plain() });
    assert_eq!((solo.try_write(10), solo.try_write(10)), (Ok(1), Ok(0)));
    assert_eq!(solo.sent().len(), 1);
    assert!(solo.arrive("ACK seq=101 ack=302").effects.contains(Effects::WRITABLE));
    assert_eq!(solo.try_write(10), Ok(1));
}
