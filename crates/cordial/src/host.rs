//! A handle of a host.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use crate::engine::{Caller, Engine, Life, Place, Shared};
use crate::watch::Watch;
use crate::{Counters, HostBuilder, Info, Instant, Observe, Table, Tap};

/// A TCP/IP host in this process: addresses, listeners, connections, over one device.
///
/// This is a handle; clones are handles of the same host, and every socket holds one. The host lives until
/// [`shutdown`](Self::shutdown), or until its last handle and socket is dropped and its connections have said
/// goodbye (which the orphan rules of [`TcpConfig`](crate::TcpConfig) bound); TIME-WAIT is not waited for. A host
/// whose device is gone, or whose runtime ended, is over too: [`stopped`](Self::stopped) tells.
///
/// Of a host that is over, what was received can still be read; everything else fails with `NetworkDown`.
#[derive(Clone)]
pub struct Host(Arc<Handle>);

/// What all handles share; the driver has a share of what is inside.
struct Handle(Arc<Shared>);

/// How a shutdown went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Connections that had not said goodbye in time. Those that a stream still held were reset.
    pub aborted: usize,
}

/// Why a host is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// It was shut down.
    Shutdown,
    /// Its device failed.
    DeviceGone(io::ErrorKind),
    /// The runtime that its driver ran on ended.
    RuntimeGone,
}

impl Host {
    /// Settings to begin with: none that you do not make. A host without addresses that is no gateway hears nothing.
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }

    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self(Arc::new(Handle(shared)))
    }

    /// The host's time, which begins with it: what facts and packets are stamped with.
    pub fn now(&self) -> Instant {
        self.0.0.now()
    }

    /// What the host counts.
    pub fn counters(&self) -> Counters {
        self.look(|engine| *engine.stack.counters())
    }

    /// Connections: open, waiting to be accepted, closing, or closed and still held by a stream.
    pub fn connections(&self) -> usize {
        self.look(|engine| engine.stack.connections())
    }

    /// Octets of memory that wait in send and receive queues, in whole chunks; [`Limits::memory`](crate::Limits::memory)
    /// at most.
    pub fn memory_in_use(&self) -> usize {
        self.look(|engine| engine.stack.memory_in_use())
    }

    /// Connections whose handshake is not complete.
    pub fn half_open(&self) -> usize {
        self.look(|engine| engine.stack.half_open())
    }

    /// Connections in TIME-WAIT.
    pub fn time_wait(&self) -> usize {
        self.look(|engine| engine.stack.time_wait())
    }

    /// Connections in ESTABLISHED or CLOSE-WAIT: `tcpCurrEstab` (RFC 4022).
    pub fn established(&self) -> usize {
        self.look(|engine| engine.stack.established())
    }

    /// How full its tables and queues are.
    pub fn tables(&self) -> Vec<Table> {
        self.look(|engine| engine.stack.tables())
    }

    /// What is known of every connection, whether or not a stream holds it. The host is locked meanwhile, in proportion
    /// to how many there are.
    pub fn infos(&self) -> Vec<Info> {
        self.look(|engine| engine.stack.infos().collect())
    }

    /// Has another observer told every fact from now on, or none, and gives back the one before.
    pub fn set_observer(&self, observer: Option<Box<dyn Observe>>) -> Option<Box<dyn Observe>> {
        self.look(|engine| std::mem::replace(engine.stack.observer_mut(), Watch(observer)).0)
    }

    /// Shows another tap every packet from now on, or none, and gives back the one before.
    pub fn set_tap(&self, tap: Option<Box<dyn Tap>>) -> Option<Box<dyn Tap>> {
        self.look(|engine| std::mem::replace(&mut engine.tap, tap))
    }

    /// Ends the host in order.
    ///
    /// Listeners close and nothing new is taken: connects and binds fail with `NetworkDown`. Connections go on until
    /// both sides have said goodbye; those not done after `timeout` are aborted, with a reset to the peer. Then the
    /// driver ends and the device is dropped. TIME-WAIT is not waited for.
    ///
    /// Cancelling it leaves the host taking nothing new; it can be called again.
    pub async fn shutdown(&self, timeout: Duration) -> Drained {
        self.call(|engine, now| engine.drain(now));
        let drained = self.wait(|caller| self.poll_drained(caller));
        let aborted = match tokio::time::timeout(timeout, drained).await {
            Ok(()) => 0,
            Err(_) => self.call(|engine, now| engine.abort_all(now)),
        };
        self.0.0.stop(Stopped::Shutdown);
        Drained { aborted }
    }

    fn poll_drained(&self, caller: Caller<'_>) -> Poll<()> {
        self.look(|engine| {
            if engine.is_drained() {
                return Poll::Ready(());
            }
            engine.enlist(caller, Place::Drained);
            Poll::Pending
        })
    }

    /// Waits until the host is over, and says why. Cancel-safe.
    pub async fn stopped(&self) -> Stopped {
        self.until(|engine, caller| match engine.life() {
            Life::Over(why) => Poll::Ready(why),
            Life::Running | Life::Draining => {
                engine.enlist(caller, Place::Stopped);
                Poll::Pending
            }
        })
        .await
    }

    /// Makes a call into the stack, and does what follows from it.
    pub(crate) fn call<R>(&self, call: impl FnOnce(&mut Engine, Instant) -> R) -> R {
        self.0.0.call(call)
    }

    /// Looks, or changes what nothing follows from.
    pub(crate) fn look<R>(&self, look: impl FnOnce(&mut Engine) -> R) -> R {
        self.0.0.look(look)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.call(|engine, _| engine.abandon());
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("connections", &self.connections()).finish_non_exhaustive()
    }
}
