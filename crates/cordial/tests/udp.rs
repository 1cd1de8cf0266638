//! Datagrams.

mod common;

use std::io::ErrorKind;
use std::net::SocketAddr;

use common::*;
use cordial::UdpSocket;

#[test]
fn a_datagram_is_answered() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let client = UdpSocket::bind(&a, (A, 0)).expect("binds");
        let echo = UdpSocket::bind(&b, (B, 7)).expect("binds");
        assert_eq!(echo.try_recv().expect_err("nothing yet").kind(), ErrorKind::WouldBlock);
        let asked = tokio::spawn(async move {
            let mut buffer = [0; 100];
            let (count, peer) = echo.recv_from(&mut buffer).await.expect("receives");
            echo.send_to(&buffer[..count], peer).await.expect("sends");
        });
        assert_eq!(client.send_to(b"ping", (B, 7)).await.expect("sends"), 4);
        let mut short = [0; 3];
        let (count, peer) = client.recv_from(&mut short).await.expect("receives");
        assert_eq!((count, peer, &short), (3, (B, 7).into(), b"pin"), "what does not fit is lost");
        asked.await.expect("answers");
    });
}

#[test]
fn a_gateway_answers_from_where_the_question_went() {
    on_both_runtimes(|| async {
        let (a, b) = hosts_with(false, |builder| builder, |builder| builder.gateway());
        let any = UdpSocket::bind_any(&b).expect("binds");
        let client = UdpSocket::bind(&a, (A, 5000)).expect("binds");
        let resolver: SocketAddr = ([192, 0, 2, 53], 53).into();
        client.send_to(b"who?", resolver).await.expect("sends");
        let question = any.recv().await.expect("receives");
        assert_eq!((question.source, question.destination), (client.local_addr().expect("there"), resolver));
        any.try_send_from(b"me", question.destination, question.source).expect("sends");
        let answer = client.recv().await.expect("receives");
        assert_eq!((answer.source, &answer.octets[..]), (resolver, &b"me"[..]));
    });
}

#[test]
fn what_cannot_be_sent_says_why() {
    on_both_runtimes(|| async {
        let (a, _b) = hosts();
        let socket = UdpSocket::bind(&a, (A, 9)).expect("binds");
        assert_eq!(UdpSocket::bind(&a, (A, 9)).expect_err("taken").kind(), ErrorKind::AddrInUse);
        assert_eq!(UdpSocket::bind(&a, (B, 9)).expect_err("not ours").kind(), ErrorKind::AddrNotAvailable);
        let long = socket.send_to(&[0; 65_508], (B, 9)).await.expect_err("longer than a packet can be");
        assert_eq!(long.raw_os_error(), Some(90));
        assert_eq!(socket.send_to(&[0; 65_507], (B, 9)).await.expect("just fits"), 65_507);
        assert!(socket.send_to(b"x", (B, 0)).await.is_err());
        drop(socket);
        UdpSocket::bind(&a, (A, 9)).expect("free again");
    });
}

#[test]
fn the_longest_datagram_comes_back_whole() {
    on_both_runtimes(|| async {
        let (a, b) = hosts();
        let client = UdpSocket::bind(&a, (A, 0)).expect("binds");
        let echo = UdpSocket::bind(&b, (B, 7)).expect("binds");
        let octets = pattern(65_507);
        client.send_to(&octets, (B, 7)).await.expect("sends");
        let there = echo.recv().await.expect("receives");
        echo.try_send_to(&there.octets, there.source).expect("sends");
        assert_eq!(client.recv().await.expect("receives").octets, octets);
    });
}
