//! Captures that a capture program takes inside a namespace, on interfaces with link layers of their own.

use std::io::BufRead;
use std::process::{Child, Command};
use std::time::Duration;

use pcap_file::DataLink;
use pcap_file::pcapng::{Block, PcapNgReader};

use super::bench::sleep;
use super::kernel::Kernel;
use super::talk::chat;
use super::tap::{EPOCH, Recording, Tap, write_next};

/// `dumpcap` (Wireshark) at work.
struct Dump {
    child: Child,
    file: std::path::PathBuf,
}

impl Dump {
    /// Begins on an interface, and waits until it captures.
    fn begin(kernel: &Kernel, interface: &str) -> Self {
        let name = format!("cordial-lab-{}-{}.pcapng", std::process::id(), kernel.thread);
        let file = std::env::temp_dir().join(name);
        let path = file.to_str().expect("a plain path");
        let mut child = kernel.start("dumpcap", &["-q", "-i", interface, "-f", "tcp", "-w", path]);
        let errors = child.stderr.take().expect("a pipe");
        let mut lines = std::io::BufReader::new(errors).lines();
        let told = lines.by_ref().map_while(Result::ok).find(|line| line.starts_with("File:"));
        assert!(told.is_some(), "dumpcap (package wireshark-common) captures on {interface}");
        // It may still have much to say.
        std::thread::spawn(move || lines.for_each(drop));
        sleep(300);
        Self { child, file }
    }

    /// Ends, and gives the file.
    fn end(mut self, taps: &'static [Tap]) -> Vec<Recording> {
        sleep(1_500);
        let pid = self.child.id().to_string();
        let done = Command::new("kill").args(["-INT", &pid]).status().expect("kill runs");
        assert!(done.success(), "a child of ours");
        self.child.wait().expect("a child of ours");
        let octets = std::fs::read(&self.file).expect("it has written");
        let _ = std::fs::remove_file(&self.file);
        vec![Recording { tap: &taps[0], octets: without_machine(&octets), stalled: Duration::ZERO }]
    }
}

/// The same packets without what the file says of the machine, and with times from where all captures count theirs.
fn without_machine(octets: &[u8]) -> Vec<u8> {
    let mut reader = PcapNgReader::new(octets).expect("a capture");
    let (mut link, mut frames, mut began) = (DataLink::ETHERNET, Vec::new(), None);
    while let Some(block) = reader.next_block() {
        match block.expect("a whole block") {
            Block::InterfaceDescription(interface) => link = interface.linktype,
            Block::EnhancedPacket(packet) => {
                let at = packet.timestamp;
                let began = *began.get_or_insert(at);
                frames.push((
                    EPOCH + at.saturating_sub(began),
                    packet.original_len,
                    packet.data.into_owned(),
                ));
            }
            _ => {}
        }
    }
    write_next(link, &frames)
}

/// A program calls its own port.
pub fn self_connect(taps: &'static [Tap]) -> Vec<Recording> {
    let kernel = Kernel::new();
    let dump = Dump::begin(&kernel, "lo");
    let me = "127.0.0.1:40000".parse().expect("an address");
    let talk = kernel.connect_from(me, me).expect("the kernel lets it");
    talk.say(100);
    talk.hear(100);
    sleep(100);
    talk.close();
    dump.end(taps)
}

pub fn loopback(taps: &'static [Tap]) -> Vec<Recording> {
    let kernel = Kernel::new();
    let dump = Dump::begin(&kernel, "lo");
    talk(&kernel, &kernel, "127.0.0.1:80");
    dump.end(taps)
}

/// A client, a router and a server, joined by virtual Ethernet links.
pub fn router_any(taps: &'static [Tap]) -> Vec<Recording> {
    let (client, router, server) = (Kernel::new(), Kernel::new(), Kernel::new());
    join(&router, "left", &client);
    join(&router, "right", &server);
    router.set("ip_forward", "1");
    router.ip(&["addr add 10.8.1.254/24 dev left", "addr add 10.8.2.254/24 dev right"]);
    client.ip(&["addr add 10.8.1.1/24 dev eth0", "route add default via 10.8.1.254"]);
    server.ip(&["addr add 10.8.2.1/24 dev eth0", "route add default via 10.8.2.254"]);
    let dump = Dump::begin(&router, "any");
    talk(&client, &server, "10.8.2.1:80");
    dump.end(taps)
}

pub fn link(taps: &'static [Tap]) -> Vec<Recording> {
    let (client, server) = (Kernel::new(), Kernel::new());
    join(&server, "left", &client);
    server.ip(&["addr add 10.8.1.254/24 dev left"]);
    client.ip(&["addr add 10.8.1.1/24 dev eth0"]);
    let dump = Dump::begin(&server, "left");
    talk(&client, &server, "10.8.1.254:80");
    dump.end(taps)
}

/// A virtual Ethernet link: `name` in `one`, `eth0` in `other`, both up.
fn join(one: &Kernel, name: &str, other: &Kernel) {
    let thread = other.thread;
    one.ip(&[
        &format!("link add {name} type veth peer name eth0 netns {thread}"),
        &format!("link set {name} up"),
    ]);
    other.ip(&["link set eth0 up"]);
}

fn talk(client: &Kernel, server: &Kernel, at: &str) {
    let at: std::net::SocketAddr = at.parse().expect("an address");
    let listener = server.listen(at);
    chat(client.connect(at), listener.accept());
}
