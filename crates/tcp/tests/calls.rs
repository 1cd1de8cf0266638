//! What the user's calls promise.

mod common;

use common::solo::{Solo, plain};
use cordial_tcp::{Effects, Pool, TcpConfig};

/// Nothing was refused, but a writer who asks first is told to wait: it must be told when to go on.
#[test]
fn whoever_just_filled_the_send_buffer_hears_of_room_again() {
    let mut solo = Solo::established(TcpConfig { send_buffer: 4_000, ..plain() });
    assert_eq!(solo.write(4_000), 4_000);
    assert!(!solo.connection.is_writable(&solo.pool));
    solo.sent();
    let outcome = solo.arrive("ACK seq=101 ack=4301");
    assert!(outcome.effects.contains(Effects::WRITABLE));
    assert!(solo.connection.is_writable(&solo.pool));
}

/// A pool with no chunk left: no error, and no promise of room either. Whoever owns the pool is asked to tell.
#[test]
fn a_writer_without_memory_waits_for_the_pool() {
    let mut solo = Solo::established(TcpConfig { send_buffer: 64 << 10, ..plain() });
    let mut others = Solo::established(plain());
    solo.pool = Pool::new(8 << 10);
    std::mem::swap(&mut solo.pool, &mut others.pool);
    // One chunk each: as much as there is.
    assert_eq!((others.write(10_000), others.write(10_000)), (4_096, 0));
    let mut third = Solo::established(plain());
    std::mem::swap(&mut third.pool, &mut others.pool);
    assert_eq!(third.write(10_000), 4_096);
    std::mem::swap(&mut solo.pool, &mut third.pool);
    assert_eq!(solo.write(1), 0, "refused, and no error");
    assert!(!solo.connection.is_writable(&solo.pool) && solo.connection.waits_for_memory(&solo.pool));
    std::mem::swap(&mut solo.pool, &mut third.pool);
    third.connection.clear(&mut third.pool);
    std::mem::swap(&mut solo.pool, &mut third.pool);
    assert!(solo.connection.is_writable(&solo.pool) && !solo.connection.waits_for_memory(&solo.pool));
    assert_eq!(solo.write(1), 1);
}

/// However many connections are never read from, what each may queue is a part of what is left: the next one always
/// finds room.
#[test]
fn queues_that_nobody_empties_leave_room_for_others() {
    let mut pool = Pool::new(1 << 20);
    for _ in 0..100 {
        let mut solo = Solo::established(TcpConfig { send_buffer: 1 << 20, ..plain() });
        std::mem::swap(&mut solo.pool, &mut pool);
        while solo.write(1 << 20) > 0 {}
        assert!(solo.connection.vars().queued >= 4_096);
        std::mem::swap(&mut solo.pool, &mut pool);
    }
    assert!(pool.available() >= 4 * 4_096, "{} octets left", pool.available());
}
