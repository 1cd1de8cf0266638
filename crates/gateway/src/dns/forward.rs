//! Queries that the host's resolver answers.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::Resolver;
use super::answer::{Asked, server_failure};
use super::reply::Worth;
use super::upstream::{ask_by_tcp, ask_by_udp};
use crate::notice::{Notice, Notices};

/// Questions that may be under way at once: each takes a descriptor.
pub(crate) const AT_ONCE: usize = 256;

/// How long a server has the word for itself before the next is asked too. Programs ask again after five seconds.
const HEAD_START: Duration = Duration::from_secs(1);

/// How a query came, and so how it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Via {
    /// In a datagram.
    Udp,
    /// Over a connection.
    Tcp,
}

/// Asks the host's servers. A clone shares the bound.
#[derive(Debug, Clone)]
pub(crate) struct Forwarder {
    resolver: Arc<Resolver>,
    room: Arc<Semaphore>,
    notices: Notices,
}

/// What a server said, or why it said nothing.
type Said = io::Result<(Vec<u8>, Worth)>;

impl Forwarder {
    /// A forwarder to the servers of `resolver`; without one every query fails.
    pub(crate) fn new(resolver: Resolver, notices: Notices) -> Self {
        Self { resolver: Arc::new(resolver), room: Arc::new(Semaphore::new(AT_ONCE)), notices }
    }

    /// The answer of one of the servers, or that there is none.
    ///
    /// They are asked in their order: the next when one fails, or has said nothing for a second; whoever answers first
    /// is believed, also when another was asked meanwhile. All of them in turn, as often as the host would.
    pub(crate) async fn ask(&self, asked: Asked, via: Via) -> Vec<u8> {
        let asked = Arc::new(asked);
        let rounds = usize::try_from(self.resolver.attempts).unwrap_or(1);
        let servers = self.resolver.servers();
        let mut next = servers.iter().cycle().take(servers.len() * rounds).peekable();
        let mut under_way: JoinSet<Said> = JoinSet::new();
        let mut failure = None;
        loop {
            if let Some(&server) = next.next() {
                self.begin(&mut under_way, server, &asked, via);
            }
            let said = tokio::select! {
                said = under_way.join_next() => said,
                () = sleep(HEAD_START), if next.peek().is_some() => continue,
            };
            match said {
                Some(Ok(Ok((answer, Worth::Answer)))) => return answer,
                Some(Ok(Ok((answer, _)))) => failure = Some(answer),
                Some(_) => {}
                None if next.peek().is_none() => break,
                None => {}
            }
        }
        failure.unwrap_or_else(|| {
            self.notices.give(Notice::NoNameServer(servers.to_vec()));
            server_failure(&asked)
        })
    }

    /// Asks one server, if there is room for one more.
    fn begin(&self, under_way: &mut JoinSet<Said>, server: SocketAddr, asked: &Arc<Asked>, via: Via) {
        let Ok(permit) = Arc::clone(&self.room).try_acquire_owned() else { return };
        let (asked, patience) = (Arc::clone(asked), self.resolver.timeout);
        under_way.spawn(async move {
            let said = timeout(patience, ask_once(server, &asked, via)).await;
            drop(permit);
            said.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        });
    }
}

/// Some servers do not take connections: what they say in a datagram is better than nothing.
async fn ask_once(server: SocketAddr, asked: &Asked, via: Via) -> Said {
    match via {
        Via::Udp => ask_by_udp(server, asked).await,
        Via::Tcp => match ask_by_tcp(server, asked).await {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => ask_by_udp(server, asked).await,
            said => said,
        },
    }
}

#[cfg(test)]
mod tests;
