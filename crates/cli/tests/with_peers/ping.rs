//! Pings of our own names and addresses, and of others.

use super::harness::{Ended, Scratch};

/// Runs ping inside and gives the number of answers to its first three.
fn answers(arguments: &str) -> usize {
    // With -w it waits for three answers, and no less for the last than for the first.
    let script = format!("ping -n -c 3 -i 0.2 -w 20 {arguments}");
    let ended = Scratch::new().run(&["--ladder=none"], &script);
    assert!(!ended.stdout.contains("wrong data") && !ended.stdout.contains("DUP"), "{ended}");
    answered(&ended, 3)
}

/// How many of the first `count` pings were answered.
fn answered(ended: &Ended, count: usize) -> usize {
    let answers: Vec<&str> = ended.stdout.lines().filter(|line| line.contains(" bytes from ")).collect();
    let is_answered = |sequence: &usize| {
        let sequence = format!("icmp_seq={sequence} ");
        answers.iter().any(|line| line.contains(&sequence))
    };
    (1..=count).filter(is_answered).count()
}

#[test]
fn our_names_answer_over_ipv4() {
    for to in ["hello.cordial", "host.cordial", "gateway.cordial"] {
        assert_eq!(answers(&format!("-4 {to}")), 3, "{to}");
    }
}

#[test]
fn our_names_answer_over_ipv6() {
    for to in ["hello.cordial", "host.cordial", "gateway.cordial"] {
        assert_eq!(answers(&format!("-6 {to}")), 3, "{to}");
    }
}

#[test]
fn long_pings_come_back_as_they_went() {
    for (size, to) in
        [(1472, "10.77.0.1"), (1473, "10.77.0.1"), (20_000, "10.77.0.254"), (20_000, "fd77::80")]
    {
        assert_eq!(answers(&format!("-s {size} -p a5c3 {to}")), 3, "{size} {to}");
    }
}

#[test]
fn nobody_of_our_network_is_unreachable() {
    for to in ["10.77.0.99", "fd77::99"] {
        let ended = Scratch::new().run(&["--ladder=none"], &format!("ping -n -c 1 -W 5 {to}")).expect_code(1);
        assert!(ended.stdout.contains("nreachable"), "{ended}");
    }
}

/// In a network namespace with one address, a ping of it goes through the host's kernel and comes back, whether by an
/// unprivileged socket or a raw one; where neither is allowed, nobody answers and the reader learns what to type.
#[test]
fn other_addresses_are_pinged_by_the_host_where_it_lets_us() {
    let scratch = Scratch::new();
    let set_up =
        "ip link set lo up; ip addr add 192.0.2.1/32 dev lo; ip -6 addr add 2001:db8::1/128 dev lo nodad";
    let ping = |more: &str, drop: &str, wait: &str, to: &str| {
        let cordial = env!("CARGO_BIN_EXE_cordial");
        let script = format!(
            "{set_up}; {more}; exec {drop} {cordial} run --ladder=none -- ./ping -n -c 2 -i 0.2 {wait} {to}"
        );
        // A copy has no capabilities of its own, which a process that may not have them cannot execute.
        let script = format!("cp \"$(command -v ping)\" ping; {script}");
        let mut command = std::process::Command::new("unshare");
        command
            .args(["--net", "--mount", "sh", "-ec", &script])
            .env("LC_ALL", "C.UTF-8")
            .current_dir(scratch.file(""));
        super::harness::finish(command)
    };
    let everybody = "echo 0 2147483647 >/proc/sys/net/ipv4/ping_group_range";
    let nobody = "echo 1 0 >/proc/sys/net/ipv4/ping_group_range";
    for to in ["192.0.2.1", "2001:db8::1"] {
        for range in [everybody, nobody] {
            let ended = ping(range, "", "-w 20", to).expect_code(0);
            assert_eq!(answered(&ended, 2), 2, "{range}: {ended}");
        }
        // Root without the right to raw sockets.
        let drop = "setpriv --bounding-set -net_raw --inh-caps -all --";
        let ended = ping(nobody, drop, "-W 2", to).expect_code(1);
        ended.expect_stderr(&["ping_group_range", "sudo sysctl -w"]);
    }
}
