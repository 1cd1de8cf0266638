//! What is forgiven unless it is not to be, and what each profile fixes.

mod common;

use common::{ACCEPTED, fails, fails_with, line_after, passes, passes_with, skips, with};
use cordial_drill::Profile::{FreeBsd, Linux, Rfc};

/// A handshake with every option, its SYN-ACK as written here.
fn opened(syn_ack: &str) -> String {
    format!(
        "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n+0 listen(3, 1) = 0\n\
         +0 < S 0:0(0) win 65535 <mss 1460,sackOK,TS val 5 ecr 0,nop,wscale 7>\n+0 > {syn_ack}\n"
    )
}

#[test]
fn options_are_a_set() {
    let usual = "<mss 1460,sackOK,TS val 1 ecr 5,nop,wscale 7>";
    passes_with(&opened(&format!("S. 0:0(0) ack 1 {usual}")), with(Rfc, true));
    for other in [
        "<wscale 7,TS val 1 ecr 5,sackOK,mss 1460>",
        "<mss 1460,nop,nop,sackOK,nop,nop,TS val 1 ecr 5,nop,wscale 7,eol>",
    ] {
        let text = opened(&format!("S. 0:0(0) ack 1 {other}"));
        passes(&text);
        fails_with(&text, with(Rfc, true), 5, "options ");
    }
    // What they say is compared all the same.
    fails(&opened("S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 1 ecr 6,wscale 7>"), 5, "TS ecr 5");
}

#[test]
fn push_is_not_compared() {
    let text = format!("{ACCEPTED}+0 write(4, ..., 500) = 500\n+0 > . 1:501(500) ack 1\n");
    passes(&text);
    fails_with(&text, with(Rfc, true), line_after(ACCEPTED) + 1, "flags P., not .");
}

#[test]
fn the_shift_is_the_profiles_where_it_fixes_one() {
    let eight = opened("S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 1 ecr 5,wscale 8>");
    fails(&eight, 5, "wscale 7");
    passes_with(&eight, with(Linux, false));
    passes_with(&eight, with(FreeBsd, false));
    fails_with(&eight, with(Linux, true), 5, "wscale 7");
    // That there is one is compared in every profile.
    let none = opened("S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 1 ecr 5>");
    fails_with(&none, with(Linux, false), 5, "wscale");
}

#[test]
fn windows_are_compared_where_the_profile_fixes_them() {
    let text = |window: &str| opened(&format!("S. 0:0(0) ack 1 win {window} <...>"));
    fails(&text("65534"), 5, "win 65535, not 65534");
    fails_with(&text("65534"), with(FreeBsd, false), 5, "win 65535, not 65534");
    passes_with(&text("64240"), with(Linux, false));
    fails_with(&text("64240"), with(Linux, true), 5, "win ");
    // A closed window is no open one, anywhere.
    fails_with(&text("0"), with(Linux, false), 5, "win 65535, not 0");
    let later = format!("{ACCEPTED}+0 write(4, ..., 500) = 500\n+0 > P. 1:501(500) ack 1 win 1026\n");
    fails(&later, line_after(ACCEPTED) + 1, "win 65535, not 1026");
    passes_with(&later, with(FreeBsd, false));
}

#[test]
fn data_is_collected_from_segments() {
    let after = line_after(ACCEPTED);
    let text = |expected: &str| {
        format!(
            "{ACCEPTED}+0 setsockopt(4, SOL_TCP, TCP_NODELAY, [1], 4) = 0\n+0 write(4, ..., 3500) = 3500\n{expected}"
        )
    };
    passes(&text("+0 > P. 1:3501(3500) ack 1\n"));
    passes(&text("+0 > . 1:2001(2000) ack 1\n+0 > P. 2001:3501(1500) ack 1\n"));
    fails(&text("+0 > P. 1:2501(2500) ack 1\n"), after + 2, "length 3000, not 2500");
    fails(&text("+0 > P. 1:3601(3600) ack 1\n"), after + 2, "length 3500, not 3600");
}

/// The FIN stands on the last segment, and what is collected has it.
#[test]
fn what_is_collected_ends_as_its_last_segment_does() {
    passes(&format!(
        "{ACCEPTED}+0 write(4, ..., 1) = 1\n+0 > P. 1:2(1) ack 1\n+0 write(4, ..., 1500) = 1500\n+0 > . 2:1002(1000) ack 1\n+0 close(4) = 0\n+0 > FP. 1002:1502(500) ack 1\n"
    ));
}

#[test]
fn delayed_acks_are_the_profiles() {
    let text =
        |wait: &str| format!("{ACCEPTED}+.1 < P. 1:101(100) ack 1 win 65535\n{wait} > . 1:1(0) ack 101\n");
    passes(&text("+.04"));
    passes_with(&text("+.04"), with(FreeBsd, false));
    passes_with(&text("+0"), with(Linux, false));
    fails_with(&text("+0"), with(FreeBsd, false), line_after(ACCEPTED) + 1, "nothing was sent");
}

#[test]
fn knobs_become_configuration() {
    let syn_ack = |knob: &str, options: &str| {
        format!("`sysctl -q {knob}`\n{}", opened(&format!("S. 0:0(0) ack 1 {options}")))
    };
    passes(&syn_ack("net.ipv4.tcp_timestamps=0", "<mss 1460,sackOK,wscale 7>"));
    passes(&syn_ack("net.ipv4.tcp_sack=0", "<mss 1460,TS val 1 ecr 5,wscale 7>"));
    passes(&syn_ack("net.ipv4.tcp_window_scaling=0", "<mss 1460,sackOK,TS val 1 ecr 5>"));
    passes(&syn_ack("-w net.inet.tcp.rfc1323=0", "<mss 1460,sackOK>"));
    passes(&syn_ack("net.inet.tcp.sack.enable=0 net.inet.tcp.rfc1323=2", "<mss 1460,wscale 7>"));
    passes(&syn_ack("net.ipv4.tcp_rmem=\"4096 8000 8000\"", "win 8000 <...>"));
    passes(&syn_ack("net.inet.tcp.recvspace=4000", "win 4000 <...>"));
    let set = "../common/set_sysctls.py /proc/sys/net/ipv4/tcp_timestamps=0 /proc/sys/net/ipv4/tcp_sack=0";
    passes(&format!("`{set}`\n{}", opened("S. 0:0(0) ack 1 <mss 1460,wscale 7>")));
    let echo = "echo 0 > /proc/sys/net/ipv4/tcp_window_scaling";
    passes(&format!("`{echo}`\n{}", opened("S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 1 ecr 5>")));
    passes(&syn_ack("net.ipv4.tcp_sack=0 > /dev/null 2>&1", "<mss 1460,TS val 1 ecr 5,wscale 7>"));
    let two = "sysctl -q -w net.ipv4.tcp_sack=0; sysctl net/ipv4/tcp_window_scaling=0  # both";
    passes(&format!("`{two}`\n{}", opened("S. 0:0(0) ack 1 <mss 1460,TS val 1 ecr 5>")));
}

/// Nothing of a knob is passed over: neither its name, nor its value, nor what else stands in its line.
#[test]
fn a_knob_that_this_stack_cannot_turn_is_a_located_skip() {
    for (line, words) in [
        ("sysctl net.ipv4.tcp_no_such=1", "tcp_no_such (to be 1) is not known"),
        ("sysctl -q net.ipv4.tcp_sack=1 net.ipv4.tcp_no_such=1", "tcp_no_such (to be 1) is not known"),
        ("sysctl -q net.ipv4.tcp_sack=1 net.ipv4.tcp_timestamps", "net.ipv4.tcp_timestamps'"),
        ("sysctl -p knobs.conf net.ipv4.tcp_sack=1", "'sysctl -p knobs.conf net.ipv4.tcp_sack=1'"),
        ("sysctl -q net.ipv4.tcp_sack=1 || exit", "'sysctl -q net.ipv4.tcp_sack=1 || exit'"),
        ("sysctl -a", "'sysctl -a'"),
        ("echo 5 > /proc/sys/net/ipv4/tcp_no_such", "tcp_no_such (to be 5) is not known"),
        ("../common/set_sysctls.py /proc/sys/net/ipv4/tcp_no_such=5", "tcp_no_such (to be 5) is not known"),
        ("sysctl net.ipv4.tcp_ecn=1", "net.ipv4.tcp_ecn=1"),
        ("sysctl net.inet.tcp.insecure_rst=1", "insecure_rst=1"),
        ("sysctl net.ipv4.tcp_congestion_control=cubic", "cubic"),
        ("sysctl net.ipv4.tcp_challenge_ack_limit=1", "tcp_challenge_ack_limit=1"),
        ("sysctl net.ipv4.tcp_no_metrics_save=0", "tcp_no_metrics_save=0"),
        ("sysctl net.ipv4.tcp_syncookies=2", "tcp_syncookies=2"),
        ("sysctl net.ipv4.tcp_syn_retries=256", "tcp_syn_retries=256"),
        ("sysctl net.ipv4.tcp_wmem='4096 9000 20000'", "tcp_wmem=4096 9000 20000"),
        ("sysctl net.ipv4.tcp_rmem='4096 9000'", "'4096 9000' is no value"),
        ("sysctl net.inet.tcp.rfc1323=4", "rfc1323=4"),
    ] {
        skips(&format!("+0 `true`\n+0 `{line}`\n"), 2, words);
    }
    skips(&format!("{ACCEPTED}+0 `sysctl net.inet.tcp.msl=100`\n"), line_after(ACCEPTED), "msl");
    // The line is the command's own.
    skips("+0 `true\n sysctl net.ipv4.tcp_sack=0\n\n sysctl a=1`\n", 4, "a (to be 1)");
}

#[test]
fn a_command_has_its_effect_or_is_a_located_skip() {
    passes(
        "`true; sync\nip tcp_metrics flush all  # nothing is kept\n ethtool -K tun0 tso off gso off 2>/dev/null`\n",
    );
    passes(&format!(
        "{ACCEPTED}+0 `sleep 0.3`\n+0 < P. 1:101(100) ack 1 win 65535\n.54 > . 1:1(0) ack 101\n"
    ));
    for command in [
        "../common/no_such.sh",
        "tc qdisc add dev tun0 root netem loss 1%",
        "ip link set dev tun0 mtu 1400",
        "nstat | grep TcpExtSyncookiesSent",
        "sleep long",
        "sleep 1 &",
        "ss -tani",
        "ss -tan sport = :8080",
        "sockstat -P udp",
        "netstat -s",
        "echo $HOME > /proc/sys/net/ipv4/tcp_sack",
    ] {
        skips(&format!("+0 `true && {command}`\n"), 1, command);
    }
    // One system's defaults are its profile.
    let defaults = "`../common/defaults.sh`\n";
    skips(defaults, 1, "--profile linux");
    passes_with(defaults, with(Linux, false));
    let option = "--init_scripts=./defaults.sh\n0 `true`\n";
    skips(option, 1, "--profile linux");
    passes_with(option, with(Linux, false));
    skips("--non_fatal=packet\n", 1, "non_fatal");
}

#[test]
fn questions_are_answered_as_each_tool_would() {
    let ask = |question: &str| format!("{ACCEPTED}+0 `{question}`\n");
    for question in [
        "ss -tan | grep -c 8080 | grep -x 2",
        "ss -tn | grep -c 8080 | grep -x 1",
        "ss -ltn | grep LISTEN",
        "ss -tan state established | grep 192.0.2.1:8080",
        "ss -tan state listening | wc -l | grep -w 1",
        "sockstat -4 -P tcp -l | grep -c 8080 | grep 1",
        "sockstat -4 -P tcp -c -q | grep tcp4 | grep ESTABLISHED",
        "netstat -tn | wc -l | grep -w 1",
        "netstat -an -f inet | wc -l | grep -w 2",
        "grep -c ' 01$' /proc/net/tcp | grep 1",
        "cat /proc/net/tcp | grep 0100A8C0:1F90",
    ] {
        passes(&ask(question));
    }
    let at = line_after(ACCEPTED);
    for question in [
        "ss -tn | grep LISTEN",
        "ss -ltn | grep ESTAB",
        "sockstat -6 | grep tcp",
        "netstat -tn | grep LISTEN",
    ] {
        fails(&ask(question), at, "found nothing");
    }
}

#[test]
fn timestamps_are_mapped_and_their_distance_is_checked_where_asked_for() {
    let text = |tick: &str, second: u32| {
        format!(
            "--tcp_ts_tick_usecs={tick}\n{}+0 < . 1:1(0) ack 1 win 512 <nop,nop,TS val 6 ecr 700>\n\
             +0 accept(3, ..., ...) = 4\n+1 write(4, ..., 1) = 1\n+0 > P. 1:2(1) ack 1 <nop,nop,TS val {second} ecr 6>\n",
            opened("S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 700 ecr 5,nop,wscale 7>")
        )
    };
    passes(&text("1000", 1700));
    passes(&text("10000", 800));
    passes(&text("0", 12));
    fails(&text("1000", 1600), 10, "TS val");
    // What the script echoes is what the wire had: otherwise the round trip would be absurd.
    passes(&format!("{}+0 %{{ assert tcpi_rtt < 1000000, tcpi_rtt }}%\n", text("1000", 1700)));
}
