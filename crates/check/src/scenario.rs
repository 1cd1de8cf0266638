//! What a search is about: who does what, and what the network may do.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use cordial_stack::{Config, TcpConfig};
use cordial_tcp::RtoLimits;
use cordial_trace::event::Side;
use cordial_wire::Segment;

use crate::budget::{Budget, GRAIN, MSL};
use crate::harness::Harness;
use crate::property::{Property, Sometimes};
use crate::script::{GREET, HEAR, Line, SAY_ONE};

/// A small world with everything that may happen in it.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// What the client's application does.
    pub client: &'static [Line],
    /// What the server's does.
    pub server: &'static [Line],
    /// The server listens from the beginning.
    pub listens: bool,
    /// The two have met before: the client has the server's cookie, and octets may ride on its SYN (RFC 7413). The meeting
    /// takes the first initial number of each.
    pub opens_fast: bool,
    /// An application that reads only when its script says so.
    pub slow_reader: Option<Side>,
    /// The initial numbers, client's and server's, one a connection.
    pub numbers: [&'static [u32]; 2],
    /// What may happen to segments and hosts.
    pub budget: Budget,
    /// What a stranger may send, in this order.
    pub forgeries: &'static [Forgery],
    /// What differs from the settings of every scenario.
    pub settings: fn(Side, &mut Config, &mut TcpConfig),
    /// What is claimed of it.
    pub claims: &'static [Property],
    /// What has to happen in some run, so that the claims are about something.
    pub sometimes: &'static [Sometimes],
}

/// A stranger's segment.
#[derive(Clone, Copy, Debug)]
pub struct Forgery {
    /// Whom it is for.
    pub to: Side,
    /// Whom it claims to be from; none: the other end, on the same ports.
    pub from: Option<SocketAddr>,
    /// The segment, ports left out.
    pub segment: fn() -> Segment<'static>,
}

impl Scenario {
    /// True if every connection of an end begins at one number, which a clock and a hash make rare (RFC 6528): what is found
    /// then is the worst of luck.
    pub const fn has_equal_numbers(&self) -> bool {
        let [client, server] = self.numbers;
        client.len() == 1 || server.len() == 1
    }

    /// A scenario in which nobody does anything: to be filled in.
    pub const EMPTY: Self = Self {
        client: &[],
        server: &[],
        listens: true,
        opens_fast: false,
        slow_reader: None,
        numbers: [&[100, 500], &[300, 700]],
        budget: Budget::NONE,
        forgeries: &[],
        settings: |_, _, _| {},
        claims: &[],
        sometimes: &[],
    };

    /// A client that calls and says nothing, over a network that may lose one segment.
    pub const GREETING: Self = Self {
        client: GREET,
        server: HEAR,
        budget: Budget { losses: 1, ..Budget::NONE },
        claims: &[
            Property::P1,
            Property::P2,
            Property::P5,
            Property::P6,
            Property::P7,
            Property::P9,
            Property::P11,
        ],
        sometimes: &[Sometimes::BothEstablished, Sometimes::SentAgain, Sometimes::BothClosed],
        ..Self::EMPTY
    };

    /// A client that says one octet: it arrives, and both ends end.
    pub const ONE_OCTET: Self = Self {
        client: SAY_ONE,
        server: HEAR,
        claims: &[Property::P1, Property::P2, Property::P3, Property::P4, Property::P5, Property::P6],
        sometimes: &[
            Sometimes::BothEstablished,
            Sometimes::OctetRead,
            Sometimes::SentAgain,
            Sometimes::BothClosed,
        ],
        ..Self::EMPTY
    };
}

/// A scenario, and perhaps a rule that is switched off in it.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The scenario.
    pub scenario: &'static Scenario,
    /// What takes the rule away.
    pub harness: Option<&'static dyn Harness>,
}

impl Setting {
    /// The settings of an end's host.
    ///
    /// They are the engine's own but for what makes the search small: the shortest and the longest retransmission timeout
    /// are the same, so that no measured round trip decides anything; windows are not scaled; patience is counted in
    /// seconds; every wait is a whole number of [`GRAIN`]s, the shortest being that of the delayed ACK. All of it is what any
    /// host may be set to.
    pub fn config(&self, side: Side) -> Config {
        let mut config = Config::host(&[ip(side)]);
        let mut tcp = TcpConfig {
            receive_buffer: 4_000,
            receive_buffer_max: 4_000,
            window_scaling: false,
            timestamps: false,
            sack: false,
            rto: RtoLimits { initial: RTO, min: RTO, max: RTO },
            delayed_ack: GRAIN,
            syn_retries: 2,
            syn_ack_retries: 2,
            give_up_after: Duration::from_secs(4),
            orphan_retries: 4,
            orphan_fin_wait_2: Duration::from_secs(8),
            msl: MSL,
            fast_open: self.scenario.opens_fast,
            ..TcpConfig::default()
        };
        // Twenty resets for each peer instead of a hundred: what goes on for nothing (`forms`) stops the sooner.
        config.limits.refusals_per_second = 256 * 20;
        (self.scenario.settings)(side, &mut config, &mut tcp);
        if let Some(harness) = self.harness {
            harness.configure(side, &mut config, &mut tcp);
        }
        config.tcp = tcp.into();
        config
    }

    /// How long a half-open connection may last that nobody answers: all tries, each waited for twice as long as the one
    /// before. A harness does not move it.
    pub fn half_open_limit(&self) -> Duration {
        let tcp = Self { harness: None, ..*self }.config(Side::Server).tcp;
        tcp.rto.initial * ((2 << tcp.syn_ack_retries) - 1)
    }

    /// The initial numbers of an end.
    pub fn numbers(&self, side: Side) -> &'static [u32] {
        let dealt = self.scenario.numbers[side as usize];
        self.harness.map_or(dealt, |harness| harness.numbers(side, dealt))
    }
}

/// The retransmission timeout, first and last.
const RTO: Duration = Duration::from_millis(800);

/// An end's address and port.
pub const fn address(side: Side) -> SocketAddr {
    let port = match side {
        Side::Client => 51_514,
        Side::Server => 8_080,
    };
    SocketAddr::new(ip(side), port)
}

const fn ip(side: Side) -> IpAddr {
    IpAddr::V4(match side {
        Side::Client => Ipv4Addr::new(10, 0, 0, 2),
        Side::Server => Ipv4Addr::new(10, 0, 0, 1),
    })
}
