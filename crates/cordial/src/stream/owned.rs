//! A stream in two, each with an owner of its own.

use std::error::Error;
use std::fmt;
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::{io, mem};

use super::TcpStream;

/// The half of a stream that reads, from [`TcpStream::into_split`].
#[derive(Debug)]
pub struct OwnedReadHalf(Arc<TcpStream>);

/// The half of a stream that writes, from [`TcpStream::into_split`]. Dropping it sends a FIN, unless it was
/// [forgotten](OwnedWriteHalf::forget).
#[derive(Debug)]
pub struct OwnedWriteHalf {
    stream: Arc<TcpStream>,
    says_goodbye: bool,
}

/// Two halves that are not of one stream; they are given back.
#[derive(Debug)]
pub struct ReuniteError(pub OwnedReadHalf, pub OwnedWriteHalf);

impl TcpStream {
    /// Two halves that may go to different tasks. The stream is dropped when both are.
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        let stream = Arc::new(self);
        (OwnedReadHalf(Arc::clone(&stream)), OwnedWriteHalf { stream, says_goodbye: true })
    }
}

impl OwnedReadHalf {
    /// Puts two halves of one stream together again.
    ///
    /// # Errors
    ///
    /// [`ReuniteError`] if they are of different streams.
    pub fn reunite(self, other: OwnedWriteHalf) -> Result<TcpStream, ReuniteError> {
        if !Arc::ptr_eq(&self.0, &other.stream) {
            return Err(ReuniteError(self, other));
        }
        let Self(stream) = self;
        other.forget();
        // This is the last share: the other half has just given up its own.
        Arc::try_unwrap(stream).map_err(|stream| {
            let other = OwnedWriteHalf { stream: Arc::clone(&stream), says_goodbye: true };
            ReuniteError(Self(stream), other)
        })
    }

    /// The other end.
    ///
    /// # Errors
    ///
    /// As [`TcpStream::peer_addr`].
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }

    /// Our end.
    ///
    /// # Errors
    ///
    /// As [`TcpStream::local_addr`].
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl OwnedWriteHalf {
    /// As [`OwnedReadHalf::reunite`].
    ///
    /// # Errors
    ///
    /// [`ReuniteError`] if they are of different streams.
    pub fn reunite(self, other: OwnedReadHalf) -> Result<TcpStream, ReuniteError> {
        other.reunite(self)
    }

    /// Drops it without a FIN.
    pub fn forget(mut self) {
        self.says_goodbye = false;
    }

    /// The other end.
    ///
    /// # Errors
    ///
    /// As [`TcpStream::peer_addr`].
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }

    /// Our end.
    ///
    /// # Errors
    ///
    /// As [`TcpStream::local_addr`].
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.stream.local_addr()
    }
}

impl Drop for OwnedWriteHalf {
    fn drop(&mut self) {
        if mem::take(&mut self.says_goodbye) {
            // Of a connection that is over there is nothing to end.
            let _ = self.stream.shutdown_half(Shutdown::Write);
        }
    }
}

impl AsRef<TcpStream> for OwnedReadHalf {
    fn as_ref(&self) -> &TcpStream {
        &self.0
    }
}

impl AsRef<TcpStream> for OwnedWriteHalf {
    fn as_ref(&self) -> &TcpStream {
        &self.stream
    }
}

impl fmt::Display for ReuniteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the halves are not of one stream")
    }
}

impl Error for ReuniteError {}
