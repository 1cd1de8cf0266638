//! redis: many small questions over many connections, and one large value.

use std::process::Command;

use super::super::harness::Scratch;
use super::super::ports::free_port;
use super::server::{Server, assert_same, end, inside, outside, random_file};
use super::way::Way;

/// Twenty thousand SETs and as many GETs over fifty connections; a line with the rate of each.
fn benchmark(host: &str, port: u16) -> String {
    format!("timeout 50 redis-benchmark -h {host} -p {port} -t set,get -n 20000 -c 50 -d 300 --csv -e")
}

/// Puts a large value there and gets it back.
fn large_value(host: &str, port: u16) -> String {
    let redis = format!("timeout 20 redis-cli -h {host} -p {port}");
    // redis-cli ends what it prints with a line feed that is not of the value.
    format!("{redis} -x set large < large; {redis} get large | head -c -1 > got; {redis} info commandstats")
}

/// Fails unless both kinds of question have been answered as often as asked.
#[track_caller]
fn assert_counted(way: Way, stdout: &str) {
    for test in ["\"SET\",", "\"GET\","] {
        assert!(stdout.contains(test), "{way}: {stdout}");
    }
    for count in ["cmdstat_set:calls=20001,", "cmdstat_get:calls=20001,"] {
        assert!(stdout.contains(count), "{way}: {count}: {stdout}");
    }
    assert_eq!(stdout.matches("failed_calls=0").count(), stdout.matches("failed_calls=").count(), "{way}");
}

#[test]
fn redis_benchmark_inside_asks_a_server_outside() {
    for way in Way::ALL {
        let (scratch, folder, port) = (Scratch::new(), Scratch::new(), free_port());
        let large = random_file(scratch.file("large"), 8_000_000);
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "::1", "--save", "", "--dir"]);
        command.arg(folder.file(""));
        let _server = Server::start(command, &[port]);
        let script = format!("set -e; {}; {}", benchmark(way.host(), port), large_value(way.host(), port));
        let ended = way.run(&scratch, &script);
        assert_counted(way, &ended.stdout);
        assert_same(&scratch.file("got"), &large, way);
    }
}

#[test]
fn redis_benchmark_outside_asks_a_server_inside() {
    for way in Way::ALL {
        let (scratch, port) = (Scratch::new(), free_port());
        let large = random_file(scratch.file("large"), 8_000_000);
        let script = "exec redis-server --port 6379 --bind 0.0.0.0 '::' --protected-mode no --save '' >log";
        let server = inside(&scratch, way, &format!("{port}:6379"), script);
        let at = way.loopback().to_string();
        let wait = format!(
            "for n in $(seq 200); do redis-cli -h {at} -p {port} ping >ping 2>&1 && break; sleep 0.1; done"
        );
        let script = format!("{wait}; {}; {}", benchmark(&at, port), large_value(&at, port));
        assert_counted(way, &outside(&scratch, &script));
        assert_same(&scratch.file("got"), &large, way);
        end(server, &scratch);
    }
}
