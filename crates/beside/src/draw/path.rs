//! The way to each state.

use fastrand::Rng;

use super::{one_in, written};
use crate::sequence::{Call, Opening, Step};
use crate::{Kind, Shape};

/// The state in which a sequence's own steps begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    Closed,
    Listen,
    SynSent,
    SynReceived,
    /// By a SYN that met ours.
    Crossed,
    Established,
    FinWait1,
    FinWait2,
    CloseWait,
    Closing,
    LastAck,
    TimeWait,
}

impl Target {
    /// All of them; those where most is decided stand more than once.
    pub const ALL: [Self; 16] = [
        Self::Closed,
        Self::Listen,
        Self::SynSent,
        Self::SynSent,
        Self::SynReceived,
        Self::SynReceived,
        Self::Crossed,
        Self::Established,
        Self::Established,
        Self::Established,
        Self::FinWait1,
        Self::FinWait2,
        Self::CloseWait,
        Self::Closing,
        Self::LastAck,
        Self::TimeWait,
    ];

    /// How a connection has to be opened to get there.
    pub fn opening(self, dice: &mut Rng) -> Opening {
        match self {
            Self::Closed => Opening::None,
            Self::Listen | Self::SynReceived => Opening::Passive,
            Self::SynSent | Self::Crossed => Opening::Active,
            _ if dice.bool() => Opening::Passive,
            _ => Opening::Active,
        }
    }

    /// The steps that lead there.
    pub fn path(self, dice: &mut Rng, opening: Opening) -> Vec<Step> {
        let mut path = Vec::new();
        match self {
            Self::Closed | Self::Listen | Self::SynSent => return path,
            Self::SynReceived | Self::Crossed => {
                path.push(Step::Segment(Shape::syn()));
                return path;
            }
            _ => {}
        }
        open(dice, opening, &mut path);
        if one_in(dice, 3) {
            path.push(Step::Segment(Shape::data(Kind::Data, 100)));
        }
        if one_in(dice, 3) {
            path.push(Step::Call(Call::Write(written(dice))));
        }
        let close = Step::Call(if dice.bool() { Call::ShutdownWrite } else { Call::Close });
        let (ack, fin) = (Step::Segment(Shape::ack(Kind::Ack)), Step::Segment(Shape::fin()));
        // A FIN that leaves ours unacknowledged: both closed at once.
        let crossing = Step::Segment(Shape { ack: crate::shape::AckFrom::Una, ..Shape::fin() });
        path.extend(match self {
            Self::FinWait1 => vec![close],
            Self::FinWait2 => vec![close, ack],
            Self::CloseWait => vec![fin],
            Self::Closing => vec![close, crossing],
            Self::LastAck => vec![fin, close],
            Self::TimeWait if dice.bool() => vec![close, ack, fin],
            Self::TimeWait => vec![close, crossing, ack],
            _ => vec![],
        });
        path
    }
}

fn open(dice: &mut Rng, opening: Opening, path: &mut Vec<Step>) {
    match opening {
        Opening::None => {}
        Opening::Passive => path.extend([Shape::syn(), Shape::ack(Kind::Ack)].map(Step::Segment)),
        // Now and then both call at once.
        Opening::Active if one_in(dice, 5) => {
            path.extend([Shape::syn(), Shape::ack(Kind::Ack)].map(Step::Segment));
        }
        Opening::Active => path.push(Step::Segment(Shape::syn_ack())),
    }
}
