//! tokio's traits, for a stream and for its halves.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::coop::poll_proceed;

use super::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, TcpStream, WriteHalf, pieces};
use crate::engine::Caller;

impl TcpStream {
    /// A task that always finds something to read makes way for others now and then, as with tokio's own sockets.
    fn poll_read_fairly(&self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let budget = ready!(poll_proceed(cx));
        let read = ready!(self.poll_read_buf(cx, buffer));
        budget.made_progress();
        Poll::Ready(read)
    }

    fn poll_write_fairly(&self, cx: &mut Context<'_>, pieces: &[&[u8]]) -> Poll<io::Result<usize>> {
        let budget = ready!(poll_proceed(cx));
        let written = ready!(self.poll_write_pieces(Caller::polls(cx), pieces));
        budget.made_progress();
        Poll::Ready(written)
    }
}

macro_rules! reads {
    ($($name:ty),*) => {$(
        impl AsyncRead for $name {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buffer: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                let stream: &TcpStream = self.as_ref().get_ref().as_ref();
                stream.poll_read_fairly(cx, buffer)
            }
        }
    )*};
}

macro_rules! writes {
    ($($name:ty),*) => {$(
        impl AsyncWrite for $name {
            fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
                let stream: &TcpStream = self.as_ref().get_ref().as_ref();
                stream.poll_write_fairly(cx, &[octets])
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                slices: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                let stream: &TcpStream = self.as_ref().get_ref().as_ref();
                stream.poll_write_fairly(cx, &pieces(slices))
            }

            fn is_write_vectored(&self) -> bool {
                true
            }

            /// Nothing to do: what is written is on its way.
            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            /// Sends a FIN after what was written. Does not wait for it to be acknowledged.
            fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                let stream: &TcpStream = self.as_ref().get_ref().as_ref();
                Poll::Ready(stream.shutdown_half(Shutdown::Write))
            }
        }
    )*};
}

impl AsRef<TcpStream> for TcpStream {
    fn as_ref(&self) -> &TcpStream {
        self
    }
}

reads!(TcpStream, ReadHalf<'_>, OwnedReadHalf);
writes!(TcpStream, WriteHalf<'_>, OwnedWriteHalf);
