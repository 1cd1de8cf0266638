//! Connections that come close to something they are not: mostly healthy ones, and captures that end too early to tell.

use cordial_trace::event::Side;

use super::super::bench::{Bench, PORT, World, ms, sleep};
use super::super::case::{Case, HEALTHY, Told};
use super::super::kernel::start_connecting;
use super::super::scenes::{download, talk};
use super::super::talk::{Talk, good_bye};
use super::super::tap::{Form, Near, Recording, Tap};
use super::super::wire::Fate;
use super::data::stalled;

/// The capture ends, and nothing was wrong until then.
const OPEN: Told = Told::says(&["C14"]).under(&["H01"]);

pub const CASES: &[Case] = &[
    Case {
        name: "nothing-said",
        cause: "A connection is opened and closed without a word in between.",
        taps: &[Tap::new(Near::Client, &[HEALTHY.never(&["H27", "C16", "C05"])])],
        scene: |taps| {
            let (bench, client, server) = Bench::opened(World::PLAIN, taps);
            sleep(50);
            good_bye(client, server);
            bench.finish()
        },
    },
    Case {
        name: "fin-with-data",
        cause: "The server's FIN rides on the last octets of its answer.",
        taps: &Tap::both(&[FIN_WITH_DATA]),
        scene: fin_with_data,
    },
    Case {
        name: "many-questions",
        cause: "Twenty questions and answers, one piece each, on one connection.",
        taps: &Tap::both(&[HEALTHY.never(&["D12", "D07", "D08"])]),
        scene: |taps| {
            let (bench, client, server) = Bench::opened(World::far(ms(5)), taps);
            for _ in 0..20 {
                client.tell(&server, 150);
                server.tell(&client, 900);
            }
            good_bye(client, server);
            bench.finish()
        },
    },
    Case {
        name: "small-writes",
        cause: "Forty lines of a log, one every 20 ms, each sent at once and never answered.",
        taps: &[Tap::new(Near::Client, &[HEALTHY.never(&["D12", "D08", "D10", "D11"])])],
        scene: |taps| {
            let (bench, client, server) = Bench::opened(World::PLAIN, taps);
            client.at_once();
            for _ in 0..40 {
                client.say(70);
                sleep(20);
            }
            server.hear(40 * 70);
            good_bye(client, server);
            bench.finish()
        },
    },
    Case {
        name: "ecn",
        cause: "Both kernels ask for and agree on ECN; no router marks anything.",
        taps: &[Tap::new(Near::Client, &[HEALTHY.never(&["H22", "H25", "D20"])])],
        scene: |taps| {
            talk(World::PLAIN, taps, |bench| {
                bench.client.set("tcp_ecn", "1");
                bench.server.set("tcp_ecn", "1");
            })
        },
    },
    Case {
        name: "smaller-mtu",
        cause: "The server's link has an MTU of 1,400, so that its MSS is smaller: nothing was refused.",
        taps: &[Tap::new(Near::Client, &[HEALTHY.never(&["H22", "D13"])])],
        scene: |taps| talk(World::PLAIN, taps, |bench| bench.server.ip(&["link set wire0 mtu 1400"])),
    },
    Case {
        name: "refused-ipv6",
        cause: "Nothing listens on the port; IPv6.",
        taps: &[Tap::new(
            Near::Client,
            &[Told::says(&["H04"]).words(&[("H04", "port 8")]).never(&["H03", "R01", "R02"])],
        )],
        scene: |taps| {
            let bench = Bench::new(World { v6: true, ..World::PLAIN }, taps);
            assert!(bench.client.connect_from(bench.from(0), bench.at(PORT)).is_err());
            bench.finish()
        },
    },
    Case {
        name: "small-window",
        cause: "The receiver's buffer is small and its program quick: the window limits the speed and never closes.",
        taps: &Tap::both_in(Form::HEADERS, &[HEALTHY.also(&["D10"]).never(&["D08", "D09", "D11"])]),
        scene: small_window,
    },
    Case {
        name: "every-25th-lost",
        cause: "Every 25th data segment of a download of 200,000 octets is lost once.",
        taps: &[
            Tap::client(&[LOSSY]).form(Form::HEADERS),
            Tap::middle(&[LOSSY]).form(Form::HEADERS),
            Tap::server(&[LOSSY]).form(Form::HEADERS),
            // The same from the eighth packet on: neither SYN nor options were seen.
            Tap::server(&[LOSSY_MIDWAY]).named("midway").form(Form { skip: 7, ..Form::HEADERS }),
        ],
        scene: |taps| {
            download(World::far(ms(20)), taps, 200_000, |bench| {
                each_down(bench, |count| (count % 25 == 0).then_some(Fate::Lost));
            })
        },
    },
    Case {
        name: "every-9th-late",
        cause: "Every ninth data segment of a download of 200,000 octets is overtaken by those behind it; nothing is lost.",
        taps: &[
            Tap::client(&[Told::says(&["D05"])
                .under(&["H01", "C01"])
                .also(&["D06", "S02", "X09"])
                .never(&LOSSES)])
            .form(Form::HEADERS),
            Tap::server(&[Told::says(&["D06"])
                .under(&["H01", "C01"])
                .also(&["D05", "S01", "S02", "X09"])
                .never(&LOSSES)])
            .form(Form::HEADERS),
        ],
        scene: |taps| {
            download(World::far(ms(20)), taps, 200_000, |bench| {
                bench.server.be_patient();
                each_down(bench, |count| (count % 9 == 0).then_some(Fate::Late(ms(4))));
            })
        },
    },
    Case {
        name: "download-stopped",
        cause: "The client's user stops a download: its program closes with data unread and more under way.",
        taps: &Tap::both_in(Form::HEADERS, &[STOPPED]),
        scene: download_stopped,
    },
    Case {
        name: "cut-off-after-syn",
        cause: "A SYN was sent, and the capture ends before it could be answered.",
        taps: &[Tap::new(Near::Client, &[Told::says(&[]).also(&["C14"]).never(&["H02", "H03", "X01"])])],
        scene: |taps| {
            early_end(taps, |bench| {
                bench.wire.always(Fate::Lost, |_| true);
                calling(bench)
            })
        },
    },
    Case {
        name: "cut-off-after-syn-ack",
        cause: "A SYN was answered, and the capture ends before the client could acknowledge.",
        taps: &[Tap::new(
            Near::Server,
            &[Told::says(&[]).also(&["C14"]).never(&["H03", "H07", "H09", "H08"])],
        )],
        scene: |taps| {
            early_end(taps, |bench| {
                bench.wire.always(Fate::Lost, |sight| !sight.is_bare_syn());
                calling(bench)
            })
        },
    },
    Case {
        name: "cut-off-in-flow",
        cause: "The capture ends in the middle of a download.",
        taps: &[Tap::new(Near::Client, &[OPEN.never(&["D18", "R01", "D08", "X02"])]).form(Form::HEADERS)],
        scene: cut_off_in_flow,
    },
    Case {
        name: "cut-off-in-outage",
        cause: "The path is cut, data has been sent again twice within 0.7 s, and the capture ends: too early to say that anyone gave up.",
        taps: &[Tap::new(
            Near::Client,
            &[Told::says(&["D01"])
                .under(&["H01"])
                .also(&["C14", "X09", "D03"])
                .never(&["D18", "D16", "R01", "D04"])],
        )],
        scene: cut_off_in_outage,
    },
    Case {
        name: "cut-off-in-stall",
        cause: "The server has read nothing for 2 s when the capture ends.",
        taps: &[Tap::new(
            Near::Client,
            &[Told::says(&["D08"])
                .words(&[("D08", "(the server)")])
                .under(&["H01"])
                .also(&["C14"])
                .never(&["D09", "D15", "D18", "D01"])],
        )
        .form(Form::HEADERS)],
        scene: cut_off_in_stall,
    },
];

const FIN_WITH_DATA: Told = Told::says(&["S01"])
    .under(&["H01", "C10"])
    .also(&["C01", "C02"])
    .never(&["C03", "C06", "C04", "C05", "C07", "C08"]);
const LOSSES: [&str; 5] = ["D01", "D02", "D03", "D04", "X02"];
const LOSSY: Told = Told::says(&["D02"])
    .under(&["H01"])
    .also(&["D01", "D03", "S02", "X09"])
    .never(&["D05", "D06", "D07", "D18", "X02", "R01"]);
const LOSSY_MIDWAY: Told = Told::says(&["D02", "X03"])
    .also(&["D01", "D03", "S02", "X09"])
    .never(&["D05", "D06", "D07", "D18", "X02", "H22"]);
/// What the client's program had read, and whether it meant to, packets do not tell.
const STOPPED: Told = Told::says(&[])
    .under(&["H01"])
    .either(&["C16", "C17", "R01"])
    .never(&["C15", "C18", "R02", "R04", "D18", "C10"]);

/// Holds octets back until the FIN joins them.
fn last_words(talk: &Talk, octets: usize) {
    talk.socket().set_tcp_cork(true).expect("a plain option");
    talk.say(octets);
    talk.finish();
}

fn fin_with_data(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::far(ms(40)), taps);
    client.tell(&server, 300);
    last_words(&server, 700);
    client.hear_all();
    client.close();
    server.hear_all();
    bench.finish()
}

fn small_window(taps: &'static [Tap]) -> Vec<Recording> {
    let bench = Bench::new(World::PLAIN, taps);
    let (client, server) = bench.open_with_room(30_000);
    client.stream(&server, 150_000);
    sleep(100);
    good_bye(client, server);
    bench.finish()
}

/// `fate` is asked about each segment that the server sends for the first time, with its number among those with data.
fn each_down(bench: &Bench, fate: fn(u32) -> Option<Fate>) {
    let (mut count, mut next) = (0, None);
    bench.wire.rule(move |sight| {
        if sight.from != Side::Server || !sight.is_data() {
            return None;
        }
        let is_new = next.is_none_or(|next: u32| sight.seq.wrapping_sub(next) < 1 << 31);
        if !is_new {
            return None;
        }
        next = Some(sight.seq.wrapping_add(sight.len as u32));
        count += 1;
        fate(count)
    });
}

fn download_stopped(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::far(ms(20)), taps);
    client.tell(&server, 100);
    let talker = std::thread::spawn(move || {
        server.try_to_say(300_000);
        server
    });
    client.hear(30_000);
    client.close();
    sleep(200);
    bench.finish_before(talker.join().expect("it ends"))
}

/// Ends the capture while what `begin` began still goes on.
fn early_end<T>(taps: &'static [Tap], begin: fn(&Bench) -> T) -> Vec<Recording> {
    let bench = Bench::new(World::PLAIN, taps);
    let _held = begin(&bench);
    bench.finish()
}

/// A call that is not waited for.
fn calling(bench: &Bench) -> impl Sized + use<> {
    let listener = bench.listen(PORT);
    let socket = bench.client.caller(bench.from(40_000));
    start_connecting(&socket, bench.at(PORT));
    (listener, socket)
}

fn cut_off_in_flow(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::far(ms(20)), taps);
    let talker = std::thread::spawn(move || {
        server.0.set_write_timeout(Some(ms(2_000))).expect("a plain option");
        server.try_to_say(4_000_000);
    });
    client.hear(40_000);
    let recordings = bench.wire.finish();
    drop(client);
    talker.join().expect("it gives up");
    recordings
}

fn cut_off_in_outage(taps: &'static [Tap]) -> Vec<Recording> {
    let (bench, client, server) = Bench::opened(World::PLAIN, taps);
    client.tell(&server, 120);
    sleep(100);
    bench.wire.always(Fate::Lost, |_| true);
    client.say(400);
    sleep(800);
    bench.finish_before(server)
}

fn cut_off_in_stall(taps: &'static [Tap]) -> Vec<Recording> {
    let bench = Bench::new(World::PLAIN, taps);
    let (talker, server) = stalled(&bench, ms(5_000));
    sleep(2_000);
    let recordings = bench.finish_before(server);
    talker.join().expect("it gives up");
    recordings
}
