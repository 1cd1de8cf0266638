//! The path that a program's packets take.

use std::time::Duration;

use clap::Args;
use cordial_fault::{QuantityError, Rule, RuleError};

/// What the path between CMD and the stack is like.
#[derive(Debug, Args)]
#[command(next_help_heading = "Faults")]
pub struct FaultArgs {
    /// Let something befall CMD's TCP segments, say 'drop 1st syn-ack'; repeatable
    ///
    /// Faults: drop, delay, dup, reorder or corrupt, then which segments of each connection: 'drop last ack',
    /// 'delay fin 300ms', 'dup data 5%', 'reorder 2%', 'drop 3rd data from server'. Also 'loss 1%', 'corrupt 0.1%',
    /// 'blackhole >1400' (longer packets vanish, IP header included) and 'rst after 1MB'. Which: [1st|2nd|every|every 3rd]
    /// [syn|syn-ack|ack|data|fin|rst|last ack|last fin|segment] [from client|from server] [5%]. The client is whoever
    /// sent the SYN; one that is sent again counts again. The ladder shows what befell a segment, and by which rule.
    ///
    /// Each segment is hit for itself: with any of --fault, --rate and --delay the interface cuts up what CMD's kernel
    /// would hand over in pieces of 64 KiB, which costs speed. Datagrams and pings are hit by --rate and --delay only.
    #[arg(long = "fault", value_name = "RULE", value_parser = rule)]
    pub faults: Vec<Rule>,

    /// Let this much through each way and no more: 10mbit, 500kbit; what waits longer than 100 ms for it is lost
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub rate: Option<u64>,

    /// Let each packet take this long, one way: 50ms
    #[arg(long, value_name = "TIME", value_parser = delay)]
    pub delay: Option<Duration>,

    /// What chance in --fault is drawn from; drawn itself, and told at the end, where it is not given
    ///
    /// The same seed hits the same segments of the first, the second connection and so on, as far as CMD sends the same.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

impl FaultArgs {
    /// True if packets go their way as they always do.
    pub fn is_empty(&self) -> bool {
        let Self { faults, rate, delay, seed: _ } = self;
        faults.is_empty() && rate.is_none() && delay.is_none()
    }
}

fn rule(text: &str) -> Result<Rule, RuleError> {
    text.parse()
}

fn rate(text: &str) -> Result<u64, QuantityError> {
    cordial_fault::rate(text)
}

fn delay(text: &str) -> Result<Duration, QuantityError> {
    cordial_fault::duration(text)
}
