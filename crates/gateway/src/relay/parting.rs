//! The end of two joined connections of which one broke off: what was said before is delivered, then the other is
//! reset.

use std::time::Duration;

use cordial::TcpStream as Inside;
use tokio::net::TcpStream as Outside;
use tokio::time::{Instant, sleep};

use super::outside;

/// How long an end that takes nothing is waited for once the other has broken off. Between two programs without us the
/// reset would not wait at all; but then octets that the sender knows to be acknowledged are in the reader's system
/// already, and here they may still be under way.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// How often it is looked whether anything is still under way, at first and at most.
const FIRST_LOOK: Duration = Duration::from_millis(1);
const LAST_LOOK: Duration = Duration::from_millis(64);

/// Resets both connections, each once what was written to it is delivered, or as soon as there is no hope of that.
pub(super) async fn part(inside: &Inside, outside: &Outside) {
    let near = async {
        until_taken(|| unacknowledged(inside)).await;
        inside.abort();
    };
    let far = async {
        // Without the option everything would count as taken, and the reset would come too early: no worse than that.
        let _ = outside::watch_unsent(outside);
        until_taken(|| outside::has_unsent(outside).then_some(0)).await;
        // It fails on a socket that is gone: then there is nothing to reset.
        let _ = outside.set_zero_linger();
    };
    tokio::join!(near, far);
}

/// Octets written for the program that it has not acknowledged; none if that is over.
fn unacknowledged(inside: &Inside) -> Option<u32> {
    let info = inside.info()?;
    (info.cause.is_none() && info.vars.queued > 0).then_some(info.vars.queued)
}

/// Waits while `left` gives something, but at most [`PATIENCE`] for it to change.
async fn until_taken(left: impl Fn() -> Option<u32>) {
    let (mut since, mut last, mut pause) = (Instant::now(), None, FIRST_LOOK);
    while let Some(now) = left() {
        if last != Some(now) {
            (since, last) = (Instant::now(), Some(now));
        } else if since.elapsed() >= PATIENCE {
            return;
        }
        sleep(pause).await;
        pause = (pause * 2).min(LAST_LOOK);
    }
}
