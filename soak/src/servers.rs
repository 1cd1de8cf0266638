//! The servers outside, on both loopbacks; the echo server is inside as well.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

use crate::Ports;
use crate::octets::{self, Came};
use crate::tally::Tally;

const LOOPBACKS: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// Starts them all.
pub async fn start(tally: &Tally) -> io::Result<Ports> {
    let echo = serve(echo).await?;
    for ip in LOOPBACKS {
        echo_datagrams(UdpSocket::bind((ip, echo)).await?);
    }
    let sink_tally = tally.clone();
    Ok(Ports {
        echo,
        source: serve(source).await?,
        sink: serve(move |stream| sink(stream, sink_tally.clone())).await?,
        rude: serve(rude).await?,
        closed: unused().await?,
    })
}

/// The server that the program inside runs, for connections that come in.
pub async fn start_inside(port: u16) -> io::Result<()> {
    for ip in [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)] {
        let socket = match ip {
            IpAddr::V4(_) => tokio::net::TcpSocket::new_v4()?,
            IpAddr::V6(_) => {
                let socket = tokio::net::TcpSocket::new_v6()?;
                rustix::net::sockopt::set_ipv6_v6only(&socket, true)?;
                socket
            }
        };
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::new(ip, port))?;
        accept(socket.listen(1024)?, Arc::new(echo));
    }
    Ok(())
}

/// Serves on both loopbacks, at the same port.
async fn serve<F, S>(server: S) -> io::Result<u16>
where
    S: Fn(TcpStream) -> F + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let server = Arc::new(server);
    for _ in 0..100 {
        let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = v4.local_addr()?.port();
        // Somebody else may have it in the other family.
        let Ok(v6) = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await else { continue };
        accept(v4, Arc::clone(&server));
        accept(v6, server);
        return Ok(port);
    }
    Err(io::ErrorKind::AddrInUse.into())
}

fn accept<F, S>(listener: TcpListener, server: Arc<S>)
where
    S: Fn(TcpStream) -> F + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(server(stream))),
                // No descriptor at the moment, or a connection that was gone before.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    });
}

/// A port that nobody listens at. It stays ours, unless somebody asks for it by number.
async fn unused() -> io::Result<u16> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?.local_addr()?.port();
    Ok(port)
}

/// Says what it hears, and goodbye when it hears that.
async fn echo(stream: TcpStream) {
    let (mut from, mut to) = stream.into_split();
    if tokio::io::copy(&mut from, &mut to).await.is_ok() {
        let _ = to.shutdown().await;
    }
}

fn echo_datagrams(socket: UdpSocket) {
    tokio::spawn(async move {
        let mut octets = vec![0; 65_536];
        loop {
            if let Ok((n, from)) = socket.recv_from(&mut octets).await {
                let _ = socket.send_to(&octets[..n], from).await;
            }
        }
    });
}

/// Sends what is asked for.
async fn source(mut stream: TcpStream) {
    if let Ok((seed, count)) = octets::requested(&mut stream).await {
        let _ = octets::send(&mut stream, seed, count).await;
        let _ = stream.shutdown().await;
        // A close with the client's goodbye unread would be a reset.
        let _ = stream.read(&mut [0]).await;
    }
}

/// Takes what is announced, and says Y if all of it came. A client may break off; what it sent must be right so far.
async fn sink(mut stream: TcpStream, tally: Tally) {
    let Ok((seed, count)) = octets::requested(&mut stream).await else { return };
    match octets::check(&mut stream, seed, count).await {
        Came::Whole => {
            let _ = stream.write_all(b"Y").await;
            let _ = stream.shutdown().await;
        }
        Came::Wrong => tally.note("sink", Err(format!("wrong octets of seed {seed}"))),
        Came::Short(_) | Came::Broken(..) => {}
    }
}

/// Sends half of what is asked for, then resets.
async fn rude(mut stream: TcpStream) {
    if let Ok((seed, count)) = octets::requested(&mut stream).await {
        let _ = octets::send(&mut stream, seed, count / 2).await;
        let _ = rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO));
    }
}
