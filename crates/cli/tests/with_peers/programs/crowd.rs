//! Two thousand connections at one moment.

use std::process::Command;

use super::super::harness::Scratch;
use super::super::ports::free_port;
use super::server::Server;
use super::way::Way;

const CONNECTIONS: usize = 2_000;

/// Takes connections on both loopbacks, and answers no question before all have been asked: then they are all open.
/// An answer is its question from the end to the beginning.
const SERVER: &str = r#"
import asyncio, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
port, connections = int(sys.argv[1]), int(sys.argv[2])
asked, all_asked = 0, None

async def talk(reader, writer):
    global asked
    try:
        question = await reader.readexactly(4096)
    except asyncio.IncompleteReadError:
        return writer.close()
    asked += 1
    if asked == connections:
        all_asked.set()
    await all_asked.wait()
    writer.write(question[::-1])
    await writer.drain()
    await reader.read()
    writer.close()

async def main():
    global all_asked
    all_asked = asyncio.Event()
    for host in "127.0.0.1", "::1":
        await asyncio.start_server(talk, host, port, backlog=4096)
    await asyncio.Event().wait()

asyncio.run(main())
"#;

/// Opens them all at once, and compares. Last it says how many packets did not fit into its device, and how many SYNs
/// its kernel has sent again, for that or because a busy machine took more than a second to answer.
const CLIENT: &str = r#"
import asyncio, os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
host, port, connections = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])

async def ask():
    reader, writer = await asyncio.open_connection(host, port)
    question = os.urandom(4096)
    writer.write(question)
    answer = await reader.readexactly(4096)
    assert answer == question[::-1], "an answer to another question"
    writer.write_eof()
    assert await reader.read() == b"", "more than was asked for"
    writer.close()
    await writer.wait_closed()

async def main():
    asked = asyncio.gather(*(ask() for _ in range(connections)), return_exceptions=True)
    return [repr(one) for one in await asyncio.wait_for(asked, 55) if one is not None]

failures = asyncio.run(main())
names, values = [line.split() for line in open("/proc/net/netstat") if line.startswith("TcpExt:")]
again = dict(zip(names, values))["TCPSynRetrans"]
device, = [line.split() for line in open("/proc/net/dev") if "cordial0:" in line]
print(len(failures), "failed;", device[12], "dropped by the device;", again, "SYNs were sent again")
sys.exit("\n".join(sorted(set(failures))) or 0)
"#;

#[test]
fn two_thousand_connections_at_once_all_get_their_answer() {
    for way in Way::ALL {
        let (scratch, port) = (Scratch::new(), free_port());
        let mut command = Command::new("python3");
        command.args(["-c", SERVER, &port.to_string(), &CONNECTIONS.to_string()]);
        let _server = Server::start(command, &[port]);
        std::fs::write(scratch.file("client.py"), CLIENT).expect("the folder can be written");
        let ended = way.run(&scratch, &format!("python3 client.py {} {port} {CONNECTIONS}", way.host()));
        println!("{way}: {} in {:?}", ended.stdout.trim(), ended.took);
        assert!(ended.stdout.starts_with("0 failed; 0 dropped by the device;"), "{way}: {ended}");
        assert_eq!(scratch.survivors(), [], "{way}");
    }
}
