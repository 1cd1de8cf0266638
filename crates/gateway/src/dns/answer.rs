//! From a query to what becomes of it.

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};

use crate::Places;

/// What becomes of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// This is the answer.
    Answer(Vec<u8>),
    /// The host's resolver knows.
    Forward,
    /// Not a query at all: there is nobody to answer.
    Drop,
}

/// How long an answer of ours may be remembered, seconds.
const TTL: u32 = 60;

/// The top of our own names. It is nobody else's, and the host's resolver is not asked for it.
const OUR_DOMAIN: &str = "cordial";

/// Decides on a query.
pub(crate) fn decide(octets: &[u8], places: &Places) -> Decision {
    let Some(id) = query_id(octets) else { return Decision::Drop };
    let Ok(message) = Message::from_vec(octets) else {
        return refuse(id, OpCode::Query, ResponseCode::FormErr);
    };
    match (message.metadata.op_code, message.queries.as_slice()) {
        (OpCode::Query, [query]) if is_ours(query.name()) => {
            let response = answer(&message, query, places);
            response.to_vec().map_or(Decision::Drop, Decision::Answer)
        }
        (OpCode::Query, [_]) => Decision::Forward,
        // RFC 9619 §4: a query has one question.
        (OpCode::Query, _) => refuse(id, OpCode::Query, ResponseCode::FormErr),
        (other, _) => refuse(id, other, ResponseCode::NotImp),
    }
}

/// The answer to a query that the host's resolver did not answer; none if it was no query.
pub(crate) fn server_failure(query: &[u8]) -> Option<Vec<u8>> {
    let id = query_id(query)?;
    let mut response = Message::error_msg(id, OpCode::Query, ResponseCode::ServFail);
    if let Ok(message) = Message::from_vec(query) {
        response.metadata.recursion_desired = message.metadata.recursion_desired;
        response.queries = message.queries;
    }
    response.metadata.recursion_available = true;
    response.to_vec().ok()
}

/// The number of a query, if the octets begin as one (RFC 1035 §4.1.1).
fn query_id(octets: &[u8]) -> Option<u16> {
    let &[hi, lo, flags, ..] = octets.get(..12)? else { return None };
    let is_response = flags & 0x80 != 0;
    (!is_response).then_some(u16::from_be_bytes([hi, lo]))
}

fn refuse(id: u16, op_code: OpCode, why: ResponseCode) -> Decision {
    Message::error_msg(id, op_code, why).to_vec().map_or(Decision::Drop, Decision::Answer)
}

fn is_ours(name: &Name) -> bool {
    name.iter().next_back().is_some_and(|label| label.eq_ignore_ascii_case(OUR_DOMAIN.as_bytes()))
}

fn answer(message: &Message, query: &Query, places: &Places) -> Message {
    let metadata = &message.metadata;
    let mut response = Message::new(metadata.id, MessageType::Response, OpCode::Query);
    response.metadata.authoritative = true;
    response.metadata.recursion_desired = metadata.recursion_desired;
    response.metadata.recursion_available = true;
    response.add_query(query.clone());
    if message.edns.is_some() {
        // Who asks with EDNS is answered with it (RFC 6891 §6.1.1).
        response.set_edns(Edns::new());
    }
    let name = query.name().to_ascii();
    match places.named(name.trim_end_matches('.')) {
        None => response.metadata.response_code = ResponseCode::NXDomain,
        Some((v4, v6)) if query.query_class() == DNSClass::IN => {
            let data = match query.query_type() {
                RecordType::A => vec![RData::A(A(v4))],
                RecordType::AAAA => vec![RData::AAAA(AAAA(v6))],
                RecordType::ANY => vec![RData::A(A(v4)), RData::AAAA(AAAA(v6))],
                // The name is there and has nothing of the kind.
                _ => Vec::new(),
            };
            let record = |data| Record::from_rdata(query.name().clone(), TTL, data);
            response.add_answers(data.into_iter().map(record));
        }
        Some(_) => {}
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Network;

    fn query(name: &str, kind: RecordType) -> Message {
        let mut message = Message::new(7, MessageType::Query, OpCode::Query);
        message.metadata.recursion_desired = true;
        message.add_query(Query::query(Name::from_ascii(name).expect("a name"), kind));
        message
    }

    fn decide_on(octets: &[u8]) -> Decision {
        decide(octets, &Places::of(&Network::default()))
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
            assert_eq!(decide_on(&octets), Decision::Forward, "{name}");
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

    #[test]
    fn two_questions_and_other_operations_are_refused() {
        let mut two = query("hello.cordial.", RecordType::A);
        two.add_query(two.queries[0].clone());
        assert_eq!(answer_to(&two).metadata.response_code, ResponseCode::FormErr);
        let mut notify = query("hello.cordial.", RecordType::SOA);
        notify.metadata.op_code = OpCode::Notify;
        assert_eq!(answer_to(&notify).metadata.response_code, ResponseCode::NotImp);
    }

    #[test]
    fn a_failure_names_the_question() {
        let asked = query("example.org.", RecordType::A);
        let octets = server_failure(&asked.to_vec().expect("a message")).expect("a query");
        let answer = Message::from_vec(&octets).expect("an answer that can be read");
        assert_eq!((answer.metadata.id, answer.metadata.response_code), (7, ResponseCode::ServFail));
        assert_eq!(answer.queries, asked.queries);
        assert_eq!(server_failure(b"short"), None);
    }
}
