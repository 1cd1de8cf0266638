//! What takes more than a minute to show.

use std::time::Duration;

use super::super::bench::{Bench, World, sleep};
use super::super::case::{Case, HEALTHY, Told};
use super::super::talk::ask_and_rest;
use super::super::tap::{Form, Near, Recording, Tap};
use super::data::stalled;

pub const CASES: &[Case] = &[
    Case {
        name: "half-close-long",
        cause: "The client has finished and listens for 66 s, in which the server speaks every 6 s.",
        taps: &[Tap::new(
            Near::Client,
            &[Told::says(&["C03"])
                .words(&[("C03", "The client")])
                .under(&["H01"])
                .also(&["S01", "D24"])
                .never(&["C05", "C06", "C15"])],
        )],
        scene: half_close_long,
    },
    Case {
        name: "close-wait-stuck",
        cause: "The server's program ignores the end of its input for 66 s before it closes.",
        taps: &Tap::both(&[Told::says(&["C05"])
            .words(&[("C05", "(the server)")])
            .under(&["H01"])
            .never(&["C03", "C06", "S01", "D18"])]),
        scene: |taps| close_wait(taps, true),
    },
    Case {
        name: "close-wait-for-ever",
        cause: "The server's program never closes: 66 s after the client's FIN another talk takes place, and the capture ends.",
        taps: &[Tap::new(
            Near::Client,
            &[
                Told::says(&["C05"])
                    .words(&[("C05", "(the server)")])
                    .under(&["H01"])
                    .also(&["C14"])
                    .never(&["C06", "C09", "S01", "D18"]),
                HEALTHY,
            ],
        )],
        scene: |taps| close_wait(taps, false),
    },
    Case {
        name: "fin-wait-2-expired",
        cause: "The client's program is gone; its kernel waits 60 s for the server's FIN and forgets. At 66 s the FIN comes and is answered RST.",
        taps: &Tap::both(&[Told::says(&["C05", "C06"])
            .words(&[("C05", "(the server)"), ("C06", "The client said goodbye")])
            .under(&["H01"])
            .never(&["C15", "C16", "C18", "R01", "R02"])]),
        scene: fin_wait_2,
    },
    Case {
        name: "hanging-reader",
        cause: "The server has read nothing for 66 s when the capture ends; probes every few seconds find the window closed.",
        taps: &[Tap::new(
            Near::Client,
            &[Told::says(&["D09"])
                .words(&[("D09", "(the server)")])
                .under(&["H01"])
                .also(&["D08", "C14"])
                .never(&["D01", "D04", "D15", "D16", "D18"])],
        )
        .form(Form::HEADERS)],
        scene: hanging_reader,
    },
];

/// Longer than any scene.
const LONG: Duration = Duration::from_secs(120);

fn half_close_long(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::PLAIN, taps);
    client.say(500);
    client.finish();
    server.hear_all();
    for _ in 0..11 {
        sleep(6_000);
        server.tell(&client, 100);
    }
    server.close();
    client.hear_all();
    bench.finish()
}

fn close_wait(taps: &'static [Tap], closes: bool) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::PLAIN, taps);
    ask_and_rest(&client, &server);
    client.finish();
    sleep(66_000);
    if closes {
        server.close();
        client.hear_all();
        return bench.finish();
    }
    bench.other_talk();
    bench.finish_before((client, server))
}

fn fin_wait_2(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::PLAIN, taps);
    ask_and_rest(&client, &server);
    client.close();
    sleep(66_000);
    server.close();
    bench.finish()
}

fn hanging_reader(taps: &'static [Tap]) -> Vec<Recording> {
    let bench = Bench::new(World::PLAIN, taps);
    bench.client.set("tcp_rto_max_ms", "4000");
    let (talker, server) = stalled(&bench, LONG);
    sleep(67_000);
    // Nobody carries for them any more; the talker's patience ends with the process.
    bench.finish_before((server, talker))
}
