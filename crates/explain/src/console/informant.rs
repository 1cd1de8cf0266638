//! What others know about the ends of a connection.

use std::net::{IpAddr, SocketAddr};

use cordial_trace::event::{Group, Process, Side};

/// Asked for each connection when it begins: which program is that, what is the other end called.
///
/// It is asked by whoever drives the [`Console`](crate::Console), never from inside the stack.
pub trait Informant: Send {
    /// What an address is called, as the program that is watched knows it.
    fn name(&mut self, address: IpAddr) -> Option<String>;

    /// Whose these connections are, in their order. One that is missing counts as [`Owner::Unknown`].
    fn owners(&mut self, newcomers: &[Newcomer]) -> Vec<Owner>;
}

/// A connection of which nothing is known but its addresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Newcomer {
    /// Its number.
    pub group: Group,
    /// The end that called.
    pub client: SocketAddr,
    /// The end that was called.
    pub server: SocketAddr,
}

/// The answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Owner {
    /// This program holds that end.
    Known(Side, Process),
    /// Nobody had time to look: ask again.
    Later,
    /// It was looked for and not found.
    Unknown,
}
