//! Whether octets answer a query: what a server says is believed only as far as it is one.

use hickory_proto::op::{Header, MessageType, Query, ResponseCode};
use hickory_proto::rr::Name;
use hickory_proto::serialize::binary::{BinDecodable, BinDecoder, DecodeError};

use super::answer::Asked;

/// What a server's answer is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Worth {
    /// It is an answer, if only that there is no such name.
    Answer,
    /// The server cannot or will not: another may.
    Failure,
    /// It does not belong to the query, or is shorter than it says, or its names run in circles.
    Nonsense,
}

/// Looks an answer through, from its header to its last record; what records contain is the program's matter.
pub(super) fn worth(octets: &[u8], asked: &Asked) -> Worth {
    match look_through(octets, asked) {
        Ok(Some(ResponseCode::ServFail | ResponseCode::Refused | ResponseCode::NotImp)) => Worth::Failure,
        Ok(Some(_)) => Worth::Answer,
        Ok(None) | Err(_) => Worth::Nonsense,
    }
}

/// The code of an answer to this query; none if it answers another one.
fn look_through(octets: &[u8], asked: &Asked) -> Result<Option<ResponseCode>, DecodeError> {
    let mut decoder = BinDecoder::new(octets);
    let Header { metadata, counts } = Header::read(&mut decoder)?;
    if metadata.id != asked.id || metadata.message_type != MessageType::Response {
        return Ok(None);
    }
    let code = metadata.response_code;
    match counts.queries {
        1 if Query::read(&mut decoder)? == asked.question => {}
        // Some leave the question out of an error.
        0 if code != ResponseCode::NoError && counts.answers == 0 => {}
        _ => return Ok(None),
    }
    let records = [counts.answers, counts.authorities, counts.additionals];
    for _ in 0..records.into_iter().map(u32::from).sum() {
        skip_record(&mut decoder)?;
    }
    Ok(Some(code))
}

fn skip_record(decoder: &mut BinDecoder<'_>) -> Result<(), DecodeError> {
    Name::read(decoder)?;
    // Type, class and time to live.
    decoder.read_slice(8)?;
    let len = decoder.read_u16()?.unverified();
    decoder.read_slice(usize::from(len))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_proto::op::{Message, OpCode};
    use hickory_proto::rr::rdata::A;
    use hickory_proto::rr::{RData, Record, RecordType};

    fn asked() -> Asked {
        let question = Query::query(Name::from_ascii("example.org.").expect("a name"), RecordType::A);
        Asked { octets: Vec::new(), id: 7, question, room: 512 }
    }

    fn message(change: impl FnOnce(&mut Message)) -> Vec<u8> {
        let mut message = Message::new(7, MessageType::Response, OpCode::Query);
        message.add_query(asked().question);
        let data = RData::A(A([192, 0, 2, 1].into()));
        message.add_answer(Record::from_rdata(asked().question.name().clone(), 60, data));
        change(&mut message);
        message.to_vec().expect("a message")
    }

    fn of(change: impl FnOnce(&mut Message)) -> Worth {
        worth(&message(change), &asked())
    }

    #[test]
    fn an_answer_answers_the_question() {
        assert_eq!(of(|_| {}), Worth::Answer);
        assert_eq!(of(|m| m.metadata.response_code = ResponseCode::NXDomain), Worth::Answer);
        assert_eq!(
            of(|m| _ = m.queries[0].set_name(Name::from_ascii("EXAMPLE.Org.").unwrap())),
            Worth::Answer
        );
    }

    #[test]
    fn an_answer_to_something_else_is_none() {
        assert_eq!(of(|m| m.metadata.id = 8), Worth::Nonsense);
        assert_eq!(of(|m| m.metadata.message_type = MessageType::Query), Worth::Nonsense);
        assert_eq!(of(|m| m.queries.clear()), Worth::Nonsense);
        assert_eq!(of(|m| m.queries.push(m.queries[0].clone())), Worth::Nonsense);
        assert_eq!(of(|m| _ = m.queries[0].set_query_type(RecordType::AAAA)), Worth::Nonsense);
        assert_eq!(
            of(|m| _ = m.queries[0].set_name(Name::from_ascii("example.com.").unwrap())),
            Worth::Nonsense
        );
    }

    #[test]
    fn who_cannot_answer_says_so() {
        for code in [ResponseCode::ServFail, ResponseCode::Refused, ResponseCode::NotImp] {
            assert_eq!(of(|m| m.metadata.response_code = code), Worth::Failure);
        }
        let without_question = of(|m| {
            m.queries.clear();
            m.answers.clear();
            m.metadata.response_code = ResponseCode::ServFail;
        });
        assert_eq!(without_question, Worth::Failure);
    }

    #[test]
    fn an_answer_shorter_than_it_says_is_none() {
        let whole = message(|_| {});
        for len in 0..whole.len() {
            assert_eq!(worth(&whole[..len], &asked()), Worth::Nonsense, "{len} octets");
        }
    }

    #[test]
    fn names_that_run_in_circles_are_no_names() {
        let mut octets = message(|m| m.answers.clear());
        let at = octets.len() as u8;
        octets[7] = 2;
        // Two records, each named by the other, and one named by itself.
        for target in [at + 12, at] {
            octets.extend([0xc0, target, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
        }
        assert_eq!(worth(&octets, &asked()), Worth::Nonsense);
        octets[usize::from(at) + 1] = at;
        assert_eq!(worth(&octets, &asked()), Worth::Nonsense);
    }

    #[test]
    fn no_octets_make_it_panic() {
        let whole = message(|_| {});
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut octets = whole.clone();
                octets[at] ^= 1 << bit;
                let _ = worth(&octets, &asked());
            }
        }
    }
}
