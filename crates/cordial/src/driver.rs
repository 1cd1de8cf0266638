//! The task that drives a host: packets in, timers, packets out.

use std::future::Future;
use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use cordial_device::{Bell, Device, MAX_PACKET, Readiness};
use cordial_stack::Instant;
use tokio::io::unix::{AsyncFd, AsyncFdReadyGuard};
use tokio::time::Sleep;

use crate::Stopped;
use crate::engine::{Next, Shared};

/// Turns in a row before other tasks of the runtime come in between.
const TURNS: usize = 4;

/// The task that drives a host. It ends with the host; if the runtime drops it, the host ends with it.
pub(crate) struct Driver {
    shared: Arc<Shared>,
    line: Line,
    alarm: Alarm,
    buffer: Vec<u8>,
}

impl Driver {
    pub(crate) fn new(shared: Arc<Shared>, line: Line) -> Self {
        Self { shared, line, alarm: Alarm::default(), buffer: vec![0; MAX_PACKET] }
    }
}

impl Future for Driver {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { shared, line, alarm, buffer } = self.get_mut();
        for _ in 0..TURNS {
            let Ok(arrived) = line.poll_arrived(cx) else {
                shared.stop(Stopped::RuntimeGone);
                return Poll::Ready(());
            };
            let turn = shared.turn(cx.waker(), arrived.is_some(), buffer);
            if turn.drained {
                arrived.into_iter().for_each(Arrived::clear);
            }
            let deadline = match turn.next {
                Next::Over => return Poll::Ready(()),
                Next::Again => continue,
                Next::Wait(deadline) => deadline,
            };
            let ready = line.has_arrived(cx)
                | (turn.wants_room && line.has_room(cx))
                | alarm.rings(cx, shared, deadline);
            if !ready {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.shared.stop(Stopped::RuntimeGone);
    }
}

/// How the driver learns that the device can go on.
pub(crate) enum Line {
    Descriptor(AsyncFd<OwnedFd>),
    Bell(Bell),
}

/// Something may have arrived.
enum Arrived<'a> {
    Descriptor(AsyncFdReadyGuard<'a, OwnedFd>),
    /// A bell is looked at every turn.
    Bell,
}

impl Arrived<'_> {
    /// All of it was taken.
    fn clear(self) {
        if let Self::Descriptor(mut guard) = self {
            guard.clear_ready();
        }
    }
}

impl Line {
    /// The line of a device. A descriptor is duplicated: the device keeps its own.
    ///
    /// Panics, as tokio does, if the device has a descriptor and the runtime no I/O.
    #[expect(
        deprecated,
        reason = "what replaces it is unsafe; an `OwnedFd` stays one descriptor, as it must"
    )]
    pub(crate) fn of(device: &dyn Device) -> io::Result<Self> {
        Ok(match device.readiness() {
            Readiness::Descriptor(fd) => Self::Descriptor(AsyncFd::new(fd.try_clone_to_owned()?)?),
            Readiness::Bell(bell) => Self::Bell(bell.clone()),
        })
    }

    /// Registers the task, then says whether the device is to be asked.
    fn poll_arrived(&self, cx: &mut Context<'_>) -> io::Result<Option<Arrived<'_>>> {
        match self {
            Self::Bell(bell) => {
                bell.register(cx.waker());
                Ok(Some(Arrived::Bell))
            }
            Self::Descriptor(fd) => match fd.poll_read_ready(cx) {
                Poll::Ready(guard) => Ok(Some(Arrived::Descriptor(guard?))),
                Poll::Pending => Ok(None),
            },
        }
    }

    /// Registers the task; true if more came since the last turn. A bell that rang since has woken the task.
    fn has_arrived(&self, cx: &mut Context<'_>) -> bool {
        match self {
            Self::Bell(_) => false,
            Self::Descriptor(fd) => fd.poll_read_ready(cx).is_ready(),
        }
    }

    /// Registers the task; true if there may be room since the last turn.
    fn has_room(&self, cx: &mut Context<'_>) -> bool {
        match self {
            Self::Bell(_) => false,
            Self::Descriptor(fd) => match fd.poll_write_ready(cx) {
                Poll::Ready(Ok(mut guard)) => {
                    guard.clear_ready();
                    true
                }
                // An error shows when the device is read.
                Poll::Ready(Err(_)) | Poll::Pending => false,
            },
        }
    }
}

/// The driver's one timer.
#[derive(Default)]
struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Alarm {
    /// Sets the timer and registers the task; true if it is due. Without a deadline the task is not woken.
    fn rings(&mut self, cx: &mut Context<'_>, shared: &Shared, deadline: Option<Instant>) -> bool {
        let Some(deadline) = deadline else {
            self.sleep = None;
            return false;
        };
        let deadline = shared.runtime_instant(deadline);
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if sleep.deadline() != deadline {
            sleep.as_mut().reset(deadline);
        }
        sleep.as_mut().poll(cx).is_ready()
    }
}
