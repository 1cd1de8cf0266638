//! A bell that one side hears and many may ring.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;

/// Wakes the task that drives a device which has no file descriptor.
///
/// The listener registers its waker and *then* looks at the device once more; whoever changes the
/// device rings *after* the change. In this order no change goes unheard. Ringing an unattended
/// bell costs one atomic operation. Clones are handles of the same bell.
#[derive(Debug, Clone, Default)]
pub struct Bell(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    attended: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Bell {
    /// A bell that nobody listens to yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Wakes `waker` at the next ring, instead of the waker registered before. It is woken once.
    pub fn register(&self, waker: &Waker) {
        let mut slot = self.0.waker.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *slot {
            Some(old) => old.clone_from(waker),
            None => *slot = Some(waker.clone()),
        }
        self.0.attended.store(true, Ordering::SeqCst);
    }

    /// Wakes the registered waker, if there is one.
    pub fn ring(&self) {
        if self.0.attended.swap(false, Ordering::SeqCst) {
            let waker = self.0.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn a_bell_wakes_the_last_registered_once() {
        let (first, second) = (Arc::new(Count::default()), Arc::new(Count::default()));
        let bell = Bell::new();
        bell.ring();
        bell.register(&Waker::from(Arc::clone(&first)));
        bell.register(&Waker::from(Arc::clone(&second)));
        bell.clone().ring();
        bell.ring();
        assert_eq!(first.0.load(Ordering::SeqCst), 0);
        assert_eq!(second.0.load(Ordering::SeqCst), 1);
    }
}
