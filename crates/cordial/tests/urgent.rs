//! Urgent data between two hosts.

mod common;

use std::io::ErrorKind;

use common::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// MUST-30 to MUST-33: told while its octets are on their way, read in line, and a read ends at the mark.
#[test]
fn urgent_data_is_told_and_read_in_line() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let (mut near, mut far) = connected(&a, &b).await;
        let waits = async { far.urgent().await.expect("told") };
        let says = async {
            near.write_all(b"hello ").await.expect("writes");
            near.write_urgent(b"world!").await.expect("writes");
        };
        let (told, ()) = tokio::join!(waits, says);
        assert_eq!(told, Some(12));
        near.shutdown().await.expect("shuts down");
        let mut before = [0; 11];
        far.read_exact(&mut before).await.expect("reads");
        assert_eq!((&before, far.at_mark(), far.urgent_left()), (b"hello world", true, 1));
        let mut rest = String::new();
        far.read_to_string(&mut rest).await.expect("reads");
        assert_eq!((rest.as_str(), far.at_mark(), far.urgent_left()), ("!", false, 0));
        assert_eq!(far.urgent().await.expect("the end"), None, "nobody waits for what cannot come");
        let late = near.try_write_urgent(b"late").expect_err("it said goodbye");
        assert_eq!(late.kind(), ErrorKind::BrokenPipe);
    });
}
