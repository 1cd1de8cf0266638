//! How connections end in peace, or fail to.

use std::time::Instant;

use cordial_trace::event::Side;

use super::super::bench::{Bench, PORT, World, in_time, ms, sleep};
use super::super::case::{Case, HEALTHY, Told};
use super::super::talk::{ask_and_rest, chat, good_bye};
use super::super::tap::{Near, Recording, Tap};
use super::super::wire::Fate;

pub const CASES: &[Case] = &[
    Case {
        name: "close-three",
        cause: "The server's program closes the moment it reads the end: its ACK and its FIN travel together.",
        taps: &Tap::both(&[Told::says(&["S01"])
            .words(&[("S01", "the client closed first, in three segments")])
            .under(&["H01", "C02", "C10"])
            .never(&["C01", "C03", "C04"])]),
        scene: close_three,
    },
    Case {
        name: "half-close",
        cause: "The client says that it has finished, and then reads an answer of 3,000 octets.",
        taps: &Tap::both(&[Told::says(&["C03"])
            .words(&[("C03", "The client")])
            .under(&["H01", "C10"])
            .also(&["S01"])
            .never(&["C05", "C06", "C15"])]),
        scene: half_close,
    },
    Case {
        name: "simultaneous-close",
        cause: "Both close in the same instant; the FINs cross.",
        taps: &[Tap::client(&[CROSSED]), Tap::middle(&[CROSSED]), Tap::server(&[CROSSED])],
        scene: simultaneous_close,
    },
    Case {
        name: "slow-goodbye",
        cause: "The server takes 3 s to close after the client has.",
        taps: &[Tap::new(Near::Client, &[HEALTHY.never(&["C05", "C06", "C03"])])],
        scene: slow_goodbye,
    },
    Case {
        name: "last-ack-lost",
        cause: "The client's last ACK is lost; the server repeats its FIN, and TIME_WAIT answers it again.",
        taps: &[Tap::new(
            Near::Client,
            &[Told::says(&["C07"])
                .words(&[("C07", "the server sent its FIN again")])
                .under(&["H01", "C10"])
                .also(&["S02", "X09"])
                .never(&["C08", "D01", "D04", "C09"])],
        )],
        scene: last_ack_lost,
    },
    Case {
        name: "fin-lost",
        cause: "The client's FIN is lost and sent again.",
        taps: &[
            Tap::client(&[Told::says(&["C08"])
                .under(&["H01", "C10"])
                .also(&["S02", "X09"])
                .never(&["C07", "C09", "D01"])]),
            Tap::server(&[HEALTHY.also(&["X09"]).never(&["C07", "C08"])]),
        ],
        scene: |taps| fin_lost(taps, Side::Client),
    },
    Case {
        name: "second-fin-lost",
        cause: "The server's FIN, the second one, is lost and sent again.",
        taps: &[Tap::new(
            Near::Server,
            &[Told::says(&["C08"]).under(&["H01", "C10"]).also(&["S02", "X09"]).never(&["C09", "D01"])],
        )],
        scene: |taps| fin_lost(taps, Side::Server),
    },
    Case {
        name: "fin-unanswered",
        cause: "The path is cut before the client closes; its kernel repeats the FIN and gives up. Another talk follows.",
        taps: &[Tap::new(
            Near::Client,
            &[
                Told::says(&["C09"])
                    .words(&[("C09", "tries")])
                    .under(&["H01"])
                    .also(&["X09"])
                    .never(&["C06", "C08", "C14", "D18"]),
                HEALTHY,
            ],
        )],
        scene: fin_unanswered,
    },
];

const CROSSED: Told = Told::says(&["S01"])
    .words(&[("S01", "both closed at the same moment")])
    .under(&["H01", "C04", "C10"])
    .never(&["C01", "C02", "C07", "C08"]);

fn close_three(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::PLAIN, taps);
    ask_and_rest(&client, &server);
    let reader = std::thread::spawn(move || {
        server.acknowledge_late().hear_all();
        server.close();
        Instant::now()
    });
    sleep(100);
    let began = Instant::now();
    client.finish();
    client.hear_all();
    let closed = reader.join().expect("it hears the end");
    // An ACK waits 40 ms for something to travel with, from when the FIN arrives.
    in_time(closed.duration_since(began), World::PLAIN.delay + ms(30));
    bench.finish()
}

fn half_close(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::PLAIN, taps);
    client.say(500);
    client.finish();
    server.hear_all();
    sleep(100);
    server.say(3000);
    server.close();
    client.hear_all();
    bench.finish()
}

fn simultaneous_close(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::far(ms(40)), taps);
    ask_and_rest(&client, &server);
    sleep(200);
    let began = Instant::now();
    client.finish();
    server.finish();
    // Before the first has arrived.
    in_time(began.elapsed(), ms(30));
    client.hear_all();
    server.hear_all();
    bench.finish()
}

fn slow_goodbye(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::PLAIN, taps);
    ask_and_rest(&client, &server);
    client.finish();
    sleep(3_000);
    server.close();
    client.hear_all();
    bench.finish()
}

fn last_ack_lost(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::PLAIN, taps);
    ask_and_rest(&client, &server);
    let (mut said, mut done) = (false, false);
    bench.wire.rule(move |sight| {
        said |= sight.fin && sight.from == Side::Server;
        let is_last = said && !done && sight.is_client() && sight.is_bare_ack();
        done |= is_last;
        is_last.then_some(Fate::Lost)
    });
    good_bye(client, server);
    sleep(700);
    bench.finish()
}

fn fin_lost(taps: &'static [Tap], whose: Side) -> Vec<Recording> {
    let bench = Bench::new(World::PLAIN, taps);
    bench.wire.lose(1, move |sight| sight.fin && sight.from == whose);
    let (client, server) = bench.open();
    chat(client, server);
    sleep(700);
    bench.finish()
}

fn fin_unanswered(taps: &'static [Tap]) -> Vec<Recording> {
    let bench = Bench::new(World::PLAIN, taps);
    bench.client.set("tcp_orphan_retries", "4");
    let (client, server) = bench.open();
    ask_and_rest(&client, &server);
    bench.wire.always(Fate::Lost, |sight| sight.on(PORT));
    client.close();
    sleep(9_000);
    bench.other_talk();
    bench.finish_before(server)
}
