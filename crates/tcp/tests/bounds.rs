//! What a peer can make a connection keep, do or believe has bounds.

use std::sync::Arc;
use std::time::Duration;

use cordial_tcp::{
    Connection, Instant, Keepalive, Phase, Pool, Refusal, Room, Rule, TcpConfig, WINDOW_SHIFT,
};
use cordial_wire::{Flags, Options, Segment, SeqNum, Timestamps};

const MSS: u16 = 1460;

/// One end with every option agreed on. Our ISS is 300, the peer's 100.
struct End {
    connection: Connection,
    pool: Pool,
    now: Instant,
    timestamps: bool,
}

impl End {
    fn open(config: TcpConfig) -> Self {
        let now = Instant::from_millis(1_000);
        let timestamps = config.timestamps;
        let connection = Connection::connect(now, SeqNum(300), 0, MSS, &Arc::new(config));
        let mut end = Self { connection, pool: Pool::new(64 << 20), now, timestamps };
        end.poll();
        let options = Options {
            mss: Some(MSS),
            window_scale: Some(WINDOW_SHIFT),
            sack_permitted: true,
            ..Options::default()
        };
        let flags = Flags::SYN | Flags::ACK;
        let opened = end.arrive(Segment {
            seq: SeqNum(100),
            ack_number: SeqNum(301),
            flags,
            window: 65_535,
            options,
            ..Segment::default()
        });
        assert_eq!(opened, Ok(Rule::SynAcked));
        assert_eq!(end.connection.phase(), Phase::Established);
        end.poll();
        end
    }

    fn arrive(&mut self, mut segment: Segment<'_>) -> Result<Rule, Refusal> {
        if self.timestamps {
            let value = 1 + (self.now.as_millis() as u32);
            segment.options.timestamps.get_or_insert(Timestamps { value, echo: 0 });
        }
        self.connection.on_segment(self.now, &segment, &mut self.pool).did
    }

    fn data(&mut self, seq: u32, octets: &[u8]) -> Result<Rule, Refusal> {
        let flags = Flags::ACK;
        self.arrive(Segment {
            seq: SeqNum(seq),
            ack_number: SeqNum(301),
            flags,
            window: 512,
            payload: octets,
            ..Segment::default()
        })
    }

    /// Acknowledges up to `ack`, and `blocks` beyond.
    fn ack(&mut self, ack: u32, blocks: &[(u32, u32)]) -> Result<Rule, Refusal> {
        let mut options = Options::default();
        for &(start, end) in blocks {
            options.sack.push(SeqNum(start), SeqNum(end));
        }
        let (flags, window) = (Flags::ACK, 65_535);
        self.arrive(Segment {
            seq: SeqNum(101),
            ack_number: SeqNum(ack),
            flags,
            window,
            options,
            ..Segment::default()
        })
    }

    /// Lets everything out: how many octets each segment had, and whether it went out again.
    fn poll(&mut self) -> Vec<(usize, bool)> {
        let mut sent = Vec::new();
        while let Some(out) = self.connection.poll_segment(self.now, Room { super_segment: 0 }, &self.pool) {
            sent.push((out.body.map(<[u8]>::len).sum(), out.again));
        }
        sent
    }
}

/// RFC 9293 §3.8.6: however small the segments, a reader that never reads is sent no more than its buffer.
#[test]
fn a_reader_that_never_reads_is_sent_its_buffer_and_no_more() {
    for size in [1, 100, 127, 1_000, 1_460] {
        let mut end = End::open(TcpConfig { timestamps: false, ..TcpConfig::default() });
        let limit = end.connection.config().receive_buffer;
        let octets = vec![7; size];
        let mut seq = 101;
        for _ in 0..(2 * limit as usize / size) {
            // As much as the window lets through; an acknowledgment after each.
            let room = (end.connection.vars().rcv_wnd as usize).min(size);
            let _ = end.data(seq, &octets[..room]);
            seq += room as u32;
            end.poll();
        }
        let unread = end.connection.vars().unread;
        assert!(unread <= limit + 127, "{unread} octets of {limit}, {size} at a time");
        assert!(unread + 2 * u32::from(MSS) > limit, "and the buffer is used: {unread} of {limit}");
    }
}

/// A peer that acknowledges single octets here and there (as in CVE-2019-11478) makes neither a long log nor tiny
/// segments of what was sent.
#[test]
fn selective_acknowledgments_of_single_octets_shred_nothing() {
    let mut end = End::open(TcpConfig { timestamps: false, ..TcpConfig::default() });
    end.connection.write(end.now, &[&vec![7; 1 << 20]], &mut end.pool).unwrap();
    // The window opens while the peer acknowledges in order.
    let mut una = 301;
    for _ in 0..300 {
        end.poll();
        una += 2 * u32::from(MSS);
        if una >= end.connection.vars().snd_nxt.0 {
            break;
        }
        end.ack(una, &[]).unwrap();
    }
    end.poll();
    let nxt = end.connection.vars().snd_nxt.0;
    let una = end.connection.vars().snd_una.0;
    let mut again = Vec::new();
    for octet in (una + 10..nxt - 10).step_by(8) {
        let _ = end.ack(una, &[(octet, octet + 1), (octet + 2, octet + 3), (octet + 4, octet + 5)]);
        again.extend(end.poll());
        end.now = end.now + Duration::from_micros(100);
    }
    let tiny = again.iter().filter(|&&(octets, again)| again && octets < 100).count();
    assert!(tiny < 200, "{tiny} tiny segments of {} went out", again.len());
    // Whole blocks still count, and the connection goes on.
    end.ack(nxt, &[]).unwrap();
    assert_eq!(end.connection.vars().snd_una.0, nxt);
}

/// RFC 5681 §3.2: duplicate ACKs count in a row. Harmless reordering is no loss.
#[test]
fn duplicate_acks_that_are_not_in_a_row_tell_of_no_loss() {
    let config = TcpConfig { sack: false, timestamps: false, nodelay: true, ..TcpConfig::default() };
    let mut end = End::open(config);
    let mut una = 301;
    for _ in 0..6 {
        for _ in 0..4 {
            end.connection.write(end.now, &[&[7; 100]], &mut end.pool).unwrap();
            end.poll();
        }
        end.ack(una, &[]).ok();
        end.ack(una, &[]).ok();
        una += 400;
        end.ack(una, &[]).unwrap();
        assert!(end.poll().iter().all(|&(_, again)| !again), "nothing was lost");
    }
}

/// RFC 7323 §5.5: a timestamp of 24 days ago says nothing about the peer's clock any more.
#[test]
fn timestamps_of_long_ago_do_not_lock_the_peer_out() {
    let mut end = End::open(TcpConfig::default());
    assert_eq!(end.data(101, b"before"), Ok(Rule::Text));
    end.poll();
    end.now = end.now + Duration::from_secs(25 * 24 * 3600);
    assert_eq!(end.data(107, b"after"), Ok(Rule::Text));
    // What is older than that is old again.
    let value = (end.now.as_millis() as u32).wrapping_sub(10);
    let old = Options { timestamps: Some(Timestamps { value, echo: 0 }), ..Options::default() };
    let flags = Flags::ACK;
    let late = Segment {
        seq: SeqNum(112),
        ack_number: SeqNum(301),
        flags,
        options: old,
        payload: b"x",
        ..Segment::default()
    };
    assert_eq!(end.arrive(late), Err(Refusal::OldTimestamp));
}

/// Settings that make no sense do not make a timer come due at one and the same moment for ever.
#[test]
fn a_keepalive_without_pause_still_lets_time_pass() {
    let mut end = End::open(TcpConfig::default());
    end.connection.write(end.now, &[b"outstanding"], &mut end.pool).unwrap();
    end.poll();
    let never = Keepalive { idle: Duration::ZERO, interval: Duration::ZERO, probes: 3 };
    end.connection.set_keepalive(end.now, Some(never));
    for _ in 0..50 {
        let due = end.connection.deadline(end.now).instant(end.now).expect("something is outstanding");
        assert!(due > end.now, "due at {due:?}");
        end.now = due;
        end.connection.on_timer(end.now, &mut end.pool);
        end.poll();
    }
}
