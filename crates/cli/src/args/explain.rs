//! What `cordial explain` takes.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::Args;
use cordial_trace::words::Phrase;

use super::{Face, Reason};

/// Say in words what the connections in a capture did.
///
/// FILE is a capture (pcap or pcapng, from tcpdump, Wireshark and the like) or a record of `cordial run --events`; what
/// it is shows in its contents. `-` reads standard input, also while it is being written.
///
/// A single connection is drawn as a ladder with what it means below. Of several, those that lost time or went wrong are
/// told one by one, the costliest first; the healthy ones are counted.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit code: 0; with --check 1 if something is wrong (a verdict of level warn or fail);\n\
        2 when the usage is wrong or FILE cannot be read.\n\n\
        Examples:\n  \
        cordial explain capture.pcapng\n  \
        cordial explain --connection 3 capture.pcapng\n  \
        cordial explain --filter 'peer:10.0.0.0/8 level:warn' capture.pcapng\n  \
        tcpdump -i any -w - tcp port 443 | cordial explain -\n  \
        gzip -dc capture.pcap.gz | cordial explain --check -"
)]
pub struct Explain {
    /// Draw the ladder of this connection: a number, or a range such as 3-7; may be given more than once
    #[arg(long, short, value_name = "N", value_delimiter = ',', value_parser = numbers)]
    pub connection: Vec<RangeInclusive<u32>>,

    /// Show only some connections, say 'state:close_wait !port:443'
    ///
    /// Terms are field:value or /regex/; all have to hold, `!` before one means not. Fields: state:close_wait,
    /// port:5432 or port:8000-8999, peer:10.0.0.0/8, host:example.org, process:curl, pid:4711, verdict:C05,
    /// level:warn (or worse). Only a record knows programs. --check looks at what is shown.
    #[arg(long, value_name = "EXPR", conflicts_with = "json")]
    pub filter: Option<String>,

    /// List the healthy connections as well
    #[arg(long, short)]
    pub all: bool,

    /// Every segment in a row of its own, nothing summed up
    #[arg(long)]
    pub exact: bool,

    /// Exit with 1 if a verdict is `warn` or `fail`
    #[arg(long)]
    pub check: bool,

    /// Write events and verdicts as JSON lines instead
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

    /// The capture or record; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// `3` or `3-7`.
fn numbers(text: &str) -> Result<RangeInclusive<u32>, Reason> {
    let number = |text: &str| {
        let number: u32 = text.trim_start_matches(['#', 'c']).parse().map_err(|_| HINT)?;
        if number > 0 { Ok(number) } else { Err(HINT) }
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (number(first)?, number(last)?);
    if first <= last { Ok(first..=last) } else { Err(HINT) }
}

const HINT: Reason = Reason(Phrase::new(
    "connections are numbered from 1: say 3, 3-7 or 1,5",
    "连接从 1 开始编号：要写 3、3-7 或 1,5",
));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_chosen_by_number_and_range() {
        assert_eq!(numbers("3").ok(), Some(3..=3));
        assert_eq!(numbers("3-7").ok(), Some(3..=7));
        assert_eq!(numbers("#12").ok(), Some(12..=12));
        for wrong in ["0", "7-3", "", "-", "x", "1-", "1-2-3", "4294967296"] {
            assert!(numbers(wrong).is_err(), "{wrong}");
        }
    }
}
