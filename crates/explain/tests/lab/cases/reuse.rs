//! The same ports again: what is left of an earlier connection, or an earlier try, and what the new one makes of it.

use std::time::Instant;

use super::super::bench::{Bench, PORT, World, in_time, ms, sleep};
use super::super::case::{Case, HEALTHY, Told};
use super::super::kernel::start_connecting;
use super::super::packet::Sight;
use super::super::talk::{Talk, ask, chat, good_bye};
use super::super::tap::{Form, Near, Recording, Tap};
use super::super::wire::Fate;
use super::opening::{mended, noted};

pub const CASES: &[Case] = &[
    Case {
        name: "old-syn",
        cause: "A SYN of an earlier try from the same port was held up and overtakes the new one; the client resets what answers it.",
        taps: &[Tap::new(
            Near::Client,
            &[noted(&["H10"]).never(&["H04", "R01", "R02", "H19", "H21", "C18"])],
        )
        // The capture began after the old SYN had left.
        .form(Form { skip: 1, ..Form::PLAIN })],
        scene: old_syn,
    },
    Case {
        name: "half-open-found",
        cause: "The client's machine crashed without a word and calls again from the same port.",
        taps: &Tap::both(&[
            FORGOTTEN,
            noted(&["H19"]).also(&["S01", "S02"]).never(&["H02", "H10", "H20", "H21"]),
        ]),
        scene: half_open,
    },
    Case {
        name: "stray-syn",
        cause: "A copy of the opening SYN arrives again in mid-talk; it is challenged, and nobody is disturbed.",
        taps: &[
            Tap::middle(&[HEALTHY
                .also(&["H28", "D04", "D22"])
                .never(&["H02", "H07", "H11", "H19", "H20", "H21", "R04"])]),
            Tap::client(&[HEALTHY.also(&["H28"]).never(&["H02", "H07", "H11", "H19", "H20", "H21", "R04"])]),
        ],
        scene: stray_syn,
    },
    Case {
        name: "time-wait-reused",
        cause: "The server closed first and is in TIME_WAIT; the client calls again from the same port.",
        taps: &Tap::both(&[HEALTHY, noted(&["H20"]).never(&["H19", "H21", "H02"])]),
        scene: |taps| again(taps, |first, second| good_bye(second, first)),
    },
    Case {
        name: "ports-reused-after-reset",
        cause: "The first connection ended with RST, so nobody was in TIME_WAIT when the same ports were used again.",
        taps: &[Tap::new(
            Near::Client,
            &[
                Told::says(&[]).under(&["H01"]).either(&["C16", "C17"]).never(&["C10", "R01", "R02"]),
                HEALTHY.never(&["H19", "H20", "H21"]),
            ],
        )],
        scene: |taps| {
            again(taps, |first, second| {
                first.abort();
                second.close();
            })
        },
    },
    Case {
        name: "time-wait-refused",
        cause: "Without timestamps: 48 MB went up faster than initial sequence numbers grow, so that the next SYN from the same port is older than the end in TIME_WAIT remembers.",
        taps: &[Tap::new(
            Near::Client,
            &[
                Told::says(&["S01"]).under(&["C10"]).also(&["D01", "D03", "D04", "D08", "S02"]),
                mended(&["H21"]).never(&["H02", "H10", "H19", "H20"]),
            ],
        )
        .form(Form { snap: 60, ..Form::PLAIN })],
        scene: time_wait_refused,
    },
];

/// A connection that one end forgot, until the other end's next SYN showed it.
const FORGOTTEN: Told =
    Told::says(&[]).under(&["H01"]).also(&["H19"]).never(&["C14", "R01", "C16", "C17", "H20"]);

/// The port from which the client calls, every time.
const SAME: u16 = 40_000;

fn call(bench: &Bench) -> Talk {
    bench.client.connect_from(bench.from(SAME), bench.at(PORT)).expect("a connection")
}

fn old_syn(taps: &'static [Tap]) -> Vec<Recording> {
    let bench = Bench::new(World::PLAIN, taps);
    let listener = bench.listen(PORT);
    bench.wire.fate(1, Fate::Late(ms(1000)), Sight::is_bare_syn);
    bench.wire.fate(2, Fate::Late(ms(300)), Sight::is_bare_syn);
    let first = bench.client.caller(bench.from(SAME));
    start_connecting(&first, bench.at(PORT));
    sleep(800);
    drop(first);
    chat(call(&bench), listener.accept());
    bench.finish()
}

fn half_open(taps: &'static [Tap]) -> Vec<Recording> {
    let bench = Bench::new(World::PLAIN, taps);
    let listener = bench.listen(PORT);
    let (client, server) = (call(&bench), listener.accept());
    ask(&client, &server);
    sleep(100);
    bench.wire.always(Fate::Unsent, Sight::is_client);
    client.abort();
    sleep(700);
    bench.wire.mend();
    chat(call(&bench), listener.accept());
    drop(server);
    bench.finish()
}

fn stray_syn(taps: &'static [Tap]) -> Vec<Recording> {
    let bench = Bench::new(World::PLAIN, taps);
    bench.wire.fate(1, Fate::Twice(ms(400)), Sight::is_bare_syn);
    let (client, server) = bench.open();
    client.tell(&server, 120);
    sleep(800);
    server.tell(&client, 600);
    good_bye(client, server);
    bench.finish()
}

/// Two connections from the same port; `end` ends the first.
fn again(taps: &'static [Tap], end: fn(Talk, Talk)) -> Vec<Recording> {
    let bench = Bench::new(World::PLAIN, taps);
    let listener = bench.listen(PORT);
    let (client, server) = (call(&bench), listener.accept());
    ask(&client, &server);
    end(client, server);
    sleep(300);
    chat(call(&bench), listener.accept());
    bench.finish()
}

fn time_wait_refused(taps: &'static [Tap]) -> Vec<Recording> {
    let bench = Bench::new(World { mtu: 65_000, ..World::far(ms(1)) }, taps);
    for kernel in [&bench.client, &bench.server] {
        kernel.set("tcp_timestamps", "0");
    }
    let listener = bench.listen(PORT);
    let (client, server) = (call(&bench), listener.accept());
    let began = Instant::now();
    client.stream(&server, LARGE);
    in_time(began.elapsed(), ms(2_800));
    server.finish();
    client.hear_all();
    client.close();
    server.hear_all();
    server.close();
    sleep(30);
    chat(call(&bench), listener.accept());
    bench.finish()
}

/// Initial sequence numbers grow by 15.6 million a second: this has to take less than three.
const LARGE: usize = 48 << 20;
