//! socket, bind, listen, accept, connect.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use cordial_stack::{Bind, ConnId, ConnectError, LinkConfig, ListenConfig, ListenError, Phase};

use super::{Attempt, arg, bad_argument, names, number};
use crate::host::LINK;
use crate::report::Stop;
use crate::run::Run;
use crate::script::{Call, Value};
use crate::socket::{Kind, Socket, errno};
use crate::{Profile, Said, words};

impl Run {
    pub(super) fn socket(&mut self, call: &Call) -> Result<Attempt, Stop> {
        let kind = names(call, 1);
        let protocol = match arg(call, 2) {
            None | Some(Value::Any | Value::Number(0 | 6)) => "IPPROTO_TCP".to_owned(),
            Some(Value::Number(other)) => other.to_string(),
            Some(value) => value.name().unwrap_or_default().to_owned(),
        };
        let is_tcp = matches!(protocol.as_str(), "IPPROTO_TCP" | "IPPROTO_IP");
        let is_known = |word: &&str| matches!(*word, "SOCK_STREAM" | "SOCK_NONBLOCK" | "SOCK_CLOEXEC");
        if !kind.contains(&"SOCK_STREAM") || !kind.iter().all(is_known) || !is_tcp {
            let said = Said::new(words::NO_SOCKET_KIND);
            return Err(Stop::skip(said.with("kind", kind.join("|")).with("protocol", protocol)));
        }
        let fd = self.new_number(call);
        let mut socket = Socket::new(Kind::Fresh);
        socket.is_nonblocking = kind.contains(&"SOCK_NONBLOCK");
        self.sockets.insert(fd, socket);
        self.under_test = Some(fd);
        self.forget_flow();
        Ok(Attempt::Returns(fd))
    }

    pub(super) fn bind(&mut self, call: &Call) -> Result<Attempt, Stop> {
        let (fd, socket) = match self.held(call, 0) {
            Ok(held) => held,
            Err(attempt) => return Ok(attempt),
        };
        if socket.bound.is_some() || socket.kind != Kind::Fresh {
            return Ok(Attempt::Fails("EINVAL"));
        }
        let end = self.end(call, 1, self.settings.local_end())?;
        if !end.ip().is_unspecified() && end.ip() != self.settings.local {
            return Ok(Attempt::Fails("EADDRNOTAVAIL"));
        }
        if let Some(socket) = self.sockets.get_mut(&fd) {
            socket.bound = Some(end);
        }
        Ok(Attempt::Returns(0))
    }

    pub(super) fn listen(&mut self, call: &Call) -> Result<Attempt, Stop> {
        let (fd, socket) = match self.held(call, 0) {
            Ok(held) => held,
            Err(attempt) => return Ok(attempt),
        };
        if socket.kind != Kind::Fresh {
            return Ok(if matches!(socket.kind, Kind::Listener(_)) {
                Attempt::Returns(0)
            } else {
                Attempt::Fails("EINVAL")
            });
        }
        let bound = socket.bound.unwrap_or(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0));
        let config = socket.config(&self.settings);
        let (mss, fast_open) = (socket.asked.mss, socket.asked.fast_open);
        let backlog = number(call, 1).map(|backlog| backlog.clamp(1, 65_535) as u32);
        let config = ListenConfig { backlog, decide: false, tcp: Some(Arc::new(config)), fast_open };
        self.narrow_link(mss);
        let listener = match self.host().stack.listen(Bind::Addr(bound), config) {
            Ok(listener) => listener,
            Err(ListenError::InUse) => return Ok(Attempt::Fails("EADDRINUSE")),
            Err(ListenError::BadAddress) => return Ok(Attempt::Fails("EADDRNOTAVAIL")),
        };
        let end = match self.host().stack.local_addr(listener) {
            Some(Bind::Addr(end)) => end,
            Some(Bind::Port(port)) => SocketAddr::new(self.settings.local, port),
            _ => bound,
        };
        if let Some(socket) = self.sockets.get_mut(&fd) {
            (socket.kind, socket.bound) = (Kind::Listener(listener), Some(end));
        }
        Ok(Attempt::Returns(0))
    }

    pub(super) fn accept(&mut self, call: &Call) -> Result<Attempt, Stop> {
        let (_, socket) = match self.held(call, 0) {
            Ok(held) => held,
            Err(attempt) => return Ok(attempt),
        };
        let Kind::Listener(listener) = socket.kind else { return Ok(Attempt::Fails("EINVAL")) };
        let parent = socket.clone();
        let now = self.now();
        let Some(id) = self.host().stack.accept(now, listener) else {
            return Ok(waits_or(parent.is_nonblocking, "EAGAIN"));
        };
        let fd = self.new_number(call);
        let inherits = self.rules.profile == Profile::FreeBsd && call.name == "accept";
        let is_nonblocking = names(call, 3).contains(&"SOCK_NONBLOCK") || (inherits && parent.is_nonblocking);
        let socket = Socket {
            kind: Kind::Connection(id),
            is_nonblocking,
            asked: parent.asked,
            ..Socket::new(Kind::Fresh)
        };
        self.sockets.insert(fd, socket);
        self.under_test = Some(fd);
        self.test_connection(id, false);
        self.check_peer(call, id)?;
        Ok(Attempt::Returns(fd))
    }

    /// Where an accept is to say who called, that is who did.
    fn check_peer(&mut self, call: &Call, id: ConnId) -> Result<(), Stop> {
        let Some(info) = self.host().stack.info(id) else { return Ok(()) };
        let got = info.tuple.peer;
        let expected = match arg(call, 1) {
            Some(Value::Record(_)) => self.end(call, 1, got)?,
            _ => got,
        };
        if expected == got {
            return Ok(());
        }
        let said = Said::new(words::WRONG_ADDRESS).with("name", &call.name).with("got", got);
        Err(Stop::fail(said.with("expected", expected)))
    }

    /// `done` tells whether it has been begun.
    pub(super) fn connect(&mut self, call: &Call, done: &mut u64) -> Result<Attempt, Stop> {
        let (fd, socket) = match self.held(call, 0) {
            Ok(held) => held,
            Err(attempt) => return Ok(attempt),
        };
        let is_nonblocking = socket.is_nonblocking;
        match socket.kind {
            Kind::Listener(_) => return Ok(Attempt::Fails("EISCONN")),
            Kind::Connection(id) => return Ok(self.connecting(fd, id, *done > 0)),
            Kind::Fresh => {}
        }
        let (from, config, mss) = (socket.bound, socket.config(&self.settings), socket.asked.mss);
        let to = self.end(call, 1, self.settings.remote_end())?;
        self.narrow_link(mss);
        let now = self.now();
        let id = match self.host().stack.connect(now, from, to, &Arc::new(config)) {
            Ok(id) => id,
            Err(error) => return Ok(Attempt::Fails(connect_errno(error))),
        };
        if let Some(socket) = self.sockets.get_mut(&fd) {
            socket.kind = Kind::Connection(id);
        }
        *done = 1;
        self.under_test = Some(fd);
        self.test_connection(id, true);
        Ok(if is_nonblocking { Attempt::Fails("EINPROGRESS") } else { Attempt::Waits })
    }

    /// How far a connect has come. `is_mine`: the call that asks has begun it.
    fn connecting(&mut self, fd: i64, id: ConnId, is_mine: bool) -> Attempt {
        let info = self.host().stack.info(id);
        let Some(info) = info else { return Attempt::Fails("EBADF") };
        match (info.cause, info.phase) {
            (Some(cause), Phase::Closed) => {
                let told = self
                    .sockets
                    .get_mut(&fd)
                    .map(|socket| std::mem::replace(&mut socket.is_error_told, true));
                if told == Some(true) { Attempt::Fails("ECONNABORTED") } else { Attempt::Fails(errno(cause)) }
            }
            (_, Phase::SynSent | Phase::SynReceived) if is_mine => Attempt::Waits,
            (_, Phase::SynSent | Phase::SynReceived) => Attempt::Fails("EALREADY"),
            _ if is_mine => Attempt::Returns(0),
            _ => Attempt::Fails("EISCONN"),
        }
    }

    /// A connection's flow is the one under test.
    fn test_connection(&mut self, id: ConnId, is_new: bool) {
        if let Some(info) = self.host().stack.info(id) {
            self.test_flow(info.tuple.local, info.tuple.peer, is_new);
        }
    }

    /// TCP_MAXSEG is what the link carries: there is no other socket on it.
    fn narrow_link(&mut self, mss: Option<u16>) {
        let Some(mss) = mss else { return };
        let headers = if self.settings.local.is_ipv4() { 40 } else { 60 };
        let mtu = self.settings.mtu.min(mss.saturating_add(headers));
        self.host().stack.set_link(LINK, LinkConfig { mtu, ..LinkConfig::default() });
    }

    /// An address argument: `...` is the usual one.
    fn end(&self, call: &Call, at: usize, usual: SocketAddr) -> Result<SocketAddr, Stop> {
        let value = arg(call, at).ok_or_else(|| bad_argument(call, at))?;
        match value {
            Value::Any => Ok(usual),
            Value::Record(_) if value.field("sa_family").and_then(Value::name) == Some("AF_UNSPEC") => {
                Err(Stop::skip(words::NO_DISCONNECT))
            }
            Value::Record(_) => record_end(value, usual).ok_or_else(|| bad_argument(call, at)),
            _ => Err(bad_argument(call, at)),
        }
    }
}

/// What a call without anything to give does: wait, or say so.
pub(super) const fn waits_or(is_nonblocking: bool, error: &'static str) -> Attempt {
    if is_nonblocking { Attempt::Fails(error) } else { Attempt::Waits }
}

/// `{sa_family = AF_INET, sin_port = htons(8080), sin_addr = inet_addr("192.0.2.1")}`
fn record_end(value: &Value, usual: SocketAddr) -> Option<SocketAddr> {
    let applied = |name: &str, function: &[&str]| match value.field(name) {
        Some(Value::Apply(its, args)) if function.contains(&its.as_str()) => args.last().cloned(),
        Some(other) => Some(other.clone()),
        None => None,
    };
    let port = applied("sin_port", &["htons"]).or_else(|| applied("sin6_port", &["htons"]));
    let port = match port {
        None | Some(Value::Any) => usual.port(),
        Some(port) => u16::try_from(port.number()?).ok()?,
    };
    let address = applied("sin_addr", &["inet_addr", "inet_pton", "htonl"])
        .or_else(|| applied("sin6_addr", &["inet_pton"]));
    let address = match address.or_else(|| put_by_call(value)) {
        None | Some(Value::Any) => usual.ip(),
        Some(Value::Text(text)) => text.parse().ok()?,
        Some(Value::Names(names)) => match names.first()?.as_str() {
            "INADDR_ANY" => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            "in6addr_any" => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
            _ => return None,
        },
        Some(_) => return None,
    };
    Some(SocketAddr::new(address, port))
}

/// `inet_pton(AF_INET6, "::1", &sin6_addr)` among the fields.
fn put_by_call(record: &Value) -> Option<Value> {
    let Value::Record(fields) = record else { return None };
    fields.iter().find_map(|field| match &field.value {
        Value::Apply(name, args) if name == "inet_pton" => args.get(1).cloned(),
        _ => None,
    })
}

const fn connect_errno(error: ConnectError) -> &'static str {
    match error {
        ConnectError::BadAddress | ConnectError::SelfConnect => "EINVAL",
        ConnectError::NoSource => "ENETUNREACH",
        ConnectError::InUse | ConnectError::PortsExhausted => "EADDRNOTAVAIL",
        ConnectError::Full => "ENOBUFS",
    }
}
