//! Every case of the laboratory made anew, with the kernel's TCP at both ends.
//!
//! Needs root, `/dev/net/tun`, and `ip`, `ss` (iproute2), `nft` (nftables), `dumpcap` (wireshark-common).

mod lab;

mod with_peers {
    use std::sync::Mutex;
    use std::time::Duration;

    use cordial_explain::capture::explain_capture;

    use crate::lab::case::Case;
    use crate::lab::cases;
    use crate::lab::judge::Judge;
    use crate::lab::tap::Recording;

    /// Scenes made at the same time, besides those that only wait. More would keep each other waiting.
    const WORKERS: usize = 4;
    /// A wire that stood still for longer than this makes timers run out that should not.
    const LONGEST_STALL: Duration = Duration::from_millis(60);
    /// How often a scene is made again because the machine was too busy for it.
    const TRIES: u32 = 20;

    /// `CORDIAL_LAB_ONLY=name` makes only the cases with that in their name, `CORDIAL_KEEP_CAPTURES=1` keeps what is
    /// made.
    #[test]
    fn connections_of_the_kernel_are_told_as_they_were() {
        let only = std::env::var("CORDIAL_LAB_ONLY").unwrap_or_default();
        let is_wanted = |case: &&'static Case| case.name.contains(&only);
        let long: Vec<_> = cases::long().iter().filter(is_wanted).collect();
        let short: Vec<_> = cases::short().filter(is_wanted).collect();
        assert!(long.len() + short.len() > 0, "no case has {only} in its name");
        let mut judge = Judge::default();
        for (case, made) in make_all(&long, short) {
            let Some(made) = made else {
                judge.unreadable(case.name, &"could not be made: see above");
                continue;
            };
            for recording in made {
                let name = recording.tap.file(case.name);
                keep(&name, &recording);
                match explain_capture(&recording.octets[..]) {
                    Ok(stories) => judge.capture(&name, recording.tap.expects, &stories),
                    Err(error) => judge.unreadable(&name, &error),
                }
            }
        }
        println!("{}", judge.report());
        assert!(judge.is_content(), "{}", judge.report());
    }

    type Made = (&'static Case, Option<Vec<Recording>>);

    /// Makes the long ones all at once, for they only wait, and the others a few at a time.
    fn make_all(long: &[&'static Case], short: Vec<&'static Case>) -> Vec<Made> {
        let left = Mutex::new(short.into_iter());
        let next = || left.lock().ok()?.next();
        std::thread::scope(|scope| {
            let waiting: Vec<_> = long.iter().map(|case| scope.spawn(|| vec![make(case)])).collect();
            let workers: Vec<_> =
                (0..WORKERS).map(|_| scope.spawn(|| std::iter::from_fn(next).map(make).collect())).collect();
            let threads = waiting.into_iter().chain(workers);
            threads.flat_map(|thread| thread.join().expect("a scene's panic is caught")).collect()
        })
    }

    /// Makes a case, again if the machine did not let the wire do its work.
    fn make(case: &'static Case) -> Made {
        for _ in 0..TRIES {
            let Ok(made) = std::panic::catch_unwind(|| (case.scene)(case.taps)) else { continue };
            if made.iter().all(|recording| recording.stalled <= LONGEST_STALL) {
                return (case, Some(made));
            }
        }
        eprintln!("{}: a panic above, or the machine is too busy", case.name);
        (case, None)
    }

    /// Writes a capture to where `captures.rs` finds it, if asked to; else to the build's own folder for such things,
    /// where one can look at what was complained of.
    fn keep(name: &str, recording: &Recording) {
        let folder = match std::env::var_os("CORDIAL_KEEP_CAPTURES") {
            Some(_) => concat!(env!("CARGO_MANIFEST_DIR"), "/tests/captures"),
            None => env!("CARGO_TARGET_TMPDIR"),
        };
        std::fs::write(std::path::Path::new(folder).join(name), &recording.octets)
            .expect("the folder may be written");
    }
}
