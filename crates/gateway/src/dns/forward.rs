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
use super::upstreams::Upstreams;
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
    upstreams: Arc<Upstreams>,
    room: Arc<Semaphore>,
    notices: Notices,
}

/// What a server said, or why it said nothing.
type Said = io::Result<(Vec<u8>, Worth)>;

impl Forwarder {
    /// A forwarder to the servers of `resolver`; without one every query fails.
    pub(crate) fn new(resolver: Resolver, notices: Notices) -> Self {
        let upstreams = Arc::new(Upstreams::new(resolver));
        Self { upstreams, room: Arc::new(Semaphore::new(AT_ONCE)), notices }
    }

    /// The answer of one of the servers, or that there is none.
    ///
    /// They are asked in their order: the next when one fails, or has said nothing for a second; whoever answers first
    /// is believed, also when another was asked meanwhile. All of them in turn, as often as the host would. A question
    /// for which there is no room yet waits for as long as a server may take.
    pub(crate) async fn ask(&self, asked: Asked, via: Via) -> Vec<u8> {
        let resolver = self.upstreams.now();
        let room = timeout(resolver.timeout, Arc::clone(&self.room).acquire_owned()).await;
        let Ok(Ok(_own_room)) = room else { return server_failure(&asked) };
        let asked = Arc::new(asked);
        let rounds = usize::try_from(resolver.attempts).unwrap_or(1);
        let servers = resolver.servers();
        let mut next = servers.iter().cycle().take(servers.len() * rounds).peekable();
        let mut under_way: JoinSet<Said> = JoinSet::new();
        let (mut failure, mut short) = (None, false);
        loop {
            if let Some(&server) = next.next() {
                self.begin(&mut under_way, server, &asked, (via, resolver.timeout));
            }
            let said = tokio::select! {
                said = under_way.join_next() => said,
                () = sleep(HEAD_START), if next.peek().is_some() => continue,
            };
            match said {
                Some(Ok(Ok((answer, Worth::Answer)))) => return answer,
                Some(Ok(Ok((answer, _)))) => failure = Some(answer),
                Some(Ok(Err(error))) => short |= is_shortage(&error),
                Some(Err(_)) => {}
                None if next.peek().is_none() => break,
                None => {}
            }
        }
        failure.unwrap_or_else(|| {
            // Who was not asked is not to blame.
            if !short {
                self.notices.give(Notice::NoNameServer(servers.to_vec()));
            }
            server_failure(&asked)
        })
    }

    /// Asks one server more. The only one under way has the question's own room; where there is none for another
    /// besides, those that have said nothing yet make way for it.
    fn begin(
        &self,
        under_way: &mut JoinSet<Said>,
        server: SocketAddr,
        asked: &Arc<Asked>,
        (via, patience): (Via, Duration),
    ) {
        let more_room = match under_way.is_empty() {
            true => None,
            false => Arc::clone(&self.room).try_acquire_owned().ok(),
        };
        if more_room.is_none() {
            *under_way = JoinSet::new();
        }
        let asked = Arc::clone(asked);
        under_way.spawn(async move {
            let said = timeout(patience, ask_once(server, &asked, via)).await;
            drop(more_room);
            said.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        });
    }
}

/// True if it was we who could not ask.
fn is_shortage(error: &io::Error) -> bool {
    let ours = [libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM, libc::EADDRINUSE];
    error.raw_os_error().is_some_and(|errno| ours.contains(&errno))
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
