//! A host behind a path: what is under way comes out by the driver's own timer, and nobody has to knock.

mod common;

use std::time::Duration;

use common::{A, B, connected, in_virtual_time, link, pattern};
use cordial::Host;
use cordial::device::{Path, PathConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

const MS: Duration = Duration::from_millis(1);

/// Hosts `a` and `b`, with a path in front of `a`.
fn hosts_apart(config: PathConfig) -> (Host, Host) {
    let (left, right) = link(false);
    let path = Path::new(left, config, ());
    let a = Host::builder().address(A).seed([1; 32]).start(path).expect("starts");
    (a, Host::builder().address(B).seed([2; 32]).start(right).expect("starts"))
}

#[test]
fn a_handshake_takes_the_way_there_and_back() {
    in_virtual_time(async || {
        let (a, b) = hosts_apart(PathConfig { delay: 50 * MS, rate: None });
        let begun = Instant::now();
        let (mut near, mut far) = connected(&a, &b).await;
        // SYN, SYN-ACK, and the ACK that lets `b` accept it.
        let took = begun.elapsed();
        assert!((150 * MS..160 * MS).contains(&took), "{took:?}");

        let begun = Instant::now();
        near.write_all(b"ping").await.expect("writes");
        let mut buffer = [0; 4];
        far.read_exact(&mut buffer).await.expect("reads");
        far.write_all(b"pong").await.expect("writes");
        near.read_exact(&mut buffer).await.expect("reads");
        let took = begun.elapsed();
        assert!((100 * MS..110 * MS).contains(&took), "{took:?}");
        assert_eq!(&buffer, b"pong");
    });
}

#[test]
fn a_narrow_path_carries_everything_in_its_own_time() {
    in_virtual_time(async || {
        let (a, b) = hosts_apart(PathConfig { delay: 5 * MS, rate: Some(8_000_000) });
        let (mut near, mut far) = connected(&a, &b).await;
        let sent = pattern(1_000_000);
        let begun = Instant::now();
        let (written, got) = tokio::join!(
            async {
                near.write_all(&sent).await?;
                near.shutdown().await
            },
            async {
                let mut got = Vec::new();
                far.read_to_end(&mut got).await.map(|_| got)
            }
        );
        written.expect("writes");
        assert!(got.expect("reads") == sent, "it arrives whole");
        // A megabyte at a megabyte a second, and its headers; what its queue loses costs a little more.
        let took = begun.elapsed();
        assert!((1_000 * MS..2_500 * MS).contains(&took), "{took:?}");
    });
}
