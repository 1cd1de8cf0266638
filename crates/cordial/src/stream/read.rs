//! Reading: all of it by one call that hands out the octets where they lie.

use std::io;
use std::task::{Context, Poll};

use cordial_stack::{ConnId, ReadError};
use tokio::io::ReadBuf;

use super::{TcpStream, tell};
use crate::engine::{Caller, Engine, Place};
use crate::{Instant, error};

impl TcpStream {
    /// Reads what is there into `buffer`; 0 is the end of the stream.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if nothing is there, else as [reading](Self#errors).
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = self.try_read_with(|slices| {
            let copied = copy(slices, buffer);
            (copied, copied)
        });
        Ok(read?.unwrap_or(0))
    }

    /// Gives `read` the octets that wait, where they lie, in order; it says how many of them it took, and what to
    /// return. `None` is the end of the stream.
    ///
    /// The host is locked while `read` runs: it may copy, or hand the slices to a socket that does not block, but it
    /// must not call the host or a socket of it, which would wait for itself.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if nothing is there, else as [reading](Self#errors); `read` is not called then.
    pub fn try_read_with<R>(&self, read: impl FnOnce(&[&[u8]]) -> (usize, R)) -> io::Result<Option<R>> {
        self.host.call(|engine, now| read_now(engine, now, self.id, read))
    }

    /// As [`try_read_with`](Self::try_read_with), but waits until something is there. Cancel-safe: octets are only
    /// taken when it is done.
    ///
    /// # Errors
    ///
    /// As [reading](Self#errors).
    pub async fn read_with<R>(&self, read: impl FnOnce(&[&[u8]]) -> (usize, R)) -> io::Result<Option<R>> {
        let mut read = Some(read);
        let result = self.host.wait(|caller| {
            self.poll_take(caller, |slices| match read.take() {
                Some(read) => {
                    let (taken, result) = read(slices);
                    (taken, Some(result))
                }
                // The poll that called it was the last.
                None => (0, None),
            })
        });
        result.await.map(Option::flatten)
    }

    /// As [`read_with`](Self::read_with), for those who poll. Of several tasks the last to poll is woken.
    pub fn poll_read_with<R>(
        &self,
        cx: &mut Context<'_>,
        read: impl FnOnce(&[&[u8]]) -> (usize, R),
    ) -> Poll<io::Result<Option<R>>> {
        self.poll_take(Caller::polls(cx), read)
    }

    fn poll_take<R>(
        &self,
        caller: Caller<'_>,
        read: impl FnOnce(&[&[u8]]) -> (usize, R),
    ) -> Poll<io::Result<Option<R>>> {
        self.host.call(|engine, now| match read_now(engine, now, self.id, read) {
            Err(empty) if empty.kind() == io::ErrorKind::WouldBlock => {
                engine.wait(caller, Place::Readers(self.id))
            }
            done => Poll::Ready(done),
        })
    }

    /// Copies what is there without taking it; 0 is the end of the stream. Waits until something is there.
    ///
    /// # Errors
    ///
    /// As [reading](Self#errors).
    pub async fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let peeked = self.host.wait(|caller| self.poll_take(caller, |slices| (0, copy(slices, buffer))));
        Ok(peeked.await?.unwrap_or(0))
    }

    /// Waits until a read would not have to wait: octets, the end of the stream, or an error. Cancel-safe.
    ///
    /// # Errors
    ///
    /// `NetworkDown` once the host is over.
    pub async fn readable(&self) -> io::Result<()> {
        self.host
            .until(|engine, caller| {
                if engine.stack.is_readable(self.id) {
                    return Poll::Ready(Ok(()));
                }
                engine.wait(caller, Place::Readers(self.id))
            })
            .await
    }

    pub(super) fn poll_read_buf(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let read = |slices: &[&[u8]]| {
            let before = buffer.filled().len();
            for slice in slices {
                let fits = slice.get(..buffer.remaining()).unwrap_or(slice);
                buffer.put_slice(fits);
            }
            (buffer.filled().len() - before, ())
        };
        self.poll_read_with(cx, read).map_ok(|_| ())
    }
}

/// Reads; nothing there is `WouldBlock`.
fn read_now<R>(
    engine: &mut Engine,
    now: Instant,
    id: ConnId,
    read: impl FnOnce(&[&[u8]]) -> (usize, R),
) -> io::Result<Option<R>> {
    match engine.stack.read_with(now, id, read) {
        Ok(result) => Ok(Some(result)),
        Err(ReadError::WouldBlock) if engine.is_over() => Err(error::host_down()),
        Err(ReadError::WouldBlock) => Err(error::would_block()),
        Err(ReadError::End) => Ok(None),
        Err(ReadError::Closed(cause)) => tell(engine, id, cause).map_or(Ok(None), Err),
    }
}

fn copy(slices: &[&[u8]], mut buffer: &mut [u8]) -> usize {
    let mut copied = 0;
    for slice in slices {
        let count = slice.len().min(buffer.len());
        let (Some(slice), Some((room, rest))) = (slice.get(..count), buffer.split_at_mut_checked(count))
        else {
            break;
        };
        room.copy_from_slice(slice);
        copied += count;
        buffer = rest;
    }
    copied
}
