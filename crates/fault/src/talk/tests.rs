use super::*;

/// A connection seen from the middle: each segment in a few words, and what it was.
struct Bench {
    talk: Option<Talk>,
}

const CLIENT: &str = "10.0.0.2:1000";
const SERVER: &str = "10.0.0.1:80";

/// `c` or `s`, flags by letter (S, A, F, R), number, acknowledgment, octets of data.
type Seen<'a> = (char, &'a str, u32, u32, usize);

fn segment(flags: &str, seq: u32, ack: u32, octets: usize) -> Segment<'static> {
    const DATA: [u8; 4_000] = [0; 4_000];
    let flag = |letter| match letter {
        'S' => Flags::SYN,
        'A' => Flags::ACK,
        'F' => Flags::FIN,
        _ => Flags::RST,
    };
    Segment {
        seq: SeqNum(seq),
        ack_number: SeqNum(ack),
        flags: flags.chars().map(flag).fold(Flags::NONE, |sum, flag| sum | flag),
        payload: DATA.get(..octets).expect("not more"),
        ..Segment::default()
    }
}

fn address(who: char) -> SocketAddr {
    let text = if who == 'c' { CLIENT } else { SERVER };
    text.parse().expect("an address")
}

impl Bench {
    fn new() -> Self {
        Self { talk: None }
    }

    /// What it is, by name.
    fn sees(&mut self, (who, flags, seq, ack, octets): Seen<'_>) -> Vec<Meaning> {
        use Meaning as M;
        let segment = segment(flags, seq, ack, octets);
        let talk = match &mut self.talk {
            Some(talk) => talk,
            None => self.talk.insert(Talk::opened_by(address(who), &segment).expect("a SYN")),
        };
        let sight = talk.pass(address(who), &segment);
        let all = [M::Syn, M::SynAck, M::Ack, M::Data, M::Fin, M::Rst, M::LastAck, M::LastFin];
        all.into_iter().filter(|&meaning| sight.is(meaning)).collect()
    }

    /// Opened, one octet each way.
    fn open() -> Self {
        let mut bench = Self::new();
        for seen in [('c', "S", 99, 0, 0), ('s', "SA", 299, 100, 0), ('c', "A", 100, 300, 0)] {
            bench.sees(seen);
        }
        bench
    }

    #[track_caller]
    fn expect(&mut self, exchange: &[(Seen<'_>, &[Meaning])]) {
        for (i, (seen, meanings)) in exchange.iter().enumerate() {
            assert_eq!(&self.sees(*seen), meanings, "segment {i}: {seen:?}");
        }
    }
}

use Meaning as M;

#[test]
fn each_segment_of_a_plain_connection_is_named() {
    Bench::new().expect(&[
        (('c', "S", 99, 0, 0), &[M::Syn]),
        (('s', "SA", 299, 100, 0), &[M::SynAck]),
        (('c', "A", 100, 300, 0), &[M::Ack]),
        (('c', "A", 100, 300, 80), &[M::Data]),
        (('s', "A", 300, 180, 0), &[M::Ack]),
        (('s', "A", 300, 180, 500), &[M::Data]),
        (('c', "FA", 180, 800, 0), &[M::Fin]),
        (('s', "A", 800, 181, 0), &[M::Ack]),
        (('s', "FA", 800, 181, 0), &[M::Fin, M::LastFin]),
        (('c', "A", 181, 801, 0), &[M::Ack, M::LastAck]),
    ]);
}

#[test]
fn three_segments_may_close_a_connection() {
    Bench::open().expect(&[
        (('s', "FA", 300, 100, 0), &[M::Fin]),
        (('c', "FA", 100, 301, 0), &[M::Fin, M::LastFin]),
        (('s', "A", 301, 101, 0), &[M::Ack, M::LastAck]),
    ]);
}

#[test]
fn the_last_ack_said_again_is_still_the_last_ack_and_the_fin_before_it_the_last_fin() {
    Bench::open().expect(&[
        (('c', "FA", 100, 300, 0), &[M::Fin]),
        (('s', "FA", 300, 101, 0), &[M::Fin, M::LastFin]),
        (('c', "A", 101, 301, 0), &[M::Ack, M::LastAck]),
        (('s', "FA", 300, 101, 0), &[M::Fin, M::LastFin]),
        (('c', "A", 101, 301, 0), &[M::Ack, M::LastAck]),
        // Whoever closed second has nothing to complete.
        (('s', "A", 301, 101, 0), &[M::Ack]),
    ]);
}

#[test]
fn the_first_fin_said_again_is_not_the_last() {
    Bench::open().expect(&[
        (('c', "FA", 100, 300, 0), &[M::Fin]),
        (('c', "FA", 100, 300, 0), &[M::Fin]),
        (('s', "FA", 300, 101, 0), &[M::Fin, M::LastFin]),
        (('c', "FA", 100, 300, 0), &[M::Fin]),
    ]);
}

#[test]
fn when_both_close_at_once_the_second_acknowledgment_is_the_last() {
    Bench::open().expect(&[
        (('c', "FA", 100, 300, 0), &[M::Fin]),
        (('s', "FA", 300, 100, 0), &[M::Fin, M::LastFin]),
        (('c', "A", 101, 301, 0), &[M::Ack]),
        (('s', "A", 301, 101, 0), &[M::Ack, M::LastAck]),
    ]);
}

#[test]
fn an_acknowledgment_one_short_of_the_fin_is_not_the_last() {
    Bench::open().expect(&[
        (('c', "FA", 100, 300, 0), &[M::Fin]),
        (('s', "FA", 300, 101, 10), &[M::Data, M::Fin, M::LastFin]),
        (('c', "A", 101, 310, 0), &[M::Ack]),
        (('c', "A", 101, 311, 0), &[M::Ack, M::LastAck]),
    ]);
}

#[test]
fn an_end_that_goes_on_after_the_others_goodbye_closes_later() {
    Bench::open().expect(&[
        (('c', "FA", 100, 300, 0), &[M::Fin]),
        (('s', "A", 300, 101, 1_000), &[M::Data]),
        (('c', "A", 101, 1_300, 0), &[M::Ack]),
        (('s', "FA", 1_300, 101, 0), &[M::Fin, M::LastFin]),
        (('c', "A", 101, 1_301, 0), &[M::Ack, M::LastAck]),
    ]);
}

#[test]
fn a_reset_is_a_reset_and_nothing_else() {
    let mut bench = Bench::open();
    bench.expect(&[(('c', "RA", 100, 300, 0), &[M::Rst]), (('s', "R", 5, 0, 0), &[M::Rst])]);
    assert!(!bench.talk.expect("it is there").is_closed());
}

#[test]
fn octets_count_once_however_often_they_are_sent() {
    let mut talk = Bench::open().talk.expect("it is there");
    let mut octets = |who, flags, seq, len| talk.pass(address(who), &segment(flags, seq, 300, len)).octets;
    assert_eq!(octets('c', "A", 100, 1_000), [1_000, 0]);
    assert_eq!(octets('c', "A", 100, 1_000), [1_000, 0]);
    // The second half is new.
    assert_eq!(octets('c', "A", 600, 1_000), [1_500, 0]);
    assert_eq!(octets('c', "FA", 1_600, 100), [1_600, 0]);
    assert_eq!(octets('c', "FA", 1_700, 0), [1_600, 0]);
    assert_eq!(octets('s', "A", 300, 7), [1_600, 7]);
}

#[test]
fn octets_count_on_beyond_where_numbers_wrap() {
    let syn = segment("S", u32::MAX - 1, 0, 0);
    let mut talk = Talk::opened_by(address('c'), &syn).expect("a SYN");
    talk.pass(address('c'), &syn);
    let sight = talk.pass(address('c'), &segment("A", u32::MAX, 300, 1_000));
    assert_eq!(sight.octets, [1_000, 0]);
    let sight = talk.pass(address('c'), &segment("A", 999, 300, 1_000));
    assert_eq!(sight.octets, [2_000, 0]);
}

#[test]
fn another_syn_between_the_same_ends_is_another_connection() {
    let mut bench = Bench::open();
    let talk = bench.talk.take().expect("it is there");
    let (client, server) = (address('c'), address('s'));
    assert!(!talk.is_over_by(client, &segment("S", 99, 0, 0)), "the same SYN again");
    assert!(talk.is_over_by(client, &segment("S", 5_000, 0, 0)));
    assert!(talk.is_over_by(server, &segment("S", 299, 0, 0)), "now the other end calls");
    assert!(!talk.is_over_by(server, &segment("SA", 299, 100, 0)));
    assert!(!talk.is_over_by(client, &segment("SR", 5_000, 0, 0)));
}

#[test]
fn two_syns_that_cross_are_one_connection() {
    let mut bench = Bench::new();
    assert_eq!(bench.sees(('c', "S", 99, 0, 0)), [M::Syn]);
    let talk = bench.talk.as_ref().expect("it is there");
    assert!(!talk.is_over_by(address('s'), &segment("S", 299, 0, 0)));
    assert_eq!(bench.sees(('s', "S", 299, 0, 0)), [M::Syn]);
    assert_eq!(bench.sees(('c', "SA", 99, 300, 0)), [M::SynAck]);
}

#[test]
fn only_a_syn_opens() {
    for flags in ["A", "SA", "FA", "R", "SR"] {
        assert_eq!(Talk::opened_by(address('c'), &segment(flags, 1, 1, 0)), None, "{flags}");
    }
}
