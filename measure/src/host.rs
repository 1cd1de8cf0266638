//! What both stacks can do, so that one program measures both.

mod ours;
mod smol;

pub use ours::Ours;
pub use smol::Smol;

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::wire::Wire;

/// What a read brought.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Read {
    /// This many octets.
    Octets(usize),
    /// None yet.
    Nothing,
    /// The peer is done.
    End,
    /// The connection is over, and not because both were done.
    Broken,
}

/// A host with one address on one wire. Times are nanoseconds since the beginning.
pub trait Host {
    /// What it is called in a report.
    const NAME: &'static str;

    /// A connection.
    type Conn: Copy;

    /// A host whose connections have `buffer` octets each way.
    fn new(address: Ipv4Addr, buffer: usize) -> Self;

    /// A number for the connection, small, and its own while it lives.
    fn index(conn: Self::Conn) -> usize;

    /// Listens; `at_once` connections may be there at the same time.
    fn listen(&mut self, port: u16, at_once: usize);

    /// Opens a connection.
    fn connect(&mut self, now: u64, to: SocketAddrV4) -> Self::Conn;

    /// The next connection that was opened from outside.
    fn accept(&mut self, now: u64) -> Option<Self::Conn>;

    /// Connections worth a look since the last time, each as its stack tells it.
    fn ready(&mut self, conns: &mut Vec<Self::Conn>);

    /// Writes what fits; 0 as long as the connection is not open.
    fn send(&mut self, now: u64, conn: Self::Conn, octets: &[u8]) -> usize;

    /// Reads what is there.
    fn receive(&mut self, now: u64, conn: Self::Conn, into: &mut [u8]) -> Read;

    /// Says goodbye; what was written still goes.
    fn finish(&mut self, now: u64, conn: Self::Conn);

    /// Lets go of a connection after both sides have said goodbye.
    fn forget(&mut self, now: u64, conn: Self::Conn);

    /// Takes in everything that arrived, fires what is due, puts out what there is room for.
    fn poll(&mut self, now: u64, inbound: &mut Wire, outbound: &mut Wire);

    /// When it wants to be polled next.
    fn deadline(&mut self, now: u64) -> Option<u64>;
}
