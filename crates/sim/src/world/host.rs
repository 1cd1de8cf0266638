//! A host while the world runs.

use std::net::IpAddr;

use cordial_stack::{Config, Instant, ListenerId, Stack};
use cordial_trace::Recorder;

use crate::chance::Hand;
use crate::tap::{Seen, Tap};
use crate::task::Decision;
use crate::topology::HostSetup;
use crate::{Dealt, HostId, NodeId};

/// A host.
pub(crate) struct Host {
    pub id: HostId,
    pub name: String,
    pub node: NodeId,
    pub address: IpAddr,
    pub stack: Stack<Dealt, Tap>,
    pub is_up: bool,
    /// Counts reboots.
    pub life: u32,
    /// When its timers are due.
    pub deadline: Option<Instant>,
    /// Ports on which it listens.
    pub listeners: Vec<(u16, ListenerId)>,
    /// What is said to each SYN that comes to a port, where that is not yes.
    pub answers: Vec<(u16, Decision)>,
    /// Initial sequence numbers that it is to choose.
    hand: Hand,
    config: Config,
    /// What was seen in earlier lives.
    seen: Seen,
}

impl Host {
    pub fn new(seed: u64, id: HostId, name: &str, setup: &HostSetup, recorder: Recorder) -> Self {
        let hand = Hand::default();
        let chance = Dealt::new(seed, id.0, 0, &hand);
        let tap = Tap::new(recorder, Vec::new());
        Self {
            id,
            name: name.to_owned(),
            node: setup.node,
            address: setup.address,
            stack: Stack::new(setup.config.clone(), chance, tap),
            is_up: true,
            life: 0,
            deadline: None,
            listeners: Vec::new(),
            answers: Vec::new(),
            hand,
            config: setup.config.clone(),
            seen: Seen::default(),
        }
    }

    /// Everything it knew is gone; `tap` is for the life to come.
    pub fn crash(&mut self, seed: u64, tap: Tap) {
        self.seen = self.seen();
        self.is_up = false;
        self.life += 1;
        self.deadline = None;
        self.listeners.clear();
        self.answers.clear();
        let chance = Dealt::new(seed, self.id.0, self.life, &self.hand);
        self.stack = Stack::new(self.config.clone(), chance, tap);
    }

    /// The initial sequence numbers it is to choose next.
    pub fn deal(&mut self, numbers: &[u32]) {
        self.hand.borrow_mut().extend(numbers);
    }

    /// What was seen in all its lives.
    pub fn seen(&self) -> Seen {
        self.seen.and(self.stack.observer().seen())
    }

    /// What is said to a SYN that waits at a listener.
    pub fn decision(&self, listener: ListenerId) -> Option<Decision> {
        let (port, _) = self.listeners.iter().find(|&&(_, known)| known == listener)?;
        self.answers.iter().find(|(known, _)| known == port).map(|&(_, answer)| answer)
    }

    /// True if it listens on a port, says yes at once, and has room for a connection more.
    pub fn has_room(&self, port: u16) -> bool {
        const AMPLE: usize = 1 << 20;
        let Some(listener) = self.listener(port) else { return false };
        let limits = self.config.limits;
        let is_open = self.stack.half_open() < limits.syn_cache as usize || self.config.syn_cookies;
        is_open && limits.memory >= AMPLE && self.decision(listener).is_none()
    }

    pub fn listener(&self, port: u16) -> Option<ListenerId> {
        self.listeners.iter().find(|&&(known, _)| known == port).map(|&(_, id)| id)
    }
}
