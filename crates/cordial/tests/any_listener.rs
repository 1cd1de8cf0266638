//! Deciding on each SYN before it is answered.

mod common;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use common::*;
use cordial::{AnyListener, Host, IcmpCode, Limits, TcpListener, TcpStream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A client, and a gateway that answers for everybody.
fn gateway() -> (Host, Host) {
    hosts_with(false, |builder| builder, |builder| builder.gateway())
}

fn somewhere() -> SocketAddr {
    ([198, 51, 100, 7], 443).into()
}

/// A client's attempt to get somewhere.
fn attempt(a: &Host) -> tokio::task::JoinHandle<std::io::Result<TcpStream>> {
    let a = a.clone();
    tokio::spawn(async move { TcpStream::connect(&a, somewhere()).await })
}

#[test]
fn accepted_it_is_a_connection_to_where_the_client_wanted() {
    on_both_runtimes(|| async {
        let (a, b) = gateway();
        let listener = AnyListener::bind(&b).expect("binds");
        let client = attempt(&a);
        let incoming = listener.next().await.expect("a SYN");
        assert_eq!(incoming.local(), somewhere());
        assert!(
            !client.is_finished() && b.counters().tcp_out_segs == 0,
            "nothing is said before the decision"
        );
        let peer = incoming.peer();
        let mut far = incoming.accept().await.expect("accepts");
        let mut near = client.await.expect("runs").expect("connects");
        assert_eq!(far.local_addr().expect("there"), somewhere());
        assert_eq!((far.peer_addr().expect("there"), near.local_addr().expect("there")), (peer, peer));
        near.write_all(b"through").await.expect("writes");
        let mut got = [0; 7];
        far.read_exact(&mut got).await.expect("reads");
        assert_eq!(&got, b"through");
    });
}

#[test]
fn reset_or_dropped_it_is_refused() {
    on_both_runtimes(|| async {
        let (a, b) = gateway();
        let listener = AnyListener::bind(&b).expect("binds");
        for by_dropping in [false, true] {
            let client = attempt(&a);
            let incoming = listener.next().await.expect("a SYN");
            if by_dropping {
                drop(incoming)
            } else {
                incoming.reset()
            }
            let refused = client.await.expect("runs").expect_err("refused");
            assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        }
    });
}

#[test]
fn unreachable_is_told_by_icmp() {
    on_both_runtimes(|| async {
        let (a, b) = gateway();
        let listener = AnyListener::bind(&b).expect("binds");
        let client = attempt(&a);
        listener.next().await.expect("a SYN").unreachable(IcmpCode::Port);
        let error = client.await.expect("runs").expect_err("unreachable");
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "a hard error ends the attempt");
        assert_eq!(b.counters().icmp_out_msgs, 1);
    });
}

#[test]
fn ignored_it_comes_again() {
    in_virtual_time(|| async {
        let (a, b) = gateway();
        let listener = AnyListener::bind(&b).expect("binds");
        let client = attempt(&a);
        listener.next().await.expect("a SYN").ignore();
        assert_eq!(b.counters().tcp_out_segs, 0);
        let again = listener.next().await.expect("the SYN again");
        let (far, near) = tokio::join!(again.accept(), client);
        far.expect("accepts");
        near.expect("runs").expect("connects");
        assert!(a.counters().tcp_retrans_segs >= 1);
    });
}

#[test]
fn a_client_that_stops_asking_withdraws() {
    in_virtual_time(|| async {
        let (a, b) = gateway();
        let listener = AnyListener::bind(&b).expect("binds");
        let client = attempt(&a);
        let incoming = listener.next().await.expect("a SYN");
        let held = tokio::time::timeout(Duration::from_millis(2500), incoming.withdrawn()).await;
        assert!(held.is_err() && !incoming.is_withdrawn(), "it still asks");
        client.abort();
        incoming.withdrawn().await;
        assert!(incoming.is_withdrawn());
        let gone = incoming.accept().await.expect_err("nobody is there");
        assert_eq!(gone.kind(), ErrorKind::ConnectionAborted);
    });
}

#[test]
fn what_was_withdrawn_before_anybody_looked_is_skipped() {
    in_virtual_time(|| async {
        let (a, b) = gateway();
        let listener = AnyListener::bind(&b).expect("binds");
        let client = attempt(&a);
        tokio::time::sleep(Duration::from_millis(10)).await;
        client.abort();
        tokio::time::sleep(Duration::from_secs(60)).await;
        let second = attempt(&a);
        let incoming = listener.next().await.expect("the second");
        let (far, near) = tokio::join!(incoming.accept(), second);
        assert_eq!(
            near.expect("runs").expect("connects").local_addr().expect("there"),
            far.expect("accepts").peer_addr().expect("there")
        );
    });
}

#[test]
fn an_accept_given_up_resets_the_connection() {
    in_virtual_time(|| async {
        let (a, b) = gateway();
        let listener = AnyListener::bind(&b).expect("binds");
        let client = attempt(&a);
        let incoming = listener.next().await.expect("a SYN");
        {
            let accepting = incoming.accept();
            tokio::pin!(accepting);
            let first = std::future::poll_fn(|cx| {
                std::task::Poll::Ready(Future::poll(accepting.as_mut(), cx).is_ready())
            });
            assert!(!first.await, "the client has not heard yet");
        }
        if let Ok(mut near) = client.await.expect("runs") {
            assert_eq!(near.read(&mut [0; 4]).await.expect_err("reset").kind(), ErrorKind::ConnectionReset);
        }
        until(|| b.connections() == 0).await;
    });
}

#[test]
fn a_client_that_never_confirms_is_given_up() {
    in_virtual_time(|| async {
        let (left, right) = link(false);
        let (left, deaf) = Deafened::new(left);
        let a = Host::builder().address(A).start(left).expect("starts");
        let b = Host::builder().gateway().start(right).expect("starts");
        let listener = AnyListener::bind(&b).expect("binds");
        deaf.store(true, Ordering::SeqCst);
        let client = attempt(&a);
        let incoming = listener.next().await.expect("a SYN");
        client.abort();
        let error = incoming.accept().await.expect_err("never confirmed");
        assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
        assert_eq!(b.half_open(), 0);
    });
}

#[test]
fn narrower_listeners_come_first() {
    on_both_runtimes(|| async {
        let (a, b) = gateway();
        let any = AnyListener::bind(&b).expect("binds");
        let narrow = TcpListener::bind(&b, somewhere()).expect("binds");
        assert_eq!(AnyListener::bind(&b).expect_err("taken").kind(), ErrorKind::AddrInUse);
        let (near, far) = tokio::join!(TcpStream::connect(&a, somewhere()), narrow.accept());
        near.expect("connects");
        far.expect("accepts");
        drop(any);
    });
}

#[test]
fn undecided_syns_are_bounded() {
    in_virtual_time(|| async {
        let limits = Limits { undecided: 8, ..Limits::default() };
        let (a, b) = hosts_with(false, |builder| builder, |builder| builder.gateway().limits(limits));
        let listener = AnyListener::bind(&b).expect("binds");
        let clients: Vec<_> = (0..20).map(|_| attempt(&a)).collect();
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(b.counters().listen_drops, 12);
        let serving = tokio::spawn(async move {
            loop {
                let incoming = listener.next().await.expect("a SYN");
                tokio::spawn(incoming.accept());
            }
        });
        for client in clients {
            client.await.expect("runs").expect("in the end, all connect");
        }
        serving.abort();
    });
}

#[test]
fn dropping_the_listener_withdraws_and_ends_promises() {
    on_both_runtimes(|| async {
        let (a, b) = gateway();
        let listener = AnyListener::bind(&b).expect("binds");
        let _client = attempt(&a);
        let incoming = listener.next().await.expect("a SYN");
        drop(listener);
        incoming.withdrawn().await;
        assert_eq!(incoming.accept().await.expect_err("closed").kind(), ErrorKind::ConnectionAborted);
    });
}
