//! Calls made now, at a host of one's choice.

use std::net::SocketAddr;
use std::sync::Arc;

use cordial_stack::{
    Bind, CloseCause, ConnectError, Half, Info, ListenConfig, ListenError, Phase, ReadError, TcpConfig,
    WriteError,
};
use cordial_tcp::Keepalive;

use super::{Socket, SocketInfo, World};
use crate::oracle::Octets;
use crate::tap::Born;
use crate::{HostId, pattern};

/// Octets that are written at a time.
const PIECE: usize = 16 << 10;

impl World {
    /// Takes connections to a port.
    ///
    /// # Errors
    ///
    /// See [`ListenError`].
    pub fn listen(&mut self, host: HostId, port: u16, backlog: Option<u32>) -> Result<(), ListenError> {
        self.listen_with(host, port, ListenConfig { backlog, ..ListenConfig::default() })
    }

    /// Takes connections to a port, with settings of their own.
    ///
    /// # Errors
    ///
    /// See [`ListenError`].
    pub fn listen_with(&mut self, id: HostId, port: u16, config: ListenConfig) -> Result<(), ListenError> {
        let tcp = config.tcp.clone().unwrap_or_else(|| Arc::clone(self.stack(id).tcp_config()));
        let host = self.host_mut(id);
        let listener = host.stack.listen(Bind::Port(port), config)?;
        host.listeners.push((port, listener));
        self.oracles.listens(id, &tcp);
        self.tell_listeners(id);
        Ok(())
    }

    /// Takes no more connections to a port; those that wait are reset.
    pub fn unlisten(&mut self, id: HostId, port: u16) {
        self.unlistens(id, port);
        self.pump(id);
    }

    pub(super) fn unlistens(&mut self, id: HostId, port: u16) {
        let now = self.now;
        let host = self.host_mut(id);
        if let Some(listener) = host.listener(port) {
            host.listeners.retain(|&(known, _)| known != port);
            host.stack.close_listener(now, listener);
            self.hears(id);
            self.sockets.unlistened(id, port);
            self.tell_listeners(id);
            self.oracles.unlistens(id);
        }
    }

    /// Opens a connection, and does not wait for an answer. Without `from` a port is chosen.
    ///
    /// # Errors
    ///
    /// See [`ConnectError`].
    pub fn connect(
        &mut self,
        host: HostId,
        from: Option<u16>,
        to: (HostId, u16),
    ) -> Result<Socket, ConnectError> {
        let config = Arc::clone(self.stack(host).tcp_config());
        self.connect_with(host, from, to, &config)
    }

    /// Opens a connection with settings of its own.
    ///
    /// # Errors
    ///
    /// See [`ConnectError`].
    pub fn connect_with(
        &mut self,
        id: HostId,
        from: Option<u16>,
        to: (HostId, u16),
        config: &Arc<TcpConfig>,
    ) -> Result<Socket, ConnectError> {
        let socket = self.opens(id, from, to, config)?;
        self.pump(id);
        Ok(socket)
    }

    pub(super) fn opens(
        &mut self,
        id: HostId,
        from: Option<u16>,
        to: (HostId, u16),
        config: &Arc<TcpConfig>,
    ) -> Result<Socket, ConnectError> {
        // One that ended at this moment may have had the same number.
        self.hears(id);
        let (now, to) = (self.now, self.at_port(to));
        let host = self.host_mut(id);
        if !host.is_up {
            return Err(ConnectError::NoSource);
        }
        let from = from.map(|port| SocketAddr::new(host.address, port));
        let conn = host.stack.connect(now, from, to, config)?;
        let Some(info) = host.stack.info(conn) else { return Err(ConnectError::Full) };
        let life = host.life;
        let tuple = self.inside(info.tuple);
        Ok(self.sockets.connected(now, (id, life), conn, tuple, info.vars.iss))
    }

    /// Takes the connection that has waited longest; none if none waits, or nobody listens.
    pub fn accept(&mut self, id: HostId, port: u16) -> Option<Socket> {
        let socket = self.accepts(id, port)?;
        self.pump(id);
        Some(socket)
    }

    pub(super) fn accepts(&mut self, id: HostId, port: u16) -> Option<Socket> {
        let now = self.now;
        let host = self.host_mut(id);
        let listener = host.listener(port)?;
        let conn = host.stack.accept(now, listener)?;
        let info = host.stack.info(conn)?;
        let life = host.life;
        let tuple = self.inside(info.tuple);
        let known = info.vars.irs.map(|irs| Born { at: now, tuple, iss: info.vars.iss, irs });
        let socket = self.sockets.accepted(id, life, conn, tuple, known);
        self.pairs(socket);
        self.oracles.accepted(now, &self.sockets, socket);
        Some(socket)
    }

    /// Writes octets of the socket's [pattern](crate::octet), and says how many: fewer than asked for, or none, where
    /// there is no room.
    ///
    /// # Errors
    ///
    /// See [`WriteError`].
    pub fn write(&mut self, socket: Socket, count: u64) -> Result<u64, WriteError> {
        let result = self.writes(socket, count);
        self.pump_of(socket);
        result
    }

    pub(super) fn writes(&mut self, socket: Socket, count: u64) -> Result<u64, WriteError> {
        let mut room = std::mem::take(&mut self.scratch);
        let result = self.writes_by(socket, count, &mut room);
        self.scratch = room;
        result
    }

    /// Writes piece by piece; there is `room` for one.
    fn writes_by(&mut self, socket: Socket, count: u64, room: &mut [u8]) -> Result<u64, WriteError> {
        let now = self.now;
        let mut total = 0;
        loop {
            let Some(state) = self.usable(socket) else {
                return Err(WriteError::Closed(CloseCause::Aborted));
            };
            let (id, conn, at) = (state.info.host, state.conn, state.info.written);
            let stack = &mut self.host_mut(id).stack;
            let len = (count - total).min(u64::from(stack.room(conn))).min(PIECE as u64) as usize;
            // Also without room: whether writing will ever work again is for the stack to say.
            let Some(piece) = room.get_mut(..len.max(usize::from(count > total))) else { return Ok(total) };
            pattern::fill(socket.0, at, piece);
            let written = stack.write(now, conn, &[piece])? as u64;
            total += written;
            if written > 0
                && let Some(state) = self.sockets.get_mut(socket)
            {
                state.info.written += written;
            }
            if written == 0 || total == count {
                if total < count {
                    self.host_mut(id).stack.want_room(conn);
                }
                return Ok(total);
            }
        }
    }

    /// Reads what is there, as many octets at most, and says how many. Whether they are those that the peer wrote is for
    /// the oracles to say.
    ///
    /// # Errors
    ///
    /// See [`ReadError`].
    pub fn read(&mut self, socket: Socket, most: u64) -> Result<u64, ReadError> {
        let result = self.reads(socket, most);
        self.pump_of(socket);
        result
    }

    pub(super) fn reads(&mut self, socket: Socket, most: u64) -> Result<u64, ReadError> {
        let mut total = 0;
        while total < most {
            match self.reads_once(socket, most - total) {
                Ok(0) => break,
                Ok(count) => total += count,
                Err(_) if total > 0 => break,
                Err(ReadError::End) => {
                    self.reads_end(socket);
                    return Err(ReadError::End);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(total)
    }

    fn reads_once(&mut self, socket: Socket, most: u64) -> Result<u64, ReadError> {
        let now = self.now;
        self.pairs(socket);
        let Some(state) = self.usable(socket) else { return Err(ReadError::Closed(CloseCause::Aborted)) };
        let (id, conn, at, peer) = (state.info.host, state.conn, state.info.read, state.info.peer);
        let written = peer.and_then(|peer| self.sockets.get(peer)).map_or(0, |peer| peer.info.written);
        let mut octets = Octets::new(peer, at, written);
        let count = self.host_mut(id).stack.read_with(now, conn, |slices| {
            let mut count = 0;
            for slice in slices {
                let room = most.saturating_sub(count);
                let part = slice.get(..usize::try_from(room).unwrap_or(usize::MAX)).unwrap_or(slice);
                octets.check(part);
                count += part.len() as u64;
            }
            (count as usize, count)
        })?;
        if let Some(state) = self.sockets.get_mut(socket) {
            state.info.read += count;
        }
        self.oracles.read(now, &self.sockets, socket, &octets);
        Ok(count)
    }

    fn reads_end(&mut self, socket: Socket) {
        let now = self.now;
        if let Some(state) = self.sockets.get_mut(socket) {
            // Who will read no more is told of an end that nobody said.
            state.info.has_read_end |= !state.info.has_shut_read;
        }
        self.oracles.read_end(now, &self.sockets, socket);
    }

    /// Ends one direction or both.
    pub fn shutdown(&mut self, socket: Socket, half: Half) {
        self.shuts(socket, half);
        self.pump_of(socket);
    }

    pub(super) fn shuts(&mut self, socket: Socket, half: Half) {
        let now = self.now;
        let Some(state) = self.sockets.get_mut(socket) else { return };
        state.info.has_shut_write |= half != Half::Read;
        state.info.has_shut_read |= half != Half::Write;
        let (id, conn) = (state.info.host, state.conn);
        self.host_mut(id).stack.shutdown(now, conn, half);
    }

    /// Lets go of a connection: it closes by itself, and the program hears no more of it.
    pub fn close(&mut self, socket: Socket) {
        self.lets_go(socket);
        self.pump_of(socket);
    }

    pub(super) fn lets_go(&mut self, socket: Socket) {
        let now = self.now;
        let Some(state) = self.releases(socket) else { return };
        self.host_mut(state.info.host).stack.release(now, state.conn);
    }

    /// Gives a connection up, and lets go of it.
    pub fn abort(&mut self, socket: Socket) {
        self.gives_up(socket);
        self.pump_of(socket);
    }

    pub(super) fn gives_up(&mut self, socket: Socket) {
        let now = self.now;
        let Some(state) = self.releases(socket) else { return };
        if let Some(state) = self.sockets.get_mut(socket) {
            state.info.is_aborted = true;
        }
        let stack = &mut self.host_mut(state.info.host).stack;
        stack.abort(now, state.conn);
        stack.release(now, state.conn);
    }

    /// Probes an idle peer, or not.
    pub fn set_keepalive(&mut self, socket: Socket, keepalive: Option<Keepalive>) {
        let now = self.now;
        let Some(&state) = self.usable(socket) else { return };
        self.host_mut(state.info.host).stack.set_keepalive(now, state.conn, keepalive);
        self.pump(state.info.host);
    }

    /// Sends small pieces at once, or not.
    pub fn set_nodelay(&mut self, socket: Socket, nodelay: bool) {
        let now = self.now;
        let Some(&state) = self.usable(socket) else { return };
        self.host_mut(state.info.host).stack.set_nodelay(now, state.conn, nodelay);
        self.pump(state.info.host);
    }

    /// What the world knows of a socket.
    pub fn socket(&self, socket: Socket) -> Option<&SocketInfo> {
        self.sockets.get(socket).map(|state| &state.info)
    }

    /// What its stack knows of it, until its program lets go.
    pub fn info(&self, socket: Socket) -> Option<Info> {
        let state = self.sockets.get(socket)?;
        let is_held = !state.info.is_dead && state.info.released.is_none();
        self.stack(state.info.host).info(state.conn).filter(|_| is_held)
    }

    /// Its state, until its program lets go; CLOSED from then on.
    pub fn phase(&self, socket: Socket) -> Phase {
        self.info(socket).map_or(Phase::Closed, |info| info.phase)
    }

    pub(super) fn pump_of(&mut self, socket: Socket) {
        if let Some(state) = self.sockets.get(socket) {
            self.pump(state.info.host);
        }
    }

    /// The socket, if a program holds it.
    pub(super) fn usable(&self, socket: Socket) -> Option<&super::sockets::State> {
        let state = self.sockets.get(socket)?;
        (!state.info.is_dead && state.info.released.is_none()).then_some(state)
    }

    fn releases(&mut self, socket: Socket) -> Option<super::sockets::State> {
        self.pairs(socket);
        let now = self.now;
        self.usable(socket)?;
        let state = self.sockets.get_mut(socket)?;
        state.info.released = Some(now);
        state.info.has_shut_write = true;
        state.info.has_shut_read = true;
        Some(*state)
    }

    /// Finds out who the other end of a socket is, once it was told an initial number.
    pub(super) fn pairs(&mut self, socket: Socket) {
        let peer = self.sockets.find_peer(socket);
        if let Some(state) = self.sockets.get_mut(socket) {
            state.info.peer = state.info.peer.or(peer);
        }
    }
}
