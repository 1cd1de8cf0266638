//! A SYN that waits for a decision, and the connection that comes of it.

use std::future::Future;
use std::io;
use std::mem;
use std::net::SocketAddr;
use std::task::Poll;

use cordial_stack::{Answer, ConnId, ListenerId, SynId};

use crate::engine::{Caller, Conn, Place, Promised, Waiters, Woken};
use crate::{Host, IcmpCode, TcpStream, Tuple, error};

/// A connection that somebody asks for, and that was not answered yet. From
/// [`AnyListener::next`](crate::AnyListener::next).
///
/// Dropped without a decision, it is reset: better a clear no than a client that waits for nothing.
#[derive(Debug)]
pub struct Incoming {
    host: Host,
    listener: ListenerId,
    syn: SynId,
    tuple: Tuple,
    nodelay: bool,
    decided: bool,
}

impl Incoming {
    pub(crate) fn new(host: Host, listener: ListenerId, syn: SynId, tuple: Tuple, nodelay: bool) -> Self {
        Self { host, listener, syn, tuple, nodelay, decided: false }
    }

    /// Where the client wants to go: the destination its SYN was sent to.
    pub fn local(&self) -> SocketAddr {
        self.tuple.local
    }

    /// The client.
    pub fn peer(&self) -> SocketAddr {
        self.tuple.peer
    }

    /// The host it belongs to.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// True if the client gave up: it reset, or its SYN was not repeated in time. A decision has no effect any more.
    pub fn is_withdrawn(&self) -> bool {
        self.host.look(|engine| engine.sockets.syns.get(self.syn).is_none_or(|syn| syn.withdrawn))
    }

    /// Waits until the client gives up. Cancel-safe; for ever, if it does not.
    pub async fn withdrawn(&self) {
        self.host
            .until(|engine, caller| match engine.sockets.syns.get(self.syn) {
                Some(syn) if !syn.withdrawn => {
                    engine.enlist(caller, Place::Syn(self.syn));
                    Poll::Pending
                }
                _ => Poll::Ready(()),
            })
            .await;
    }

    /// Answers the SYN and waits for the connection. If the future is dropped before, the connection is reset when it
    /// comes about.
    ///
    /// # Errors
    ///
    /// `ConnectionAborted` if the client had given up, did not complete the handshake, or its listener is gone; ENOBUFS
    /// if there are too many half-open connections (the client is reset).
    pub async fn accept(mut self) -> io::Result<TcpStream> {
        let nodelay = self.nodelay;
        let promise = self.promise()?;
        let conn = promise.connection().await?;
        promise.take(conn, nodelay)
    }

    /// Answers, and notes who waits for the connection.
    fn promise(&mut self) -> io::Result<Promise> {
        let (host, listener, tuple, syn) = (self.host.clone(), self.listener, self.tuple, self.syn);
        let before = host.call(|engine, now| {
            engine.stack.answer(now, syn, Answer::Accept).map_err(error::of_answer)?;
            let deciding = engine.sockets.deciding(listener).ok_or_else(error::aborted)?;
            let entry = Promised { syn, conn: None, waiters: Waiters::default() };
            // The same two ends may be promised already if their last handshake came to nothing.
            Ok::<_, io::Error>(deciding.promised.insert(tuple, entry))
        })?;
        // Whoever was promised that handshake learns that it came to nothing.
        if let Some(mut before) = before {
            before.waiters.wake(&mut Woken::default());
        }
        self.decided = true;
        Ok(Promise { host, listener, tuple, syn })
    }

    /// Refuses, as a closed port does.
    pub fn reset(self) {
        self.decide(Answer::Reset);
    }

    /// Says by ICMP that the destination cannot be reached.
    pub fn unreachable(self, code: IcmpCode) {
        self.decide(Answer::Unreachable(code));
    }

    /// Says nothing, as if the SYN had been lost. If it comes again it is put before the program again.
    pub fn ignore(self) {
        self.decide(Answer::Ignore);
    }

    fn decide(mut self, answer: Answer) {
        self.decided = true;
        // A client that gave up needs no answer.
        let _ = self.host.call(|engine, now| engine.stack.answer(now, self.syn, answer));
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        let answer = !mem::replace(&mut self.decided, true);
        // What is taken out is dropped after the lock, as is every waker.
        let _syn = self.host.call(|engine, now| {
            if answer {
                // A client that gave up needs no answer.
                let _ = engine.stack.answer(now, self.syn, Answer::Reset);
            }
            engine.sockets.syns.remove(self.syn)
        });
    }
}

/// Somebody waits for a connection whose SYN was answered.
struct Promise {
    host: Host,
    listener: ListenerId,
    tuple: Tuple,
    syn: SynId,
}

impl Promise {
    fn connection(&self) -> impl Future<Output = io::Result<ConnId>> {
        self.host.wait(|caller| self.poll_connection(caller))
    }

    fn poll_connection(&self, caller: Caller<'_>) -> Poll<io::Result<ConnId>> {
        self.host.look(|engine| {
            let promised = engine.sockets.deciding(self.listener).and_then(|it| it.promised.get(&self.tuple));
            match promised {
                Some(promised) if promised.syn == self.syn => match promised.conn {
                    Some(conn) => Poll::Ready(Ok(conn)),
                    None => engine.wait(caller, Place::Promised(self.listener, self.tuple, self.syn)),
                },
                _ => Poll::Ready(Err(error::aborted())),
            }
        })
    }

    /// Makes a stream of the connection.
    fn take(self, conn: ConnId, nodelay: bool) -> io::Result<TcpStream> {
        let (stream, _promised) = self.host.call(|engine, _| {
            let info = engine.stack.info(conn).ok_or_else(error::aborted)?;
            let promised = engine.sockets.deciding(self.listener).map(|it| it.promised.remove(&self.tuple));
            let entry = Conn { nodelay, ended: info.cause.is_some(), ..Conn::default() };
            engine.sockets.insert_conn(conn, entry);
            Ok::<_, io::Error>((TcpStream::new(self.host.clone(), conn), promised))
        })?;
        Ok(stream)
    }
}

impl Drop for Promise {
    /// Nobody waits any more. A connection that is there already is reset; one that comes later finds no promise.
    fn drop(&mut self) {
        let _promised = self.host.call(|engine, now| {
            let deciding = engine.sockets.deciding(self.listener)?;
            deciding.promised.get(&self.tuple).filter(|promised| promised.syn == self.syn)?;
            let promised = deciding.promised.remove(&self.tuple)?;
            if let Some(conn) = promised.conn {
                engine.discard(now, conn);
            }
            Some(promised)
        });
    }
}
