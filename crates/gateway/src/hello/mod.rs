//! A small web server inside the stack: something to talk to without any network.

mod request;
mod response;

use std::io;
use std::net::Shutdown;
use std::time::Duration;

use cordial::{TcpListener, TcpStream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;
use tokio::time::timeout;

use request::{MAX_OCTETS, parse};
use response::Response;

/// Clients served at once; others wait in the accept queue.
const CLIENTS: usize = 1_024;

/// How long a client may think about its next request, and then how long it may take to finish.
const PATIENCE: Duration = Duration::from_secs(60);
const FAREWELL: Duration = Duration::from_secs(2);

/// Serves until the stack is shut down; its clients' connections end with it.
pub(crate) async fn serve(listener: TcpListener) {
    let mut clients = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            Some(_) = clients.join_next() => continue,
            accepted = listener.accept(), if clients.len() < CLIENTS => accepted,
        };
        let Ok((stream, _)) = accepted else { break };
        // A client that breaks off is nobody's concern.
        clients.spawn(async move { converse(stream).await.ok() });
    }
    clients.join_all().await;
}

/// Answers one client's requests until it has no more.
async fn converse(mut stream: TcpStream) -> io::Result<()> {
    let mut octets = Vec::new();
    loop {
        let response = match parse(&octets) {
            Ok(None) => match timeout(PATIENCE, stream.read_buf(&mut octets)).await {
                // It has closed, or fell silent: now we do.
                Ok(Ok(0)) | Err(_) => return stream.shutdown().await,
                Ok(Ok(_)) => {
                    // A client that sends a request and its half-close is still answered.
                    octets.truncate(MAX_OCTETS);
                    continue;
                }
                Ok(Err(error)) => return Err(error),
            },
            Ok(Some(request)) => {
                octets.drain(..request.octets);
                Response::to(&request)
            }
            Err(bad) => Response::refusing(bad),
        };
        stream.write_all(&response.octets).await?;
        if response.is_last {
            return say_goodbye(stream).await;
        }
    }
}

/// Closes first, then reads what the client still had to say: closing with octets unread would be
/// a reset, and could take the answer with it (RFC 9112 §9.6).
async fn say_goodbye(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown_half(Shutdown::Write)?;
    let mut rest = [0; 4096];
    let listen = async { while stream.read(&mut rest).await.is_ok_and(|n| n > 0) {} };
    let _ = timeout(FAREWELL, listen).await;
    Ok(())
}
