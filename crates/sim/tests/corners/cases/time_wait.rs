//! TIME-WAIT.

use std::sync::Arc;
use std::time::Duration;

use cordial_sim::{CLIENT, SERVER, Task};
use cordial_stack::CloseCause;

use super::life::{ANSWER, GOODBYE, Moment};
use super::{caller, listener, quiet};
use crate::corner::Corner;
use crate::scene::{Played, Scene};
use crate::stage::{FROM, PORT, Stage, moment};

/// 2MSL, in milliseconds.
const TWO_MSL: u64 = 60_000;

/// When the client's TIME-WAIT began and ended.
fn time_wait(played: &Played) -> (u64, u64) {
    let begins = played.sent.iter().rfind(|sent| sent.from == Some(CLIENT)).expect("its last ACK").at;
    let info = played
        .world
        .events()
        .iter()
        .rev()
        .find(|event| event.ends.is_some_and(|ends| ends.client.before != ends.client.after));
    (begins, crate::stage::millis(info.expect("it ends").time))
}

/// The client is in TIME-WAIT when these come; the last moment at which something that restarts it came is given.
fn duration(name: &str, strays: &'static [(u64, &'static str)], restarted: Option<u64>) -> Scene {
    Moment::TIME_WAIT
        .scene(name, move |stage| strays.iter().for_each(|&(at, text)| stage.stray(at, CLIENT, text)))
        .check(move |played| {
            let began = restarted.unwrap_or(ANSWER + 10);
            let (_, ended) = time_wait(played);
            assert!((began + TWO_MSL..=began + TWO_MSL + 1).contains(&ended), "{ended}");
        })
}

pub fn how_long() -> Corner {
    let scenes = vec![
        duration("2MSL", &[], None),
        duration("the FIN comes again", &[(60_000, "FIN seq=301 ack=102")], Some(60_000)),
        duration(
            "nothing else restarts it",
            &[
                (60_000, "ACK seq=302 ack=102"),
                (60_001, "DATA seq=291..301 ack=102"),
                (60_002, "DATA seq=302..312 ack=102"),
                (60_003, "RST seq=302"),
                (60_004, "SYN seq=90"),
            ],
            None,
        ),
    ];
    Corner::new(
        "C68",
        "how long, and what restarts it",
        "2MSL exactly; a FIN again restarts it; plain old octets do not",
        scenes,
    )
    .policy("only a FIN restarts it; octets, ACKs, SYNs and resets do not")
    .tables(&["crates/tcp/tests/corner_time_wait.rs::corner_c68_how_long_and_what_restarts_it"])
}

pub fn fin_again() -> Corner {
    let scene = Scene::new("the ACK of a FIN is lost three times", |stage| {
        ["c4", "c5", "c6"].iter().for_each(|name| stage.befalls(name, cordial_sim::Fate::Drop));
        stage.server(listener().read_to_end().close());
        stage.client(caller().close());
    })
    .plain()
    .states(&["client CLOSED after TIME_WAIT", "server CLOSED after LAST_ACK"])
    .check(|played| {
        assert_eq!(played.times(CLIENT, "ACK seq=102 ack=302").len(), 4);
        let (began, ended) = time_wait(played);
        assert!(ended >= began + TWO_MSL, "2MSL from the last FIN");
    });
    Corner::new("C50", "the FIN again in TIME-WAIT", "an ACK; 2MSL begins anew", vec![scene])
        .tables(&["crates/tcp/tests/corner_closing.rs::corner_c50_fin_again_in_time_wait"])
}

pub fn whatever_arrives() -> Corner {
    let kinds = Moment::TIME_WAIT
        .strays(
            "octets, an ACK, a SYN, resets, a SYN-ACK",
            [
                "DATA seq=302..312 ack=102",
                "DATA seq=291..301 ack=102",
                "ACK seq=302 ack=102",
                "SYN seq=90",
                "RST seq=302",
                "RST seq=302 ack=102",
                "SYN seq=300 ack=101",
            ]
            .map(str::to_owned)
            .into(),
        )
        .answers(
            CLIENT,
            &[
                &["ACK seq=102 ack=302"],
                &["ACK seq=102 ack=302"],
                &[],
                &[],
                &[],
                &[],
                &["ACK seq=102 ack=302"],
            ],
        );
    let reset = Moment::TIME_WAIT
        .strays("a reset, where resets end it", vec!["RST seq=302".into()])
        .set(|_, config| Arc::make_mut(&mut config.tcp).ignore_rst_in_time_wait = false)
        .check(|played| assert!(time_wait(played).1 < ANSWER + TWO_MSL));
    Corner::new(
        "C69",
        "octets, ACK, SYN, RST, SYN-ACK in TIME-WAIT",
        "an ACK; silence; RFC 6191; RFC 1337; an ACK",
        vec![kinds, reset],
    )
    .policy("RST is ignored (RFC 1337), unless configured; an empty ACK is not answered; an old SYN neither")
    .tables(&["crates/tcp/tests/corner_time_wait.rs::corner_c69_whatever_arrives"])
}

/// The server closes first, so TIME-WAIT is where it listens, and a SYN comes from the same port.
fn reopening(had: bool, has: &'static str, seq: u32, reopens: bool) -> Scene {
    let syn = if has == "none" { format!("SYN seq={seq}") } else { format!("SYN seq={seq} ts={has}:0") };
    let name = format!("timestamps before: {had}, now: {has}, number: {seq}");
    let scene = Scene::new(name, move |stage| {
        stage.server(listener().close());
        stage.client(caller().read_to_end().close());
        stage.stray(GOODBYE, SERVER, &syn);
    })
    // Without timestamps at the client there were none; the server would agree to them at any time.
    .set(move |host, config| {
        let tcp = Arc::make_mut(&mut config.tcp);
        tcp.timestamps = host == SERVER || had;
    })
    .check(move |played| {
        let answer = reopens.then(|| format!("SYN+ACK seq=1000300 ack={}", seq + 1));
        assert_eq!(played.answers(SERVER)[0], Vec::from_iter(answer.as_deref()));
    });
    let is_exact = (had, has, seq) == (true, "same", 200_000);
    let scene = if reopens { scene.except("TIME-WAIT lasts: no SYN comes", &["lose stray*"]) } else { scene };
    if !is_exact {
        return scene;
    }
    scene.except(
        "what came after the first FIN has a newer timestamp, so that one is older",
        &[
            "lose client FIN+ACK seq=101 ack=302",
            "swap client FIN+ACK seq=101 ack=302",
            "duplicate server FIN+ACK seq=301 ack=101",
        ],
    )
}

pub fn reopened_by_a_syn() -> Corner {
    let mut scenes = Vec::new();
    for (had, has) in
        [(true, "newer"), (true, "same"), (true, "older"), (true, "none"), (false, "newer"), (false, "none")]
    {
        for (seq, is_greater) in [(200_000, true), (90, false)] {
            // RFC 6191 §2: a newer timestamp; the same one, or none at all, and a greater number; timestamps for the first time.
            let reopens = match (had, has) {
                (true, "newer") | (false, "newer") => true,
                (true, "older") => false,
                _ => is_greater,
            };
            scenes.push(reopening(had, has, seq, reopens));
        }
    }
    Corner::new(
        "C70",
        "a SYN in TIME-WAIT: timestamps before and now, newer, equal, older; the number greater or not",
        "a new connection, or silence, by RFC 6191",
        scenes,
    )
    .tables(&["crates/tcp/tests/corner_time_wait.rs::corner_c70_a_syn_reopens_by_timestamp_or_number"])
}

/// Twice from the same port, the server closing first both times.
fn twice(stage: &mut Stage) {
    stage.server(Task::new().listen(PORT, 4).accept(PORT).write(5).close());
    stage.server(quiet(10).accept(PORT).write(5).close());
    stage.client(caller().read_to_end().close());
    stage.client(quiet(GOODBYE).connect_from(FROM, (SERVER, PORT)).read_to_end().close());
}

pub fn a_new_connection_in_time_wait() -> Corner {
    let again = |name: &str| {
        Scene::new(name, twice).check(|played| {
            let syn_acks: Vec<_> =
                played.of(SERVER).into_iter().filter(|text| text.starts_with("SYN+ACK")).collect();
            assert_eq!(syn_acks.len(), 2);
            assert!(played.sent.iter().all(|sent| sent.header.seq.0 < 3_000_000));
            assert!(played.outcome.ends.iter().all(|end| end.ended_by(CloseCause::Graceful)));
        })
    };
    let above = again("the new number is above the old one").numbered(&[100, 1_000_100], &[300, 200]);
    let failing = Scene::new("the SYN was a stranger's, and its handshake comes to nothing", |stage| {
        stage.server(listener().close());
        stage.client(caller().read_to_end().close());
        stage.stray(GOODBYE, SERVER, "SYN seq=200000");
        stage.then(GOODBYE + 5_000, |world| assert_eq!(world.stack(SERVER).half_open(), 0));
    })
    .plain()
    .except("TIME-WAIT lasts: no SYN comes", &["lose stray*"])
    .answers(SERVER, &[&["SYN+ACK seq=1000300 ack=200001"]]);
    Corner::new("C71", "the SYN that is taken in TIME-WAIT", "an ISN above the old SND.NXT; the entry is replaced in one step", vec![again("from the same port"), above, failing])
        .policy("a half-open entry stands in its place; where that handshake comes to nothing TIME-WAIT is not there again, as in Linux")
}

pub fn old_segments_of_the_one_before() -> Corner {
    let scene = Scene::new("octets and a FIN of the first, late, in the second", |stage| {
        stage.server(Task::new().listen(PORT, 4).accept(PORT).read_to_end().close());
        stage.server(quiet(10).accept(PORT).read_to_end().close());
        stage.client(caller().write(5).close());
        stage.client(quiet(120_000).connect_from(FROM, (SERVER, PORT)).at(moment(140_000)).write(5).close());
        // Of the first; its timestamps are older than any of the second, and its numbers are made to fit.
        stage.stray(130_000, SERVER, "DATA seq=1000101..1000106 ack=1000301 ts=older:0");
        stage.stray(130_001, SERVER, "FIN seq=1000101 ack=1000301 ts=older:0");
        stage.stray(135_000, SERVER, "RST seq=7");
    })
    .check(|played| {
        assert_eq!(
            played.answers(SERVER)[..2],
            [["ACK seq=1000301 ack=1000101"], ["ACK seq=1000301 ack=1000101"]]
        );
        assert!(played.outcome.ends.iter().all(|end| end.ended_by(CloseCause::Graceful)));
    });
    Corner::new(
        "C72",
        "an old segment of the incarnation before",
        "dropped by its timestamp, and an ACK",
        vec![scene],
    )
}

pub fn bounded_table() -> Corner {
    let scene = Scene::new("room for one, and two come", |stage| {
        stage.server(Task::new().listen(PORT, 4).accept(PORT).read_to_end().close());
        stage.server(quiet(10).accept(PORT).read_to_end().close());
        stage.client(caller().close());
        stage.client(quiet(GOODBYE).connect_from(FROM + 1, (SERVER, PORT)).close());
        stage.then(GOODBYE + 5_000, |world| {
            assert!(world.stack(CLIENT).time_wait() <= 1);
        });
    })
    .set(|_, config| config.limits.time_wait = 1)
    .check(|played| assert!(played.outcome.ends.iter().all(|end| end.ended_by(CloseCause::Graceful))));
    Corner::new("C73", "a bound on the TIME-WAIT table", "bounded memory; counted", vec![scene])
        .policy("262,144; over it the oldest goes")
}

pub fn listening_beside_time_wait() -> Corner {
    let scene = Scene::new("the server restarts at once", |stage| {
        stage.server(listener().close());
        stage.server(
            quiet(GOODBYE)
                .call(cordial_sim::Call::Unlisten { port: PORT })
                .listen(PORT, 4)
                .accept(PORT)
                .read_to_end()
                .close(),
        );
        stage.client(caller().read_to_end().close());
        stage.client(quiet(GOODBYE + 1_000).connect_from(FROM + 1, (SERVER, PORT)).write(5).close());
    })
    .calls(&["ok ok ok", "ok ok ok ok ok", "ok ok ok", "ok ok ok"]);
    Corner::new("C74", "listen on a port with children in TIME-WAIT", "EADDRINUSE without SO_REUSEADDR", vec![scene])
        .policy("allowed, as with SO_REUSEADDR: the children keep their own segments, and a SYN of the same pair follows RFC 6191")
}

pub fn both_in_time_wait() -> Corner {
    let scene = Scene::new("after a simultaneous close, a stray ACK to each", |stage| {
        stage.server(listener().at(moment(GOODBYE)).shutdown_write().read_to_end().close());
        stage.client(caller().at(moment(GOODBYE)).shutdown_write().read_to_end().close());
        stage.stray(GOODBYE + 5_000, CLIENT, "ACK seq=77 ack=102");
        stage.stray(GOODBYE + 5_000, SERVER, "ACK seq=77 ack=302");
        stage.stray(GOODBYE + 6_000, CLIENT, "DATA seq=291..301 ack=102");
        stage.stray(GOODBYE + 6_000, SERVER, "DATA seq=91..101 ack=302");
    })
    .plain()
    .check(|played| {
        let after =
            played.sent.iter().filter(|sent| sent.at >= GOODBYE + 5_000 && sent.from.is_some()).count();
        assert!(after <= 8, "{after} answers to four: no ping-pong");
    });
    Corner::new("C75", "both ends in TIME-WAIT, and stray ACKs", "no ping-pong", vec![scene])
        .tables(&["crates/stack/tests/goodbye.rs::corner_c75_time_wait_stops_answering_what_is_empty"])
}

/// What 2MSL is.
#[test]
fn two_msl_is_as_configured() {
    assert_eq!(cordial_tcp::TcpConfig::default().msl * 2, Duration::from_millis(TWO_MSL));
}
