//! What one end says, the other hears: octets, goodbyes, resets, and nothing else.

mod net;

use std::io::ErrorKind;
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cordial::{CloseCause, TcpStream};
use cordial_gateway::GatewayConfig;
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream as Outside;
use tokio::time::timeout;

use net::{Net, hears_and_is_reset, host_cordial, pattern, run, until};

/// Ends it with a reset.
fn reset(outside: Outside) {
    outside.set_zero_linger().expect("it is open");
}

/// Everything was acknowledged by the gateway.
async fn delivered(inside: &TcpStream) {
    until("it is delivered", || inside.info().is_some_and(|info| info.vars.queued == 0)).await;
}

#[test]
fn the_programs_goodbye_leaves_the_other_half_open() {
    run(async {
        let net = Net::new();
        let (mut near, mut far) = net.connected().await;
        near.write_all(b"question").await.expect("writes");
        near.shutdown_half(Shutdown::Write).expect("says goodbye");
        let mut question = String::new();
        far.read_to_string(&mut question).await.expect("a FIN, no reset");
        assert_eq!(question, "question");
        let answer = pattern(3 << 20);
        let expected = answer.clone();
        let sender = tokio::spawn(async move {
            far.write_all(&answer).await.expect("our half is open");
            far.shutdown().await.expect("says goodbye");
            far
        });
        let mut got = Vec::new();
        near.read_to_end(&mut got).await.expect("a FIN, no reset");
        assert!(got == expected, "what arrives is what was sent");
        drop(sender.await.expect("sends"));
        until("both are forgotten", || net.host.connections() == 0).await;
    });
}

#[test]
fn the_servers_goodbye_leaves_the_other_half_open() {
    run(async {
        let net = Net::new();
        let (mut near, mut far) = net.connected().await;
        far.shutdown().await.expect("says goodbye");
        let mut nothing = Vec::new();
        assert_eq!(near.read_to_end(&mut nothing).await.expect("a FIN, no reset"), 0);
        let sent = pattern(3 << 20);
        let expected = sent.clone();
        let sender = tokio::spawn(async move {
            near.write_all(&sent).await.expect("our half is open");
            near.shutdown().await.expect("says goodbye");
            near
        });
        let mut got = Vec::new();
        far.read_to_end(&mut got).await.expect("a FIN, no reset");
        assert!(got == expected, "what arrives is what was sent");
        drop(sender.await.expect("sends"));
    });
}

#[test]
fn a_servers_reset_is_one_inside_after_what_it_said() {
    run(async {
        let net = Net::new();
        let (mut near, mut far) = net.connected().await;
        let said = pattern(48 << 10);
        far.write_all(&said).await.expect("it fits the host's buffers");
        reset(far);
        hears_and_is_reset(&mut near, &said).await;
    });
}

/// The answer of a server that has not read the whole question, and closes: its system makes a reset of that.
#[test]
fn an_answer_is_whole_though_the_question_was_never_read() {
    run(async {
        let net = Net::new();
        let (mut near, mut far) = net.connected().await;
        near.write_all(&pattern(10_000)).await.expect("writes");
        // Readiness may be claimed where there is nothing; a peek waits for an octet.
        far.peek(&mut [0]).await.expect("the question is there");
        let answer = pattern(48 << 10);
        far.write_all(&answer).await.expect("it fits the host's buffers");
        drop(far);
        hears_and_is_reset(&mut near, &answer).await;
    });
}

#[test]
fn the_programs_reset_is_one_outside_after_what_it_said() {
    run(async {
        let net = Net::new();
        let (mut near, mut far) = net.connected().await;
        let said = pattern(48 << 10);
        near.write_all(&said).await.expect("writes");
        delivered(&near).await;
        near.abort();
        hears_and_is_reset(&mut far, &said).await;
    });
}

/// A program that closes with octets unread.
#[test]
fn what_the_program_leaves_unread_is_a_reset_outside() {
    run(async {
        let net = Net::new();
        let (near, mut far) = net.connected().await;
        far.write_all(b"never read").await.expect("writes");
        near.readable().await.expect("it is there");
        drop(near);
        hears_and_is_reset(&mut far, b"").await;
    });
}

/// Nobody reads from who has said goodbye; a reset after it is heard all the same.
#[test]
fn a_reset_after_a_goodbye_is_heard() {
    run(async {
        let net = Net::new();
        let (near, mut far) = net.connected().await;
        near.shutdown_half(Shutdown::Write).expect("says goodbye");
        assert_eq!(far.read(&mut [0; 16]).await.expect("the goodbye"), 0);
        near.abort();
        let socket = SockRef::from(&far);
        let told = async {
            loop {
                if let Some(error) = socket.take_error().expect("it is open") {
                    return error.kind();
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        // What a reset is called after the other's goodbye.
        assert_eq!(timeout(Duration::from_secs(10), told).await.expect("soon"), ErrorKind::BrokenPipe);

        let (mut near, mut far) = net.connected().await;
        far.shutdown().await.expect("says goodbye");
        assert_eq!(near.read(&mut [0; 16]).await.expect("the goodbye"), 0);
        reset(far);
        let closed = timeout(Duration::from_secs(10), near.closed()).await.expect("soon");
        assert_eq!(closed.expect("the host runs"), CloseCause::Reset);
    });
}

/// The error shows first to whoever writes; the reader must not take what follows for an end.
#[test]
fn a_reset_during_an_upload_is_no_end_of_the_download() {
    run(async {
        let net = Net::new();
        for _ in 0..20 {
            let (near, mut far) = net.connected().await;
            let (mut read, mut write) = near.into_split();
            let writer = tokio::spawn(async move {
                let octets = pattern(256 << 10);
                while write.write_all(&octets).await.is_ok() {}
                write
            });
            far.read_exact(&mut vec![0; 100_000]).await.expect("some of it");
            reset(far);
            let (mut rest, mut ended_well) = ([0; 16], false);
            // Told to one of the two, once.
            if read.read(&mut rest).await.is_ok() {
                ended_well = read.as_ref().info().and_then(|info| info.cause) != Some(CloseCause::Reset);
            }
            assert!(!ended_well, "a FIN came for a reset");
            drop(writer.await.expect("the writer ends"));
        }
    });
}

#[test]
fn a_reader_who_takes_nothing_slows_its_writer_and_loses_nothing() {
    run(async {
        let net = Net::new();
        let (mut near, far) = net.connected().await;
        let written = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&written);
        const ALL: usize = 64 << 20;
        let writer = tokio::spawn(async move {
            let mut far = far;
            let octets = pattern(1 << 16);
            while count.load(Ordering::Relaxed) < ALL {
                far.write_all(&octets).await.expect("writes");
                count.fetch_add(octets.len(), Ordering::Relaxed);
            }
            far.shutdown().await.expect("says goodbye");
        });
        // Nobody reads: after a while nothing moves any more, long before the end.
        let mut seen = usize::MAX;
        while seen != written.load(Ordering::Relaxed) {
            seen = written.load(Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        assert!(seen < ALL / 2, "{seen} octets wait somewhere");
        let mut got = Vec::new();
        near.read_to_end(&mut got).await.expect("reads");
        writer.await.expect("writes everything");
        assert_eq!(got.len(), ALL);
        assert!(got.chunks(1 << 16).all(|chunk| chunk == pattern(1 << 16)));
    });
}

#[test]
fn urgent_octets_are_octets_in_their_place() {
    run(async {
        let net = Net::new();
        let (mut near, mut far) = net.connected().await;
        far.write_all(b"before ").await.expect("writes");
        assert_eq!(SockRef::from(&far).send_out_of_band(b"!").expect("one octet"), 1);
        far.write_all(b" after").await.expect("writes");
        far.shutdown().await.expect("says goodbye");
        let mut heard = String::new();
        near.read_to_string(&mut heard).await.expect("reads");
        assert_eq!(heard, "before ! after");
    });
}

#[test]
fn a_refusal_reaches_the_program() {
    run(async {
        let net = Net::new();
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
        let refused = TcpStream::connect(&net.program, host_cordial(free.port())).await;
        assert_eq!(refused.expect_err("nobody listens").kind(), ErrorKind::ConnectionRefused);
    });
}

/// As with a full backlog: the SYN comes again, and finds room.
#[test]
fn a_connection_for_which_there_is_no_descriptor_waits_and_is_not_refused() {
    run(async {
        let net = Net::with(|config| GatewayConfig { connections: 1, ..config });
        let (near, far) = net.connected().await;
        let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let port = server.local_addr().expect("bound").port();
        let began = Instant::now();
        let second = tokio::spawn({
            let program = net.program.clone();
            async move { TcpStream::connect(&program, host_cordial(port)).await }
        });
        until("it is turned away", || net.gateway.turned_away() >= 1).await;
        drop((near, far));
        let second = second.await.expect("no panic").expect("it is not refused, and connects in the end");
        assert!(began.elapsed() > Duration::from_millis(900), "its SYN came again");
        drop(second);
    });
}
