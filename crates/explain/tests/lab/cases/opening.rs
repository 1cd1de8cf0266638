//! How connections open, or do not.

use super::super::bench::{Bench, PORT, World, ms, sleep};
use super::super::case::{Case, HEALTHY, Told};
use super::super::kernel::{Kernel, connected, start_connecting};
use super::super::packet::Sight;
use super::super::scenes::talk;
use super::super::talk::{ask, chat, good_bye};
use super::super::tap::{Near, Recording, Tap};
use super::super::wire::Fate;

/// The opening was mended, and the rest went well.
pub(super) const fn mended(note: &'static [&'static str]) -> Told {
    Told::says(note).under(&["C01", "C10"]).also(&["S02", "X09"])
}

/// Something to know, and nothing wrong.
pub(super) const fn noted(info: &'static [&'static str]) -> Told {
    Told::says(info).under(&["C01", "C10"]).also(&["S01"])
}

pub const CASES: &[Case] = &[
    Case {
        name: "still-open",
        cause: "An ordinary opening; the capture ends before the goodbye.",
        taps: &[Tap::new(Near::Client, &[Told::says(&["C14"]).under(&["H01"]).never(&["C05", "X03"])])],
        scene: still_open,
    },
    Case {
        name: "syn-lost",
        cause: "The first SYN is lost half-way; the second arrives.",
        taps: &[
            Tap::client(&[mended(&["H02"])
                .never(&["H01", "H07", "D01"])
                .words(&[("H02", "try 2 worked"), ("X09", "near the client")])]),
            Tap::server(&[HEALTHY.never(&["H02"])]),
        ],
        scene: |taps| talk(World::PLAIN, taps, |bench| bench.wire.lose(1, Sight::is_bare_syn)),
    },
    Case {
        name: "syn-twice",
        cause: "The network delivers the first SYN twice, 3 ms apart; the server answers both.",
        taps: &Tap::both(&[DOUBLED]),
        scene: |taps| {
            talk(World::PLAIN, taps, |bench| bench.wire.fate(1, Fate::Twice(ms(3)), Sight::is_bare_syn))
        },
    },
    Case {
        name: "syn-unanswered",
        cause: "Every SYN to the port is lost half-way; the client gives up after two repetitions. Another talk follows.",
        taps: &[Tap::new(
            Near::Client,
            &[
                Told::says(&["H03"])
                    .words(&[("H03", "6 SYNs")])
                    .also(&["X09"])
                    .never(&["H02", "H04", "H06", "D18", "X01"]),
                HEALTHY,
            ],
        )],
        scene: |taps| unanswered(taps, |bench| bench.wire.always(Fate::Lost, |sight| sight.on(PORT))),
    },
    Case {
        name: "syn-dropped-by-host",
        cause: "The server's own firewall drops every SYN without a word.",
        taps: &Tap::both(&[
            Told::says(&["H03"]).words(&[("H03", "6 SYNs")]).also(&["X09"]).never(&["H02", "X01"]),
            HEALTHY,
        ]),
        scene: |taps| unanswered(taps, |bench| bench.server.firewall("tcp dport 80 drop")),
    },
    Case {
        name: "refused",
        cause: "Nothing listens on the port: the server's kernel answers RST.",
        taps: &Tap::both(&[Told::says(&["H04"])
            .words(&[("H04", "port 8")])
            .never(&["H03", "H06", "R01", "R02", "C18"])]),
        scene: refused,
    },
    Case {
        name: "refused-after-loss",
        cause: "The first SYN is lost; the second is answered with RST, for nothing listens there.",
        taps: &[Tap::new(
            Near::Client,
            &[Told::says(&["H04"]).words(&[("H04", "port 8")]).also(&["H02", "X09"]).never(&["H03", "R01"])],
        )],
        scene: |taps| {
            let bench = Bench::new(World::PLAIN, taps);
            bench.wire.lose(1, Sight::is_bare_syn);
            assert!(bench.client.connect_from(bench.from(0), bench.at(PORT)).is_err());
            bench.finish()
        },
    },
    Case {
        name: "unreachable-net",
        cause: "A router has no route to the address and says so.",
        taps: &[Tap::new(
            Near::Client,
            &[Told::says(&["H06"]).words(&[("H06", "unreachable)")]).never(&["H03", "H04", "C14"])],
        )],
        scene: |taps| unreachable(taps, "10.9.0.1:80", |_| ()),
    },
    Case {
        name: "unreachable-ipv6",
        cause: "The same over IPv6.",
        taps: &[Tap::new(
            Near::Client,
            &[Told::says(&["H06"]).words(&[("H06", "unreachable)")]).never(&["H03", "H04", "C14"])],
        )],
        scene: |taps| {
            let bench = Bench::new(World { v6: true, ..World::PLAIN }, taps);
            bench.client.ip(&["-6 route add default dev wire0"]);
            bench.server.write("/proc/sys/net/ipv6/conf/all/forwarding", "1");
            let to = "[fd00:9::1]:80".parse().expect("an address");
            bench.client.connect_from(bench.from(0), to).expect_err("it cannot be reached");
            bench.finish()
        },
    },
    Case {
        name: "unreachable-host",
        cause: "A router's table says that the host is unreachable.",
        taps: &[Tap::new(
            Near::Client,
            &[Told::says(&["H06"]).words(&[("H06", "unreachable)")]).never(&["H03", "H04", "C14"])],
        )],
        scene: |taps| {
            unreachable(taps, "10.9.0.1:80", |router| router.ip(&["route add unreachable 10.9.0.1/32"]))
        },
    },
    Case {
        name: "unreachable-port",
        cause: "The server's firewall rejects with ICMP port unreachable.",
        taps: &[Tap::new(
            Near::Client,
            &[Told::says(&["H06"]).words(&[("H06", "unreachable)")]).never(&["H03", "H04", "C14"])],
        )],
        scene: |taps| unreachable(taps, "10.8.0.2:80", |router| router.firewall("tcp dport 80 reject")),
    },
    Case {
        name: "syn-ack-lost",
        cause: "The first SYN+ACK is lost half-way; both ends repeat what they said.",
        taps: &[
            Tap::server(&[mended(&["H07"]).never(&["H02", "H08", "H09"])]),
            // Nothing shows the client that its SYN had arrived.
            Tap::client(&[mended(&["H02"]).never(&["H07", "H08"])]),
        ],
        scene: |taps| talk(World::PLAIN, taps, |bench| bench.wire.lose(1, Sight::is_syn_ack)),
    },
    Case {
        name: "third-ack-lost",
        cause: "The client's ACK of the SYN+ACK is lost, and the server speaks first: it has to repeat its SYN+ACK.",
        taps: &[Tap::new(
            Near::Client,
            &[mended(&["H08"]).also(&["S02", "X09", "C02"]).never(&["H02", "H07", "D01", "D04"])],
        )],
        scene: third_lost,
    },
    Case {
        name: "third-ack-lost-unnoticed",
        cause: "The client's ACK of the SYN+ACK is lost, but its data follows at once and says the same.",
        taps: &Tap::both(&[HEALTHY.also(&["H08", "D07", "X09"]).never(&["H07", "D01"])]),
        scene: |taps| {
            let bench = Bench::new(World::PLAIN, taps);
            bench.wire.lose(1, |sight| sight.is_client() && sight.is_bare_ack());
            let listener = bench.listen(PORT);
            let client = bench.client.connect(bench.at(PORT));
            client.say(120);
            let server = listener.accept();
            server.hear(120);
            server.tell(&client, 600);
            good_bye(client, server);
            bench.finish()
        },
    },
    Case {
        name: "accept-queue-full",
        cause: "Two clients call at once where there is room for one, and the server's program accepts late: the kernel drops the second one's ACK, which had arrived, and repeats its SYN+ACK.",
        taps: &[
            // The ACK passed right before the server: nothing was lost on the way.
            Tap::server(&[
                HEALTHY,
                HEALTHY,
                Told::says(&[])
                    .under(&["C01", "C10"])
                    .also(&["H15", "S01", "S02"])
                    .never(&["H02", "H07", "H08", "H09"]),
            ]),
            Tap::client(&[
                HEALTHY,
                HEALTHY,
                Told::says(&[])
                    .under(&["C01", "C10"])
                    .also(&["H08", "H15", "S01", "S02", "X09"])
                    .never(&["H02", "H07", "H09"]),
            ]),
        ],
        scene: |taps| overflow(taps, |_| ()),
    },
    Case {
        name: "accept-queue-reset",
        cause: "The same, where the server's kernel is told to reset instead of wait (tcp_abort_on_overflow).",
        taps: &[Tap::new(
            Near::Client,
            &[
                HEALTHY,
                HEALTHY,
                Told::says(&[])
                    .also(&["H16", "R01"])
                    .never(&["C10", "C16", "C17", "C18", "H04", "H10", "R02", "S01"]),
            ],
        )],
        scene: |taps| overflow(taps, |bench| bench.server.set("tcp_abort_on_overflow", "1")),
    },
    Case {
        name: "handshake-abandoned",
        cause: "The client's machine dies right after its SYN; the server repeats its SYN+ACK twice and forgets it.",
        taps: &[
            Tap::server(&[
                Told::says(&["H09"])
                    .words(&[("H09", "for 3.")])
                    .also(&["X09"])
                    .never(&["H03", "H07", "H08", "C14", "D18"]),
                HEALTHY,
            ]),
            Tap::client(&[
                Told::says(&["H09"])
                    .words(&[("H09", "for 3.")])
                    .also(&["X09"])
                    .never(&["H03", "H07", "H08", "C14", "D18"]),
                HEALTHY,
            ]),
        ],
        scene: abandoned,
    },
    Case {
        name: "simultaneous-open",
        cause: "Both ends connect to each other in the same instant; the SYNs cross.",
        taps: &[
            Tap::client(&[noted(&["H11"]).never(&["H02", "H07", "H12"])]),
            Tap::middle(&[noted(&["H11"]).never(&["H02", "H07", "H12"])]),
            Tap::server(&[noted(&["H11"]).never(&["H02", "H07", "H12"])]),
        ],
        scene: simultaneous,
    },
    Case {
        name: "option-refused-sack",
        cause: "The server's kernel has selective acknowledgments switched off.",
        taps: &[Tap::new(
            Near::Client,
            &[Told::says(&["H22"]).words(&[("H22", "SACK")]).under(&["C01"]).also(&["S02"]).never(&["X07"])],
        )],
        scene: |taps| talk(World::PLAIN, taps, |bench| bench.server.set("tcp_sack", "0")),
    },
    Case {
        name: "option-refused-scale",
        cause: "The server's kernel has window scaling switched off.",
        taps: &[Tap::new(
            Near::Server,
            &[Told::says(&["H22"]).words(&[("H22", "64 KB")]).under(&["C01"]).also(&["S02"]).never(&["X07"])],
        )],
        scene: |taps| talk(World::PLAIN, taps, |bench| bench.server.set("tcp_window_scaling", "0")),
    },
    Case {
        name: "options-not-offered",
        cause: "The client's kernel offers neither selective acknowledgments nor timestamps nor scaling: nothing was refused.",
        taps: &[Tap::new(Near::Client, &[HEALTHY.never(&["H22"])])],
        scene: |taps| {
            talk(World::PLAIN, taps, |bench| {
                for name in ["tcp_sack", "tcp_timestamps", "tcp_window_scaling"] {
                    bench.client.set(name, "0");
                }
            })
        },
    },
];

/// Nothing was lost: what came twice had been sent once.
const DOUBLED: Told =
    Told::says(&["S01"]).under(&["C01", "C10"]).also(&["H01"]).never(&["H02", "H07", "H08", "H11", "X04"]);

fn still_open(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::PLAIN, taps);
    ask(&client, &server);
    bench.finish_before((client, server))
}

fn unanswered(taps: &'static [Tap], set_up: fn(&Bench)) -> Vec<Recording> {
    let bench = Bench::new(World::PLAIN, taps);
    set_up(&bench);
    bench.client.set("tcp_syn_retries", "2");
    let error = bench.client.connect_from(bench.from(0), bench.at(PORT)).expect_err("nobody answers");
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    bench.other_talk();
    bench.finish()
}

fn refused(taps: &'static [Tap]) -> Vec<Recording> {
    let bench = Bench::new(World::PLAIN, taps);
    let error = bench.client.connect_from(bench.from(0), bench.at(PORT)).expect_err("nothing listens");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
    bench.finish()
}

fn unreachable(taps: &'static [Tap], to: &str, set_up: fn(&Kernel)) -> Vec<Recording> {
    let bench = Bench::new(World::PLAIN, taps);
    bench.server.set("ip_forward", "1");
    set_up(&bench.server);
    let to = to.parse().expect("an address");
    bench.client.connect_from(bench.from(0), to).expect_err("it cannot be reached");
    bench.finish()
}

fn third_lost(taps: &'static [Tap]) -> Vec<Recording> {
    let bench = Bench::new(World::PLAIN, taps);
    bench.wire.lose(1, |sight| sight.is_client() && sight.is_bare_ack());
    let (client, server) = bench.open();
    server.tell(&client, 80);
    client.tell(&server, 20);
    good_bye(client, server);
    bench.finish()
}

fn abandoned(taps: &'static [Tap]) -> Vec<Recording> {
    let bench = Bench::new(World::PLAIN, taps);
    bench.server.set("tcp_synack_retries", "2");
    let _listener = bench.listen(PORT);
    let mut syns = 0;
    bench.wire.rule(move |sight| {
        let is_client = sight.is_client() && sight.on(PORT);
        syns += u32::from(is_client && sight.is_bare_syn());
        (is_client && (syns > 1 || !sight.syn)).then_some(Fate::Unsent)
    });
    let socket = bench.client.caller(bench.from(40_000));
    start_connecting(&socket, bench.at(PORT));
    sleep(5);
    drop(socket);
    // It repeats after 1 s and 3 s, and forgets after 7 s.
    sleep(7_500);
    bench.other_talk();
    bench.finish()
}

/// Two calls at once where one waits already and two may: the kernel takes both SYNs and has room for one.
fn overflow(taps: &'static [Tap], set_up: fn(&Bench)) -> Vec<Recording> {
    let bench = Bench::new(World::PLAIN, taps);
    set_up(&bench);
    let listener = bench.server.listen_with(bench.at(PORT), 1);
    let waiting = bench.client.connect_from(bench.from(40_000), bench.at(PORT)).expect("there is room");
    sleep(50);
    let callers = [40_001, 40_002].map(|port| bench.client.caller(bench.from(port)));
    for caller in &callers {
        start_connecting(caller, bench.at(PORT));
    }
    sleep(500);
    let [first, second] = callers.map(connected);
    chat(waiting, listener.accept());
    chat(first, listener.accept());
    if second.socket().peer_addr().is_ok() {
        let server = listener.accept();
        chat(second, server);
    }
    bench.finish()
}

fn simultaneous(taps: &'static [Tap]) -> Vec<Recording> {
    let bench = Bench::new(World::far(ms(40)), taps);
    let (here, there) = (bench.from(40_000), bench.at(40_001));
    let (a, b) = (bench.client.caller(here), bench.server.caller(there));
    start_connecting(&a, there);
    start_connecting(&b, here);
    sleep(400);
    chat(connected(a), connected(b));
    bench.finish()
}
