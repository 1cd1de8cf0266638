//! iperf3: one stream and four, both ways and both at once, and datagrams.

use std::process::Command;

use serde_json::Value;

use super::super::harness::Scratch;
use super::super::ports::free_port;
use super::server::Server;
use super::way::Way;

/// iperf3's server on the host, which takes one client at a time.
fn start() -> (Server, u16) {
    let port = free_port();
    let mut command = Command::new("iperf3");
    command.args(["-s", "-p", &port.to_string()]);
    (Server::start(command, &[port]), port)
}

/// What the client inside has measured.
#[track_caller]
fn measure(way: Way, options: &str, port: u16) -> Value {
    let (flag, to) = (way.flag(), "host.cordial");
    let script =
        format!("timeout 50 iperf3 {flag} -c {to} -p {port} --connect-timeout 9000 --json {options}");
    let ended = way.run(&Scratch::new(), &script);
    let report: Value =
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended}"));
    assert_eq!(report.get("error"), None, "{way}: {options}");
    report
}

#[test]
fn iperf3_measures_one_stream_and_four_both_ways() {
    let (_server, port) = start();
    for way in Way::ALL {
        for (options, streams) in [("", 1), ("-R", 1), ("-P 4", 4), ("-P 4 -R", 4)] {
            let report = measure(way, &format!("-t 1 {options}"), port);
            let ended = report["end"]["streams"].as_array().map(Vec::as_slice).unwrap_or_default();
            assert_eq!(ended.len(), streams, "{way}: {options}");
            for stream in ended {
                let received = stream["receiver"]["bytes"].as_u64();
                assert!(received.is_some_and(|octets| octets > 0), "{way}: {options}: {stream}");
            }
            let rate = report["end"]["sum_received"]["bits_per_second"].as_f64().unwrap_or_default() / 1e9;
            println!("{way}: iperf3 {options}: {rate:.2} Gbit/s");
        }
    }
}

#[test]
fn iperf3_measures_both_ways_at_once() {
    let (_server, port) = start();
    for way in Way::ALL {
        let report = measure(way, "-t 1 --bidir", port);
        for sum in ["sum_received", "sum_received_bidir_reverse"] {
            let received = report["end"][sum]["bytes"].as_u64();
            assert!(received.is_some_and(|octets| octets > 0), "{way}: {sum}: {}", report["end"]);
        }
    }
}

/// Nothing that is sent at a moderate rate is lost to us; what a busy machine loses in its sockets is little.
#[test]
fn iperf3_counts_its_datagrams_both_ways_and_in_four_flows() {
    let (_server, port) = start();
    for way in Way::ALL {
        for options in ["", "-R", "-P 4"] {
            let report = measure(way, &format!("-u -b 4M -l 1200 -t 1 {options}"), port);
            let sum = &report["end"]["sum"];
            let (packets, lost) = (sum["packets"].as_u64(), sum["lost_percent"].as_f64());
            assert!(packets.is_some_and(|packets| packets > 100), "{way}: {options}: {sum}");
            assert!(lost.is_some_and(|percent| percent < 5.0), "{way}: {options}: {sum}");
        }
    }
}
