//! Segments that a stranger puts before a host.

use std::net::SocketAddr;
use std::time::Duration;

use cordial_sim::{Action, Edit, Forged, HostId, Socket, World};
use cordial_stack::Phase;
use cordial_trace::Group;
use cordial_wire::{Flags, Segment, SeqNum};

/// One of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Forgery {
    /// When.
    pub at: Duration,
    /// To which host.
    pub to: HostId,
    /// What it seems to belong to.
    pub aim: Aim,
    /// Its control bits.
    pub flags: Flags,
    /// Its number.
    pub seq: Number,
    /// What it acknowledges, if it does.
    pub ack: Option<Number>,
    /// Octets of data.
    pub len: u16,
    /// Its window.
    pub window: u16,
}

/// What a forged segment seems to belong to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Aim {
    /// A connection of the record. It comes while that is in a state that withstands it, or not at all: before a
    /// connection is open and after, a segment with the right addresses is believed more than that, by everyone's TCP.
    Connection(Group),
    /// A port, from somewhere else.
    Port {
        /// From where it seems to be.
        from: SocketAddr,
        /// To which port.
        port: u16,
    },
}

/// A number in a header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Number {
    /// As on the wire.
    Absolute(u32),
    /// So much above what the receiver expects next: RCV.NXT for a sequence number, SND.NXT for an acknowledgment.
    Expected(i64),
}

impl Number {
    fn over(self, expected: SeqNum) -> SeqNum {
        match self {
            Self::Absolute(number) => SeqNum(number),
            // Within 2³², as sequence numbers are.
            Self::Expected(offset) => expected + offset.rem_euclid(1 << 32) as u32,
        }
    }
}

impl Forgery {
    /// Puts it before its receiver now; false if what it is aimed at is not there.
    pub(crate) fn strike(&self, world: &mut World) -> bool {
        let Some(forged) = self.made(world) else { return false };
        world.act(Action::Inject(self.to, forged));
        true
    }

    /// True if TCP has to withstand it in this state.
    fn is_harmless_in(&self, phase: Phase) -> bool {
        match phase {
            Phase::Established
            | Phase::FinWait1
            | Phase::FinWait2
            | Phase::CloseWait
            | Phase::Closing
            | Phase::LastAck => true,
            // A SYN with the right ports opens a connection here, a reset with the right number ends it.
            Phase::SynSent => {
                self.flags == Flags::ACK && self.len == 0 && matches!(self.seq, Number::Absolute(_))
            }
            // A newer SYN opens another one.
            Phase::TimeWait => self.flags == Flags::SYN && matches!(self.seq, Number::Expected(..0)),
            Phase::Closed | Phase::Listen | Phase::SynReceived => false,
        }
    }

    fn made(&self, world: &World) -> Option<Forged> {
        let (from, to, seq, ack) = match self.aim {
            Aim::Port { from, port } => {
                let zero = SeqNum::default();
                let ack = self.ack.map(|ack| ack.over(zero));
                (from, world.at_port((self.to, port)), self.seq.over(zero), ack)
            }
            Aim::Connection(group) => {
                let socket = open_end(world, group, self.to)?;
                if !self.is_harmless_in(world.phase(socket)) {
                    return None;
                }
                let real = world.forged(socket)?;
                let header = real.segment.header;
                let ack = self.ack.map(|ack| ack.over(header.ack_number));
                (real.from, real.to, self.seq.over(header.seq), ack)
            }
        };
        let header = Segment {
            seq,
            ack_number: ack.unwrap_or_default(),
            flags: self.flags,
            window: self.window,
            ..Segment::default()
        };
        let payload = vec![FORGED; usize::from(self.len)];
        Some(Forged { from, to, segment: Edit { header, payload } })
    }
}

/// What forged octets are: none that any program writes.
const FORGED: u8 = b'!';

/// A host's end of a connection, while it has those ports.
fn open_end(world: &World, group: Group, host: HostId) -> Option<Socket> {
    let ends = world.ends(group)?;
    let is_newer = (group.0 + 1..=world.connections()).any(|newer| world.ends(Group(newer)) == Some(ends));
    if is_newer {
        // Its ports are another connection's by now.
        return None;
    }
    let [client, server] = ends;
    let is_its = |socket: &Socket| {
        world.socket(*socket).is_some_and(|info| {
            let ends = (info.tuple.local, info.tuple.peer);
            info.host == host && (ends == (client, server) || ends == (server, client))
        })
    };
    let sockets = (0..).map(Socket).take_while(|&socket| world.socket(socket).is_some());
    sockets.filter(is_its).last()
}
