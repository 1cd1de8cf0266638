//! tshark reads what we write.

use std::fs;
use std::process::Command;

use crate::packets::capture;

/// A checker that knows nothing of us finds nothing to complain about.
#[test]
fn tshark_finds_nothing_wrong() {
    let path = std::env::temp_dir().join(format!("cordial-trace-{}.pcapng", std::process::id()));
    fs::write(&path, capture()).expect("a temporary file");
    let output = Command::new("tshark")
        .args(["-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-r"])
        .arg(&path)
        .args(["-T", "fields", "-e", "frame.number", "-e", "tcp.len", "-e", "ip.checksum.status"])
        .args(["-e", "tcp.checksum.status", "-e", "_ws.expert.message", "-e", "_ws.malformed"])
        .output();
    fs::remove_file(&path).expect("the temporary file is ours");
    let output = output.expect("tshark is needed for this test: install the Debian package `tshark`");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    let lengths: Vec<&str> = rows.iter().map(|row| row[1]).collect();
    assert_eq!(lengths, ["0", "0", "0", "40000", "0"], "{text}");
    for row in &rows {
        assert_eq!(row[2..4], ["1", "1"], "both checksums are good: {text}");
        for trouble in ["retransmission", "out-of-order", "ncorrect", "alformed", "bogus", "previous segment"]
        {
            assert!(!row[4].contains(trouble), "{text}");
        }
        assert_eq!(row.get(5).copied().unwrap_or_default(), "", "{text}");
    }
}
