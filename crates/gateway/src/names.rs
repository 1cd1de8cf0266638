//! What the addresses that a program calls are called: the names it asked for.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use hickory_proto::op::{Message, MessageType};
use hickory_proto::rr::RData;

/// A memory of answered queries, shared by who answers them and who writes records. A clone is the same memory.
#[derive(Debug, Clone, Default)]
pub struct Names(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    names: HashMap<IpAddr, String>,
    /// Addresses in the order in which they were first learned.
    order: VecDeque<IpAddr>,
}

/// Addresses that are remembered; the oldest are forgotten.
const MOST: usize = 8_192;

/// Addresses that are taken from one answer.
const FROM_ONE: usize = 64;

impl Names {
    /// One that remembers nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Remembers the addresses of an answer under the name that was asked for, not the one that an alias led to. What
    /// cannot be read is ignored.
    pub(crate) fn learn(&self, answer: &[u8]) {
        let Ok(message) = Message::from_vec(answer) else { return };
        let [query] = message.queries.as_slice() else { return };
        if message.metadata.message_type != MessageType::Response {
            return;
        }
        let name = query.name().to_utf8();
        let name = name.trim_end_matches('.');
        if name.is_empty() {
            return;
        }
        let addresses = message.answers.iter().filter_map(|record| match &record.data {
            RData::A(a) => Some(IpAddr::V4(a.0)),
            RData::AAAA(aaaa) => Some(IpAddr::V6(aaaa.0)),
            _ => None,
        });
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for address in addresses.take(FROM_ONE) {
            table.put(address, name);
        }
    }

    /// The last name under which the program learned of this address.
    pub fn of(&self, address: IpAddr) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).names.get(&address).cloned()
    }
}

impl Table {
    fn put(&mut self, address: IpAddr, name: &str) {
        if self.names.insert(address, name.to_owned()).is_some() {
            return;
        }
        self.order.push_back(address);
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.names.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_proto::op::{OpCode, Query};
    use hickory_proto::rr::rdata::{A, AAAA, CNAME};
    use hickory_proto::rr::{Name, Record, RecordType};

    fn answer(name: &str, data: impl IntoIterator<Item = RData>) -> Vec<u8> {
        let asked = Name::from_ascii(name).expect("a name");
        let mut message = Message::new(7, MessageType::Response, OpCode::Query);
        message.add_query(Query::query(asked.clone(), RecordType::A));
        message.add_answers(data.into_iter().map(|data| Record::from_rdata(asked.clone(), 60, data)));
        message.to_vec().expect("a message")
    }

    #[test]
    fn the_name_that_was_asked_for_is_remembered() {
        let names = Names::new();
        let alias = RData::CNAME(CNAME(Name::from_ascii("cdn.example.net.").expect("a name")));
        let v4 = RData::A(A([192, 0, 2, 1].into()));
        let v6 = RData::AAAA(AAAA("2001:db8::1".parse().expect("an address")));
        names.clone().learn(&answer("www.example.org.", [alias, v4.clone(), v6]));
        assert_eq!(names.of([192, 0, 2, 1].into()).as_deref(), Some("www.example.org"));
        assert_eq!(names.of("2001:db8::1".parse().expect("one")).as_deref(), Some("www.example.org"));
        names.learn(&answer("later.example.", [v4]));
        assert_eq!(names.of([192, 0, 2, 1].into()).as_deref(), Some("later.example"));
        names.learn(b"no answer at all");
    }

    #[test]
    fn only_so_many_are_remembered() {
        let names = Names::new();
        for i in 0..=MOST as u32 {
            names.learn(&answer("example.org.", [RData::A(A(i.to_be_bytes().into()))]));
        }
        assert_eq!(names.of([0, 0, 0, 0].into()), None);
        assert!(names.of([0, 0, 0, 1].into()).is_some());
        assert_eq!(names.0.lock().expect("whole").names.len(), MOST);
    }
}
