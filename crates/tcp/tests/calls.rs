//! What the user's calls promise.

mod common;

use common::solo::{Solo, plain};
use cordial_tcp::{Effects, TcpConfig};

/// Nothing was refused, but a writer who asks first is told to wait: it must be told when to go on.
#[test]
fn whoever_just_filled_the_send_buffer_hears_of_room_again() {
    let mut solo = Solo::established(TcpConfig { send_buffer: 4_000, ..plain() });
    assert_eq!(solo.write(4_000), 4_000);
    assert!(!solo.connection.is_writable());
    solo.sent();
    let outcome = solo.arrive("ACK seq=101 ack=4301");
    assert!(outcome.effects.contains(Effects::WRITABLE));
    assert!(solo.connection.is_writable());
}
