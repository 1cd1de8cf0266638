//! Connections between our host and the kernel, opened by either.

use std::net::SocketAddr;

use cordial::{Host, TcpListener, TcpStream};

use super::{Family, socket};

/// Whose end of a connection: who opens it, who closes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    Us,
    Kernel,
}

impl Side {
    pub const BOTH: [Self; 2] = [Self::Us, Self::Kernel];
}

/// The two ends of a connection.
pub struct Pair {
    pub ours: TcpStream,
    pub kernels: tokio::net::TcpStream,
}

impl Pair {
    /// Opens a connection, with a listener for it alone.
    pub async fn open(host: &Host, family: Family, opener: Side) -> Self {
        Listener::bind(host, family, opener).connect().await
    }
}

/// Where the other side listens.
pub enum Listener {
    Ours(TcpListener),
    Kernels { host: Host, listener: tokio::net::TcpListener },
}

impl Listener {
    /// A listener, at a port of its host's choice, for connections that `opener` opens.
    pub fn bind(host: &Host, family: Family, opener: Side) -> Self {
        match opener {
            Side::Kernel => Self::Ours(TcpListener::bind(host, (family.ours(), 0)).expect("binds")),
            Side::Us => Self::Kernels { host: host.clone(), listener: kernel_listener(family) },
        }
    }

    /// A connection to it. One at a time: the one that is accepted is the one that was opened.
    pub async fn connect(&self) -> Pair {
        let (ours, kernels) = tokio::join!(self.ours(), self.kernels());
        Pair { ours, kernels }
    }

    /// Our end of some connection.
    pub async fn ours(&self) -> TcpStream {
        match self {
            Self::Ours(listener) => listener.accept().await.expect("we accept").0,
            Self::Kernels { host, listener } => {
                let to = listener.local_addr().expect("it is bound");
                TcpStream::connect(host, to).await.expect("we connect")
            }
        }
    }

    /// The kernel's end of some connection.
    pub async fn kernels(&self) -> tokio::net::TcpStream {
        match self {
            Self::Kernels { listener, .. } => listener.accept().await.expect("the kernel accepts").0,
            Self::Ours(listener) => {
                let to = listener.local_addr().expect("it is bound");
                let socket = socket::new(if to.is_ipv4() { Family::V4 } else { Family::V6 });
                socket.connect(to).await.expect("the kernel connects")
            }
        }
    }
}

fn kernel_listener(family: Family) -> tokio::net::TcpListener {
    let socket = socket::new(family);
    socket.set_reuseaddr(true).expect("an option may be set");
    socket.bind(SocketAddr::new(family.kernel(), 0)).expect("the kernel has the address");
    socket.listen(1024).expect("listens")
}
