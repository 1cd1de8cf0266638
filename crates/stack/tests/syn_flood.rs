//! Floods of SYNs (RFC 4987): bounds, cookies that keep what was agreed on, places that go and places that stay.

mod common;

use std::net::SocketAddr;
use std::sync::Arc;

use common::{Fate, Lab, ms, packet, secs};
use cordial_stack::{Bind, Config, Frame, Instant, LinkId, ListenConfig, Phase, Seeded, Stack, TcpConfig};
use cordial_wire::{Flags, Options, Segment, SeqNum, Timestamps};

const LINK: LinkId = LinkId(0);
const US: &str = "10.0.0.1";

/// A host that listens on port 80, and what passes between it and strangers.
struct Flooded {
    stack: Stack<Seeded>,
    now: Instant,
}

impl Flooded {
    fn new(seed: u8, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::host(&[US.parse().unwrap()]);
        change(&mut config);
        let mut stack = Stack::new(config, Seeded::new([seed; 32]), ());
        stack.listen(Bind::Port(80), ListenConfig::default()).unwrap();
        Self { stack, now: Instant::from_millis(1_000_000) }
    }

    /// A segment of a stranger's, and what it is answered.
    fn hear(&mut self, from: SocketAddr, segment: Segment<'_>) -> Option<Segment<'static>> {
        let segment = Segment { source: from.port(), destination: 80, window: 1000, ..segment };
        let octets = packet(from.ip(), US.parse().unwrap(), &segment);
        self.stack.on_frame(self.now, LINK, Frame::new(&octets));
        self.answer()
    }

    fn answer(&mut self) -> Option<Segment<'static>> {
        let out = self.stack.poll_transmit(self.now, LINK)?;
        let answer = Segment::parse(out.head.get(20..)?).unwrap();
        Some(Segment { payload: &[], ..answer })
    }

    fn syn(&mut self, from: SocketAddr) -> Option<Segment<'static>> {
        self.hear(from, Segment { seq: SeqNum(100), flags: Flags::SYN, ..Segment::default() })
    }

    fn ack(&mut self, from: SocketAddr, syn_ack: &Segment<'_>) -> Option<Segment<'static>> {
        let ack = Segment {
            seq: SeqNum(101),
            ack_number: syn_ack.seq + 1,
            flags: Flags::ACK,
            ..Segment::default()
        };
        self.hear(from, ack)
    }
}

fn stranger(number: u32) -> SocketAddr {
    let [_, b, c, d] = (number / 60_000 + 1).to_be_bytes();
    ([172, b, c, d], (1024 + number % 60_000) as u16).into()
}

/// RFC4987-3.2-a: no more half-open connections than were allowed; what is over that is counted.
#[test]
fn half_open_connections_have_a_bound() {
    let mut flooded = Flooded::new(1, |config| (config.limits.syn_cache, config.syn_cookies) = (128, false));
    for number in 0..1000 {
        flooded.syn(stranger(number));
    }
    assert_eq!(flooded.stack.half_open(), 128);
    assert_eq!(flooded.stack.counters().listen_drops, 872);
}

/// RFC4987-3.4-a: the oldest gives way; its ACK, when it comes at last, is answered with a reset, not with silence.
#[test]
fn who_gave_way_is_told_when_it_speaks() {
    let evicting = |config: &mut Config| (config.limits.syn_cache, config.evict_half_open) = (8, true);
    let mut flooded = Flooded::new(1, evicting);
    let first = flooded.syn(stranger(0)).expect("answered");
    for number in 1..9 {
        assert!(flooded.syn(stranger(number)).is_some(), "everybody is answered");
    }
    assert_eq!(flooded.stack.half_open(), 8);
    assert_eq!(flooded.stack.counters().syn_cache_evicted, 1);
    let told = flooded.ack(stranger(0), &first).expect("told");
    assert_eq!((told.flags, told.seq), (Flags::RST, first.seq + 1));
    assert_eq!(flooded.stack.connections(), 0);
}

/// The chance that an honest caller's place outlives `flood` more SYNs in a cache of `limit` places, in buckets of eight.
fn chance(limit: u32, flood: u32) -> f64 {
    let share = 8.0 / f64::from(limit);
    // The chance of so many in one bucket, of `all` that fall into buckets by chance.
    let falls = |all: u32| {
        let mut each = vec![(1.0 - share).powi(all as i32)];
        for so_many in 1..=all {
            let before = each[so_many as usize - 1];
            each.push(before * f64::from(all - so_many + 1) / f64::from(so_many) * share / (1.0 - share));
        }
        each
    };
    let (beside, come) = (falls(limit), falls(flood));
    let fewer = |than: usize| come.iter().take(than.max(1)).sum::<f64>();
    beside.iter().enumerate().map(|(stand, chance)| chance * fewer(stand)).sum()
}

/// RFC4987-3.4-a, RFC4987-3.5-a: a flood cannot choose whom it pushes out, so that an honest place outlives it as often as
/// chance has it.
#[test]
fn an_honest_place_outlives_a_flood_as_often_as_computed() {
    const LIMIT: u32 = 64;
    const RUNS: u32 = 400;
    for flood in [32, 64, 96] {
        let mut served = 0;
        for run in 0..RUNS {
            let mut flooded = Flooded::new(run as u8, |config| {
                (config.limits.syn_cache, config.evict_half_open) = (LIMIT, true);
            });
            let strangers =
                |from: u32, count: u32| (from..from + count).map(move |n| stranger(n + run * 1000));
            strangers(0, LIMIT).for_each(|from| assert!(flooded.syn(from).is_some()));
            let honest: SocketAddr = ([192, 0, 2, 1], 1000 + run as u16).into();
            let syn_ack = flooded.syn(honest).expect("answered");
            strangers(LIMIT, flood).for_each(|from| assert!(flooded.syn(from).is_some()));
            flooded.ack(honest, &syn_ack);
            served += u32::from(flooded.stack.connections() == 1);
        }
        let (expected, got) = (chance(LIMIT, flood), f64::from(served) / f64::from(RUNS));
        let spread = (expected * (1.0 - expected) / f64::from(RUNS)).sqrt();
        assert!((got - expected).abs() < 4.0 * spread, "{flood}: {got} instead of {expected}");
    }
    assert!((chance(512, 512) - 0.449).abs() < 0.01 && (chance(512, 256) - 0.848).abs() < 0.01);
}

/// RFC4987-3.6-b: a cookie that came too late, or back from elsewhere, or with a number that no SYN had, is answered with a
/// reset; the same as it was given opens a connection.
#[test]
fn a_cookie_that_is_not_good_is_answered_with_a_reset() {
    let other_port: SocketAddr = (stranger(1).ip(), stranger(1).port() + 1).into();
    let cases = [
        (stranger(1), 101, secs(1), true),
        (stranger(1), 101, secs(4 * 60), false),
        (other_port, 101, secs(1), false),
        (stranger(1), 102, secs(1), false),
    ];
    for (from, seq, wait, is_good) in cases {
        let mut flooded = Flooded::new(1, |config| config.limits.syn_cache = 0);
        let cookie = flooded.syn(stranger(1)).expect("a cookie").seq;
        // Another one goes out later, so that cookies are looked for at all.
        flooded.now = flooded.now + wait;
        flooded.syn(stranger(2)).expect("a cookie");
        let (seq, ack_number) = (SeqNum(seq), cookie + 1);
        let ack = Segment { seq, ack_number, flags: Flags::ACK, ..Segment::default() };
        let answer = flooded.hear(from, ack).map(|answer| (answer.flags, answer.seq));
        assert_eq!(answer, (!is_good).then_some((Flags::RST, cookie + 1)), "{from} {seq:?} {wait:?}");
        assert_eq!(flooded.stack.connections(), usize::from(is_good), "{from} {seq:?} {wait:?}");
    }
}

/// RFC4987-3.6-c: what both offered comes back with the timestamp; without timestamps nothing but the MSS was agreed on.
#[test]
fn a_cookie_keeps_scaling_and_sack_where_there_are_timestamps() {
    for (window_scaling, sack, timestamps) in (0..8).map(|bits| (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0))
    {
        let mut lab = Lab::with(|_| {}, |b| b.limits.syn_cache = 0);
        let config = TcpConfig { window_scaling, sack, timestamps, ..TcpConfig::default() };
        let listener = lab.listen();
        let offered = std::rc::Rc::new(std::cell::Cell::new(Options::default()));
        let seen = std::rc::Rc::clone(&offered);
        lab.fault(move |passing| {
            if !passing.to_b && passing.segment.flags.contains(Flags::SYN) {
                seen.set(passing.segment.options);
            }
            Fate::Arrives
        });
        let client = lab.connect_with(&Arc::new(config));
        lab.run();
        assert_eq!(lab.b.stack.half_open(), 0);
        let server = lab.b.stack.accept(lab.now, listener).expect("the cookie came back");
        let answered = offered.get();
        assert_eq!(answered.timestamps.is_some(), timestamps);
        assert_eq!(answered.window_scale.is_some(), timestamps && window_scaling);
        assert_eq!(answered.sack_permitted, timestamps && sack);
        // The window is a scaled one at both ends, or at neither.
        lab.run_for(ms(100));
        let octets = vec![7; 300_000];
        assert_eq!(lab.transfer(client, server, &octets).len(), octets.len());
        let window = lab.b.stack.info(server).expect("open").vars.snd_wnd;
        assert_eq!(window > 65_535, timestamps && window_scaling, "{window}");
        // A hole is told of by blocks, where that was agreed on.
        let mut nth = 0;
        let told = std::rc::Rc::new(std::cell::Cell::new(false));
        let seen = std::rc::Rc::clone(&told);
        lab.fault(move |passing| {
            nth += u32::from(passing.to_b && !passing.segment.payload.is_empty());
            seen.set(seen.get() | !passing.segment.options.sack.is_empty());
            if passing.to_b && nth == 2 { Fate::Lost } else { Fate::Arrives }
        });
        lab.transfer(client, server, &octets);
        assert_eq!(told.get(), timestamps && sack);
    }
}

/// RFC4987-3.6-c: who makes an echo up gets nothing that was not offered, and nobody panics.
#[test]
fn an_echo_that_was_made_up_harms_nobody_but_its_maker() {
    for echo in 0..64 {
        let mut flooded = Flooded::new(1, |config| {
            let tcp = TcpConfig { sack: false, window_scaling: false, ..TcpConfig::default() };
            (config.limits.syn_cache, config.tcp) = (0, Arc::new(tcp));
        });
        let syn_ack = flooded.syn(stranger(1)).expect("a cookie");
        let options = Options { timestamps: Some(Timestamps { value: 1, echo }), ..Options::default() };
        let ack = Segment {
            seq: SeqNum(101),
            ack_number: syn_ack.seq + 1,
            flags: Flags::ACK,
            options,
            payload: b"hello",
            ..Segment::default()
        };
        flooded.hear(stranger(1), ack);
        assert_eq!(flooded.stack.connections(), 1);
    }
}

/// RFC4987-3.6-d: when the last ACK of a cookie is lost the server knows nothing: who waits for it to speak first waits in
/// vain, as documented; the caller's own octets complete it.
#[test]
fn a_server_that_speaks_first_is_never_heard_where_a_cookie_s_ack_is_lost() {
    let mut lab = Lab::with(|_| {}, |b| b.limits.syn_cache = 0);
    let listener = lab.listen();
    let client = lab.connect();
    lab.lose(|passing| passing.to_b && passing.nth == 1);
    lab.run_for(secs(120));
    assert_eq!(lab.a.stack.info(client).map(|info| info.phase), Some(Phase::Established));
    assert_eq!(lab.b.stack.accept(lab.now, listener), None);
    lab.heal();
    lab.a.write(lab.now, client, b"hello").unwrap();
    lab.run();
    assert!(lab.b.stack.accept(lab.now, listener).is_some(), "a cookie lasts two minutes");
}

/// RFC4987-3.7-a: while no cookie is under way no ACK is looked at: not even one that a cookie would have drawn.
#[test]
fn without_a_flood_no_ack_is_taken_for_a_cookie() {
    let mut flooded = Flooded::new(1, |config| config.limits.syn_cache = 1);
    flooded.syn(stranger(0));
    let cookie = flooded.syn(stranger(1)).expect("a cookie");
    flooded.now = flooded.now + secs(127);
    // The same host, but the flood is long over.
    let told = flooded.ack(stranger(2), &cookie);
    assert!(told.is_some());
    assert_eq!(flooded.stack.counters().syncookies_failed, 1, "looked at while cookies are out");
    flooded.now = flooded.now + secs(2);
    let told = flooded.ack(stranger(1), &cookie).expect("refused");
    assert_eq!(told.flags, Flags::RST);
    assert_eq!(flooded.stack.counters().syncookies_failed, 1, "not looked at");
    assert_eq!(flooded.stack.connections(), 0);
}

/// RFC4987-4-a: told to, a full accept queue answers with a reset; a cookie's ACK too.
#[test]
fn a_full_accept_queue_resets_where_it_was_told_to() {
    for syn_cache in [16, 0] {
        let mut flooded = Flooded::new(1, |config| {
            (config.limits.syn_cache, config.limits.accept_queue, config.reset_on_overflow) =
                (syn_cache, 1, true);
        });
        let (first, second) = (flooded.syn(stranger(0)).unwrap(), flooded.syn(stranger(1)).unwrap());
        assert_eq!(flooded.ack(stranger(0), &first), None);
        let told = flooded.ack(stranger(1), &second).expect("told");
        assert_eq!((told.flags, told.seq), (Flags::RST, second.seq + 1));
        assert_eq!((flooded.stack.half_open(), flooded.stack.connections()), (0, 1));
        assert_eq!(flooded.stack.counters().listen_overflows, 1);
    }
}
