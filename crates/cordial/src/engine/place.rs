//! Where one can wait, and who does.

use std::io;
use std::task::{Context, Poll, Waker};

use cordial_stack::{ConnId, ListenerId, SynId, Tuple, UdpId};

use super::seats::Ticket;
use super::wakers::Waiters;
use super::{Engine, Sockets};
use crate::error;

/// What can be waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Readers(ConnId),
    Writers(ConnId),
    Watchers(ConnId),
    /// The end of a connection.
    End(ConnId),
    Listener(ListenerId),
    /// The connection of a SYN that was answered.
    Promised(ListenerId, Tuple, SynId),
    Syn(SynId),
    Udp(UdpId),
    Echo,
    /// That there are no connections.
    Drained,
    /// The end of the host.
    Stopped,
}

/// A future's seat.
#[derive(Debug)]
pub(crate) struct Seat {
    place: Place,
    ticket: Ticket,
}

/// Whoever may have to wait for what it asks.
pub(crate) struct Caller<'a> {
    waker: &'a Waker,
    /// A future keeps its seat here; who only polls has none.
    seat: Option<&'a mut Option<Seat>>,
}

impl<'a> Caller<'a> {
    /// Who polls: the last one to do so is woken.
    pub(crate) fn polls(cx: &'a Context<'_>) -> Self {
        Self { waker: cx.waker(), seat: None }
    }

    /// A future, which waits at one place until it is done or dropped.
    pub(crate) fn future(cx: &'a Context<'_>, seat: &'a mut Option<Seat>) -> Self {
        Self { waker: cx.waker(), seat: Some(seat) }
    }
}

impl Engine {
    /// Lets the caller wait at a place, if waiting can end at all.
    pub(crate) fn wait<T>(&mut self, caller: Caller<'_>, place: Place) -> Poll<io::Result<T>> {
        if self.is_over() {
            return Poll::Ready(Err(error::host_down()));
        }
        match self.enlist(caller, place) {
            Some(()) => Poll::Pending,
            None => Poll::Ready(Err(error::not_connected())),
        }
    }

    /// Has the caller woken when something happens at a place; `None` if there is no such place.
    pub(crate) fn enlist(&mut self, caller: Caller<'_>, place: Place) -> Option<()> {
        let waiters = self.sockets.waiters(place)?;
        match caller.seat {
            None => waiters.poll(caller.waker, &mut self.woken),
            Some(seat) => {
                debug_assert!(seat.as_ref().is_none_or(|seat| seat.place == place), "one place");
                let ticket = seat.as_ref().map(|seat| seat.ticket);
                let ticket = waiters.sit(ticket, caller.waker, &mut self.woken);
                *seat = Some(Seat { place, ticket });
            }
        }
        Some(())
    }

    /// A future gives its seat up. Its waker, if it was not woken, is to be dropped after the lock.
    pub(crate) fn leave(&mut self, Seat { place, ticket }: Seat) -> Option<Waker> {
        self.sockets.waiters(place)?.leave(ticket)
    }
}

impl Sockets {
    /// Who waits at a place.
    fn waiters(&mut self, place: Place) -> Option<&mut Waiters> {
        Some(match place {
            Place::Readers(conn) => &mut self.conns.get_mut(conn)?.readers,
            Place::Writers(conn) => &mut self.conns.get_mut(conn)?.writers,
            Place::Watchers(conn) => &mut self.conns.get_mut(conn)?.watchers,
            Place::End(conn) => &mut self.conns.get_mut(conn)?.at_end,
            Place::Listener(listener) => &mut self.listeners.get_mut(listener)?.waiters,
            Place::Promised(listener, tuple, syn) => {
                let promised = self.deciding(listener)?.promised.get_mut(&tuple)?;
                // The same two ends may have met again since.
                if promised.syn != syn {
                    return None;
                }
                &mut promised.waiters
            }
            Place::Syn(syn) => &mut self.syns.get_mut(syn)?.waiters,
            Place::Udp(udp) => self.udp.get_mut(udp)?,
            Place::Echo => &mut self.echo,
            Place::Drained => &mut self.drained,
            Place::Stopped => &mut self.stopped,
        })
    }
}
