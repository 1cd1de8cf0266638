//! What the process under test holds: memory and descriptors.

use std::fs;
use std::io;

/// A look at a process.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Resident memory, KiB.
    pub rss_kib: u64,
    /// Open descriptors.
    pub descriptors: usize,
    /// Threads.
    pub threads: u64,
}

impl Look {
    /// At the process `pid`.
    pub fn at(pid: u32) -> io::Result<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let figure = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
            figure.ok_or_else(|| io::Error::other(format!("no {name} of process {pid}")))
        };
        Ok(Self {
            rss_kib: field("VmRSS:")?,
            threads: field("Threads:")?,
            descriptors: fs::read_dir(format!("/proc/{pid}/fd"))?.count(),
        })
    }
}
