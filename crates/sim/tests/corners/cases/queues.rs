//! Queues, cookies, listeners and ports.

use std::sync::Arc;

use cordial_sim::{CLIENT, Call, Fate, SERVER, Task};
use cordial_stack::CloseCause;
use cordial_wire::Flags;

use super::{caller, listener, quiet};
use crate::corner::Corner;
use crate::scene::Scene;
use crate::stage::{FROM, PORT, moment};

/// Room for one that is half open; a stranger's SYN is there first, and never answered.
fn full_syn_queue(name: &str, cookies: bool) -> Scene {
    Scene::new(name, |stage| {
        stage.stray_from(1, "10.0.0.66:4000", SERVER, "SYN seq=7");
        stage.server(listener().read_to_end().close());
        stage.client(quiet(1_000).connect_from(FROM, (SERVER, PORT)).write(5).close());
    })
    .set(move |_, config| {
        config.limits.syn_cache = 1;
        config.syn_cookies = cookies;
    })
    .check(|played| assert!(!played.of(SERVER).iter().any(|text| text.starts_with("RST")), "never a reset"))
}

pub fn syn_queue_full() -> Corner {
    let scenes = vec![
        full_syn_queue("with cookies", true)
            .check(|played| assert_eq!(played.times(CLIENT, "SYN seq=100"), [1_000])),
        full_syn_queue("without", false)
            .check(|played| assert!(played.times(CLIENT, "SYN seq=100").len() > 1)),
    ];
    Corner::new(
        "C22",
        "the SYN queue is full",
        "the oldest goes, or the SYN, or a cookie; never a reset",
        scenes,
    )
    .policy("a cookie; where cookies are off the SYN is dropped, and comes again")
}

pub fn accept_queue_full() -> Corner {
    let scene = Scene::new("room for one; the second speaks before it is accepted", |stage| {
        stage.server(Task::new().listen(PORT, 1).at(moment(5_000)).accept(PORT).read_to_end().close());
        stage.server(quiet(5_000).accept(PORT).read_to_end().close());
        stage.client(caller().write(5).close());
        stage.client(quiet(1_000).connect_from(FROM + 1, (SERVER, PORT)).write(5).close());
    })
    .check(|played| {
        let syn_acks = played.times(SERVER, "SYN+ACK seq=1000300 ack=1000101");
        assert!(syn_acks.len() > 1, "{syn_acks:?}");
        assert!(
            played.outcome.ends.iter().filter(|end| end.is_accepted).all(|end| end.read == 5),
            "both complete"
        );
    });
    Corner::new(
        "C23",
        "the accept queue is full",
        "the final ACK is dropped, the SYN-ACK comes again; the client may speak and completes later",
        vec![scene],
    )
    .policy("dropped; the client learns of it by waiting")
}

/// The server has no room for what is half open: every SYN is answered with a cookie.
fn with_cookie(name: &str, play: impl Fn(&mut crate::stage::Stage) + 'static) -> Scene {
    Scene::new(name, move |stage| {
        stage.server(listener().read_to_end().close());
        play(stage);
    })
    .set(|_, config| config.limits.syn_cache = 0)
}

pub fn cookies() -> Corner {
    let scenes = vec![
        with_cookie("a conversation", |stage| stage.client(caller().write(20_000).close())),
        with_cookie("the third segment is lost, and octets bring the cookie", |stage| {
            stage.befalls("c2", Fate::Drop);
            stage.client(caller().write(5).close());
        })
        .check(|played| assert_eq!(played.outcome.end(SERVER).read, 5)),
        with_cookie("it comes after four minutes", |stage| {
            // Bare ACKs of the client are lost, so that octets bring the cookie, late.
            stage.world.fault(|passing| {
                let is_bare = passing.segment.flags == Flags::ACK && passing.segment.payload.is_empty();
                if passing.from == CLIENT && is_bare { Fate::Drop } else { Fate::Pass }
            });
            stage.client(caller().at(moment(240_000)).write(5).read_to_end().close());
        })
        .until(600)
        .calls(&["ok waits", "ok ok ECONNRESET ok"]),
        with_cookie("of somebody else", |stage| {
            stage.stray_from(100, "10.0.0.66:4000", SERVER, "ACK seq=101 ack=301");
            stage.stray_from(101, "10.0.0.66:4000", SERVER, "DATA seq=101..111 ack=77777");
            stage.stray_from(102, "10.0.0.66:4000", SERVER, "RST seq=0");
            stage.client(quiet(1_000).connect_from(FROM, (SERVER, PORT)).write(5).close());
        })
        .check(|played| assert_eq!(played.answers(SERVER)[..2], [["RST seq=301"], ["RST seq=77777"]])),
    ];
    Corner::new(
        "C24",
        "SYN cookies: MSS, options, expiry, a wrong pair, octets with the cookie",
        "good ones open, octets and all; others: a reset",
        scenes,
    )
}

/// Why a client that only reads hears nothing.
const WAITS: &str = "the client says nothing that would bring a reset, and waits";

pub fn listener_closed() -> Corner {
    let unlisten = |name: &str, at: u64| {
        Scene::new(name, move |stage| {
            stage.server(Task::new().listen(PORT, 4).at(moment(at)).call(Call::Unlisten { port: PORT }));
            stage.client(caller().read_to_end().close());
        })
    };
    let scenes = vec![
        unlisten("while half open", 15)
            .wire(&[
                "client SYN seq=100",
                "server SYN+ACK seq=300 ack=101",
                "client ACK seq=101 ack=301",
                "server RST seq=301",
            ])
            .except(
                "the client is still in SYN-SENT when it hears of it",
                &[
                    "lose client SYN seq=100",
                    "swap client SYN seq=100",
                    "lose server SYN+ACK seq=300 ack=101",
                    "swap server SYN+ACK seq=300 ack=101",
                ],
            )
            .except(WAITS, &["lose client ACK seq=101 ack=301", "lose server RST seq=301"]),
        unlisten("while it waits to be accepted", 10_000)
            .wire(&[
                "client SYN seq=100",
                "server SYN+ACK seq=300 ack=101",
                "client ACK seq=101 ack=301",
                "server RST seq=301",
            ])
            .except(WAITS, &["lose server RST seq=301"]),
    ];
    Corner::new(
        "C25",
        "a listener closes while children are in its queues",
        "half open: gone or reset; waiting: reset",
        scenes,
    )
    .policy(
        "half-open ones are forgotten, their ACK is answered with a reset; those that wait are reset at once",
    )
}

pub fn backlog_and_binding() -> Corner {
    let scenes = vec![
        Scene::new("a backlog of 0 holds one", |stage| {
            stage.server(Task::new().listen(PORT, 0).at(moment(5_000)).accept(PORT).read_to_end().close());
            stage.client(caller().write(5).close());
        }),
        Scene::new("the same port twice, and again after the first is gone, with a child alive", |stage| {
            stage.server(listener().read_to_end().close());
            let again = quiet(5_000).listen(PORT, 4).call(Call::Unlisten { port: PORT }).listen(PORT, 4);
            stage.server(again.accept(PORT).read_to_end().close());
            stage.client(caller().at(moment(20_000)).write(5).close());
            stage.client(quiet(10_000).connect_from(FROM + 1, (SERVER, PORT)).write(5).close());
        })
        .calls(&["ok ok ok ok", "EADDRINUSE ok ok ok ok ok", "ok ok ok", "ok ok ok"]),
    ];
    Corner::new("C26", "listen(0); binding again", "documented", scenes)
        .policy("0 counts as 1; one listener for a place, EADDRINUSE for a second; a port is free as soon as its listener is closed")
}

/// The client closes first, and calls from the same port while that is in TIME-WAIT.
fn again(name: &str, reuse: bool) -> Scene {
    Scene::new(name, |stage| {
        stage.server(listener().read_to_end().close());
        stage.server(quiet(9_000).accept(PORT).read_to_end().close());
        stage.client(caller().close());
        stage.client(quiet(10_000).connect_from(FROM, (SERVER, PORT)).write(5).close());
    })
    .set(move |_, config| Arc::make_mut(&mut config.tcp).reuse_time_wait = reuse)
}

pub fn ports_run_out() -> Corner {
    let connect =
        || Task::new().call(Call::Connect { to: SERVER, port: PORT, from: None, tcp: None, waits: true });
    let scenes = vec![
        Scene::new("the only port is in use", move |stage| {
            stage.server(listener().read_to_end().close());
            stage.client(connect().at(moment(20_000)).close());
            stage.client(Task::new().at(moment(10_000)).call(Call::Connect {
                to: SERVER,
                port: PORT,
                from: None,
                tcp: None,
                waits: true,
            }));
        })
        .set(|_, config| config.ephemeral_ports = 40_000..=40_000)
        .calls(&["ok ok ok ok", "ok ok", "EADDRNOTAVAIL"]),
        again("from the same port", false).calls(&[
            "ok ok ok ok",
            "waits",
            "ok ok",
            "EADDRINUSE ENOTCONN ENOTCONN",
        ]),
        again("where that is allowed, with newer timestamps", true)
            .calls(&["ok ok ok ok", "ok ok ok", "ok ok", "ok ok ok"])
            .check(|played| {
                assert!(played.outcome.ends.iter().all(|end| end.ended_by(CloseCause::Graceful)))
            }),
    ];
    Corner::new(
        "C32",
        "ephemeral ports run out; the pair is in TIME-WAIT at the client",
        "EADDRNOTAVAIL; again only with newer timestamps",
        scenes,
    )
    .policy("the same pair waits out TIME-WAIT (EADDRINUSE); with `reuse_time_wait`, timestamps, and a second gone by, not")
}
