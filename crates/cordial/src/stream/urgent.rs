//! Urgent data.

use std::io;
use std::task::Poll;

use super::{TcpStream, written};
use crate::engine::Place;
use crate::error;

/// Urgent data (RFC 9293 §3.8.5) is a mark in the stream that its reader learns of ahead of the octets before it. Its
/// octets are read in order with all others, as with `SO_OOBINLINE`; a read that begins before the mark ends at it.
///
/// It is here for the protocols that have it. New programs should not use it: what becomes of the mark on the way, and
/// what others make of it, differs (RFC 6093 §6, RFC 9293 SHLD-13).
impl TcpStream {
    /// Writes all of `octets`, the last of which is the end of urgent data. The peer is told at once that there is some,
    /// even where its window is closed. Where it has to wait for room it may have written a part when it is dropped.
    ///
    /// # Errors
    ///
    /// As [writing](Self#errors).
    pub async fn write_urgent(&self, octets: &[u8]) -> io::Result<()> {
        let mut rest = octets;
        while !rest.is_empty() {
            match self.try_write_urgent(rest) {
                Ok(taken) => rest = rest.get(taken..).unwrap_or_default(),
                Err(full) if full.kind() == io::ErrorKind::WouldBlock => self.writable().await?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Writes what there is room for; its last octet is the end of urgent data.
    ///
    /// # Errors
    ///
    /// As [`try_write`](Self::try_write).
    pub fn try_write_urgent(&self, octets: &[u8]) -> io::Result<usize> {
        self.host.call(|engine, now| {
            let result = (!engine.is_over()).then(|| engine.stack.write_urgent(now, self.id, octets));
            written(engine, self.id, result.ok_or_else(error::host_down)?, octets.is_empty())
        })
    }

    /// Waits until urgent data is announced that is not read yet, and says how many octets there are up to its end; they
    /// may be yet to come. `None` once the stream has ended. Cancel-safe.
    ///
    /// # Errors
    ///
    /// `NetworkDown` once the host is over.
    pub async fn urgent(&self) -> io::Result<Option<u32>> {
        self.host
            .until(|engine, caller| {
                let left = engine.stack.urgent_left(self.id);
                if left > 0 {
                    return Poll::Ready(Ok(Some(left)));
                }
                let is_over = engine.stack.info(self.id).is_none_or(|info| info.cause.is_some());
                let has_ended = !engine.stack.may_receive(self.id);
                if is_over || has_ended {
                    return Poll::Ready(Ok(None));
                }
                engine.wait(caller, Place::Readers(self.id))
            })
            .await
    }

    /// Octets from the next to be read up to the end of urgent data; 0 if there is none.
    pub fn urgent_left(&self) -> u32 {
        self.host.look(|engine| engine.stack.urgent_left(self.id))
    }

    /// True if the next octet to be read is the last urgent one, as `sockatmark` tells.
    pub fn at_mark(&self) -> bool {
        self.host.look(|engine| engine.stack.at_mark(self.id))
    }
}
