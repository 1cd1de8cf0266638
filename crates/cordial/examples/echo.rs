//! Two hosts in this process, a link between them, and an echo: no root, no network.

use std::io;

use cordial::device::{MemoryConfig, MemoryLink};
use cordial::{Host, TcpListener, TcpStream};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};

const CLIENT: [u8; 4] = [10, 0, 0, 1];
const SERVER: [u8; 4] = [10, 0, 0, 2];

#[tokio::main]
async fn main() -> io::Result<()> {
    let (left, right) = MemoryLink::pair(MemoryConfig::default());
    let client = Host::builder().address(CLIENT).start(left)?;
    let server = Host::builder().address(SERVER).start(right)?;

    let listener = TcpListener::bind(&server, (SERVER, 7))?;
    tokio::spawn(async move {
        while let Ok((mut stream, peer)) = listener.accept().await {
            println!("accepted {peer}");
            tokio::spawn(async move {
                let (mut read, mut write) = stream.split();
                copy(&mut read, &mut write).await
            });
        }
    });

    let mut stream = TcpStream::connect(&client, (SERVER, 7)).await?;
    println!("connected {} to {}", stream.local_addr()?, stream.peer_addr()?);
    stream.write_all(b"hello, and goodbye").await?;
    stream.shutdown().await?;
    let mut echo = String::new();
    stream.read_to_string(&mut echo).await?;
    println!("heard {echo:?}");
    Ok(())
}
