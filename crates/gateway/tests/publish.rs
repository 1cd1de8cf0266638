//! Ports of the host's that lead to the program.

mod net;

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use cordial::{TcpListener, UdpSocket};
use cordial_gateway::Published;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream as Outside;
use tokio::time::timeout;

use net::{Net, hears_and_is_reset, pattern, run, until};

const PROGRAM4: [u8; 4] = [10, 77, 0, 2];

/// The program's own IPv6 address.
fn program6() -> Ipv6Addr {
    "fd77::2".parse().expect("an address")
}

/// Publishes a port and says where this machine listens.
fn publish(net: &mut Net, what: &str) -> Vec<SocketAddr> {
    let published = Published::bind(&what.parse().expect("a port to publish")).expect("a port is free");
    let addresses = published.addresses();
    net.gateway.publish([published]).expect("serves");
    addresses
}

#[test]
fn a_caller_talks_with_the_program_in_its_own_family() {
    run(async {
        let mut net = Net::new();
        let four = TcpListener::bind(&net.program, (PROGRAM4, 80)).expect("binds");
        let six = TcpListener::bind(&net.program, (program6(), 80)).expect("binds");
        for at in publish(&mut net, "0:80") {
            let (listener, shown) = match at {
                SocketAddr::V4(_) => (&four, "10.77.0.254"),
                SocketAddr::V6(_) => (&six, "fd77::fe"),
            };
            let (mut caller, inside) =
                tokio::try_join!(Outside::connect(at), listener.accept()).expect("both connect");
            let (mut inside, from) = inside;
            assert_eq!(from.ip().to_string(), shown);
            assert_eq!(from.port(), caller.local_addr().expect("connected").port(), "the caller's own");
            let sent = pattern(1 << 20);
            let expected = sent.clone();
            let echo = tokio::spawn(async move {
                let mut heard = Vec::new();
                inside.read_to_end(&mut heard).await.expect("a FIN, no reset");
                inside.write_all(&heard).await.expect("our half is open");
                inside.shutdown().await.expect("says goodbye");
                inside
            });
            caller.write_all(&sent).await.expect("writes");
            caller.shutdown().await.expect("says goodbye");
            let mut back = Vec::new();
            caller.read_to_end(&mut back).await.expect("a FIN, no reset");
            assert!(back == expected);
            drop(echo.await.expect("echoes"));
        }
    });
}

#[test]
fn a_server_of_one_family_is_found_by_the_other() {
    run(async {
        let mut net = Net::new();
        let four = TcpListener::bind(&net.program, (PROGRAM4, 80)).expect("binds");
        let addresses = publish(&mut net, "0:80");
        let Some(six) = addresses.iter().find(|at| at.is_ipv6()) else { return };
        let (_caller, (_inside, from)) =
            tokio::try_join!(Outside::connect(six), four.accept()).expect("both connect");
        assert_eq!(from.ip().to_string(), "10.77.0.254");
    });
}

#[test]
fn a_caller_waits_for_a_program_that_starts() {
    run(async {
        let mut net = Net::new();
        let at = publish(&mut net, "127.0.0.1:0:80")[0];
        let mut caller = Outside::connect(at).await.expect("the host accepts");
        until("the program refused once", || net.program.counters().tcp_out_rsts > 0).await;
        let listener = TcpListener::bind(&net.program, (PROGRAM4, 80)).expect("binds");
        let (mut inside, _) = listener.accept().await.expect("the caller comes again");
        inside.write_all(b"hello").await.expect("writes");
        let mut heard = [0; 5];
        caller.read_exact(&mut heard).await.expect("reads");
        assert_eq!(&heard, b"hello");
        drop((inside, listener));

        // From then on a refusal is one.
        let refused = net.program.counters().tcp_out_rsts;
        // The reset may come before the caller's system has said that it is connected.
        let end = match Outside::connect(at).await {
            Ok(mut caller) => caller.read(&mut heard).await.expect_err("no end of a stream"),
            Err(end) => end,
        };
        assert_eq!(end.kind(), ErrorKind::ConnectionReset);
        // Asked once in either family, and not for as long as a program may take to start.
        let refusals = net.program.counters().tcp_out_rsts - refused;
        assert!((1..=2).contains(&refusals), "{refusals} refusals");
    });
}

#[test]
fn a_program_that_never_listens_refuses_in_the_end() {
    run(async {
        let mut net = Net::new();
        let at = publish(&mut net, "127.0.0.1:0:80")[0];
        let mut caller = Outside::connect(at).await.expect("the host accepts");
        let end = timeout(Duration::from_secs(30), caller.read(&mut [0; 5])).await.expect("in a few seconds");
        assert_eq!(end.expect_err("no end of a stream").kind(), ErrorKind::ConnectionReset);
        until("nothing is left", || net.host.connections() == 0).await;
    });
}

#[test]
fn a_caller_that_gives_up_is_not_brought_in() {
    run(async {
        let mut net = Net::new();
        let at = publish(&mut net, "127.0.0.1:0:80")[0];
        let caller = Outside::connect(at).await.expect("the host accepts");
        until("the program refused once", || net.program.counters().tcp_out_rsts > 0).await;
        caller.set_zero_linger().expect("it is open");
        drop(caller);
        // Time to notice, and a second and a half after its first try the program would be asked once more.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let listener = TcpListener::bind(&net.program, (PROGRAM4, 80)).expect("binds");
        let nobody = timeout(Duration::from_secs(4), listener.accept()).await;
        assert!(nobody.is_err(), "somebody was brought in");
    });
}

/// All of it may be there before the program has been asked at all.
#[test]
fn what_a_caller_says_before_its_reset_is_delivered() {
    run(async {
        let mut net = Net::new();
        let listener = TcpListener::bind(&net.program, (PROGRAM4, 80)).expect("binds");
        let at = publish(&mut net, "127.0.0.1:0:80")[0];
        for _ in 0..20 {
            let mut caller = Outside::connect(at).await.expect("the host accepts");
            caller.write_all(b"good bye").await.expect("writes");
            caller.set_zero_linger().expect("it is open");
            drop(caller);
            let (mut inside, _) = listener.accept().await.expect("it is brought in");
            hears_and_is_reset(&mut inside, b"good bye").await;
        }
    });
}

#[test]
fn resets_pass_both_ways() {
    run(async {
        let mut net = Net::new();
        let listener = TcpListener::bind(&net.program, (PROGRAM4, 80)).expect("binds");
        let at = publish(&mut net, "127.0.0.1:0:80")[0];
        let (mut caller, (inside, _)) =
            tokio::try_join!(Outside::connect(at), listener.accept()).expect("both connect");
        inside.abort();
        hears_and_is_reset(&mut caller, b"").await;

        let (caller, (mut inside, _)) =
            tokio::try_join!(Outside::connect(at), listener.accept()).expect("both connect");
        caller.set_zero_linger().expect("it is open");
        drop(caller);
        hears_and_is_reset(&mut inside, b"").await;
    });
}

#[test]
fn datagrams_come_in_and_answers_go_back() {
    run(async {
        let mut net = Net::new();
        let four = UdpSocket::bind(&net.program, (PROGRAM4, 53)).expect("binds");
        let six = UdpSocket::bind(&net.program, (program6(), 53)).expect("binds");
        for at in publish(&mut net, "0:53/udp") {
            let (server, any): (_, SocketAddr) = match at {
                SocketAddr::V4(_) => (&four, (Ipv4Addr::LOCALHOST, 0).into()),
                SocketAddr::V6(_) => (&six, (Ipv6Addr::LOCALHOST, 0).into()),
            };
            let mut seen = Vec::new();
            for _ in 0..3 {
                let caller = tokio::net::UdpSocket::bind(any).await.expect("a port is free");
                // Connected: an answer from elsewhere would not be taken.
                caller.connect(at).await.expect("an address");
                for question in [&b"who?"[..], b"", b"and what else?"] {
                    caller.send(question).await.expect("sends");
                    let asked = server.recv().await.expect("the host runs");
                    assert_eq!(asked.octets, question);
                    assert_eq!(asked.source.port(), caller.local_addr().expect("bound").port());
                    server.send_to(b"me", asked.source).await.expect("sends");
                    let mut answer = [0; 64];
                    let n = timeout(Duration::from_secs(10), caller.recv(&mut answer)).await;
                    assert_eq!(&answer[..n.expect("soon").expect("an answer")], b"me");
                    seen.push(asked.source);
                }
            }
            seen.dedup();
            assert_eq!(seen.len(), 3, "each caller is one inside: {seen:?}");
        }
    });
}

/// What a caller from outside is in the program's network is no other's there: the program's own talk with the same
/// address and port goes on.
#[test]
fn a_caller_takes_nothing_from_the_programs_own_talk_with_it() {
    run(async {
        let mut net = Net::new();
        let server = UdpSocket::bind(&net.program, (PROGRAM4, 53)).expect("binds");
        let at = publish(&mut net, "127.0.0.1:0:53/udp")[0];
        let caller = tokio::net::UdpSocket::bind("127.0.0.1:0").await.expect("a port is free");
        caller.send_to(b"in", at).await.expect("sends");
        let shown =
            timeout(Duration::from_secs(10), server.recv()).await.expect("soon").expect("runs").source;
        let own = UdpSocket::bind(&net.program, (PROGRAM4, 0)).expect("binds");
        own.send_to(b"out", shown).await.expect("sends");
        let mut octets = [0; 64];
        let heard = timeout(Duration::from_secs(10), caller.recv_from(&mut octets)).await;
        let (n, from) = heard.expect("soon").expect("the program's own");
        assert_eq!(&octets[..n], b"out");
        assert_ne!(from, at);
        caller.send_to(b"back", from).await.expect("sends");
        let back = timeout(Duration::from_secs(10), own.recv()).await.expect("soon").expect("runs");
        assert_eq!((&back.octets[..], back.source), (&b"back"[..], shown));
    });
}
