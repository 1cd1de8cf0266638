//! What fast open (RFC 7413) needs beside connections: a server's cookies and how many callers it trusts at once, a
//! client's memory of servers.

mod cookies;
mod memory;
mod pending;

pub(crate) use cookies::{FastOpenCookies, Judged};
pub(crate) use memory::Memory;
pub(crate) use pending::Pending;
