//! What the SYNs agree on: options, numbers, addresses.

use std::sync::Arc;

use cordial_sim::{CLIENT, Fate, SERVER};
use cordial_wire::Flags;

use super::{caller, listener, quiet};
use crate::corner::Corner;
use crate::scene::Scene;
use crate::stage::{FROM, PORT};
use crate::variant::Sent;

pub fn one_sided_scale() -> Corner {
    let talk = |name: &str| {
        Scene::new(name, |stage| {
            stage.server(listener().read_to_end().write(20_000).close());
            stage.client(caller().write(20_000).shutdown_write().read_to_end().close());
        })
    };
    let only = |whose| {
        move |host, config: &mut cordial_stack::Config| {
            Arc::make_mut(&mut config.tcp).window_scaling = host == whose;
        }
    };
    let with_scale = |name: &'static str, segment: &'static str, shift: u8| {
        Scene::new(name, move |stage| {
            let scaled = move |edit: &mut cordial_sim::Edit| edit.header.options.window_scale = Some(shift);
            stage.befalls(segment, Fate::Rewrite(Box::new(scaled)));
            stage.server(listener().read_to_end().write(20_000).close());
            stage.client(caller().write(20_000).shutdown_write().read_to_end().close());
        })
    };
    let scenes = vec![
        talk("only the client offers it").set(only(CLIENT)),
        talk("only the server would").set(only(SERVER)),
        with_scale("only the SYN-ACK has it", "s1", 7).set(only(SERVER)),
        with_scale("15", "c1", 15),
    ];
    Corner::new(
        "C27",
        "window scale on one side only; on the SYN-ACK only; 15",
        "off both ways; ignored; 14",
        scenes,
    )
}

pub fn timestamps_while_opening() -> Corner {
    let echo = |name: &'static str, lost: Option<&'static str>| {
        Scene::new(name, move |stage| {
            lost.iter().for_each(|lost| stage.befalls(lost, Fate::Drop));
            stage.server(listener().read_to_end().close());
            stage.client(caller().write(5).close());
        })
        .check(|played| {
            let mut syns = played.sent.iter().filter(|sent| sent.text == "SYN seq=100");
            let answer =
                played.sent.iter().rfind(|sent| sent.text == "SYN+ACK seq=300 ack=101").expect("one");
            let last = syns.rfind(|syn| syn.at < answer.at).expect("one came before");
            let of = |sent: &Sent| sent.header.options.timestamps.expect("timestamps");
            assert_eq!(of(answer).echo, of(last).value, "the latest SYN's");
        })
    };
    let only = |name: &'static str, whose| {
        Scene::new(name, |stage| {
            stage.server(listener().read_to_end().close());
            stage.client(caller().write(5).close());
        })
        .set(move |host, config| Arc::make_mut(&mut config.tcp).timestamps = host == whose)
        .check(|played| {
            let later = played.sent.iter().filter(|sent| !sent.header.flags.contains(Flags::SYN));
            assert!(later.into_iter().all(|sent| sent.header.options.timestamps.is_none()));
        })
    };
    let scenes = vec![
        echo("both have them", None),
        echo("the SYN is lost, and comes again with another value", Some("c1")),
        echo("the SYN-ACK is lost", Some("s1")),
        only("only the client", CLIENT),
        only("only the server", SERVER),
    ];
    Corner::new(
        "C28",
        "timestamps of SYN and SYN-ACK; on one side only; another SYN",
        "the SYN-ACK echoes the latest SYN's",
        scenes,
    )
    .tables(&[
        "crates/tcp/tests/corner_opening.rs::corner_c28_a_syn_that_comes_again_brings_a_newer_timestamp",
    ])
}

pub fn numbers_wrap() -> Corner {
    let talk = |name: &str, client: u32, server: u32| {
        Scene::new(name, |stage| {
            stage.server(listener().read(5).write(3_000).read_to_end().close());
            stage.client(caller().write(5).read(3_000).close());
        })
        .numbered(&[client], &[server])
        .check(|played| {
            assert_eq!((played.outcome.end(CLIENT).read, played.outcome.end(SERVER).read), (3_000, 5));
        })
    };
    let scenes = vec![
        talk("2^32 - 1 on both sides", u32::MAX, u32::MAX),
        talk("within the octets", u32::MAX - 3, u32::MAX - 1_000),
        talk("at 2^31", (1 << 31) - 2, 1 << 31),
    ];
    Corner::new("C30", "initial numbers at the end of the circle", "everything else is the same", scenes)
        .tables(&["crates/tcp/tests/corner_opening.rs::corner_c30_numbers_wrap"])
}

pub fn impossible_addresses() -> Corner {
    let scene = Scene::new("each is met with silence, and an honest call is not", |stage| {
        for (nth, ends) in [
            ("10.0.0.66:4000", "10.0.0.255:80"),
            ("10.0.0.66:4000", "255.255.255.255:80"),
            ("10.0.0.66:4000", "224.0.0.1:80"),
            ("224.0.0.1:4000", "10.0.0.1:80"),
            ("255.255.255.255:4000", "10.0.0.1:80"),
            ("0.0.0.0:4000", "10.0.0.1:80"),
            ("127.0.0.1:4000", "10.0.0.1:80"),
            ("10.0.0.255:4000", "10.0.0.1:80"),
            ("10.0.0.1:80", "10.0.0.1:80"),
        ]
        .into_iter()
        .enumerate()
        {
            stage.stray_between(1 + nth as u64, ends, SERVER, "SYN seq=7");
        }
        stage.stray_from(500, "10.0.0.66:4000", SERVER, "RST seq=0");
        stage.server(listener().read_to_end().close());
        stage.client(quiet(1_000).connect_from(FROM, (SERVER, PORT)).write(5).close());
    })
    .check(|played| {
        assert!(
            played.answers(SERVER)[..9].iter().all(|answers| answers.is_empty()),
            "{:?}",
            played.answers(SERVER)
        );
    });
    Corner::new(
        "C31",
        "SYNs to broadcast and multicast, from impossible sources, from oneself",
        "silence",
        vec![scene],
    )
}
