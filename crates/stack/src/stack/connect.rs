//! Active opens.
//!
//! Who may be called: RFC 1122 §3.2.1.3. The SYN names the MSS of the link, not of the path (RFC 2923 §2.3).

use alloc::sync::Arc;
use core::net::SocketAddr;

use cordial_ip::address::can_connect;
use cordial_tcp::{Connection, Instant, Rule, TcpConfig, Vars};
use cordial_wire::SeqNum;

use super::Stack;
use super::passive::past;
use crate::connections::Socket;
use crate::index::Owner;
use crate::key::Key;
use crate::{Call, Chance, ConnId, ConnectError, Observer};

impl<C: Chance, O: Observer> Stack<C, O> {
    /// Opens a connection (RFC 9293 §3.10.1, active open). It is there at once and may be written to;
    /// [`Event::Opened`](crate::Event::Opened) or [`Event::Ended`](crate::Event::Ended) tells what came of it.
    ///
    /// Without `from`, or with its port 0, an ephemeral port is chosen (RFC 6056). Nothing is delivered inside the
    /// stack: what is sent to an address of its own goes out on the link like all else.
    ///
    /// # Errors
    ///
    /// See [`ConnectError`].
    pub fn connect(
        &mut self,
        now: Instant,
        from: Option<SocketAddr>,
        to: SocketAddr,
        config: &Arc<TcpConfig>,
    ) -> Result<ConnId, ConnectError> {
        let now = self.at(now);
        if self.connections.len() >= self.config.limits.connections as usize {
            return Err(ConnectError::Full);
        }
        let key = self.ends_for(now, from, to, config)?;
        let (link, tuple) = (self.route(to.ip()), key.tuple());
        let mut iss = self.chance.isn(now, &tuple);
        let mut offset = self.chance.ts_offset(&tuple);
        if let Some((above, old_offset)) = self.take_over_time_wait(now, &key, config) {
            (iss, offset) = (past(above, iss), old_offset);
        }
        let mut tcp = Connection::connect(now, iss, offset, self.mss(link, &key), config);
        if config.fast_open
            && let Some(call) = self.fast_open_call(now, &key)
        {
            tcp.call_fast(call);
        }
        let (at, _) = self.connections.insert(Socket::new(tcp, key, None, link));
        self.count_phase(at);
        self.enter(&key, Owner::Connection(at));
        self.begin_path(now, at);
        self.counters.tcp_active_opens += 1;
        self.mark_ready(at);
        self.arm(now, at);
        self.tell_call(now, at, Call::Connect, Rule::ActiveOpen, Vars::default());
        Ok(self.conn_id(at))
    }

    /// Both ends, with an address and a port where none was given.
    fn ends_for(
        &mut self,
        now: Instant,
        from: Option<SocketAddr>,
        to: SocketAddr,
        config: &TcpConfig,
    ) -> Result<Key, ConnectError> {
        let given = from.map(|from| from.ip()).filter(|address| !address.is_unspecified());
        let local = match given {
            Some(address) if !self.is_ours(address) => return Err(ConnectError::NoSource),
            Some(address) => address,
            None => self.source_for(to.ip()).ok_or(ConnectError::NoSource)?,
        };
        if to.port() == 0 || !can_connect(local, to.ip()) || self.is_broadcast(to.ip()) {
            return Err(ConnectError::BadAddress);
        }
        let port = from.map_or(0, |from| from.port());
        let key = Key::new(local, port, to.ip(), to.port());
        if port == 0 {
            return self.with_ephemeral_port(now, key, config);
        }
        if key.local() == to {
            return Err(ConnectError::SelfConnect);
        }
        if self.is_free(now, &key, config) { Ok(key) } else { Err(ConnectError::InUse) }
    }

    /// True if no connection between these ends is known; one in TIME-WAIT counts unless it may be taken over.
    fn is_free(&self, now: Instant, key: &Key, config: &TcpConfig) -> bool {
        match self.find(self.hasher.hash(key), key) {
            None => true,
            Some(owner) => {
                let state = self.time_waits.state(owner);
                state.is_some_and(|state| state.reusable(now, config, self.config.tcp.msl).is_some())
            }
        }
    }

    /// Ends TIME-WAIT between these ends, if they are in it: where the new connection begins, and the offset of its
    /// timestamps, which go on from one connection to the next (RFC 6191 §3). [`is_free`](Self::is_free) has said that it may be.
    fn take_over_time_wait(&mut self, now: Instant, key: &Key, config: &TcpConfig) -> Option<(SeqNum, u32)> {
        let owner = self.find(self.hasher.hash(key), key)?;
        let begins = self.time_waits.state(owner)?.reusable(now, config, self.config.tcp.msl)?;
        self.counters.tw_recycled += 1;
        self.forget_time_wait(owner);
        Some(begins)
    }

    /// A port for `key` under which no connection to the same end is known, TIME-WAIT included, and nobody listens.
    fn with_ephemeral_port(
        &mut self,
        now: Instant,
        key: Key,
        config: &TcpConfig,
    ) -> Result<Key, ConnectError> {
        // Taken out for the call, so that the search may ask the tables.
        let mut ports = core::mem::replace(&mut self.ports, crate::ports::Ports::new([0; 4]));
        let with = |port| key.with_local_port(port);
        let peer = key.tuple().peer;
        let chosen = ports.choose(&key, self.config.ephemeral_ports.clone(), |port| {
            let candidate = with(port);
            port != 0
                && candidate.local() != peer
                && !self.listeners.names(candidate.local())
                && self.is_free(now, &candidate, config)
        });
        self.ports = ports;
        chosen.map(with).ok_or(ConnectError::PortsExhausted)
    }
}
