//! A name server on the host's loopback, over datagrams and connections.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, TXT};
use hickory_proto::rr::{RData, Record, RecordType};

use super::ports::free_port;

/// Texts that `large.test` has.
pub const TEXTS: usize = 300;

/// Starts a server that lives as long as the test: `small.test` has an address of each family, `large.test` more texts
/// than a datagram holds, and nobody else is there.
pub fn start() -> SocketAddr {
    let at = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    let listener = TcpListener::bind(at).expect("a free port");
    let socket = UdpSocket::bind(at).expect("the same port");
    std::thread::spawn(move || {
        let mut query = [0; 4096];
        while let Ok((n, from)) = socket.recv_from(&mut query) {
            let _ = socket.send_to(&answer(&query[..n], true), from);
        }
    });
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut len = [0; 2];
            let _ = stream.read_exact(&mut len);
            let mut query = vec![0; usize::from(u16::from_be_bytes(len))];
            let _ = stream.read_exact(&mut query);
            let answer = answer(&query, false);
            let _ = stream.write_all(&[&(answer.len() as u16).to_be_bytes()[..], &answer].concat());
        }
    });
    at
}

fn answer(query: &[u8], by_datagram: bool) -> Vec<u8> {
    let query = Message::from_vec(query).expect("a query");
    let room = usize::from(query.max_payload()).max(512);
    let mut response = query.clone().into_response();
    let question = query.queries[0].clone();
    let data = match (question.name().to_ascii().to_lowercase().as_str(), question.query_type()) {
        ("small.test.", RecordType::A) => vec![RData::A(A([192, 0, 2, 1].into()))],
        ("small.test.", RecordType::AAAA) => {
            vec![RData::AAAA(AAAA("2001:db8::1".parse().expect("an address")))]
        }
        ("large.test.", RecordType::TXT) => {
            (0..TEXTS).map(|at| RData::TXT(TXT::new(vec![format!("{at:0100}")]))).collect()
        }
        ("small.test." | "large.test.", _) => vec![],
        _ => {
            response.metadata.response_code = ResponseCode::NXDomain;
            vec![]
        }
    };
    response.add_answers(data.into_iter().map(|data| Record::from_rdata(question.name().clone(), 60, data)));
    let octets = response.to_vec().expect("a message");
    if by_datagram && octets.len() > room {
        return response.truncate().to_vec().expect("a message");
    }
    octets
}
