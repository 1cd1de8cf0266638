use super::*;
use crate::MAX_PACKET;
use cordial_wire::{Gso, GsoKind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

fn read(link: &mut MemoryLink) -> Option<Vec<u8>> {
    link.receive(&mut []).expect("the link is whole").map(|packet| packet.octets.to_vec())
}

#[test]
fn packets_arrive_whole_in_order_and_both_ways() {
    let (mut a, mut b) = MemoryLink::pair(MemoryConfig::default());
    a.send(&Outgoing { body: &[b"two", b" slices"], ..Outgoing::plain(b"one head, ") }).expect("room");
    a.send(&Outgoing::plain(b"second")).expect("room");
    b.send(&Outgoing::plain(b"back")).expect("room");
    assert_eq!(read(&mut b).as_deref(), Some(&b"one head, two slices"[..]));
    assert_eq!(read(&mut b).as_deref(), Some(&b"second"[..]));
    assert_eq!(read(&mut b), None);
    assert_eq!(read(&mut a).as_deref(), Some(&b"back"[..]));
    assert_eq!(read(&mut a), None);
}

#[test]
fn offload_information_arrives_as_it_was_sent() {
    let config = MemoryConfig { offload: Offload::full(), ..MemoryConfig::default() };
    let (mut a, mut b) = MemoryLink::pair(config);
    let size = NonZeroU16::new(1460).expect("not zero");
    let checksum = Checksum::Partial { start: 20, offset: 16 };
    let octets = vec![7; 60_000];
    let gso = Some(Gso { size, kind: GsoKind::Tcp4, header_len: 40 });
    a.send(&Outgoing { checksum, gso, ..Outgoing::plain(&octets) }).expect("room");
    let mut buffer = vec![0; MAX_PACKET];
    let got = b.receive(&mut buffer).expect("whole").expect("a packet");
    assert_eq!(got, Received { octets: &octets, checksum, gso: Some(size) });
}

#[test]
fn a_full_queue_blocks_until_a_packet_is_read() {
    let (mut a, mut b) = MemoryLink::pair(MemoryConfig { queue: 2, ..MemoryConfig::default() });
    for _ in 0..2 {
        assert!(a.has_room());
        a.send(&Outgoing::plain(b"x")).expect("room");
    }
    assert!(!a.has_room());
    let refused = a.send(&Outgoing::plain(b"x")).map_err(|e| e.kind());
    assert_eq!(refused, Err(io::ErrorKind::WouldBlock));
    assert!(read(&mut b).is_some());
    assert!(a.has_room());
    assert_eq!(b.waiting(), 1);
}

#[test]
fn a_packet_over_the_mtu_is_refused() {
    let (mut a, mut b) = MemoryLink::pair(MemoryConfig::with_mtu(576));
    let refused = a.send(&Outgoing::plain(&[0; 577])).map_err(|e| e.kind());
    assert_eq!(refused, Err(io::ErrorKind::InvalidInput));
    assert_eq!(read(&mut b), None);
}

#[test]
fn a_cut_link_gives_what_was_under_way_and_then_says_so() {
    let (mut a, mut b) = MemoryLink::pair(MemoryConfig::default());
    a.send(&Outgoing::plain(b"last")).expect("room");
    drop(a);
    assert_eq!(read(&mut b).as_deref(), Some(&b"last"[..]));
    let received = b.receive(&mut []).map_err(|e| e.kind());
    assert_eq!(received.map(|p| p.is_some()), Err(io::ErrorKind::BrokenPipe));
    assert!(b.has_room());
    let sent = b.send(&Outgoing::plain(b"x")).map_err(|e| e.kind());
    assert_eq!(sent, Err(io::ErrorKind::BrokenPipe));
}

#[test]
fn buffers_are_used_again() {
    let (mut a, mut b) = MemoryLink::pair(MemoryConfig::default());
    let mut addresses = std::collections::BTreeSet::new();
    for _ in 0..100 {
        a.send(&Outgoing::plain(&[0; 1500])).expect("room");
        addresses.insert(b.receive(&mut []).expect("whole").expect("a packet").octets.as_ptr());
    }
    // One buffer under way, one lent to the reader.
    assert!(addresses.len() <= 2, "{} buffers for one packet at a time", addresses.len());
}

#[derive(Default)]
struct Rings(AtomicUsize);

impl Wake for Rings {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn listen(link: &MemoryLink) -> Arc<Rings> {
    let rings = Arc::new(Rings::default());
    match link.readiness() {
        Readiness::Bell(bell) => bell.register(&Waker::from(Arc::clone(&rings))),
        Readiness::Descriptor(_) => unreachable!("a link in memory has no descriptor"),
    }
    rings
}

#[test]
fn the_bell_rings_for_a_packet_for_room_and_for_the_end() {
    let (mut a, mut b) = MemoryLink::pair(MemoryConfig { queue: 1, ..MemoryConfig::default() });
    let at_b = listen(&b);
    a.send(&Outgoing::plain(b"x")).expect("room");
    assert_eq!(at_b.0.load(Ordering::SeqCst), 1, "a packet arrived");

    let at_a = listen(&a);
    assert!(read(&mut b).is_some());
    assert_eq!(at_a.0.load(Ordering::SeqCst), 1, "there is room again");

    let at_b = listen(&b);
    drop(a);
    assert_eq!(at_b.0.load(Ordering::SeqCst), 1, "the other end is gone");
}
