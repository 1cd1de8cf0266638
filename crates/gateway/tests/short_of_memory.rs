//! Programs that do not read what they asked for take nothing from the others: neither their memory nor their turn.

mod net;

use std::sync::Arc;
use std::time::Duration;

use cordial::{Limits, TcpStream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::net::TcpStream as Outside;
use tokio::task::JoinSet;
use tokio::time::timeout;

use net::{Net, host_cordial, pattern, run, until};

/// All memory of the gateway's stack.
const MEMORY: usize = 1 << 20;

/// A server that says more to each of `clients` than its connection holds, and they, who read none of it.
async fn stalled(net: &Net, clients: usize, senders: &mut JoinSet<()>) -> Vec<TcpStream> {
    let server = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let port = server.local_addr().expect("bound").port();
    let much = Arc::new(pattern(8 << 20));
    let mut near = Vec::new();
    for _ in 0..clients {
        let (client, accepted) =
            tokio::join!(TcpStream::connect(&net.program, host_cordial(port)), server.accept());
        near.push(client.expect("connects"));
        let (mut far, much) = (accepted.expect("accepts").0, Arc::clone(&much));
        senders.spawn(async move {
            // It ends with an error when the test does.
            let _ = far.write_all(&much).await;
        });
    }
    near
}

/// Waits until no connection takes any more.
async fn settled(near: &[TcpStream], net: &Net) {
    let in_use = || {
        let stalled = near.iter().filter(|stream| stream.info().is_some_and(|info| info.vars.unread > 0));
        (stalled.count(), net.host.connections())
    };
    until("everybody has something to read", || in_use().0 == near.len()).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
}

async fn download(net: &Net, octets: &[u8]) -> Vec<u8> {
    let (mut near, mut far): (TcpStream, Outside) = net.connected().await;
    let sending = async {
        far.write_all(octets).await.expect("the client reads");
        far.shutdown().await.expect("says goodbye");
    };
    let mut got = Vec::new();
    let reading = async { near.read_to_end(&mut got).await.expect("a FIN, no reset") };
    tokio::join!(sending, reading);
    got
}

/// Time that this process has had of its processors.
fn used() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// More unread downloads than there are chunks for: some wait for memory with nothing queued at all. Nobody spins, and
/// once others have gone, each of them goes on.
#[test]
fn who_waits_for_memory_neither_spins_nor_is_reset_and_goes_on_when_there_is_some() {
    run(async {
        let net = Net::with_limits(Limits { memory: MEMORY, ..Limits::default() });
        let mut senders = JoinSet::new();
        let mut near = stalled(&net, 300, &mut senders).await;
        // Until all of them wait there is much to do, on a busy machine for longer; who spins does so for good.
        let mut spent = [Duration::MAX; 20];
        for second in &mut spent {
            let before = used();
            tokio::time::sleep(Duration::from_secs(1)).await;
            *second = used() - before;
            if *second < Duration::from_millis(500) {
                break;
            }
        }
        let least = spent.into_iter().min().expect("twenty of them");
        assert!(least < Duration::from_millis(500), "{least:?} of a second for connections that all wait");
        let mut last = near.pop().expect("one of three hundred");
        drop(near);
        let mut got = vec![0; 8 << 20];
        timeout(Duration::from_secs(20), last.read_exact(&mut got))
            .await
            .expect("in time")
            .expect("no reset");
        assert!(got == pattern(8 << 20));
    });
}

#[test]
fn a_connection_goes_on_beside_many_that_nobody_reads() {
    run(async {
        let net = Net::with_limits(Limits { memory: MEMORY, ..Limits::default() });
        let mut senders = JoinSet::new();
        let near = stalled(&net, 100, &mut senders).await;
        settled(&near, &net).await;
        let octets = pattern(1 << 20);
        let got = timeout(Duration::from_secs(20), download(&net, &octets)).await.expect("in time");
        assert!(got == octets, "what arrives is what was sent");
    });
}

/// What a gateway keeps for a download that nobody reads is a bounded part of what the server has to say.
#[test]
fn an_unread_download_keeps_little() {
    run(async {
        let net = Net::new();
        let mut senders = JoinSet::new();
        let near = stalled(&net, 8, &mut senders).await;
        settled(&near, &net).await;
        let held = net.host.memory_in_use();
        assert!(held > 0 && held <= 8 * (544 << 10), "{held} octets");
    });
}

/// A gateway that is dropped resets what it relayed.
#[test]
fn a_gateways_connections_end_with_it() {
    run(async {
        let Net { program, host, gateway } = Net::new();
        let server = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let port = server.local_addr().expect("bound").port();
        let (near, far) = tokio::join!(TcpStream::connect(&program, host_cordial(port)), server.accept());
        let (mut near, (mut far, _)) = (near.expect("connects"), far.expect("accepts"));
        drop(gateway);
        let end = |read: std::io::Result<usize>| read.unwrap_or(0);
        let mut octet = [0];
        assert_eq!(end(timeout(Duration::from_secs(30), near.read(&mut octet)).await.expect("it ends")), 0);
        assert_eq!(end(timeout(Duration::from_secs(30), far.read(&mut octet)).await.expect("it ends")), 0);
        drop(near);
        until("it is forgotten", || host.connections() == 0).await;
    });
}
