//! What befalls a segment.

use std::time::Duration;

use cordial_tcp::Refusal;

/// What befell a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// Its sender sent it.
    Sent,
    /// It arrived and was taken.
    Received,
    /// It arrived and changed nothing.
    Dropped(Refusal),
    /// The network lost it.
    Lost,
    /// The network held it: this much longer than others, or, none, until something lets it go.
    Delayed(Option<Duration>),
    /// The network made a second one of it.
    Duplicated,
    /// The network lets others overtake it.
    Reordered,
    /// The network damaged it: its checksum no longer holds.
    Corrupted,
    /// The network put something else in its place, checksum included; this is what goes on.
    Rewritten,
    /// Somebody in the network made it up.
    Forged,
}

impl Fate {
    /// True if the segment speaks for its sender as it stands, as far as anyone can tell: it was refused, if at all,
    /// for want of room or of news, not because its numbers were wrong.
    pub const fn is_believed(self) -> bool {
        use Refusal as R;
        match self {
            Self::Sent | Self::Received | Self::Lost => true,
            Self::Delayed(_) | Self::Duplicated | Self::Reordered => true,
            Self::Corrupted | Self::Rewritten | Self::Forged => false,
            Self::Dropped(refusal) => matches!(
                refusal,
                R::Closed
                    | R::Duplicate
                    | R::Undecided
                    | R::UndecidedFull
                    | R::SynCacheFull
                    | R::AcceptQueueFull
                    | R::NoMemory
                    | R::TooManyHoles
            ),
        }
    }
}
