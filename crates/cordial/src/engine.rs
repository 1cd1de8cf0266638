//! The stack, its device, and what sockets keep beside it: all that the host's mutex guards.

mod place;
mod seats;
mod shared;
mod sockets;
mod table;
mod wakers;

use std::io;
use std::task::Waker;
use std::time::Duration;

use cordial_device::{Device, Direction, MAX_PACKET, Outgoing};
use cordial_stack::{Checksum, ConnId, Event, Frame, Instant, LinkId, ListenerId, Seeded, Stack, Transmit};
use smallvec::SmallVec;

use crate::watch::{TappedFrame, Watch};
use crate::{Stopped, Tap, error};
pub(crate) use place::{Caller, Place, Seat};
pub(crate) use shared::Shared;
pub(crate) use sockets::{Conn, Deciding, Listener, Promised, Sockets};
pub(crate) use wakers::{Waiters, Woken};

/// The one link of a host.
const LINK: LinkId = LinkId(0);
/// Packets received before others get the lock.
const RECEIVE_PACKETS: usize = 64;
/// Octets received before others get the lock.
const RECEIVE_OCTETS: usize = 256 << 10;
/// Octets sent before others get the lock.
const SEND_OCTETS: usize = 256 << 10;
/// Slices of a packet gathered without allocating: 64 KiB in the smallest chunks of a send queue, and a few.
const GATHER: usize = 260;

/// Whether a host still takes calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    Running,
    /// Nothing new; what there is may say goodbye.
    Draining,
    Over(Stopped),
}

/// Everything behind the lock.
pub(crate) struct Engine {
    pub(crate) stack: Stack<Seeded, Watch>,
    pub(crate) sockets: Sockets,
    pub(crate) tap: Option<Box<dyn Tap>>,
    /// Where a packet is put together that the device takes only in finished form.
    scratch: Box<[u8]>,
    /// Gone once the host is over.
    device: Option<Box<dyn Device + Send>>,
    life: Life,
    /// No socket and no handle is left.
    abandoned: bool,
    driver: DriverState,
    /// Who is to be woken once the lock is given back.
    pub(crate) woken: Woken,
}

/// What the driver task is doing, as far as others must know.
#[derive(Default)]
struct DriverState {
    waker: Option<Waker>,
    asleep: bool,
    /// When its timer fires.
    armed: Option<Instant>,
}

impl DriverState {
    fn nudge(&mut self, woken: &mut Woken) {
        if std::mem::take(&mut self.asleep)
            && let Some(waker) = &self.waker
        {
            woken.push(waker.clone());
        }
    }
}

/// What the driver does after its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) next: Next,
    /// The device had nothing more to receive.
    pub(crate) drained: bool,
    /// Packets wait for room in the device.
    pub(crate) wants_room: bool,
}

/// When the next turn is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// At once: there is more to do.
    Again,
    /// When something happens, or at this time.
    Wait(Option<Instant>),
    /// Never.
    Over,
}

/// Why sending ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    Everything,
    Enough,
    NoRoom,
}

impl Engine {
    pub(crate) fn new(
        stack: Stack<Seeded, Watch>,
        device: Box<dyn Device + Send>,
        tap: Option<Box<dyn Tap>>,
    ) -> Self {
        Self {
            stack,
            sockets: Sockets::default(),
            tap,
            scratch: vec![0; MAX_PACKET].into(),
            device: Some(device),
            life: Life::Running,
            abandoned: false,
            driver: DriverState::default(),
            woken: Woken::default(),
        }
    }

    pub(crate) fn life(&self) -> Life {
        self.life
    }

    pub(crate) fn is_over(&self) -> bool {
        matches!(self.life, Life::Over(_))
    }

    /// Fails unless the host takes new sockets.
    pub(crate) fn check_running(&self) -> io::Result<()> {
        if self.life == Life::Running { Ok(()) } else { Err(error::host_down()) }
    }

    /// Nobody has a handle any more. The driver goes on until the connections have said goodbye.
    pub(crate) fn abandon(&mut self) {
        self.abandoned = true;
    }

    /// Takes nothing new from now on.
    pub(crate) fn drain(&mut self, now: Instant) {
        if self.life == Life::Running {
            self.life = Life::Draining;
            let listeners: Vec<ListenerId> = self.sockets.listeners.iter_mut().map(|(id, _)| id).collect();
            for listener in listeners {
                self.close_listener(now, listener);
            }
        }
    }

    /// Ends a listener. Who waits at it learns of it.
    pub(crate) fn close_listener(&mut self, now: Instant, id: ListenerId) {
        self.stack.close_listener(now, id);
        let Some(mut listener) = self.sockets.listeners.remove(id) else { return };
        listener.wake_all(&mut self.woken);
        for conn in listener.kept_promises() {
            self.discard(now, conn);
        }
    }

    /// True if no connection is left to say goodbye.
    pub(crate) fn is_drained(&self) -> bool {
        self.is_over() || (self.live() == 0 && !self.stack.has_output(LINK))
    }

    /// Connections that are not over.
    fn live(&self) -> usize {
        self.stack.connections().saturating_sub(self.sockets.ended)
    }

    /// Aborts every connection that a stream holds, and says how many.
    pub(crate) fn abort_all(&mut self, now: Instant) -> usize {
        let left = self.live();
        let held: Vec<ConnId> = self.sockets.conns.iter_mut().map(|(id, _)| id).collect();
        for conn in held {
            self.stack.abort(now, conn);
        }
        left
    }

    /// The host is over. Whoever waits learns of it.
    pub(crate) fn stop(&mut self, why: Stopped) {
        if !self.is_over() {
            self.life = Life::Over(why);
            self.device = None;
            self.sockets.wake_all(&mut self.woken);
            self.driver.nudge(&mut self.woken);
        }
    }

    /// Tells who waits, and sends. Telling may give rise to resets, and sending to news: the last ACK of a connection
    /// is what ends it.
    fn settle(&mut self, now: Instant) -> Sent {
        self.dispatch(now);
        let sent = self.transmit(now);
        self.dispatch(now);
        sent
    }

    /// What a call gave rise to. The driver is woken only for what cannot be done here.
    fn follow_up(&mut self, now: Instant) {
        self.tell_time(now);
        let sent = self.settle(now);
        let sooner = match (self.next_deadline(), self.driver.armed) {
            (Some(next), Some(armed)) => next < armed,
            (next, _) => next.is_some(),
        };
        if sooner || sent != Sent::Everything || self.abandoned {
            self.driver.nudge(&mut self.woken);
        }
    }

    fn turn(&mut self, now: Instant, waker: &Waker, receive: bool, buffer: &mut [u8]) -> Turn {
        self.driver.asleep = false;
        let held_back = self.tell_time(now);
        let received = if receive || held_back { self.receive(now, buffer) } else { Ok(true) };
        let drained = match received {
            Ok(drained) => drained,
            Err(error) => {
                self.stop(Stopped::DeviceGone(error.kind()));
                true
            }
        };
        self.stack.on_timer(now);
        let sent = self.settle(now);
        if self.abandoned && self.is_drained() {
            self.stop(Stopped::Shutdown);
        }
        let next = match self.life {
            Life::Over(_) => Next::Over,
            _ if !drained || sent == Sent::Enough => Next::Again,
            _ => self.fall_asleep(waker),
        };
        Turn { next, drained, wants_room: sent == Sent::NoRoom }
    }

    fn fall_asleep(&mut self, waker: &Waker) -> Next {
        match &mut self.driver.waker {
            Some(known) => known.clone_from(waker),
            None => self.driver.waker = Some(waker.clone()),
        }
        self.driver.asleep = true;
        self.driver.armed = self.next_deadline();
        Next::Wait(self.driver.armed)
    }

    /// When something is due in the stack, or in a device that holds packets back.
    fn next_deadline(&self) -> Option<Instant> {
        let device = self.device.as_ref().and_then(|device| device.next_deadline());
        let device = device.map(|due| Instant::ZERO + due);
        self.stack.next_deadline().into_iter().chain(device).min()
    }

    /// Tells the device the time; true if packets that it held back can be received.
    fn tell_time(&mut self, now: Instant) -> bool {
        let now = Duration::from_nanos(now.as_nanos());
        self.device.as_mut().is_some_and(|device| device.on_time(now))
    }

    /// Takes what has arrived, up to a burst; true if that was all.
    fn receive(&mut self, now: Instant, buffer: &mut [u8]) -> io::Result<bool> {
        let Some(device) = &mut self.device else { return Ok(true) };
        let (mut packets, mut octets) = (0, 0);
        while packets < RECEIVE_PACKETS && octets < RECEIVE_OCTETS {
            let Some(received) = device.receive(buffer)? else { return Ok(true) };
            packets += 1;
            octets += received.octets.len();
            if let Some(tap) = &mut self.tap {
                let frame = TappedFrame {
                    direction: Direction::In,
                    head: received.octets,
                    body: &[],
                    checksum: received.checksum,
                    gso: received.gso,
                };
                tap.frame(now, &frame);
            }
            let frame = Frame { octets: received.octets, checksum: received.checksum, gso: received.gso };
            self.stack.on_frame(now, LINK, frame);
        }
        Ok(false)
    }

    /// Sends what there is, up to a burst.
    fn transmit(&mut self, now: Instant) -> Sent {
        if !self.stack.has_output(LINK) {
            return Sent::Everything;
        }
        let Some(device) = &mut self.device else { return Sent::Everything };
        let (mut octets, mut any) = (0, false);
        let result = loop {
            if octets >= SEND_OCTETS {
                break Sent::Enough;
            }
            if !device.has_room() {
                break Sent::NoRoom;
            }
            let Some(out) = self.stack.poll_transmit(now, LINK) else { break Sent::Everything };
            octets += out.len();
            any = true;
            send(device, &mut self.tap, &mut self.scratch, now, &out);
        };
        if any {
            // An error shows when the device is asked for packets.
            let _ = device.flush();
        }
        result
    }

    /// Finds who waits for what happened.
    fn dispatch(&mut self, now: Instant) {
        while let Some(event) = self.stack.poll_event() {
            match event {
                Event::Acceptable(listener) if self.sockets.deciding(listener).is_some() => {
                    self.hand_over(now, listener);
                }
                event => self.sockets.on_event(event, &mut self.woken),
            }
        }
        if self.is_drained() {
            self.sockets.drained.wake(&mut self.woken);
        }
    }

    /// Connections of a deciding listener go to those who answered their SYN.
    fn hand_over(&mut self, now: Instant, listener: ListenerId) {
        while let Some(conn) = self.stack.accept(now, listener) {
            let tuple = self.stack.info(conn).map(|info| info.tuple);
            let kept =
                tuple.is_some_and(|tuple| self.sockets.keep_promise(listener, tuple, conn, &mut self.woken));
            if !kept {
                self.discard(now, conn);
            }
        }
    }

    /// Resets a connection that nobody wants any more.
    pub(crate) fn discard(&mut self, now: Instant, conn: ConnId) {
        self.stack.abort(now, conn);
        self.stack.release(now, conn);
    }
}

/// Hands a packet to the device: where it lies if the device finishes the checksum, else copied and summed in one pass.
///
/// A packet that the device does not take is lost, as any packet may be; a device that is gone says so when it is
/// asked for packets.
fn send(
    device: &mut Box<dyn Device + Send>,
    tap: &mut Option<Box<dyn Tap>>,
    scratch: &mut [u8],
    now: Instant,
    out: &Transmit<'_>,
) {
    let mut body = SmallVec::<[&[u8]; GATHER]>::new();
    let packet = if out.body.is_empty() || matches!(out.checksum, Checksum::Partial { .. }) {
        body.extend(out.body);
        Outgoing { head: out.head, body: &body, checksum: out.checksum, gso: out.gso }
    } else {
        let len = out.write_to(scratch);
        Outgoing { checksum: out.checksum, ..Outgoing::plain(scratch.get(..len).unwrap_or_default()) }
    };
    if device.send(&packet).is_ok()
        && let Some(tap) = tap
    {
        let frame = TappedFrame {
            direction: Direction::Out,
            head: packet.head,
            body: packet.body,
            checksum: packet.checksum,
            gso: packet.gso.map(|gso| gso.size),
        };
        tap.frame(now, &frame);
    }
}
