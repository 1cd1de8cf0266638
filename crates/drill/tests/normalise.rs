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
        "{ACCEPTED}+0 write(4, ..., 1500) = 1500\n+0 > . 1:1001(1000) ack 1\n+0 close(4) = 0\n+0 > FP. 1001:1501(500) ack 1\n"
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
    skips("`sysctl net.ipv4.tcp_ecn=1`\n", 1, "tcp_ecn=1");
    skips("`sysctl net.inet.tcp.insecure_rst=1`\n", 1, "insecure_rst=1");
    skips("`sysctl net.ipv4.tcp_congestion_control=cubic`\n", 1, "cubic");
    skips(&format!("{ACCEPTED}+0 `sysctl net.inet.tcp.msl=100`\n"), line_after(ACCEPTED), "msl");
    let report = passes("`../common/defaults.sh\nsysctl net.ipv4.tcp_no_such=1`\n");
    assert_eq!(report.notes.len(), 2, "what is left out is said");
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
