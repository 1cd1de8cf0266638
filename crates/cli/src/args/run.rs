//! What `cordial run` takes.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::ladder::{When, WhenParser};
use super::{Face, FaultArgs, NetworkArgs};

/// Run a program on Cordial's TCP and draw its connections.
///
/// CMD runs in a network of its own whose only way out is a TCP stack inside this command; no root is
/// needed. What CMD connects to is connected to from here. CMD keeps its standard streams: everything
/// of ours goes to standard error, or where --output says.
#[derive(Debug, Args)]
#[command(
    override_usage = "cordial run [OPTIONS] -- CMD [ARG]...",
    after_help = "Names that CMD can call besides the ordinary ones:\n  \
        hello.cordial    a small web server inside this command\n  \
        host.cordial     this machine's own loopback: 127.0.0.1 and ::1\n\n\
        Exit code: CMD's; 128+n when signal n ended it; 125 when we could not set up or the usage was\n\
        wrong; 126 when CMD cannot be executed; 127 when it was not found. A record that cannot be\n\
        written while CMD runs is told on standard error; CMD goes on and its exit code stays.\n\n\
        Ctrl-C and all other signals are CMD's to handle; a second Ctrl-C ends a CMD that ignores the first.\n\
        What CMD leaves running when it ends is ended with it.\n\n\
        Examples:\n  \
        cordial run -- curl -s http://hello.cordial/\n  \
        cordial run --lang zh -- curl -sO https://example.org/file\n  \
        cordial run --pcap run.pcapng --events run.jsonl -- ./my-test\n  \
        cordial run --filter 'level:warn' -- ./many-connections\n  \
        cordial run --tui -- ./my-test\n  \
        cordial run --fault 'drop last ack' -- curl -s http://hello.cordial/\n  \
        cordial run --quiet -- iperf3 -c host.cordial"
)]
pub struct Run {
    /// Also write every event to FILE, one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,

    /// Also write every packet to FILE, in pcapng's format
    #[arg(long, value_name = "FILE")]
    pub pcap: Option<PathBuf>,

    /// Say nothing on standard error but what went wrong
    #[arg(long, short)]
    pub quiet: bool,

    /// At the end, say what was counted: of each connection as ss -ti does, of the host as nstat does
    ///
    /// On standard error: a line for each connection, the last 2,048 that ended and those still open; how full the tables
    /// are; every counter that is not 0, by its SNMP or TcpExt name. With --json, and in what --events writes, they are
    /// lines of the record instead, called stats:connection and stats:host.
    #[arg(long)]
    pub stats: bool,

    /// Write the events as JSON lines instead of drawing ladders
    #[arg(long)]
    pub json: bool,

    /// Put ladders (or with --json the events) into FILE instead of standard error
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// When to draw, and how many connections as ladders; the others have a line each
    #[arg(
        long,
        value_parser = WhenParser,
        value_name = "WHEN",
        num_args = 0..=1,
        require_equals = true,
        default_value = "end",
        default_missing_value = "live"
    )]
    pub ladder: When,

    /// Show only some connections, say 'state:close_wait !port:443'
    ///
    /// Terms are field:value or /regex/; all have to hold, `!` before one means not. Fields: state:close_wait,
    /// port:5432 or port:8000-8999, peer:10.0.0.0/8, host:example.org, process:curl, pid:4711, verdict:C05,
    /// level:warn (or worse). What --events, --json and --pcap write is not filtered.
    #[arg(long, value_name = "EXPR")]
    pub filter: Option<String>,

    /// Watch in the whole terminal, with panes: connections, ladder, why, verdict, queues; `?` there shows the keys
    ///
    /// What CMD writes to the terminal is shown in a pane of its own and printed when you leave; what is redirected
    /// goes where it is redirected to. CMD cannot read from the terminal: give it a file or a pipe.
    #[arg(long, conflicts_with_all = ["json", "quiet", "output"])]
    pub tui: bool,

    /// Sequence numbers as they are on the wire, instead of counted from 0
    #[arg(long)]
    pub absolute: bool,

    /// The network that CMD finds.
    #[command(flatten)]
    pub network: NetworkArgs,

    /// What befalls its packets.
    #[command(flatten)]
    pub faults: FaultArgs,

    /// How it looks.
    #[command(flatten)]
    pub face: Face,

    /// The program to run, and its arguments
    #[arg(value_name = "CMD", required = true, trailing_var_arg = true)]
    pub command: Vec<OsString>,
}
