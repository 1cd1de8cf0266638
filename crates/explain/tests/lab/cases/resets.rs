//! Resets, and what is behind them.

use cordial_trace::event::Side;
use etherparse::{SlicedPacket, TransportSlice};

use super::super::bench::{Bench, World, ms, sleep};
use super::super::case::{Case, HEALTHY, Told};
use super::super::packet::{Sight, forged_reset};
use super::super::talk::{Talk, ask_and_rest, good_bye};
use super::super::tap::{Form, Near, Recording, Tap};
use super::super::wire::Fate;

const ABORTED: Told = Told::says(&["C16"])
    .words(&[("C16", "The client hung up")])
    .under(&["H01"])
    .never(&["C10", "C15", "C17", "C18", "R01", "R02", "S01"]);
/// How much of what it acknowledged it has read, only its kernel knows.
const ABORTED_OR_UNREAD: Told = Told::says(&[])
    .under(&["H01"])
    .either(&["C16", "C17"])
    .never(&["C10", "C15", "C18", "R01", "R02", "S01"]);
const UNREAD: Told =
    Told::says(&["C17"]).under(&["H01"]).never(&["C10", "C15", "C16", "C18", "R01", "R02", "S01"]);
const UNREAD_BY_CLIENT: Told = UNREAD.words(&[("C17", "The client closed")]);
const UNREAD_BY_SERVER: Told = UNREAD.words(&[("C17", "The server closed")]);
const FORGOTTEN: Told = Told::says(&["R02"])
    .words(&[("R02", "The server no longer")])
    .under(&["H01"])
    .never(&["C15", "C16", "C17", "C18", "R01", "R04", "S01"]);
const AFTER_CLOSE: Told = Told::says(&["C15"])
    .words(&[("C15", "The client kept sending")])
    .under(&["H01"])
    .never(&["C03", "C16", "C17", "C18", "R01", "R02", "S01"]);
const AFTER_FIN: Told = Told::says(&["C18"]).under(&["H01"]).never(&["C10", "C15", "C17", "R01", "R02"]);

pub const CASES: &[Case] = &[
    Case {
        name: "data-after-close",
        cause: "The server closes both ways after it has read everything; the client speaks on and is reset.",
        taps: &Tap::both(&[AFTER_CLOSE]),
        scene: data_after_close,
    },
    Case {
        name: "abort-by-speaker",
        cause: "The client has said something, has been told nothing, and hangs up with SO_LINGER 0.",
        taps: &Tap::both(&[ABORTED]),
        scene: abort_by_speaker,
    },
    Case {
        name: "abort-by-reader",
        cause: "The client has read the whole answer and hangs up with SO_LINGER 0: nothing was unread.",
        taps: &Tap::both(&[ABORTED_OR_UNREAD]),
        scene: |taps| {
            after_answer(taps, |client| {
                client.hear(20_000);
                sleep(200);
                client.abort();
            })
        },
    },
    Case {
        name: "unread-by-client",
        cause: "The client closes with most of the answer unread.",
        taps: &Tap::both(&[UNREAD_BY_CLIENT]),
        scene: |taps| {
            after_answer(taps, |client| {
                client.hear(100);
                sleep(200);
                client.close();
            })
        },
    },
    Case {
        name: "unread-by-server",
        cause: "The server reads the head of a question, answers, and closes with the rest unread.",
        taps: &Tap::both(&[UNREAD_BY_SERVER]),
        scene: unread_by_server,
    },
    Case {
        name: "reset-after-fin",
        cause: "The server has said goodbye and everything has been acknowledged; the client hangs up with SO_LINGER 0 instead of its own goodbye.",
        taps: &Tap::both(&[AFTER_FIN]),
        scene: reset_after_fin,
    },
    Case {
        name: "reset-midway",
        cause: "An administrator destroys the server's socket (ss -K) in the middle of a download.",
        taps: &[
            // All that was under way had come before the reset: to the client it may look like one that hung up.
            Tap::client(&[MIDWAY_FROM_AFAR]).form(Form::HEADERS),
            Tap::server(&[MIDWAY]).form(Form::HEADERS),
        ],
        scene: reset_midway,
    },
    Case {
        name: "peer-forgot",
        cause: "The server's machine was switched off and on without a word; the client speaks on and is reset.",
        taps: &Tap::both(&[FORGOTTEN]),
        scene: peer_forgot,
    },
    Case {
        name: "reset-guessed",
        cause: "Someone forges a reset whose number lies in the window but is not the next one: the client asks for proof and goes on.",
        taps: &[Tap::client(&[Told::says(&["R04"])
            .under(&["H01", "C01"])
            .also(&["S01"])
            .never(&["R01", "R02", "C16", "C18", "D04"])])],
        scene: |taps| forged(taps, 2_000),
    },
    Case {
        name: "reset-outside",
        cause: "Someone forges a reset whose number lies far outside the window: it is dropped without a word.",
        taps: &[Tap::new(
            Near::Client,
            &[Told::says(&["R04"])
                .under(&["H01", "C01"])
                .also(&["S01"])
                .never(&["R01", "R02", "C16", "C18"])],
        )],
        scene: |taps| forged(taps, 0x4000_0000),
    },
    Case {
        name: "peer-rebooted-idle",
        cause: "The server's machine was switched off and on; the client's keepalive finds out.",
        taps: &[Tap::new(
            Near::Client,
            &[Told::says(&["R02"])
                .words(&[("R02", "The server no longer")])
                .under(&["H01"])
                .never(&["C15", "C16", "C17", "C18", "D16", "R01"])],
        )],
        scene: rebooted_idle,
    },
    Case {
        name: "unharmed",
        cause: "A long pause in mid-talk, and both ends still know each other.",
        taps: &[Tap::new(Near::Client, &[HEALTHY.also(&["D24"]).never(&["R02", "D18", "C14"])])],
        scene: unharmed,
    },
];

const MIDWAY_FROM_AFAR: Told = Told::says(&[])
    .under(&["H01"])
    .either(&["C16", "R01"])
    .never(&["C15", "C17", "C18", "R02", "R04", "S01"]);
const MIDWAY: Told = Told::says(&["R01"])
    .words(&[("R01", "The server reset")])
    .under(&["H01"])
    .also(&["C16"])
    .never(&["C15", "C17", "C18", "R02", "R04", "S01", "S02"]);

fn data_after_close(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::PLAIN, taps);
    ask_and_rest(&client, &server);
    server.close();
    sleep(150);
    client.say(500);
    sleep(100);
    bench.finish()
}

fn abort_by_speaker(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::PLAIN, taps);
    client.tell(&server, 120);
    sleep(100);
    client.abort();
    bench.finish_before(server)
}

/// The client asks, is given an answer of 20,000 octets, and ends as `ends` says.
fn after_answer(taps: &'static [Tap], ends: fn(Talk)) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::PLAIN, taps);
    client.tell(&server, 120);
    server.say(20_000);
    ends(client);
    bench.finish_before(server)
}

fn unread_by_server(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::PLAIN, taps);
    client.say(20_000);
    server.hear(200);
    sleep(100);
    server.say(150);
    sleep(50);
    server.close();
    sleep(50);
    bench.finish_before(client)
}

fn reset_after_fin(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::PLAIN, taps);
    ask_and_rest(&client, &server);
    server.finish();
    client.hear_all();
    sleep(150);
    client.abort();
    bench.finish_before(server)
}

fn reset_midway(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::far(ms(30)), taps);
    client.tell(&server, 100);
    let talker = std::thread::spawn(move || {
        server.try_to_say(400_000);
        server
    });
    client.hear(30_000);
    bench.server.command("ss", &["-K", "state", "established"]);
    while matches!(std::io::Read::read(&mut &client.0, &mut [0; 4096]), Ok(1..)) {}
    bench.finish_before(talker.join().expect("it ends"))
}

/// Makes the server's kernel forget the connection, silently.
fn forget(bench: &Bench, server: Talk) {
    bench.wire.always(Fate::Unsent, |sight| sight.from == Side::Server);
    server.abort();
    sleep(300);
    bench.wire.mend();
}

fn peer_forgot(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::PLAIN, taps);
    ask_and_rest(&client, &server);
    forget(&bench, server);
    client.say(200);
    sleep(100);
    bench.finish()
}

fn rebooted_idle(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::PLAIN, taps);
    client.keep_alive(1, 1, 3);
    ask_and_rest(&client, &server);
    forget(&bench, server);
    sleep(1_500);
    bench.finish()
}

fn forged(taps: &'static [Tap], ahead: u32) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::PLAIN, taps);
    ask_and_rest(&client, &server);
    let (packet, next) = last_of_server(&bench);
    bench.wire.forge(Side::Server, forged_reset(&packet, next.wrapping_add(ahead)));
    sleep(200);
    ask_and_rest(&client, &server);
    good_bye(client, server);
    bench.finish()
}

/// A packet of the server's, and the sequence number that comes next.
fn last_of_server(bench: &Bench) -> (Vec<u8>, u32) {
    let seen = bench.wire.seen();
    let (_, packet) = seen.iter().rfind(|(from, _)| *from == Side::Server).expect("it has spoken");
    let sight = Sight::of(Side::Server, packet).expect("an IP packet");
    let sliced = SlicedPacket::from_ip(packet).expect("a packet");
    assert!(matches!(sliced.transport, Some(TransportSlice::Tcp(_))));
    (packet.clone(), sight.seq.wrapping_add(sight.len as u32))
}

fn unharmed(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::PLAIN, taps);
    ask_and_rest(&client, &server);
    sleep(3_000);
    ask_and_rest(&client, &server);
    good_bye(client, server);
    bench.finish()
}
