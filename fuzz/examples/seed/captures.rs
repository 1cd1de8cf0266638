//! Seeds of `capture`: what kernels said to each other, scripts of packets, and a record.

use std::fs;
use std::io;
use std::path::Path;

use crate::Seed;

/// Octets of the largest capture that is worth being changed at random.
const LARGEST: u64 = 3_000;
/// How many captures of kernels are taken.
const MOST: usize = 40;

/// The small ones among the captures of the tests, and what is made here.
///
/// # Errors
///
/// If the captures cannot be read.
pub fn seeds() -> io::Result<Vec<Seed>> {
    let mut seeds = captured()?;
    let whole: [&[Step]; 3] = [&CALL, &QUESTION, &ANSWER_AND_GOODBYE];
    let reset: [&[Step]; 4] = [&CALL, &SECOND_CALL, &QUESTION, &NO_ANSWER];
    seeds.push(("script-whole-connection", script(&whole)));
    seeds.push(("script-lost-and-reset", script(&reset)));
    seeds.push(("script-ports-used-again", script(&[&whole[..], &[&NEXT_CALL]].concat())));
    seeds.push(("lone-segment-uncovers-half-open", lone_segment()));
    seeds.push(("record", [&[0], RECORD.as_bytes()].concat()));
    seeds.push(("pcapng-other-order", [&[0][..], &PCAPNG].concat()));
    Ok(seeds)
}

fn captured() -> io::Result<Vec<Seed>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/explain/tests/captures");
    let mut files: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    files.sort_by_key(fs::DirEntry::file_name);
    let mut seeds = Vec::new();
    for file in files {
        if seeds.len() < MOST && file.metadata()?.len() <= LARGEST {
            let name = file.file_name().to_string_lossy().into_owned();
            seeds.push((&*name.leak(), [&[0][..], &fs::read(file.path())?].concat()));
        }
    }
    Ok(seeds)
}

/// Who, flags, sequence number, acknowledgment, length, time.
type Step = [u8; 6];

const CALL: [Step; 1] = [[0, 2, 0, 0, 0, 0]];
const SECOND_CALL: [Step; 1] = [[0, 2, 0, 0, 0, 0xf0]];
/// A call is answered, and something is said.
const QUESTION: [Step; 3] = [[1, 18, 0, 1, 0, 3], [0, 16, 1, 1, 0, 1], [0, 24, 1, 1, 5, 1]];
const ANSWER_AND_GOODBYE: [Step; 5] =
    [[1, 24, 1, 6, 7, 3], [0, 17, 6, 8, 0, 3], [1, 16, 8, 7, 0, 3], [1, 17, 8, 7, 0, 1], [0, 16, 7, 9, 0, 3]];
/// It is said again, and then reset.
const NO_ANSWER: [Step; 2] = [[0, 24, 1, 1, 5, 70], [1, 4, 1, 0, 0, 3]];
/// The same ports, other numbers.
const NEXT_CALL: [Step; 3] = [[2, 2, 0, 0, 0, 200], [3, 18, 0, 1, 0, 3], [2, 16, 1, 1, 0, 1]];

fn script(parts: &[&[Step]]) -> Vec<u8> {
    [&[1], parts.concat().as_flattened()].concat()
}

/// Found by fuzzing: a call is answered, and one segment from another port follows, which may have uncovered that the
/// other end had forgotten its connection. What comes then has no meaning.
fn lone_segment() -> Vec<u8> {
    let answered: [&[Step]; 4] = [&CALL, &QUESTION[..1], &[[10, 0, 0, 0, 0, 1]], &[[0, 24, 1, 1, 5, 1]]];
    let rest = [6, 7, 3, 0, 17, 6, 8, 0, 3, 1, 16, 8, 7, 0, 3, 1, 17, 8, 7, 0, 1, 0, 16, 7, 9, 0, 3];
    [&script(&answered)[..], &[1, 24], &[74; 58], &[1], &rest].concat()
}

const RECORD: &str = concat!(
    r#"{"file_schema":"https://cordial.example/112026/tcp-stream","title":"seed","trace":{"source":"live"}}"#,
    "\n",
    r#"{"id":1,"time":0.0,"name":"tcp:connection_started","group_id":"c1","tuple":"t1","at":"observer","cause":[],"#,
    r#""data":{"tuple":["10.0.0.2:51514","10.0.0.1:8080"]}}"#,
    "\n",
    r#"{"id":2,"time":0.5,"name":"tcp:segment_received","group_id":"c1","tuple":"t1","at":"server","cause":[],"#,
    r#""ends":{"client":["CLOSED","SYN_SENT","inferred"],"server":["LISTEN","SYN_RCVD"]},"#,
    r#""data":{"segment_id":"c1","header":{"flags":["syn"],"seq":1000,"rel":[0],"win":65535,"#,
    r#""options":[{"mss":1460},{"ws":7},"sack_permitted"]},"raw":{"length":32,"payload_length":0},"#,
    r#""timers":[{"timer_type":"synack","event_type":"set","delta":1000.0}],"vars":{"rcv_nxt":1001,"rto":1000.0},"#,
    r#""trigger":"syn","rule":"rfc9293:3.10.7.2/syn"}}"#,
    "\n",
    r#"{"id":3,"time":9.0,"name":"tcp:connection_closed","group_id":"c1","tuple":"t1","at":"observer","cause":[2],"#,
    r#""data":{"cause":"timed_out"}}"#,
    "\n",
);

/// A section in the big-endian order, an interface with a resolution, a packet that holds nothing.
const PCAPNG: [u8; 104] = [
    0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 28, 0x1a, 0x2b, 0x3c, 0x4d, 0, 1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0, 0, 0, 28, 0, 0, 0, 1, 0, 0, 0, 32, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 9, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0, 6, 0, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 12, 0, 0,
    0, 60, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 44,
];
