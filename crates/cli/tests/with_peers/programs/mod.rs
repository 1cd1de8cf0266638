//! The programs that people run, each doing what it is run for: over both families, over both devices, and what
//! arrives is compared octet for octet. `docs/programs.md` is the table of them.

mod crowd;
mod dig;
mod git;
mod iperf;
mod ping;
mod redis;
mod runtimes;
mod socat;
mod ssh;
mod web;

mod server;
mod way;
