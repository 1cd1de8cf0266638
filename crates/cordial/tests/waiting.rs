//! Who waits is woken for what it waits for, and for nothing else.

mod common;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use common::*;
use cordial::{CloseCause, Stopped, UdpSocket};

/// A task that counts how often it is woken.
#[derive(Default)]
struct Sleeper(AtomicUsize);

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Sleeper {
    fn poll<F: Future>(self: &Arc<Self>, future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(&Waker::from(Arc::clone(self))))
    }

    fn woken(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// A host without connections is drained after every datagram; it is over once.
#[test]
fn datagrams_do_not_wake_who_waits_for_the_end_of_a_host() {
    in_virtual_time(|| async {
        let (a, b) = hosts();
        let (from, to) = (UdpSocket::bind(&a, (A, 53)), UdpSocket::bind(&b, (B, 53)));
        let (from, to) = (from.expect("binds"), to.expect("binds"));
        let sleeper = Arc::<Sleeper>::default();
        let mut stopped = pin!(b.stopped());
        for _ in 0..100 {
            assert!(sleeper.poll(stopped.as_mut()).is_pending());
            from.send_to(b"x", (B, 53)).await.expect("sends");
            to.recv().await.expect("receives");
        }
        assert_eq!(sleeper.woken(), 0);
        b.shutdown(Duration::ZERO).await;
        assert_eq!(sleeper.woken(), 1);
        assert_eq!(sleeper.poll(stopped), Poll::Ready(Stopped::Shutdown));
    });
}

#[test]
fn octets_do_not_wake_who_waits_for_the_end_of_a_connection() {
    in_virtual_time(|| async {
        let (a, b) = hosts();
        let (near, far) = connected(&a, &b).await;
        let sleeper = Arc::<Sleeper>::default();
        let mut closed = pin!(far.closed());
        for _ in 0..100 {
            assert!(sleeper.poll(closed.as_mut()).is_pending());
            near.try_write(b"x").expect("room");
            far.readable().await.expect("the host runs");
            far.try_read(&mut [0; 10]).expect("it is there");
        }
        assert_eq!(sleeper.woken(), 0);
        near.abort();
        until(|| sleeper.woken() == 1).await;
        assert!(matches!(sleeper.poll(closed), Poll::Ready(Ok(CloseCause::Reset))));
    });
}
