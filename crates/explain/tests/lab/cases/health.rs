//! Connections with nothing wrong, however they look in the file; and with a little.

use pcap_file::{DataLink, Endianness};

use super::super::bench::{Bench, PORT, World, ms};
use super::super::case::{Case, HEALTHY, Told};
use super::super::packet::Sight;
use super::super::scenes::talk;
use super::super::talk::{Talk, chat, good_bye};
use super::super::tap::{Form, Kind, Near, Recording, Tap};

pub const CASES: &[Case] = &[
    Case {
        name: "healthy",
        cause: "A question, an answer, and a goodbye in four steps; each file format and link type has the same.",
        taps: &[
            Tap::client(&[
                HEALTHY.words(&[("S01", "120 B up, 600 B down; the client closed first, in four steps")])
            ]),
            Tap::middle(&[HEALTHY]).form(Form { link: DataLink::ETHERNET, kind: Kind::Next, ..Form::PLAIN }),
            Tap::server(&[HEALTHY]).form(Form { kind: Kind::Micro(Endianness::Big), ..Form::PLAIN }),
            Tap::client(&[HEALTHY]).named("nano").form(Form { kind: Kind::Nano, ..Form::HEADERS }),
            Tap::client(&[HEALTHY]).named("cooked").form(Form { link: DataLink::LINUX_SLL, ..Form::PLAIN }),
            Tap::server(&[HEALTHY]).named("cooked2").form(Form {
                kind: Kind::Next,
                link: DataLink::Unknown(276),
                ..Form::PLAIN
            }),
            Tap::client(&[HEALTHY]).named("null").form(Form { link: DataLink::NULL, ..Form::PLAIN }),
        ],
        scene: |taps| talk(World::PLAIN, taps, |_| ()),
    },
    Case {
        name: "healthy-ipv6",
        cause: "The same over IPv6.",
        taps: &[
            Tap::client(&[HEALTHY]),
            Tap::server(&[HEALTHY]).form(Form { link: DataLink::NULL, ..Form::PLAIN }),
        ],
        scene: |taps| talk(World { v6: true, ..World::PLAIN }, taps, |_| ()),
    },
    Case {
        name: "healthy-transfer",
        cause: "A hundred thousand octets down, nothing lost; the server closes first.",
        taps: &[
            // Many ACKs are for two segments or more; none is lost.
            Tap::client(&[HEALTHY
                .never(&["D05", "D06", "D07", "S02"])
                .words(&[("S01", "100 KB down; the server closed first")])])
            .form(Form::HEADERS),
            Tap::server(&[HEALTHY.never(&["D05", "D06", "D07", "S02"])]).form(Form::HEADERS),
            Tap::middle(&[HEALTHY.never(&["D05", "D06", "D07", "S02"])]).form(Form::HEADERS),
        ],
        scene: transfer,
    },
    Case {
        name: "healthy-far",
        cause: "A question and an answer over a path of 300 ms: far away, not ill.",
        taps: &[
            Tap::client(&[HEALTHY.also(&["H18"]).never(&["H02", "D01", "D03"])]),
            Tap::server(&[HEALTHY.also(&["H18"]).never(&["H07", "D01", "D03"])]),
        ],
        scene: |taps| talk(World::far(ms(150)), taps, |_| ()),
    },
    Case {
        name: "two-hiccups",
        cause: "The first SYN was lost, and the client's first FIN was.",
        taps: &[Tap::new(
            Near::Client,
            &[Told::says(&["S02", "H02", "C08"])
                .under(&["C10"])
                .also(&["X09"])
                .never(&["S01", "D01", "D18"])],
        )],
        scene: |taps| {
            talk(World::PLAIN, taps, |bench| {
                bench.wire.lose(1, Sight::is_bare_syn);
                bench.wire.lose(1, |sight| sight.fin && sight.is_client());
            })
        },
    },
    Case {
        name: "crossing-calls",
        cause: "Both hosts call each other's port 80 in the same instant: two connections, not one.",
        taps: &[
            Tap::client(&[HEALTHY.never(&["H11", "H12"]), HEALTHY.never(&["H11", "H12"])]),
            Tap::middle(&[HEALTHY.never(&["H11", "H12"]), HEALTHY.never(&["H11", "H12"])]),
        ],
        scene: crossing,
    },
    Case {
        name: "crowd",
        cause: "Forty connections, eight at a time: from nothing to 40,000 octets either way, closed by either end, nothing lost.",
        taps: &[
            Tap::client(&[ANY_HEALTHY; 40]).form(Form::HEADERS),
            Tap::server(&[ANY_HEALTHY; 40]).form(Form { kind: Kind::Next, ..Form::HEADERS }),
        ],
        scene: crowd,
    },
    Case {
        name: "many",
        cause: "Five healthy connections side by side, and one that is refused.",
        taps: &[Tap::new(
            Near::Client,
            &[HEALTHY, HEALTHY, HEALTHY, HEALTHY, HEALTHY, Told::says(&["H04"]).words(&[("H04", "port 8")])],
        )],
        scene: many,
    },
];

/// Closed by whoever, in whatever manner.
const ANY_HEALTHY: Told = Told::says(&["S01"]).under(&["H01", "C10"]).also(&["C01", "C02"]);

fn transfer(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::PLAIN, taps);
    client.tell(&server, 100);
    server.stream(&client, 100_000);
    good_bye(server, client);
    bench.finish()
}

fn crossing(taps: &'static [Tap]) -> Vec<Recording> {
    let bench = Bench::new(World::far(ms(40)), taps);
    let (here, there) = (bench.client.listen(bench.from(PORT)), bench.listen(PORT));
    let (client, server) = std::thread::scope(|scope| {
        let other = scope.spawn(|| bench.server.connect(bench.from(PORT)));
        let talk = bench.client.connect(bench.at(PORT));
        (talk, other.join().expect("it connects"))
    });
    chat(client, there.accept());
    chat(server, here.accept());
    bench.finish()
}

fn crowd(taps: &'static [Tap]) -> Vec<Recording> {
    let bench = Bench::new(World::PLAIN, taps);
    let listener = bench.listen(PORT);
    for round in 0..5 {
        // A port of the kernel's choice may be one that the server still has in TIME_WAIT.
        let open = |i: u16| {
            let from = bench.from(40_000 + round * 8 + i);
            let client = bench.client.connect_from(from, bench.at(PORT)).expect("a connection");
            (client, listener.accept())
        };
        let talks: Vec<_> = (0..8).map(open).collect();
        std::thread::scope(|scope| {
            for (i, (client, server)) in talks.into_iter().enumerate() {
                scope.spawn(move || one_of_many(usize::from(round) * 8 + i, client, server));
            }
        });
    }
    bench.finish()
}

/// Says as much as its number makes of it.
fn one_of_many(number: usize, client: Talk, server: Talk) {
    let (up, down) =
        (number * 7_919 % 40_000 * (number % 3), number * 104_729 % 40_000 * (number % 4).min(1));
    let reader = std::thread::spawn(move || {
        server.hear(up);
        server.say(down);
        server
    });
    client.say(up);
    client.hear(down);
    let server = reader.join().expect("it hears and says all");
    match number % 5 {
        0 | 1 => good_bye(server, client),
        _ => good_bye(client, server),
    }
}

fn many(taps: &'static [Tap]) -> Vec<Recording> {
    let bench = Bench::new(World::PLAIN, taps);
    let listener = bench.listen(PORT);
    let mut talks: Vec<_> =
        (0..5).map(|_| (bench.client.connect(bench.at(PORT)), listener.accept())).collect();
    let refused = bench.client.connect_from(bench.from(0), bench.at(81));
    assert!(refused.is_err(), "nothing listens there");
    for (client, server) in talks.drain(..) {
        chat(client, server);
    }
    bench.finish()
}
