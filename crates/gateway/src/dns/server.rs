//! The name server itself, over datagrams and connections.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use cordial::{Datagram, OwnedReadHalf, TcpListener, TcpStream, UdpSocket};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

use super::answer::{Decision, decide, fitting};
use super::forward::{Forwarder, Via};
use super::local::LocalNames;
use super::upstream::with_length;
use crate::Names;

/// Queries in datagrams under way at once; over it they are lost, and asked again.
const QUERIES: usize = 1024;

/// Connections at once; one more is reset.
const CONNECTIONS: usize = 64;

/// Queries of one connection under way at once; the next is read when one of them is answered (RFC 7766 §6.2.1.1).
const PIPELINED: usize = 32;

/// A connection without a whole query for so long is over (RFC 7766 §6.2.3), and so is one that takes no answer.
const IDLE: Duration = Duration::from_secs(10);

/// Who answers.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    local: Arc<LocalNames>,
    forwarder: Forwarder,
    /// What was answered, for those who write records.
    names: Names,
}

impl Server {
    pub(crate) fn new(local: LocalNames, forwarder: Forwarder, names: Names) -> Self {
        Self { local: Arc::new(local), forwarder, names }
    }

    /// Answers queries in datagrams until the stack is shut down.
    pub(crate) async fn serve_datagrams(self, socket: UdpSocket) {
        let socket = Arc::new(socket);
        let mut under_way = JoinSet::new();
        loop {
            tokio::select! {
                query = socket.recv() => match query {
                    Ok(query) => self.take(query, &socket, &mut under_way),
                    Err(_) => return,
                },
                Some(_) = under_way.join_next() => {}
            }
        }
    }

    fn take(&self, query: Datagram, socket: &Arc<UdpSocket>, under_way: &mut JoinSet<()>) {
        let Datagram { source, destination, octets } = query;
        match decide(octets, &self.local) {
            Decision::Drop => {}
            Decision::Answer(answer) => {
                self.names.learn(&answer);
                // An answer for which there is no room is asked for again.
                let _ = socket.try_send_from(&answer, destination, source);
            }
            Decision::Forward(_) if under_way.len() >= QUERIES => {}
            Decision::Forward(asked) => {
                let (server, socket) = (self.clone(), Arc::clone(socket));
                under_way.spawn(async move {
                    let answer = server.forwarder.ask(asked.clone(), Via::Udp).await;
                    server.names.learn(&answer);
                    let _ = socket.try_send_from(&fitting(answer, &asked), destination, source);
                });
            }
        }
    }

    /// Answers queries over connections until the stack is shut down.
    pub(crate) async fn serve_connections(self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) if connections.len() >= CONNECTIONS => stream.abort(),
                    Ok((stream, _)) => _ = connections.spawn(self.clone().serve_connection(stream)),
                    Err(_) => return,
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }

    /// Queries in the order in which they come, answers in the order in which they are there (RFC 7766 §6.2.1.1).
    async fn serve_connection(self, stream: TcpStream) {
        let (read, mut write) = stream.into_split();
        let mut queries = Some(Queries { read, octets: Vec::new() });
        let mut answers: JoinSet<Option<Vec<u8>>> = JoinSet::new();
        let mut idle_from = Instant::now();
        while queries.is_some() || !answers.is_empty() {
            let is_full = answers.len() >= PIPELINED;
            tokio::select! {
                query = next_of(&mut queries, idle_from + IDLE), if queries.is_some() && !is_full => {
                    match query {
                        Ok(Some(query)) => _ = answers.spawn(self.clone().answer(query)),
                        // The other half goes on until everything is answered.
                        Ok(None) | Err(_) => queries = None,
                    }
                    idle_from = Instant::now();
                }
                Some(answer) = answers.join_next() => {
                    idle_from = Instant::now();
                    let Ok(Some(answer)) = answer else { continue };
                    let written = timeout(IDLE, write.write_all(&with_length(&answer))).await;
                    if !matches!(written, Ok(Ok(()))) {
                        return;
                    }
                }
            }
        }
    }

    async fn answer(self, query: Vec<u8>) -> Option<Vec<u8>> {
        let answer = match decide(query, &self.local) {
            Decision::Drop => return None,
            Decision::Answer(answer) => answer,
            Decision::Forward(asked) => self.forwarder.ask(asked, Via::Tcp).await,
        };
        self.names.learn(&answer);
        Some(answer)
    }
}

/// The next query, by this time.
async fn next_of(queries: &mut Option<Queries>, by: Instant) -> io::Result<Option<Vec<u8>>> {
    let Some(queries) = queries else { return Ok(None) };
    timeout_at(by, queries.next()).await.unwrap_or(Ok(None))
}

/// The queries of a connection.
#[derive(Debug)]
struct Queries {
    read: OwnedReadHalf,
    /// What was read and is not a whole query yet.
    octets: Vec<u8>,
}

impl Queries {
    /// The next query; none at the end, even if that is in the middle of one. Cancel-safe.
    async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(query) = self.take() {
                return Ok(Some(query));
            }
            self.octets.reserve(4096);
            if self.read.read_buf(&mut self.octets).await? == 0 {
                return Ok(None);
            }
        }
    }

    fn take(&mut self) -> Option<Vec<u8>> {
        let (len, rest) = self.octets.split_first_chunk()?;
        let query = rest.get(..usize::from(u16::from_be_bytes(*len)))?.to_vec();
        self.octets.drain(..2 + query.len());
        Some(query)
    }
}
