//! The states of the kernel's connections.

use std::collections::BTreeMap;
use std::process::Command;

use cordial_tcp::Phase;

/// The state of each connection or listener, by the kernel's port; a connection counts before its listener.
pub fn by_port() -> BTreeMap<u16, Phase> {
    let listed = Command::new("ss").args(["-Htan"]).output().expect("ss (package iproute2) runs");
    let text = String::from_utf8_lossy(&listed.stdout);
    let mut states = BTreeMap::new();
    for (port, phase) in text.lines().filter_map(line) {
        let state = states.entry(port).or_insert(phase);
        if *state == Phase::Listen {
            *state = phase;
        }
    }
    states
}

/// `ESTAB 0 0 10.8.0.1:10000 10.8.0.2:20000`.
fn line(line: &str) -> Option<(u16, Phase)> {
    let mut words = line.split_whitespace();
    let phase = match words.next()? {
        "ESTAB" => Phase::Established,
        "SYN-SENT" => Phase::SynSent,
        "SYN-RECV" => Phase::SynReceived,
        "FIN-WAIT-1" => Phase::FinWait1,
        "FIN-WAIT-2" => Phase::FinWait2,
        "TIME-WAIT" => Phase::TimeWait,
        "CLOSE-WAIT" => Phase::CloseWait,
        "LAST-ACK" => Phase::LastAck,
        "CLOSING" => Phase::Closing,
        "LISTEN" => Phase::Listen,
        _ => return None,
    };
    let (_, port) = words.nth(2)?.rsplit_once(':')?;
    Some((port.parse().ok()?, phase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_port_and_a_state() {
        let told = "SYN-RECV  0  0  10.8.0.1%beside0:10007  10.8.0.2:20007";
        assert_eq!(line(told), Some((10_007, Phase::SynReceived)));
        assert_eq!(line("UNCONN 0 0 0.0.0.0:10000 *:*"), None);
        assert_eq!(line(""), None);
    }
}
