use super::*;
use crate::{MAX_PACKET, MemoryConfig, MemoryLink};

const MS: Duration = Duration::from_millis(1);

/// Does with each packet what its first octet asks for.
#[derive(Default)]
struct ByFirstOctet {
    overflowed: usize,
}

impl Judge for ByFirstOctet {
    fn judge(&mut self, _: Duration, direction: Direction, packet: &[u8]) -> Passage {
        let plain = Passage { stream: Some(1), ..Passage::default() };
        match packet.first() {
            Some(b'l') => Passage { is_lost: true, ..plain },
            Some(b'd') => Passage { copies: 1, ..plain },
            Some(b'w') => Passage { late: 300 * MS, ..plain },
            Some(b'r') => Passage { behind: 1, ..plain },
            Some(b'o') => Passage { stream: Some(2), ..plain },
            Some(b'c') => Passage { flipped_bit: Some(15), ..plain },
            Some(b'f') => {
                let back = match direction {
                    Direction::In => Direction::Out,
                    Direction::Out => Direction::In,
                };
                Passage { forged: vec![(direction, b"on".into()), (back, b"back".into())], ..plain }
            }
            _ => plain,
        }
    }

    fn overflowed(&mut self, _: Duration, _: Direction, _: &[u8]) {
        self.overflowed += 1;
    }
}

/// A path over one end of a wire, and the wire's other end.
struct Bench {
    path: Path<MemoryLink, ByFirstOctet>,
    other: MemoryLink,
}

impl Bench {
    fn new(config: PathConfig) -> Self {
        let (device, other) = MemoryLink::pair(MemoryConfig::default());
        Self { path: Path::new(device, config, ByFirstOctet::default()), other }
    }

    fn delayed(delay: Duration) -> Self {
        Self::new(PathConfig { delay, rate: None })
    }

    fn at(&mut self, now: Duration) -> &mut Self {
        self.path.on_time(now);
        self
    }

    fn sends(&mut self, octets: &[u8]) -> &mut Self {
        self.path.send(&Outgoing::plain(octets)).expect("there is room");
        self
    }

    fn hears(&mut self, octets: &[u8]) -> &mut Self {
        self.other.send(&Outgoing::plain(octets)).expect("there is room");
        self
    }

    /// What comes in at our end, as text.
    fn received(&mut self) -> Vec<String> {
        drain(&mut self.path)
    }

    /// What came out at the other end, as text.
    fn arrived(&mut self) -> Vec<String> {
        drain(&mut self.other)
    }
}

fn drain(device: &mut impl Device) -> Vec<String> {
    let mut buffer = vec![0; MAX_PACKET];
    let mut all = Vec::new();
    while let Some(packet) = device.receive(&mut buffer).expect("the wire is whole") {
        all.push(String::from_utf8_lossy(packet.octets).into_owned());
    }
    all
}

#[test]
fn a_path_that_is_not_there_changes_nothing() {
    let mut bench = Bench::delayed(Duration::ZERO);
    bench.at(MS).sends(b"a").sends(b"b").hears(b"x").hears(b"y");
    assert_eq!(bench.arrived(), ["a", "b"]);
    assert_eq!(bench.received(), ["x", "y"]);
    assert_eq!(bench.path.next_deadline(), None);
}

#[test]
fn a_packet_arrives_after_the_delay_and_not_before() {
    let mut bench = Bench::delayed(50 * MS);
    bench.at(MS).sends(b"a").hears(b"x");
    assert_eq!(bench.received(), [""; 0]);
    assert_eq!(bench.path.next_deadline(), Some(51 * MS));
    bench.at(51 * MS - Duration::from_nanos(1));
    assert!(bench.arrived().is_empty() && bench.received().is_empty());
    assert!(bench.path.on_time(51 * MS), "something can be received");
    assert_eq!(bench.arrived(), ["a"]);
    assert_eq!(bench.received(), ["x"]);
    assert_eq!(bench.path.next_deadline(), None);
}

#[test]
fn what_is_lost_or_doubled_or_damaged_is_so_both_ways() {
    let mut bench = Bench::delayed(Duration::ZERO);
    bench.at(MS).sends(b"lost").sends(b"d").sends(b"cA").hears(b"lost").hears(b"d").hears(b"cA");
    assert_eq!(bench.arrived(), ["d", "d", "c@"]);
    assert_eq!(bench.received(), ["d", "d", "c@"]);
}

#[test]
fn what_arrives_damaged_is_not_taken_as_verified() {
    let config = MemoryConfig { offload: Offload::full(), ..MemoryConfig::default() };
    let (device, mut other) = MemoryLink::pair(config);
    let mut path = Path::new(device, PathConfig::default(), ByFirstOctet::default());
    let partial = Checksum::Partial { start: 0, offset: 0 };
    for (octets, checksum) in [(b"cA", Checksum::Verified), (b"cB", partial), (b"aC", Checksum::Verified)] {
        other.send(&Outgoing { checksum, ..Outgoing::plain(octets) }).expect("there is room");
    }
    let mut buffer = vec![0; MAX_PACKET];
    let mut sums = Vec::new();
    while let Some(packet) = path.receive(&mut buffer).expect("the wire is whole") {
        sums.push(packet.checksum);
    }
    // The one whose sum was still to be made is gone: it could not be told from a good one.
    assert_eq!(sums, [Checksum::Unknown, Checksum::Verified]);
}

#[test]
fn one_that_is_late_is_overtaken() {
    let mut bench = Bench::delayed(10 * MS);
    bench.at(MS).sends(b"w").sends(b"a").at(11 * MS);
    assert_eq!(bench.arrived(), ["a"]);
    assert_eq!(bench.path.next_deadline(), Some(311 * MS));
    bench.at(311 * MS);
    assert_eq!(bench.arrived(), ["w"]);
}

#[test]
fn one_is_overtaken_by_the_next_of_its_stream_only() {
    let mut bench = Bench::delayed(Duration::ZERO);
    bench.at(MS).sends(b"r").sends(b"other").sends(b"a").sends(b"b");
    assert_eq!(bench.arrived(), ["other", "a", "r", "b"]);
}

#[test]
fn one_that_nobody_overtakes_goes_on_after_a_while() {
    let mut bench = Bench::delayed(Duration::ZERO);
    bench.at(MS).sends(b"r").sends(b"r2");
    assert!(bench.arrived().is_empty());
    assert_eq!(bench.path.next_deadline(), Some(51 * MS));
    bench.at(51 * MS);
    assert_eq!(bench.arrived(), ["r", "r2"]);
    assert_eq!(bench.path.next_deadline(), None);
}

#[test]
fn forged_packets_go_both_ways() {
    let mut bench = Bench::delayed(Duration::ZERO);
    bench.at(MS).sends(b"f");
    assert_eq!(bench.arrived(), ["f", "on"]);
    assert_eq!(bench.received(), ["back"]);
}

#[test]
fn a_narrow_path_takes_its_time_for_each_octet() {
    // 1,000 octets at 8 Mbit/s take a millisecond.
    let mut bench = Bench::new(PathConfig { delay: 5 * MS, rate: Some(8_000_000) });
    let packet = [b'a'; 1000];
    bench.at(MS).sends(&packet).sends(&packet);
    assert_eq!(bench.path.next_deadline(), Some(7 * MS));
    bench.at(7 * MS);
    assert_eq!((bench.arrived().len(), bench.path.next_deadline()), (1, Some(8 * MS)));
    bench.at(8 * MS);
    assert_eq!(bench.arrived().len(), 1);
}

#[test]
fn what_a_narrow_path_has_no_room_for_is_lost_and_told() {
    // A tenth of a second at 8 Mbit/s is 100 packets; the first of 102 is on the line at once.
    let mut bench = Bench::new(PathConfig { delay: Duration::ZERO, rate: Some(8_000_000) });
    let packet = [b'a'; 1000];
    bench.at(MS);
    for _ in 0..102 {
        bench.sends(&packet);
    }
    assert_eq!(bench.path.judge().overflowed, 1);
    bench.at(Duration::from_secs(1));
    assert_eq!(bench.arrived().len(), 101);
    bench.sends(&packet).at(Duration::from_secs(2));
    assert_eq!((bench.path.judge().overflowed, bench.arrived().len()), (1, 1));
}

#[test]
fn what_finds_no_room_in_the_device_is_offered_again() {
    let (device, mut other) = MemoryLink::pair(MemoryConfig { queue: 1, ..MemoryConfig::default() });
    let mut path = Path::new(device, PathConfig { delay: 5 * MS, rate: None }, ());
    path.send(&Outgoing::plain(b"a")).expect("there is room");
    path.send(&Outgoing::plain(b"b")).expect("there is room");
    path.on_time(5 * MS);
    assert!(!path.has_room());
    assert_eq!(path.next_deadline(), Some(6 * MS));
    assert_eq!(drain(&mut other), ["a"]);
    path.on_time(6 * MS);
    assert_eq!(drain(&mut other), ["b"]);
    assert!(path.has_room());
}

#[test]
fn a_flood_that_is_all_under_way_ends_the_call_and_is_gone_on_with_at_once() {
    let mut bench = Bench::delayed(50 * MS);
    bench.at(MS);
    for _ in 0..BURST + 1 {
        bench.hears(b"x");
    }
    assert!(bench.received().is_empty());
    assert_eq!(bench.path.next_deadline(), Some(MS));
    assert!(bench.path.on_time(MS), "the device is to be asked again");
    assert!(bench.received().is_empty());
    assert_eq!(bench.path.next_deadline(), Some(51 * MS));
    bench.at(51 * MS);
    assert_eq!(bench.received().len(), BURST + 1);
}

#[test]
fn a_path_promises_no_offload() {
    let config = MemoryConfig { offload: Offload::full(), ..MemoryConfig::default() };
    let (device, _other) = MemoryLink::pair(config);
    let path = Path::new(device, PathConfig::default(), ());
    assert_eq!(path.offload(), Offload::none(1500));
}
