//! What an entry of each table costs, as the allocator sees it, at 100,000 entries.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use cordial_stack::{
    Bind, Config, Frame, Half, Instant, LinkId, ListenConfig, Phase, Seeded, Stack, TcpConfig,
};
use cordial_wire::{Flags, Options, Segment, SeqNum, Timestamps};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const ENTRIES: u32 = 100_000;
const LINK: LinkId = LinkId(0);

/// A host that listens on port 80 and can hold enough.
fn host(address: &str) -> Stack<Seeded> {
    host_with(address, false)
}

/// The same, which counts what passes, or does not.
fn host_with(address: &str, statistics: bool) -> Stack<Seeded> {
    let mut config = Config::host(&[address.parse().unwrap()]);
    config.tcp = Arc::new(TcpConfig { statistics, ..TcpConfig::default() });
    config.limits.syn_cache = ENTRIES;
    config.limits.accept_queue = ENTRIES;
    config.limits.time_wait = ENTRIES;
    let mut stack = Stack::new(config, Seeded::new([3; 32]), ());
    stack.listen(Bind::Port(80), ListenConfig::default()).unwrap();
    stack
}

/// A peer of which there is one for every `n`.
fn peer(v6: bool, n: u32) -> SocketAddr {
    let (host, port) = (n / 50_000, (n % 50_000) as u16 + 1024);
    let address: IpAddr = match v6 {
        false => [10, 0, 1, host as u8].into(),
        true => [0xfd00, 0, 0, 0, 0, 0, 1, host as u16].into(),
    };
    SocketAddr::new(address, port)
}

/// Says a segment to the host, and gives its first answer.
fn say(
    stack: &mut Stack<Seeded>,
    now: Instant,
    us: SocketAddr,
    them: SocketAddr,
    segment: Segment<'_>,
) -> Option<Segment<'static>> {
    let segment = Segment { source: them.port(), destination: us.port(), window: 1000, ..segment };
    let tcp_len = segment.header_len();
    let header = cordial_ip::Header {
        source: them.ip(),
        destination: us.ip(),
        protocol: cordial_ip::Protocol::Tcp,
        payload_len: tcp_len,
        identification: 0,
    };
    let mut packet = [0; 100];
    let ip_len = header.emit(&mut packet).unwrap();
    segment.emit_header(&mut packet[ip_len..]).unwrap();
    let checksum = cordial_stack::Checksum::Verified;
    stack.on_frame(now, LINK, Frame { octets: &packet[..ip_len + tcp_len], checksum, gso: None });
    let transmit = stack.poll_transmit(now, LINK)?;
    let answer = Segment::parse(&transmit.head[ip_len..]).unwrap();
    Some(Segment { payload: &[], ..answer })
}

fn timestamps(value: u32, echo: u32) -> Options {
    Options { timestamps: Some(Timestamps { value, echo }), ..Options::default() }
}

/// The handshake up to the SYN-ACK, with timestamps, scaling and SACK: the ISS that `us` chose and its timestamp.
fn syn(stack: &mut Stack<Seeded>, now: Instant, us: SocketAddr, them: SocketAddr) -> (SeqNum, u32) {
    let options =
        Options { mss: Some(1440), window_scale: Some(7), sack_permitted: true, ..timestamps(1, 0) };
    let syn = Segment { seq: SeqNum(1), flags: Flags::SYN, options, ..Segment::default() };
    let answer = say(stack, now, us, them, syn).expect("a SYN-ACK");
    (answer.seq, answer.options.timestamps.expect("agreed on").value)
}

fn ack(seq: u32, number: SeqNum, flags: Flags, echo: u32) -> Segment<'static> {
    let options = timestamps(2, echo);
    Segment { seq: SeqNum(seq), ack_number: number, flags: flags | Flags::ACK, options, ..Segment::default() }
}

fn half_open(address: &str) -> usize {
    let us = SocketAddr::new(address.parse().unwrap(), 80);
    let before = ALLOCATED.current_usage();
    let mut stack = host(address);
    for n in 0..ENTRIES {
        syn(&mut stack, Instant::from_millis(1), us, peer(us.is_ipv6(), n));
    }
    assert_eq!(stack.half_open(), ENTRIES as usize);
    (ALLOCATED.current_usage() - before).div_ceil(ENTRIES as usize)
}

fn established(address: &str, statistics: bool) -> usize {
    let us = SocketAddr::new(address.parse().unwrap(), 80);
    let now = Instant::from_millis(1);
    let before = ALLOCATED.current_usage();
    let mut stack = host_with(address, statistics);
    for n in 0..ENTRIES {
        let them = peer(us.is_ipv6(), n);
        let (iss, echo) = syn(&mut stack, now, us, them);
        assert_eq!(say(&mut stack, now, us, them, ack(2, iss + 1, Flags::NONE, echo)), None);
    }
    assert_eq!(stack.connections(), ENTRIES as usize);
    (ALLOCATED.current_usage() - before).div_ceil(ENTRIES as usize)
}

/// Connections that this side opened and closed first.
fn time_wait(address: &str) -> usize {
    let us: IpAddr = address.parse().unwrap();
    let now = Instant::from_millis(1);
    let config = Arc::new(TcpConfig::default());
    let before = ALLOCATED.current_usage();
    let mut stack = host(address);
    for n in 0..ENTRIES {
        let them = peer(us.is_ipv6(), n);
        let id = stack.connect(now, None, them, &config).unwrap();
        let local = stack.info(id).unwrap().tuple.local;
        let iss = stack.info(id).unwrap().vars.iss;
        while stack.poll_transmit(now, LINK).is_some() {}
        let syn_ack = ack(1, iss + 1, Flags::SYN, 0);
        say(&mut stack, now, local, them, syn_ack);
        stack.shutdown(now, id, Half::Write);
        while stack.poll_transmit(now, LINK).is_some() {}
        assert_eq!(stack.info(id).unwrap().phase, Phase::FinWait1);
        say(&mut stack, now, local, them, ack(2, iss + 2, Flags::FIN, 0));
        stack.release(now, id);
        while stack.poll_transmit(now, LINK).is_some() {}
    }
    assert_eq!((stack.time_wait(), stack.connections()), (ENTRIES as usize, 0));
    (ALLOCATED.current_usage() - before).div_ceil(ENTRIES as usize)
}

/// One test, so that nobody else allocates meanwhile.
///
/// Shows RFC4987-3.5-a: what a half-open connection takes.
#[test]
fn entries_stay_within_their_budgets() {
    let (v4, v6) = ("10.0.0.1", "fd00::1");
    let measured = [
        ("half-open IPv4", half_open(v4), 96),
        ("half-open IPv6", half_open(v6), 96),
        ("TIME-WAIT IPv4", time_wait(v4), 64),
        ("TIME-WAIT IPv6", time_wait(v6), 80),
        ("established and idle, IPv4", established(v4, false), 600),
        ("established and idle, IPv6", established(v6, false), 600),
        ("the same with statistics, IPv6", established(v6, true), 1024),
    ];
    for (what, octets, budget) in measured {
        println!("{what}: {octets} of {budget} octets");
    }
    for (what, octets, budget) in measured {
        assert!(octets <= budget, "{what}: {octets} of {budget} octets");
    }

    let before = ALLOCATED.current_usage();
    let stack = host(v4);
    let one = ALLOCATED.current_usage() - before;
    let twin = stack.clone();
    let both = ALLOCATED.current_usage() - before;
    println!(
        "an empty stack: {} octets inline, {one} on the heap; its clone {}",
        size_of_val(&twin),
        both - one
    );
    assert!(both - one <= one && one < 4096);
}
