use std::time::Duration;

use cordial::Host;
use cordial::device::{Device, MAX_PACKET, MemoryConfig, MemoryLink, Outgoing};
use etherparse::{Icmpv4Slice, Icmpv4Type, IpSlice, PacketBuilder};
use tokio::time::timeout;

use super::*;
use crate::Network;

/// The program's end of the link, and what serves the other.
struct World {
    link: MemoryLink,
    _gateway: Host,
    notices: tokio::sync::mpsc::UnboundedReceiver<Notice>,
}

impl World {
    fn new() -> Self {
        let (link, right) = MemoryLink::pair(MemoryConfig::default());
        let gateway = Host::builder().address([10, 77, 0, 1]).gateway().start(right).expect("starts");
        let (notices, out) = Notices::new();
        let inside = EchoSocket::bind(&gateway).expect("binds");
        tokio::spawn(Pings::new(inside, Arc::new(Places::of(&Network::default())), notices).serve());
        Self { link, _gateway: gateway, notices: out }
    }

    fn ping(&mut self, to: [u8; 4], sequence: u16) {
        let builder = PacketBuilder::ipv4([10, 77, 0, 2], to, 64).icmpv4_echo_request(77, sequence);
        let mut packet = Vec::new();
        builder.write(&mut packet, b"hello").expect("a packet");
        self.link.send(&Outgoing::plain(&packet)).expect("room");
    }

    /// The next message to the program: from whom, its kind, and what is behind its header.
    async fn answer(&mut self) -> ([u8; 4], Icmpv4Type, Vec<u8>) {
        let mut buffer = vec![0; MAX_PACKET];
        let next = async {
            loop {
                if let Some(packet) = self.link.receive(&mut buffer).expect("there") {
                    return packet.octets.to_vec();
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let packet = timeout(Duration::from_secs(10), next).await.expect("an answer within ten seconds");
        let ip = IpSlice::from_slice(&packet).expect("a packet");
        let icmp = Icmpv4Slice::from_slice(ip.payload().payload).expect("a message");
        let IpSlice::Ipv4(v4) = &ip else { panic!("not IPv4") };
        (v4.header().source(), icmp.icmp_type(), icmp.payload().to_vec())
    }
}

fn is_echo_reply(kind: &Icmpv4Type, sequence: u16) -> bool {
    matches!(kind, Icmpv4Type::EchoReply(echo) if echo.id == 77 && echo.seq == sequence)
}

#[tokio::test]
async fn our_own_addresses_answer() {
    let mut world = World::new();
    for (sequence, to) in [[10, 77, 0, 1], [10, 77, 0, 80], [10, 77, 0, 254]].into_iter().enumerate() {
        world.ping(to, sequence as u16);
        let (from, kind, octets) = world.answer().await;
        assert!(is_echo_reply(&kind, sequence as u16), "{kind:?}");
        assert_eq!((from, &octets[..]), (to, &b"hello"[..]));
    }
}

#[tokio::test]
async fn nobody_of_our_network_is_unreachable() {
    let mut world = World::new();
    world.ping([10, 77, 0, 99], 1);
    let (_, kind, _) = world.answer().await;
    let why = etherparse::icmpv4::DestUnreachableHeader::Host;
    assert_eq!(kind, Icmpv4Type::DestinationUnreachable(why));
}

/// An address of this machine's own other than loopback; none without a network.
fn own_address() -> Option<[u8; 4]> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    match socket.local_addr().ok()?.ip() {
        IpAddr::V4(own) => Some(own.octets()),
        IpAddr::V6(_) => None,
    }
}

/// Where this user may ping, a ping of another address is answered by it; where not, that is told.
#[tokio::test]
async fn other_addresses_are_asked_by_the_host() {
    let mut world = World::new();
    let Some(own) = own_address() else {
        world.ping([192, 0, 2, 1], 1);
        return assert!(matches!(world.answer().await.1, Icmpv4Type::DestinationUnreachable(_)));
    };
    world.ping(own, 5);
    if let Err(NotAllowed::ByHost) = HostSocket::open(own.into()) {
        let told = timeout(Duration::from_secs(10), world.notices.recv()).await;
        return assert_eq!(told.expect("at once"), Some(Notice::PingsNotAllowed));
    }
    for sequence in [5, 6] {
        let (from, kind, octets) = world.answer().await;
        assert!(is_echo_reply(&kind, sequence), "{kind:?}");
        assert_eq!((from, &octets[..]), (own, &b"hello"[..]));
        world.ping(own, sequence + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_ping_is_forgotten() {
    let (_link, right) = MemoryLink::pair(MemoryConfig::default());
    let gateway = Host::builder().gateway().start(right).expect("starts");
    let inside = Arc::new(EchoSocket::bind(&gateway).expect("binds"));
    // Whoever may not ping has nothing to forget.
    let Ok(socket) = HostSocket::open([127, 0, 0, 1].into()) else { return };
    let ends = ([10, 77, 0, 2].into(), [127, 0, 0, 1].into(), 7);
    let began = tokio::time::Instant::now();
    Arc::new(Asker::new(ends, socket)).serve(inside).await;
    assert!(began.elapsed() >= Duration::from_secs(30));
}
