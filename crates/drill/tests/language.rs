//! What can be written, and what is said of what cannot.

mod common;

use std::time::Duration;

use common::{is_unreadable, skips};
use cordial_drill::script::{Action, Body, Event, Expected, Number, Options, TcpOption, Time, Value};
use cordial_drill::{Profile, parse};
use cordial_wire::Flags;

fn events(text: &str) -> Vec<Event> {
    parse(text, Profile::Rfc).unwrap_or_else(|error| panic!("{}: {:?}\n{text}", error.at, error.said)).events
}

#[track_caller]
fn packet(text: &str) -> cordial_drill::script::TcpPacket {
    match events(text).remove(0).action {
        Action::Inject(packet) | Action::Expect(packet) => match packet.body {
            Body::Tcp(tcp) => tcp,
            Body::Icmp(_) => panic!("ICMP: {text}"),
        },
        _ => panic!("no packet: {text}"),
    }
}

fn number(value: u32) -> Number {
    Number { value, absolute: false }
}

#[test]
fn a_packet_has_all_its_parts() {
    let tcp = packet("0 < FP. 1:1001(1000) ack 2001 win 65535 urg 7 <nop,nop,sack 1:2 3:4>");
    assert_eq!(tcp.flags, Flags::FIN | Flags::PSH | Flags::ACK);
    assert_eq!((tcp.seq, tcp.len, tcp.ack), (number(1), 1000, Some(number(2001))));
    assert_eq!((tcp.window, tcp.urgent), (Some(65_535), Some(7)));
    let options = vec![TcpOption::Nop, TcpOption::Nop, TcpOption::Sack(vec![(1, 2), (3, 4)])];
    assert_eq!(tcp.options, Options::These(options));
}

#[test]
fn what_is_left_out_is_nothing() {
    let tcp = packet("0 > S 0:0(0)");
    assert_eq!((tcp.ack, tcp.window, tcp.urgent), (None, None, None));
    assert_eq!(tcp.options, Options::These(vec![]));
    assert_eq!(packet("0 > S 0:0(0) <>").options, Options::These(vec![]));
    assert_eq!(packet("0 > S 0:0(0) <...>").options, Options::Unchecked);
}

#[test]
fn numbers_wrap_and_may_be_the_wires_own() {
    let tcp = packet("0 < . 4294967295:9(10) ack 5!");
    assert_eq!((tcp.seq, tcp.len), (number(u32::MAX), 10));
    assert_eq!(tcp.ack, Some(Number { value: 5, absolute: true }));
    assert!(packet("0 > R 7!:7!(0)").seq.absolute);
}

#[test]
fn every_flag_has_its_letter() {
    let all = [
        ("S", Flags::SYN),
        ("F", Flags::FIN),
        ("R", Flags::RST),
        ("P", Flags::PSH),
        ("U", Flags::URG),
        ("E", Flags::ECE),
        ("W", Flags::CWR),
        ("A", Flags::AE),
        (".", Flags::ACK),
        ("-", Flags::NONE),
    ];
    for (letter, flag) in all {
        assert_eq!(packet(&format!("0 < {letter} 0:0(0)")).flags, flag, "{letter}");
    }
}

#[test]
fn every_option_has_its_name() {
    let cases = [
        ("mss 1460", TcpOption::Mss(1460)),
        ("wscale 14", TcpOption::WindowScale(14)),
        ("sackOK", TcpOption::SackPermitted),
        ("TS val 7 ecr 4294967295", TcpOption::Timestamps { value: 7, echo: u32::MAX }),
        ("eol", TcpOption::End),
        ("FO", TcpOption::FastOpen { cookie: vec![], experimental: false }),
        ("FO 0a0B", TcpOption::FastOpen { cookie: vec![10, 11], experimental: false }),
        ("FOEXP 01", TcpOption::FastOpen { cookie: vec![1], experimental: true }),
        ("md5", TcpOption::Md5),
        ("md5 valid", TcpOption::Md5),
        ("254 0xf989", TcpOption::Raw { kind: 254, value: vec![0xf9, 0x89] }),
        ("0xfe", TcpOption::Raw { kind: 254, value: vec![] }),
    ];
    for (text, option) in cases {
        assert_eq!(packet(&format!("0 < S 0:0(0) <{text}>")).options, Options::These(vec![option]), "{text}");
    }
}

#[test]
fn what_is_said_of_the_ip_header_is_kept() {
    let of = |text: &str| match events(text).remove(0).action {
        Action::Inject(packet) => packet,
        _ => panic!("{text}"),
    };
    use cordial_drill::script::Ecn;
    for (text, ecn) in
        [("ect0", Ecn::Ect0), ("ect1", Ecn::Ect1), ("ect01", Ecn::Ect01), ("ce", Ecn::Ce), ("noecn", Ecn::No)]
    {
        assert_eq!(of(&format!("0 < [{text}] . 1:1(0) ack 1")).ip.ecn, Some(ecn), "{text}");
    }
    assert_eq!(of("0 < [ttl 255] . 1:1(0) ack 1").ip.ttl, Some(255));
    assert_eq!(of("0 < (tos 0x2) . 1:1(0) ack 1").ip.tos, Some(2));
    assert_eq!(of("0 < (9090 > 8080) . 1:1(0) ack 1").ports, Some((9090, 8080)));
}

#[test]
fn calls_have_arguments_of_every_kind() {
    let call = |text: &str| match events(text).remove(0).action {
        Action::Call(call) => call,
        _ => panic!("{text}"),
    };
    let read = call("0 read(4, ..., 1000) = -1 EAGAIN (Resource temporarily unavailable)");
    assert_eq!((read.name.as_str(), read.args.len()), ("read", 3));
    assert_eq!(read.returns, Expected::Error("EAGAIN".to_owned()));
    assert_eq!(call("0 fcntl(3, F_GETFL) = 0x802 (flags O_RDWR|O_NONBLOCK)").returns, Expected::Value(0x802));
    assert_eq!(call("0 close(3) = ...").returns, Expected::Any);
    assert_eq!(call("0 f(-1) = 0").args[0].1, Value::Number(-1));
    assert_eq!(call("0 f(\"a\\\"b\") = 0").args[0].1, Value::Text("a\"b".to_owned()));
    let names = Value::Names(vec!["O_RDWR".to_owned(), "O_NONBLOCK".to_owned()]);
    assert_eq!(call("0 f(O_RDWR|O_NONBLOCK) = 0").args[0].1, names);
    let record = call("0 f({onoff=1, linger=0}, [1], {msg_iov(1)=[{..., 100}], msg_flags=0}) = 0");
    assert_eq!(record.args[0].1.field("linger"), Some(&Value::Number(0)));
    assert_eq!(record.args[1].1.boxed_number(), Some(1));
    assert!(record.args[2].1.field("msg_iov").is_some());
    let address = call(
        "0 bind(3, {sa_family = AF_INET, sin_port = htons(80), sin_addr = inet_addr(\"1.2.3.4\")}, ...) = 0",
    );
    assert_eq!(
        address.args[1].1.field("sin_port"),
        Some(&Value::Apply("htons".to_owned(), vec![Value::Number(80)]))
    );
}

#[test]
fn comments_and_line_ends_may_stand_anywhere() {
    let text = "// one\n0 /* two\nlines */ < S // three\n 0:0(0)\n win 7\n+0 > .\n1:1(0) ack 1 // four";
    assert_eq!(events(text).len(), 2);
    assert_eq!(packet(text).window, Some(7));
}

#[test]
fn what_has_no_time_comes_at_once() {
    let events = events("`sysctl a=b`\n0 close(3) = 0\n`true`");
    assert_eq!(events.len(), 3);
    assert_eq!(events[2].time, Time::After(Duration::ZERO));
}

#[test]
fn conditions_choose_lines_by_profile() {
    let text = "#ifdef linux\n0 close(1) = 0\n#else\n0 close(2) = 0\n#endif\n#ifndef X\n#define X\n#endif\n#ifdef X\n+0 close(3) = 0\n#endif\n";
    let first = |profile| match &parse(text, profile).expect("a script").events[0].action {
        Action::Call(call) => call.args[0].1.clone(),
        _ => panic!(),
    };
    assert_eq!(first(Profile::Linux), Value::Number(1));
    assert_eq!(first(Profile::FreeBsd), Value::Number(2));
    assert_eq!(parse(text, Profile::Rfc).expect("a script").events.len(), 2);
}

#[test]
fn what_is_wrong_is_located_and_what_was_expected_is_said() {
    for (text, at, words) in [
        ("0 < Q 0:0(0)", "1:5", "flags"),
        ("0 < S 0:0", "1:10", "'('"),
        ("0 < S 0:5(0)", "1:7", "0:5 does not have 0 octets"),
        ("0 < S 0:0(0) win 65536", "1:18", "at most 65535"),
        ("0 < S 0:0(0) <mss>", "1:18", "a number"),
        ("0 < S 0:0(0) <mms 1460>", "1:15", "a TCP option"),
        ("0 < S 0:0(0) <mss 1460", "1:23", "a comma, or the end"),
        ("0 < S 0:0(0) <TS val 1>", "1:23", "'ecr'"),
        ("0 < . 1:1(0) ack 1 <sack>", "1:25", "SACK blocks"),
        ("0 < S 0:0(0) <FO 123>", "1:18", "two hexadecimal digits"),
        ("0 < [ect2] S 0:0(0)", "1:6", "ect0"),
        ("0 < icmp nonsense", "1:10", "an ICMP message"),
        ("\n  0 read(4, ..., 1000 = 5", "2:23", "a comma, or the end"),
        ("0 read(4, ;, 1) = 5", "1:11", "a value"),
        ("0 read(4, \"x) = 5", "1:11", "no closing"),
        ("0 read(4) = x", "1:13", "a number"),
        ("0 read(4) = -1 EPIPE (Broken", "1:22", "no closing )"),
        ("0 `sysctl", "1:3", "no closing `"),
        ("0 %{ assert 1", "1:3", "no end"),
        ("+ read(4) = 0", "1:3", "a time"),
        ("0 ? 1", "1:3", "a packet"),
        ("* < S 0:0(0)", "1:1", "only a packet that the stack sends"),
        ("+0~+1 close(3) = 0", "1:1", "only a packet that the stack sends"),
        ("+0...1 > S 0:0(0)", "1:1", "only a call"),
        ("+1...0.5 close(3) = 0", "1:1", "before its beginning"),
        ("#ifdef X\n0 close(3) = 0", "1:1", "#endif"),
        ("0 close(3) = 0\n#endif", "2:1", "#ifdef"),
        ("--ip_version=ipv5\n0 close(3) = 0", "1:1", "ipv4, ipv6"),
        ("--mtu=large\n", "1:1", "--mtu=1500"),
        ("--local_ip=::1\n", "1:1", "one family"),
        ("--=3\n", "1:3", "the name of an option"),
    ] {
        is_unreadable(text, at, words);
    }
}

#[test]
fn depth_is_bounded() {
    let text = format!("0 f({}{}) = 0", "[".repeat(100_000), "]".repeat(100_000));
    is_unreadable(&text, "1:22", "too deep");
}

#[test]
fn a_dialect_that_is_not_spoken_is_a_located_skip() {
    for (text, line, words) in [
        ("\n0 < udp (1000)", 2, "udp"),
        ("0 < sctp: INIT[]", 1, "sctp"),
        ("0 < S 0:0(0) /udp(9899 > 9899)", 1, "encapsulation"),
        ("0 < S5 0:0(0)", 1, "accurate ECN"),
        ("0 < S 0:0(0) <mp_capable key_a>", 1, "mp_capable"),
        ("0 < S 0:0(0) <mpcapable v1 flags[flag_h] nokey>", 1, "mpcapable"),
        ("#if X\n#endif", 1, "#if"),
        ("--udp_encaps=sctp\n", 1, "udp_encaps"),
    ] {
        skips(text, line, words);
    }
}
