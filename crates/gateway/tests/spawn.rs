//! A program in namespaces of its own: how it ends, what it sees, what is left of it.

mod common;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::process::{Command, Stdio};

use cordial_device::{Checksum, Device, MAX_PACKET, Outgoing, Readiness, TunConfig};
use cordial_gateway::{DeviceChoice, Exit, Network, Spawner, Wire};
use etherparse::{PacketBuilder, SlicedPacket, TransportSlice};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, test_kill_process};

use common::{again, assert_passed, eventually, output_of, prepare, run, start};

#[test]
fn the_programs_exit_code_comes_through() {
    for code in [0, 3, 124, 255] {
        let script = format!("exit {code}");
        assert_eq!(run(&["sh", "-c", &script]).expect("sh is there"), Exit::Code(code));
    }
}

#[test]
fn a_signal_that_ends_the_program_counts_from_128() {
    // Not HUP and INT: where the tests run under nohup or in the background they are ignored, and stay so inside.
    for (name, number) in [("USR1", 10), ("PIPE", 13), ("ALRM", 14), ("TERM", 15), ("KILL", 9)] {
        let script = format!("kill -{name} $$");
        let exit = run(&["sh", "-c", &script]).expect("sh is there");
        assert_eq!((exit, exit.code()), (Exit::Signal(number), 128 + number));
    }
}

#[test]
fn a_program_that_is_not_there_is_127() {
    for missing in ["cordial-no-such-program", "/no/such/program", "./no-such-program"] {
        let error = run(&[missing, "argument"]).expect_err("not there");
        assert_eq!(error.exit_code(), 127, "{error}");
        assert!(error.to_string().starts_with(&format!("{missing}: not found")), "{error}");
    }
}

#[test]
fn a_program_that_cannot_be_executed_is_126() {
    for present in ["/etc/passwd", "/etc"] {
        let error = run(&[present]).expect_err("not executable");
        assert_eq!(error.exit_code(), 126, "{error}");
        assert!(error.to_string().starts_with(&format!("{present}: cannot be executed")), "{error}");
    }
}

#[test]
fn a_command_that_makes_no_sense_is_125() {
    for command in [&[][..], &[""], &["a\0b"]] {
        let error = Spawner::new(command).prepare().expect_err("no command");
        assert_eq!(error.exit_code(), 125, "{error}");
    }
}

#[test]
fn nothing_runs_before_it_is_told_to() {
    let (prepared, _tun) = prepare(&["true"]);
    let pid = prepared.child().pid();
    drop(prepared);
    assert!(test_kill_process(pid).is_err(), "the process is gone");
}

#[test]
fn the_program_has_addresses_routes_and_ports() {
    let addresses = output_of("ip -oneline addr show");
    for expected in ["inet 10.77.0.2/24", "inet6 fd77::2/64", "inet 127.0.0.1/8", "inet6 ::1/128"] {
        assert!(addresses.contains(expected), "{expected}:\n{addresses}");
    }
    let ours = addresses.lines().find(|line| line.contains("fd77::2")).expect("listed");
    assert!(ours.contains("cordial0") && !ours.contains("tentative"), "{ours}");
    assert!(!addresses.contains("fe80:"), "nobody to announce an address to:\n{addresses}");

    let routes = output_of("ip route show; ip -6 route show");
    for expected in ["default via 10.77.0.1 dev cordial0", "default via fd77::1 dev cordial0"] {
        assert!(routes.contains(expected), "{expected}:\n{routes}");
    }
    let links = output_of("ip -oneline link show");
    assert!(links.contains("cordial0") && links.contains("mtu 1500"), "{links}");
    assert_eq!(links.lines().filter(|line| line.contains("UP")).count(), 2, "{links}");
    assert_eq!(output_of("cat /proc/sys/net/ipv4/ip_unprivileged_port_start"), "0\n");
}

#[test]
fn the_network_may_be_another() {
    let device = TunConfig { mtu: 9000, offload: false };
    let (ipv4, gateway4) = ((Ipv4Addr::new(192, 0, 2, 7), 28), Ipv4Addr::new(192, 0, 2, 1));
    let network = Network { device, ipv4, gateway4, ..Network::default() };
    let script = "ip -oneline link show cordial0 | grep -q 'mtu 9000' &&
                  ip route show default | grep -q 'via 192.0.2.1 ' &&
                  ip addr show cordial0 | grep -q '192.0.2.7/28'";
    let spawner = Spawner::new(["sh", "-c", script]).network(network);
    let (prepared, tun) = spawner.prepare().expect("namespaces and a TUN device");
    assert_eq!(tun.config(), device);
    assert_eq!(prepared.start().expect("sh is there").wait().expect("ours"), Exit::Code(0));
}

#[test]
fn the_program_keeps_its_user_and_asks_our_name_server() {
    let (prepared, _tun) = prepare(&["true"]);
    assert!(prepared.warnings().is_empty(), "{:?}", prepared.warnings());
    let me = rustix::process::geteuid().as_raw().to_string();
    assert_eq!(output_of("id -u").trim(), me);
    assert_eq!(output_of("cat /etc/resolv.conf"), "nameserver 10.77.0.1\n");
    if fs::exists("/etc/nsswitch.conf").expect("/etc can be searched") {
        let host = fs::read_to_string("/etc/nsswitch.conf").expect("readable");
        let inside = output_of("cat /etc/nsswitch.conf");
        assert!(inside.ends_with("hosts: files dns\n"), "{inside}");
        assert_eq!(inside.lines().filter(|line| line.starts_with("hosts:")).count(), 1);
        let passwd = host.lines().find(|line| line.starts_with("passwd:"));
        assert!(passwd.is_none_or(|line| inside.contains(line)), "{inside}");
    }
    // The directory that was used for a moment is as it was.
    let own = format!("cordial-spawn-{}", std::process::id());
    let path = std::env::temp_dir().join(&own);
    fs::write(&path, "").expect("anybody may");
    let listings = [(); 2].map(|()| output_of(&format!("ls '{}'", std::env::temp_dir().display())));
    fs::remove_file(&path).expect("it is ours");
    for listing in listings {
        let has = |name: &str| listing.lines().any(|line| line == name);
        assert!(has(&own) && !has("resolv.conf"), "{listing}");
    }
}

#[test]
fn the_device_reaches_the_programs_kernel() {
    let (_child, mut tun) = start(&["sleep", "300"]);
    let addresses = [IpAddr::from([10, 77, 0, 2]), "fd77::2".parse().expect("an address")];
    for address in addresses {
        let mut request = Vec::new();
        let into_memory = match address {
            IpAddr::V4(to) => PacketBuilder::ipv4([203, 0, 113, 9], to.octets(), 64)
                .icmpv4_echo_request(7, 1)
                .write(&mut request, b"hello"),
            IpAddr::V6(to) => PacketBuilder::ipv6([0x20; 16], to.octets(), 64)
                .icmpv6_echo_request(7, 1)
                .write(&mut request, b"hello"),
        };
        into_memory.expect("into memory");
        tun.send(&Outgoing::plain(&request)).expect("the device has room");
        assert_eq!(echo_reply(&mut tun), b"hello", "{address}");
    }
}

fn echo_reply(tun: &mut impl Device) -> Vec<u8> {
    let mut buffer = vec![0; MAX_PACKET];
    loop {
        while let Some(packet) = tun.receive(&mut buffer).expect("the device is there") {
            let Ok(sliced) = SlicedPacket::from_ip(packet.octets) else { continue };
            match sliced.transport {
                Some(TransportSlice::Icmpv4(icmp)) if icmp.type_u8() == 0 => return icmp.payload().to_vec(),
                Some(TransportSlice::Icmpv6(icmp)) if icmp.type_u8() == 129 => {
                    return icmp.payload().to_vec();
                }
                _ => {}
            }
        }
        let Readiness::Descriptor(fd) = tun.readiness() else { panic!("a TUN device is a descriptor") };
        let patience = Timespec { tv_sec: 10, tv_nsec: 0 };
        let ready = poll(&mut [PollFd::from_borrowed_fd(fd, PollFlags::IN)], Some(&patience));
        assert_eq!(ready, Ok(1), "no answer within 10 s");
    }
}

#[test]
fn a_signal_reaches_the_program_and_its_end_can_be_polled() {
    let (mut child, _tun) = start(&["sleep", "300"]);
    assert_eq!(child.try_wait().expect("ours"), None);
    child.signal(Signal::TERM).expect("ours");
    let patience = Timespec { tv_sec: 10, tv_nsec: 0 };
    while let Some(fd) = child.watch() {
        let ready = poll(&mut [PollFd::from_borrowed_fd(fd, PollFlags::IN)], Some(&patience));
        assert_eq!(ready, Ok(1), "not ended within 10 s");
        child.try_wait().expect("ours");
    }
    assert_eq!(child.try_wait().expect("ours").map(Exit::code), Some(143));
}

/// What one can see of the host that a run must not change.
fn host() -> (String, BTreeSet<String>, String) {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let interfaces = read("/proc/self/net/dev");
    let names =
        interfaces.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name.trim().into());
    (read("/proc/self/mountinfo"), names.collect(), read("/etc/resolv.conf"))
}

#[test]
fn nothing_is_left_behind() {
    let before = host();
    let (mut child, tun) = start(&["sh", "-c", "sleep 300 & setsid sleep 300 & (sleep 300 &) ; exit 7"]);
    let namespace = child.namespace().expect("reported");
    assert_eq!(host(), before, "while it runs");
    assert_eq!(child.wait().expect("ours"), Exit::Code(7));
    drop(tun);
    assert_eq!(namespace.processes().expect("/proc is mounted"), [], "no process");
    assert_eq!(host(), before, "no mount, no interface");
    for scratch in ["/tmp", "/mnt", "/run"] {
        for file in ["resolv.conf", "nsswitch.conf", "nscd"] {
            let left = fs::metadata(format!("{scratch}/{file}")).is_ok_and(|found| found.is_file());
            assert!(!left, "{scratch}/{file}");
        }
    }
}

#[test]
fn a_dropped_child_takes_its_processes_along() {
    let (child, _tun) = start(&["sh", "-c", "sleep 300 & sleep 300"]);
    let namespace = child.namespace().expect("reported");
    eventually("two processes more", || namespace.processes().is_ok_and(|pids| pids.len() == 3));
    drop(child);
    assert_eq!(namespace.processes().expect("/proc is mounted"), []);
}

/// Neither the program nor what it started, wherever that went: a session of its own, a network
/// of its own, the background.
#[test]
fn nothing_survives_us() {
    if common::is_inside() {
        let script = "setsid sleep 300 & unshare -Urn sleep 300 & (sleep 300 &) ; sleep 300";
        let (child, _tun) = start(&["sh", "-c", script]);
        println!("\npid {}", child.pid().as_raw_pid());
        std::thread::sleep(std::time::Duration::from_secs(300));
        return;
    }
    let me = std::env::current_exe().expect("a test knows its own path");
    let mark = format!("CORDIAL_TEST_SURVIVORS={}", std::process::id());
    let (name, value) = mark.split_once('=').expect("it has one");
    let mut us = Command::new(me)
        .args(["--exact", "nothing_survives_us", "--nocapture"])
        .env(common::INSIDE, "1")
        .env(name, value)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a test can be run again");
    let lines = BufReader::new(us.stdout.take().expect("piped")).lines();
    let pid = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("pid ")?.parse().ok());
    let pid = pid.and_then(Pid::from_raw).expect("the program was started");
    assert!(test_kill_process(pid).is_ok(), "it runs");
    let (test, guardian, program_and_its_children) = (1, 1, 5);
    let all = test + guardian + program_and_its_children;
    eventually("all of it runs", || common::marked(&mark).len() == all);
    us.kill().expect("ours");
    us.wait().expect("ours");
    eventually("all of it has ended", || common::marked(&mark).is_empty());
}

/// Everything above once more, as an ordinary user on a system whose `/dev/net/tun` is open to
/// all, as most are. Where the tests do not run as root, the above was this already.
#[test]
fn an_ordinary_user_can_do_all_of_this() {
    if common::is_root() && !common::is_inside() {
        let others = ["--skip", "an_ordinary_user_can_do_all_of_this", "--skip", "nothing_survives_us"];
        assert_passed(&again(&as_ordinary_user("0666"), &others));
    }
}

/// And once more on a system that keeps it closed: then a veth pair takes its place.
#[test]
fn an_ordinary_user_can_do_all_of_this_without_a_tun_device() {
    if common::is_root() && !common::is_inside() {
        let others = ["--skip", "an_ordinary_user_can_do_all_of_this", "--skip", "nothing_survives_us"];
        assert_passed(&again(&as_ordinary_user("0600"), &others));
    }
}

/// What the wire is, is for the system to say, unless it is asked for.
#[test]
fn the_wire_is_the_one_that_was_asked_for() {
    let has_tun = OpenOptions::new().read(true).write(true).open("/dev/net/tun").is_ok();
    for choice in [DeviceChoice::Auto, DeviceChoice::Tun, DeviceChoice::Veth] {
        let network = Network { choice, ..Network::default() };
        let prepared = Spawner::new(["true"]).network(network).prepare().map(|(_, wire)| wire);
        match (choice, has_tun) {
            (DeviceChoice::Tun, false) => assert!(prepared.is_err()),
            (DeviceChoice::Auto | DeviceChoice::Tun, true) => assert!(matches!(prepared, Ok(Wire::Tun(_)))),
            (DeviceChoice::Auto | DeviceChoice::Veth, _) => assert!(matches!(prepared, Ok(Wire::Veth(_)))),
        }
    }
}

#[test]
fn a_veth_pair_leaves_checksums_to_us_only_if_the_network_says_so() {
    const SENDER: &str = "CORDIAL_TEST_SENDER";
    if std::env::var_os(SENDER).is_some() {
        let socket = UdpSocket::bind("10.77.0.2:0").expect("the program has the address");
        socket.send_to(b"hello", "10.77.0.1:9").expect("there is a route");
        return;
    }
    let me = std::env::current_exe().expect("a test knows its own path");
    let itself = "a_veth_pair_leaves_checksums_to_us_only_if_the_network_says_so";
    for offload in [true, false] {
        let device = TunConfig { offload, ..TunConfig::default() };
        let network = Network { device, choice: DeviceChoice::Veth, ..Network::default() };
        let program = [OsString::from("env"), format!("{SENDER}=1").into(), me.clone().into()];
        let words = program.into_iter().chain(["--exact".into(), itself.into()]);
        let (prepared, mut wire) = Spawner::new(words).network(network).prepare().expect("a veth pair");
        let exit = prepared.start().expect("it is there").wait().expect("ours");
        assert_eq!(exit, Exit::Code(0));
        let (mut found, mut buffer) = (Vec::new(), vec![0; MAX_PACKET]);
        while let Some(packet) = wire.receive(&mut buffer).expect("the device is there") {
            if packet.octets.ends_with(b"hello") {
                found.push(packet.checksum);
            }
        }
        let partial = Checksum::Partial { start: 20, offset: 6 };
        assert_eq!(found, [if offload { partial } else { Checksum::Unknown }]);
    }
}

/// A command that runs another as user 1234, in a mount namespace in which `/dev/net/tun` has the
/// given mode and the test's binary can be reached.
fn as_ordinary_user(mode: &str) -> [&str; 6] {
    let script = "set -e
        mount -t tmpfs -o mode=755 tmpfs /dev/net
        mknod /dev/net/tun c 10 200
        chmod \"$0\" /dev/net/tun
        cp \"$1\" /dev/net/tests
        shift
        exec setpriv --reuid 1234 --regid 1234 --clear-groups /dev/net/tests \"$@\"";
    ["unshare", "--mount", "sh", "-c", script, mode]
}
