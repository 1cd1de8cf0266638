//! What the packets around the segments of one end show: the faults of the capture, and acknowledgments that are gone.

use cordial_trace::event::{OnWire, SumState};

use super::evidence::{Many, Seen};

/// Packets of one end, as a capture has them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wire {
    /// A segment with more data than the other end takes in one.
    pub(crate) oversized: Option<Seen>,
    /// A checksum that a card was to fill in.
    pub(crate) unfinished: Option<Seen>,
    /// Octets of the packet that the capture kept, where that is too few for the options.
    pub(crate) cut: Option<(Seen, u32)>,
    /// Packets that were in the capture twice.
    pub(crate) copies: u32,
    pub(crate) first: Option<Seen>,
    pub(crate) ids: Ids,
}

impl Wire {
    pub(crate) fn note(&mut self, seen: &Seen, on_wire: &OnWire) {
        self.first.get_or_insert(*seen);
        if on_wire.checksum == SumState::PseudoOnly {
            self.unfinished.get_or_insert(*seen);
        }
        if on_wire.header_cut {
            self.cut.get_or_insert((*seen, on_wire.ip_len.saturating_sub(on_wire.missing)));
        }
        self.copies = self.copies.saturating_add(on_wire.copies.into());
    }
}

/// The identifications of IPv4 packets. Many hosts count them up by one for each packet of a connection: then a number
/// that is left out is a packet that never came by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ids {
    last: Option<u16>,
    /// How many packets the last one stands for: a card cuts a large one into several.
    width: u16,
    /// The last one had no data.
    was_bare: bool,
    steps: u32,
    /// Numbers that are in no order.
    strange: u32,
    /// Numbers left out where no data is missing.
    pub(crate) absent: u32,
    /// The packet after such a number.
    pub(crate) after: Many<Seen>,
}

/// Steps of one after which a host is believed to count.
const LEARNED: u32 = 4;
/// A step that is larger is no loss of acknowledgments.
const LARGEST: u16 = 16;

impl Ids {
    /// Notes a packet that stands for `width` on the wire; `is_bare` if it has no data, and none is missing before it.
    /// What is left out between two bare acknowledgments was one: lost data would come again.
    pub(crate) fn note(&mut self, seen: &Seen, id: u16, width: u16, is_bare: bool) {
        let was_bare = std::mem::replace(&mut self.was_bare, is_bare);
        let Some(last) = self.last else {
            (self.last, self.width) = (Some(id), width);
            return;
        };
        let step = id.wrapping_sub(last);
        let beyond = step.wrapping_sub(self.width);
        match (beyond, step) {
            (0, _) => self.steps += 1,
            (1..=LARGEST, _) if self.steps >= LEARNED && was_bare && is_bare => {
                self.absent += u32::from(beyond);
                self.after.push(*seen);
            }
            (1..=LARGEST, _) => {}
            // It was overtaken.
            (_, step) if step > u16::MAX - LARGEST => {
                self.absent = self.absent.saturating_sub(1);
                return;
            }
            _ => self.strange += 1,
        }
        (self.last, self.width) = (Some(id), width);
    }

    /// True if the numbers tell something.
    pub(crate) fn count_up(&self) -> bool {
        self.strange == 0 && self.steps >= LEARNED.max(4 * self.after.count())
    }
}
