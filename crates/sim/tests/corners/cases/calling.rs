//! Who calls: what SYN-SENT hears, and what becomes of a call that nobody takes.

use cordial_sim::{CLIENT, Call, Decision, SERVER, Task};
use cordial_stack::{Answer, IcmpCode};

use super::{caller, listener, quiet};
use crate::corner::Corner;
use crate::scene::{Played, Scene};
use crate::stage::{FROM, PORT, moment};

pub fn self_connect() -> Corner {
    let scene = Scene::new("one socket calls itself", |stage| {
        stage.client(Task::new().connect_from(FROM, (CLIENT, FROM)));
    })
    .wire(&[])
    .calls(&["EADDRINUSE"]);
    Corner::new("C02", "self connect", "ESTABLISHED with itself, or refused", vec![scene])
        .policy("refused, EADDRINUSE: who talks to itself has mistaken a port, and waits for ever")
}

pub fn rebooted_peer_with_the_same_number() -> Corner {
    let scene = Scene::new("the client reboots and calls from the same port with the same number", |stage| {
        stage.numbers(CLIENT, &[100, 100]);
        stage.server(listener().read_to_end());
        stage.client(caller());
        stage.at(20_000, cordial_sim::Action::Crash(CLIENT));
        stage.at(21_000, cordial_sim::Action::Reboot(CLIENT));
        stage.client(quiet(30_000).connect_from(FROM, (SERVER, PORT)));
    })
    .plain()
    .until(600)
    .check(|played| {
        assert_eq!(played.outcome.calls, ["ok ok waits", "ok", "ETIMEDOUT"]);
        let challenge = "ACK seq=301 ack=101";
        assert_eq!(played.times(SERVER, challenge).len(), played.times(CLIENT, "SYN seq=100").len() - 1);
    });
    Corner::new(
        "C10",
        "a SYN at RCV.NXT-1 in ESTABLISHED",
        "a challenge that the peer finds acceptable: it stalls until its SYN's R2",
        vec![scene],
    )
}

/// The client calls somebody who says nothing until he listens, and hears strays meanwhile.
fn while_in_syn_sent(name: &str, strays: &'static [&'static str]) -> Scene {
    Scene::new(name, move |stage| {
        for (nth, text) in strays.iter().enumerate() {
            stage.stray(100 + nth as u64, CLIENT, text);
        }
        stage.stray(200, CLIENT, "RST seq=9999");
        stage.server(quiet(2_000).listen(PORT, 4).accept(PORT).read_to_end().close());
        stage.client(caller().write(5).close());
    })
    .plain()
    .set(|host, config| config.refuse = host == CLIENT)
}

pub fn bad_ack_in_syn_sent() -> Corner {
    let scene = while_in_syn_sent(
        "ISS, ISS+2, 0, each also with RST",
        &[
            "SYN seq=700 ack=100",
            "SYN seq=700 ack=102",
            "SYN seq=700 ack=0",
            "SYN+RST seq=700 ack=100",
            "SYN+RST seq=700 ack=102",
            "RST seq=700 ack=102",
        ],
    )
    .check(|played| {
        let answers = played.answers(CLIENT);
        assert_eq!(answers[..6], [&["RST seq=100"][..], &["RST seq=102"], &["RST seq=0"], &[], &[], &[]]);
    });
    Corner::new(
        "C11",
        "a SYN-ACK with a bad ACK in SYN-SENT",
        "a reset at SEG.ACK each time; with RST silence; SYN-SENT stays",
        vec![scene],
    )
    .tables(&["crates/tcp/tests/corner_opening.rs::corner_c11_syn_ack_with_a_bad_ack_in_syn_sent"])
}

pub fn pure_ack_in_syn_sent() -> Corner {
    let scene = while_in_syn_sent("acceptable, then not", &["ACK seq=700 ack=101", "ACK seq=700 ack=102"])
        .check(|played| assert_eq!(played.answers(CLIENT)[..2], [&[][..], &["RST seq=102"]]));
    Corner::new(
        "C12",
        "a bare ACK in SYN-SENT (split handshake)",
        "acceptable: dropped, SND.UNA stays; else a reset",
        vec![scene],
    )
    .tables(&["crates/tcp/tests/corner_opening.rs::corner_c12_a_pure_ack_in_syn_sent"])
}

pub fn close_before_it_is_open() -> Corner {
    let scenes = vec![
        Scene::new("in SYN-SENT", |stage| {
            stage.server(Task::new().listen(PORT, 4));
            let call = Task::new().connect_without_waiting(FROM, (SERVER, PORT));
            stage.client(call.at(moment(5)).close());
        })
        .wire(&["client SYN seq=100", "server SYN+ACK seq=300 ack=101", "client RST seq=101"]),
        Scene::new("in SYN-SENT, with octets written", |stage| {
            stage.server(listener().read_to_end().close());
            let call = Task::new().connect_without_waiting(FROM, (SERVER, PORT)).write(5);
            stage.client(call.at(moment(5)).close());
        })
        .wire(&[
            "client SYN seq=100",
            "server SYN+ACK seq=300 ack=101",
            "client FIN+DATA seq=101..106 ack=301",
            "server FIN+ACK seq=301 ack=107",
            "client ACK seq=107 ack=302",
        ]),
        Scene::new("in SYN-RECEIVED", |stage| {
            stage.server(Task::new().connect_from(PORT, (CLIENT, FROM)).read_to_end().close());
            let call = Task::new().connect_without_waiting(FROM, (SERVER, PORT));
            stage.client(call.at(moment(15)).close());
        })
        .wire(&[
            "server SYN seq=300",
            "client SYN seq=100",
            "client SYN+ACK seq=100 ack=301",
            "server SYN+ACK seq=300 ack=101",
            "server ACK seq=301 ack=101",
            "client FIN+ACK seq=101 ack=301",
            "server FIN+ACK seq=301 ack=102",
            "client ACK seq=102 ack=302",
        ])
        .except(
            "the client is in SYN-SENT when it closes: nothing has to be sent",
            &["lose server SYN seq=300", "swap server SYN seq=300"],
        ),
    ];
    Corner::new(
        "C20",
        "close in SYN-SENT and SYN-RECEIVED",
        "nothing is sent; FIN once the SYN is acknowledged",
        scenes,
    )
    .policy("octets written before the close are sent even so: the open goes on, they and a FIN follow")
    .tables(&[
        "crates/tcp/tests/corner_opening.rs::corner_c20_close_before_the_connection_is_open",
        "crates/tcp/tests/corner_opening.rs::corner_c20_close_in_syn_sent_with_octets_written",
    ])
}

/// The client calls a port where somebody says this to SYNs.
fn call_answered(name: &str, answer: Answer) -> Scene {
    Scene::new(name, move |stage| {
        let decision = Some(Decision::from(answer));
        stage.server(Task::new().call(Call::Listen {
            port: PORT,
            backlog: Some(4),
            tcp: None,
            answer: decision,
            fast_open: None,
        }));
        stage.client(caller());
    })
}

/// The SYN is sent again as if nothing had been said.
fn goes_on(played: &Played) {
    assert!(played.times(CLIENT, "SYN seq=100").len() > 3);
}

pub fn nobody_answers() -> Corner {
    let scenes = vec![
        Scene::new("a closed port", |stage| stage.client(caller()))
            .calls(&["ECONNREFUSED"])
            .wire(&["client SYN seq=100", "server RST+ACK seq=0 ack=101"]),
        Scene::new("silence", |stage| stage.client(caller()))
            .set(|_, config| config.refuse = false)
            .calls(&["ETIMEDOUT"])
            .check(|played| {
                let end = played.sent.last().expect("SYNs").at;
                assert!(end > 100_000, "the last SYN leaves at {end} ms");
            }),
        call_answered("ICMP: host unreachable", Answer::Unreachable(IcmpCode::Host))
            .calls(&["ok", "EHOSTUNREACH"])
            .check(goes_on),
        call_answered("ICMP: administratively prohibited", Answer::Unreachable(IcmpCode::Admin))
            .calls(&["ok", "EHOSTUNREACH"])
            .check(goes_on),
        call_answered("ICMP: port unreachable", Answer::Unreachable(IcmpCode::Port))
            .calls(&["ok", "ECONNREFUSED"]),
    ];
    Corner::new(
        "C21",
        "connect to a closed port, to silence, with ICMP errors",
        "reset: ECONNREFUSED; silence: ETIMEDOUT after 180 s or more; port unreachable: ECONNREFUSED; host unreachable: go on",
        scenes,
    )
    .policy("host unreachable and prohibited are soft: the SYN is sent again, and the reason is told when it gives up")
}
