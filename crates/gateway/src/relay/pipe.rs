//! Two connections joined: what one end says, the other hears.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, Ordering};

use cordial::{CloseCause, Keepalive, TcpStream as Inside};
use smallvec::SmallVec;
use tokio::net::TcpStream as Outside;
use tokio::task::coop::consume_budget;
use tokio::time::timeout;

use super::Tally;
use super::outside;
use super::parting::{PATIENCE, part};
use super::scratch::Scratch;

/// Slices that are handed to the host in one call.
const SLICES: usize = 16;

/// Octets that wait for a program which does not read them, beside those in the host's own buffer: several times what
/// is under way to a program on this machine, and not so much that hundreds of unread downloads were a burden.
const SEND_BUFFER: u32 = 512 << 10;

/// The least that is read from the host at a time.
const LEAST: usize = 4096;

/// Hands on what either end says, and how it ends: a FIN as a FIN, a reset as a reset, each after what was said before
/// it. Returns when both have finished.
///
/// What is under way waits in the buffers of the two connections: a slow reader slows its writer. Urgent octets are
/// octets of the stream like all others on both sides, and the mark is not handed on: RFC 6093 advises to read it so.
pub(crate) async fn join(inside: &Inside, outside: &Outside, tally: &Tally) {
    // Small writes of the far end arrive as such.
    let _ = inside.set_nodelay(true);
    let _ = inside.set_send_buffer(SEND_BUFFER);
    // The program's system answers for as long as there is one, so this is rare: every two hours of silence.
    let _ = inside.set_keepalive(Some(Keepalive::default()));
    let pipe = Pipe { inside, outside, tally, outside_broke: AtomicBool::new(false) };
    if pipe.run().await == End::Reset {
        part(inside, outside).await;
    }
}

/// How two joined connections ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Both directions were finished with a FIN that was handed on.
    Goodbye,
    /// One of them broke off: the other is to be reset too.
    Reset,
}

/// A direction cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    /// Where it reads from, and everything that came from there was handed on.
    Source,
    /// Where it writes to.
    Sink,
}

/// Two connections while octets go between them.
struct Pipe<'a> {
    inside: &'a Inside,
    outside: &'a Outside,
    tally: &'a Tally,
    /// The host's socket told an error. It tells one once, and then claims that the stream had ended well.
    outside_broke: AtomicBool,
}

impl Pipe<'_> {
    async fn run(&self) -> End {
        let (out, back) = (self.send_out(), self.bring_back());
        tokio::pin!(out, back);
        let (mut out_done, mut back_done) = (false, false);
        let mut end = End::Goodbye;
        while !(out_done && back_done) {
            let stop = tokio::select! {
                stop = &mut out, if !out_done => { out_done = true; stop }
                stop = &mut back, if !back_done => { back_done = true; stop }
                // Who has said goodbye may still break off, and nobody reads from there to hear of it.
                () = self.inside_breaks_off(), if out_done => Err(Broken::Source),
                () = outside::breaks_off(self.outside), if back_done => Err(Broken::Source),
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

    /// The program's octets to the host's socket, from the receive queue without a copy of our own.
    async fn send_out(&self) -> Result<(), Broken> {
        loop {
            // Neither end is to keep others from their turn, however fast it is.
            consume_budget().await;
            self.room_outside().await?;
            let read = self.inside.read_with(|slices| write_to(self.outside, slices)).await;
            match read.map_err(|_| Broken::Source)? {
                // A reset that the other direction was told already reads as an end.
                None if self.inside_broke() => return Err(Broken::Source),
                // A socket that is gone has no direction left to end.
                None => {
                    return rustix::net::shutdown(self.outside, rustix::net::Shutdown::Write)
                        .map_err(|errno| self.outside_fails(&errno.into(), Broken::Sink));
                }
                Some(Ok(n)) => self.tally.add_moved(n),
                Some(Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {}
                Some(Err(error)) => return Err(self.outside_fails(&error, Broken::Sink)),
            }
        }
    }

    /// The host's octets to the program.
    async fn bring_back(&self) -> Result<(), Broken> {
        loop {
            consume_budget().await;
            // Room first: what cannot be handed on stays in the host's buffer.
            self.room_inside().await?;
            self.outside.readable().await.map_err(|_| Broken::Source)?;
            let mut scratch = Scratch::take();
            match self.outside.try_read(scratch.first(self.inside.send_room().max(LEAST))) {
                Ok(0) if self.outside_broke.load(Ordering::Relaxed) => return Err(Broken::Source),
                Ok(0) => return self.inside.shutdown_half(Shutdown::Write).map_err(|_| Broken::Sink),
                Ok(n) => self.hand_on(scratch, n).await?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(self.outside_fails(&error, Broken::Source)),
            }
        }
    }

    /// Writes the first `n` octets to the program. There was room for them a moment ago; if another connection has
    /// taken the memory since, only they are kept while waiting, and not the whole buffer.
    async fn hand_on(&self, scratch: Scratch, n: usize) -> Result<(), Broken> {
        let octets = scratch.get(..n).unwrap_or_default();
        let taken = self.write_now(octets)?;
        let rest = octets.get(taken..).unwrap_or_default().to_vec();
        drop(scratch);
        let mut rest = rest.as_slice();
        while !rest.is_empty() {
            consume_budget().await;
            self.room_inside().await?;
            rest = rest.get(self.write_now(rest)?..).unwrap_or_default();
        }
        Ok(())
    }

    /// Writes what the program's connection takes at once, which may be nothing.
    fn write_now(&self, octets: &[u8]) -> Result<usize, Broken> {
        match self.inside.try_write(octets) {
            Ok(n) => {
                self.tally.add_moved(n);
                Ok(n)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            Err(_) => Err(Broken::Sink),
        }
    }

    /// Waits for room in the host's socket. A program that has broken off does not wait for ever for a reader who
    /// takes nothing.
    async fn room_outside(&self) -> Result<(), Broken> {
        let room = async { self.outside.writable().await.map_err(|_| Broken::Sink) };
        tokio::pin!(room);
        tokio::select! {
            biased;
            room = &mut room => room,
            () = self.inside_breaks_off() => timeout(PATIENCE, room).await.unwrap_or(Err(Broken::Source)),
        }
    }

    /// Waits for room in the program's connection, and no longer for a program that takes nothing once the outside has
    /// broken off.
    async fn room_inside(&self) -> Result<(), Broken> {
        let room = async { self.inside.writable().await.map_err(|_| Broken::Sink) };
        tokio::pin!(room);
        tokio::select! {
            biased;
            room = &mut room => room,
            () = outside::breaks_off(self.outside) => {
                timeout(PATIENCE, room).await.unwrap_or(Err(Broken::Source))
            }
        }
    }

    /// Waits until the program's connection is over otherwise than by goodbyes; for ever, if it never is.
    async fn inside_breaks_off(&self) {
        if matches!(self.inside.closed().await, Ok(CloseCause::Graceful)) {
            std::future::pending::<()>().await;
        }
    }

    fn inside_broke(&self) -> bool {
        let cause = self.inside.info().and_then(|info| info.cause);
        cause.is_some_and(|cause| cause != CloseCause::Graceful)
    }

    fn outside_fails(&self, error: &io::Error, broken: Broken) -> Broken {
        self.outside_broke.store(true, Ordering::Relaxed);
        if outside::is_networks_fault(error) {
            self.tally.add_lost();
        }
        broken
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
