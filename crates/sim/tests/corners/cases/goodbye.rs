//! After the goodbye of one end: half-closed, orphaned, with octets that nobody takes.

use std::time::Duration;

use cordial_sim::{CLIENT, Call, Oracle, SERVER, Task, When};
use cordial_stack::{CloseCause, Half};
use cordial_wire::Flags;

use super::closing::{gracefully, receives};
use super::life::GOODBYE;
use super::{caller, listener};
use crate::corner::Corner;
use crate::scene::Scene;
use crate::stage::moment;

const SECOND: Duration = Duration::from_secs(1);

pub fn close_wait_for_ever() -> Corner {
    let scene = Scene::new("the server's program forgets to close, for a day", |stage| {
        stage.server(listener().read_to_end().at(moment(80_000_000)).write(5).close());
        stage.client(caller().shutdown_write().read_to_end().close());
    })
    .check(|played| {
        let quiet = played.sent.windows(2).any(|pair| pair[1].at - pair[0].at > 79_000_000);
        assert!(quiet, "nothing is sent meanwhile");
        assert_eq!(played.outcome.end(CLIENT).read, 5, "and it is still good for writing");
    });
    Corner::new(
        "C54",
        "CLOSE-WAIT for ever",
        "never ends by itself; keepalive and user timeout only",
        vec![scene],
    )
    .tables(&["crates/tcp/tests/corner_closing.rs::corner_c54_close_wait_for_ever"])
}

pub fn orphan_in_fin_wait_2() -> Corner {
    let scenes = vec![
        Scene::new("the peer closes too late", |stage| {
            stage.server(listener().read_to_end().at(moment(120_000)).close());
            stage.client(caller().close());
        })
        .check(|played| {
            assert!(played.outcome.end(CLIENT).ended_by(CloseCause::OrphanTimeout));
            assert_eq!(played.of(CLIENT).last(), Some(&"RST seq=102"), "a late FIN finds nobody");
        }),
        Scene::new("held by a program: no timer", |stage| {
            stage.server(listener().read_to_end().at(moment(3_600_000)).close());
            stage.client(caller().shutdown_write().read_to_end().close());
        })
        .check(gracefully),
    ];
    Corner::new(
        "C55",
        "FIN-WAIT-2 of an orphan",
        "a timer, then gone; a late FIN: reset; held by a program: no timer",
        scenes,
    )
    .policy("60 s; the late FIN is answered with a reset")
    .tables(&["crates/tcp/tests/corner_closing.rs::corner_c55_fin_wait_2_of_an_orphan"])
}

pub fn orphan_against_a_closed_window() -> Corner {
    let scene = Scene::new("its peer never reads", |stage| {
        stage.server(listener());
        stage.client(caller().write(1_000).write(1_000).close());
    })
    .plain()
    .set(receives(SERVER, 1_000))
    .until(3_600)
    .check(|played| {
        assert!(played.outcome.end(CLIENT).is_over);
        assert_eq!(played.times(CLIENT, "ACK seq=1100 ack=301").len(), 8, "probes");
    });
    Corner::new(
        "C56",
        "FIN-WAIT-1 of an orphan against a closed window",
        "a bound on probes, then CLOSED",
        vec![scene],
    )
    .policy("eight probes, answered or not")
    .tables(&["crates/tcp/tests/corner_closing.rs::corner_c56_an_orphan_against_a_closed_window"])
}

pub fn close_with_octets_queued() -> Corner {
    let scene = Scene::new("the window opens after ten seconds", |stage| {
        stage.server(listener().at(moment(GOODBYE)).read_to_end().close());
        stage.client(caller().write(1_000).write(1_000).shutdown_write().read_to_end().close());
    })
    .plain()
    .set(receives(SERVER, 1_000))
    .check(|played| {
        assert_eq!(played.outcome.end(SERVER).read, 2_000);
        gracefully(played);
    });
    Corner::new(
        "C57",
        "close with octets queued and the window closed",
        "the FIN waits behind them; probes; then octets, FIN",
        vec![scene],
    )
    .tables(&["crates/tcp/tests/corner_closing.rs::corner_c57_close_with_data_queued_and_a_closed_window"])
}

pub fn fin_and_a_closed_window() -> Corner {
    let scenes = vec![
        Scene::new("ours waits for an octet of room", |stage| {
            stage.server(listener().at(moment(GOODBYE)).read_to_end().close());
            stage.client(caller().write(1_000).after(SECOND).shutdown_write().read_to_end().close());
        })
        .plain()
        .set(receives(SERVER, 1_000))
        .check(|played| {
            let fin = played.sent.iter().find(|sent| sent.header.flags.contains(Flags::FIN)).expect("a FIN");
            assert!(fin.at >= GOODBYE && fin.from == Some(CLIENT));
            gracefully(played);
        }),
    ];
    Corner::new(
        "C58",
        "a FIN and a closed window",
        "as or with a probe, or when there is room; a receiver takes one at RCV.NXT",
        scenes,
    )
    .policy("a FIN of ours takes room like any octet; a peer's costs no buffer and is taken")
    .tables(&["crates/tcp/tests/corner_closing.rs::corner_c58_fin_and_a_closed_window"])
}

pub fn close_with_unread_octets() -> Corner {
    let scene = Scene::new("five octets lie unread", |stage| {
        stage.server(listener().at(moment(GOODBYE)).close());
        stage.client(caller().write(5).read_to_end().close());
    })
    .wire(&[
        "client SYN seq=100",
        "server SYN+ACK seq=300 ack=101",
        "client ACK seq=101 ack=301",
        "client DATA seq=101..106 ack=301",
        "server ACK seq=301 ack=106",
        "server RST seq=301",
    ])
    .except("the client has heard nothing, and waits: nobody is there", &["lose server RST seq=301"]);
    Corner::new("C59", "close with unread octets", "a reset instead of a FIN", vec![scene])
        .tables(&["crates/tcp/tests/corner_closing.rs::corner_c59_close_with_unread_data"])
}

pub fn data_after_close() -> Corner {
    let scenes = vec![
        Scene::new("in FIN-WAIT-2, closed", |stage| {
            stage.server(listener().read_to_end().at(moment(GOODBYE)).write(5).close());
            stage.client(caller().close());
        })
        .wire(&[
            "client SYN seq=100",
            "server SYN+ACK seq=300 ack=101",
            "client ACK seq=101 ack=301",
            "client FIN+ACK seq=101 ack=301",
            "server ACK seq=301 ack=102",
            "server FIN+DATA seq=301..306 ack=102",
            "client RST seq=102",
        ]),
        Scene::new("in FIN-WAIT-1, closed", |stage| {
            stage.server(listener().at(moment(GOODBYE)).write(5).read_to_end().close());
            stage.client(caller().at(moment(GOODBYE + 5)).close());
        })
        .check(|played| assert!(played.of(CLIENT).contains(&"RST seq=102")))
        .except(
            "the octets come when our FIN is acknowledged",
            &["lose server DATA seq=301..306 ack=101", "swap server DATA seq=301..306 ack=101"],
        )
        .except("the reset comes before the FIN has: in its place", &["lose client FIN+ACK seq=101 ack=301"]),
        Scene::new("in FIN-WAIT-2, half-closed", |stage| {
            stage.server(listener().read_to_end().at(moment(GOODBYE)).write(5).close());
            stage.client(caller().shutdown_write().read_to_end().close());
        })
        .check(|played| assert_eq!(played.outcome.end(CLIENT).read, 5)),
    ];
    Corner::new("C60", "octets after close; after a half-close", "a reset; delivered", scenes)
        .tables(&["crates/tcp/tests/corner_closing.rs::corner_c60_data_after_close"])
}

pub fn shutdown_of_reading() -> Corner {
    let scene = Scene::new("more comes than any buffer holds", |stage| {
        stage.server(listener().call(Call::Shutdown(Half::Read)).at(moment(GOODBYE)).write(5).close());
        stage.client(caller().write(20_000).shutdown_write().read_to_end().close());
    })
    .set(receives(SERVER, 5_000))
    .check(|played| {
        assert_eq!((played.outcome.end(SERVER).read, played.outcome.end(CLIENT).read), (0, 5));
        gracefully(played);
    })
    .allow(Oracle::Stream, "a reader who wants no more misses what comes");
    Corner::new(
        "C61",
        "shutdown of reading: octets that come later",
        "taken and thrown away, or a reset",
        vec![scene],
    )
    .policy(
        "acknowledged and thrown away, as Linux does: the writer need not fail for what nobody wants to read",
    )
    .tables(&["crates/tcp/tests/corner_closing.rs::corner_c61_shutdown_of_the_reading_side"])
}

pub fn shutdown_twice() -> Corner {
    let scene = Scene::new("shutdown, shutdown, write, close", |stage| {
        stage.server(listener().read_to_end().close());
        stage.client(caller().shutdown_write().shutdown_write().write(5).close());
    })
    .calls(&["ok ok ok ok", "ok ok ok EPIPE ok"])
    .check(|played| {
        let fins = played.sent.iter().filter(|sent| sent.header.flags.contains(Flags::FIN)).count();
        assert_eq!(fins, 2, "one each");
    });
    Corner::new("C62", "shutdown twice, write after shutdown", "one FIN; EPIPE", vec![scene])
        .tables(&["crates/tcp/tests/corner_closing.rs::corner_c62_shutdown_twice_and_write_after"])
}

/// Waiting for the end of a close, as SO_LINGER asks for: until a moment.
fn lingering(name: &str, over: impl Fn(Task) -> Task + 'static) -> Scene {
    Scene::new(name, move |stage| {
        stage.server(listener().at(moment(20_000)).read_to_end().close());
        let waits = caller().write(1_000).write(1_000).shutdown_write();
        let waits = waits.call(Call::AwaitEnd).when(When::Interrupting(moment(15_000)));
        stage.client(over(waits));
    })
    .set(receives(SERVER, 1_000))
}

pub fn linger_over() -> Corner {
    let scenes = vec![
        lingering("its time is over: the close goes on", Task::close)
            .calls(&["ok ok ok ok", "ok ok ok ok EINTR ok"])
            .check(|played| assert_eq!(played.outcome.end(SERVER).read, 2_000, "nothing is thrown away")),
        lingering("whoever would rather have a reset aborts", Task::abort)
            .check(|played| assert!(played.of(CLIENT).iter().any(|text| text.starts_with("RST"))))
            .calls(&["ok ok ECONNRESET ok", "ok ok ok ok EINTR ok"])
            .check(|played| assert_eq!(played.outcome.end(SERVER).read, 1_000)),
        Scene::new("a linger of zero is an abort", |stage| {
            stage.server(listener().read_to_end().close());
            let client = caller().write(5);
            stage.client(client.after(std::time::Duration::from_secs(5)).abort());
        })
        .check(|played| assert_eq!(played.of(CLIENT).last(), Some(&"RST seq=106")))
        .except("no reset comes, and the server only reads", &["lose client RST seq=106"]),
    ];
    Corner::new(
        "C63",
        "a linger whose time is over; a linger of zero",
        "close returns; a reset, or the FIN goes on in the background",
        scenes,
    )
    .policy("the closing goes on: what may still arrive is not thrown away for being late; zero is a reset")
    .tables(&["crates/cordial/tests/stream.rs::a_close_may_linger"])
}
