//! Whether the host's name servers answer.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

/// A name server that the host asks.
#[derive(Debug)]
pub struct NameServer {
    /// Where.
    pub at: SocketAddr,
    /// What became of a question.
    pub answers: Answers,
}

/// What became of a question.
#[derive(Debug)]
pub enum Answers {
    /// Answered, after so long.
    After(Duration),
    /// Nothing came in so long.
    Silent(Duration),
    /// It cannot be asked.
    Unreachable(io::Error),
}

const PATIENCE: Duration = Duration::from_secs(2);
/// As the C library has it.
const MOST: usize = 3;

/// Asks the host's name servers, one after the other.
pub(super) fn ask_all() -> Vec<NameServer> {
    let host = crate::dns::Resolver::of_host();
    let servers = host.servers().iter().copied().take(MOST);
    servers.map(|at| NameServer { at, answers: ask(at).unwrap_or_else(Answers::Unreachable) }).collect()
}

/// Who serves the root of all names (RFC 1035 §4.1): whoever resolves names can say so, and nothing
/// of this machine's is given away.
fn question(id: u16) -> [u8; 17] {
    let [i0, i1] = id.to_be_bytes();
    // Recursion desired; one question: the root, NS, IN.
    [i0, i1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1]
}

fn ask(at: SocketAddr) -> io::Result<Answers> {
    let from: IpAddr = match at {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((from, 0))?;
    socket.connect(at)?;
    let begun = Instant::now();
    // The port, of the kernel's choice, is as good as any number.
    let id = socket.local_addr()?.port();
    socket.send(&question(id))?;
    let mut answer = [0; 512];
    loop {
        let left = PATIENCE.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Ok(Answers::Silent(PATIENCE));
        }
        socket.set_read_timeout(Some(left))?;
        match socket.recv(&mut answer) {
            Ok(length) if is_answer(answer.get(..length).unwrap_or_default(), id) => {
                return Ok(Answers::After(begun.elapsed()));
            }
            Ok(_) => {}
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Err(error) => return Err(error),
        }
    }
}

/// An answer of any kind: a server that refuses this question answers others.
fn is_answer(message: &[u8], id: u16) -> bool {
    matches!(message, [i0, i1, flags, ..] if u16::from_be_bytes([*i0, *i1]) == id && flags & 0x80 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_answers_is_told_from_one_that_is_not_there() {
        let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback");
        let at = server.local_addr().expect("bound");
        let serves = std::thread::spawn(move || {
            let mut query = [0; 512];
            let (length, from) = server.recv_from(&mut query).expect("asked");
            // Not an answer; then one to another question; then one.
            server.send_to(&query[..length], from).expect("loopback");
            query[2] |= 0x80;
            query[0] ^= 1;
            server.send_to(&query[..length], from).expect("loopback");
            query[0] ^= 1;
            server.send_to(&query[..length], from).expect("loopback");
        });
        assert!(matches!(ask(at), Ok(Answers::After(_))));
        serves.join().expect("it ends");
        assert!(ask(at).is_err(), "it has gone, and the kernel says so");
    }
}
