//! Two connections joined: what one end says, the other hears.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cordial::{CloseCause, TcpStream as Inside};
use smallvec::SmallVec;
use tokio::net::TcpStream as Outside;
use tokio::time::timeout;

use super::scratch::Scratch;

/// How two joined connections ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Both directions were finished with a FIN that was handed on.
    Goodbye,
    /// One of them broke off: the other is to be reset too.
    Reset,
}

/// Slices that are handed to the host in one call.
const SLICES: usize = 16;

/// How often a direction that waits for room looks whether its source still lives.
const LOOK_AFTER: Duration = Duration::from_secs(1);

/// Hands on what either end says, and that it has finished, until both have or one breaks off.
/// `moved` counts octets.
///
/// What is under way waits in the buffers of the two connections: a slow reader slows its writer.
pub(super) async fn join(inside: &Inside, outside: &Outside, moved: &AtomicU64) -> End {
    // Small writes of the far end arrive as such.
    let _ = inside.set_nodelay(true);
    let (out, back) = (send_out(inside, outside, moved), bring_back(outside, inside, moved));
    tokio::pin!(out, back);
    let (mut out_done, mut back_done) = (false, false);
    let mut end = End::Goodbye;
    while !(out_done && back_done) {
        let stop = tokio::select! {
            stop = &mut out, if !out_done => { out_done = true; stop }
            stop = &mut back, if !back_done => { back_done = true; stop }
        };
        match stop {
            Ok(()) => {}
            Err(Broken::Source) => return End::Reset,
            // It may have said something before, which the other direction still has to hand on.
            Err(Broken::Sink) => end = End::Reset,
        }
    }
    end
}

/// A direction cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    /// Where it reads from, and everything that came from there was handed on.
    Source,
    /// Where it writes to.
    Sink,
}

/// The program's octets to the host's socket, from the receive queue without a copy of our own.
async fn send_out(inside: &Inside, outside: &Outside, moved: &AtomicU64) -> Result<(), Broken> {
    loop {
        has_room(inside, outside).await?;
        match inside.read_with(|slices| write_to(outside, slices)).await.map_err(|_| Broken::Source)? {
            // A socket that is gone has no direction left to end.
            None => {
                return rustix::net::shutdown(outside, rustix::net::Shutdown::Write)
                    .map_err(|_| Broken::Sink);
            }
            Some(Ok(n)) => {
                moved.fetch_add(n as u64, Ordering::Relaxed);
            }
            Some(Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {}
            Some(Err(_)) => return Err(Broken::Sink),
        }
    }
}

/// Waits for room in the host's socket, as long as the program's connection lives.
async fn has_room(inside: &Inside, outside: &Outside) -> Result<(), Broken> {
    loop {
        if let Ok(ready) = timeout(LOOK_AFTER, outside.writable()).await {
            return ready.map_err(|_| Broken::Sink);
        }
        let cause = inside.info().and_then(|info| info.cause);
        if cause.is_some_and(|cause| cause != CloseCause::Graceful) {
            return Err(Broken::Source);
        }
    }
}

/// Says how many octets the socket took, first for whom they came from.
fn write_to(outside: &Outside, slices: &[&[u8]]) -> (usize, io::Result<usize>) {
    let slices: SmallVec<[IoSlice<'_>; SLICES]> = slices.iter().map(|slice| IoSlice::new(slice)).collect();
    match outside.try_write_vectored(&slices) {
        Ok(n) => (n, Ok(n)),
        Err(error) => (0, Err(error)),
    }
}

/// The host's octets to the program. A buffer is held only while there is something in it.
async fn bring_back(outside: &Outside, inside: &Inside, moved: &AtomicU64) -> Result<(), Broken> {
    loop {
        // Room first: what cannot be handed on stays in the host's buffer.
        inside.writable().await.map_err(|_| Broken::Sink)?;
        outside.readable().await.map_err(|_| Broken::Source)?;
        let mut scratch = Scratch::take();
        match outside.try_read(&mut scratch) {
            Ok(0) => return inside.shutdown_half(Shutdown::Write).map_err(|_| Broken::Sink),
            Ok(n) => write_all(inside, scratch.get(..n).unwrap_or_default(), moved).await?,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return Err(Broken::Source),
        }
    }
}

async fn write_all(inside: &Inside, mut octets: &[u8], moved: &AtomicU64) -> Result<(), Broken> {
    while !octets.is_empty() {
        match inside.try_write(octets) {
            Ok(n) => {
                moved.fetch_add(n as u64, Ordering::Relaxed);
                octets = octets.get(n..).unwrap_or_default();
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                inside.writable().await.map_err(|_| Broken::Sink)?;
            }
            Err(_) => return Err(Broken::Sink),
        }
    }
    Ok(())
}
