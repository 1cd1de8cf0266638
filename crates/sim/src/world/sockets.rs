//! The connections that programs hold, as the world knows them: who is whose peer, what was written and read.

use cordial_stack::{CloseCause, ConnId, Instant, Tuple};
use cordial_wire::SeqNum;

use crate::HostId;
use crate::tap::{Born, Ended};

/// A connection that a program at some host has opened or accepted. The number stands for it ever after.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Socket(pub u32);

/// What is known of a socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SocketInfo {
    /// Whose it is.
    pub host: HostId,
    /// Which life of the host; reboots are counted.
    pub life: u32,
    /// Its two ends, as they are inside of NATs.
    pub tuple: Tuple,
    /// When it was opened; one that was accepted, when its host came to know it.
    pub began: Instant,
    /// True if it was accepted, not opened.
    pub is_accepted: bool,
    /// The socket at the other end: the one whose initial sequence number this one was told.
    pub peer: Option<Socket>,
    /// Octets that its program has written.
    pub written: u64,
    /// Octets that its program has read.
    pub read: u64,
    /// It was established. One that was opened fast may be accepted before (RFC 7413 §2.1).
    pub is_opened: bool,
    /// Its program has read the end of the stream.
    pub has_read_end: bool,
    /// Its program will write no more.
    pub has_shut_write: bool,
    /// Its program will read no more.
    pub has_shut_read: bool,
    /// When its program let go of it.
    pub released: Option<Instant>,
    /// Its program gave it up.
    pub is_aborted: bool,
    /// Its host lost its power.
    pub is_dead: bool,
    /// When and how it ended.
    pub ended: Option<(Instant, CloseCause)>,
}

impl SocketInfo {
    pub(crate) fn new(host: HostId, life: u32, tuple: Tuple, began: Instant) -> Self {
        Self {
            host,
            life,
            tuple,
            began,
            is_accepted: false,
            peer: None,
            written: 0,
            read: 0,
            is_opened: false,
            has_read_end: false,
            has_shut_write: false,
            has_shut_read: false,
            released: None,
            is_aborted: false,
            is_dead: false,
            ended: None,
        }
    }
}

/// The sockets of a world.
#[derive(Debug, Default)]
pub(crate) struct Sockets {
    sockets: Vec<State>,
    /// Connections that nobody has accepted yet.
    born: Vec<(HostId, Born)>,
    /// Connections that were over before anybody accepted them.
    over: Vec<(HostId, Ended)>,
}

/// A socket, and what finds it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct State {
    pub info: SocketInfo,
    pub conn: ConnId,
    pub iss: SeqNum,
    pub irs: Option<SeqNum>,
    /// It was accepted before its third segment had come (RFC 7413 §2.1): it is born once more.
    pub is_early: bool,
}

impl Sockets {
    /// A program has opened a connection.
    pub fn connected(
        &mut self,
        now: Instant,
        (host, life): (HostId, u32),
        conn: ConnId,
        tuple: Tuple,
        iss: SeqNum,
    ) -> Socket {
        self.add(State {
            conn,
            iss,
            irs: None,
            is_early: false,
            info: SocketInfo::new(host, life, tuple, now),
        })
    }

    /// A program has accepted a connection.
    ///
    /// `known` is what its stack says of it now; one that is over has no numbers, and is the oldest that is known.
    pub fn accepted(
        &mut self,
        host: HostId,
        life: u32,
        conn: ConnId,
        tuple: Tuple,
        known: Option<Born>,
    ) -> Socket {
        let is_it = |(its, born): &(HostId, Born)| {
            *its == host && born.tuple == tuple && known.is_none_or(|known| known.iss == born.iss)
        };
        let born = self.born.iter().position(is_it).map(|at| self.born.remove(at).1);
        let is_it = |(its, over): &(HostId, Ended)| {
            let is_same = |numbers: Option<Born>| numbers.is_none_or(|numbers| numbers.iss == over.iss);
            *its == host && over.tuple == tuple && is_same(born) && is_same(known)
        };
        let over = self.over.iter().position(is_it).map(|at| self.over.remove(at).1);
        let ended = over.map(|over| (over.at, over.cause));
        // One whose third segment had not come was never born, whether it is there still or over.
        let early = over.and_then(|over| over.irs.map(|irs| Born { at: over.at, tuple, iss: over.iss, irs }));
        let early = early.or(known).filter(|_| born.is_none());
        let is_opened = born.is_some();
        let born = born.or(early);
        let began = born.map_or(Instant::ZERO, |born| born.at);
        let new = SocketInfo::new(host, life, tuple, began);
        let info = SocketInfo { is_accepted: true, is_opened, ended, ..new };
        let (iss, irs) = born.map_or((SeqNum::default(), None), |born| (born.iss, Some(born.irs)));
        self.add(State { conn, iss, irs, is_early: early.is_some(), info })
    }

    /// A connection has come to know both initial sequence numbers.
    ///
    /// A server that answers with cookies remembers nothing, so for as long as a cookie is good a segment that comes late
    /// may bring a connection back that was over: it has the numbers, and so the peer, of the one before.
    pub fn born(&mut self, host: HostId, born: Born) {
        let is_it = |state: &&mut State| {
            let info = state.info;
            info.host == host && !info.is_dead && info.tuple == born.tuple && state.iss == born.iss
        };
        match self.sockets.iter_mut().rev().find(is_it) {
            Some(state) if state.is_early => (state.is_early, state.info.is_opened) = (false, true),
            Some(state) if !state.info.is_accepted => state.irs = Some(born.irs),
            _ => self.born.push((host, born)),
        }
    }

    fn add(&mut self, state: State) -> Socket {
        self.sockets.push(state);
        Socket(self.sockets.len() as u32 - 1)
    }

    pub fn get(&self, socket: Socket) -> Option<&State> {
        self.sockets.get(socket.0 as usize)
    }

    pub fn get_mut(&mut self, socket: Socket) -> Option<&mut State> {
        self.sockets.get_mut(socket.0 as usize)
    }

    pub fn iter(&self) -> impl Iterator<Item = (Socket, &State)> {
        (0..).map(Socket).zip(&self.sockets)
    }

    /// The connection is established.
    pub fn opened(&mut self, host: HostId, conn: ConnId) {
        if let Some(state) = self.held(host, conn) {
            state.info.is_opened = true;
        }
    }

    /// The connection is over, as its host told whoever holds it.
    pub fn ended(&mut self, host: HostId, conn: ConnId, cause: CloseCause, now: Instant) {
        if let Some(state) = self.held(host, conn) {
            state.info.ended.get_or_insert((now, cause));
        }
    }

    /// A connection is over, whoever holds it.
    pub fn ended_as(&mut self, host: HostId, ended: &Ended) {
        let is_it = |state: &&mut State| {
            let SocketInfo { host: its, is_dead, tuple, ended: over, .. } = state.info;
            // One that a late cookie brought back has the numbers of the one before.
            let is_same = tuple.local == ended.tuple.local && state.iss == ended.iss;
            its == host && !is_dead && is_same && over.is_none()
        };
        match self.sockets.iter_mut().rev().find(is_it) {
            Some(state) => {
                state.info.ended.get_or_insert((ended.at, ended.cause));
            }
            None => self.over.push((host, *ended)),
        }
    }

    /// The other end of a socket: the first that chose the initial number this one was told and was told this one's. Those
    /// that a late cookie brought back have both again, and nobody at the other end. One that was told nothing yet may be
    /// it too, the newest: two that begin within a tick of the clock choose the same.
    pub fn find_peer(&self, of: Socket) -> Option<Socket> {
        let state = self.get(of)?;
        let (tuple, own, irs) = (state.info.tuple, state.iss, state.irs?);
        let is_it = |state: &State| {
            let its = state.info.tuple;
            (its.local, its.peer) == (tuple.peer, tuple.local) && state.iss == irs
        };
        let knows = |state: &State| is_it(state) && state.irs == Some(own);
        let at = self.sockets.iter().position(knows).or_else(|| self.sockets.iter().rposition(is_it))?;
        Some(Socket(at as u32))
    }

    /// Nobody will accept what waits at a port of a host.
    pub fn unlistened(&mut self, host: HostId, port: u16) {
        let is_there = |its: HostId, tuple: Tuple| its == host && tuple.local.port() == port;
        self.born.retain(|(its, born)| !is_there(*its, born.tuple));
        self.over.retain(|(its, over)| !is_there(*its, over.tuple));
    }

    /// A host has lost its power.
    pub fn crashed(&mut self, host: HostId) {
        for state in self.sockets.iter_mut().filter(|state| state.info.host == host) {
            state.info.is_dead = true;
        }
        self.born.retain(|(its, _)| *its != host);
        self.over.retain(|(its, _)| *its != host);
    }

    fn held(&mut self, host: HostId, conn: ConnId) -> Option<&mut State> {
        let is_it = |state: &&mut State| {
            let SocketInfo { host: its, is_dead, released, .. } = state.info;
            its == host && !is_dead && released.is_none() && state.conn == conn
        };
        self.sockets.iter_mut().rev().find(is_it)
    }
}
