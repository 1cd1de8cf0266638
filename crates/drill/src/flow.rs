//! One flow's numbers: as the script counts them, and as they are on the wire.

use std::net::SocketAddr;

use cordial_wire::{Flags, Segment, SeqNum};

use crate::info::{SACK, TIMESTAMPS, WINDOW_SCALE};
use crate::script::{Number, Options, TcpOption, TcpPacket};

/// The two ends of a connection under test and what ties a script's numbers to the wire's.
///
/// The script is the remote end, so its own numbers go out as they stand. Ours begin where the stack chose, and the
/// script counts them from wherever it wrote our SYN: the difference is learnt when our SYN is seen.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
    /// The wire's number less the script's, for what the stack sends; zero until it sent a SYN.
    shift: u32,
    /// A new incarnation began: our next SYN brings a new shift.
    awaits_syn: bool,
    /// Where the script's direction began.
    remote_iss: Option<u32>,
    /// Timestamps of ours that were seen: the script's and the wire's.
    stamps: Vec<(u32, u32)>,
    /// What the script's SYN and ours offered, as bits of TCP_INFO.
    offered: [i64; 2],
}

impl Flow {
    pub(crate) fn new(local: SocketAddr, remote: SocketAddr) -> Self {
        let (stamps, offered) = (Vec::new(), [0; 2]);
        Self { local, remote, shift: 0, awaits_syn: true, remote_iss: None, stamps, offered }
    }

    /// True if a packet of the stack's is between these ends.
    pub(crate) fn has(&self, local: SocketAddr, remote: SocketAddr) -> bool {
        (self.local, self.remote) == (local, remote)
    }

    /// Notes a segment that the script injects.
    pub(crate) fn injected(&mut self, packet: &TcpPacket) {
        if packet.flags.contains(Flags::SYN) && self.remote_iss != Some(packet.seq.value) {
            self.remote_iss = Some(packet.seq.value);
            self.awaits_syn = true;
            self.offered[0] = offer(&packet.options);
        }
    }

    /// Learns from a segment of ours that the script expects where the script's numbers lie. Only the first SYN of an
    /// incarnation teaches that: one that is sent again has to have the same number.
    pub(crate) fn learn(&mut self, expected: &TcpPacket, sent: &Segment<'_>) {
        let is_first = self.awaits_syn
            && expected.flags.contains(Flags::SYN)
            && sent.flags.contains(Flags::SYN)
            && !expected.seq.absolute;
        if is_first {
            self.shift = sent.seq.0.wrapping_sub(expected.seq.value);
            self.awaits_syn = false;
            let options = &sent.options;
            self.offered[1] = if options.timestamps.is_some() { TIMESTAMPS } else { 0 }
                | if options.sack_permitted { SACK } else { 0 }
                | if options.window_scale.is_some() { WINDOW_SCALE } else { 0 };
        }
    }

    /// What both SYNs offered, as bits of TCP_INFO.
    pub(crate) fn agreed_options(&self) -> i64 {
        self.offered[0] & self.offered[1]
    }

    /// A number of ours on the wire.
    pub(crate) fn to_wire(&self, number: Number) -> SeqNum {
        SeqNum(if number.absolute { number.value } else { number.value.wrapping_add(self.shift) })
    }

    /// A number of ours as the script counts.
    pub(crate) fn to_script(&self, number: SeqNum) -> u32 {
        number.0.wrapping_sub(self.shift)
    }

    /// Notes a timestamp of ours that the script expected.
    pub(crate) fn stamped(&mut self, expected: &TcpPacket, sent: &Segment<'_>) {
        if let (Some(value), Some(live)) = (stamp(expected), sent.options.timestamps)
            && !self.stamps.contains(&(value, live.value))
        {
            self.stamps.push((value, live.value));
        }
    }

    /// What the wire calls a timestamp of ours that the script echoes: the newest one it called so, or as far from the
    /// first one as the script says.
    pub(crate) fn echo_to_wire(&self, echo: u32) -> u32 {
        let known = self.stamps.iter().rev().find(|(script, _)| *script == echo);
        let first = self.stamps.first();
        match (known, first) {
            // Before anything was stamped, and by the rules where nothing is echoed, zero is zero.
            (Some(&(_, live)), _) => live,
            (None, Some(&(script, live))) if echo != 0 => live.wrapping_add(echo.wrapping_sub(script)),
            _ => echo,
        }
    }

    /// The first timestamp of ours: the script's and the wire's.
    pub(crate) fn first_stamp(&self) -> Option<(u32, u32)> {
        self.stamps.first().copied()
    }
}

/// What the options of a SYN offer.
fn offer(options: &Options) -> i64 {
    let Options::These(options) = options else { return 0 };
    options.iter().fold(0, |bits, option| {
        bits | match option {
            TcpOption::Timestamps { .. } => TIMESTAMPS,
            TcpOption::SackPermitted => SACK,
            TcpOption::WindowScale(_) => WINDOW_SCALE,
            _ => 0,
        }
    })
}

/// The TSval that a script writes.
pub(crate) fn stamp(packet: &TcpPacket) -> Option<u32> {
    let Options::These(options) = &packet.options else { return None };
    options.iter().find_map(|option| match option {
        TcpOption::Timestamps { value, .. } => Some(*value),
        _ => None,
    })
}
