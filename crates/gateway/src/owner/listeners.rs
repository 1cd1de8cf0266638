//! Whether anybody inside listens.

use std::net::SocketAddr;

use super::Sockets;
use crate::Child;

/// Knows who listens in a namespace, without calling them.
#[derive(Debug, Clone)]
pub struct Listeners(Sockets);

impl Listeners {
    /// For the namespace of this child; none if its kernel cannot be asked.
    pub fn of(child: &Child) -> Option<Self> {
        child.sockets().map(Self)
    }

    /// True if a connection to this address would find somebody at this moment.
    pub fn hear(&self, at: SocketAddr) -> bool {
        self.0.listener(at).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn a_listener_hears_in_the_families_it_serves_and_until_it_closes() {
        let listeners = Listeners(Sockets::new(super::super::open_sockets().expect("sock_diag")));
        let four = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let at = four.local_addr().expect("bound");
        assert!(listeners.hear(at));
        drop(four);
        assert!(!listeners.hear(at));
        let both = TcpListener::bind("[::]:0").expect("any address");
        let port = both.local_addr().expect("bound").port();
        assert!(listeners.hear(SocketAddr::from(([127, 0, 0, 1], port))));
        assert!(listeners.hear(format!("[::1]:{port}").parse().expect("an address")));
    }
}
