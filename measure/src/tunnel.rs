//! iperf3 through `cordial run` and through slirp4netns, in turns, both directions.

mod guests;

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use crate::Error;
use crate::rounds::compare;
use guests::Slirp;

/// Seconds of one transfer.
const SECONDS: u32 = 4;

/// Which way the octets go, seen from the program inside.
#[derive(Clone, Copy)]
enum Way {
    Up,
    Down,
}

/// Prints Gbit/s of both, each way.
pub fn measure() -> Result<(), Error> {
    let cordial = build_cordial()?;
    let server = Server::start()?;
    let slirp = Slirp::start()?;
    for (way, title) in [(Way::Up, "up: from the program to the host"), (Way::Down, "down: from the host")] {
        println!(" {title}");
        let ours = || {
            let mut run = Command::new(&cordial);
            run.args(["run", "--quiet", "--"]).args(iperf("host.cordial", server.port, way));
            gbits(run)
        };
        let theirs = || gbits(slirp.command(&iperf(Slirp::HOST, server.port, way)));
        compare("Gbit/s", ("cordial run", ours), ("slirp4netns", theirs))?;
    }
    Ok(())
}

/// The command, optimized, as cargo puts it beside this program.
pub(crate) fn build_cordial() -> Result<PathBuf, Error> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let built =
        Command::new(cargo).args(["build", "--release", "--locked", "--package", "cordial-cli"]).status()?;
    if !built.success() {
        return Err("the command does not build".into());
    }
    Ok(std::env::current_exe()?.with_file_name("cordial"))
}

/// A client's command line.
fn iperf(host: &str, port: u16, way: Way) -> Vec<String> {
    let (port, seconds) = (port.to_string(), SECONDS.to_string());
    let mut words =
        vec!["iperf3", "--version4", "--json", "--client", host, "--port", &port, "--time", &seconds];
    if let Way::Down = way {
        words.push("--reverse");
    }
    words.into_iter().map(String::from).collect()
}

/// Runs a client and gives what the receiver saw.
fn gbits(mut client: Command) -> Result<f64, Error> {
    let Output { status, stdout, stderr } = client.output()?;
    let report: serde_json::Value = serde_json::from_slice(&stdout).unwrap_or_default();
    match report["end"]["sum_received"]["bits_per_second"].as_f64() {
        Some(bits) if status.success() && bits > 0.0 => Ok(bits / 1e9),
        _ => Err(format!("{status}: {}{}", report["error"], String::from_utf8_lossy(&stderr)).into()),
    }
}

/// iperf3's server on the host's loopback.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start() -> Result<Self, Error> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = Command::new("iperf3")
            .args(["--server", "--bind", "127.0.0.1", "--port", &port.to_string()])
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| format!("iperf3: {error}; `cargo xtask peers` installs it"))?;
        let server = Self { child, port };
        guests::until("iperf3 listens", || is_listening(port))?;
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// True if the kernel has a listener at this port of 127.0.0.1: asked of /proc, since a connect would be served.
fn is_listening(port: u16) -> bool {
    let entry = format!(" 0100007F:{port:04X} 00000000:0000 0A ");
    std::fs::read_to_string("/proc/net/tcp").is_ok_and(|table| table.contains(&entry))
}
