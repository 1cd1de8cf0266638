use std::time::Instant;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{Name, RData, Record, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

use super::*;

fn asked() -> Asked {
    let mut message = Message::new(7, MessageType::Query, OpCode::Query);
    let question = Query::query(Name::from_ascii("example.org.").expect("a name"), RecordType::A);
    message.add_query(question.clone());
    Asked { octets: message.to_vec().expect("a message"), id: 7, question, room: 512 }
}

/// An answer with this last octet of an address.
fn answer(query: &[u8], last: u8) -> Message {
    let mut response = Message::from_vec(query).expect("a query").into_response();
    let data = RData::A(A([192, 0, 2, last].into()));
    response.add_answer(Record::from_rdata(response.queries[0].name().clone(), 60, data));
    response
}

fn octets(message: &Message) -> Vec<u8> {
    message.to_vec().expect("a message")
}

/// A server that answers each query with all of these.
async fn server(answers: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let at = socket.local_addr().expect("bound");
    tokio::spawn(async move {
        let mut query = [0; 512];
        while let Ok((n, from)) = socket.recv_from(&mut query).await {
            for answer in answers(&query[..n]) {
                let _ = socket.send_to(&answer, from).await;
            }
        }
    });
    at
}

async fn refusing() -> SocketAddr {
    UdpSocket::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("bound")
}

fn forwarder(options: &str, servers: impl IntoIterator<Item = SocketAddr>) -> Forwarder {
    Forwarder::new(Resolver::parse(&format!("options {options}\n")).with_servers(servers), Notices::default())
}

/// The code, and the last octets of the addresses.
fn read(answer: &[u8]) -> (ResponseCode, Vec<u8>) {
    let message = Message::from_vec(answer).expect("a message");
    let last = message.answers.iter().map(|record| match &record.data {
        RData::A(a) => a.0.octets()[3],
        other => panic!("{other:?}"),
    });
    (message.metadata.response_code, last.collect())
}

async fn ask(forwarder: &Forwarder) -> (ResponseCode, Vec<u8>) {
    read(&forwarder.ask(asked(), Via::Udp).await)
}

#[tokio::test]
async fn the_first_server_is_asked_and_its_answer_handed_on() {
    let (first, second) = (server(|q| vec![octets(&answer(q, 1))]).await, server(|_| panic!("asked")).await);
    assert_eq!(ask(&forwarder("attempts:1", [first, second])).await, (ResponseCode::NoError, vec![1]));
}

#[tokio::test]
async fn lies_are_waited_past() {
    let lying = server(|query| {
        let good = octets(&answer(query, 1));
        let mut wrong_id = good.clone();
        wrong_id[1] ^= 1;
        let mut other = answer(query, 2);
        other.queries[0].set_query_type(RecordType::AAAA);
        let circle = [&good[..12], &[0xc0, 12, 0, 1, 0, 1]].concat();
        let short = good[..good.len() - 1].to_vec();
        vec![vec![], vec![1], wrong_id, query.to_vec(), octets(&other), circle, short, vec![0xff; 600], good]
    });
    assert_eq!(ask(&forwarder("", [lying.await])).await, (ResponseCode::NoError, vec![1]));
}

#[tokio::test]
async fn a_server_that_only_lies_fails_in_time() {
    let lying = server(|query| vec![query.to_vec(); 20]).await;
    let began = Instant::now();
    assert_eq!(ask(&forwarder("timeout:1 attempts:1", [lying])).await.0, ResponseCode::ServFail);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn an_answer_from_elsewhere_is_none() {
    let forger = UdpSocket::bind("127.0.0.2:0").await.expect("a port");
    let victim = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let at = victim.local_addr().expect("bound");
    tokio::spawn(async move {
        let mut query = [0; 512];
        let (n, from) = victim.recv_from(&mut query).await.expect("a query");
        let _ = forger.send_to(&octets(&answer(&query[..n], 66)), from).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        let _ = victim.send_to(&octets(&answer(&query[..n], 1)), from).await;
    });
    assert_eq!(ask(&forwarder("", [at])).await, (ResponseCode::NoError, vec![1]));
}

#[tokio::test]
async fn who_refuses_or_fails_or_says_nothing_is_passed_over() {
    let failing = server(|query| {
        let mut failure = Message::from_vec(query).expect("a query").into_response();
        failure.metadata.response_code = ResponseCode::ServFail;
        vec![octets(&failure)]
    });
    let servers = [refusing().await, failing.await, server(|_| vec![]).await];
    let last = server(|query| vec![octets(&answer(query, 4))]).await;
    let began = Instant::now();
    let forwarder = forwarder("attempts:1", servers.into_iter().chain([last]));
    assert_eq!(ask(&forwarder).await, (ResponseCode::NoError, vec![4]));
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(900) && took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn no_such_name_is_an_answer() {
    let none = server(|query| {
        let mut response = Message::from_vec(query).expect("a query").into_response();
        response.metadata.response_code = ResponseCode::NXDomain;
        vec![octets(&response)]
    });
    let second = server(|_| panic!("asked")).await;
    assert_eq!(ask(&forwarder("attempts:1", [none.await, second])).await.0, ResponseCode::NXDomain);
}

#[tokio::test]
async fn without_anybody_every_query_fails_at_once_and_that_is_told() {
    for servers in [vec![], vec![refusing().await]] {
        let (notices, mut told) = Notices::new();
        let forwarder = Forwarder::new(Resolver::parse("").with_servers(servers.clone()), notices);
        let began = Instant::now();
        assert_eq!(ask(&forwarder).await.0, ResponseCode::ServFail);
        assert!(began.elapsed() < Duration::from_millis(900));
        assert_eq!(told.try_recv(), Ok(Notice::NoNameServer(servers)));
    }
}

/// A server that takes so long over every query, however many there are.
async fn slow(takes: Duration) -> SocketAddr {
    let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").await.expect("a port"));
    let at = socket.local_addr().expect("bound");
    tokio::spawn(async move {
        let mut query = [0; 512];
        while let Ok((n, from)) = socket.recv_from(&mut query).await {
            let (socket, said) = (Arc::clone(&socket), octets(&answer(&query[..n], 1)));
            tokio::spawn(async move {
                sleep(takes).await;
                let _ = socket.send_to(&said, from).await;
            });
        }
    });
    at
}

#[tokio::test]
async fn more_questions_than_there_is_room_for_wait_their_turn() {
    let (notices, mut told) = Notices::new();
    let resolver = Resolver::parse("").with_servers([slow(Duration::from_millis(200)).await]);
    let forwarder = Forwarder::new(resolver, notices);
    let mut answers = JoinSet::new();
    for _ in 0..800 {
        let forwarder = forwarder.clone();
        answers.spawn(async move { ask(&forwarder).await });
    }
    while let Some(answer) = answers.join_next().await {
        assert_eq!(answer.expect("no panic"), (ResponseCode::NoError, vec![1]));
    }
    assert!(told.try_recv().is_err());
}

#[tokio::test]
async fn without_room_the_next_server_is_asked_all_the_same() {
    let silent = server(|_| vec![]).await;
    let good = server(|query| vec![octets(&answer(query, 2))]).await;
    let mut forwarder = forwarder("attempts:1", [silent, good]);
    forwarder.room = Arc::new(Semaphore::new(1));
    let began = Instant::now();
    assert_eq!(ask(&forwarder).await, (ResponseCode::NoError, vec![2]));
    assert!(began.elapsed() < Duration::from_secs(4));
}

#[tokio::test]
async fn a_question_that_finds_no_room_is_no_fault_of_the_servers() {
    let (notices, mut told) = Notices::new();
    let resolver = Resolver::parse("options timeout:1\n").with_servers([refusing().await]);
    let mut forwarder = Forwarder::new(resolver, notices);
    forwarder.room = Arc::new(Semaphore::new(0));
    assert_eq!(ask(&forwarder).await.0, ResponseCode::ServFail);
    assert!(told.try_recv().is_err());
}

/// A server over connections: for each, this is what it says.
async fn tcp_server(says: impl Fn(&[u8]) -> Vec<u8> + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let len = stream.read_u16().await.expect("a length");
            let mut query = vec![0; usize::from(len)];
            stream.read_exact(&mut query).await.expect("a query");
            let _ = stream.write_all(&says(&query)).await;
        }
    });
    at
}

fn framed(message: &[u8]) -> Vec<u8> {
    [&(message.len() as u16).to_be_bytes()[..], message].concat()
}

#[tokio::test]
async fn over_tcp_large_answers_come_whole() {
    let at = tcp_server(|query| {
        let mut large = answer(query, 1);
        let record = large.answers[0].clone();
        large.answers.extend(std::iter::repeat_n(record, 2000));
        framed(&octets(&large))
    });
    let (code, addresses) = read(&forwarder("", [at.await]).ask(asked(), Via::Tcp).await);
    assert_eq!((code, addresses.len()), (ResponseCode::NoError, 2001));
}

#[tokio::test]
async fn over_tcp_lies_fail_in_time() {
    let longer = tcp_server(|query| {
        let good = octets(&answer(query, 1));
        [&(good.len() as u16 + 1).to_be_bytes()[..], &good].concat()
    });
    let other_id = tcp_server(|query| {
        let mut good = octets(&answer(query, 1));
        good[0] ^= 1;
        framed(&good)
    });
    for lying in
        [longer.await, other_id.await, tcp_server(|_| vec![]).await, tcp_server(|_| vec![0; 2]).await]
    {
        let began = Instant::now();
        let answer = forwarder("timeout:1 attempts:1", [lying]).ask(asked(), Via::Tcp).await;
        assert_eq!(read(&answer).0, ResponseCode::ServFail);
        assert!(began.elapsed() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn a_server_without_tcp_is_asked_by_datagram() {
    let at = server(|query| vec![octets(&answer(query, 1))]).await;
    let answer = forwarder("", [at]).ask(asked(), Via::Tcp).await;
    assert_eq!(read(&answer), (ResponseCode::NoError, vec![1]));
}
