//! Whole scenes that many cases share: what differs is the world, and what is set up in it.

use super::bench::{Bench, World, sleep};
use super::talk::{Talk, chat, good_bye};
use super::tap::{Recording, Tap};

/// A connection with a question, an answer, and a goodbye in four steps.
pub fn talk(world: World, taps: &'static [Tap], set_up: impl FnOnce(&Bench)) -> Vec<Recording> {
    connection(world, taps, set_up, chat)
}

/// So many octets up.
pub fn upload(
    world: World,
    taps: &'static [Tap],
    octets: usize,
    set_up: impl FnOnce(&Bench),
) -> Vec<Recording> {
    connection(world, taps, set_up, |client, server| {
        client.stream(&server, octets);
        // The last acknowledgments arrive before the goodbye.
        sleep(100);
        good_bye(client, server);
    })
}

/// A short question, and so many octets down.
pub fn download(
    world: World,
    taps: &'static [Tap],
    octets: usize,
    set_up: impl FnOnce(&Bench),
) -> Vec<Recording> {
    connection(world, taps, set_up, |client, server| {
        client.tell(&server, 100);
        server.stream(&client, octets);
        sleep(200);
        good_bye(client, server);
    })
}

fn connection(
    world: World,
    taps: &'static [Tap],
    set_up: impl FnOnce(&Bench),
    goes: impl FnOnce(Talk, Talk),
) -> Vec<Recording> {
    let bench = Bench::new(world, taps);
    set_up(&bench);
    let (client, server) = bench.open();
    goes(client, server);
    bench.finish()
}
