//! Commands that have nothing to do here, because what they ask for is so anyhow.

/// Whether a command, word by word, is one of them.
pub(super) fn is_idle(words: &[&str]) -> bool {
    match words {
        ["true" | ":" | "sync"] => true,
        // Nothing is kept from one connection to the next.
        ["ip", "tcp_metrics", "flush"] | ["ip", "tcp_metrics", "flush", "all"] => true,
        ["ip", "route" | "ro" | "r", "flush", "cache"] => true,
        // What is sent leaves at once and in order.
        ["tc", "qdisc", "del" | "delete", ..] => true,
        ["tc", "qdisc", "add" | "replace" | "change", "dev", _, "root", queue] => {
            matches!(*queue, "pfifo" | "bfifo" | "pfifo_fast" | "noqueue")
        }
        // Nothing is cut or put together by a device.
        ["ethtool", "-K" | "--offload", _, settings @ ..] => {
            let (pairs, left) = settings.as_chunks::<2>();
            left.is_empty()
                && pairs.iter().all(|[feature, value]| feature.chars().all(is_plain) && *value == "off")
        }
        // The counters that it resets cannot be asked for.
        ["nstat", "-n"] => true,
        _ => false,
    }
}

fn is_plain(c: char) -> bool {
    c.is_ascii_lowercase() || c == '-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_decide() {
        let idle = |line: &str| is_idle(&line.split(' ').collect::<Vec<_>>());
        for line in [
            "true",
            "ip tcp_metrics flush all",
            "ip ro flush cache",
            "tc qdisc replace dev tun0 root pfifo",
            "ethtool -K tun0 tso off gso off",
            "nstat -n",
        ] {
            assert!(idle(line), "{line}");
        }
        for line in [
            "false",
            "ip link set dev tun0 mtu 1400",
            "tc qdisc replace dev tun0 root fq",
            "tc qdisc add dev tun0 root netem loss 1%",
            "ethtool -K tun0 gro on",
            "ethtool -K tun0 tso",
            "nstat",
        ] {
            assert!(!idle(line), "{line}");
        }
    }
}
