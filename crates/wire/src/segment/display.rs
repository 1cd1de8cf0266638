//! A segment in one short line, as ladders print it.

use core::fmt;

use crate::{Flags, Options, Segment};

/// What it is, where it lies, what it acknowledges; options where they are news.
///
/// ```text
/// SYN seq=0 mss=1460 ws=7 sack ts=1:0
/// DATA seq=1..79 ack=1
/// FIN+ACK seq=79 ack=121
/// ACK seq=1 ack=1 sack=2921..4381
/// ```
///
/// A segment with data says `DATA` where another would say `ACK`; its range ends before a FIN. PSH, ports, windows,
/// and the timestamps of segments without SYN are left out.
impl fmt::Display for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_name(f)?;
        write!(f, " seq={}", self.seq)?;
        if !self.payload.is_empty() {
            let syn = u32::from(self.flags.contains(Flags::SYN));
            write!(f, "..{}", self.seq + syn + self.payload.len() as u32)?;
        }
        if let Some(ack) = self.ack() {
            write!(f, " ack={ack}")?;
        }
        if self.flags.contains(Flags::URG) {
            write!(f, " urg={}", self.urgent)?;
        }
        if self.flags.contains(Flags::SYN) {
            fmt_syn_options(&self.options, f)?;
        }
        fmt_sack(&self.options, f)
    }
}

impl Segment<'_> {
    fn fmt_name(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = self.flags.without(Flags::PSH);
        if self.payload.is_empty() {
            return write!(f, "{flags}");
        }
        for name in flags.without(Flags::ACK).names() {
            write!(f, "{name}+")?;
        }
        f.write_str("DATA")
    }
}

fn fmt_syn_options(options: &Options, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let Some(mss) = options.mss {
        write!(f, " mss={mss}")?;
    }
    if let Some(shift) = options.window_scale {
        write!(f, " ws={shift}")?;
    }
    if options.sack_permitted {
        f.write_str(" sack")?;
    }
    if let Some(timestamps) = options.timestamps {
        write!(f, " ts={}:{}", timestamps.value, timestamps.echo)?;
    }
    if let Some(fast_open) = options.fast_open {
        write!(f, " fo={fast_open:?}")?;
    }
    Ok(())
}

fn fmt_sack(options: &Options, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut before = " sack=";
    for (start, end) in options.sack.as_slice() {
        write!(f, "{before}{start}..{end}")?;
        before = ",";
    }
    Ok(())
}
