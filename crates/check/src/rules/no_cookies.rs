//! A server without SYN cookies.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use cordial_stack::{Config, TcpConfig};
use cordial_trace::event::Side;
use cordial_trace::words::Phrase;
use cordial_wire::{Flags, Options, Segment, SeqNum};

use crate::budget::Budget;
use crate::harness::Harness;
use crate::property::{Property, Sometimes};
use crate::rule::Rule;
use crate::scenario::{Forgery, Scenario};
use crate::script::{GREET, HEAR};

/// A full SYN cache turns everyone away.
pub const RULE: Rule = Rule {
    name: "no-cookies",
    title: Phrase::new(
        "a server whose SYN queue is full answers with cookies",
        "半连接队列满了，服务器用 cookie 回答",
    ),
    off: Phrase::new("a server whose SYN queue is full drops SYNs", "半连接队列满了，服务器丢弃 SYN"),
    harness: &NoCookies,
    scenario: &SCENARIO,
    breaks: &[Property::P9],
    keep: Phrase::new(
        "What a server remembers of strangers, strangers can fill; a cookie has the client remember it.",
        "服务器替陌生人记着的东西，陌生人就能塞满；cookie 是让客户端自己记着。",
    ),
};

/// The queue has room for one, and a stranger sends a SYN from an address that will never answer.
const SCENARIO: Scenario = Scenario {
    client: GREET,
    server: HEAR,
    budget: Budget { forgeries: 1, ..Budget::NONE },
    forgeries: &[Forgery { to: Side::Server, from: Some(STRANGER), segment: syn }],
    settings: |side, config, tcp| {
        if side == Side::Server {
            config.limits.syn_cache = 1;
            // A server is more patient than its clients: 15 s and 7 s here, 63 s and less in life.
            tcp.syn_ack_retries = 3;
        }
    },
    claims: &[Property::P1, Property::P2, Property::P5, Property::P6, Property::P9],
    sometimes: &[Sometimes::Forged, Sometimes::BothEstablished, Sometimes::BothClosed],
    ..Scenario::EMPTY
};

/// An address of those that documents may use (RFC 5737).
const STRANGER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 9)), 6_666);

fn syn() -> Segment<'static> {
    let options = Options { mss: Some(1_460), ..Options::default() };
    Segment { seq: SeqNum(66), flags: Flags::SYN, window: 4_000, options, ..Segment::default() }
}

/// A setting: RFC 4987 leaves cookies to the host.
#[derive(Debug)]
struct NoCookies;

impl Harness for NoCookies {
    fn configure(&self, _: Side, config: &mut Config, _: &mut TcpConfig) {
        config.syn_cookies = false;
    }
}
