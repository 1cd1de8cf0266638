//! Closing: four segments, three, and what comes between them.

use std::sync::Arc;
use std::time::Duration;

use cordial_sim::{Action, CLIENT, Call, Fate, HostId, Link, Oracle, SERVER, TooBig, Way, WireId};
use cordial_stack::{CloseCause, Config};
use cordial_wire::Flags;

use super::life::{ANSWER, GOODBYE, Moment};
use super::{caller, listener, quiet};
use crate::corner::Corner;
use crate::scene::{Played, Scene};
use crate::stage::{FROM, PORT, moment};

const SECOND: Duration = Duration::from_secs(1);

/// Both ends ended by acknowledgment.
pub fn gracefully(played: &Played) {
    let is_graceful = |host: HostId| played.outcome.end(host).ended_by(CloseCause::Graceful);
    assert!([CLIENT, SERVER].into_iter().all(is_graceful));
}

/// The host's receive buffer is no larger than this.
pub fn receives(whose: HostId, octets: u32) -> impl Fn(HostId, &mut Config) {
    move |host, config| {
        if host == whose {
            let tcp = Arc::make_mut(&mut config.tcp);
            (tcp.receive_buffer, tcp.receive_buffer_max) = (octets, octets);
        }
    }
}

fn one_after_the_other(name: &str, lost: &'static [&'static str]) -> Scene {
    Scene::new(name, move |stage| {
        lost.iter().for_each(|lost| stage.befalls(lost, Fate::Drop));
        stage.server(listener().read_to_end().close());
        stage.client(caller().close());
    })
    .states(&["client CLOSED after TIME_WAIT", "server CLOSED after LAST_ACK"])
    .check(gracefully)
}

pub fn active_and_passive() -> Corner {
    let scenes = vec![
        one_after_the_other("the client closes first", &[]).wire(&[
            "client SYN seq=100",
            "server SYN+ACK seq=300 ack=101",
            "client ACK seq=101 ack=301",
            "client FIN+ACK seq=101 ack=301",
            "server FIN+ACK seq=301 ack=102",
            "client ACK seq=102 ack=302",
        ]),
        one_after_the_other("its FIN is lost", &["c3"]),
        one_after_the_other("its FIN is lost twice", &["c3", "c4"]),
        one_after_the_other("the answering FIN is lost", &["s2"]),
        one_after_the_other("the answering FIN is lost twice", &["s2", "s3"]),
        one_after_the_other("the last ACK is lost", &["c4"]),
        one_after_the_other("the last ACK is lost twice", &["c4", "c5"]),
        Scene::new("the server closes first", |stage| {
            stage.server(listener().close());
            stage.client(caller().read_to_end().close());
        })
        .states(&["client CLOSED after LAST_ACK", "server CLOSED after TIME_WAIT"])
        .check(gracefully),
    ];
    Corner::new(
        "C44",
        "active and passive close; each of the four segments lost, once and twice",
        "CLOSED both, TIME-WAIT at the closer",
        scenes,
    )
    .tables(&["crates/tcp/tests/corner_closing.rs::corner_c44_active_and_passive_close_under_every_loss"])
}

pub fn simultaneous_close() -> Corner {
    let both = |name: &str, lost: &'static [&'static str]| {
        Scene::new(name, move |stage| {
            lost.iter().for_each(|lost| stage.befalls(lost, Fate::Drop));
            stage.server(listener().at(moment(GOODBYE)).shutdown_write().read_to_end().close());
            stage.client(caller().at(moment(GOODBYE)).shutdown_write().read_to_end().close());
        })
        .states(&["client CLOSED after TIME_WAIT", "server CLOSED after TIME_WAIT"])
        .check(gracefully)
    };
    let scenes = vec![
        both("the FINs cross", &[]).wire(&[
            "client SYN seq=100",
            "server SYN+ACK seq=300 ack=101",
            "client ACK seq=101 ack=301",
            "client FIN+ACK seq=101 ack=301",
            "server FIN+ACK seq=301 ack=101",
            "server ACK seq=302 ack=102",
            "client ACK seq=102 ack=302",
        ]),
        both("and one ACK is lost", &["c4"]),
        both("and both ACKs are lost", &["c4", "s3"]),
        Moment::SYNCHRONIZED[4].strays("the FIN comes again in CLOSING", vec!["FIN seq=301 ack=101".into()]),
    ];
    Corner::new(
        "C45",
        "simultaneous close; with the ACKs lost",
        "CLOSING, TIME-WAIT both; a FIN again in CLOSING is answered",
        scenes,
    )
    .tables(&["crates/tcp/tests/corner_closing.rs::corner_c45_simultaneous_close_under_every_loss"])
}

pub fn three_segments() -> Corner {
    let scene = Scene::new("FIN, FIN with the ACK of the first, ACK", |stage| {
        stage.server(listener().read_to_end().close());
        stage.client(caller().close());
    })
    .check(|played| {
        let last: Vec<_> = played.sent[played.sent.len() - 3..].iter().map(ToString::to_string).collect();
        assert_eq!(
            last,
            [
                "client FIN+ACK seq=101 ack=301",
                "server FIN+ACK seq=301 ack=102",
                "client ACK seq=102 ack=302"
            ]
        );
        assert!(
            !passes(played, "FIN_WAIT_2") && !passes(played, "CLOSING"),
            "from FIN-WAIT-1 straight to TIME-WAIT"
        );
    });
    Corner::new("C46", "three segments", "FIN-WAIT-1 to TIME-WAIT directly", vec![scene])
        .tables(&["crates/tcp/tests/corner_closing.rs::corner_c46_three_segments"])
}

/// Some end was in this state.
fn passes(played: &Played, state: &str) -> bool {
    let ends = played.world.events().iter().filter_map(|event| event.ends);
    ends.flat_map(|ends| [ends.client.after, ends.server.after])
        .flatten()
        .any(|phase| phase.to_string() == state)
}

pub fn fin_with_data() -> Corner {
    let scenes = vec![
        Scene::new("in one segment", |stage| {
            stage.server(listener().read_to_end().close());
            stage.client(caller().write(1_000).close());
        })
        .wire(&[
            "client SYN seq=100",
            "server SYN+ACK seq=300 ack=101",
            "client ACK seq=101 ack=301",
            "client FIN+DATA seq=101..1101 ack=301",
            "server FIN+ACK seq=301 ack=1102",
            "client ACK seq=1102 ack=302",
        ]),
        Scene::new("a thousand octets and a FIN into a window of 600", |stage| {
            // A sender that knows the window cuts it in two; this one does not care.
            stage.stray(GOODBYE, SERVER, "FIN+DATA seq=101..1101 ack=301");
            stage.server(listener().at(moment(20_000)).read_to_end().close());
            stage.client(caller().at(moment(30_000)).write(1_000).close());
        })
        .plain()
        .set(receives(SERVER, 600))
        .check(|played| {
            assert!(!played.times(SERVER, "ACK seq=301 ack=701").is_empty(), "up to the window, and no FIN");
            assert_eq!(played.outcome.end(SERVER).read, 1_000);
        })
        .allow(Oracle::Stream, "it is told of octets that the client writes only later")
        .allow(Oracle::Legal, "it acknowledges octets that the client writes only later"),
    ];
    Corner::new(
        "C47",
        "a FIN with octets; octets beyond the window",
        "octets, then the end; the FIN is cut off with what is over",
        scenes,
    )
    .tables(&["crates/tcp/tests/corner_closing.rs::corner_c47_fin_with_data"])
}

pub fn fin_out_of_order() -> Corner {
    let hole = |name: &str| {
        Scene::new(name, |stage| {
            stage.loses_first(|segment| !segment.payload.is_empty());
            stage.server(listener().read_to_end().close());
            stage.client(
                caller()
                    .call(Call::Nodelay(true))
                    .write(10)
                    .after(Duration::from_millis(1))
                    .write(10)
                    .close(),
            );
        })
        .check(|played| {
            assert_eq!((played.outcome.end(SERVER).read, played.outcome.end(SERVER).has_read_end), (20, true))
        })
    };
    let scenes = vec![
        hole("octets and FIN after a hole"),
        hole("without options").plain(),
        Scene::new("the FIN alone, before a hole, and again", |stage| {
            stage.stray(GOODBYE - 10, SERVER, "FIN seq=106 ack=301");
            stage.stray(GOODBYE - 9, SERVER, "FIN seq=106 ack=301");
            stage.server(listener().read_to_end().close());
            stage.client(caller().at(moment(GOODBYE)).write(5).close());
        })
        .plain()
        .check(|played| {
            assert_eq!(played.answers(SERVER)[0], ["ACK seq=301 ack=101"], "its hole is told of");
            assert_eq!((played.outcome.end(SERVER).read, played.outcome.end(SERVER).has_read_end), (5, true));
        }),
    ];
    Corner::new(
        "C48",
        "a FIN out of order, before a hole, twice",
        "the end only at the end, once; duplicate ACKs",
        scenes,
    )
    .tables(&["crates/tcp/tests/corner_closing.rs::corner_c48_fin_out_of_order"])
}

pub fn data_after_the_fin() -> Corner {
    let strays = |at: Moment| {
        let texts = vec![
            "DATA seq=91..101 ack=301".to_owned(),
            "FIN+DATA seq=91..101 ack=301".to_owned(),
            format!("DATA seq={}..{} ack=301", at.rcv_nxt, at.rcv_nxt + 10),
        ];
        at.strays("octets again, and octets beyond the FIN", texts).check(move |played| {
            let ack = format!("ACK seq={} ack=102", at.snd_nxt);
            assert!(played.answers(SERVER).iter().all(|answers| answers[0] == ack));
            assert_eq!(played.outcome.end(SERVER).read, 0, "ignored");
        })
    };
    let scenes = vec![strays(Moment::SYNCHRONIZED[3]), strays(Moment::SYNCHRONIZED[5])];
    Corner::new("C49", "octets again after the FIN; octets beyond it", "an ACK; ignored", scenes)
        .tables(&["crates/tcp/tests/corner_closing.rs::corner_c49_data_again_or_beyond_after_the_fin"])
}

pub fn last_ack_lost() -> Corner {
    let lost = |times: usize| {
        const LAST: [&str; 5] = ["c4", "c5", "c6", "c7", "c8"];
        one_after_the_other(&format!("the final ACK lost {times} times"), &LAST[..times]).check(
            move |played| {
                let fins = played.times(SERVER, "FIN+ACK seq=301 ack=102");
                assert_eq!(fins.len(), times + 1);
                let gaps: Vec<u64> = fins.windows(2).map(|pair| pair[1] - pair[0]).collect();
                assert!(gaps.windows(2).all(|pair| pair[1] >= 2 * pair[0] - 1), "backoff: {gaps:?}");
            },
        )
    };
    let mut scenes: Vec<Scene> = (1..=5).map(lost).collect();
    scenes.push(
        Scene::new("the peer is gone", |stage| {
            stage.server(listener().read_to_end().at(moment(ANSWER)).close());
            stage.client(caller().close());
            stage.at(ANSWER - 5_000, Action::Crash(CLIENT));
        })
        .check(|played| {
            assert!(played.outcome.end(SERVER).ended_by(CloseCause::TimedOut));
            assert!(played.times(SERVER, "FIN+ACK seq=301 ack=102").len() > 4, "R2");
        }),
    );
    Corner::new(
        "C51",
        "LAST-ACK: the final ACK lost, several times; the peer gone",
        "the FIN again, backing off; at R2 CLOSED",
        scenes,
    )
    .tables(&["crates/tcp/tests/corner_closing.rs::corner_c51_last_ack_without_answer"])
}

pub fn reset_in_last_ack() -> Corner {
    let scene = |at: Moment, more: &'static [&'static str]| {
        at.strays("an exact reset", vec![format!("RST seq={}", at.rcv_nxt)])
            .check(move |played| {
                assert!(played.outcome.end(at.host).ended_by(CloseCause::Graceful), "no error")
            })
            .except("no reset comes, or none that is exact, or a FIN is not said again", more)
    };
    let scenes = vec![
        scene(
            Moment::SYNCHRONIZED[5],
            &["lose server FIN+ACK seq=301 ack=102", "swap server FIN+ACK seq=301 ack=102"],
        ),
        scene(
            Moment::SYNCHRONIZED[4],
            &[
                "lose stray RST seq=302",
                "lose client FIN+ACK seq=101 ack=301",
                "lose server FIN+ACK seq=301 ack=101",
                "swap server FIN+ACK seq=301 ack=101",
                "lose client ACK seq=102 ack=302",
                "swap client ACK seq=102 ack=302",
            ],
        ),
    ];
    Corner::new("C52", "a reset in LAST-ACK and CLOSING", "CLOSED, no error", scenes)
        .tables(&["crates/tcp/tests/corner_closing.rs::corner_c52_reset_in_last_ack_and_closing"])
}

pub fn new_syn_in_last_ack() -> Corner {
    let scene = Scene::new("the client has rebooted, and calls from the same port", |stage| {
        stage.server(listener().read_to_end().at(moment(ANSWER)).close());
        stage.server(quiet(10).accept(PORT).read_to_end().close());
        stage.client(caller().close());
        stage.at(ANSWER - 5_000, Action::Crash(CLIENT));
        stage.at(ANSWER + 50, Action::Reboot(CLIENT));
        stage.client(quiet(ANSWER + 60).connect_from(FROM, (SERVER, PORT)).write(5).close());
    })
    .plain()
    .wire(&[
        "client SYN seq=100",
        "server SYN+ACK seq=300 ack=101",
        "client ACK seq=101 ack=301",
        "client FIN+ACK seq=101 ack=301",
        "server ACK seq=301 ack=102",
        "server FIN+ACK seq=301 ack=102",
        "client SYN seq=1000100",
        "server ACK seq=302 ack=102",
        "client RST seq=102",
        "client SYN seq=1000100",
        "server SYN+ACK seq=1000300 ack=1000101",
        "client ACK seq=1000101 ack=1000301",
        "client FIN+DATA seq=1000101..1000106 ack=1000301",
        "server FIN+ACK seq=1000301 ack=1000107",
        "client ACK seq=1000107 ack=1000302",
    ]);
    Corner::new(
        "C53",
        "a new SYN in LAST-ACK",
        "a challenge, a reset, CLOSED; the SYN again opens",
        vec![scene],
    )
    .tables(&["crates/tcp/tests/corner_closing.rs::corner_c53_a_new_syn_in_last_ack"])
}

pub fn bulk_after_a_half_close() -> Corner {
    const OCTETS: u64 = 40_000;
    let scene = Scene::new("forty thousand octets after our FIN", |stage| {
        stage.server(listener().read_to_end().write(OCTETS).close());
        stage.client(caller().shutdown_write().read_to_end().close());
    })
    .check(|played| {
        assert_eq!(played.outcome.end(CLIENT).read, OCTETS);
        let after = played.sent.iter().filter(|sent| sent.from == Some(CLIENT) && sent.at > 40);
        assert!(
            after.clone().count() > 5 && after.clone().all(|sent| sent.header.seq.0 == 102),
            "SEQ is after the FIN"
        );
    });
    Corner::new(
        "C64",
        "much after a half-close",
        "all delivered; ACKs from FIN-WAIT-2 stand after the FIN",
        vec![scene],
    )
    .tables(&["crates/tcp/tests/corner_closing.rs::corner_c64_bulk_after_a_half_close"])
}

pub fn prompt_fin() -> Corner {
    let scene = Scene::new("a small tail behind what is not acknowledged", |stage| {
        stage.server(listener().read_to_end().close());
        stage.client(caller().write(2 * 1_448 + 10).close());
    })
    .check(|played| {
        let fin = played.sent.iter().find(|sent| sent.header.flags.contains(Flags::FIN)).expect("a FIN");
        assert_eq!(fin.at, 20, "neither Nagle nor an ACK that waits holds it back");
    });
    Corner::new(
        "C65",
        "Nagle's tail and a FIN; delayed ACKs and a FIN",
        "the FIN is not delayed",
        vec![scene],
    )
    .tables(&["crates/tcp/tests/corner_closing.rs::corner_c65_fin_is_not_delayed"])
}

pub fn fin_in_sequence_space() -> Corner {
    let scenes = vec![
        Scene::new("the FIN alone is lost", |stage| {
            stage.loses_first(|segment| segment.flags.contains(Flags::FIN));
            stage.server(listener().read_to_end().close());
            stage.client(caller().write(5).after(SECOND).close());
        })
        .check(|played| {
            assert_eq!(
                played.times(CLIENT, "FIN+ACK seq=106 ack=301").len(),
                2,
                "again under its own number"
            );
            gracefully(played);
        }),
        Scene::new("the segment before the FIN is lost", |stage| {
            stage.loses_first(|segment| !segment.payload.is_empty());
            stage.server(listener().read_to_end().close());
            stage.client(caller().write(10_000).close());
        })
        .check(|played| {
            assert_eq!(played.outcome.end(SERVER).read, 10_000);
            gracefully(played);
        }),
    ];
    Corner::new(
        "C66",
        "the FIN in sequence space: window, RTT, SACK, a tail of FIN only",
        "a FIN is sent again under its own number",
        scenes,
    )
    .tables(&[
        "crates/tcp/tests/corner_closing.rs::corner_c66_fin_in_sequence_space",
        "crates/tcp/tests/corner_closing.rs::corner_c66_selective_acknowledgment_of_a_fin",
    ])
}

/// The road becomes narrow, and says so, before two segments and a FIN are sent.
pub fn fin_on_a_narrow_road() -> Corner {
    const OCTETS: u64 = 2 * 1_448;
    let narrow = |name: &str, mtu: u16| {
        Scene::new(name, move |stage| {
            let link = Link::with_delay(Duration::from_millis(5)).narrow(mtu, TooBig::Icmp);
            stage.at(5_000, Action::SetLink(WireId(1), Way::There, link));
            stage.server(listener().read_to_end().close());
            stage.client(caller().at(moment(GOODBYE)).write(OCTETS).close());
        })
        .routed()
        .check(move |played| {
            assert_eq!(played.outcome.end(SERVER).read, OCTETS);
            gracefully(played);
            let fins = played.sent.iter().filter(|sent| sent.header.flags.contains(Flags::FIN));
            let its = fins.filter(|sent| sent.from == Some(CLIENT)).map(|sent| sent.header.seq.0);
            assert!(its.clone().count() > 1 && its.max() > Some(101 + 1_448), "on the last piece");
        })
    };
    let scenes = vec![narrow("one of 1,000 octets", 1_000), narrow("one of 1,400 octets", 1_400)];
    Corner::new(
        "C67",
        "a FIN, and the path's MTU goes down",
        "the FIN moves to the last new piece, under the same number",
        scenes,
    )
}
