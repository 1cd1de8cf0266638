//! ping: our own names, by short messages and by ones that come in fragments.

use super::super::harness::Scratch;
use super::way::Way;

#[test]
fn ping_hears_our_names() {
    let scratch = Scratch::new();
    for way in Way::ALL {
        for name in ["hello.cordial", "host.cordial", "gateway.cordial"] {
            for length in [56, 5_000] {
                // With -w it waits for three answers, and no less for the last than for the first.
                let script = format!("ping -n {} -c 3 -i 0.05 -w 20 -s {length} -p a5c3 {name}", way.flag());
                let ended = way.run(&scratch, &script);
                for sequence in 1..=3 {
                    let answer = format!("icmp_seq={sequence} ");
                    assert!(ended.stdout.contains(&answer), "{way}: {answer}: {ended}");
                }
                assert!(!ended.stdout.contains("wrong data"), "{way}: {ended}");
            }
        }
    }
}
