//! Queries that the host's resolver answers.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::server_failure;

/// Octets of the longest answer.
const LONGEST: usize = 65_535;

/// How long the resolver may take for each try. Resolvers ask on behalf of others, which may take
/// them seconds; programs ask again after five and give up after ten.
const PATIENCE: Duration = Duration::from_secs(2);
const TRIES: u32 = 2;

/// Queries that may be under way at once: each takes a descriptor.
const AT_ONCE: usize = 256;

/// Asks the host's resolver.
#[derive(Debug, Clone)]
pub(crate) struct Forwarder {
    resolver: Option<SocketAddr>,
    room: Arc<Semaphore>,
}

impl Forwarder {
    /// A forwarder to `resolver`; without one every query fails.
    pub(crate) fn new(resolver: Option<SocketAddr>) -> Self {
        Self { resolver, room: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// The resolver's answer to a query, or that there is none; nothing for what is no query.
    pub(crate) async fn ask(&self, query: &[u8]) -> Option<Vec<u8>> {
        let Ok(_permit) = self.room.try_acquire() else { return server_failure(query) };
        let Some(resolver) = self.resolver else { return server_failure(query) };
        for _ in 0..TRIES {
            match timeout(PATIENCE, ask_once(resolver, query)).await {
                Ok(Ok(answer)) => return Some(answer),
                // Refused, or no way there: asking again does not help.
                Ok(Err(_)) => break,
                Err(_) => {}
            }
        }
        server_failure(query)
    }
}

/// One query from a port of its own, so that answers are hard to forge (RFC 5452 §9.2).
async fn ask_once(resolver: SocketAddr, query: &[u8]) -> io::Result<Vec<u8>> {
    let any: SocketAddr = match resolver {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(resolver).await?;
    socket.send(query).await?;
    let mut answer = vec![0; LONGEST];
    loop {
        let n = socket.recv(&mut answer).await?;
        if answer.get(..2) == query.get(..2) && n >= 12 {
            answer.truncate(n);
            return Ok(answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
    use hickory_proto::rr::{Name, RecordType};

    fn query() -> Vec<u8> {
        let mut message = Message::new(7, MessageType::Query, OpCode::Query);
        message.add_query(Query::query(Name::from_ascii("example.org.").expect("a name"), RecordType::A));
        message.to_vec().expect("a message")
    }

    fn code(answer: Option<Vec<u8>>) -> ResponseCode {
        Message::from_vec(&answer.expect("an answer")).expect("a message").metadata.response_code
    }

    #[tokio::test]
    async fn the_resolvers_answer_is_handed_on_and_a_forged_one_is_not() {
        let server = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
        let resolver = server.local_addr().expect("bound");
        let serve = async {
            let mut octets = [0; 512];
            let (n, from) = server.recv_from(&mut octets).await.expect("a query");
            let mut response = Message::from_vec(&octets[..n]).expect("a query").into_response();
            response.metadata.response_code = ResponseCode::NXDomain;
            let mut octets = response.to_vec().expect("a message");
            octets[1] ^= 1;
            server.send_to(&octets, from).await.expect("room");
            octets[1] ^= 1;
            server.send_to(&octets, from).await.expect("room");
        };
        let forwarder = Forwarder::new(Some(resolver));
        let query = query();
        let (answer, ()) = tokio::join!(forwarder.ask(&query), serve);
        assert_eq!(code(answer), ResponseCode::NXDomain);
    }

    #[tokio::test]
    async fn without_a_resolver_every_query_fails_at_once() {
        assert_eq!(code(Forwarder::new(None).ask(&query()).await), ResponseCode::ServFail);
        let closed = UdpSocket::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("bound");
        assert_eq!(code(Forwarder::new(Some(closed)).ask(&query()).await), ResponseCode::ServFail);
    }
}
