//! What a segment costs by how many connections there are: `cargo bench -p cordial-stack`.
//!
//! Two segments of 100 octets arrive for a connection drawn at random, one after the other, so that the second draws
//! an ACK whatever the number of connections; the application reads them, and the ACK goes out.

use std::hint::black_box;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant as Clock};

use cordial_ip::{Header, Protocol};
use cordial_stack::{Bind, Checksum, Config, ConnId, Frame, Instant, LinkId, ListenConfig, Seeded, Stack};
use cordial_wire::{Flags, Options, Segment, SeqNum};

const LINK: LinkId = LinkId(0);
const SEGMENTS: u32 = 2_000_000;
const TEXT: [u8; 100] = [b'x'; 100];

struct Peer {
    at: SocketAddr,
    id: ConnId,
    seq: SeqNum,
    expects: SeqNum,
}

fn main() {
    for connections in [10, 1_000, 100_000, 1_000_000] {
        run(connections);
    }
}

fn run(connections: u32) {
    let us: SocketAddr = "10.0.0.1:80".parse().unwrap();
    let mut config = Config::host(&[us.ip()]);
    config.limits.accept_queue = 8;
    let mut stack = Stack::new(config, Seeded::new([1; 32]), ());
    let mut now = Instant::from_millis(1);
    let listener = stack.listen(Bind::Port(80), ListenConfig::default()).unwrap();
    let mut peers: Vec<Peer> = (0..connections)
        .map(|n| {
            let address: IpAddr = [11, 0, (n >> 23) as u8, (n >> 15) as u8].into();
            let at = SocketAddr::new(address, (n & 0x7fff) as u16 + 1024);
            let syn = Segment {
                seq: SeqNum(0),
                flags: Flags::SYN,
                options: Options { mss: Some(1460), sack_permitted: true, ..Options::default() },
                ..Segment::default()
            };
            say(&mut stack, now, us, at, &syn);
            let head = stack.poll_transmit(now, LINK).expect("a SYN-ACK").head;
            let iss = Segment::parse(&head[20..]).unwrap().seq;
            let ack =
                Segment { seq: SeqNum(1), ack_number: iss + 1, flags: Flags::ACK, ..Segment::default() };
            say(&mut stack, now, us, at, &ack);
            Peer { at, id: stack.accept(now, listener).expect("open"), seq: SeqNum(1), expects: iss + 1 }
        })
        .collect();

    let (mut random, mut sent) = (0x9e37_79b9_7f4a_7c15_u64, 0);
    let start = Clock::now();
    for n in 0..SEGMENTS {
        if n % 2 == 0 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
        }
        let peer = &mut peers[(random % u64::from(connections)) as usize];
        let text = Segment {
            seq: peer.seq,
            ack_number: peer.expects,
            flags: Flags::ACK | Flags::PSH,
            payload: &TEXT,
            ..Segment::default()
        };
        say(&mut stack, now, us, peer.at, &text);
        peer.seq += TEXT.len() as u32;
        let read = stack.read_with(now, peer.id, |slices| (slices.iter().map(|s| s.len()).sum(), ()));
        assert_eq!(read, Ok(()));
        while let Some(transmit) = stack.poll_transmit(now, LINK) {
            sent += usize::from(!black_box(transmit.head).is_empty());
        }
        while stack.poll_event().is_some() {}
        if n % 64 == 0 {
            now = now + Duration::from_micros(64);
            stack.on_timer(now);
        }
    }
    let each = start.elapsed().as_nanos() as f64 / f64::from(SEGMENTS);
    println!("{connections:>9} connections: {each:6.0} ns a segment, {sent} ACKs");
}

fn say(stack: &mut Stack<Seeded>, now: Instant, us: SocketAddr, them: SocketAddr, segment: &Segment<'_>) {
    let segment = Segment { source: them.port(), destination: us.port(), window: 1000, ..*segment };
    let tcp_len = segment.header_len();
    let payload_len = tcp_len + segment.payload.len();
    let header = Header {
        source: them.ip(),
        destination: us.ip(),
        protocol: Protocol::Tcp,
        payload_len,
        identification: 0,
    };
    let mut packet = [0; 200];
    header.emit(&mut packet).unwrap();
    segment.emit_header(&mut packet[20..]).unwrap();
    packet[20 + tcp_len..20 + payload_len].copy_from_slice(segment.payload);
    stack.on_frame(
        now,
        LINK,
        Frame { octets: &packet[..20 + payload_len], checksum: Checksum::Verified, gso: None },
    );
}
