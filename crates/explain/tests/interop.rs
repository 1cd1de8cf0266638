//! Every case of the laboratory made anew, with the kernel's TCP at both ends.
//!
//! Needs root, `/dev/net/tun`, and `ip`, `ss` (iproute2), `nft` (nftables), `dumpcap` (wireshark-common).

mod lab;

mod with_peers {
    use std::io::Write;

    use cordial_explain::capture::explain_capture;

    use crate::lab::case::Case;
    use crate::lab::cases;
    use crate::lab::judge::Judge;
    use crate::lab::tap::Recording;

    /// `CORDIAL_LAB_ONLY=name` makes only the cases with that in their name, `CORDIAL_KEEP_CAPTURES=1` keeps what is
    /// made.
    #[test]
    fn connections_of_the_kernel_are_told_as_they_were() {
        let only = std::env::var("CORDIAL_LAB_ONLY").unwrap_or_default();
        let cases: Vec<&'static Case> = cases::all().filter(|case| case.name.contains(&only)).collect();
        assert!(!cases.is_empty(), "no case has {only} in its name");
        let mut judge = Judge::default();
        for (case, made) in make(&cases) {
            for recording in made {
                let name = recording.tap.file(case);
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

    /// Makes all at once: they mostly wait.
    fn make(cases: &[&'static Case]) -> Vec<(&'static str, Vec<Recording>)> {
        std::thread::scope(|scope| {
            let start = |case: &&'static Case| {
                let Case { name, scene, taps, .. } = **case;
                let run = move || scene(taps);
                (name, std::thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, run))
            };
            let threads: Vec<_> = cases.iter().map(start).collect();
            let end = |(name, thread): (_, std::io::Result<std::thread::ScopedJoinHandle<'_, _>>)| {
                (
                    name,
                    thread.expect("a thread").join().unwrap_or_else(|_| panic!("{name} could not be made")),
                )
            };
            threads.into_iter().map(end).collect()
        })
    }

    /// Writes a capture to where `captures.rs` finds it, if asked to.
    fn keep(name: &str, recording: &Recording) {
        if std::env::var_os("CORDIAL_KEEP_CAPTURES").is_none() {
            return;
        }
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
        std::fs::File::create(folder.join(name))
            .and_then(|mut file| file.write_all(&recording.octets))
            .expect("the folder may be written");
    }
}
