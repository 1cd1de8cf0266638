//! How full the tables are.

/// A table or queue of a stack: how much is in it, and how much may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Table {
    /// What it is called, as its limit is ([`Limits`](crate::Limits)).
    pub name: &'static str,
    /// What is in it, in a sentence.
    pub help: &'static str,
    /// How much is in it.
    pub used: u64,
    /// How much may be.
    pub limit: u64,
}
