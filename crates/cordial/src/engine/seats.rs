//! Where futures wait, each in a seat of its own.

use std::mem;
use std::task::Waker;

use smallvec::SmallVec;

/// Seats, taken and free. There are never more than futures that waited at one time; sitting down and leaving cost the
/// same however many there are.
#[derive(Debug, Default)]
pub(super) struct Seats {
    /// Mostly one, kept in place.
    seats: SmallVec<[Seat; 1]>,
    /// The free seat to be taken next; as many as there are seats if none is free.
    free: usize,
    /// How often all rose.
    round: u64,
}

#[derive(Debug)]
enum Seat {
    Taken(Waker),
    /// And the one to be taken after it.
    Free(usize),
}

/// Which seat a future has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket {
    index: usize,
    /// It holds for one round: who was woken has no seat any more, whoever sits there now.
    round: u64,
}

impl Seats {
    /// Takes a seat.
    pub(super) fn sit(&mut self, waker: Waker) -> Ticket {
        let index = self.free;
        match self.seats.get_mut(index) {
            Some(seat) => {
                if let Seat::Free(next) = mem::replace(seat, Seat::Taken(waker)) {
                    self.free = next;
                }
            }
            None => {
                self.seats.push(Seat::Taken(waker));
                self.free = self.seats.len();
            }
        }
        Ticket { index, round: self.round }
    }

    /// The waker in a seat, unless its future was woken.
    pub(super) fn waker_mut(&mut self, ticket: Ticket) -> Option<&mut Waker> {
        if ticket.round != self.round {
            return None;
        }
        match self.seats.get_mut(ticket.index)? {
            Seat::Taken(waker) => Some(waker),
            Seat::Free(_) => None,
        }
    }

    /// Gives a seat up. Its waker is handed out, unless its future was woken.
    pub(super) fn leave(&mut self, ticket: Ticket) -> Option<Waker> {
        self.waker_mut(ticket)?;
        let seat = mem::replace(self.seats.get_mut(ticket.index)?, Seat::Free(self.free));
        self.free = ticket.index;
        match seat {
            Seat::Taken(waker) => Some(waker),
            Seat::Free(_) => None,
        }
    }

    /// All rise: their wakers are handed out, and every ticket is void.
    pub(super) fn rise(&mut self) -> impl Iterator<Item = Waker> {
        self.round += 1;
        self.free = 0;
        self.seats.drain(..).filter_map(|seat| match seat {
            Seat::Taken(waker) => Some(waker),
            Seat::Free(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::Wake;

    use super::*;

    struct Sleeper;

    impl Wake for Sleeper {
        fn wake(self: Arc<Self>) {}
    }

    /// A task, and a waker of it.
    fn sleeper() -> (Arc<Sleeper>, Waker) {
        let sleeper = Arc::new(Sleeper);
        (Arc::clone(&sleeper), Waker::from(sleeper))
    }

    #[test]
    fn a_seat_given_up_is_taken_next() {
        let mut seats = Seats::default();
        let [first, second, third] = [(); 3].map(|()| seats.sit(sleeper().1));
        assert!(seats.leave(second).is_some());
        assert!(seats.leave(first).is_some());
        assert!(seats.leave(first).is_none(), "it has left");
        assert_eq!([(); 3].map(|()| seats.sit(sleeper().1).index), [first.index, second.index, 3]);
        assert!(seats.waker_mut(third).is_some(), "others keep theirs");
        assert_eq!(seats.rise().count(), 4);
    }

    #[test]
    fn ten_thousand_that_come_and_go_need_one_seat() {
        let mut seats = Seats::default();
        for _ in 0..10_000 {
            let (sleeper, waker) = sleeper();
            let ticket = seats.sit(waker);
            drop(seats.leave(ticket));
            assert_eq!((seats.seats.len(), Arc::strong_count(&sleeper)), (1, 1));
        }
    }

    /// A future that was woken, and is dropped only then, must not take the seat from who has it now.
    #[test]
    fn who_was_woken_has_no_seat_to_give_up() {
        let mut seats = Seats::default();
        let woken = seats.sit(sleeper().1);
        assert_eq!(seats.rise().count(), 1);
        let (sleeper, waker) = sleeper();
        let ticket = seats.sit(waker);
        assert_eq!(ticket.index, woken.index);
        assert!(seats.leave(woken).is_none());
        assert!(seats.waker_mut(woken).is_none());
        assert_eq!(Arc::strong_count(&sleeper), 2, "it waits");
        assert_eq!(seats.rise().count(), 1);
    }
}
