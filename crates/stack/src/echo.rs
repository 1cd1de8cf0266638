//! Echo requests that an application answers.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};
use core::net::IpAddr;

/// An echo request that arrived.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct EchoRequest {
    /// Who asks.
    pub source: IpAddr,
    /// Who is asked.
    pub destination: IpAddr,
    /// Tells one asker's requests from another's.
    pub id: u16,
    /// Numbers the requests.
    pub sequence: u16,
    /// What the answer is to bring back unchanged.
    pub octets: Vec<u8>,
}

/// What a request costs beside its octets.
const OVERHEAD: usize = size_of::<EchoRequest>();

/// The requests that wait for the application, if it takes them at all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Echoes {
    pub is_taken: bool,
    queue: VecDeque<EchoRequest>,
    octets: usize,
    /// The application is about to be told.
    pub is_noted: bool,
}

impl Echoes {
    /// False, and nothing kept, if the queue would hold more than `limit` octets.
    pub fn push(&mut self, request: EchoRequest, limit: u32) -> bool {
        let cost = request.octets.len() + OVERHEAD;
        let has_room = self.octets + cost <= limit as usize;
        if has_room {
            self.octets += cost;
            self.queue.push_back(request);
        }
        has_room
    }

    pub fn pop(&mut self) -> Option<EchoRequest> {
        let request = self.queue.pop_front()?;
        self.octets -= request.octets.len() + OVERHEAD;
        Some(request)
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Feeds what waits into `h`.
    pub fn fingerprint(&self, h: &mut impl Hasher) {
        let Self { is_taken, queue, octets: _, is_noted } = self;
        (is_taken, queue, is_noted).hash(h);
    }
}
