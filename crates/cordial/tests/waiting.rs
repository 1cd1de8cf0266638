//! Who waits is woken for what it waits for and for nothing else, and leaves nothing behind.

mod common;

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use common::*;
use cordial::{AnyListener, CloseCause, EchoSocket, Host, Stopped, TcpListener, TcpStream, UdpSocket};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A task that counts how often it is woken.
#[derive(Default)]
struct Sleeper(AtomicUsize);

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Sleeper {
    fn poll<F: Future + ?Sized>(self: &Arc<Self>, future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(&Waker::from(Arc::clone(self))))
    }

    fn woken(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// How many wakers of its task a future leaves behind that is polled, polled again, and dropped.
fn left_by(future: impl Future) -> usize {
    let sleeper = Arc::<Sleeper>::default();
    {
        let mut future = pin!(future);
        for _ in 0..2 {
            assert!(sleeper.poll(future.as_mut()).is_pending());
        }
        assert!(Arc::strong_count(&sleeper) > 1, "it waits");
    }
    Arc::strong_count(&sleeper) - 1
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

/// Where every task waits for a while in `select!`, what one of them left behind would stay for ever.
#[test]
fn a_future_given_up_leaves_no_waker_behind() {
    in_virtual_time(|| async {
        let (a, b) = hosts_with(false, |builder| builder, |builder| builder.gateway());
        let (near, far) = connected(&a, &b).await;
        assert_eq!(left_by(far.readable()), 0, "readable");
        assert_eq!(left_by(far.read_with(|_| (0, ()))), 0, "read_with");
        assert_eq!(left_by(far.peek(&mut [0; 4])), 0, "peek");
        assert_eq!(left_by(far.urgent()), 0, "urgent");
        assert_eq!(left_by(far.closed()), 0, "closed");
        assert_eq!(left_by(far.in_doubt()), 0, "in_doubt");
        while near.try_write(&[1; 65_536]).is_ok() {}
        assert_eq!(left_by(near.writable()), 0, "writable");

        let listener = TcpListener::bind(&b, (B, 81)).expect("binds");
        assert_eq!(left_by(listener.accept()), 0, "accept");
        let udp = UdpSocket::bind(&b, (B, 53)).expect("binds");
        assert_eq!(left_by(udp.recv()), 0, "recv");
        let echo = EchoSocket::bind(&b).expect("binds");
        assert_eq!(left_by(echo.recv()), 0, "an echo's recv");
        let any = AnyListener::bind(&b).expect("binds");
        assert_eq!(left_by(any.next()), 0, "next");
        let _calls = tokio::spawn(async move { TcpStream::connect(&a, ([198, 51, 100, 7], 443)).await });
        assert_eq!(left_by(any.next().await.expect("a SYN").withdrawn()), 0, "withdrawn");

        assert_eq!(left_by(b.stopped()), 0, "stopped");
        assert_eq!(left_by(b.shutdown(Duration::from_secs(1))), 0, "shutdown");
    });
}

/// A read by tokio's traits has nothing to drop: what it leaves is replaced by the next one.
#[test]
fn a_thousand_reads_given_up_leave_one_waker() {
    in_virtual_time(|| async {
        let (a, b) = hosts();
        let (mut near, mut far) = connected(&a, &b).await;
        let sleepers = [(); 1000].map(|()| Arc::<Sleeper>::default());
        for sleeper in &sleepers {
            let mut buffer = [0; 4];
            assert!(sleeper.poll(pin!(near.read(&mut buffer))).is_pending());
        }
        assert_eq!(sleepers.iter().filter(|sleeper| Arc::strong_count(sleeper) > 1).count(), 1);
        far.write_all(b"x").await.expect("room");
        near.readable().await.expect("the host runs");
        assert_eq!(sleepers.iter().map(|sleeper| sleeper.woken()).sum::<usize>(), 1, "the last one");
    });
}

/// The future of one connection's accept, as a task has it.
type Accepting<'a> = Pin<Box<dyn Future<Output = std::io::Result<(TcpStream, std::net::SocketAddr)>> + 'a>>;

/// Two who wait for connections, each a task of its own.
fn waiting(listener: &TcpListener) -> [(Arc<Sleeper>, Accepting<'_>); 2] {
    [(); 2].map(|()| {
        let sleeper = Arc::<Sleeper>::default();
        let mut accepting: Accepting<'_> = Box::pin(listener.accept());
        assert!(sleeper.poll(accepting.as_mut()).is_pending());
        (sleeper, accepting)
    })
}

/// A connection that nobody has taken yet.
async fn offered(a: &Host, listener: &TcpListener) -> TcpStream {
    let near = TcpStream::connect(a, server()).await.expect("connects");
    until(|| listener.queued() == 1).await;
    near
}

#[test]
fn who_gives_up_takes_nobody_elses_wake() {
    in_virtual_time(|| async {
        let (a, b) = hosts();
        let listener = TcpListener::bind(&b, server()).expect("binds");
        let [(gone, gives_up), (stays, mut accepting)] = waiting(&listener);
        drop(gives_up);
        let _near = offered(&a, &listener).await;
        assert_eq!((gone.woken(), stays.woken()), (0, 1));
        assert!(stays.poll(accepting.as_mut()).is_ready());
    });
}

#[test]
fn who_gives_up_after_it_was_woken_takes_nobody_elses_wake() {
    in_virtual_time(|| async {
        let (a, b) = hosts();
        let listener = TcpListener::bind(&b, server()).expect("binds");
        let [(first, gives_up), (second, mut accepting)] = waiting(&listener);
        let _near = offered(&a, &listener).await;
        assert_eq!((first.woken(), second.woken()), (1, 1));
        drop(gives_up);
        assert!(second.poll(accepting.as_mut()).is_ready());
    });
}

/// Who was woken has no place any more; another may have it when it is dropped.
#[test]
fn who_gives_up_late_leaves_those_who_came_since_alone() {
    in_virtual_time(|| async {
        let (a, b) = hosts();
        let listener = TcpListener::bind(&b, server()).expect("binds");
        let woken = waiting(&listener);
        let _first = offered(&a, &listener).await;
        let _taken = listener.accept().await.expect("it is there");
        let [(third, mut accepting), (fourth, _waits)] = waiting(&listener);
        drop(woken);
        let _second = offered(&a, &listener).await;
        assert_eq!((third.woken(), fourth.woken()), (1, 1));
        assert!(third.poll(accepting.as_mut()).is_ready());
    });
}

/// A future that another task polls wakes that task, and that task alone.
#[test]
fn a_future_wakes_the_task_that_polled_it_last() {
    in_virtual_time(|| async {
        let (a, b) = hosts();
        let listener = TcpListener::bind(&b, server()).expect("binds");
        let (before, now) = (Arc::<Sleeper>::default(), Arc::<Sleeper>::default());
        let mut accepting = pin!(listener.accept());
        assert!(before.poll(accepting.as_mut()).is_pending());
        assert!(now.poll(accepting.as_mut()).is_pending());
        assert_eq!(Arc::strong_count(&before), 1, "forgotten");
        let _near = offered(&a, &listener).await;
        assert_eq!((before.woken(), now.woken()), (0, 1));
    });
}

/// A task that owns a socket.
struct Owner(#[expect(dead_code, reason = "it is dropped with its task")] UdpSocket);

impl Wake for Owner {
    fn wake(self: Arc<Self>) {}
}

/// The last waker of a task may be the last of what the task owns: sockets of the very host that drops it.
#[test]
fn a_waker_is_dropped_outside_of_the_lock() {
    in_virtual_time(|| async {
        let (_a, b) = hosts();
        let listener = TcpListener::bind(&b, server()).expect("binds");
        let owner = |port| Waker::from(Arc::new(Owner(UdpSocket::bind(&b, (B, port)).expect("binds"))));
        let mut accepting = Box::pin(listener.accept());
        for port in [1, 2] {
            assert!(accepting.as_mut().poll(&mut Context::from_waker(&owner(port))).is_pending());
        }
        UdpSocket::bind(&b, (B, 1)).expect("free again: its owner was replaced");
        drop(accepting);
        UdpSocket::bind(&b, (B, 2)).expect("free again: nobody waits any more");
        for port in [3, 4] {
            assert!(listener.poll_accept(&mut Context::from_waker(&owner(port))).is_pending());
        }
        UdpSocket::bind(&b, (B, 3)).expect("free again: another polled since");
    });
}
