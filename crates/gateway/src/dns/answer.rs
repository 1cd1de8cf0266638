//! From a query to what becomes of it.

use hickory_proto::op::{Edns, Header, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, PTR};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use hickory_proto::serialize::binary::{BinDecodable, BinDecoder};

use super::local::{Addresses, LocalNames, Owner};

/// What becomes of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// This is the answer.
    Answer(Vec<u8>),
    /// The host's resolver knows.
    Forward(Asked),
    /// Not a query at all: there is nobody to answer.
    Drop,
}

/// A query for somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// As it came.
    pub(crate) octets: Vec<u8>,
    /// Its number.
    pub(crate) id: u16,
    /// Its one question.
    pub(crate) question: Query,
    /// Octets of the longest datagram that its sender takes (RFC 6891 §6.2.3).
    pub(crate) room: usize,
}

/// How long an answer of ours may be remembered, seconds.
const TTL: u32 = 60;

/// Octets that every sender of a query takes in a datagram (RFC 1035 §2.3.4).
const LEAST_ROOM: usize = 512;

/// Octets of a message's header.
pub(super) const HEADER_LEN: usize = 12;

/// Decides on a query.
pub(crate) fn decide(octets: Vec<u8>, names: &LocalNames) -> Decision {
    let Some(id) = query_id(&octets) else { return Decision::Drop };
    let Some(message) = read(&octets) else {
        return refuse(id, OpCode::Query, ResponseCode::FormErr);
    };
    match (message.metadata.op_code, message.queries.as_slice()) {
        (OpCode::Query, [query]) => match answer(&message, query, names) {
            Some(response) => response.to_vec().map_or(Decision::Drop, Decision::Answer),
            // A transfer of a zone is many messages.
            None if matches!(query.query_type(), RecordType::AXFR | RecordType::IXFR) => {
                refuse(id, OpCode::Query, ResponseCode::Refused)
            }
            None => {
                let room = usize::from(message.max_payload()).max(LEAST_ROOM);
                Decision::Forward(Asked { id, question: query.clone(), room, octets })
            }
        },
        // RFC 9619 §4: a query has one question.
        (OpCode::Query, _) => refuse(id, OpCode::Query, ResponseCode::FormErr),
        (other, _) => refuse(id, other, ResponseCode::NotImp),
    }
}

/// The answer to a query that the host's resolver did not answer.
pub(super) fn server_failure(asked: &Asked) -> Vec<u8> {
    respond(asked, |response| response.metadata.response_code = ResponseCode::ServFail)
}

/// An answer that does not fit into a datagram for this sender, cut down to the word that it has to be asked for over
/// TCP (RFC 2181 §9, RFC 7766 §5); one that fits, as it is.
pub(super) fn fitting(answer: Vec<u8>, asked: &Asked) -> Vec<u8> {
    if answer.len() <= asked.room {
        return answer;
    }
    respond(asked, |response| {
        response.metadata.truncation = true;
        // Of the header's second half only the code is the server's own.
        let code = answer.get(3).map_or(0, |flags| flags & 0x0f);
        response.metadata.response_code = ResponseCode::from(0, code);
    })
}

fn respond(asked: &Asked, change: impl FnOnce(&mut Message)) -> Vec<u8> {
    let mut response = response(asked.id, read(&asked.octets).as_ref(), &asked.question);
    change(&mut response);
    response.to_vec().unwrap_or_default()
}

/// A response to a query, which may not be understood, with its question and nothing else.
fn response(id: u16, query: Option<&Message>, question: &Query) -> Message {
    let mut response = Message::new(id, MessageType::Response, OpCode::Query);
    response.metadata.recursion_desired = query.is_some_and(|query| query.metadata.recursion_desired);
    response.metadata.recursion_available = true;
    response.add_query(question.clone());
    if query.is_some_and(|query| query.edns.is_some()) {
        // Who asks with EDNS is answered with it (RFC 6891 §6.1.1).
        response.set_edns(Edns::new());
    }
    response
}

/// A query. Of one with something behind its question that is not understood, what comes before: that may be an option
/// or a record of a kind younger than what reads it here, and is the server's matter.
fn read(octets: &[u8]) -> Option<Message> {
    Message::from_vec(octets).ok().or_else(|| {
        let mut decoder = BinDecoder::new(octets);
        let Header { metadata, counts } = Header::read(&mut decoder).ok()?;
        let mut message = Message::new(metadata.id, MessageType::Query, metadata.op_code);
        message.metadata = metadata;
        // RFC 9619 §4: a query has one question.
        (counts.queries == 1).then_some(())?;
        message.add_query(Query::read(&mut decoder).ok()?);
        Some(message)
    })
}

/// The number of a query, if the octets begin as one (RFC 1035 §4.1.1).
fn query_id(octets: &[u8]) -> Option<u16> {
    let &[hi, lo, flags, ..] = octets.get(..HEADER_LEN)? else { return None };
    let is_response = flags & 0x80 != 0;
    (!is_response).then_some(u16::from_be_bytes([hi, lo]))
}

fn refuse(id: u16, op_code: OpCode, why: ResponseCode) -> Decision {
    Message::error_msg(id, op_code, why).to_vec().map_or(Decision::Drop, Decision::Answer)
}

/// What we know of what is asked for; none if it is for others to know.
fn answer(message: &Message, query: &Query, names: &LocalNames) -> Option<Message> {
    let name = query.name();
    if let Some(addresses) = names.addresses(name) {
        return Some(respond_with(message, query, ResponseCode::NoError, data_of(query, addresses)));
    }
    if LocalNames::is_of_our_domain(name) {
        return Some(respond_with(message, query, ResponseCode::NXDomain, Vec::new()));
    }
    match names.owner(pointed_at(name)?) {
        Owner::Elsewhere => None,
        Owner::Nobody => Some(respond_with(message, query, ResponseCode::NXDomain, Vec::new())),
        Owner::Named(owner) => {
            let is_asked = matches!(query.query_type(), RecordType::PTR | RecordType::ANY);
            let target = Name::from_ascii(format!("{owner}.")).ok().filter(|_| is_asked);
            let data = target.map(|target| RData::PTR(PTR(target))).into_iter().collect();
            Some(respond_with(message, query, ResponseCode::NoError, data))
        }
    }
}

/// The one address that a name under in-addr.arpa or ip6.arpa stands for.
fn pointed_at(name: &Name) -> Option<std::net::IpAddr> {
    let net = name.parse_arpa_name().ok()?;
    (net.prefix_len() == net.max_prefix_len()).then(|| net.addr())
}

/// What a name with these addresses has of what is asked for; it may be there and have nothing of the kind.
fn data_of(query: &Query, (v4, v6): Addresses) -> Vec<RData> {
    let v4 = v4.into_iter().map(|v4| RData::A(A(v4)));
    let v6 = v6.into_iter().map(|v6| RData::AAAA(AAAA(v6)));
    match query.query_type() {
        _ if query.query_class() != DNSClass::IN => Vec::new(),
        RecordType::A => v4.collect(),
        RecordType::AAAA => v6.collect(),
        RecordType::ANY => v4.chain(v6).collect(),
        _ => Vec::new(),
    }
}

fn respond_with(message: &Message, query: &Query, code: ResponseCode, data: Vec<RData>) -> Message {
    let mut response = response(message.metadata.id, Some(message), query);
    response.metadata.authoritative = true;
    response.metadata.response_code = code;
    let record = |data| Record::from_rdata(query.name().clone(), TTL, data);
    response.add_answers(data.into_iter().map(record));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Network, Places};
    use std::sync::Arc;

    fn query(name: &str, kind: RecordType) -> Message {
        let mut message = Message::new(7, MessageType::Query, OpCode::Query);
        message.metadata.recursion_desired = true;
        message.add_query(Query::query(Name::from_ascii(name).expect("a name"), kind));
        message
    }

    fn decide_on(octets: &[u8]) -> Decision {
        let places = Arc::new(Places::of(&Network::default()));
        let added = vec!["db:192.0.2.7".parse().expect("good")];
        decide(octets.to_vec(), &LocalNames::new(places, added, &[]))
    }

    fn answer_to(message: &Message) -> Message {
        match decide_on(&message.to_vec().expect("a message")) {
            Decision::Answer(octets) => Message::from_vec(&octets).expect("an answer that can be read"),
            other => panic!("{other:?}"),
        }
    }

    fn data(message: &Message) -> Vec<RData> {
        message.answers.iter().map(|record| record.data.clone()).collect()
    }

    #[test]
    fn our_names_have_an_address_of_each_family() {
        let response = answer_to(&query("hello.cordial.", RecordType::A));
        assert_eq!(response.metadata.id, 7);
        assert_eq!(response.metadata.message_type, MessageType::Response);
        assert_eq!(response.metadata.response_code, ResponseCode::NoError);
        assert!(response.metadata.recursion_desired && response.metadata.recursion_available);
        assert_eq!(response.queries, query("hello.cordial.", RecordType::A).queries);
        assert_eq!(data(&response), [RData::A(A([10, 77, 0, 80].into()))]);
        let response = answer_to(&query("HOST.Cordial.", RecordType::AAAA));
        assert_eq!(data(&response), [RData::AAAA(AAAA("fd77::fe".parse().expect("an address")))]);
    }

    #[test]
    fn a_name_without_such_a_record_is_there_all_the_same() {
        let response = answer_to(&query("hello.cordial.", RecordType::MX));
        assert_eq!((response.metadata.response_code, data(&response)), (ResponseCode::NoError, vec![]));
    }

    #[test]
    fn other_names_of_our_domain_do_not_exist() {
        let response = answer_to(&query("nobody.cordial.", RecordType::A));
        assert_eq!(response.metadata.response_code, ResponseCode::NXDomain);
    }

    #[test]
    fn who_asks_with_edns_is_answered_with_it() {
        let mut message = query("hello.cordial.", RecordType::A);
        assert!(answer_to(&message).edns.is_none());
        message.set_edns(Edns::new());
        assert!(answer_to(&message).edns.is_some());
    }

    #[test]
    fn everything_else_is_for_the_hosts_resolver() {
        for name in ["example.org.", "cordial.example.", "."] {
            let octets = query(name, RecordType::A).to_vec().expect("a message");
            let Decision::Forward(asked) = decide_on(&octets) else { panic!("not forwarded: {name}") };
            assert_eq!((asked.id, asked.room, &asked.octets), (7, 512, &octets));
        }
    }

    #[test]
    fn what_is_no_query_is_dropped_and_what_is_a_bad_one_refused() {
        let whole = query("hello.cordial.", RecordType::A).to_vec().expect("a message");
        assert_eq!(decide_on(b""), Decision::Drop);
        assert_eq!(decide_on(&whole[..11]), Decision::Drop);
        let response = query("hello.cordial.", RecordType::A).into_response().to_vec().expect("a message");
        assert_eq!(decide_on(&response), Decision::Drop);
        for octets in [&whole[..12], &whole[..whole.len() - 1]] {
            let Decision::Answer(answer) = decide_on(octets) else { panic!("not refused") };
            let answer = Message::from_vec(&answer).expect("an answer that can be read");
            assert_eq!((answer.metadata.id, answer.metadata.response_code), (7, ResponseCode::FormErr));
        }
    }

    /// A record of an address that is three octets long: no parser of records takes it.
    #[test]
    fn what_is_not_understood_behind_the_question_is_the_servers_matter() {
        let with_odd_record = |name: &str| {
            let mut octets = query(name, RecordType::A).to_vec().expect("a message");
            octets[11] = 1;
            octets.extend([0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 3, 1, 2, 3]);
            octets
        };
        let octets = with_odd_record("example.org.");
        assert!(Message::from_vec(&octets).is_err());
        let Decision::Forward(asked) = decide_on(&octets) else { panic!("not forwarded") };
        assert_eq!((&asked.octets, asked.room), (&octets, 512));
        let failure = Message::from_vec(&server_failure(&asked)).expect("an answer that can be read");
        assert!(failure.metadata.recursion_desired);
        let Decision::Answer(ours) = decide_on(&with_odd_record("hello.cordial.")) else {
            panic!("forwarded")
        };
        let ours = Message::from_vec(&ours).expect("an answer that can be read");
        assert_eq!(data(&ours), [RData::A(A([10, 77, 0, 80].into()))]);
    }

    #[test]
    fn two_questions_and_other_operations_are_refused() {
        let mut two = query("hello.cordial.", RecordType::A);
        two.add_query(two.queries[0].clone());
        assert_eq!(answer_to(&two).metadata.response_code, ResponseCode::FormErr);
        let mut notify = query("hello.cordial.", RecordType::SOA);
        notify.metadata.op_code = OpCode::Notify;
        assert_eq!(answer_to(&notify).metadata.response_code, ResponseCode::NotImp);
    }

    fn asked(change: impl FnOnce(&mut Message)) -> Asked {
        let mut message = query("example.org.", RecordType::A);
        change(&mut message);
        match decide_on(&message.to_vec().expect("a message")) {
            Decision::Forward(asked) => asked,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_added_name_has_its_address_and_no_other() {
        let response = answer_to(&query("db.", RecordType::A));
        assert_eq!(data(&response), [RData::A(A([192, 0, 2, 7].into()))]);
        let response = answer_to(&query("db.", RecordType::AAAA));
        assert_eq!((response.metadata.response_code, data(&response)), (ResponseCode::NoError, vec![]));
    }

    #[test]
    fn addresses_of_ours_have_their_names_and_others_of_our_network_none() {
        let pointer = |name: &str| answer_to(&query(name, RecordType::PTR));
        let target = |name| vec![RData::PTR(PTR(Name::from_ascii(name).expect("a name")))];
        assert_eq!(data(&pointer("80.0.77.10.in-addr.arpa.")), target("hello.cordial."));
        let v6 = "e.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.7.7.d.f.ip6.arpa.";
        assert_eq!(data(&pointer(v6)), target("host.cordial."));
        assert_eq!(pointer("9.0.77.10.in-addr.arpa.").metadata.response_code, ResponseCode::NXDomain);
        for others in ["8.2.0.192.in-addr.arpa.", "77.10.in-addr.arpa.", "x.in-addr.arpa."] {
            let octets = query(others, RecordType::PTR).to_vec().expect("a message");
            assert!(matches!(decide_on(&octets), Decision::Forward(_)), "{others}");
        }
    }

    #[test]
    fn a_transfer_is_refused() {
        let response = answer_to(&query("example.org.", RecordType::AXFR));
        assert_eq!(response.metadata.response_code, ResponseCode::Refused);
    }

    #[test]
    fn what_does_not_fit_is_cut_down_to_its_question() {
        let large = asked(|message| {
            message.set_edns({
                let mut edns = Edns::new();
                edns.set_max_payload(1400);
                edns
            });
        });
        assert_eq!((large.room, asked(|_| {}).room), (1400, 512));
        assert_eq!(fitting(vec![0; 1400], &large), vec![0; 1400]);
        let cut = fitting([&[0, 7, 0x80, 0x83][..], &[0; 1397]].concat(), &large);
        let cut = Message::from_vec(&cut).expect("an answer that can be read");
        assert!(cut.metadata.truncation && cut.edns.is_some() && cut.answers.is_empty());
        assert_eq!((cut.metadata.id, cut.metadata.response_code), (7, ResponseCode::NXDomain));
        assert_eq!(cut.queries, [large.question]);
    }

    #[test]
    fn a_failure_keeps_the_question() {
        let failure = Message::from_vec(&server_failure(&asked(|_| {}))).expect("an answer that can be read");
        assert_eq!((failure.metadata.id, failure.metadata.response_code), (7, ResponseCode::ServFail));
        assert_eq!(failure.queries.len(), 1);
        assert!(failure.metadata.recursion_desired && failure.edns.is_none());
    }
}
