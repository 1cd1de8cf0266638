//! How fast one stream is over a link inside the process, in memory, one way.
//!
//! ```sh
//! cargo run --release --example throughput              # 2,000 MB, each way of doing it
//! cargo run --release --example throughput -- 500
//! ```

use std::io;
use std::time::Instant;

use cordial::device::{MemoryConfig, MemoryLink, Offload};
use cordial::{Host, TcpListener, TcpStream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::{Builder, Runtime};

const CLIENT: [u8; 4] = [10, 0, 0, 1];
const SERVER: [u8; 4] = [10, 0, 0, 2];
/// Octets per write and per read.
const BLOCK: usize = 256 << 10;

fn main() -> io::Result<()> {
    let megabytes = std::env::args().nth(1).map_or(Ok(2000), |arg| arg.parse()).map_err(io::Error::other)?;
    let one = || Builder::new_current_thread().enable_all().build();
    let two = || Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let finished = Offload::none(1500);
    measure("MTU 1500, one thread", one()?, finished, megabytes)?;
    measure("MTU 1500, two threads", two()?, finished, megabytes)?;
    measure("super-segments, one thread", one()?, Offload::full(), megabytes)?;
    measure("super-segments, two threads", two()?, Offload::full(), megabytes)
}

fn measure(name: &str, runtime: Runtime, offload: Offload, megabytes: usize) -> io::Result<()> {
    let seconds = runtime.block_on(transfer(offload, megabytes))?;
    println!("{name:28} {:7.0} MB/s", megabytes as f64 / seconds);
    Ok(())
}

/// Seconds from the first octet to the end of the stream.
async fn transfer(offload: Offload, megabytes: usize) -> io::Result<f64> {
    let (left, right) = MemoryLink::pair(MemoryConfig { offload, ..MemoryConfig::default() });
    let client = Host::builder().address(CLIENT).start(left)?;
    let server = Host::builder().address(SERVER).start(right)?;
    let listener = TcpListener::bind(&server, (SERVER, 80))?;
    let (connected, accepted) = tokio::join!(TcpStream::connect(&client, (SERVER, 80)), listener.accept());
    let (mut sender, mut receiver) = (connected?, accepted?.0);

    let begin = Instant::now();
    let total = megabytes * 1_000_000;
    let sending = tokio::spawn(async move {
        let block = vec![0x55; BLOCK];
        let mut left = total;
        while left > 0 {
            left -= sender.write(&block[..left.min(BLOCK)]).await?;
        }
        sender.shutdown().await
    });
    let receiving = tokio::spawn(async move {
        let (mut buffer, mut heard) = (vec![0; BLOCK], 0);
        loop {
            match receiver.read(&mut buffer).await? {
                0 => return Ok::<_, io::Error>(heard),
                count => heard += count,
            }
        }
    });
    sending.await??;
    let heard = receiving.await??;
    if heard == total { Ok(begin.elapsed().as_secs_f64()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
