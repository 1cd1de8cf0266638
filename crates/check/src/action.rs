//! One step of a run.

use cordial_trace::event::Side;

/// What happens next.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    /// The application of an end makes its next call.
    Call(Side),
    /// The next segment towards an end arrives.
    Deliver(Side),
    /// The next segment towards an end is lost.
    Drop(Side),
    /// A copy of the next segment towards an end is made and held.
    Duplicate(Side),
    /// The next segment towards an end is held up.
    Hold(Side),
    /// A held segment arrives.
    Release(u8),
    /// Time passes: until the next timer comes due, and while a segment is held for one
    /// [`GRAIN`](crate::budget::GRAIN) at most.
    Wait,
    /// What is due at an end comes due.
    Timer(Side),
    /// An end is switched off and on.
    Crash(Side),
    /// A stranger sends a segment of its own making.
    Forge,
}

impl Action {
    /// In 16 bits.
    pub const fn pack(self) -> u16 {
        match self {
            Self::Call(side) => side as u16,
            Self::Deliver(side) => 2 + side as u16,
            Self::Drop(side) => 4 + side as u16,
            Self::Duplicate(side) => 6 + side as u16,
            Self::Hold(side) => 8 + side as u16,
            Self::Crash(side) => 10 + side as u16,
            Self::Wait => 12,
            Self::Forge => 13,
            Self::Timer(side) => 14 + side as u16,
            Self::Release(at) => 256 + at as u16,
        }
    }

    /// What [`pack`](Self::pack) made; [`Wait`](Self::Wait) of anything else.
    pub const fn unpack(packed: u16) -> Self {
        let side = if packed & 1 == 0 { Side::Client } else { Side::Server };
        match packed {
            0 | 1 => Self::Call(side),
            2 | 3 => Self::Deliver(side),
            4 | 5 => Self::Drop(side),
            6 | 7 => Self::Duplicate(side),
            8 | 9 => Self::Hold(side),
            10 | 11 => Self::Crash(side),
            13 => Self::Forge,
            14 | 15 => Self::Timer(side),
            256.. => Self::Release((packed & 255) as u8),
            _ => Self::Wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_comes_back_as_it_was() {
        for side in [Side::Client, Side::Server] {
            let kinds = [
                Action::Call,
                Action::Deliver,
                Action::Drop,
                Action::Duplicate,
                Action::Hold,
                Action::Crash,
                Action::Timer,
            ];
            for action in kinds.map(|kind| kind(side)).into_iter().chain([Action::Wait, Action::Forge]) {
                assert_eq!(Action::unpack(action.pack()), action);
            }
        }
        for at in [0, 1, 255] {
            assert_eq!(Action::unpack(Action::Release(at).pack()), Action::Release(at));
        }
    }
}
