//! SYNs: crossing, with more on them than they should have, old ones.

use cordial_sim::{CLIENT, Fate, SERVER, Socket, Task, octet};

use super::{caller, listener, quiet};
use crate::corner::Corner;
use crate::scene::Scene;
use crate::stage::{FROM, PORT, moment};

/// Both ends call, at once or so many milliseconds apart; the client closes first.
fn both_call(name: &str, apart: u64) -> Scene {
    Scene::new(name, move |stage| {
        let server = Task::new().at(moment(apart)).connect_from(PORT, (CLIENT, FROM));
        stage.server(server.write(5).read_to_end().close());
        stage.client(caller().write(5).read(5).close());
    })
}

pub fn simultaneous_open() -> Corner {
    let scenes = vec![
        both_call("both SYNs cross", 0).wire(&[
            "server SYN seq=300",
            "client SYN seq=100",
            "client SYN+ACK seq=100 ack=301",
            "server SYN+ACK seq=300 ack=101",
            "server ACK seq=301 ack=101",
            "server DATA seq=301..306 ack=101",
            "client ACK seq=101 ack=301",
            "client DATA seq=101..106 ack=301",
            "client FIN+ACK seq=106 ack=306",
            "server FIN+ACK seq=306 ack=107",
            "client ACK seq=107 ack=307",
        ]),
        both_call("the second SYN leaves just before the first arrives", 9),
        both_call("without options", 0).plain(),
    ];
    Corner::new(
        "C01",
        "simultaneous open",
        "SYN each way, SYN-ACK each way, both ESTABLISHED; options from the bare SYNs",
        scenes,
    )
    .policy("the peer's SYN-ACK is taken as its ACK: by the letter both ends would only challenge each other")
    .tables(&[
        "crates/tcp/tests/corner_opening.rs::corner_c01_simultaneous_open",
        "crates/tcp/tests/corner_opening.rs::corner_c01_options_of_a_simultaneous_open",
    ])
}

pub fn syn_with_data() -> Corner {
    let scene = Scene::new("ten octets ride on the SYN", |stage| {
        let with_data =
            |edit: &mut cordial_sim::Edit| edit.payload = (0..10).map(|at| octet(Socket(0).0, at)).collect();
        stage.befalls("c1", Fate::Rewrite(Box::new(with_data)));
        stage.server(listener().read_to_end().close());
        stage.client(caller().write(10).close());
    })
    .wire(&[
        "client SYN seq=100",
        "server SYN+ACK seq=300 ack=101",
        "client ACK seq=101 ack=301",
        "client FIN+DATA seq=101..111 ack=301",
        "server FIN+ACK seq=301 ack=112",
        "client ACK seq=112 ack=302",
    ])
    .check(|played| assert_eq!(played.outcome.end(SERVER).read, 10, "once"));
    Corner::new(
        "C03",
        "SYN with data, no fast open",
        "acknowledged or not, delivered once, after ESTABLISHED",
        vec![scene],
    )
    .policy("the SYN-ACK covers the SYN alone: the SYN cache keeps no octets, and the peer sends them again")
    .tables(&["crates/tcp/tests/corner_opening.rs::corner_c03_syn_with_data"])
}

pub fn syn_with_fin() -> Corner {
    let scene = Scene::new("to a listener, then an honest call", |stage| {
        for (nth, text) in
            ["SYN+FIN seq=100", "SYN+FIN+DATA seq=100..111", "SYN+FIN+PSH+URG seq=100"].iter().enumerate()
        {
            stage.stray_from(1 + nth as u64, "10.0.0.66:4000", SERVER, text);
        }
        stage.server(listener().read_to_end().close());
        stage.client(quiet(1_000).connect_from(FROM, (SERVER, PORT)).write(5).close());
    })
    .check(|played| assert!(played.answers(SERVER)[..2].iter().all(|answers| answers.is_empty())));
    Corner::new(
        "C04",
        "SYN and FIN in one segment",
        "no crash; dropped, or opened with the FIN queued",
        vec![scene],
    )
    .policy("to a listener it is dropped in silence: only probes send it; in SYN-SENT text and FIN count")
    .tables(&["crates/tcp/tests/corner_opening.rs::corner_c04_syn_with_fin"])
}

pub fn nonsense_to_a_listener() -> Corner {
    let scene = Scene::new("every kind, then an honest call", |stage| {
        for (nth, text) in [
            "SYN+RST seq=100",
            "SYN+RST seq=100 ack=301",
            "ACK seq=100 ack=301",
            "FIN+PSH+URG seq=100 ack=301",
            "null seq=100",
            "FIN+PSH+URG seq=100",
            "DATA seq=100..110",
            "RST seq=100",
        ]
        .iter()
        .enumerate()
        {
            stage.stray_from(1 + nth as u64, "10.0.0.66:4000", SERVER, text);
        }
        stage.stray_from(100, "10.0.0.66:4000", SERVER, "RST seq=100");
        stage.server(listener().read_to_end().close());
        stage.client(quiet(1_000).connect_from(FROM, (SERVER, PORT)).write(5).close());
    })
    .check(|played| {
        let answers = played.answers(SERVER);
        let reset: &[&str] = &["RST seq=301"];
        assert_eq!(answers[..8], [&[][..], &[], reset, reset, &[], &[], &[], &[]]);
    });
    Corner::new(
        "C05",
        "SYN+RST, null, Xmas and the like to a listener",
        "RST: silence; ACK: reset; else silence",
        vec![scene],
    )
    .tables(&["crates/tcp/tests/corner_opening.rs::corner_c05_nonsense_to_a_listener"])
}

pub fn the_same_syn_again() -> Corner {
    let scene = Scene::new("while half open", |stage| {
        stage.stray(15, SERVER, "SYN seq=100");
        stage.stray(16, SERVER, "SYN seq=100");
        stage.server(listener().read_to_end().close());
        stage.client(caller().write(5).close());
    })
    .plain()
    .check(|played| {
        let syn_acks = played.times(SERVER, "SYN+ACK seq=300 ack=101");
        assert_eq!(syn_acks, [10, 15, 16]);
        let accepted = played.outcome.ends.iter().filter(|end| end.is_accepted).count();
        assert_eq!(accepted, 1, "one child");
    });
    Corner::new(
        "C06",
        "the same SYN again in SYN-RECEIVED",
        "the SYN-ACK again; one child; the timer as it was",
        vec![scene],
    )
    .policy("the SYN-ACK, not a bare ACK: it says the same and more")
    .tables(&["crates/tcp/tests/corner_opening.rs::corner_c06_the_same_syn_again"])
}

/// An old SYN is there first; the client's own follows while the entry stands.
fn another_syn(name: &str, old: &'static str) -> Scene {
    Scene::new(name, move |stage| {
        stage.stray(1, SERVER, old);
        stage.server(listener().read_to_end().close());
        stage.client(quiet(5).connect_from(FROM, (SERVER, PORT)).write(5).close());
    })
    .plain()
}

pub fn another_syn_while_half_open() -> Corner {
    let scenes = vec![
        another_syn("in the window", "SYN seq=90").wire(&[
            "stray SYN seq=90",
            "server SYN+ACK seq=300 ack=91",
            "client SYN seq=100",
            "client RST seq=91",
            "client SYN seq=100",
            "server SYN+ACK seq=1000300 ack=101",
            "client ACK seq=101 ack=1000301",
            "client FIN+DATA seq=101..106 ack=1000301",
            "server FIN+ACK seq=1000301 ack=107",
            "client ACK seq=107 ack=1000302",
        ]),
        another_syn("far outside", "SYN seq=3000000000").wire(&[
            "stray SYN seq=3000000000",
            "server SYN+ACK seq=300 ack=3000000001",
            "client SYN seq=100",
            "client RST seq=3000000001",
            "server ACK seq=301 ack=3000000001",
            "client RST seq=3000000001",
            "client SYN seq=100",
            "server SYN+ACK seq=1000300 ack=101",
            "client ACK seq=101 ack=1000301",
            "client FIN+DATA seq=101..106 ack=1000301",
            "server FIN+ACK seq=1000301 ack=107",
            "client ACK seq=107 ack=1000302",
        ]),
    ];
    Corner::new(
        "C07",
        "another SYN in SYN-RECEIVED",
        "in the window: back to LISTEN, the next SYN opens; outside: an ACK, which makes the peer reset",
        scenes,
    )
    .policy("in the window the half-open entry goes, silently (RFC 9293 §3.10.7.4); Linux resets, BSD answers anew")
    .tables(&["crates/tcp/tests/corner_opening.rs::corner_c07_another_syn_while_half_open"])
}

pub fn old_syn_before_the_new_one() -> Corner {
    let scene = Scene::new("RFC 9293, figure 8", |stage| {
        stage.befalls("c1", Fate::Delay(std::time::Duration::from_millis(100)));
        stage.stray(10, SERVER, "SYN seq=90");
        stage.server(listener().read_to_end().close());
        stage.client(caller().write(5).close());
    })
    .plain()
    .wire(&[
        "client SYN seq=100",
        "stray SYN seq=90",
        "server SYN+ACK seq=300 ack=91",
        "client RST seq=91",
        "server SYN+ACK seq=1000300 ack=101",
        "client ACK seq=101 ack=1000301",
        "client FIN+DATA seq=101..106 ack=1000301",
        "server FIN+ACK seq=1000301 ack=107",
        "client ACK seq=107 ack=1000302",
    ]);
    Corner::new(
        "C08",
        "an old SYN while the peer is in SYN-SENT",
        "SYN-ACK, RST, LISTEN, the real SYN, ESTABLISHED",
        vec![scene],
    )
    .tables(&[
        "crates/tcp/tests/corner_opening.rs::corner_c08_old_duplicate_syn_while_the_peer_is_in_syn_sent",
    ])
}

pub fn syn_ack_to_nobody() -> Corner {
    let scene = Scene::new("to a listener and to a closed port", |stage| {
        let from = "10.0.0.66:4000";
        stage.stray_between(1, (from, "10.0.0.1:80"), SERVER, "SYN seq=100 ack=301");
        stage.stray_between(2, (from, "10.0.0.1:81"), SERVER, "SYN seq=100 ack=501");
        stage.server(Task::new().listen(PORT, 4));
    })
    .answers(SERVER, &[&["RST seq=301"], &["RST seq=501"]]);
    Corner::new("C14", "a SYN-ACK to a listener or a closed port", "a reset at SEG.ACK", vec![scene])
        .tables(&["crates/tcp/tests/corner_opening.rs::corner_c14_syn_ack_to_a_listener_or_a_closed_port"])
}
