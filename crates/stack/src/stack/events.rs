//! What the application is told.

use super::{Stack, cause_of};
use crate::connections::{News, Told};
use crate::{Chance, Event, Observer};

impl<C: Chance, O: Observer> Stack<C, O> {
    /// The next thing an application may be waiting for.
    pub fn poll_event(&mut self) -> Option<Event> {
        if let Some(id) = self.undecided.pop_withdrawn() {
            return Some(Event::Withdrawn(id));
        }
        while let Some(note) = self.notes.pop_front() {
            if self.is_still_so(note) {
                return Some(note);
            }
        }
        if let Some((id, entry)) = self.undecided.pop_untold() {
            return Some(Event::Incoming(entry.listener, id, entry.key.tuple()));
        }
        self.next_news()
    }

    /// Takes the mark off a listener or socket that is told of; false if it is gone or has nothing any more.
    fn is_still_so(&mut self, note: Event) -> bool {
        match note {
            Event::Acceptable(id) => self.listeners.get_mut(id).is_some_and(|listener| {
                listener.is_noted = false;
                !listener.queue.is_empty()
            }),
            Event::UdpReadable(id) => self.udp.get_mut(id).is_some_and(|socket| {
                socket.is_noted = false;
                !socket.is_empty()
            }),
            Event::EchoReadable => {
                self.echo.is_noted = false;
                !self.echo.is_empty()
            }
            _ => true,
        }
    }

    fn next_news(&mut self) -> Option<Event> {
        let at = self.told.head()?;
        let id = self.conn_id(at);
        let socket = self.connections.get_mut(at)?;
        let first = socket.news.pop();
        let cause = cause_of(socket);
        if socket.news.is_empty() {
            self.told.remove(&mut Told(&mut self.connections), at);
        }
        Some(match first {
            News::OPENED => Event::Opened(id),
            News::READABLE => Event::Readable(id),
            News::WRITABLE => Event::Writable(id),
            News::DOUBT => Event::InDoubt(id),
            News::DELIVERED => Event::Delivered(id),
            News::URGENT => Event::Urgent(id),
            News::UNREACHABLE => Event::Unreachable(id),
            _ => Event::Ended(id, cause.unwrap_or(cordial_tcp::CloseCause::Graceful)),
        })
    }
}
