//! Each call: what it returns, and what it does to the connection.

mod common;

use common::{ACCEPTED, CONNECTED, fails, line_after, passes, passes_with, skips, with};
use cordial_drill::Profile;

fn after_accept(lines: &str) {
    passes(&format!("{ACCEPTED}{lines}"));
}

#[test]
fn sockets_are_numbered_as_the_script_says() {
    passes("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 7\n+0 close(7) = 0\n+0 close(7) = -1 EBADF\n");
    passes("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = ...\n+0 close(3) = 0\n");
    skips("0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n", 1, "SOCK_DGRAM");
    skips("0 socket(..., SOCK_STREAM, 132) = 3\n", 1, "132");
    skips("0 socket(..., SOCK_STREAM|SOCK_SEQPACKET, IPPROTO_TCP) = 3\n", 1, "SOCK_SEQPACKET");
    passes("#!/usr/bin/env packetdrill\n0 socket(..., SOCK_STREAM, 0) = 3\n");
    skips("0 pipe([3, 4]) = 0\n", 1, "pipe");
}

#[test]
fn bind_and_listen_refuse_what_cannot_be() {
    let socket = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n";
    let address = |ip: &str, port: u16| {
        format!("{{sa_family = AF_INET, sin_port = htons({port}), sin_addr = inet_addr(\"{ip}\")}}")
    };
    passes(&format!(
        "{socket}+0 bind(3, {}, ...) = 0\n+0 bind(3, ..., ...) = -1 EINVAL\n",
        address("192.168.0.1", 80)
    ));
    passes(&format!("{socket}+0 bind(3, {}, ...) = -1 EADDRNOTAVAIL\n", address("10.9.9.9", 80)));
    passes(&format!(
        "{socket}+0 bind(3, ..., ...) = 0\n+0 listen(3, 1) = 0\n+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 4\n\
         +0 bind(4, ..., ...) = 0\n+0 listen(4, 1) = -1 EADDRINUSE\n+0 listen(3, 1) = 0\n"
    ));
    fails(&format!("{socket}+0 bind(3, 5, ...) = 0\n"), 2, "argument 2 of bind");
}

#[test]
fn addresses_may_be_written_in_every_way() {
    let bound = |record: &str| {
        format!(
            "--ip_version=ipv6\n0 socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, {record}, ...) = "
        )
    };
    for at in [
        "{sa_family = AF_INET6, sin6_port = htons(80), inet_pton(AF_INET6, \"fd3d:a0b:17d6::1\", &sin6_addr)}",
        "{sa_family = AF_INET6, sin6_port = htons(80), sin6_addr = inet_pton(AF_INET6, \"fd3d:a0b:17d6::1\")}",
        "{sa_family = AF_INET6, sin6_port = htons(80), sin6_addr = in6addr_any}",
        "{sa_family = AF_INET6, sin6_port = 80}",
        "{sa_family = AF_INET, sin_port = htons(80), sin_addr = htonl(INADDR_ANY)}",
    ] {
        passes(&format!("{}0\n+0 listen(3, 1) = 0\n", bound(at)));
    }
    passes(&format!(
        "{}-1 EADDRNOTAVAIL\n",
        bound("{sa_family = AF_INET6, inet_pton(AF_INET6, \"::1\", &sin6_addr)}")
    ));
}

#[test]
fn a_listener_on_a_port_of_its_own_is_called_there() {
    passes(
        "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n\
         +0 bind(3, {sa_family = AF_INET, sin_port = htons(99), sin_addr = INADDR_ANY}, ...) = 0\n\
         +0 listen(3, 1) = 0\n+0 < S 0:0(0) win 100 <mss 1460>\n+0 > S. 0:0(0) ack 1 <mss 1460>\n\
         +0 `ss -tan | grep -q 192.168.0.1:99`\n",
    );
}

#[test]
fn connect_goes_through_its_errors() {
    passes(&format!("{CONNECTED}+0 connect(3, ..., ...) = -1 EISCONN\n"));
    let begun = CONNECTED.lines().take(4).collect::<Vec<_>>().join("\n");
    passes(&format!("{begun}\n+0 connect(3, ..., ...) = -1 EALREADY\n"));
    passes(&format!(
        "{begun}\n+0 < R. 0:0(0) ack 1 win 0\n+0 getsockopt(3, SOL_SOCKET, SO_ERROR, [ECONNREFUSED], [4]) = 0\n\
         +0 getsockopt(3, SOL_SOCKET, SO_ERROR, [0], [4]) = 0\n"
    ));
    passes(&format!("{begun}\n+0 < R. 0:0(0) ack 1 win 0\n+0 connect(3, ..., ...) = -1 ECONNREFUSED\n"));
}

/// RFC 9293 §3.9.2.2: only while the connection opens.
#[test]
fn icmp_ends_an_opening_connection() {
    let begun = CONNECTED.lines().take(4).collect::<Vec<_>>().join("\n");
    passes(&format!(
        "{begun}\n+0 < icmp unreachable port_unreachable [0:0(0)]\n\
         +0 getsockopt(3, SOL_SOCKET, SO_ERROR, [ECONNREFUSED], [4]) = 0\n"
    ));
    // One about a number that was never sent is somebody else's.
    passes(&format!(
        "{begun}\n+0 < icmp unreachable port_unreachable [9:9(0)]\n+0 connect(3, ..., ...) = -1 EALREADY\n"
    ));
    passes(&format!("{CONNECTED}+0 < icmp unreachable port_unreachable [1:1(0)]\n+0 write(3, ..., 1) = 1\n"));
    // A SYN is never too long.
    passes(&format!(
        "{begun}\n+0 < icmp unreachable frag_needed mtu 1200 [0:0(0)]\n+0 connect(3, ..., ...) = -1 EALREADY\n"
    ));
}

/// RFC 9293 §3.9.2.2: whatever its type, no ICMP message ends a connection that is open.
#[test]
fn no_icmp_message_ends_an_open_connection() {
    let names = [
        "unreachable net_unreachable",
        "unreachable protocol_unreachable",
        "unreachable code_255",
        "time_exceeded",
        "parameter_problem",
        "source_quench",
        "redirect",
        "echo_reply",
        "type_255 code_0",
    ];
    let messages: String = names.iter().map(|name| format!("+0 < icmp {name} [1:101(100)]\n")).collect();
    after_accept(&format!(
        "+0 write(4, ..., 100) = 100\n+0 > P. 1:101(100) ack 1\n{messages}+0 write(4, ..., 1) = 1\n"
    ));
}

#[test]
fn reads_take_what_is_there() {
    let data = "+0 < P. 1:1001(1000) ack 1 win 65535\n+.04 > . 1:1(0) ack 1001\n";
    after_accept(&format!(
        "{data}+0 read(4, ..., 400) = 400\n+0 read(4, ..., 4000) = 600\n+0 read(4, ..., 1) = -1 EAGAIN\n"
    ));
    after_accept(&format!(
        "{data}+0 recv(4, ..., 300, MSG_PEEK) = 300\n+0 recv(4, ..., 4000, MSG_PEEK|MSG_DONTWAIT) = 1000\n+0 recv(4, ..., 4000, 0) = 1000\n"
    ));
    after_accept(&format!(
        "{data}+0 readv(4, [{{..., 100}}, {{..., 200}}], 2) = 300\n+0 recvfrom(4, ..., 100, 0, ..., ...) = 100\n"
    ));
    after_accept(&format!(
        "{data}+0 recvmsg(4, {{msg_name(...)=..., msg_iov(1)=[{{..., 5000}}], msg_flags=0, msg_control=[]}}, 0) = 1000\n"
    ));
    after_accept(&format!("{data}+0 ioctl(4, SIOCINQ, [1000]) = 0\n"));
    fails(
        &format!("{ACCEPTED}{data}+0 ioctl(4, SIOCINQ, [999]) = 0\n"),
        line_after(ACCEPTED) + 2,
        "SIOCINQ is 1000, not 999",
    );
    after_accept(&format!("{data}+0 recv(4, ..., 1, MSG_ERRQUEUE) = -1 EAGAIN\n"));
    skips(&format!("{ACCEPTED}+0 recv(4, ..., 1, MSG_OOB) = 1\n"), line_after(ACCEPTED), "MSG_OOB");
}

#[test]
fn what_comes_beside_a_message_is_compared() {
    let data = "+0 < P. 1:1001(1000) ack 1 win 65535\n+.04 > . 1:1(0) ack 1001\n";
    let message = |control: &str, len: u32| {
        format!(
            "+0 recvmsg(4, {{msg_name(...)=..., msg_iov(1)=[{{..., {len}}}], msg_flags=0, msg_control=[{control}]}}, 0) = {len}\n"
        )
    };
    let left = |octets: u32| format!("{{cmsg_level=SOL_TCP, cmsg_type=TCP_CM_INQ, cmsg_data={octets}}}");
    let asked = format!("{ACCEPTED}+0 setsockopt(4, SOL_TCP, TCP_INQ, [1], 4) = 0\n{data}");
    passes(&format!("{asked}{}{}", message(&left(900), 100), message(&left(0), 900)));
    // The end counts as one.
    passes(&format!(
        "{asked}+0 < F. 1001:1001(0) ack 1 win 65535\n+.04 > . 1:1(0) ack 1002\n{}",
        message(&left(1), 1000)
    ));
    fails(
        &format!("{asked}{}", message(&left(901), 100)),
        line_after(&asked),
        "TCP_CM_INQ 900, not SOL_TCP/TCP_CM_INQ 901",
    );
    fails(&format!("{asked}{}", message("", 100)), line_after(&asked), "TCP_CM_INQ 900, not []");
    fails(&format!("{ACCEPTED}{data}{}", message(&left(900), 100)), line_after(ACCEPTED) + 2, "is [], not");
    let other = "{cmsg_level=SOL_SOCKET, cmsg_type=SCM_TIMESTAMPING, cmsg_data=0}";
    skips(&format!("{asked}{}", message(other, 100)), line_after(&asked), "SOL_SOCKET/SCM_TIMESTAMPING");
    let sent = "+0 sendmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 1}], msg_flags=0, msg_control=[{cmsg_level=SOL_SOCKET, cmsg_type=SCM_TIMESTAMPING, cmsg_data=0}]}, 0) = 1\n";
    skips(&format!("{ACCEPTED}{sent}"), line_after(ACCEPTED), "msg_control");
    skips(
        &format!("{ACCEPTED}{data}{}", message("", 1).replace("msg_flags=0", "msg_flags=MSG_TRUNC")),
        line_after(ACCEPTED) + 2,
        "MSG_TRUNC",
    );
}

#[test]
fn an_accept_may_say_who_called() {
    let from = |port: u16| {
        let record =
            format!("{{sa_family = AF_INET, sin_port = htons({port}), sin_addr = inet_addr(\"192.0.2.1\")}}");
        ACCEPTED.replace("accept(3, ..., ...)", &format!("accept(3, {record}, [16])"))
    };
    passes(&from(8080));
    fails(&from(8081), 7, "192.0.2.1:8080, not 192.0.2.1:8081");
    skips(
        "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 connect(3, {sa_family = AF_UNSPEC}, ...) = 0\n",
        2,
        "AF_UNSPEC",
    );
}

#[test]
fn a_read_that_waits_for_all_of_it_does() {
    let blocking = ACCEPTED.replace("+0 fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n", "");
    passes(&format!(
        "{blocking}+0...0.2 recv(4, ..., 200, MSG_WAITALL) = 200\n+.1 < P. 1:101(100) ack 1 win 65535\n\
         +.1 < P. 101:201(100) ack 1 win 65535\n* > . 1:1(0) ack 101\n* > . 1:1(0) ack 201\n"
    ));
}

#[test]
fn writes_give_what_fits() {
    after_accept("+0 write(4, ..., 100) = 100\n+0 > P. 1:101(100) ack 1\n+0 ioctl(4, SIOCOUTQ, [100]) = 0\n");
    after_accept("+0 writev(4, [{..., 100}, {..., 200}], 2) = 300\n+0 > P. 1:301(300) ack 1\n");
    after_accept("+0 sendto(4, ..., 100, MSG_NOSIGNAL, ..., ...) = 100\n+0 > P. 1:101(100) ack 1\n");
    after_accept(
        "+0 sendmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 50}], msg_flags=0}, 0) = 50\n+0 > P. 1:51(50) ack 1\n",
    );
    after_accept(
        "+0 setsockopt(4, SOL_SOCKET, SO_SNDBUF, [3000], 4) = 0\n+0 getsockopt(4, SOL_SOCKET, SO_SNDBUF, [3000], [4]) = 0\n+0 write(4, ..., 5000) = 3000\n+0 write(4, ..., 1) = -1 EAGAIN\n",
    );
    after_accept("+0 send(4, ..., 10, MSG_OOB) = 10\n+0 > PU. 1:11(10) ack 1 urg 10\n");
    for flag in ["MSG_MORE", "MSG_FASTOPEN", "MSG_ZEROCOPY"] {
        skips(&format!("{ACCEPTED}+0 send(4, ..., 1, {flag}) = 1\n"), line_after(ACCEPTED), flag);
    }
}

#[test]
fn a_write_that_waits_goes_on_as_room_comes() {
    let blocking = ACCEPTED.replace("+0 fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n", "");
    passes(&format!(
        "{blocking}+0 setsockopt(4, SOL_SOCKET, SO_SNDBUF, [3000], 4) = 0\n+0...0.1 write(4, ..., 5000) = 5000\n\
         +0 > P. 1:3001(3000) ack 1\n+.1 < . 1:1(0) ack 3001 win 65535\n+0 > P. 3001:5001(2000) ack 1\n"
    ));
}

/// What was written before the connection opened goes out when it does (RFC 9293 §3.10.2); Linux has it wait.
#[test]
fn a_write_before_the_connection_opens_is_the_profiles() {
    let begun = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n+0 connect(3, ..., ...) = -1 EINPROGRESS\n+0 > S 0:0(0) <...>\n";
    passes(&format!(
        "{begun}+0 write(3, ..., 10) = 10\n+0 < S. 0:0(0) ack 1 win 100 <mss 1000>\n+0 > P. 1:11(10) ack 1\n"
    ));
    passes_with(&format!("{begun}+0 write(3, ..., 10) = -1 EAGAIN\n"), with(Profile::Linux, false));
}

#[test]
fn the_end_of_a_connection_is_told_as_sockets_tell_it() {
    let reset = "+0 < R. 1:1(0) ack 1 win 0\n";
    after_accept(&format!(
        "{reset}+0 read(4, ..., 1) = -1 ECONNRESET\n+0 read(4, ..., 1) = 0\n+0 write(4, ..., 1) = -1 EPIPE\n"
    ));
    after_accept(&format!("{reset}+0 write(4, ..., 1) = -1 ECONNRESET\n+0 write(4, ..., 1) = -1 EPIPE\n"));
    after_accept(&format!(
        "{reset}+0 getsockopt(4, SOL_SOCKET, SO_ERROR, [ECONNRESET], [4]) = 0\n+0 read(4, ..., 1) = 0\n"
    ));
    after_accept(
        "+0 < F. 1:1(0) ack 1 win 65535\n+.04 > . 1:1(0) ack 2\n+0 read(4, ..., 1) = 0\n+0 write(4, ..., 1) = 1\n+0 > P. 1:2(1) ack 2\n",
    );
    after_accept("+0 shutdown(4, SHUT_WR) = 0\n+0 > F. 1:1(0) ack 1\n+0 write(4, ..., 1) = -1 EPIPE\n");
    after_accept("+0 shutdown(4, SHUT_RD) = 0\n+0 read(4, ..., 1) = 0\n");
    passes(
        "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 read(3, ..., 1) = -1 ENOTCONN\n+0 shutdown(3, SHUT_RDWR) = -1 ENOTCONN\n",
    );
}

#[test]
fn a_close_that_does_not_linger_resets() {
    after_accept(
        "+0 setsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0\n+0 getsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, [8]) = 0\n+0 close(4) = 0\n+0 > R 1:1(0)\n",
    );
}

#[test]
fn a_close_that_lingers_waits_for_the_ack_of_the_fin_or_for_its_time() {
    let linger = "+0 setsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=2}, 8) = 0\n";
    after_accept(&format!(
        "{linger}+0...0.1 close(4) = 0\n+0 > F. 1:1(0) ack 1\n+.1 < . 1:1(0) ack 2 win 10000\n"
    ));
    after_accept(&format!(
        "{linger}+0...2 close(4) = 0\n+0 > F. 1:1(0) ack 1\n+.3 > F. 1:1(0) ack 1\n* > F. 1:1(0) ack 1\n"
    ));
}

#[test]
fn options_do_what_they_say() {
    let socket = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n";
    for (option, value) in [
        ("SOL_SOCKET, SO_RCVBUF", "5000"),
        ("SOL_SOCKET, SO_SNDBUF", "5000"),
        ("SOL_SOCKET, SO_KEEPALIVE", "1"),
        ("IPPROTO_TCP, TCP_NODELAY", "1"),
        ("IPPROTO_TCP, TCP_KEEPIDLE", "9"),
        ("IPPROTO_TCP, TCP_KEEPINTVL", "8"),
        ("IPPROTO_TCP, TCP_KEEPCNT", "7"),
        ("IPPROTO_TCP, TCP_USER_TIMEOUT", "5000"),
        ("IPPROTO_TCP, TCP_LINGER2", "6"),
        ("IPPROTO_TCP, TCP_SYNCNT", "3"),
    ] {
        passes(&format!(
            "{socket}+0 setsockopt(3, {option}, [{value}], 4) = 0\n+0 getsockopt(3, {option}, [{value}], [4]) = 0\n"
        ));
        fails(
            &format!(
                "{socket}+0 setsockopt(3, {option}, [{value}], 4) = 0\n+0 getsockopt(3, {option}, [77], [4]) = 0\n"
            ),
            3,
            "77",
        );
    }
    passes(&format!("{socket}+0 setsockopt(3, IPPROTO_TCP, TCP_MAXSEG, [600], 4) = 0\n+0 connect(3, ..., ...) = ...\n").replace("connect(3, ..., ...) = ...", "fcntl(3, F_SETFL, O_NONBLOCK) = 0\n+0 connect(3, ..., ...) = -1 EINPROGRESS\n+0 > S 0:0(0) <mss 600,sackOK,TS val 1 ecr 0,wscale 7>"));
    passes(&format!(
        "{socket}+0 setsockopt(3, SOL_TCP, TCP_CONGESTION, \"reno\", 4) = 0\n+0 getsockopt(3, SOL_TCP, TCP_CONGESTION, \"reno\", [4]) = 0\n"
    ));
    skips(&format!("{socket}+0 setsockopt(3, SOL_TCP, TCP_CONGESTION, \"cubic\", 5) = 0\n"), 2, "cubic");
    skips(
        &format!("{socket}+0 setsockopt(3, SOL_TCP, TCP_FASTOPEN_CONNECT, [1], 4) = 0\n"),
        2,
        "TCP_FASTOPEN_CONNECT",
    );
    skips(
        &format!("{ACCEPTED}+0 setsockopt(4, SOL_SOCKET, SO_RCVBUF, [5000], 4) = 0\n"),
        line_after(ACCEPTED),
        "SO_RCVBUF",
    );
    passes_with(
        &format!(
            "{socket}+0 setsockopt(3, SOL_SOCKET, SO_RCVBUF, [5000], 4) = 0\n+0 getsockopt(3, SOL_SOCKET, SO_RCVBUF, [10000], [4]) = 0\n"
        ),
        with(Profile::Linux, false),
    );
}

#[test]
fn keepalive_probes_as_the_options_say() {
    after_accept(
        "+0 setsockopt(4, SOL_TCP, TCP_KEEPIDLE, [5], 4) = 0\n+0 setsockopt(4, SOL_TCP, TCP_KEEPINTVL, [2], 4) = 0\n\
         +0 setsockopt(4, SOL_TCP, TCP_KEEPCNT, [2], 4) = 0\n+0 setsockopt(4, SOL_SOCKET, SO_KEEPALIVE, [1], 4) = 0\n\
         +5 > . 0:0(0) ack 1\n+2 > . 0:0(0) ack 1\n+2 > R. 1:1(0) ack 1\n+0 read(4, ..., 1) = -1 ETIMEDOUT\n"
            .replace("> R. 1:1(0) ack 1", "> R 1:1(0)")
            .as_str(),
    );
}

#[test]
fn tcp_info_can_be_asked_of_the_socket() {
    after_accept("+0 getsockopt(4, IPPROTO_TCP, TCP_INFO, {tcpi_state=TCPS_ESTABLISHED, tcpi_snd_mss=1000}, [...]) = 0\n".replace("[...]", "...").as_str());
    fails(
        &format!("{ACCEPTED}+0 getsockopt(4, IPPROTO_TCP, TCP_INFO, {{tcpi_snd_mss=999}}, ...) = 0\n"),
        line_after(ACCEPTED),
        "tcpi_snd_mss is 1000, not 999",
    );
    skips(
        &format!("{ACCEPTED}+0 getsockopt(4, IPPROTO_TCP, TCP_INFO, {{tcpi_sacked=0}}, ...) = 0\n"),
        line_after(ACCEPTED),
        "tcpi_sacked",
    );
}

#[test]
fn flags_of_a_descriptor_have_the_systems_numbers() {
    let socket = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 fcntl(3, F_GETFL) = 0x02 (flags O_RDWR)\n+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n";
    passes(&format!("{socket}+0 fcntl(3, F_GETFL) = 0x802\n"));
    passes_with(
        &format!("{socket}+0 fcntl(3, F_GETFL) = 0x6 (flags O_RDWR|O_NONBLOCK)\n"),
        with(Profile::FreeBsd, false),
    );
}

#[test]
fn several_flows_are_told_apart_by_their_ports() {
    passes(
        "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n+0 listen(3, 5) = 0\n\
         +0 < (9001 > 8080) S 0:0(0) win 100 <mss 1000>\n+0 < (9002 > 8080) S 50:50(0) win 100 <mss 1000>\n\
         +0 > (8080 > 9002) S. 0:0(0) ack 51 <mss 1460>\n+0 > (8080 > 9001) S. 0:0(0) ack 1 <mss 1460>\n\
         +0 < (9002 > 8080) . 51:51(0) ack 1 win 100\n+0 accept(3, ..., ...) = 4\n+0 write(4, ..., 5) = 5\n+0 > P. 1:6(5) ack 51\n",
    );
}

#[test]
fn ipv6_speaks_the_same() {
    passes(&format!("--ip_version=ipv6\n{ACCEPTED}").replace("<mss 1460>", "<mss 1440>"));
    passes(&format!("--mtu=1000\n{ACCEPTED}").replace("<mss 1460>", "<mss 960>"));
}

#[test]
fn our_first_number_can_be_chosen() {
    let near = "--initial_sequence_number=4294967290\n";
    passes(&format!("{near}{ACCEPTED}+0 write(4, ..., 10) = 10\n+0 > P. 4294967291!:5!(10) ack 1\n"));
    passes(&format!("{near}{ACCEPTED}+0 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 1\n"));
}

#[test]
fn a_super_segment_is_one_arrival() {
    passes(&format!(
        "--mss=1000\n{ACCEPTED}+0 < . 1:4001(4000) ack 1 win 65535\n+0 > . 1:1(0) ack 4001\n+0 read(4, ..., 9000) = 4000\n"
    ));
}

/// Segments are counted as they went out, each connection's for itself.
#[test]
fn tcp_info_counts_segments() {
    let sent = "+0 setsockopt(4, SOL_TCP, TCP_NODELAY, [1], 4) = 0\n+0 write(4, ..., 100) = 100\n+0 > P. 1:101(100) ack 1\n\
        +0 write(4, ..., 1500) = 1500\n+0 > P. 101:1601(1500) ack 1\n\
        +0 %{ assert tcpi_unacked == 3 and tcpi_retrans == 0, tcpi_unacked }%\n";
    let again = "+.3 > P. 1:101(100) ack 1\n+0 %{ assert (tcpi_unacked, tcpi_retrans, tcpi_total_retrans) == (3, 1, 1) }%\n\
        +.1 < . 1:1(0) ack 101 win 65535\n* > . 101:1101(1000) ack 1\n+0 < . 1:1(0) ack 1601 win 65535\n\
        +0 %{ assert tcpi_unacked == 0 and tcpi_retrans == 0 and tcpi_total_retrans == 2, tcpi_total_retrans }%\n";
    after_accept(&format!("{sent}{again}"));
    let info = |unacked: u32| {
        format!(
            "+0 getsockopt(4, SOL_TCP, TCP_INFO, {{tcpi_state=TCP_ESTABLISHED, tcpi_unacked={unacked}}}, ...) = 0\n"
        )
    };
    after_accept(&info(0));
    fails(&format!("{ACCEPTED}{}", info(1)), line_after(ACCEPTED), "tcpi_unacked is 0, not 1");
}

#[test]
fn what_only_a_kernel_knows_by_its_number_is_a_located_skip() {
    let socket = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n";
    for (line, words) in [
        ("setsockopt(3, SOL_TCP, 36, [1], 4) = 0", "36"),
        ("getsockopt(3, SOL_TCP, 36, [1], [4]) = 0", "36"),
        ("fcntl(3, F_SETOWN, 1) = 0", "F_SETOWN"),
        ("getsockopt(3, SOL_SOCKET, SO_ERROR, [EPERM], [4]) = 0", "EPERM"),
        ("setsockopt(3, SOL_TCP, TCP_DEFER_ACCEPT, [5], 4) = 0", "TCP_DEFER_ACCEPT"),
    ] {
        skips(&format!("{socket}+0 {line}\n"), 2, words);
    }
    // What asks for nothing that could be seen is no reason to skip.
    for option in
        ["SOL_SOCKET, SO_DEBUG, [1]", "SOL_TCP, TCP_DEFER_ACCEPT, [0]", "SOL_SOCKET, SO_RCVLOWAT, [1]"]
    {
        passes(&format!("{socket}+0 setsockopt(3, {option}, 4) = 0\n"));
    }
    let reuse = |value: u32| format!("getsockopt(3, SOL_SOCKET, SO_REUSEADDR, [{value}], [4]) = 0");
    passes(&format!(
        "{socket}+0 {}\n+0 setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0\n+0 {}\n",
        reuse(0),
        reuse(1)
    ));
}
