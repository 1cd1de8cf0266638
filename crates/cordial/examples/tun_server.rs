//! A server for the kernel's own programs, over a TUN interface. Needs root, or CAP_NET_ADMIN.
//!
//! ```sh
//! cargo build --example tun_server && sudo target/debug/examples/tun_server
//! # and in another terminal:
//! curl http://10.55.0.2/
//! ```
//!
//! The interface `cordial0` and what is set on it vanish when the program ends (Ctrl-C says goodbye first).

use std::io;
use std::process::Command;
use std::time::Duration;

use cordial::device::{InterfaceName, Tun, TunConfig};
use cordial::{Host, TcpListener, TcpStream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const INTERFACE: &str = "cordial0";
/// The kernel's end.
const KERNEL: &str = "10.55.0.1/24";
/// Ours.
const SERVER: [u8; 4] = [10, 55, 0, 2];

#[tokio::main]
async fn main() -> io::Result<()> {
    let name = InterfaceName::new(INTERFACE).ok_or(io::ErrorKind::InvalidInput)?;
    let tun = Tun::open(name, TunConfig::default()).inspect_err(|error| {
        eprintln!("cannot open /dev/net/tun: {error}. It needs root: sudo, or CAP_NET_ADMIN.");
    })?;
    ip(&["address", "add", KERNEL, "dev", INTERFACE])?;
    ip(&["link", "set", INTERFACE, "up"])?;

    let host = Host::builder().address(SERVER).start(tun)?;
    let listener = TcpListener::bind(&host, (SERVER, 80))?;
    println!("listening: try  curl http://{}/", listener.local_addr()?.ip());
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, peer) = accepted?;
                println!("accepted {peer}");
                tokio::spawn(greet(stream));
            }
            _ = tokio::signal::ctrl_c() => break,
        }
    }
    let drained = host.shutdown(Duration::from_secs(5)).await;
    println!("goodbye ({} connections aborted)", drained.aborted);
    Ok(())
}

/// One request, one answer, and the end of the connection.
async fn greet(mut stream: TcpStream) -> io::Result<()> {
    let mut request = [0; 4096];
    let _ = stream.read(&mut request).await?;
    let text = "Hello from a TCP in user space.\n";
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", text.len());
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(text.as_bytes()).await?;
    stream.shutdown().await?;
    // Read to the peer's goodbye, so that dropping the stream is none of ours.
    while stream.read(&mut request).await? > 0 {}
    Ok(())
}

fn ip(args: &[&str]) -> io::Result<()> {
    let status = Command::new("ip").args(args).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("ip {} failed", args.join(" ")))) }
}
