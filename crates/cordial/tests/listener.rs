//! Taking connections; giving up half way.

mod common;

use std::io::ErrorKind;
use std::sync::atomic::Ordering;
use std::time::Duration;

use common::*;
use cordial::{Bind, Host, ListenConfig, TcpListener, TcpStream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;

#[test]
fn a_thousand_connections_at_once() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let listener = TcpListener::bind(&b, server()).expect("binds");
        let serving = tokio::spawn(async move {
            let mut streams = JoinSet::new();
            for _ in 0..1000 {
                let (mut stream, _) = listener.accept().await.expect("accepts");
                streams.spawn(async move {
                    let mut request = Vec::new();
                    stream.read_to_end(&mut request).await.expect("reads");
                    stream.write_all(&request).await.expect("writes");
                });
            }
            streams.join_all().await;
        });
        let mut clients = JoinSet::new();
        for number in 0..1000_u32 {
            let a = a.clone();
            clients.spawn(async move {
                let mut stream = TcpStream::connect(&a, server()).await.expect("connects");
                stream.write_all(&number.to_be_bytes()).await.expect("writes");
                stream.shutdown().await.expect("shuts down");
                let mut answer = Vec::new();
                stream.read_to_end(&mut answer).await.expect("reads");
                assert_eq!(answer, number.to_be_bytes());
            });
        }
        clients.join_all().await;
        serving.await.expect("serves");
        assert_eq!(a.counters().tcp_estab_resets + b.counters().tcp_estab_resets, 0);
        until(|| a.connections() == 0 && b.connections() == 0).await;
    });
}

#[test]
fn an_accept_given_up_loses_no_connection() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let listener = TcpListener::bind(&b, server()).expect("binds");
        {
            let given_up = listener.accept();
            tokio::pin!(given_up);
            assert!(futures_poll(&mut given_up).await.is_none());
            TcpStream::connect(&a, server()).await.expect("connects").write_all(b"hi").await.expect("writes");
            until(|| listener.queued() == 1).await;
        }
        let (mut stream, _) = listener.accept().await.expect("it is still there");
        let mut got = String::new();
        stream.read_to_string(&mut got).await.expect("reads");
        assert_eq!(got, "hi");
    });
}

#[test]
fn a_connect_given_up_leaves_nothing() {
    on_both_runtimes(|| async {
        let (left, right) = link(false);
        let (right, deaf) = Deafened::new(right);
        let a = Host::builder().address(A).start(left).expect("starts");
        let b = Host::builder().address(B).start(right).expect("starts");
        let _listener = TcpListener::bind(&b, server()).expect("binds");
        deaf.store(true, Ordering::SeqCst);
        {
            let given_up = TcpStream::connect(&a, server());
            tokio::pin!(given_up);
            assert!(futures_poll(&mut given_up).await.is_none());
            assert_eq!(a.connections(), 1);
        }
        assert_eq!(a.connections(), 0);
    });
}

#[test]
fn a_read_given_up_loses_no_octet() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let (mut near, mut far) = connected(&a, &b).await;
        {
            let mut buffer = [0; 8];
            let given_up = far.read(&mut buffer);
            tokio::pin!(given_up);
            assert!(futures_poll(&mut given_up).await.is_none());
            near.write_all(b"all here").await.expect("writes");
        }
        let mut got = [0; 8];
        far.read_exact(&mut got).await.expect("reads");
        assert_eq!(&got, b"all here");
    });
}

/// Polls once.
async fn futures_poll<F: Future>(future: &mut std::pin::Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
        std::task::Poll::Ready(output) => std::task::Poll::Ready(Some(output)),
        std::task::Poll::Pending => std::task::Poll::Ready(None),
    })
    .await
}

#[test]
fn places_are_taken_once_and_given_back() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let listener = TcpListener::bind(&b, server()).expect("binds");
        assert_eq!(listener.local_addr().expect("there"), server());
        assert_eq!(TcpListener::bind(&b, server()).expect_err("taken").kind(), ErrorKind::AddrInUse);
        let foreign = TcpListener::bind(&b, ([192, 0, 2, 1], 80)).expect_err("not ours");
        assert_eq!(foreign.kind(), ErrorKind::AddrNotAvailable);
        drop(listener);
        let refused = TcpStream::connect(&a, server()).await.expect_err("closed");
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        TcpListener::bind(&b, server()).expect("free again");
        let chosen = TcpListener::bind(&b, (B, 0)).expect("binds");
        assert_ne!(chosen.local_addr().expect("there").port(), 0);
    });
}

#[test]
fn a_listener_at_every_address_takes_both_families() {
    on_both_runtimes(|| async {
        let v6 = |last: u16| std::net::Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, last);
        let (a, b) = hosts_with(false, |builder| builder.address(v6(1)), |builder| builder.address(v6(2)));
        let listener = TcpListener::bind(&b, ([0, 0, 0, 0], 80)).expect("binds");
        for to in [server(), (v6(2), 80).into()] {
            let near = TcpStream::connect(&a, to).await.expect("connects");
            let (far, peer) = listener.accept().await.expect("accepts");
            assert_eq!(far.local_addr().expect("there"), to);
            assert_eq!(near.local_addr().expect("there"), peer);
        }
    });
}

#[test]
fn dropping_a_listener_resets_who_waits_there() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let listener = TcpListener::bind(&b, server()).expect("binds");
        let mut near = TcpStream::connect(&a, server()).await.expect("connects");
        until(|| listener.queued() == 1).await;
        drop(listener);
        assert_eq!(near.read(&mut [0; 4]).await.expect_err("reset").kind(), ErrorKind::ConnectionReset);
    });
}

#[test]
fn a_full_backlog_makes_the_next_wait_its_turn() {
    in_virtual_time(|| async {
        let (a, b) = hosts();
        let config = ListenConfig { backlog: Some(1), ..ListenConfig::default() };
        let listener = TcpListener::bind_with(&b, Bind::Port(80), config).expect("binds");
        let _first = TcpStream::connect(&a, server()).await.expect("connects");
        let mut second = TcpStream::connect(&a, server()).await.expect("its ACK is not heard yet");
        second.write_all(b"patient").await.expect("writes");
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert!(b.counters().listen_overflows > 0);
        listener.accept().await.expect("the first");
        let (mut stream, _) = listener.accept().await.expect("the second");
        let mut got = [0; 7];
        stream.read_exact(&mut got).await.expect("reads");
        assert_eq!(&got, b"patient");
    });
}
