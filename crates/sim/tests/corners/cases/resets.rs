//! Resets, and ends that have forgotten the other.

use std::sync::Arc;
use std::time::Duration;

use cordial_sim::{Action, CLIENT, Call, Oracle, SERVER, Task};
use cordial_stack::{CloseCause, Phase};
use cordial_tcp::Keepalive;

use super::life::{ANSWER, GOODBYE, Moment};
use super::{caller, listener, quiet};
use crate::corner::Corner;
use crate::scene::Scene;
use crate::stage::{FROM, PORT, moment};

const SECOND: Duration = Duration::from_secs(1);
const NO_RESET: &str = "no reset comes";
/// An oracle that sees a forged SYN come takes it for a new beginning.
const FORGED_SYN: (Oracle, &str) = (Oracle::Legal, "it takes a forged SYN for the peer's");

pub fn old_syns_everywhere() -> Corner {
    let scene = |at: Moment| {
        let strays = (0..20).map(|nth| format!("SYN seq={}", 70_000 + nth)).collect();
        at.strays("twenty old SYNs", strays).allow(FORGED_SYN.0, FORGED_SYN.1).check(move |played| {
            let answers: usize = played.answers(at.host)[..19].iter().map(Vec::len).sum();
            assert_eq!(answers, 10, "a burst of challenges, then silence");
        })
    };
    Corner::new(
        "C09",
        "old SYNs in ESTABLISHED, FIN-WAIT-x, CLOSE-WAIT, CLOSING, LAST-ACK",
        "challenges, throttled; the state stays",
        Moment::SYNCHRONIZED.map(scene).into(),
    )
    .policy("ten challenges in a burst, then ten a second, counted per connection")
    .tables(&[
        "crates/tcp/tests/corner_opening.rs::corner_c09_old_duplicate_syns_are_challenged_and_throttled",
    ])
}

/// Where a reset stands.
const PLACES: [(&str, i64); 4] = [("exact", 0), ("in the window", 1_000), ("below", -1), ("above", 70_000)];
/// What it bears.
const KINDS: [&str; 3] = ["RST seq=N", "RST seq=N ack=A", "RST+DATA seq=N..E"];

fn reset_scene(at: Moment, kind: &'static str, (place, offset): (&str, i64)) -> Scene {
    let seq = (i64::from(at.rcv_nxt) + offset) as u32;
    let text = kind
        .replace('N', &seq.to_string())
        .replace("=A", &format!("={}", at.snd_nxt))
        .replace('E', &(seq + 10).to_string());
    let is_exact = offset == 0;
    let exceptions = reset_exceptions(at.phase, place);
    let answers = usize::from(offset == 1_000);
    let scene = at.strays(&format!("{kind}, {place}"), vec![text]).check(move |played| {
        if is_exact {
            assert_eq!(played.world.stack(at.host).connections(), 0);
        } else {
            assert!(played.outcome.ends.iter().all(|end| end.ended_by(CloseCause::Graceful)), "it lives");
        }
        let challenges =
            played.sent.iter().filter(|sent| sent.at == at.at && sent.from == Some(at.host)).count();
        assert_eq!(challenges, answers);
    });
    exceptions.iter().fold(scene, |scene, (why, variants)| scene.except(why, variants))
}

/// In SYN-SENT, LISTEN and CLOSED; SYN-RECEIVED and TIME-WAIT are cases of their own.
fn resets_before_it_is_open() -> [Scene; 3] {
    let called = |name: &str, reset: &'static str| {
        Scene::new(name, move |stage| {
            stage.stray(5, CLIENT, reset);
            stage.server(listener().read_to_end().close());
            stage.client(caller().write(5).close());
        })
        .plain()
    };
    [
        called("SYN_SENT: it acknowledges the SYN", "RST seq=700 ack=101")
            .calls(&["ok waits", "ECONNREFUSED ECONNREFUSED ok"])
            .except(NO_RESET, &["lose stray*"]),
        called("SYN_SENT: it acknowledges nothing", "RST seq=0").calls(&["ok ok ok ok", "ok ok ok"]),
        Scene::new("LISTEN and CLOSED", |stage| {
            stage.server(Task::new().listen(PORT, 4));
            for (nth, to) in ["10.0.0.1:80", "10.0.0.1:81"].into_iter().enumerate() {
                stage.stray_between(2 * nth as u64 + 1, ("10.0.0.66:4000", to), SERVER, "RST seq=0");
                stage.stray_between(
                    2 * nth as u64 + 2,
                    ("10.0.0.66:4000", to),
                    SERVER,
                    "RST seq=700 ack=101",
                );
            }
        })
        .answers(SERVER, &[&[], &[], &[], &[]]),
    ]
}

/// What becomes of a connection of which one end was reset depends on what was under way.
fn reset_exceptions(phase: Phase, place: &str) -> &'static [(&'static str, &'static [&'static str])] {
    const NONE_COMES: (&str, &[&str]) = (NO_RESET, &["lose stray*"]);
    match (phase, place) {
        (Phase::FinWait1, "exact") => &[
            NONE_COMES,
            (
                "who is CLOSED does not say its FIN again, and the server has nothing to say",
                &["lose client FIN+ACK seq=101 ack=301", "swap client FIN+ACK seq=101 ack=301"],
            ),
            (
                "the server hears of it only when it says goodbye itself",
                &["lose server ACK seq=301 ack=102", "lose client RST seq=102"],
            ),
        ],
        (Phase::Closing, "exact") => &[
            NONE_COMES,
            ("who is CLOSED does not say its FIN again", &["lose client FIN+ACK seq=101 ack=301"]),
            (
                "RCV.NXT is before the FIN that did not come: no exact number",
                &["lose server FIN+ACK seq=301 ack=101", "swap server FIN+ACK seq=301 ack=101"],
            ),
            (
                "the server's FIN comes again, to nobody",
                &["lose client ACK seq=102 ack=302", "swap client ACK seq=102 ack=302"],
            ),
        ],
        (Phase::Closing, "below") => &[(
            "RCV.NXT is before the FIN that did not come: the exact number",
            &["lose server FIN+ACK seq=301 ack=101", "swap server FIN+ACK seq=301 ack=101"],
        )],
        (Phase::LastAck, "exact") => &[(
            "who is CLOSED does not say its FIN again",
            &["lose server FIN+ACK seq=301 ack=102", "swap server FIN+ACK seq=301 ack=102"],
        )],
        (_, "exact") => &[NONE_COMES],
        _ => &[],
    }
}

pub fn resets_in_every_state() -> Corner {
    let mut scenes = Vec::new();
    for at in Moment::SYNCHRONIZED {
        for kind in KINDS {
            scenes.extend(PLACES.map(|place| reset_scene(at, kind, place)));
        }
    }
    scenes.extend(resets_before_it_is_open());
    Corner::new(
        "C33",
        "a reset in each state: exact, in the window, below, above; with and without ACK; with octets",
        "exact: reset; in the window: a challenge; else silence; in SYN-SENT by the ACK only; LISTEN, CLOSED: silence",
        scenes,
    )
    .policy("ignored in TIME-WAIT (RFC 1337)")
    .tables(&[
        "crates/tcp/tests/corner_reset.rs::corner_c33_resets_in_every_synchronized_state",
        "crates/tcp/tests/corner_opening.rs::corner_c18_resets_in_syn_received",
        "crates/tcp/tests/corner_opening.rs::corner_c05_nonsense_to_a_listener",
    ])
}

pub fn reset_with_a_closed_window() -> Corner {
    let full = |name: &str, reset: &'static str| {
        Scene::new(name, move |stage| {
            stage.stray(30_000, SERVER, reset);
            stage.server(listener().at(moment(40_000)).read_to_end().close());
            stage.client(caller().write(1_000).write(1_000).shutdown_write());
        })
        .plain()
        .set(|host, config| {
            if host == SERVER {
                let tcp = Arc::make_mut(&mut config.tcp);
                (tcp.receive_buffer, tcp.receive_buffer_max) = (1_000, 1_000);
            }
        })
        .until(120)
    };
    let scenes = vec![
        full("exact", "RST seq=1101")
            .calls(&["ok ok ECONNRESET ok", "ok ok ok ok"])
            .except(NO_RESET, &["lose stray RST seq=1101"]),
        full("one below", "RST seq=1100").calls(&["ok ok ok ok", "ok ok ok ok"]),
        full("one above", "RST seq=1102").calls(&["ok ok ok ok", "ok ok ok ok"]),
    ];
    Corner::new("C34", "a reset with a closed window", "exactly at RCV.NXT it resets", scenes)
        .tables(&["crates/tcp/tests/corner_reset.rs::corner_c34_reset_with_a_closed_window"])
}

pub fn reset_beyond_a_hole() -> Corner {
    let scene = Scene::new("the last octets are lost, and their writer gives up", |stage| {
        stage.loses_first(|segment| !segment.payload.is_empty());
        stage.server(listener().read_to_end().close());
        stage.client(caller().after(SECOND).write(1_000).after(Duration::from_millis(5)).abort());
    })
    .wire(&[
        "client SYN seq=100",
        "server SYN+ACK seq=300 ack=101",
        "client ACK seq=101 ack=301",
        "client DATA seq=101..1101 ack=301",
        "client RST seq=1101",
        "server ACK seq=301 ack=101",
        "client RST seq=101",
    ])
    .except(
        "no exact reset comes, and the server has nothing to say that would bring another",
        &[
            "lose client RST seq=1101",
            "swap client RST seq=1101",
            "lose server ACK seq=301 ack=101",
            "lose client RST seq=101",
        ],
    );
    Corner::new(
        "C35",
        "a reset beyond a hole",
        "a challenge, which tells the peer the exact place; then a reset",
        vec![scene],
    )
    .tables(&["crates/tcp/tests/corner_reset.rs::corner_c35_reset_beyond_a_hole"])
}

pub fn reset_around_a_fin() -> Corner {
    let scenes = vec![
        Scene::new("after it", |stage| {
            stage.server(listener().read_to_end().after(Duration::from_secs(20)).write(5).close());
            stage.client(caller().write(5).shutdown_write().after(Duration::from_secs(10)).abort());
        })
        .calls(&["ok ok ok ECONNRESET ok", "ok ok ok ok"])
        .except(NO_RESET, &["lose client RST seq=107"]),
        Scene::new("in its place", |stage| {
            stage.server(listener().read(5).read_to_end().close());
            stage.client(caller().write(5).after(Duration::from_secs(10)).abort());
        })
        .calls(&["ok ok ok ECONNRESET ok", "ok ok ok"])
        .except(NO_RESET, &["lose client RST seq=106"]),
    ];
    Corner::new("C36", "a reset just after a FIN, and in its place", "CLOSED both times", scenes)
        .policy("after the FIN the reader has its end, and who writes hears of the reset; before it the reader hears of the reset")
        .tables(&["crates/tcp/tests/corner_reset.rs::corner_c36_reset_around_a_fin"])
}

pub fn throttled_challenges() -> Corner {
    let scene = Scene::new("thirty at one connection, then one at another", |stage| {
        stage.server(listener().read_to_end().close());
        stage.server(quiet(10).accept(PORT).read_to_end().close());
        stage.client(caller().at(moment(GOODBYE)).write(5).close());
        stage.client(quiet(1).connect_from(FROM + 1, (SERVER, PORT)).at(moment(GOODBYE)).write(5).close());
        for nth in 0..30 {
            stage.stray(5_000, SERVER, &format!("SYN seq={}", 70_000 + nth));
        }
        stage.stray_from(5_000, "10.0.0.2:5001", SERVER, "SYN seq=70000");
        stage.stray(6_000, SERVER, "RST seq=7");
    })
    .plain()
    .allow(FORGED_SYN.0, FORGED_SYN.1)
    .check(|played| {
        let answers = played.answers(SERVER);
        assert_eq!(answers[..30].iter().map(Vec::len).sum::<usize>(), 10);
        assert_eq!(answers[30][0], "ACK seq=1000301 ack=1000101", "the other has its own count");
    });
    Corner::new(
        "C37",
        "the throttle of challenges",
        "per connection: whoever attacks one learns nothing of another",
        vec![scene],
    )
    .policy("counted per connection, so there is nothing in common to be measured")
}

pub fn limited_resets() -> Corner {
    let scene = Scene::new("forty to a closed port, then an honest caller of another one", |stage| {
        for nth in 0..40 {
            stage.stray_between(
                1,
                (&format!("10.0.0.66:{}", 4_000 + nth), "10.0.0.1:81"),
                SERVER,
                "SYN seq=100",
            );
        }
        stage.stray_between(2, ("10.0.0.66:3999", "10.0.0.1:81"), SERVER, "RST seq=100");
        stage.client(quiet(3).connect_from(FROM, (SERVER, PORT)));
    })
    .set(|_, config| config.limits.refusals_per_second = 10)
    .calls(&["ECONNREFUSED"])
    .check(|played| {
        let refusals = played.of(SERVER).iter().filter(|text| text.starts_with("RST")).count();
        assert!((2..=12).contains(&refusals), "{refusals} to the forty and the one");
    });
    Corner::new(
        "C38",
        "a limit on resets for closed ports",
        "a bucket; an honest caller still hears no",
        vec![scene],
    )
    .policy("a bucket for each 256th of all addresses, under a secret: a flood starves nobody elsewhere")
}

pub fn ack_war() -> Corner {
    let scene = Scene::new("each is told of octets that the other never sent", |stage| {
        stage.server(listener().at(moment(60_000)).abort());
        stage.client(caller().at(moment(60_000)).abort());
        stage.stray(10_000, SERVER, "DATA seq=101..111 ack=301");
        stage.stray(10_000, CLIENT, "DATA seq=301..311 ack=101");
    })
    .plain()
    .check(|played| {
        let acks = played.sent.iter().filter(|sent| (10_000..60_000).contains(&sent.at)).count();
        assert!(acks < 2_000, "{acks} segments in 50 s");
    });
    Corner::new(
        "C39",
        "an ACK war: each finds the other's segments unacceptable",
        "it stops, or is throttled",
        vec![scene],
    )
}

pub fn one_end_crashes() -> Corner {
    let crash = |stage: &mut crate::stage::Stage| {
        stage.at(10_000, Action::Crash(CLIENT));
        stage.at(11_000, Action::Reboot(CLIENT));
    };
    let scenes = vec![
        Scene::new("the other sends octets", move |stage| {
            crash(stage);
            stage.server(listener().at(moment(20_000)).write(5).read_to_end().close());
            stage.client(caller());
        })
        .calls(&["ok ok ok ECONNRESET ok", "ok"]),
        Scene::new("it calls again from the same port", move |stage| {
            crash(stage);
            stage.server(listener().read_to_end().close());
            stage.server(quiet(10).accept(PORT).read_to_end().close());
            stage.client(caller());
            stage.client(quiet(20_000).connect_from(FROM, (SERVER, PORT)).write(5).close());
        })
        .plain()
        .calls(&["ok ok ECONNRESET ok", "ok ok ok", "ok", "ok ok ok"]),
        Scene::new("the other probes", move |stage| {
            crash(stage);
            let keepalive = Keepalive { idle: Duration::from_secs(30), ..Keepalive::default() };
            stage.server(listener().call(Call::Keepalive(Some(keepalive))).read_to_end().close());
            stage.client(caller());
        })
        .calls(&["ok ok ok ECONNRESET ok", "ok"]),
        Scene::new("the other says goodbye", move |stage| {
            crash(stage);
            stage.server(listener().at(moment(20_000)).close());
            stage.client(caller());
        })
        .calls(&["ok ok ok", "ok"]),
    ];
    Corner::new(
        "C40",
        "one end crashes and comes back: idle, and the other sends octets, a SYN, a probe, a FIN",
        "a reset to each; to a new SYN a challenge, a reset, and the SYN again",
        scenes,
    )
}

const NO_EXCEPTIONS: &[(&str, &str)] = &[];

pub fn abort_in_every_state() -> Corner {
    let mut scenes = Vec::new();
    for (name, at, is_server, reset, exceptions) in [
        ("SYN-SENT", 5, false, None, NO_EXCEPTIONS),
        (
            "ESTABLISHED",
            GOODBYE - 1_000,
            true,
            Some("RST seq=301"),
            &[("it hears when it says goodbye", "lose server RST seq=301")],
        ),
        (
            "FIN-WAIT-1",
            GOODBYE + 5,
            false,
            Some("RST seq=102"),
            &[("the FIN is never said again: the reset comes first", "lose client FIN+ACK seq=101 ack=301")],
        ),
        (
            "FIN-WAIT-2",
            GOODBYE + 5_000,
            false,
            Some("RST seq=102"),
            &[("it hears when it says goodbye", "lose client RST seq=102")],
        ),
        (
            "CLOSE-WAIT",
            ANSWER - 5_000,
            true,
            Some("RST seq=301"),
            &[("it waits for a goodbye, and nobody is there", "lose server RST seq=301")],
        ),
        (
            "LAST-ACK",
            ANSWER + 5,
            true,
            None,
            &[
                (
                    "the FIN is never said again, and nothing is said instead",
                    "lose server FIN+ACK seq=301 ack=102",
                ),
                (
                    "the FIN is never said again, and nothing is said instead",
                    "swap server FIN+ACK seq=301 ack=102",
                ),
            ],
        ),
        ("TIME-WAIT", ANSWER + 5_000, false, None, NO_EXCEPTIONS),
    ] {
        let scene = abort_at(name, at, is_server, reset);
        scenes.push(exceptions.iter().fold(scene, |scene, &(why, variant)| scene.except(why, &[variant])));
    }
    Corner::new(
        "C41",
        "ABORT in every state",
        "a reset at SND.NXT from SYN-RECEIVED to CLOSE-WAIT; silence elsewhere",
        scenes,
    )
    .tables(&["crates/tcp/tests/corner_reset.rs::corner_c41_abort_in_every_state"])
}

/// The end of one gives up at a moment of a life like those of [`Moment`].
fn abort_at(name: &str, at: u64, is_server: bool, reset: Option<&'static str>) -> Scene {
    Scene::new(name, move |stage| {
        let abort = |task: Task| task.when(cordial_sim::When::Interrupting(moment(at))).abort();
        let goodbye =
            |task: Task, when: u64| if at < when { task } else { task.at(moment(when)).shutdown_write() };
        let server = listener();
        stage.server(match is_server {
            true => abort(goodbye(server, ANSWER).read_to_end()),
            false => server.read_to_end().at(moment(ANSWER)).close(),
        });
        let client = goodbye(Task::new().connect_without_waiting(FROM, (SERVER, PORT)), GOODBYE);
        stage.client(match is_server {
            true => Task::new()
                .connect_from(FROM, (SERVER, PORT))
                .at(moment(GOODBYE))
                .shutdown_write()
                .read_to_end()
                .close(),
            false => abort(client.read_to_end()),
        });
    })
    .plain()
    .check(move |played| {
        let host = if is_server { SERVER } else { CLIENT };
        let sent = played.sent.iter().filter(|sent| sent.at == at && sent.from == Some(host));
        assert_eq!(sent.map(|sent| sent.text.as_str()).collect::<Vec<_>>(), Vec::from_iter(reset));
    })
}

pub fn wild_acks() -> Corner {
    let scene = |at: Moment| {
        let (seq, rcv) = (at.rcv_nxt, at.snd_nxt.wrapping_add(5_000_000));
        let strays = vec![
            format!("DATA seq={seq}..{} ack={rcv}", seq + 10),
            format!("FIN seq={seq} ack={rcv}"),
            format!("FIN+DATA seq={seq}..{} ack={}", seq + 10, at.snd_nxt.wrapping_sub(500_000)),
        ];
        at.strays("octets and FINs with ACKs far off", strays)
            .check(|played| assert!(played.outcome.ends.iter().all(|end| end.read == 0)))
    };
    let scenes = Moment::SYNCHRONIZED
        .into_iter()
        .filter(|at| matches!(at.phase, Phase::Established | Phase::FinWait2));
    Corner::new(
        "C42",
        "forged octets and FINs with a wild ACK",
        "dropped, and an ACK; the FIN is not processed",
        scenes.map(scene).collect(),
    )
}

pub fn ghost_ack() -> Corner {
    let scene = Scene::new("an ACK below ISS, just after the opening", |stage| {
        stage.server(listener().read_to_end().close());
        stage.client(caller().at(moment(GOODBYE)).write(5).close());
        stage.stray(5_000, SERVER, "DATA seq=101..111 ack=299");
        stage.stray(5_001, SERVER, "DATA seq=101..111 ack=250");
        stage.stray(6_000, SERVER, "RST seq=7");
    })
    .plain()
    .check(|played| {
        assert_eq!(played.outcome.end(SERVER).read, 5, "none of the forged octets");
        assert_eq!(played.answers(SERVER)[..2], [["ACK seq=301 ack=101"], ["ACK seq=301 ack=101"]]);
    });
    Corner::new(
        "C43",
        "a ghost ACK: of what was never sent, within the range that RFC 5961 §5 takes",
        "refused: the range does not reach below ISS",
        vec![scene],
    )
}
