//! What happens to data under way.

use std::thread::JoinHandle;
use std::time::Duration;

use cordial_trace::event::Side;

use super::super::bench::{Bench, PORT, World, ms, sleep};
use super::super::case::{Case, HEALTHY, Told};
use super::super::packet::Sight;
use super::super::scenes::{download, upload};
use super::super::talk::{PATIENCE, Talk, ask, good_bye};
use super::super::tap::{Form, Near, Recording, Tap};
use super::super::wire::Fate;

/// Lost or late, and made good; closed in order.
const fn mended(note: &'static [&'static str]) -> Told {
    Told::says(note).under(&["H01", "C01", "C10"]).also(&["S02", "X09"])
}

/// Far enough for a flow to have much under way.
const FAR: World = World::far(ms(20));

/// Something to know, and nothing wrong.
const fn noted(info: &'static [&'static str]) -> Told {
    Told::says(info).under(&["H01", "C01", "C10"]).also(&["S01", "X09"])
}

pub const CASES: &[Case] = &[
    Case {
        name: "data-lost-alone",
        cause: "A lone segment is lost; no probes are sent for tails here, so the timer has to run out.",
        taps: &[
            Tap::client(&[mended(&["D01"]).never(&["D02", "D03", "D04", "D18"])]),
            // The lost segment never came by; the client was just slow to speak.
            Tap::server(&[HEALTHY.also(&["X09"]).never(&["D04", "D05"])]),
        ],
        scene: |taps| lone_loss(taps, 1),
    },
    Case {
        name: "outage",
        cause: "Everything is lost for a while and three copies of a segment with it; then the path is back.",
        taps: &[Tap::new(Near::Client, &[mended(&["D01"]).never(&["D18", "D03", "D04"])])],
        scene: |taps| lone_loss(taps, 3),
    },
    Case {
        name: "data-lost-in-flow",
        cause: "One segment of many is lost; the receiver says what is missing, and it is sent again at once.",
        taps: &[
            Tap::client(&[mended(&["D02"]).never(&["D01", "D03", "D04", "D05", "D06"])]).form(Form::HEADERS),
            Tap::server(&[mended(&["D02"]).never(&["D01", "D05", "D06"])]).form(Form::HEADERS),
            Tap::middle(&[Told::says(&["D02"])
                .under(&["H01", "C01"])
                .also(&["S02"])
                .never(&["D01", "D06", "X09"])])
            .form(Form::HEADERS),
        ],
        scene: |taps| upload(FAR, taps, 60_000, |bench| bench.wire.lose(14, is_upload)),
    },
    Case {
        name: "data-lost-in-flow-without-sack",
        cause: "The same between hosts without selective acknowledgments: three duplicate ACKs tell.",
        taps: &[Tap::new(Near::Client, &[mended(&["D02"]).never(&["D01", "D03", "D05", "D06", "H22"])])
            .form(Form::HEADERS)],
        scene: |taps| {
            upload(FAR, taps, 60_000, |bench| {
                bench.client.set("tcp_sack", "0");
                bench.wire.lose(14, is_upload);
            })
        },
    },
    Case {
        name: "loss-beyond",
        cause: "A segment of a download is lost half-way, far from both captures.",
        taps: &[
            Tap::server(&[Told::says(&["D02", "X09"])
                .words(&[("X09", "near the server")])
                .under(&["H01"])
                .also(&["S02"])
                .never(&["D01", "D05"])])
            .form(Form::HEADERS),
            Tap::client(&[Told::says(&["D02", "X09"])
                .words(&[("X09", "near the client")])
                .under(&["H01"])
                .also(&["S02"])
                .never(&["D01", "D05"])])
            .form(Form::HEADERS),
        ],
        scene: |taps| {
            download(World::far(ms(30)), taps, 60_000, |bench| {
                bench.wire.lose(14, |sight| sight.from == Side::Server && sight.is_data());
            })
        },
    },
    Case {
        name: "tail-lost",
        cause: "The only segment under way is lost; the sender probes after two round trips, well before its timer.",
        taps: &[Tap::new(
            Near::Client,
            &[noted(&["D03"]).also(&["S01", "S02", "X09"]).never(&["D01", "D02", "D04"])],
        )],
        scene: tail_lost,
    },
    Case {
        name: "delay-spike",
        cause: "A segment is held up for 700 ms; its sender takes it for lost and repeats it, then both arrive.",
        taps: &[Tap::new(
            Near::Client,
            &[mended(&["D04"]).also(&["D01", "S02", "X09"]).never(&["D02", "D18"])],
        )],
        scene: |taps| needless(taps, Fate::Late(ms(700)), |sight| sight.is_client() && sight.is_data()),
    },
    Case {
        name: "ack-lost-alone",
        cause: "The data arrived, but its only ACK is lost; the sender repeats what was not needed.",
        taps: &[
            Tap::client(&[mended(&["D04"]).also(&["D01", "S02", "X09"]).never(&["D02", "D18"])]),
            Tap::server(&[mended(&["D04"]).also(&["D01", "S02", "X09"]).never(&["D02", "D05", "D18"])]),
        ],
        scene: |taps| needless(taps, Fate::Lost, |sight| sight.from == Side::Server && sight.is_bare_ack()),
    },
    Case {
        name: "data-twice",
        cause: "The network delivers one segment of many twice, 5 ms apart; its sender sent it once.",
        taps: &Tap::both_in(Form::HEADERS, &[HEALTHY.also(&["D22"]).never(&["D01", "D02", "D04", "X04"])]),
        scene: |taps| upload(FAR, taps, 60_000, |bench| bench.wire.fate(14, Fate::Twice(ms(5)), is_upload)),
    },
    Case {
        name: "reordered",
        cause: "One segment of many is overtaken by those behind it, by 4 ms; nothing is lost and nothing sent again.",
        taps: &[
            Tap::server(&[mended(&["D05"]).also(&["D06", "S02", "X09"]).never(&["D01", "D02", "D04"])])
                .form(Form::HEADERS),
            // Here it is still in order; only the ACKs tell.
            Tap::client(&[noted(&["D06"]).also(&["D05", "S01", "S02", "X09"]).never(&["D01", "D02", "D04"])])
                .form(Form::HEADERS),
        ],
        scene: |taps| {
            upload(FAR, taps, 60_000, |bench| {
                bench.client.be_patient();
                bench.wire.fate(14, Fate::Late(ms(4)), is_upload);
            })
        },
    },
    Case {
        name: "ack-lost-in-flow",
        cause: "One of many ACKs is lost; the next one says the same and more.",
        taps: &[
            Tap::client(&[noted(&["D07"]).never(&["D01", "D02", "D04", "X02"])]).form(Form::HEADERS),
            Tap::server(&[HEALTHY.also(&["D07", "X09"]).never(&["D01", "D02", "D04"])]).form(Form::HEADERS),
        ],
        scene: |taps| {
            upload(FAR, taps, 60_000, |bench| {
                bench.wire.lose(9, |sight| sight.from == Side::Server && sight.is_bare_ack());
            })
        },
    },
    Case {
        name: "slow-reader",
        cause: "The server reads nothing for 1.5 s, then everything.",
        taps: &Tap::both_in(
            Form::HEADERS,
            &[Told::says(&["D08"])
                .words(&[("D08", "(the server)")])
                .under(&["H01"])
                .never(&["D01", "D04", "D09", "D15", "D18", "S01"])],
        ),
        scene: slow_reader,
    },
    Case {
        name: "nagle",
        cause: "The client writes each question in two pieces; Nagle holds the second one back until the delayed ACK of the first.",
        taps: &Tap::both(&[Told::says(&["D12"])
            .words(&[("D12", "(the client)")])
            .under(&["H01"])
            .also(&["S02"])
            .never(&["S01", "D01"])]),
        scene: nagle,
    },
    Case {
        name: "slow-server",
        cause: "Each question is one piece, and the server takes 45 ms to think.",
        taps: &Tap::both(&[HEALTHY.also(&["D24"]).never(&["D12"])]),
        scene: slow_server,
    },
    Case {
        name: "keepalive",
        cause: "Nothing is said for 3.5 s but 'still there?' and 'yes'.",
        taps: &Tap::both(&[HEALTHY
            .under(&["H01", "C01", "D15"])
            .also(&["D15"])
            .never(&["D01", "D04", "D16", "D08"])]),
        scene: keepalive,
    },
    Case {
        name: "keepalive-one-lost",
        cause: "The same, and one probe is lost; the next is answered.",
        taps: &[Tap::new(
            Near::Client,
            &[HEALTHY.under(&["H01", "C01", "D15"]).also(&["D15", "X09"]).never(&["D01", "D04", "D16"])],
        )],
        scene: keepalive_with_loss,
    },
    Case {
        name: "keepalive-dead",
        cause: "The path is cut while nothing is said; three keepalive probes find nobody, and the client's kernel resets.",
        taps: &[
            Tap::client(&[Told::says(&["D16"])
                .words(&[("D16", "after 3")])
                .under(&["H01"])
                .also(&["X09"])
                .never(&["D15", "D18", "C14", "C16", "R01", "R02"])]),
            // Here nothing came by any more.
            Tap::server(&[Told::says(&["C14"]).under(&["H01"]).never(&["D16", "D18"])]),
        ],
        scene: keepalive_dead,
    },
    Case {
        name: "peer-vanished",
        cause: "The path is cut in mid-talk; the client repeats its data five times and gives up. Another talk follows.",
        taps: &[Tap::new(
            Near::Client,
            &[
                Told::says(&["D18"])
                    .words(&[("D18", "The server went silent")])
                    .under(&["H01"])
                    .also(&["X09"])
                    .never(&["D01", "D16", "C09", "C14", "H03"]),
                HEALTHY,
            ],
        )],
        scene: vanished,
    },
];

fn is_upload(sight: &Sight) -> bool {
    sight.is_client() && sight.is_data()
}

/// Three questions; so many copies of the third are lost.
fn lone_loss(taps: &'static [Tap], copies: u32) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::PLAIN, taps);
    for _ in 0..2 {
        ask(&client, &server);
        // The answer's ACK leaves before the next question, or it would be lost with it.
        sleep(120);
    }
    let mut left = copies;
    bench.wire.rule(move |sight| {
        let is_hit = left > 0 && is_upload(sight);
        left -= u32::from(is_hit);
        is_hit.then_some(Fate::Lost)
    });
    ask(&client, &server);
    good_bye(client, server);
    bench.finish()
}

fn tail_lost(taps: &'static [Tap]) -> Vec<Recording> {
    let bench = Bench::new(World::far(ms(30)), taps);
    bench.client.set("tcp_early_retrans", "3");
    bench.client.set("tcp_rto_min_us", "20000");
    let (client, server) = bench.open();
    bench.wire.lose(1, is_upload);
    ask(&client, &server);
    good_bye(client, server);
    bench.finish()
}

fn needless(taps: &'static [Tap], fate: Fate, which: fn(&Sight) -> bool) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::PLAIN, taps);
    client.tell(&server, 120);
    sleep(100);
    bench.wire.fate(1, fate, which);
    client.tell(&server, 200);
    sleep(1000);
    server.tell(&client, 600);
    good_bye(client, server);
    bench.finish()
}

fn slow_reader(taps: &'static [Tap]) -> Vec<Recording> {
    let bench = Bench::new(World::PLAIN, taps);
    let (talker, server) = stalled(&bench, PATIENCE);
    sleep(1500);
    server.hear(40_000);
    good_bye(talker.join().expect("it says all"), server);
    bench.finish()
}

fn nagle(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::far(ms(2)), taps);
    for _ in 0..6 {
        server.acknowledge_late();
        client.say(60);
        client.say(140);
        server.hear(200);
        server.tell(&client, 100);
    }
    good_bye(client, server);
    bench.finish()
}

fn slow_server(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::far(ms(2)), taps);
    for _ in 0..6 {
        client.tell(&server, 200);
        sleep(45);
        server.tell(&client, 100);
    }
    good_bye(client, server);
    bench.finish()
}

fn keepalive(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::PLAIN, taps);
    client.keep_alive(1, 1, 3);
    ask(&client, &server);
    sleep(3_500);
    good_bye(client, server);
    bench.finish()
}

fn keepalive_with_loss(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::PLAIN, taps);
    client.keep_alive(1, 1, 5);
    ask(&client, &server);
    sleep(500);
    bench.wire.lose(2, |sight| sight.is_client() && sight.is_bare_ack());
    sleep(3_500);
    good_bye(client, server);
    bench.finish()
}

fn keepalive_dead(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::PLAIN, taps);
    client.keep_alive(1, 1, 3);
    ask(&client, &server);
    sleep(100);
    bench.wire.always(Fate::Lost, |_| true);
    sleep(4_800);
    bench.finish_before((client, server))
}

fn vanished(taps: &'static [Tap]) -> Vec<Recording> {
    let bench = Bench::new(World::PLAIN, taps);
    bench.client.set("tcp_retries2", "4");
    let (client, server) = bench.open();
    ask(&client, &server);
    bench.wire.always(Fate::Lost, |sight| sight.on(PORT));
    client.say(400);
    let error = std::io::Read::read(&mut &client.0, &mut [0; 10]).expect_err("nobody answers");
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    bench.other_talk();
    bench.finish_before(server)
}

/// A connection whose server has room for little; the client's thread says more than that, and gives up after so long.
pub(super) fn stalled(bench: &Bench, gives_up: Duration) -> (JoinHandle<Talk>, Talk) {
    let (client, server) = bench.open_with_room(8192);
    client.0.set_write_timeout(Some(gives_up)).expect("a plain option");
    let talker = std::thread::spawn(move || {
        client.try_to_say(40_000);
        client
    });
    (talker, server)
}
