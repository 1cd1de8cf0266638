//! Connections, and what a stack keeps beside each.

use core::hash::{Hash, Hasher};

use cordial_tcp::{Connection, Phase};

use crate::chain::{Link, Links};
use crate::key::Key;
use crate::slab::Slab;
use crate::wheel::{Hook, Hooks};
use crate::{LinkId, ListenerId};

/// A connection and its place in the world.
#[derive(Clone, Debug)]
pub(crate) struct Socket {
    pub tcp: Connection,
    pub key: Key,
    /// Who let it in; none if it was opened actively.
    pub listener: Option<ListenerId>,
    /// Its place in the timer wheel.
    pub timer: Hook,
    /// Its place among those with something to send.
    ready: Link,
    /// Its place among those with something to tell.
    told: Link,
    /// Its place among those that wait for memory.
    starved: Link,
    /// What there is to tell.
    pub news: News,
    pub holder: Holder,
    /// Its listener counts it among those whose third segment has not come (RFC 7413 §4.2).
    pub is_pending: bool,
    /// True while segments find it by its key. Its key may outlive it, in TIME-WAIT, and it its key, until released.
    pub is_indexed: bool,
    /// The state that it was counted in last: CLOSED before it is counted at all.
    pub counted: Phase,
    /// The last window it told was closed.
    pub has_told_zero: bool,
    pub link: LinkId,
    /// How much was learnt of paths when it was told of its own.
    pub path_news: u32,
    /// What its packets over IPv6 are labelled with.
    pub flow_label: u32,
}

/// Who holds a connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Holder {
    /// It waits in its listener's accept queue.
    Queue,
    /// The application.
    Application,
    /// Nobody any more: it is on its way out.
    Nobody,
}

/// What the application has not been told yet: a bit for each kind of event.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct News(u8);

impl News {
    pub const OPENED: Self = Self(1);
    pub const READABLE: Self = Self(2);
    pub const WRITABLE: Self = Self(4);
    pub const DOUBT: Self = Self(8);
    pub const DELIVERED: Self = Self(16);
    pub const URGENT: Self = Self(32);
    pub const UNREACHABLE: Self = Self(64);
    /// The last there is to tell.
    pub const ENDED: Self = Self(128);

    pub fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Takes out what is to be told first.
    pub fn pop(&mut self) -> Self {
        let first = self.0 & self.0.wrapping_neg();
        self.0 &= !first;
        Self(first)
    }
}

impl Socket {
    /// True if it stands among those with something to send.
    #[inline]
    pub fn is_ready(&self) -> bool {
        self.ready.is_in()
    }

    /// Who has something to send after it.
    pub fn next_ready(&self) -> Option<u32> {
        self.ready.next()
    }

    /// Who has something to tell after it.
    pub fn next_told(&self) -> Option<u32> {
        self.told.next()
    }

    /// Who waits for memory after it.
    pub fn next_starved(&self) -> Option<u32> {
        self.starved.next()
    }

    /// Feeds what is kept beside the connection into `h`. Its places in chains are the stack's to tell, and so is who
    /// its listener is.
    pub fn fingerprint(&self, h: &mut impl Hasher) {
        let Self {
            tcp: _,
            key,
            listener: _,
            timer: _,
            ready: _,
            told: _,
            starved: _,
            news,
            holder,
            is_pending,
            is_indexed,
            counted: _,
            has_told_zero: _,
            link,
            path_news: _,
            flow_label: _,
        } = self;
        (key, news, holder, is_pending, is_indexed, link.0).hash(h);
    }

    pub fn new(tcp: Connection, key: Key, listener: Option<ListenerId>, link: LinkId) -> Self {
        let holder = if listener.is_some() { Holder::Queue } else { Holder::Application };
        Self {
            tcp,
            key,
            listener,
            timer: Hook::OUT,
            ready: Link::OUT,
            told: Link::OUT,
            starved: Link::OUT,
            news: News::default(),
            holder,
            is_pending: false,
            is_indexed: true,
            counted: Phase::Closed,
            has_told_zero: false,
            link,
            path_news: 0,
            flow_label: 0,
        }
    }
}

/// The chains and the wheel go through the table itself.
pub(crate) type Connections = Slab<Socket>;

impl Hooks for Connections {
    #[inline]
    fn hook(&mut self, index: u32) -> Option<&mut Hook> {
        self.get_mut(index).map(|socket| &mut socket.timer)
    }
}

/// The chain of those with something to send.
pub(crate) struct Ready<'a>(pub &'a mut Connections);

impl Links for Ready<'_> {
    #[inline]
    fn link(&mut self, index: u32) -> Option<&mut Link> {
        self.0.get_mut(index).map(|socket| &mut socket.ready)
    }
}

/// The chain of those with something to tell.
pub(crate) struct Told<'a>(pub &'a mut Connections);

impl Links for Told<'_> {
    #[inline]
    fn link(&mut self, index: u32) -> Option<&mut Link> {
        self.0.get_mut(index).map(|socket| &mut socket.told)
    }
}

/// The chain of those whose writers wait for memory.
pub(crate) struct Starved<'a>(pub &'a mut Connections);

impl Links for Starved<'_> {
    #[inline]
    fn link(&mut self, index: u32) -> Option<&mut Link> {
        self.0.get_mut(index).map(|socket| &mut socket.starved)
    }
}
