//! Fast open (RFC 7413).

use std::num::NonZeroU32;
use std::sync::Arc;

use cordial_sim::{CLIENT, Call, Edit, Fate, SERVER, Task};
use cordial_stack::{CloseCause, ListenConfig};
use cordial_wire::{FastOpen, Flags};

use super::quiet;
use crate::corner::Corner;
use crate::scene::{Played, Scene};
use crate::stage::{FROM, PORT, Stage};

/// When the second call is made, the one that may bring octets.
const SECOND: u64 = 10_000;

/// A first connection, for the cookie; then one whose octets are there when its SYN leaves.
fn twice(stage: &mut Stage, octets: u64) {
    let fast = ListenConfig { backlog: Some(4), fast_open: NonZeroU32::new(4), ..ListenConfig::default() };
    stage.world.listen_with(SERVER, PORT, fast).expect("the port is free");
    stage.server(Task::new().accept(PORT).read_to_end().close());
    stage.server(quiet(SECOND - 1_000).accept(PORT).read_to_end().close());
    stage.client(Task::new().connect_from(FROM, (SERVER, PORT)).close());
    let second = quiet(SECOND).connect_without_waiting(FROM + 1, (SERVER, PORT));
    stage.client(second.write(octets).shutdown_write().read_to_end().close());
}

fn fast(name: &str, octets: u64, more: impl Fn(&mut Stage) + 'static) -> Scene {
    Scene::new(name, move |stage| {
        twice(stage, octets);
        more(stage);
    })
    .set(|_, config| Arc::make_mut(&mut config.tcp).fast_open = true)
}

/// Octets on the SYN of the second call.
fn on_the_syn(played: &Played) -> Vec<&str> {
    let is_syn = |flags: Flags| flags.contains(Flags::SYN) && !flags.contains(Flags::ACK);
    let syns = played.sent.iter().filter(|sent| sent.from == Some(CLIENT) && sent.at >= SECOND);
    syns.filter(|sent| is_syn(sent.header.flags)).map(|sent| sent.text.as_str()).collect()
}

/// All that was written was read, once, and both connections ended well.
fn delivered(octets: u64) -> impl Fn(&Played) {
    move |played| {
        let read: u64 = played.outcome.ends.iter().map(|end| end.read).sum();
        assert_eq!(read, octets);
        assert!(played.outcome.ends.iter().all(|end| end.ended_by(CloseCause::Graceful)));
    }
}

pub fn fast_open() -> Corner {
    let scenes = vec![
        fast("a good cookie", 5, |_| {})
            .check(|played| assert_eq!(on_the_syn(played), ["SYN+DATA seq=1000100..1000106"]))
            .check(delivered(5)),
        fast("more octets than a segment holds", 5_000, |_| {}).check(delivered(5_000)),
        fast("a bad cookie", 5, |stage| {
            let other = |edit: &mut Edit| edit.header.options.fast_open = FastOpen::new(&[1; 8]);
            stage.befalls("c2:c1", Fate::Rewrite(Box::new(other)));
        })
        .check(delivered(5)),
        fast("the SYN with octets is lost: the next is a plain one", 5, |stage| {
            stage.befalls("c2:c1", Fate::Drop)
        })
        .check(|played| assert_eq!(on_the_syn(played)[1..], ["SYN seq=1000100"]))
        .check(delivered(5)),
        fast("nobody listens any more", 5, |stage| {
            stage.server(quiet(SECOND - 2_000).call(Call::Unlisten { port: PORT }));
        })
        .check(|played| assert_eq!(on_the_syn(played), ["SYN+DATA seq=1000100..1000106"]))
        .calls(&[
            "ok ok ok",
            "ENOTCONN ENOTCONN ENOTCONN",
            "ok ok",
            "ok ok ok ECONNREFUSED ok",
            "ok",
        ]),
        fast("a cookie that was never given", 5, |stage| {
            stage.befalls(
                "s1",
                Fate::Rewrite(Box::new(|edit: &mut Edit| edit.header.options.fast_open = None)),
            );
        })
        .check(delivered(5)),
    ];
    Corner::new(
        "C29",
        "fast open: a good cookie, a bad one, the SYN lost, a reset, octets over the MSS, the SYN and its octets twice",
        "octets on the SYN are delivered once; without a good cookie they follow the handshake",
        scenes,
    )
    .policy("off unless asked for; a copy of the SYN is delivered twice only where the server has forgotten the first")
    .tables(&["crates/stack/tests/fast_open.rs::a_cookie_is_asked_for_and_brought_back_with_data"])
}
