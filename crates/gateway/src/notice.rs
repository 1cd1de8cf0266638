//! What a person had better know about the host, told while the program runs.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Something about the host that the program's network suffers from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// This user may not send echo requests: pings of other addresses than ours are not answered.
    PingsNotAllowed,
    /// None of the name servers answers, or there is none.
    NoNameServer(Vec<SocketAddr>),
}

/// Where notices are given; a clone is the same. Each kind is given once, so they are few.
#[derive(Debug, Clone)]
pub struct Notices(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    given: Mutex<Vec<std::mem::Discriminant<Notice>>>,
    to: UnboundedSender<Notice>,
}

impl Notices {
    /// A place to give notices, and where they come out.
    pub fn new() -> (Self, UnboundedReceiver<Notice>) {
        let (to, out) = unbounded_channel();
        (Self(Arc::new(Inner { given: Mutex::default(), to })), out)
    }

    pub(crate) fn give(&self, notice: Notice) {
        let mut given = self.0.given.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = std::mem::discriminant(&notice);
        if !given.contains(&kind) {
            given.push(kind);
            // Nobody may want to know.
            let _ = self.0.to.send(notice);
        }
    }
}

impl Default for Notices {
    /// A place whose notices nobody sees.
    fn default() -> Self {
        Self::new().0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_given_once() {
        let (notices, mut out) = Notices::new();
        let server = "192.0.2.1:53".parse().expect("an address");
        notices.give(Notice::NoNameServer(vec![server]));
        notices.clone().give(Notice::PingsNotAllowed);
        notices.give(Notice::NoNameServer(Vec::new()));
        assert_eq!(out.try_recv(), Ok(Notice::NoNameServer(vec![server])));
        assert_eq!(out.try_recv(), Ok(Notice::PingsNotAllowed));
        assert!(out.try_recv().is_err());
    }
}
