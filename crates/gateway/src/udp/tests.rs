use std::time::Duration;

use cordial::Host;
use cordial::device::{Device, MAX_PACKET, MemoryConfig, MemoryLink, Outgoing};
use etherparse::PacketBuilder;
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
async fn one_mapping_more_ends_the_idlest() {
    let mut world = World::new();
    world.datagrams.mappings.set_most(3);
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
        assert!(world.datagrams.mappings.len() <= 3);
    }
    let alive: Vec<bool> = (sockets.iter())
        .map(|socket| world.datagrams.mappings.get_mut(&socket.local_addr().expect("bound")).is_some())
        .collect();
    assert_eq!(alive, [false, false, true, true, true]);
    // One that lives still answers; one that ended begins anew.
    echo.send_to(b"back", sources[4]).await.expect("sends");
    assert_eq!(soon(sockets[4].recv()).await.expect("receives").octets, b"back");
}

#[tokio::test(start_paused = true)]
async fn an_idle_mapping_ends_and_is_forgotten() {
    let mut world = World::new();
    for (port, seconds) in [(9, 120), (53, 15)] {
        world.datagrams.relay(datagram(port));
        assert_eq!(world.datagrams.mappings.len(), 1);
        let began = tokio::time::Instant::now();
        world.datagrams.mappings.over().await;
        assert!(began.elapsed() >= Duration::from_secs(seconds));
        assert!(began.elapsed() < Duration::from_secs(seconds + 2));
        assert_eq!(world.datagrams.mappings.len(), 0);
    }
}

/// To an address of documentation, from which nothing comes back.
fn datagram(port: u16) -> Datagram {
    let source = "10.77.0.2:5000".parse().expect("an address");
    Datagram { source, destination: ([192, 0, 2, 1], port).into(), octets: b"x".to_vec() }
}

/// RFC 4787 §4.1, REQ-1, and §5, REQ-8.
#[tokio::test]
async fn one_port_of_the_programs_is_one_of_the_hosts_and_anybody_may_answer_there() {
    let world = World::new();
    let (a, b, c) = tokio::try_join!(
        Outside::bind("127.0.0.1:0"),
        Outside::bind("127.0.0.1:0"),
        Outside::bind("127.0.0.1:0")
    )
    .expect("ports");
    let port = |outside: &Outside| outside.local_addr().expect("bound").port();
    let socket = world.socket();
    let served = tokio::spawn(world.datagrams.serve());
    let mut buffer = [0; 100];
    let mut seen = Vec::new();
    for outside in [&a, &b] {
        socket.try_send_to(b"who am I?", (HOST, port(outside)).into()).expect("sends");
        seen.push(soon(outside.recv_from(&mut buffer)).await.expect("receives").1);
    }
    assert_eq!(seen[0], seen[1]);
    // One that was never called, as the second address of a STUN server or the data port of a TFTP server.
    for outside in [&c, &b, &a] {
        outside.send_to(b"you", seen[0]).await.expect("sends");
        let heard = soon(socket.recv()).await.expect("receives");
        assert_eq!((&heard.octets[..], heard.source), (&b"you"[..], (HOST, port(outside)).into()));
    }
    served.abort();
}

/// One socket sends to two ports that nobody has, and to one that somebody has: each error quotes its own datagram.
#[tokio::test]
async fn an_error_is_about_the_datagram_that_it_was_about() {
    let (mut link, right) = MemoryLink::pair(MemoryConfig::default());
    let gateway = Host::builder().address([10, 77, 0, 1]).gateway().start(right).expect("starts");
    let inside = Inside::bind_any(&gateway).expect("binds");
    let served = tokio::spawn(Datagrams::new(inside, Arc::new(Places::of(&Network::default()))).serve());
    let open = Outside::bind("127.0.0.1:0").await.expect("a port");
    let closed =
        || std::net::UdpSocket::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port();
    let ports = [closed(), open.local_addr().expect("bound").port(), closed()];
    for port in ports {
        let mut packet = Vec::new();
        let builder = PacketBuilder::ipv4([10, 77, 0, 2], HOST, 64).udp(5000, port);
        builder.write(&mut packet, b"anybody?").expect("a packet");
        link.send(&Outgoing::plain(&packet)).expect("room");
    }
    let mut quoted = Vec::new();
    let mut buffer = vec![0; MAX_PACKET];
    soon(async {
        while quoted.len() < 2 {
            match link.receive(&mut buffer).expect("there") {
                // Behind two IP headers and one of ICMP: source port, destination port.
                Some(packet) => quoted.push(packet.octets.get(48..52).expect("a quote").to_vec()),
                None => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        }
    })
    .await;
    let expected = [ports[0], ports[2]].map(|port| [5000_u16.to_be_bytes(), port.to_be_bytes()].concat());
    quoted.sort();
    let mut expected = expected.to_vec();
    expected.sort();
    assert_eq!(quoted, expected);
    served.abort();
}
