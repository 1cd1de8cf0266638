//! Echo requests in the program's hands.

mod common;

use std::io::ErrorKind;
use std::net::IpAddr;

use common::*;
use cordial::device::{Device, MemoryConfig, MemoryLink, Outgoing, Readiness};
use cordial::{EchoSocket, Host, IcmpCode};

/// Type 8 or 0, checksum, id 7, sequence 9, two octets.
fn message(kind: u8) -> Vec<u8> {
    let mut octets = vec![0x45, 0, 0, 30, 0, 0, 0x40, 0, 64, 1, 0, 0];
    octets.extend(A.iter().chain(&[192, 0, 2, 1]));
    octets.extend([kind, 0, 0, 0, 0, 7, 0, 9, 0xab, 0xcd]);
    let sum = |octets: &[u8]| {
        let words = octets.chunks(2).map(|word| u32::from(word[0]) << 8 | u32::from(word[1]));
        let sum = words.sum::<u32>();
        !((sum & 0xffff) + (sum >> 16)) as u16
    };
    let (head, body) = (sum(&octets[..20]), sum(&octets[20..]));
    octets[10..12].copy_from_slice(&head.to_be_bytes());
    octets[22..24].copy_from_slice(&body.to_be_bytes());
    octets
}

async fn next(link: &mut MemoryLink) -> Vec<u8> {
    let mut buffer = vec![0; cordial::device::MAX_PACKET];
    loop {
        if let Some(packet) = link.receive(&mut buffer).expect("there") {
            return packet.octets.to_vec();
        }
        let Readiness::Bell(_) = link.readiness() else { panic!("a link in memory has a bell") };
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_request_is_answered_by_whoever_takes_it() {
    on_both_runtimes(|| async {
        let (mut link, device) = MemoryLink::pair(MemoryConfig::default());
        let host = Host::builder().gateway().prefix(IpAddr::from(B), 24).start(device).expect("starts");
        let echo = EchoSocket::bind(&host).expect("binds");
        assert_eq!(EchoSocket::bind(&host).expect_err("taken").kind(), ErrorKind::AddrInUse);
        link.send(&Outgoing::plain(&message(8))).expect("room");
        let request = echo.recv().await.expect("receives");
        assert_eq!((request.id, request.sequence, &request.octets[..]), (7, 9, &[0xab, 0xcd][..]));
        assert!(echo.reply(&request, &request.octets));
        let reply = next(&mut link).await;
        assert_eq!((&reply[12..16], &reply[16..20]), (&[192, 0, 2, 1][..], &A[..]));
        assert_eq!(reply[20..22], [0, 0], "an echo reply");
        assert_eq!(reply[24..], message(0)[24..]);
        assert!(echo.unreachable(&request, IcmpCode::Network));
        let error = next(&mut link).await;
        assert_eq!((&error[20..22], &error[28 + 20 + 4..]), (&[3, 0][..], &message(8)[24..]));
        drop(echo);
        link.send(&Outgoing::plain(&message(8))).expect("room");
        assert_eq!(next(&mut link).await[20..22], [0, 0], "by the host itself again");
    });
}

#[test]
fn who_waits_learns_that_the_host_is_over() {
    on_both_runtimes(|| async {
        let (a, _b) = hosts();
        let echo = EchoSocket::bind(&a).expect("binds");
        let waits = tokio::spawn(async move { echo.recv().await.map(drop) });
        tokio::task::yield_now().await;
        a.shutdown(std::time::Duration::ZERO).await;
        assert_eq!(waits.await.expect("ends").expect_err("over").kind(), ErrorKind::NetworkDown);
    });
}
