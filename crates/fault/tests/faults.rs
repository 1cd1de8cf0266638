//! What rules do to the packets of whole connections.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use cordial_device::{Direction, Judge, Passage};
use cordial_fault::End::{self, Client, Server};
use cordial_fault::{Faults, Incident, Rule, Teller};
use cordial_ip::{Header, Packet, Protocol};
use cordial_wire::{Flags, Segment, SeqNum, checksum};

const MS: Duration = Duration::from_millis(1);

/// Keeps what it is told: the fate of each segment in a few words.
#[derive(Clone, Default)]
struct Diary {
    lines: Rc<RefCell<Vec<String>>>,
    leaving: Rc<RefCell<usize>>,
}

impl Teller for Diary {
    fn befell(&mut self, incident: &Incident<'_>) {
        for hit in incident.hits {
            let (fate, cause) = (hit.fate, hit.cause);
            self.lines
                .borrow_mut()
                .push(format!("{:?} {} {fate:?} {cause:?}", incident.direction, incident.segment.flags));
        }
    }

    fn leaving(&mut self, connections: usize) {
        *self.leaving.borrow_mut() = connections;
    }
}

/// Connections between a client at our end (its segments go out) and a server.
struct Bench {
    faults: Faults<Diary>,
    diary: Diary,
    now: Duration,
    port: u16,
}

impl Bench {
    fn new(rules: &[&str]) -> Self {
        Self::seeded(rules, 1)
    }

    fn seeded(rules: &[&str], seed: u64) -> Self {
        let rules: Vec<Rule> = rules.iter().map(|text| text.parse().expect(text)).collect();
        let diary = Diary::default();
        Self { faults: Faults::new(rules, seed, diary.clone()), diary, now: Duration::ZERO, port: 1_000 }
    }

    fn address(&self, from: End) -> SocketAddr {
        match from {
            Client => SocketAddr::from(([10, 0, 0, 2], self.port)),
            Server => "10.0.0.1:80".parse().expect("an address"),
        }
    }

    fn packet(&self, from: End, flags: &str, seq: u32, ack: u32, data: usize) -> Vec<u8> {
        let (source, destination) = (self.address(from), self.address(from.other()));
        let flags = flags.chars().fold(Flags::NONE, |sum, letter| {
            sum | match letter {
                'S' => Flags::SYN,
                'F' => Flags::FIN,
                'R' => Flags::RST,
                _ => Flags::ACK,
            }
        });
        let (seq, ack_number) = (SeqNum(seq), SeqNum(ack));
        let segment = Segment {
            source: source.port(),
            destination: destination.port(),
            seq,
            ack_number,
            flags,
            ..Segment::default()
        };
        let (source, destination) = (source.ip(), destination.ip());
        let payload_len = 20 + data;
        let header = Header { source, destination, protocol: Protocol::Tcp, payload_len, identification: 0 };
        let mut octets = vec![0; 40 + data];
        header.emit(&mut octets).expect("room for it");
        segment.emit_header(&mut octets[20..]).expect("room for it");
        let mut sum = header.pseudo_sum();
        sum.add(&octets[20..]);
        octets[36..38].copy_from_slice(&sum.finish().to_be_bytes());
        octets
    }

    fn sends(&mut self, from: End, flags: &str, seq: u32, ack: u32, data: usize) -> Passage {
        let packet = self.packet(from, flags, seq, ack, data);
        let direction = if from == Client { Direction::Out } else { Direction::In };
        self.faults.judge(self.now, direction, &packet)
    }

    /// Opens a connection from another port; true for each of the three segments if it is lost.
    fn opens(&mut self) -> [bool; 3] {
        self.port += 1;
        let syn = self.sends(Client, "S", 99, 0, 0).is_lost;
        let syn_ack = self.sends(Server, "SA", 299, 100, 0).is_lost;
        [syn, syn_ack, self.sends(Client, "A", 100, 300, 0).is_lost]
    }

    /// The server sends this many segments of 1,000 octets; which of them fulfil the condition.
    fn download(&mut self, segments: u32, is_it: impl Fn(&Passage) -> bool) -> Vec<u32> {
        let sent = (0..segments).map(|i| (i, self.sends(Server, "A", 300 + 1_000 * i, 100, 1_000)));
        sent.filter(|(_, passage)| is_it(passage)).map(|(i, _)| i).collect()
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.diary.lines.borrow_mut())
    }
}

#[test]
fn without_rules_everything_goes_its_way() {
    let mut bench = Bench::new(&[]);
    assert_eq!(bench.opens(), [false; 3]);
    let passage = bench.sends(Client, "A", 100, 300, 10);
    assert_eq!(passage, Passage { stream: Some(1), ..Passage::default() });
    assert!(bench.told().is_empty());
}

#[test]
fn each_connection_is_counted_for_itself() {
    let mut bench = Bench::new(&["drop 1st syn-ack"]);
    assert_eq!(bench.opens(), [false, true, false]);
    assert!(!bench.sends(Server, "SA", 299, 100, 0).is_lost, "the second one");
    assert_eq!(bench.opens(), [false, true, false]);
    assert_eq!(bench.told(), ["In SYN+ACK Lost Rule(0)"; 2]);
}

#[test]
fn the_last_ack_is_lost_the_first_time_only() {
    let mut bench = Bench::new(&["drop last ack"]);
    bench.opens();
    assert!(!bench.sends(Client, "FA", 100, 300, 0).is_lost);
    assert!(!bench.sends(Server, "FA", 300, 101, 0).is_lost);
    assert_eq!(*bench.diary.leaving.borrow(), 1);
    assert!(bench.sends(Client, "A", 101, 301, 0).is_lost);
    assert_eq!(*bench.diary.leaving.borrow(), 1, "nobody has heard it");
    assert!(!bench.sends(Server, "FA", 300, 101, 0).is_lost);
    assert!(!bench.sends(Client, "A", 101, 301, 0).is_lost);
    assert_eq!(*bench.diary.leaving.borrow(), 0);
    assert_eq!(bench.told(), ["Out ACK Lost Rule(0)"]);
}

#[test]
fn a_direction_is_the_clients_or_the_servers_whoever_calls() {
    let mut bench = Bench::new(&["drop data from server"]);
    bench.opens();
    assert!(!bench.sends(Client, "A", 100, 300, 10).is_lost);
    assert!(bench.sends(Server, "A", 300, 110, 10).is_lost);
    // Here the end that is the server elsewhere calls.
    let mut bench = Bench::new(&["drop data from server"]);
    bench.sends(Server, "S", 99, 0, 0);
    bench.sends(Client, "SA", 299, 100, 0);
    assert!(!bench.sends(Server, "A", 100, 300, 10).is_lost);
    assert!(bench.sends(Client, "A", 300, 110, 10).is_lost);
}

#[test]
fn numbers_and_percentages_hit_what_they_say() {
    let mut bench = Bench::new(&["drop every 3rd data"]);
    bench.opens();
    assert_eq!(bench.download(9, |passage| passage.is_lost), [2, 5, 8]);

    for (rule, expected) in [("loss 0%", 0..=0), ("loss 100%", 10_000..=10_000), ("loss 1%", 60..=140)] {
        let mut bench = Bench::new(&[rule]);
        bench.opens();
        let lost = bench.download(10_000, |passage| passage.is_lost).len();
        assert!(expected.contains(&lost), "{rule}: {lost}");
    }
}

#[test]
fn the_same_seed_hits_the_same_segments_whatever_else_goes_on() {
    let hits = |seed: u64, others: bool, rules: &[&str]| {
        let mut bench = Bench::seeded(rules, seed);
        bench.opens();
        let mut lost = Vec::new();
        for i in 0..500 {
            if others {
                // Datagrams, and a connection that came later.
                bench.faults.judge(MS, Direction::In, &[0x45, 0, 0, 20]);
                bench.port = 2_000;
                if i == 0 {
                    bench.sends(Client, "S", 7, 0, 0);
                }
                bench.sends(Client, "A", 8 + i, 300, 1);
                bench.port = 1_001;
            }
            if bench.sends(Server, "A", 300 + i, 100, 1).is_lost {
                lost.push(i);
            }
        }
        lost
    };
    let alone = hits(7, false, &["loss 5%"]);
    assert!(alone.len() > 5);
    assert_eq!(hits(7, true, &["loss 5%"]), alone);
    assert_ne!(hits(8, false, &["loss 5%"]), alone);
    // A rule more changes nothing about what the first one does.
    let with_more = hits(7, false, &["loss 5%", "dup data 50%", "corrupt 1st rst"]);
    assert_eq!(with_more, alone);
}

#[test]
fn two_connections_of_one_run_do_not_share_their_luck() {
    let mut bench = Bench::new(&["loss 5%"]);
    bench.opens();
    let first = bench.download(500, |passage| passage.is_lost);
    bench.opens();
    assert_ne!(bench.download(500, |passage| passage.is_lost), first);
}

#[test]
fn one_segment_may_be_hit_by_several_rules_and_a_loss_ends_it() {
    let mut bench = Bench::new(&["delay data 10ms", "dup data", "reorder data", "delay data 5ms"]);
    bench.opens();
    let passage = bench.sends(Server, "A", 300, 100, 10);
    assert_eq!((passage.late, passage.copies, passage.behind), (15 * MS, 1, 1));
    assert_eq!(bench.told().len(), 4);

    let mut bench = Bench::new(&["dup data", "drop data", "delay data 5ms"]);
    bench.opens();
    assert!(bench.sends(Server, "A", 300, 100, 10).is_lost);
    assert_eq!(bench.told(), ["In ACK Lost Rule(1)"], "what else befell it does not matter");
}

#[test]
fn a_damaged_segment_fails_its_checksum_and_nothing_else() {
    for seed in 0..200 {
        let mut bench = Bench::seeded(&["corrupt data"], seed);
        bench.opens();
        let mut packet = bench.packet(Server, "A", 300, 100, 10);
        let passage = bench.faults.judge(MS, Direction::In, &packet);
        let bit = passage.flipped_bit.expect("it is damaged");
        packet[bit / 8] ^= 0x80 >> (bit % 8);
        let packet = Packet::parse(&packet).expect("the IP header is whole");
        assert!(!checksum::verify(packet.pseudo_sum(), packet.payload), "bit {bit}");
        assert_eq!(packet.payload[..4], [0, 80, 3, 233], "the ports are whole: bit {bit}");
    }
}

#[test]
fn a_black_hole_takes_what_is_longer_and_no_more() {
    let mut bench = Bench::new(&["blackhole >1400"]);
    bench.opens();
    assert!(!bench.sends(Server, "A", 300, 100, 1_360).is_lost, "1,400 octets with headers");
    assert!(bench.sends(Server, "A", 300, 100, 1_361).is_lost);
    let mut bench = Bench::new(&["blackhole >1400 from client"]);
    bench.opens();
    assert!(!bench.sends(Server, "A", 300, 100, 1_361).is_lost);
    assert!(bench.sends(Client, "A", 100, 300, 1_361).is_lost);
}

/// The resets in a passage: which way, number.
fn resets(passage: &Passage) -> Vec<(Direction, u32)> {
    let reset = |(direction, octets): &(Direction, Vec<u8>)| {
        let packet = Packet::parse(octets).expect("an IP packet");
        assert!(checksum::verify(packet.pseudo_sum(), packet.payload));
        let segment = Segment::parse(packet.payload).expect("a segment");
        assert!(segment.flags.contains(Flags::RST));
        (*direction, segment.seq.0)
    };
    passage.forged.iter().map(reset).collect()
}

#[test]
fn after_so_many_octets_both_ends_are_reset_at_the_numbers_they_await() {
    let mut bench = Bench::new(&["rst after 3KB"]);
    bench.opens();
    assert_eq!(bench.download(2, |passage| !passage.forged.is_empty()), [0; 0]);
    bench.sends(Server, "A", 1_300, 100, 1_000);
    let passage = bench.sends(Server, "A", 2_300, 100, 1_000);
    assert!(!passage.is_lost, "what is over the limit still arrives");
    assert_eq!(resets(&passage), [(Direction::In, 3_300), (Direction::Out, 100)]);
    assert_eq!(bench.told(), ["In RST Forged Rule(0)", "Out RST Forged Rule(0)"]);
}

#[test]
fn who_goes_on_after_a_reset_is_told_again_but_not_for_every_segment() {
    let mut bench = Bench::new(&["rst after 1"]);
    bench.opens();
    bench.sends(Client, "A", 100, 300, 1);
    bench.told();
    let passage = bench.sends(Server, "A", 300, 101, 0);
    assert!(passage.is_lost);
    assert_eq!(resets(&passage), [(Direction::Out, 101)]);
    bench.now = 99 * MS;
    assert!(resets(&bench.sends(Server, "A", 300, 101, 0)).is_empty());
    bench.now = 100 * MS;
    assert_eq!(resets(&bench.sends(Server, "A", 300, 101, 0)).len(), 1);
    assert!(resets(&bench.sends(Client, "R", 101, 0, 0)).is_empty(), "a reset is not answered");
    // The addresses may be used again.
    let syn = bench.sends(Client, "S", 90_000, 0, 0);
    assert!(!syn.is_lost && syn.forged.is_empty());
}

#[test]
fn octets_of_one_direction_count_where_it_is_named() {
    let mut bench = Bench::new(&["rst after 1000 from client"]);
    bench.opens();
    assert!(bench.download(10, |passage| !passage.forged.is_empty()).is_empty());
    assert_eq!(bench.sends(Client, "A", 100, 300, 1_000).forged.len(), 2);
}

#[test]
fn what_is_no_tcp_and_what_began_before_is_left_alone() {
    let mut bench = Bench::new(&["loss 100%", "rst after 0"]);
    for packet in [&[][..], &[0x45], &[0x60; 40], &[0xff; 60]] {
        assert_eq!(bench.faults.judge(MS, Direction::In, packet), Passage::default());
    }
    assert_eq!(bench.sends(Server, "A", 1, 1, 100), Passage::default());
    assert!(bench.told().is_empty());
}

#[test]
fn addresses_that_are_used_again_are_another_connection() {
    let mut bench = Bench::new(&["drop 1st syn"]);
    assert!(bench.opens()[0]);
    assert!(!bench.sends(Client, "S", 99, 0, 0).is_lost, "the same one, sent again");
    assert!(bench.sends(Client, "S", 5_000, 0, 0).is_lost, "another one");
}

#[test]
fn a_queue_that_was_full_is_told_as_such() {
    let mut bench = Bench::new(&[]);
    bench.opens();
    let packet = bench.packet(Server, "A", 300, 100, 10);
    bench.faults.overflowed(MS, Direction::In, &packet);
    assert_eq!(bench.told(), ["In ACK Lost FullQueue"]);
}
