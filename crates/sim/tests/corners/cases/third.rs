//! The end of the handshake: the SYN-ACK again, the third segment, and what comes instead of it.

use cordial_sim::{CLIENT, Fate, SERVER, Task};

use super::{caller, listener};
use crate::corner::Corner;
use crate::scene::Scene;
use crate::stage::{FROM, PORT};

pub fn syn_ack_again() -> Corner {
    let scene = Scene::new("the third segment is lost, and nobody speaks for a while", |stage| {
        stage.befalls("c2", Fate::Drop);
        stage.server(listener().read_to_end().close());
        stage.client(caller().after(std::time::Duration::from_secs(20)).write(5).close());
    })
    .wire(&[
        "client SYN seq=100",
        "server SYN+ACK seq=300 ack=101",
        "client ACK seq=101 ack=301",
        "server SYN+ACK seq=300 ack=101",
        "client ACK seq=101 ack=301",
        "client FIN+DATA seq=101..106 ack=301",
        "server FIN+ACK seq=301 ack=107",
        "client ACK seq=107 ack=302",
    ]);
    Corner::new(
        "C13",
        "a SYN-ACK again in ESTABLISHED",
        "the ACK that was lost, as a challenge; one accept",
        vec![scene],
    )
    .tables(&["crates/tcp/tests/corner_opening.rs::corner_c13_duplicate_syn_ack_in_established"])
}

pub fn third_lost_and_the_caller_speaks() -> Corner {
    let scene = Scene::new("its octets carry the ACK", |stage| {
        stage.befalls("c2", Fate::Drop);
        stage.server(listener().read_to_end().close());
        stage.client(caller().write(5).close());
    })
    .wire(&[
        "client SYN seq=100",
        "server SYN+ACK seq=300 ack=101",
        "client ACK seq=101 ack=301",
        "client FIN+DATA seq=101..106 ack=301",
        "server FIN+ACK seq=301 ack=107",
        "client ACK seq=107 ack=302",
    ]);
    Corner::new(
        "C15",
        "the third segment lost, the caller speaks first",
        "ESTABLISHED on data, which is delivered",
        vec![scene],
    )
    .tables(&["crates/tcp/tests/corner_opening.rs::corner_c15_final_ack_lost_and_the_caller_speaks_first"])
}

pub fn third_lost_and_the_called_speaks() -> Corner {
    let scene = Scene::new("it cannot, until its SYN-ACK was answered", |stage| {
        stage.befalls("c2", Fate::Drop);
        stage.server(listener().write(5).close());
        stage.client(caller().read_to_end().close());
    })
    .wire(&[
        "client SYN seq=100",
        "server SYN+ACK seq=300 ack=101",
        "client ACK seq=101 ack=301",
        "server SYN+ACK seq=300 ack=101",
        "client ACK seq=101 ack=301",
        "server FIN+DATA seq=301..306 ack=101",
        "client FIN+ACK seq=101 ack=307",
        "server ACK seq=307 ack=102",
    ]);
    Corner::new(
        "C16",
        "the third segment lost, the called speaks first",
        "SYN-ACK again, ACK, then data",
        vec![scene],
    )
    .tables(&["crates/tcp/tests/corner_opening.rs::corner_c16_final_ack_lost_and_the_called_speaks_first"])
}

pub fn third_with_a_bad_number() -> Corner {
    let scene = Scene::new("three of them before the right one", |stage| {
        stage.stray(15, SERVER, "ACK seq=101 ack=300");
        stage.stray(16, SERVER, "ACK seq=101 ack=302");
        stage.stray(17, SERVER, "ACK seq=101 ack=0");
        stage.server(listener().read_to_end().close());
        stage.client(caller().write(5).close());
    })
    .plain()
    .check(|played| {
        assert_eq!(played.answers(SERVER)[..2], [["RST seq=300"], ["RST seq=302"]]);
        assert_eq!(played.times(SERVER, "RST seq=0"), [17]);
    });
    Corner::new(
        "C17",
        "a third segment with a bad number",
        "a reset at SEG.ACK; the child stays in SYN-RECEIVED",
        vec![scene],
    )
    .tables(&["crates/tcp/tests/corner_opening.rs::corner_c17_final_ack_with_a_bad_number"])
}

/// A half-open connection at the server, and a reset.
fn reset_while_half_open(name: &str, reset: &'static str) -> Scene {
    Scene::new(name, move |stage| {
        stage.stray(15, SERVER, reset);
        stage.server(listener().read_to_end().close());
        stage.client(caller().write(5).close());
    })
    .plain()
}

/// Both call, so that the client is in SYN-RECEIVED from 10 ms to 20 ms, and a reset comes.
fn reset_while_both_call(name: &str, reset: &'static str) -> Scene {
    Scene::new(name, move |stage| {
        stage.stray(15, CLIENT, reset);
        stage.server(Task::new().connect_from(PORT, (CLIENT, FROM)).read_to_end().close());
        stage.client(caller().write(5).close());
    })
    .plain()
}

pub fn reset_in_syn_received() -> Corner {
    let scenes = vec![
        reset_while_half_open("passive, exact", "RST seq=101")
            .calls(&["ok waits", "ok ok ok"])
            .except(
                "there is nothing half open when it comes",
                &[
                    "lose client SYN seq=100",
                    "swap client SYN seq=100",
                    "lose server SYN+ACK seq=300 ack=101",
                    "swap server SYN+ACK seq=300 ack=101",
                ],
            )
            .except("no reset comes", &["lose stray RST seq=101"]),
        reset_while_half_open("passive, in the window", "RST seq=102")
            .check(|played| assert_eq!(played.answers(SERVER)[0][0], "ACK seq=301 ack=101")),
        reset_while_half_open("passive, below", "RST seq=100"),
        reset_while_both_call("active, exact", "RST seq=301")
            .calls(&["ok ECONNRESET ok", "ECONNREFUSED ECONNREFUSED ok"])
            .except(
                "the client is in SYN-SENT when it comes",
                &["lose server SYN seq=300", "swap server SYN seq=300"],
            )
            .except(
                "the server is still in SYN-RECEIVED when it hears of it",
                &["lose client SYN+ACK seq=100 ack=301", "swap client SYN+ACK seq=100 ack=301"],
            )
            .except("no reset comes", &["lose stray RST seq=301"]),
        reset_while_both_call("active, in the window", "RST seq=302"),
        reset_while_both_call("active, below", "RST seq=300"),
    ];
    Corner::new(
        "C18",
        "a reset in SYN-RECEIVED",
        "exact: LISTEN in silence, or ECONNREFUSED for who called; in the window a challenge; else silence",
        scenes,
    )
    .tables(&["crates/tcp/tests/corner_opening.rs::corner_c18_resets_in_syn_received"])
}

pub fn fin_with_the_third() -> Corner {
    let scenes = vec![
        Scene::new("without octets", |stage| {
            stage.befalls("c2", Fate::Drop);
            stage.server(listener().read_to_end().close());
            stage.client(caller().close());
        })
        .wire(&[
            "client SYN seq=100",
            "server SYN+ACK seq=300 ack=101",
            "client ACK seq=101 ack=301",
            "client FIN+ACK seq=101 ack=301",
            "server FIN+ACK seq=301 ack=102",
            "client ACK seq=102 ack=302",
        ]),
        Scene::new("with octets", |stage| {
            stage.befalls("c2", Fate::Drop);
            stage.server(listener().read_to_end().close());
            stage.client(caller().write(5).close());
        }),
    ];
    Corner::new(
        "C19",
        "a FIN together with the third segment",
        "ESTABLISHED and CLOSE-WAIT in one step; accept gives a socket at its end",
        scenes,
    )
    .tables(&["crates/tcp/tests/corner_opening.rs::corner_c19_fin_together_with_the_final_ack"])
}
