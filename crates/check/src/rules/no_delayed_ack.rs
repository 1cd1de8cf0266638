//! Every segment is acknowledged at once.

use std::time::Duration;

use cordial_stack::{Config, TcpConfig};
use cordial_trace::event::Side;
use cordial_trace::words::Phrase;

use crate::harness::Harness;
use crate::rule::Rule;
use crate::scenario::Scenario;

/// An acknowledgment never waits for something to ride on. Nothing breaks.
pub const RULE: Rule = Rule {
    name: "no-delayed-ack",
    title: Phrase::new("an ACK may wait a little for a segment to ride on", "ACK 可以稍等，搭别的段一起走"),
    off: Phrase::new("every ACK goes out at once", "每个 ACK 都马上发"),
    harness: &NoDelayedAck,
    scenario: &Scenario::GREETING,
    breaks: &[],
    keep: Phrase::new(
        "Four goodbyes become three when the server has nothing left to say and its ACK waited for its FIN.",
        "服务器没有话要说、ACK 又等了等 FIN 时，四次挥手就成了三次。",
    ),
};

/// A setting: RFC 9293 §3.8.6.3 says how long an ACK may wait at most.
#[derive(Debug)]
struct NoDelayedAck;

impl Harness for NoDelayedAck {
    fn configure(&self, _: Side, _: &mut Config, tcp: &mut TcpConfig) {
        tcp.delayed_ack = Duration::ZERO;
    }
}
