//! Tests that need other programs; see `harness` for what they share.

mod harness;
mod name_server;
mod ports;
mod servers;
mod terminal;

mod bad_input;
mod capture;
mod datagrams;
mod doctor;
mod exit_codes;
mod explain;
mod fault;
mod greeting;
mod half_close;
mod idle;
mod inside;
mod job_control;
mod many;
mod names;
mod no_tun;
mod ping;
mod programs;
mod publish;
mod relay;
mod stats;
mod transfers;
mod tui;
