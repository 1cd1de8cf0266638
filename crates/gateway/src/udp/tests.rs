use std::time::Duration;

use cordial::Host;
use cordial::device::{MemoryConfig, MemoryLink};
use tokio::net::UdpSocket as Outside;
use tokio::time::timeout;

use super::*;
use crate::Network;

const HOST: [u8; 4] = [10, 77, 0, 254];

/// The program's end, and what serves it.
struct World {
    program: Host,
    _gateway: Host,
    datagrams: Datagrams,
}

impl World {
    fn new() -> Self {
        let (left, right) = MemoryLink::pair(MemoryConfig::default());
        let program = Host::builder().address([10, 77, 0, 2]).start(left).expect("starts");
        let gateway = Host::builder().address([10, 77, 0, 1]).gateway().start(right).expect("starts");
        let inside = Inside::bind_any(&gateway).expect("binds");
        let datagrams = Datagrams::new(inside, Arc::new(Places::of(&Network::default())));
        Self { program, _gateway: gateway, datagrams }
    }

    /// A socket of the program's, and the counts of its host.
    fn socket(&self) -> Inside {
        Inside::bind(&self.program, ([10, 77, 0, 2], 0)).expect("binds")
    }
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(10), what).await.expect("within ten seconds")
}

/// Waits until the program's kernel, so to speak, has got so many ICMP messages.
async fn errors(program: &Host, count: u64) {
    soon(async {
        while program.counters().icmp_in_msgs < count {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn datagrams_go_out_and_come_back_whatever_their_length() {
    let world = World::new();
    let echo = Outside::bind("127.0.0.1:0").await.expect("a port");
    let to = (HOST, echo.local_addr().expect("bound").port()).into();
    let socket = world.socket();
    let served = tokio::spawn(world.datagrams.serve());
    for len in [0, 1, 1472, 1473, 20_000, 65_507] {
        let octets: Vec<u8> = (0..len).map(|at| (at % 251) as u8).collect();
        socket.try_send_to(&octets, to).expect("sends");
        let mut buffer = vec![0; 65_535];
        let (n, from) = soon(echo.recv_from(&mut buffer)).await.expect("receives");
        assert!(buffer[..n] == octets, "{len} octets");
        echo.send_to(&buffer[..n], from).await.expect("sends");
        let back = soon(socket.recv()).await.expect("receives");
        assert_eq!(back.source, to);
        assert!(back.octets == octets, "{len} octets");
    }
    served.abort();
}

#[tokio::test]
async fn a_port_nobody_has_is_told_at_once_and_what_comes_next_is_sent() {
    let world = World::new();
    let closed = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
    let socket = world.socket();
    let program = world.program.clone();
    let served = tokio::spawn(world.datagrams.serve());
    let to = (HOST, closed.port()).into();
    socket.try_send_to(b"anybody?", to).expect("sends");
    errors(&program, 1).await;
    let open = Outside::bind(closed).await.expect("free still");
    socket.try_send_to(b"and now?", to).expect("sends");
    let mut buffer = [0; 100];
    let n = soon(open.recv(&mut buffer)).await.expect("receives");
    assert_eq!(&buffer[..n], b"and now?");
    served.abort();
}

#[tokio::test]
async fn places_without_anybody_are_told_at_once() {
    let world = World::new();
    let socket = world.socket();
    let program = world.program.clone();
    let served = tokio::spawn(world.datagrams.serve());
    // A port of the gateway's that is closed, and an address that nobody has.
    for (count, to) in [(1, ([10, 77, 0, 1], 9)), (2, ([10, 77, 0, 99], 9))] {
        socket.try_send_to(b"?", to.into()).expect("sends");
        errors(&program, count).await;
    }
    served.abort();
}

#[tokio::test]
async fn one_flow_more_ends_the_idlest() {
    let mut world = World::new();
    world.datagrams.most = 3;
    let echo = Outside::bind("127.0.0.1:0").await.expect("a port");
    let to: SocketAddr = (HOST, echo.local_addr().expect("bound").port()).into();
    let sockets: Vec<Inside> = (0..5).map(|_| world.socket()).collect();
    let mut buffer = [0; 100];
    let mut sources = Vec::new();
    for (at, socket) in sockets.iter().enumerate() {
        socket.try_send_to(&[at as u8], to).expect("sends");
        let datagram = soon(world.datagrams.inside.recv()).await.expect("arrives");
        world.datagrams.relay(datagram);
        tokio::time::sleep(Duration::from_millis(3)).await;
        sources.push(soon(echo.recv_from(&mut buffer)).await.expect("receives").1);
        assert!(world.datagrams.flows.len() <= 3);
    }
    let local = |at: usize| (sockets[at].local_addr().expect("bound"), to);
    let alive: Vec<bool> = (0..5).map(|at| world.datagrams.flows.contains_key(&local(at))).collect();
    assert_eq!(alive, [false, false, true, true, true]);
    // One that lives still answers; one that ended begins anew.
    echo.send_to(b"back", sources[4]).await.expect("sends");
    assert_eq!(soon(sockets[4].recv()).await.expect("receives").octets, b"back");
}

#[tokio::test(start_paused = true)]
async fn an_idle_flow_ends_and_is_forgotten() {
    let ends = ("10.77.0.2:5000".parse().unwrap(), "10.77.0.254:9".parse().unwrap());
    let mut world = World::new();
    world.datagrams.begin(ends, "127.0.0.1:9".parse().unwrap(), datagram(ends));
    assert_eq!(world.datagrams.flows.len(), 1);
    let began = tokio::time::Instant::now();
    let over = world.datagrams.returns.join_next().await.expect("a flow").expect("it ends in peace");
    assert!(began.elapsed() >= Duration::from_secs(120));
    world.datagrams.forget(&over);
    assert!(world.datagrams.flows.is_empty());
}

fn datagram((source, destination): Ends) -> Datagram {
    Datagram { source, destination, octets: b"x".to_vec() }
}
