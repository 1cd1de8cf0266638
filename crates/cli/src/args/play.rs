//! What `cordial play` takes.

use std::path::PathBuf;

use clap::Args;

use super::Face;

/// Play a scenario: a simulated network, two ends, and what befalls their segments
///
/// SCENARIO is the name of one that comes with the command (`--list` shows them), or a file. Everything happens in virtual
/// time, so a wait of hours takes no time at all, and the same seed gives the same run. What happened is drawn as a
/// ladder with what it means below; what the scenario expects is checked.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit code: 0 if everything came as the scenario expects, 1 if not; 2 when the usage is\n\
        wrong, the scenario cannot be understood or contradicts itself, or a file cannot be written.\n\n\
        A scenario is a text file, say:\n  \
        net     delay 10ms\n  \
        server  listen; accept; read end; close\n  \
        client  connect; send 5; close @3s\n  \
        drop    c1                      # its SYN\n  \
        expect  client connect works @1020ms; server reads 5; no RST\n\n\
        Examples:\n  \
        cordial play --list\n  \
        cordial play last-ack-lost\n  \
        cordial play --lang zh late-syn\n  \
        cordial play --seed 7 --pcap run.pcapng ./my.scenario"
)]
pub struct Play {
    /// List the scenarios that come with the command, by name and title
    #[arg(long, conflicts_with_all = ["seed", "events", "pcap", "json", "absolute"])]
    pub list: bool,

    /// What chance follows from: the same seed, the same run
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// Write every event to FILE as well, as JSON lines
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,

    /// Write the packets, as the client sent and received them, to FILE (pcapng)
    #[arg(long, value_name = "FILE")]
    pub pcap: Option<PathBuf>,

    /// Write events as JSON lines instead of drawing ladders
    #[arg(long)]
    pub json: bool,

    /// Write to FILE instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Sequence numbers as they are on the wire, instead of counted from 0
    #[arg(long)]
    pub absolute: bool,

    /// How it looks.
    #[command(flatten)]
    pub face: Face,

    /// The name of a scenario, or a file
    #[arg(value_name = "SCENARIO", required_unless_present = "list")]
    pub scenario: Option<PathBuf>,
}
